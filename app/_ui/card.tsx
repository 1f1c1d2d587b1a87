import type { ReactNode } from "react";
import { cx } from "./class-names";

export function Card({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <section className={cx("rounded-xl border border-border bg-surface shadow-surface", className)}>{children}</section>
  );
}

/** A card with a title line; `flush` leaves the padding of the body to its content (tables). */
export function Panel({
  title,
  note,
  action,
  children,
  flush,
  className,
}: {
  title: ReactNode;
  note?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
  flush?: boolean;
  className?: string;
}) {
  return (
    <Card className={className ?? ""}>
      <div className="flex min-h-12 items-center gap-3 border-b border-separator px-4 py-2 sm:px-5">
        <div className="min-w-0 flex-1">
          <h2 className="text-sm font-semibold">{title}</h2>
          {note && <p className="text-xs text-muted">{note}</p>}
        </div>
        {action}
      </div>
      <div className={flush ? "" : "p-4 sm:p-5"}>{children}</div>
    </Card>
  );
}

/** Names and values, one under the other; what has no value is shown as a dash. */
export function Facts({
  rows,
  className,
}: {
  rows: readonly (readonly [name: string, value: ReactNode] | null)[];
  className?: string;
}) {
  return (
    <dl className={cx("grid grid-cols-[minmax(7rem,10rem)_minmax(0,1fr)] gap-x-4 gap-y-2.5 text-sm", className)}>
      {rows.map((row) =>
        row ? (
          <div key={row[0]} className="contents">
            <dt className="text-muted">{row[0]}</dt>
            <dd className="min-w-0 break-words">
              {row[1] === null || row[1] === undefined || row[1] === "" ? (
                <span className="text-muted">–</span>
              ) : (
                row[1]
              )}
            </dd>
          </div>
        ) : null,
      )}
    </dl>
  );
}
