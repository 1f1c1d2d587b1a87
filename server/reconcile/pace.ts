// How often a cluster is looked at. Times lie on a grid, so that clusters of one project come due together and one list
// call serves them all; projects are spread over the grid, so that they do not. A cloud that is slow to answer is busy, often
// with what we asked of it: it is asked less.
import type { Next } from "./verdict.ts";

export interface Pace {
  /** Between looks at a cluster that works. */
  busyMs: number;
  /** Right after a step that was done: there is more. */
  soonMs: number;
  /** Between looks at a cluster that rests. */
  settledMs: number;
  /** First delay after an error; doubled with each further one. */
  errorMs: number;
  errorMaxMs: number;
  /** What a driver asks to wait is divided by this: the sandbox's clouds are faster than real ones. */
  speed: number;
  /** Between looks at a cluster's own API. */
  healthMs: number;
  healthBusyMs: number;
}

/** `speed` 1 = a real cloud. */
export function paceOf(speed: number, settledMs = 60_000): Pace {
  const quick = (ms: number, least: number) => Math.max(least, Math.round(ms / speed));
  return {
    busyMs: quick(3000, 200),
    soonMs: quick(200, 20),
    settledMs,
    errorMs: quick(2000, 500),
    errorMaxMs: Math.max(60_000, settledMs),
    speed,
    healthMs: 60_000,
    healthBusyMs: quick(10_000, 1000),
  };
}

/** A look is followed by a rest of so many times its length: of a busy cloud's time we take a share, and no more. */
const restPerLook = 3;
/** And yet it is looked at, also at a cloud that takes minutes. */
const longestRestMs = 30_000;

/** `random` gives numbers in [0, 1). `failures` counts the one that just happened. `lookMs`: how long the look took. */
export function nextTime(
  next: Next,
  { projectId, failures, lookMs }: { projectId: string; failures: number; lookMs: number },
  pace: Pace,
  now: Date,
  random: () => number,
): Date {
  const at = now.getTime();
  const rest = Math.min(longestRestMs, restPerLook * lookMs);
  const onBusyGrid = (earliest: number) => onGrid(earliest, pace.busyMs, phase(projectId) * pace.busyMs);
  switch (next.kind) {
    case "soon":
      return new Date(at + pace.soonMs);
    case "busy":
      return new Date(onBusyGrid(at + Math.max((pace.busyMs * 2) / 3, rest)));
    case "after":
      return new Date(onBusyGrid(at + Math.max(Math.min(60_000, Math.max(pace.soonMs, next.ms / pace.speed)), rest)));
    case "error": {
      const backoff = Math.min(pace.errorMaxMs, pace.errorMs * 2 ** Math.min(20, Math.max(0, failures - 1)));
      return new Date(at + backoff * (0.75 + random() / 2));
    }
    case "settled":
      return new Date(onGrid(at + pace.settledMs / 2, pace.settledMs, phase(projectId) * pace.settledMs));
  }
}

/** The next time at or after `at` that is a multiple of `step`, shifted by `offset`. */
const onGrid = (at: number, step: number, offset: number): number =>
  Math.ceil(Math.ceil((at - offset) / step) * step + offset);

/** In [0, 1), the same for the same project in every process. */
function phase(projectId: string): number {
  let hash = 2166136261;
  for (const char of projectId) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619) >>> 0;
  return hash / 2 ** 32;
}
