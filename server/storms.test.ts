// People change their minds at any moment, builds fail, the cloud and its services are away, conductors die, two share the
// work. In the end every operation has ended; what failed comes right by retries; a deletion leaves nothing.
import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { scriptedDriver, scriptedName, away, Life } from "./reconcile/testing/scripted-driver.ts";
import { leaseMs, openStage, round, rounds, type Stage } from "./reconcile/testing/stage.ts";
import { randomOf } from "../drivers/heat/testing/random.ts";
import { sweepDelegations } from "./auth/delegated-credential.ts";
import { loadAuthorities } from "./db/certificate.ts";
import { acceptChange, requestDeletion, type NewAuthority } from "./db/cluster-change.ts";
import { completeCredential, insertIntent } from "./db/credential.ts";
import { listNodes } from "./db/nodegroup.ts";
import { listOperations } from "./db/operation.ts";
import { authorityKinds, pkiWord } from "./domain/authority.ts";
import { isFailed, isInProgress, isSettledGood, whyNot } from "./domain/cluster-status.ts";
import { changeDeadline, deadline } from "./domain/deadline.ts";
import { DomainError } from "./domain/error.ts";
import { defaultWorker } from "./domain/nodegroup.ts";
import { makeAuthorities } from "./pki/ca.ts";
import { resizeCluster, retryCluster } from "./services/cluster/change.ts";
import { deleteNodegroup, updateNodegroup } from "./services/nodegroup.ts";
import { aNodegroup, anOperation } from "./testing/builders.ts";
import { testContext } from "./testing/test-context.ts";
import { dialects, testDatabase } from "./testing/test-db.ts";
import { testDeps } from "./testing/test-deps.ts";

const making = makeAuthorities({ id: randomUUID(), name: "web-1" }, new Date("2026-01-02T03:04:05Z"));

async function authorities(stage: Stage, revision: number): Promise<NewAuthority[]> {
  const made = await making;
  return authorityKinds.map((kind) => {
    const ref = randomUUID();
    stage.vault.set(ref, made[kind].keyPem);
    return { id: randomUUID(), kind, revision, certPem: made[kind].certPem, key: `barbican:${ref}` };
  });
}

