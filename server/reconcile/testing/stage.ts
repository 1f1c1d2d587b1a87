// A real database, a scripted back end and a clock that stands still: what tests of the loop play on.
import { randomUUID } from "node:crypto";
import { projectScope, type ProjectScope } from "../../db/scope.ts";
import type { Clock } from "../../clock.ts";
import type { Db } from "../../db/client.ts";
import type { Logger } from "../../log.ts";
import { insertIntent, completeCredential } from "../../db/credential.ts";
import { claimDue, nextDueAt } from "../../db/lease.ts";
import { getCluster } from "../../db/cluster.ts";
import { listNodegroups } from "../../db/nodegroup.ts";
import type { NewCluster, NewAuthority } from "../../db/cluster-change.ts";
import { openKeyStore, type SecretVault } from "../../pki/key-store.ts";
import { aProject, writeCluster } from "../../testing/builders.ts";
import { silentLog, testClock, testSecrets, type TestClock } from "../../testing/test-context.ts";
import { makeConductor, type Conductor } from "../conductor.ts";
import { paceOf } from "../pace.ts";
import { runRound } from "../round.ts";
import { openTurns } from "../turns.ts";
import { Life, scriptedClouds, scriptedDriver, scriptedName, World } from "./scripted-driver.ts";

export interface Stage {
  db: Db;
  clock: TestClock;
  world: World;
  projectId: string;
  scope: ProjectScope;
  /** Keys in the vault, by reference. */
  vault: Map<string, string>;
  /** A conductor as a new process would be; its rounds are run by hand. */
  conductor(life?: Life, log?: Logger): Conductor;
  cluster(given?: {
    /** Default: the stage's own project. */
    scope?: ProjectScope;
    region?: string;
    workers?: number;
    cluster?: Partial<NewCluster>;
    deadlineAt?: Date | null;
    authorities?: NewAuthority[];
    credential?: boolean;
  }): Promise<string>;
  /** The cluster's row and groups; null when they are gone. */
  see(id: string): Promise<Awaited<ReturnType<typeof getCluster>> | null>;
  groups(id: string): ReturnType<typeof listNodegroups>;
}

export const leaseMs = 60_000;

/**
 * `real`: the clock of a test that lets the loop run by itself; otherwise it stands still. `projectId`: of another stage,
 * whose moments are this one's as well, since a project's place on the grid of looks follows from its id.
 */
export function openStage(db: Db, { real, projectId = aProject() }: { real?: Clock; projectId?: string } = {}): Stage {
  const still = testClock(new Date("2026-01-02T03:04:05.000Z"));
  const clock: TestClock = real ? { ...still, now: () => real.now() } : still;
  const world = new World(clock);
  const secrets = testSecrets();
  const scope = projectScope(projectId);
  const vault = new Map<string, string>();
  return {
    db,
    clock,
    world,
    projectId,
    scope,
    vault,
    conductor(life = new Life(null), log = silentLog) {
      return makeConductor(
        {
          env: {
            apiPublicUrl: "http://127.0.0.1:9511",
            sandbox: true,
            sandboxSpeed: 4,
            certManager: "barbican",
            openstack: { insecure: false, caPem: null },
          },
          db: {
            ...db,
            prisma: db.prisma,
            transaction: (work) => life.around("transaction", () => db.transaction(work)),
          },
          log,
          clock,
          secrets,
          drivers: [scriptedDriver(world, life)],
          clouds: scriptedClouds(world, life),
          changes: { nudge: () => {} },
        },
        {
          owner: `test:${randomUUID()}`,
          leaseMs,
          pace: paceOf(4),
          random: () => 0.5,
          keys: openKeyStore(secrets, "barbican", () => Promise.resolve(scriptedVault(vault, life))),
        },
      );
    },
    async cluster({
      scope: owner = scope,
      region = "RegionOne",
      workers = 2,
      cluster,
      credential = true,
      ...rest
    } = {}) {
      const id = randomUUID();
      const credentialId = randomUUID();
      if (credential) {
        const trusteeName = `${id}_${owner.projectId}`;
        const trusteePassword = secrets.seal("password", `credential:${credentialId}`);
        await insertIntent(db, owner, { id: credentialId, region, trusteeName, trusteePassword, now: clock.now() });
        await completeCredential(db, owner, credentialId, world.addTrustee(trusteeName));
      }
      return writeCluster(db, owner, {
        cluster: { id, region, driver: scriptedName, ...cluster },
        workers,
        credentialId: credential ? credentialId : null,
        now: clock.now(),
        ...rest,
      });
    },
    see: (id) => getCluster(db, scope, id).catch(() => null),
    groups: (id) => listNodegroups(db, scope, id),
  };
}

function scriptedVault(kept: Map<string, string>, life: Life): SecretVault {
  return {
    create: () => Promise.reject(new Error("the conductor makes no keys")),
    read: (ref) => Promise.resolve(kept.get(ref) ?? ""),
    remove: (ref) => life.around("remove key", () => void kept.delete(ref)),
  };
}

/** One round of everything that is due now; returns what was claimed. */
export async function round(stage: Stage, conductor: Conductor): Promise<string[]> {
  const now = stage.clock.now();
  const ids = await claimDue(stage.db, conductor.owner, 100, leaseMs, now);
  for (const id of ids) conductor.leases.set(id, { since: now.getTime(), until: now.getTime() + leaseMs });
  if (ids.length > 0) await runRound(conductor, ids, openTurns(8));
  return ids;
}

/** Rounds, with the clock moved to the next thing that is due, until `end` holds. Throws when that takes too long. */
export async function rounds(
  stage: Stage,
  conductor: Conductor,
  end: () => Promise<boolean>,
  { most = 200, life }: { most?: number; life?: Life } = {},
): Promise<void> {
  for (let turn = 0; turn < most; turn++) {
    if (await end()) return;
    const work = round(stage, conductor);
    await (life ? Promise.race([work, life.died]) : work);
    if (life?.dead) return;
    const due = await nextDueAt(stage.db);
    if (due && due > stage.clock.now()) stage.clock.set(due);
    else stage.clock.advance(100);
  }
  throw new Error("the end was not reached");
}
