// The feed behind live screens. Conductors and other replicas write to the database; one poll a process reads what is
// new there and hands it to everybody who listens, however many they are.
import { EventEmitter, on } from "node:events";

export interface ChangeRow {
  seq: number;
  projectId: string;
  clusterId: string;
}

export interface ChangeSource {
  latest(): Promise<number>;
  /** Rows with a greater seq, oldest first, at most a few thousand. */
  since(seq: number): Promise<ChangeRow[]>;
}

export interface Change {
  seq: number;
  clusterIds: string[];
}

export interface ChangeFeed {
  /** What changes in a project from now on, or after `afterSeq`; ends when the signal aborts. */
  subscribe(projectId: string, signal: AbortSignal, afterSeq?: number): AsyncGenerator<Change>;
  /** Somebody in this process just wrote: look now rather than at the next tick. */
  nudge(): void;
  stop(): Promise<void>;
}

/** `intervalMs` bounds how late another process's change is seen. Nothing is read while nobody listens. */
export function openChanges(source: ChangeSource, onError: (error: unknown) => void, intervalMs = 500): ChangeFeed {
  const bus = new EventEmitter();
  bus.setMaxListeners(0);
  let last: number | null = null;
  let listeners = 0;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | null = null;
  let again = false;
  let stopped = false;

  async function poll(): Promise<void> {
    if (last === null) {
      last = await source.latest();
      return;
    }
    const rows = await source.since(last);
    const byProject = new Map<string, { seq: number; ids: Set<string> }>();
    for (const row of rows) {
      last = Math.max(last, row.seq);
      const entry = byProject.get(row.projectId) ?? { seq: 0, ids: new Set<string>() };
      entry.seq = Math.max(entry.seq, row.seq);
      entry.ids.add(row.clusterId);
      byProject.set(row.projectId, entry);
    }
    for (const [projectId, { seq, ids }] of byProject) bus.emit(projectId, { seq, clusterIds: [...ids] });
  }

  function tick(): void {
    if (stopped || listeners === 0) return;
    clearTimeout(timer);
    if (running) {
      again = true;
      return;
    }
    running = poll()
      .catch(onError)
      .finally(() => {
        running = null;
        if (stopped || listeners === 0) return;
        if (again) {
          again = false;
          tick();
        } else timer = setTimeout(tick, intervalMs);
      });
  }

  return {
    async *subscribe(projectId, signal, afterSeq) {
      listeners++;
      try {
        const incoming = on(bus, projectId, { signal });
        if (listeners === 1) last = null;
        tick();
        if (afterSeq !== undefined) {
          const missed = (await source.since(afterSeq)).filter((row) => row.projectId === projectId);
          const newest = missed.at(-1);
          if (newest) yield { seq: newest.seq, clusterIds: [...new Set(missed.map((row) => row.clusterId))] };
        }
        for await (const [change] of incoming) yield change as Change;
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        listeners--;
        if (listeners === 0) clearTimeout(timer);
      }
    },
    nudge: tick,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
