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
import { deleteCluster, resizeCluster, retryCluster, setLocked } from "./change.ts";

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

  test("keeps the nodes that are to go", async () => {
    const id = await inStatus("UPDATE_COMPLETE");
    await resizeCluster(deps, member, id, { nodegroup: "default-worker", nodeCount: 1, nodesToRemove: ["server-7"] });
    expect((await workers(id))?.nodesToRemove).toEqual(["server-7"]);
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

  test.each(["CREATE_IN_PROGRESS", "CREATE_FAILED", "DELETE_IN_PROGRESS", "ROLLBACK_FAILED"] as const)(
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
