// Time. One clock for all leases, deadlines and ends of sessions, whatever the hosts think: the database's, counted on
// by the monotonic clock of each process between two looks at it.

/** The one source of "now", so that tests can set it. */
export interface Clock {
  now(): Date;
}

export interface SharedClock extends Clock {
  /** Looks at the database's clock again. Rejects when it does not answer; the time then goes on as before. */
  sync(): Promise<void>;
  /** Why this host must not work: its own clock is far from the database's. In plain words; null = it is right. */
  problem(): string | null;
}

/** By more than this nobody may be off who judges certificates, tokens and ages of nodes by their own clock. */
const toleranceMs = 30_000;
const samples = 3;

/** `ask`: the database's time. `host`: what this host's clock says, in milliseconds. Rejects as `ask` does. */
export async function openSharedClock(ask: () => Promise<Date>, host: () => number = Date.now): Promise<SharedClock> {
  /** From the monotonic clock to the shared time. */
  let offsetMs = 0;
  let skewMs = 0;

  async function sync(): Promise<void> {
    let best: { tripMs: number; offsetMs: number; skewMs: number } | null = null;
    for (let n = 0; n < samples; n++) {
      const before = performance.now();
      const theirs = (await ask()).getTime();
      const after = performance.now();
      // The shorter the way, the better it is known when on it they looked.
      if (best && after - before >= best.tripMs) continue;
      const middle = (before + after) / 2;
      best = { tripMs: after - before, offsetMs: theirs - middle, skewMs: host() - (after - middle) - theirs };
    }
    if (best) ({ offsetMs, skewMs } = best);
  }

  await sync();
  return {
    now: () => new Date(performance.now() + offsetMs),
    sync,
    problem: () =>
      Math.abs(skewMs) <= toleranceMs
        ? null
        : `This host's clock is ${duration(Math.abs(skewMs))} ${skewMs > 0 ? "ahead of" : "behind"} the database's.`,
  };
}

/** In the largest unit that it fills twice, or in seconds. */
function duration(ms: number): string {
  const units: [string, number][] = [
    ["days", 86_400_000],
    ["hours", 3_600_000],
    ["minutes", 60_000],
  ];
  const [word, size] = units.find(([, unit]) => ms >= 2 * unit) ?? ["seconds", 1000];
  return `${Math.round(ms / size)} ${word}`;
}
