import { cx } from "./class-names";

/** Holds the place of what is being loaded; appears only after a moment, so that fast answers do not flicker. */
export function Skeleton({ className }: { className?: string }) {
  return (
    <span
      aria-hidden
      className={cx(
        "block animate-[skeleton-in_.2s_.15s_both] rounded-md bg-surface-tertiary motion-reduce:animate-none",
        className,
      )}
    />
  );
}

export function SkeletonLines({ lines = 3, className }: { lines?: number; className?: string }) {
  const widths = ["w-3/4", "w-1/2", "w-5/6", "w-2/3"];
  return (
    <div role="status" aria-busy="true" aria-label="Loading" className={cx("space-y-3", className)}>
      {Array.from({ length: lines }, (_, index) => (
        <Skeleton key={index} className={cx("h-4", widths[index % widths.length])} />
      ))}
    </div>
  );
}
