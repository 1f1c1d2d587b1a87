import { expect, test } from "vitest";
import type { ClusterStatus } from "../domain/cluster-status.ts";
import { aProject, writeCluster } from "../testing/builders.ts";
import { testContext } from "../testing/test-context.ts";
import { testDatabase } from "../testing/test-db.ts";
import { aDriver, testDeps } from "../testing/test-deps.ts";
import { listAudit } from "./audit.ts";
import { deleteCluster, resizeCluster, retryCluster } from "./cluster/change.ts";
import { createNodegroup } from "./nodegroup.ts";
import { rotateCa, rotateCredential } from "./rotation.ts";

const database = testDatabase();
const able = { rotateCa: true, rotateCredential: true };
const deps = () => testDeps(database.db, { drivers: [aDriver({ can: able })] });
const member = () => testContext({ projectId: aProject() });

async function inStatus(ctx: ReturnType<typeof member>, status: ClusterStatus, locked = false): Promise<string> {
  const id = await writeCluster(database.db, ctx.scope);
  await database.db.prisma.cluster.update({
    where: { id },
    data: { status, locked, apiAddress: "https://10.0.0.1:6443" },
  });
  return id;
}

test("what people do and what the cluster's state refuses is in the trail, with who asked and why not", async () => {
  const ctx = member();
  const id = await inStatus(ctx, "DELETE_IN_PROGRESS", true);
  const refused = { reason: "operation_not_allowed_now" };
  await expect(resizeCluster(deps(), ctx, id, { nodeCount: 3 })).rejects.toMatchObject(refused);
  await expect(retryCluster(deps(), ctx, id)).rejects.toMatchObject(refused);
  const more = createNodegroup(deps(), ctx, id, { name: "more" });
  await expect(more).rejects.toMatchObject(refused);
  await expect(rotateCa(deps(), ctx, id)).rejects.toMatchObject(refused);
  await expect(rotateCredential(deps(), ctx, id)).rejects.toMatchObject(refused);
  await expect(deleteCluster(deps(), ctx, id, null)).rejects.toMatchObject(refused);
  const { rows } = await listAudit(deps(), ctx, { clusterId: id });
  expect(rows.map((row) => `${row.operation} ${row.event.action} ${row.outcome}`)).toEqual([
    "delete delete failure",
    "rotateCredential update failure",
    "rotateCa update failure",
    "createNodegroup update failure",
    "retry update failure",
    "resize update failure",
    "create create pending",
  ]);
  expect(rows[0]?.event.reason?.reasonCode).toMatch(/is locked against deletion/);
  expect(rows[0]?.event.initiator).toMatchObject({ user_id: ctx.user.id, domain_id: ctx.user.domainId });
});

test("what policy or input refuses is not", async () => {
  const ctx = member();
  const id = await inStatus(ctx, "CREATE_COMPLETE");
  const reader = testContext({ projectId: ctx.project.id, roles: ["reader"] });
  await expect(resizeCluster(deps(), reader, id, { nodeCount: 3 })).rejects.toMatchObject({ reason: "forbidden" });
  await expect(deleteCluster(deps(), ctx, id, "another")).rejects.toMatchObject({ reason: "invalid_input" });
  expect((await listAudit(deps(), ctx, {})).total).toBe(1);
});

test("readers see their project's trail; all projects' is for administrators", async () => {
  const ctx = member();
  await inStatus(ctx, "CREATE_COMPLETE");
  const reader = testContext({ projectId: ctx.project.id, roles: ["reader"] });
  expect((await listAudit(deps(), reader, {})).total).toBe(1);
  expect((await listAudit(deps(), member(), {})).total).toBe(0);
  await expect(listAudit(deps(), testContext({ roles: [] }), {})).rejects.toMatchObject({ reason: "forbidden" });
  await expect(listAudit(deps(), ctx, { allProjects: true })).rejects.toMatchObject({ reason: "forbidden" });
  const admin = testContext({ roles: ["admin"] });
  expect((await listAudit(deps(), admin, {})).total).toBe(0);
  expect((await listAudit(deps(), admin, { allProjects: true })).total).toBeGreaterThan(1);
});
