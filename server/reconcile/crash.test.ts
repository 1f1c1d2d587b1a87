// The conductor is killed at every point where it touches the outside: before and after each call to the back end, to
// the identity service and to the vault, and before and after each transaction. Another one then goes on, and in the
// end everything is as if nothing had happened.
import { randomUUID } from "node:crypto";
import { beforeEach, expect, it } from "vitest";
import { acceptChange, requestDeletion, type AcceptedChange } from "../db/cluster-change.ts";
import { listOperations } from "../db/operation.ts";
import type { ClusterStatus } from "../domain/cluster-status.ts";
import { aNodegroup, anOperation, someNodegroupFacts } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { Life } from "./testing/scripted-driver.ts";
import { leaseMs, openStage, rounds, type Stage } from "./testing/stage.ts";

/** A conductor that dies at a point, and another one that comes when its lease is over. */
function mortal(stage: Stage, dieAt: number | null) {
  let life = new Life(dieAt);
  let conductor = stage.conductor(life);
  let deaths = 0;
  return {
    until: async (end: () => Promise<boolean>) => {
      await rounds(stage, conductor, end, { life });
      if (!life.dead) return;
      deaths++;
      stage.clock.advance(leaseMs + 1000);
      const { points } = life;
      life = new Life(null);
      life.points.push(...points);
      conductor = stage.conductor(life);
      stage.world.busy.clear();
      await rounds(stage, conductor, end, { life });
    },
    past: () => ({ points: life.points, deaths }),
  };
}

/** From the creation whose workers fail at first, over a retry and a resize, to the deletion. */
async function wholeLife(stage: Stage, dieAt: number | null) {
  const { world, db, scope, clock } = stage;
  world.buildMs = 700;
  const refs = [randomUUID(), randomUUID()];
  for (const ref of refs) stage.vault.set(ref, "key");
  const id = await stage.cluster({
    authorities: refs.map((ref, index) => ({
      id: randomUUID(),
      kind: index === 0 ? "etcd" : "front-proxy",
      revision: 1,
      certPem: "",
      key: `barbican:${ref}`,
    })),
  });
  const [, worker] = await stage.groups(id);
  if (!worker) throw new Error("the cluster has no workers");
  world.failures.set(worker.id, "No valid host was found.");

  const process = mortal(stage, dieAt);
  const { until } = process;
  const seen: ClusterStatus[] = [];
  const reach = async (status: ClusterStatus) => {
    await until(async () => (await stage.see(id))?.status === status);
    seen.push(status);
  };

  await reach("CREATE_FAILED");
  await acceptChange(db, scope, id, clock.now(), ({ nodegroups }) => ({
    status: "CREATE_IN_PROGRESS",
    repair: true,
    nodegroups: nodegroups.flatMap((group) =>
      group.status === "CREATE_FAILED" ? [{ id: group.id, status: "CREATE_IN_PROGRESS" }] : [],
    ),
    operation: anOperation({ kind: "retry" }),
    event: { level: "info", message: "Ada asked to try again." },
  }));
  await reach("CREATE_COMPLETE");
  await acceptChange(db, scope, id, clock.now(), () => ({
    status: "UPDATE_IN_PROGRESS",
    nodegroups: [{ id: worker.id, nodeCount: 3, status: "UPDATE_IN_PROGRESS" }],
    operation: anOperation({ kind: "resize" }),
    event: { level: "info", message: "Ada asked for 3 nodes." },
  }));
  await reach("UPDATE_COMPLETE");
  const resized = (await stage.groups(id)).map((group) => [group.nodeCount, group.status]);
  await requestDeletion(db, scope, id, clock.now(), () => ({
    operation: anOperation({ kind: "delete" }),
    event: { level: "info", message: "Ada asked to delete the cluster." },
  }));
  await until(async () => (await stage.see(id)) === null);
  return {
    ...process.past(),
    outcome: {
      seen,
      resized,
      stacks: world.stacks.size,
      made: [...world.made.values()],
      trustees: world.trustees.size,
      trusts: world.trusts.size,
      vault: stage.vault.size,
      credentials: await db.prisma.credential.count(),
      leases: await db.prisma.cluster.count(),
      operations: (await listOperations(db, scope, { clusterId: id, size: 10 })).rows.map((row) => [
        row.kind,
        row.outcome,
      ]),
    },
  };
}

