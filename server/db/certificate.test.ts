import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import type { IssuedCertificate } from "../domain/certificate.ts";
import { aProject, testTime, writeCluster } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { insertIssued, listIssued } from "./certificate.ts";
import { listEvents } from "./operation.ts";
import { projectScope } from "./scope.ts";

const inProject = () => projectScope(aProject(), "RegionOne");

const aCertificate = (clusterId: string, given: Partial<IssuedCertificate> = {}): IssuedCertificate => ({
  id: randomUUID(),
  clusterId,
  serial: "0a",
  subject: "CN=admin,O=system:masters",
  caType: "kubernetes",
  fingerprint: "AA:BB",
  notBefore: testTime,
  notAfter: new Date(testTime.getTime() + 1e9),
  userId: "user-1",
  userName: "Ada",
  purpose: "config",
  createdAt: testTime,
  ...given,
});

onEveryDatabase((database) => {
  it("lists what was issued, newest first, to its own project only", async () => {
    const scope = inProject();
    const id = await writeCluster(database.db, scope);
    const first = aCertificate(id);
    const second = aCertificate(id, { createdAt: new Date(testTime.getTime() + 1), purpose: "node", caType: "etcd" });
    await insertIssued(database.db, scope, first, { level: "info", message: "A certificate was issued." });
    await insertIssued(database.db, scope, second);
    expect(await listIssued(database.db, scope, id)).toEqual([second, first]);
    expect(await listIssued(database.db, inProject(), id)).toEqual([]);
    const { rows } = await listEvents(database.db, scope, { clusterId: id, size: 5 });
    expect(rows[0]).toMatchObject({ message: "A certificate was issued.", operationId: null });
  });

  it("records nothing for a cluster of another project, or for another cluster than the node's own", async () => {
    const scope = inProject();
    const id = await writeCluster(database.db, scope);
    for (const stranger of [inProject(), projectScope(scope.projectId, null, randomUUID())])
      await expect(insertIssued(database.db, stranger, aCertificate(id))).rejects.toMatchObject({
        reason: "cluster_not_found",
      });
    expect(await listIssued(database.db, scope, id)).toEqual([]);
  });
});