/** Everything that people may ask of a cluster; what its state refuses changes nothing. */
function people(stage: Stage, id: string, random: () => number) {
  const { db, scope, clock, projectId } = stage;
  const driver = scriptedDriver(stage.world, new Life(null));
  const deps = testDeps(db, { drivers: [driver], clock });
  const ctx = () => testContext({ projectId, door: random() < 0.5 ? "console" : "api" });
  const upTo = (limit: number) => Math.floor(random() * (limit + 1));
  const event = { level: "info" as const, message: "Ada asked for it." };
  const allowed = async (what: "rotateCa" | "rotateCredential" | "createNodegroup") => {
    const cluster = await stage.see(id);
    return cluster !== null && whyNot(what, cluster.status) === null;
  };
  const asks = {
    resize: () => resizeCluster(deps, ctx(), id, { nodeCount: upTo(4) }),
    retry: () => retryCluster(deps, ctx(), id),
    bounds: () => updateNodegroup(deps, ctx(), id, defaultWorker, { maxNodeCount: 4 + upTo(4) }),
    removePool: () => deleteNodegroup(deps, ctx(), id, "pool"),
    async addPool() {
      if (!(await allowed("createNodegroup"))) return;
      if ((await stage.groups(id)).some((group) => group.name === "pool")) return;
      const pool = aNodegroup({ name: "pool", isDefault: false, nodeCount: upTo(3) });
      await acceptChange(db, scope, id, clock.now(), ({ cluster }) => ({
        status: "UPDATE_IN_PROGRESS",
        newNodegroups: [pool],
        repair: isFailed(cluster.status),
        deadlineAt: changeDeadline(cluster, clock.now()),
        operation: anOperation({ kind: "createNodegroup" }),
        event,
      }));
    },
    async rotateCa() {
      if (!(await allowed("rotateCa"))) return;
      const { state } = await loadAuthorities(db, scope, id);
      const more = state.phase === null ? { authorities: await authorities(stage, state.revision + 1) } : {};
      await acceptChange(db, scope, id, clock.now(), ({ cluster, nodegroups }) => ({
        status: "UPDATE_IN_PROGRESS",
        nodegroups: nodegroups.map((group) => ({ id: group.id, status: "UPDATE_IN_PROGRESS" })),
        ...more,
        deadlineAt: changeDeadline(cluster, clock.now()),
        operation: anOperation({ kind: "rotateCa" }),
        event,
      }));
    },
    async rotateCredential() {
      if (!(await allowed("rotateCredential"))) return;
      const credentialId = randomUUID();
      const trusteeName = `${id}_${credentialId}`;
      const trusteePassword = stage.conductor().deps.secrets.seal("password", `credential:${credentialId}`);
      const now = clock.now();
      await insertIntent(db, scope, { id: credentialId, region: "RegionOne", trusteeName, trusteePassword, now });
      await completeCredential(db, scope, credentialId, stage.world.addTrustee(trusteeName));
      await acceptChange(db, scope, id, now, ({ cluster, nodegroups }) => ({
        status: "UPDATE_IN_PROGRESS",
        nodegroups: nodegroups.flatMap((group) =>
          group.status?.startsWith("DELETE_") ? [] : [{ id: group.id, status: "UPDATE_IN_PROGRESS" }],
        ),
        repair: cluster.status === "UPDATE_FAILED",
        credentialId,
        deadlineAt: changeDeadline(cluster, now),
        operation: anOperation({ kind: "rotateCredential" }),
        event,
      }));
    },
  };
  let hasPool = false;
  return {
    /** What people want last, whatever failed since. */
    hasPool: () => hasPool,
    async askFor(what: keyof typeof asks): Promise<void> {
      try {
        await asks[what]();
        if (what === "removePool") hasPool = false;
        else if (what === "addPool")
          hasPool = (await stage.groups(id)).some(
            ({ name, status }) => name === "pool" && !status?.startsWith("DELETE_"),
          );
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
      }
    },
    names: ["resize", "resize", "retry", "bounds", "removePool", "addPool", "rotateCa", "rotateCredential"] as const,
  };
}

