import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { requestDeletion } from "../../db/cluster-change.ts";
import { getCluster as readRow } from "../../db/cluster.ts";
import { listNodegroups } from "../../db/nodegroup.ts";
import { lastOperation } from "../../db/operation.ts";
import type { ClusterStatus } from "../../domain/cluster-status.ts";
import { aProject, anOperation, writeCluster } from "../../testing/builders.ts";
import { testContext } from "../../testing/test-context.ts";
import { testDatabase } from "../../testing/test-db.ts";
import { aDriver, testDeps } from "../../testing/test-deps.ts";
import type { Deps } from "../deps.ts";
import { deleteCluster, resizeCluster, retryCluster, setLocked, updateCluster } from "./change.ts";

const database = testDatabase();
const projectId = aProject();
const member = testContext({ projectId });
const reader = testContext({ projectId, roles: ["reader"] });
let deps: Deps;

beforeAll(() => {
  deps = testDeps(database.db, { drivers: [aDriver()] });
});

/** A cluster in a status, as the conductor would have left it. */
async function inStatus(status: ClusterStatus, workers = 2): Promise<string> {
  const id = await writeCluster(database.db, member.scope, { workers, cluster: { name: "web-1" } });
  await database.db.prisma.cluster.update({ where: { id }, data: { status } });
  await database.db.prisma.nodeGroup.updateMany({ where: { clusterId: id }, data: { status } });
  return id;
}

const cluster = (id: string) => readRow(database.db, member.scope, id);
const workers = async (id: string) =>
  (await listNodegroups(database.db, member.scope, id)).find((group) => group.role === "worker");

/** Workers as the conductor last saw them; returns their server ids. */
async function observedWorkers(id: string, count: number): Promise<[string, string, string, string]> {
  const group = await workers(id);
  const ids: [string, string, string, string] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
  await database.db.prisma.node.createMany({
    data: ids.slice(0, count).map((serverId, index) => ({
      serverId,
      clusterId: id,
      nodegroupId: group?.id ?? "",
      projectId,
      name: `web-1-worker-${index}`,
      memberIndex: String(index),
      status: "ACTIVE",
      privateAddress: `10.0.0.${10 + index}`,
      seenAt: new Date(),
    })),
  });
  return ids;
}

