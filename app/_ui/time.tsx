"use client";
import { ago, dateTime, duration, utc } from "../_lib/format";
import { useNow } from "../_lib/now";

/** "3 min ago", with the exact time in this place and in UTC on hover. */
export function Ago({ at }: { at: Date }) {
  const now = useNow();
  return (
    <time
      dateTime={at.toISOString()}
      title={`${dateTime(at)} (${utc(at)})`}
      className="whitespace-nowrap"
      suppressHydrationWarning
    >
      {ago(at, now)}
    </time>
  );
}

export function ExactTime({ at }: { at: Date }) {
  return (
    <time dateTime={at.toISOString()} title={utc(at)} suppressHydrationWarning>
      {dateTime(at)}
    </time>
  );
}

/** How long since, counting. */
export function Elapsed({ since, until }: { since: Date; until?: Date | null }) {
  const now = useNow();
  return (
    <span className="whitespace-nowrap tabular-nums" suppressHydrationWarning>
      {duration((until ?? now).getTime() - since.getTime())}
    </span>
  );
}
