// How long a cluster's own API has been silent although it was asked. Known to one process only: after a restart it is
// waited for anew, which costs half a minute and nothing else.
export class Silences {
  readonly #since = new Map<string, Date>();

  /** Since when; null = it answers, or was not asked. */
  note(clusterId: string, isSilent: boolean, now: Date): Date | null {
    if (!isSilent) {
      this.#since.delete(clusterId);
      return null;
    }
    const since = this.#since.get(clusterId) ?? now;
    this.#since.set(clusterId, since);
    return since;
  }
}