describe("resize", () => {
  test("sets the wanted size of the default workers at once and says who asked", async () => {
    const id = await inStatus("CREATE_COMPLETE");
    await resizeCluster(deps, member, id, { nodeCount: 5 });
    expect(await cluster(id)).toMatchObject({ status: "UPDATE_IN_PROGRESS", nodeCount: 5, generation: 2 });
    expect(await workers(id)).toMatchObject({ nodeCount: 5, status: "UPDATE_IN_PROGRESS" });
    expect(await lastOperation(database.db, member.scope, id)).toMatchObject({
      kind: "resize",
      userName: "Ada",
      outcome: "running",
      changes: { "default-worker": ["2", "5"] },
    });
  });

  test("takes nodes by server id, name, private address or index, and keeps them as server ids", async () => {
    const id = await inStatus("UPDATE_COMPLETE", 4);
    const [a, b, c, d] = await observedWorkers(id, 4);
    await resizeCluster(deps, member, id, {
      nodegroup: "default-worker",
      nodeCount: 1,
      nodesToRemove: [a, "web-1-worker-1", "10.0.0.12", "3"],
    });
    expect((await workers(id))?.nodesToRemove).toEqual([a, b, c, d]);
  });

  test("takes the index of a member that has no server yet, as the autoscaler sends it", async () => {
    const id = await inStatus("UPDATE_IN_PROGRESS", 3);
    await resizeCluster(deps, member, id, { nodeCount: 2, nodesToRemove: ["2"] });
    expect((await workers(id))?.nodesToRemove).toEqual(["2"]);
  });

  test("while another runs is applied, and nodes named before still go", async () => {
    const id = await inStatus("CREATE_COMPLETE", 3);
    const [a, b] = await observedWorkers(id, 3);
    await resizeCluster(deps, member, id, { nodeCount: 2, nodesToRemove: [a] });
    await resizeCluster(deps, member, id, { nodeCount: 1, nodesToRemove: [b] });
    expect(await cluster(id)).toMatchObject({ status: "UPDATE_IN_PROGRESS", nodeCount: 1, generation: 3 });
    expect((await workers(id))?.nodesToRemove).toEqual([a, b]);
  });

  test("to the same size with a named node replaces it, as the auto-healer asks", async () => {
    const id = await inStatus("CREATE_COMPLETE", 2);
    const [a] = await observedWorkers(id, 2);
    await resizeCluster(deps, member, id, { nodeCount: 2, nodesToRemove: [a] });
    expect(await workers(id)).toMatchObject({ nodeCount: 2, nodesToRemove: [a], status: "UPDATE_IN_PROGRESS" });
  });

  test("with nodes that the group does not have names them, and nothing is stored", async () => {
    const id = await inStatus("CREATE_COMPLETE", 2);
    const [a] = await observedWorkers(id, 2);
    await expect(
      resizeCluster(deps, member, id, { nodeCount: 1, nodesToRemove: [a, "elsewhere", randomUUID()] }),
    ).rejects.toMatchObject({
      reason: "invalid_input",
      message: expect.stringContaining("There are no such nodes in default-worker: elsewhere, "),
      details: { field: "nodes_to_remove" },
    });
    expect(await cluster(id)).toMatchObject({ status: "CREATE_COMPLETE", nodeCount: 2 });
  });

  test("by an administrator reaches other projects at the REST API, not in the console", async () => {
    const id = await inStatus("CREATE_COMPLETE");
    const admin = (door: "api" | "console") => testContext({ roles: ["admin"], door });
    await resizeCluster(deps, admin("api"), id, { nodeCount: 3 });
    expect(await cluster(id)).toMatchObject({ nodeCount: 3 });
    await expect(resizeCluster(deps, admin("console"), id, { nodeCount: 4 })).rejects.toMatchObject({
      reason: "cluster_not_found",
    });
  });

  test("of a failed change repairs on the way", async () => {
    const id = await inStatus("UPDATE_FAILED");
    await resizeCluster(deps, member, id, { nodeCount: 1 });
    const row = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
    expect(row.repair).toBe(true);
  });

  test("of the control plane needs a driver that can", async () => {
    const id = await inStatus("CREATE_COMPLETE");
    await expect(resizeCluster(deps, member, id, { nodegroup: "default-master", nodeCount: 3 })).rejects.toMatchObject({
      reason: "not_supported_by_driver",
      message: "Resizing the master nodegroup is not supported by this driver.",
    });
    const able = { ...deps, drivers: [aDriver({ can: { resizeMasters: true } })] };
    await expect(resizeCluster(able, member, id, { nodegroup: "default-master", nodeCount: 2 })).rejects.toThrow(/odd/);
  });

  test("below the minimum is refused in Magnum's words, and nothing is stored", async () => {
    const id = await inStatus("CREATE_COMPLETE");
    await database.db.prisma.nodeGroup.updateMany({
      where: { clusterId: id, role: "worker" },
      data: { minNodeCount: 2, maxNodeCount: 4 },
    });
    for (const nodeCount of [1, 5])
      await expect(resizeCluster(deps, member, id, { nodeCount })).rejects.toThrow(
        "Resizing default-worker outside the allowed range: min_node_count = 2, max_node_count = 4",
      );
    expect(await cluster(id)).toMatchObject({ status: "CREATE_COMPLETE", nodeCount: 2 });
  });

  test.each(["CREATE_IN_PROGRESS", "CREATE_FAILED", "DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"] as const)(
    "is refused in %s, before anything is answered",
    async (status) => {
      const id = await inStatus(status);
      await expect(resizeCluster(deps, member, id, { nodeCount: 3 })).rejects.toMatchObject({
        reason: "operation_not_allowed_now",
        message: expect.stringContaining(`Resizing a cluster when status is "${status}" is not supported.`),
      });
    },
  );

  test("of a group that is not there names it", async () => {
    const id = await inStatus("CREATE_COMPLETE");
    await expect(resizeCluster(deps, member, id, { nodegroup: "gpu", nodeCount: 3 })).rejects.toMatchObject({
      reason: "nodegroup_not_found",
      message: "Nodegroup gpu could not be found.",
    });
  });
});

describe("Magnum's PATCH of the size", () => {
  test("keeps what was wanted before when it is to be undone on failure", async () => {
    const id = await inStatus("CREATE_COMPLETE", 2);
    await updateCluster(deps, member, id, { nodeCount: 5, rollback: true });
    const { previous } = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
    expect(JSON.parse(previous ?? "")).toMatchObject({ nodegroups: [{ nodeCount: 1 }, { nodeCount: 2 }] });
    // A newer wish without that is not undone.
    await resizeCluster(deps, member, id, { nodeCount: 4 });
    expect(await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } })).toMatchObject({ previous: null });
  });

  test("of the present size changes nothing", async () => {
    const id = await inStatus("CREATE_COMPLETE", 2);
    await updateCluster(deps, member, id, { nodeCount: 2 });
    expect(await cluster(id)).toMatchObject({ status: "CREATE_COMPLETE", generation: 1 });
  });

  test("keeps the bounds of the group", async () => {
    const id = await inStatus("CREATE_COMPLETE", 2);
    await database.db.prisma.nodeGroup.updateMany({
      where: { clusterId: id, role: "worker" },
      data: { maxNodeCount: 3 },
    });
    await expect(updateCluster(deps, member, id, { nodeCount: 4 })).rejects.toThrow(/outside the allowed range/);
  });
});

