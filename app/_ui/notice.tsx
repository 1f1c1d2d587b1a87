import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { ReactNode, Ref } from "react";
import { cx } from "./class-names";

export type Tone = "info" | "good" | "warning" | "bad";

const tones: Record<Tone, { box: string; text: string; icon: typeof Info }> = {
  info: { box: "border-busy/25 bg-busy-tint", text: "text-busy", icon: Info },
  good: { box: "border-ok/25 bg-ok-tint", text: "text-ok", icon: CircleCheck },
  warning: { box: "border-warn/30 bg-warn-tint", text: "text-warn", icon: TriangleAlert },
  bad: { box: "border-bad/25 bg-bad-tint", text: "text-bad", icon: CircleAlert },
};

interface Props {
  tone: Tone;
  title?: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  role?: "alert" | "status" | undefined;
  className?: string;
  ref?: Ref<HTMLDivElement>;
  tabIndex?: number;
  icon?: ReactNode;
}

export function Notice({ tone, title, children, action, role, className, ref, tabIndex, icon }: Props) {
  const Icon = tones[tone].icon;
  return (
    <div
      ref={ref}
      tabIndex={tabIndex}
      role={role}
      className={cx(
        "flex flex-col gap-3 rounded-lg border px-4 py-3 text-sm sm:flex-row sm:items-start",
        tones[tone].box,
        className,
      )}
    >
      <div className="flex min-w-0 flex-1 gap-3">
        <span className={cx("mt-0.5 shrink-0", tones[tone].text)} aria-hidden>
          {icon ?? <Icon className="size-4" />}
        </span>
        <div className="min-w-0 flex-1">
          {title && <p className={cx("font-medium break-words", tones[tone].text)}>{title}</p>}
          {children && <div className={cx("break-words text-foreground", title ? "mt-0.5" : "")}>{children}</div>}
        </div>
      </div>
      {action && <div className="flex shrink-0 flex-wrap gap-2 pl-7 sm:pl-0">{action}</div>}
    </div>
  );
}
