import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { cx } from "./class-names";

/** The line that opens a `<details className="group">`. */
export function Summary({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <summary
      className={cx(
        "flex min-h-10 list-none items-center gap-2 text-sm font-medium [&::-webkit-details-marker]:hidden",
        className,
      )}
    >
      <ChevronRight aria-hidden className="size-4 shrink-0 text-muted transition-transform group-open:rotate-90" />
      {children}
    </summary>
  );
}
