import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { completeCredential, insertIntent, orphanCredentials } from "../../db/credential.ts";
import { listAudit } from "../../db/audit.ts";
import { getCluster } from "../../db/cluster.ts";
import { testClock } from "../../testing/test-context.ts";
import { openTestCloud, type TestCloud } from "../../testing/test-cloud.ts";
import { testDatabase } from "../../testing/test-db.ts";
import { aDriver } from "../../testing/test-deps.ts";
import { openCloudStage, type CloudStage } from "../testing/cloud-stage.ts";
import { dropRecord } from "./drop.ts";

const database = testDatabase();
let cloud: TestCloud;
let stage: CloudStage;
beforeAll(async () => {
  cloud = await openTestCloud();
  stage = await openCloudStage(database.db, cloud, aDriver(), testClock(new Date()));
});
afterAll(() => cloud.close());

/** Its deletion has failed, and its trust went with its project. */
async function anOrphan(status: "DELETE_FAILED" | "CREATE_COMPLETE" = "DELETE_FAILED"): Promise<string> {
  const { db } = database;
  const id = await stage.cluster({ status });
  const credentialId = randomUUID();
  const trusteePassword = stage.deps.secrets.seal("password", `credential:${credentialId}`);
  const now = stage.deps.clock.now();
  await insertIntent(db, stage.scope, { id: credentialId, region: "RegionOne", trusteeName: id, trusteePassword, now });
  await completeCredential(db, stage.scope, credentialId, { trusteeUserId: "gone", trustId: "gone" });
  await db.prisma.credential.update({ where: { id: credentialId }, data: { clusterId: id } });
  await db.prisma.cluster.update({ where: { id }, data: { stackId: "stack-1" } });
  return id;
}

it("an administrator drops the record of a cluster that nobody can delete, and is told what may be left", async () => {
  const { db } = database;
  const id = await anOrphan();
  const { name } = await getCluster(db, stage.scope, id);
  expect(await dropRecord(stage.deps, stage.admin, id)).toEqual([{ type: "stack", id: "stack-1", name }]);
  await expect(getCluster(db, stage.scope, id)).rejects.toMatchObject({ reason: "cluster_not_found" });
  const { rows } = await listAudit(db, stage.scope, { clusterId: id, size: 10 });
  expect(rows[0]).toMatchObject({ operation: "delete", outcome: "success", userName: "admin" });
  // What is left of its identity is the sweeper's.
  expect(await orphanCredentials(db, new Date(Date.now() + 1000))).toMatchObject([{ trusteeName: id }]);
});

it("nobody else drops it, and nobody drops what the cloud still lets delete", async () => {
  const id = await anOrphan();
  await expect(dropRecord(stage.deps, stage.member, id)).rejects.toMatchObject({ reason: "forbidden" });
  await expect(dropRecord(stage.deps, stage.admin, await anOrphan("CREATE_COMPLETE"))).rejects.toMatchObject({
    reason: "operation_not_allowed_now",
  });
  // Without a credential nobody refuses anything: its deletion ends by itself.
  await expect(
    dropRecord(stage.deps, stage.admin, await stage.cluster({ status: "DELETE_FAILED" })),
  ).rejects.toMatchObject({ reason: "operation_not_allowed_now" });
});
