// How often somebody may be wrong. Kept in memory by each process: it spares logs and other people, secrets are long.

export interface Attempts {
  /** Notes a wrong attempt under each key. True = one of them has had too many within the window, this one included. */
  wrong(keys: readonly string[], now: Date): boolean;
}

/** `allowed` wrong ones under a key in each window of `windowMs`. Remembers the latest keys, at most 10,000. */
export function openAttempts({ allowed, windowMs }: { allowed: number; windowMs: number }): Attempts {
  const counts = new Map<string, { wrong: number; until: number }>();
  const count = (key: string, at: number): number => {
    const known = counts.get(key);
    const kept = known && known.until > at ? known : { wrong: 0, until: at + windowMs };
    counts.delete(key);
    counts.set(key, { ...kept, wrong: kept.wrong + 1 });
    const oldest = counts.size > 10_000 ? counts.keys().next().value : undefined;
    if (oldest !== undefined) counts.delete(oldest);
    return kept.wrong + 1;
  };
  return {
    wrong: (keys, now) => keys.map((key) => count(key, now.getTime())).some((wrong) => wrong > allowed),
  };
}
