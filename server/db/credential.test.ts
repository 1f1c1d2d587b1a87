import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { aProject, testTime, writeCluster } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import {
  completeCredential,
  findTrustee,
  getSpareCredential,
  insertIntent,
  orphanCredentials,
  removeCredential,
  trusteeIsShared,
} from "./credential.ts";
import { projectScope, type ProjectScope } from "./scope.ts";

const inProject = () => projectScope(aProject(), "RegionOne");

onEveryDatabase((database) => {
  const intent = async (scope: ProjectScope, now = testTime) => {
    const id = randomUUID();
    await insertIntent(database.db, scope, {
      id,
      region: "RegionOne",
      trusteeName: `trustee-${id}`,
      trusteePassword: "sealed",
      now,
    });
    return id;
  };

  it("knows a cluster's trustee by the trust or by the user, and by nothing else", async () => {
    const scope = inProject();
    const id = await intent(scope);
    const made = { trusteeUserId: randomUUID(), trustId: randomUUID() };
    await completeCredential(database.db, scope, id, made);
    expect(await findTrustee(database.db, made)).toMatchObject({ clusterId: null, projectId: scope.projectId });
    const clusterId = await writeCluster(database.db, scope, { credentialId: id });
    const known = { clusterId, projectId: scope.projectId, region: "RegionOne" };
    expect(await findTrustee(database.db, made)).toEqual(known);
    expect(await findTrustee(database.db, { trusteeUserId: made.trusteeUserId, trustId: null })).toEqual(known);
    expect(await findTrustee(database.db, { trusteeUserId: "x", trustId: made.trustId })).toEqual(known);
    expect(await findTrustee(database.db, { trusteeUserId: "x", trustId: "y" })).toBeNull();
    expect(await findTrustee(database.db, { trusteeUserId: "x", trustId: null })).toBeNull();
  });

  it("is completed in its own project only, and step by step", async () => {
    const scope = inProject();
    const id = await intent(scope);
    await expect(completeCredential(database.db, inProject(), id, { trustId: "t" })).rejects.toThrow(/is gone/);
    await completeCredential(database.db, scope, id, { trusteeUserId: "u" });
    await completeCredential(database.db, scope, id, { trustId: "t" });
    expect(await getSpareCredential(database.db, id)).toMatchObject({ trusteeUserId: "u", trustId: "t" });
  });

  it("is an orphan without a cluster and old enough, and stays until it is removed", async () => {
    const scope = inProject();
    const [old, used] = [await intent(scope), await intent(scope)];
    const young = await intent(scope, new Date(testTime.getTime() + 10));
    await writeCluster(database.db, scope, { credentialId: used });
    const orphans = async (ms: number) =>
      (await orphanCredentials(database.db, new Date(testTime.getTime() + ms), 1000)).map((row) => row.id);
    expect(await orphans(5)).toContain(old);
    expect(await orphans(5)).not.toContain(young);
    expect(await orphans(50)).toEqual(expect.arrayContaining([old, young]));
    expect(await orphans(50)).not.toContain(used);
    await removeCredential(database.db, old);
    await removeCredential(database.db, old);
    expect(await orphans(50)).not.toContain(old);
  });

  it("does not end up with two clusters", async () => {
    const scope = inProject();
    const id = await intent(scope);
    await writeCluster(database.db, scope, { credentialId: id });
    await expect(writeCluster(database.db, scope, { credentialId: id })).rejects.toThrow(/is not there to be attached/);
    await expect(writeCluster(database.db, inProject(), { credentialId: await intent(scope) })).rejects.toThrow(
      /is not there to be attached/,
    );
  });

  it("says when a later attempt took the trustee over", async () => {
    const scope = inProject();
    const [first, second] = [await intent(scope), await intent(scope)];
    const trusteeUserId = randomUUID();
    await completeCredential(database.db, scope, second, { trusteeUserId });
    expect(await trusteeIsShared(database.db, trusteeUserId, first)).toBe(true);
    expect(await trusteeIsShared(database.db, trusteeUserId, second)).toBe(false);
  });
});