describe.each(dialects)("on %s", (dialect) => {
  const database = testDatabase(dialect);
  beforeEach(async () => {
    await database.db.prisma.cluster.deleteMany();
    await database.db.prisma.credential.deleteMany();
  });

  // The second dialect differs in its transactions only: a sample is enough there.
  it.each([...Array(dialect === "sqlite" ? 20 : 4).keys()])("storm %i", { timeout: 60_000 }, async (seed) => {
    const random = randomOf(seed);
    const stage = openStage(database.db);
    const { world, clock, db } = stage;
    world.buildMs = 700;
    const id = await stage.cluster({
      authorities: await authorities(stage, 1),
      cluster: { driver: scriptedName, createTimeoutMinutes: 5, rollbackOnFailure: random() < 0.5 },
      deadlineAt: deadline({ createTimeoutMinutes: 5 }, clock.now()),
    });
    const { askFor, names, hasPool } = people(stage, id, random);
    const lives = [new Life(null), new Life(null)];
    const conductors = lives.map((life) => stage.conductor(life));
    for (let turn = 0; turn < 80; turn++) {
      if (random() < 0.2) await askFor(names[Math.floor(random() * names.length)] ?? "resize");
      if (random() < 0.08) {
        const groups = await stage.groups(id);
        const group = groups[Math.floor(random() * groups.length)];
        if (group) world.failures.set(group.id, "No valid host was found.");
      }
      world.outage = random() < (world.outage ? 0.5 : 0.05) ? away("orchestration") : null;
      world.identityOutage = random() < (world.identityOutage ? 0.5 : 0.05) ? away("identity") : null;
      const which = random() < 0.5 ? 0 : 1;
      if (random() < 0.05) {
        lives[which] = new Life(1 + Math.floor(random() * 8));
        conductors[which] = stage.conductor(lives[which]);
      }
      const [life, conductor] = [lives[which], conductors[which]];
      if (!life || !conductor) throw new Error("there are two of each");
      await Promise.race([round(stage, conductor), life.died]);
      if (life.dead) {
        world.busy.clear();
        clock.advance(leaseMs + 1000);
        lives[which] = new Life(null);
        conductors[which] = stage.conductor();
      }
      clock.advance(200 + Math.floor(random() * 1500));
    }
    expect(world.collisions).toBe(0);

    clock.advance(leaseMs + 1000);
    const last = stage.conductor();
    const ends = () =>
      rounds(stage, last, async () => !isInProgress((await stage.see(id))?.status ?? "DELETE_COMPLETE"), { most: 400 });
    await ends();
    Object.assign(world, { outage: null, identityOutage: null });
    world.failures.clear();
    await ends();
    for (let turn = 0; turn < 4; turn++) {
      const { state } = await loadAuthorities(db, stage.scope, id);
      const status = (await stage.see(id))?.status;
      if (status && isFailed(status)) await askFor("retry");
      else if (state.phase !== null) await askFor("rotateCa");
      await ends();
    }
    await askFor("bounds");
    await ends();

    const cluster = await stage.see(id);
    expect(isSettledGood(cluster?.status ?? "DELETE_COMPLETE"), cluster?.statusReason ?? "").toBe(true);
    const row = await db.prisma.cluster.findUniqueOrThrow({ where: { id }, include: { credential: true } });
    expect(row).toMatchObject({ previous: null, repair: false, deadlineAt: null, observedGeneration: row.generation });
    const { stored, state } = await loadAuthorities(db, stage.scope, id);
    expect(state.phase).toBeNull();
    expect([stored.length, stage.vault.size]).toEqual([4, 4]);
    const groups = await stage.groups(id);
    expect(groups.some((group) => group.name === "pool")).toBe(hasPool());
    // What each of them remembers from before the end is not written over it.
    for (const [which, conductor] of conductors.entries()) {
      clock.advance(120_000);
      await Promise.race([round(stage, conductor), lives[which]?.died]);
    }
    const nodes = await listNodes(db, stage.scope, id);
    expect(nodes).toHaveLength(groups.reduce((sum, group) => sum + group.nodeCount, 0));
    expect(groups.every((group) => group.status !== null && isSettledGood(group.status))).toBe(true);
    const shape = [pkiWord(state), row.credential?.revision].join("/");
    expect(
      world.of(id).flatMap((stack) => (stack.groupId === null ? [] : [[stack.groupId, stack.count, stack.shape]])),
    ).toEqual(expect.arrayContaining(groups.map((group) => [group.id, group.nodeCount, shape])));
    expect(world.of(id)).toHaveLength(groups.length + 1);
    expect([...world.made.values()].every((count) => count >= 1)).toBe(true);
    expect([...world.trustees.keys()].filter((trustee) => !world.closed.has(trustee))).toHaveLength(1);
    const { rows } = await listOperations(db, stage.scope, { clusterId: id, size: 200 });
    expect(rows.filter((operation) => operation.outcome === "running")).toEqual([]);
    for (const operation of rows.filter(({ outcome }) => outcome === "done" || outcome === "failed"))
      expect(operation.endedAt, operation.kind).not.toBeNull();

    await requestDeletion(db, stage.scope, id, clock.now(), () => ({
      operation: anOperation({ kind: "delete" }),
      event: { level: "info", message: "Ada asked to delete the cluster." },
    }));
    await rounds(stage, last, async () => (await stage.see(id)) === null);
    clock.advance(3_600_000);
    await sweepDelegations(last.deps, 0);
    expect([world.stacks.size, stage.vault.size, world.trustees.size, world.trusts.size]).toEqual([0, 0, 0, 0]);
  });
});
