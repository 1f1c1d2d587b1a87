// The conductor: brings clusters from what they are to what they should be, and watches them afterwards.
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { openKeyStore } from "../pki/key-store.ts";
import { barbicanVault } from "../pki/vault.ts";
import { makeConductor } from "./conductor.ts";
import type { ConductorDeps } from "./deps.ts";
import { startHousekeeping } from "./housekeeping.ts";
import { loopDefaults, startLoop, type LoopOptions } from "./loop.ts";
import { paceOf, type Pace } from "./pace.ts";

export interface RunningConductor {
  /** A row was written by this process: look now. */
  nudge(): void;
  /** Lets passes end or gives their leases back. */
  stop(): Promise<void>;
}

/** Any number may run, in one process or many: they share the clusters by leases. */
export function startConductor(
  deps: ConductorDeps,
  options: { pace?: Partial<Pace>; loop?: Partial<LoopOptions>; leaseMs?: number } = {},
): RunningConductor {
  const host = hostname();
  const conductor = makeConductor(deps, {
    owner: `${host}:${process.pid}:${randomBytes(4).toString("hex")}`,
    // How long a cluster of a killed conductor waits for another one; passes renew it while they last.
    leaseMs: options.leaseMs ?? (deps.env.sandbox ? 10_000 : 30_000),
    pace: { ...paceOf(deps.env.sandbox ? deps.env.sandboxSpeed : 1), ...options.pace },
    random: Math.random,
    keys: openKeyStore(deps.secrets, deps.env.certManager, () => barbicanVault(deps.clouds)),
  });
  const loop = startLoop(conductor, { ...loopDefaults, ...options.loop });
  const housekeeping = startHousekeeping(deps, host);
  return {
    nudge: loop.nudge,
    async stop() {
      await Promise.all([loop.stop(), housekeeping.stop()]);
    },
  };
}
