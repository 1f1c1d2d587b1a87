/** An API that was not asked for this long may have answered others meanwhile: its silence begins anew. */
const unheardMs = 2 * 60_000;

export interface Silence {
  since: Date;
  /** It has answered this process shortly before, so there is a way to it. */
  hasAnswered: boolean;
}

/**
 * How long a cluster's own API has been silent although it was asked. Known to one process only: after a restart it is
 * waited for anew, which costs time and nothing else.
 */
export class Silences {
  readonly #kept = new Map<string, Silence & { last: Date }>();

  /** Null = it answers, or was not asked. */
  note(clusterId: string, said: "answered" | "silent" | "not asked", now: Date): Silence | null {
    const kept = this.#kept.get(clusterId);
    const recent = kept && now.getTime() - kept.last.getTime() < unheardMs ? kept : undefined;
    this.#kept.delete(clusterId);
    if (said === "not asked") return null;
    const hasAnswered = said === "answered" || recent?.hasAnswered === true;
    const since = said === "silent" && recent ? recent.since : now;
    this.#kept.set(clusterId, { since, last: now, hasAnswered });
    return said === "silent" ? { since, hasAnswered } : null;
  }
}
