// What of a stored row does not fit, told where the thing is listed and where it is shown.
import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { damageWords, type Damage, type MaybeDamaged } from "@/server/domain/damage";
import { wireField } from "@/server/domain/field";
import { Notice } from "../_ui/notice";
import { Tag } from "./status";

/** In a list; nothing where all fits. */
export function DamageMark({ of }: { of: MaybeDamaged }) {
  const words = damageWords(of);
  if (words === null) return null;
  return (
    <Tag tone="warn" title={words}>
      <TriangleAlert aria-hidden /> Damaged
    </Tag>
  );
}

/** On a page: each value, what became of it, and what to do. `parts` are told by their names. */
export function DamageNotice({
  of,
  parts = [],
  remedy,
  action,
  className,
}: {
  of: MaybeDamaged;
  parts?: readonly ({ name: string } & MaybeDamaged)[];
  remedy: string | null;
  action?: ReactNode;
  className?: string;
}) {
  const rows: (Damage & { part: string | null })[] = [
    ...(of.damage ?? []).map((each) => ({ ...each, part: null })),
    ...parts.flatMap(({ name, damage = [] }) => damage.map((each) => ({ ...each, part: name }))),
  ];
  if (rows.length === 0) return null;
  return (
    <Notice
      tone="warning"
      title="What is stored of this does not fit"
      action={action}
      {...(className ? { className } : {})}
    >
      <ul className="list-disc space-y-0.5 pl-5 marker:text-muted">
        {rows.map(({ part, field, why, lost }) => (
          <li key={`${part ?? ""} ${field}`}>
            {part && <>{part}: </>}
            <code className="font-mono text-[0.8125rem]">{wireField(field)}</code>: {why}.{" "}
            {lost ? "The value is lost." : "It is shown as far as it can be read."}
          </li>
        ))}
      </ul>
      {remedy && <p className="mt-1.5">{remedy}</p>}
    </Notice>
  );
}
