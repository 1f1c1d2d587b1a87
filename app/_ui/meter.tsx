import { cx } from "./class-names";
import { count } from "../_lib/format";

interface MeterProps {
  name: string;
  used: number;
  limit: number | null;
  adds?: number;
  unit?: string;
  compact?: boolean;
}

/** Memory comes in MiB, as the cloud counts; people read GB. */
function readable({ name, used, limit, adds = 0 }: Omit<MeterProps, "unit" | "compact">) {
  if (!name.endsWith("(MiB)"))
    return {
      name: name.replace("(GiB)", "(GB)").replace(/^[a-z](?=[a-z])/, (letter) => letter.toUpperCase()),
      used,
      limit,
      adds,
    };
  const gb = (mib: number) => Math.round(mib / 102.4) / 10;
  return {
    name: name.replace("(MiB)", "(GB)"),
    used: gb(used),
    limit: limit === null ? null : gb(limit),
    adds: gb(adds),
  };
}

/** Use of a limit, as a bar and in numbers; `adds` shows what would come on top. */
export function Meter({ unit = "", compact, ...raw }: MeterProps) {
  const { name, used, limit, adds } = readable(raw);
  const after = used + adds;
  const share = limit === null || limit === 0 ? (limit === 0 ? 1 : 0) : Math.min(1, used / limit);
  const shareAfter = limit === null || limit === 0 ? share : Math.min(1, after / limit);
  const over = limit !== null && after > limit;
  const near = limit !== null && !over && after >= limit * 0.9;
  return (
    <div className={cx("min-w-0", compact ? "space-y-1" : "space-y-1.5")}>
      <div className="flex items-baseline justify-between gap-3 text-xs">
        <span className="truncate text-muted">{name}</span>
        <span className={cx("tabular-nums", over ? "font-medium text-bad" : "text-foreground")}>
          {count(used)}
          {adds > 0 && <span className={over ? "" : "text-accent-text"}> + {count(adds)}</span>}
          <span className="text-muted">
            {" "}
            {limit === null ? "no limit" : `of ${count(limit)}`}
            {unit && ` ${unit}`}
          </span>
        </span>
      </div>
      {limit !== null && (
        <div aria-hidden className="flex h-1.5 overflow-hidden rounded-full bg-surface-tertiary">
          <div
            className={cx("h-full", over ? "bg-bad" : near ? "bg-warn" : "bg-border-strong")}
            style={{ width: `${share * 100}%` }}
          />
          <div
            className={cx("h-full", over ? "bg-bad/60" : "bg-accent")}
            style={{ width: `${(shareAfter - share) * 100}%` }}
          />
        </div>
      )}
      {over && <p className="text-xs text-bad">{count(after - (limit ?? 0))} too many</p>}
    </div>
  );
}
