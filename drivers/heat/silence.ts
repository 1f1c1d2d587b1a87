import type { Wish } from "../driver.ts";

/** An API that was not asked for this long may have answered others meanwhile: its silence begins anew. */
const unheardMs = 2 * 60_000;

/**
 * How long a cluster's own API has been silent although it was asked. Known to one process only: after a restart it is
 * waited for anew, which costs time and nothing else.
 */
export class Silences {
  readonly #kept = new Map<string, { since: Date; last: Date }>();

  /** Since when; null = it answers, or was not asked. */
  note(clusterId: string, isSilent: boolean, now: Date): Date | null {
    const kept = this.#kept.get(clusterId);
    this.#kept.delete(clusterId);
    if (!isSilent) return null;
    const since = kept && now.getTime() - kept.last.getTime() < unheardMs ? kept.since : now;
    this.#kept.set(clusterId, { since, last: now });
    return since;
  }
}

/**
 * How long an API is waited for when all nodes have reported that they are up. They have asked it themselves, so longer
 * silence means that no road leads there from here: ten minutes, and never most of the cluster's own time limit.
 */
export const apiPatienceMs = ({ createTimeoutMinutes }: Pick<Wish, "createTimeoutMinutes">): number =>
  Math.min(10, (createTimeoutMinutes || 60) / 6) * 60_000;
