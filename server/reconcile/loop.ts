// Rows that come due are the queue. A conductor claims what it can begin within seconds, renews its leases while it
// works, and sleeps until the next row is due or somebody nudges it.
import { claimDue, nextDueAt, releaseLeases, renewLease } from "../db/lease.ts";
import type { Conductor } from "./conductor.ts";
import { runRound } from "./round.ts";
import { openTurns } from "./turns.ts";

export interface Loop {
  /** Look now rather than at the next tick. */
  nudge(): void;
  /** Claims nothing more, lets passes end that do so in time, gives back the leases of the others. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  /** Clusters held at once, at most: those that are worked on and those that wait for their turn. */
  capacity: number;
  /** Passes that run at once. */
  concurrency: number;
  /** What is held at once is as much as passed within such a time before, so that all of it begins within such a time. */
  aheadMs: number;
  /** How late another process' new row is seen. */
  idleMs: number;
  /** How long passes may take to end when the loop is stopped. */
  graceMs: number;
  /** A pass that takes longer loses its lease: it hangs. */
  passMs: number;
}

export const loopDefaults: LoopOptions = {
  capacity: 100,
  concurrency: 16,
  aheadMs: 2000,
  idleMs: 500,
  graceMs: 10_000,
  passMs: 300_000,
};

export function startLoop(conductor: Conductor, options: LoopOptions = loopDefaults): Loop {
  const { deps, owner, leaseMs, leases, metrics } = conductor;
  const turns = openTurns(options.concurrency);
  const rounds = new Set<Promise<void>>();
  let stopped = false;
  let wake = (): void => {};
  let nudged = false;

  /** Also while the loop is busy: what it has read may have been from before. */
  function look(): void {
    nudged = true;
    wake();
  }

  async function sleep(ms: number): Promise<void> {
    if (nudged || stopped) {
      nudged = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    wake = resolve;
    await promise;
    clearTimeout(timer);
    nudged = false;
  }

  let claimedAt = -Infinity;
  /** When passes ended, the latest last. */
  let passedAt: number[] = [];

  /** How many clusters may be claimed now: a conductor that dies leaves few behind that it had not begun with. */
  function room(): number {
    const { concurrency, capacity, aheadMs, idleMs } = options;
    const now = performance.now();
    passedAt = passedAt.filter((at) => now - at < aheadMs).slice(-capacity);
    const free = Math.max(concurrency, passedAt.length) - (leases.size - turns.standing);
    // A few at a time, if they come soon: one list call serves all that a round has of a project.
    return free >= concurrency / 4 || now - claimedAt >= idleMs ? free : 0;
  }

  /** Milliseconds until there may be something to do. */
  async function turn(): Promise<number> {
    if (deps.unfit?.()) return options.idleMs;
    const most = room();
    if (most <= 0) return options.idleMs;
    const due = await nextDueAt(deps.db);
    const now = deps.clock.now();
    metrics.lagSeconds.set(due ? Math.max(0, (now.getTime() - due.getTime()) / 1000) : 0);
    if (!due || due > now) return due ? Math.min(options.idleMs, due.getTime() - now.getTime()) : options.idleMs;
    const ids = await claimDue(deps.db, owner, most, leaseMs, now);
    if (ids.length === 0) return 20;
    for (const id of ids) leases.set(id, { since: now.getTime(), until: now.getTime() + leaseMs });
    claimedAt = performance.now();
    metrics.claimed.set(leases.size);
    const passed = () => {
      passedAt.push(performance.now());
      metrics.claimed.set(leases.size);
      look();
    };
    const round = runRound(conductor, ids, turns, passed).finally(() => rounds.delete(round));
    rounds.add(round);
    return 0;
  }

  const running = (async () => {
    while (!stopped)
      try {
        const pause = await turn();
        if (pause > 0) await sleep(pause);
      } catch (error) {
        deps.log.error({ err: error }, "the database did not answer the loop");
        await sleep(options.idleMs * 4);
      }
  })();

  async function renew(): Promise<void> {
    const now = deps.clock.now();
    const held = [...leases].filter(([, { since }]) => now.getTime() - since < options.passMs);
    if (held.length === 0) return;
    try {
      const ids = held.map(([id]) => id);
      const ours = new Set(await renewLease(deps.db, owner, ids, leaseMs, now));
      for (const [id, lease] of held) if (ours.has(id)) lease.until = now.getTime() + leaseMs;
    } catch (error) {
      deps.log.error({ err: error }, "leases could not be renewed");
    }
  }
  const renewing = setInterval(() => void renew(), leaseMs / 3);
  renewing.unref();

  return {
    nudge: look,
    async stop() {
      if (stopped) return;
      stopped = true;
      wake();
      await running;
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, options.graceMs);
      await Promise.race([Promise.all(rounds), late]);
      clearTimeout(timer);
      clearInterval(renewing);
      leases.clear();
      await releaseLeases(deps.db, owner);
    },
  };
}