/** A node group comes, the cluster is upgraded, a resize fails and is undone, the node group goes. */
async function changes(stage: Stage, dieAt: number | null) {
  const { world, db, scope, clock } = stage;
  world.buildMs = 700;
  const id = await stage.cluster();
  const process = mortal(stage, null);
  await process.until(async () => (await stage.see(id))?.status === "CREATE_COMPLETE");
  const { until, past } = mortal(stage, dieAt);
  const seen: unknown[] = [];
  const accept = async (
    kind: "createNodegroup" | "upgrade" | "resize" | "deleteNodegroup",
    wish: Partial<AcceptedChange>,
  ) => {
    await acceptChange(db, scope, id, clock.now(), () => ({
      status: "UPDATE_IN_PROGRESS",
      operation: anOperation({ kind }),
      event: { level: "info", message: `Ada asked for ${kind}.` },
      ...wish,
    }));
    const end = kind === "resize" ? "ROLLBACK_COMPLETE" : "UPDATE_COMPLETE";
    await until(async () => (await stage.see(id))?.status === end);
    seen.push((await stage.groups(id)).map((group) => [group.name, group.nodeCount, group.status].join(" ")));
  };
  const pool = aNodegroup({ name: "gpu", isDefault: false, nodeCount: 2 });
  await accept("createNodegroup", { newNodegroups: [pool] });
  const groups = await stage.groups(id);
  await accept("upgrade", {
    nodegroups: groups
      .filter((group) => group.isDefault)
      .map((group) => ({
        id: group.id,
        facts: { ...someNodegroupFacts(), image: { id: "image-2", name: "newer", minDiskGib: 10 } },
        status: "UPDATE_IN_PROGRESS",
      })),
  });
  world.failures.set(pool.id, "No valid host was found.");
  await accept("resize", {
    nodegroups: [{ id: pool.id, nodeCount: 5, status: "UPDATE_IN_PROGRESS" }],
    rollback: true,
  });
  await accept("deleteNodegroup", { nodegroups: [{ id: pool.id, status: "DELETE_IN_PROGRESS" }] });
  return {
    ...past(),
    outcome: {
      seen,
      stacks: [...world.stacks.values()].map((stack) => [stack.count, stack.servers.length, stack.shape]),
      made: [...world.made.values()],
      operations: (await listOperations(db, scope, { clusterId: id, size: 10 })).rows.map((row) => [
        row.kind,
        row.outcome,
      ]),
      row: await db.prisma.cluster.findUniqueOrThrow({
        where: { id },
        select: { previous: true, generation: true, observedGeneration: true, repair: true, nodeCount: true },
      }),
    },
  };
}

onEveryDatabase((database) => {
  beforeEach(async () => {
    await database.db.prisma.cluster.deleteMany();
    await database.db.prisma.credential.deleteMany();
  });

  it(
    "killed at any point, another conductor ends in the same state with everything made once",
    { timeout: 300_000 },
    async () => {
      const stage = openStage(database.db);
      const unharmed = await wholeLife(stage, null);
      expect(unharmed.outcome).toEqual({
        seen: ["CREATE_FAILED", "CREATE_COMPLETE", "UPDATE_COMPLETE"],
        resized: [
          [1, "CREATE_COMPLETE"],
          [3, "UPDATE_COMPLETE"],
        ],
        stacks: 0,
        made: [1, 1, 1],
        trustees: 0,
        trusts: 0,
        vault: 0,
        credentials: 0,
        leases: 0,
        operations: [
          ["delete", "done"],
          ["resize", "done"],
          ["retry", "done"],
          ["create", "failed"],
        ],
      });
      expect(unharmed.points.length).toBeGreaterThan(60);
      // The second dialect differs in its transactions only: a sample is enough there.
      const stride = database.db.dialect === "sqlite" ? 1 : 5;
      for (let dieAt = 1; dieAt <= unharmed.points.length; dieAt += stride) {
        const killed = await wholeLife(openStage(database.db, stage), dieAt);
        expect(killed.deaths, `at point ${dieAt}: ${unharmed.points[dieAt - 1]}`).toBe(1);
        expect(killed.outcome, `at point ${dieAt}: ${unharmed.points[dieAt - 1]}`).toEqual(unharmed.outcome);
      }
    },
  );

  it(
    "killed at any point of an upgrade, a rollback, or while node groups come and go, another one goes on",
    { timeout: 300_000 },
    async () => {
      const stage = openStage(database.db);
      const unharmed = await changes(stage, null);
      expect(unharmed.outcome).toEqual({
        seen: [
          ["default-master 1 CREATE_COMPLETE", "default-worker 2 CREATE_COMPLETE", "gpu 2 CREATE_COMPLETE"],
          ["default-master 1 UPDATE_COMPLETE", "default-worker 2 UPDATE_COMPLETE", "gpu 2 CREATE_COMPLETE"],
          ["default-master 1 UPDATE_COMPLETE", "default-worker 2 UPDATE_COMPLETE", "gpu 2 ROLLBACK_COMPLETE"],
          ["default-master 1 UPDATE_COMPLETE", "default-worker 2 UPDATE_COMPLETE"],
        ],
        stacks: [
          [0, 0, "1/1"],
          [1, 1, "1/1/image-2"],
          [2, 2, "1/1/image-2"],
        ],
        made: [1, 1, 1, 1],
        operations: [
          ["deleteNodegroup", "done"],
          ["resize", "failed"],
          ["upgrade", "done"],
          ["createNodegroup", "done"],
          ["create", "done"],
        ],
        row: { previous: null, generation: 6, observedGeneration: 6, repair: false, nodeCount: 2 },
      });
      expect(unharmed.points.length).toBeGreaterThan(60);
      // Each point was tried once; an odd stride meets befores and afters of every kind of call.
      const stride = database.db.dialect === "sqlite" ? 3 : 13;
      for (let dieAt = 1; dieAt <= unharmed.points.length; dieAt += stride) {
        // The cluster of the life before is another world's.
        await database.db.prisma.cluster.deleteMany();
        const killed = await changes(openStage(database.db, stage), dieAt);
        expect(killed.deaths, `at point ${dieAt}: ${unharmed.points[dieAt - 1]}`).toBe(1);
        expect(killed.outcome, `at point ${dieAt}: ${unharmed.points[dieAt - 1]}`).toEqual(unharmed.outcome);
      }
    },
  );
});