describe("retry", () => {
  test.each([
    ["CREATE_FAILED", "CREATE_IN_PROGRESS"],
    ["UPDATE_FAILED", "UPDATE_IN_PROGRESS"],
  ] as const)("of %s goes on as %s and asks for repair", async (before, after) => {
    const id = await inStatus(before);
    await retryCluster(deps, member, id);
    expect(await cluster(id)).toMatchObject({ status: after, statusReason: null });
    expect(await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } })).toMatchObject({ repair: true });
  });

  test("goes on with the deletion of a group that failed, and does not bring the group back", async () => {
    const id = await inStatus("UPDATE_FAILED");
    await database.db.prisma.nodeGroup.updateMany({
      where: { clusterId: id, role: "worker" },
      data: { status: "DELETE_FAILED" },
    });
    await retryCluster(deps, member, id);
    expect((await workers(id))?.status).toBe("DELETE_IN_PROGRESS");
  });

  test("has the time that a rollout of all nodes takes, as every repair has: one may have failed half way", async () => {
    const now = deps.clock.now().getTime();
    const minutes = async (status: ClusterStatus, change: (id: string) => Promise<void>) => {
      const id = await inStatus(status, 3);
      await change(id);
      const row = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
      return Math.round(((row.deadlineAt?.getTime() ?? 0) - now) / 60_000);
    };
    const resize = (id: string) => resizeCluster(deps, member, id, { nodeCount: 4 });
    expect(await minutes("UPDATE_FAILED", (id) => retryCluster(deps, member, id))).toBe(4 * 60);
    expect(await minutes("UPDATE_FAILED", resize)).toBe(4 * 60);
    expect(await minutes("CREATE_COMPLETE", resize)).toBe(60);
    expect(await minutes("CREATE_FAILED", (id) => retryCluster(deps, member, id))).toBe(60);
  });

  test("is refused while nothing failed", async () => {
    const id = await inStatus("CREATE_COMPLETE");
    await expect(retryCluster(deps, member, id)).rejects.toMatchObject({ reason: "operation_not_allowed_now" });
  });
});

describe("delete", () => {
  test("wants the name as it is typed in the console", async () => {
    const id = await inStatus("CREATE_COMPLETE");
    await expect(deleteCluster(deps, member, id, "web-2")).rejects.toMatchObject({
      reason: "invalid_input",
      details: { field: "name" },
    });
    await deleteCluster(deps, member, id, "web-1");
    expect((await cluster(id)).status).toBe("DELETE_IN_PROGRESS");
  });

  test("is accepted in every state and again", async () => {
    for (const status of ["CREATE_IN_PROGRESS", "UPDATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_FAILED"] as const) {
      const id = await inStatus(status);
      await deleteCluster(deps, member, id, null);
      expect((await cluster(id)).status).toBe("DELETE_IN_PROGRESS");
    }
  });

  test("of a locked cluster is refused at both doors alike until it is unlocked", async () => {
    const id = await inStatus("CREATE_COMPLETE");
    await setLocked(deps, member, id, true);
    for (const door of ["console", "api"] as const)
      await expect(deleteCluster(deps, testContext({ projectId, door }), id, null)).rejects.toMatchObject({
        reason: "operation_not_allowed_now",
        details: { remedy: "Unlock it first." },
      });
    await setLocked(deps, member, id, false);
    await deleteCluster(deps, member, id, null);
  });

  test("across projects is an administrator's at the REST API only", async () => {
    const id = await inStatus("CREATE_COMPLETE");
    const roles = ["admin", "member", "reader"];
    await expect(deleteCluster(deps, testContext({ roles }), id, null)).rejects.toMatchObject({
      reason: "cluster_not_found",
    });
    await deleteCluster(deps, testContext({ roles, door: "api" }), id, null);
    expect((await cluster(id)).status).toBe("DELETE_IN_PROGRESS");
  });
});

test("readers and members of other projects change nothing", async () => {
  const id = await inStatus("UPDATE_FAILED");
  const attempts = [
    (ctx: typeof member) => deleteCluster(deps, ctx, id, null),
    (ctx: typeof member) => retryCluster(deps, ctx, id),
    (ctx: typeof member) => resizeCluster(deps, ctx, id, { nodeCount: 1 }),
    (ctx: typeof member) => setLocked(deps, ctx, id, true),
  ];
  for (const attempt of attempts) {
    await expect(attempt(reader)).rejects.toMatchObject({ reason: "forbidden" });
    await expect(attempt(testContext({ projectId: aProject() }))).rejects.toMatchObject({
      reason: "cluster_not_found",
    });
  }
  expect(await cluster(id)).toMatchObject({ status: "UPDATE_FAILED", locked: false });
});

test("a running operation ends as superseded when a deletion is asked for", async () => {
  const id = await inStatus("CREATE_COMPLETE");
  await resizeCluster(deps, member, id, { nodeCount: 3 });
  const before = await lastOperation(database.db, member.scope, id);
  await requestDeletion(database.db, member.scope, id, new Date(), () => ({
    operation: anOperation({ kind: "delete" }),
    event: { level: "info", message: "x" },
  }));
  const row = await database.db.prisma.operation.findUniqueOrThrow({ where: { id: before?.id ?? "" } });
  expect(row.outcome).toBe("superseded");
});
