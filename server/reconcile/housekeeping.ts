// What a conductor does beside its rounds: say that it lives, and clear away what nobody needs any more.
import { sweepDelegations } from "../auth/delegated-credential.ts";
import { heartbeat } from "../db/conductor.ts";
import { prune } from "../db/reconcile.ts";
import type { ConductorDeps } from "./deps.ts";

export interface Housekeeping {
  stop(): Promise<void>;
}

const minuteMs = 60_000;
/** Longer than any create request: its credential has no cluster yet. */
const orphanMs = 15 * minuteMs;

export function startHousekeeping(deps: ConductorDeps, host: string): Housekeeping {
  let busy: Promise<void> | null = null;
  let minutes = 0;

  const chores = async () => {
    const turn = minutes++;
    await chore("heartbeat", () => heartbeat(deps.db, host, deps.clock.now(), deps.unfit?.() ?? null));
    await chore("sweep", async () => {
      const removed = await sweepDelegations(deps, orphanMs);
      if (removed > 0) deps.log.info({ removed }, "identities of clusters that do not exist were removed");
    });
    if (turn % 10 === 0) await chore("prune", () => prune(deps.db, deps.clock.now()));
  };
  const chore = async (name: string, work: () => Promise<void>) => {
    try {
      await work();
    } catch (error) {
      deps.log.error({ err: error, chore: name }, "housekeeping failed");
    }
  };
  const run = () => {
    busy ??= chores().finally(() => {
      busy = null;
    });
  };

  run();
  const timer = setInterval(run, minuteMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await busy;
    },
  };
}
