import { expect, it } from "vitest";
import { aProject, testTime, writeCluster } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { deleteQuota, getQuota, getQuotaUse, insertQuota, listQuotas, updateQuota } from "./quota.ts";
import { cloudScope, projectScope } from "./scope.ts";

const everywhere = cloudScope();
const later = new Date(testTime.getTime() + 1000);

onEveryDatabase((database) => {
  it("is the default for a project without a row, and counts the clusters of all regions", async () => {
    const projectId = aProject();
    await writeCluster(database.db, projectScope(projectId, "RegionOne"));
    await writeCluster(database.db, projectScope(projectId, "RegionTwo"), { cluster: { region: "RegionTwo" } });
    const scope = projectScope(projectId, "RegionOne");
    expect(await getQuotaUse(database.db, scope)).toEqual({ used: 2, limit: 20 });
    expect(await getQuota(database.db, scope, projectId)).toBeNull();
    await insertQuota(database.db, everywhere, { projectId, hardLimit: 5 }, testTime);
    expect(await getQuotaUse(database.db, scope)).toEqual({ used: 2, limit: 5 });
  });

  it("is made once, changed and removed, and says what is missing", async () => {
    const projectId = aProject();
    const made = await insertQuota(database.db, everywhere, { projectId, hardLimit: 5 }, testTime);
    expect(made).toMatchObject({ projectId, resource: "Cluster", hardLimit: 5, createdAt: testTime, updatedAt: null });
    const again = insertQuota(database.db, everywhere, { projectId, hardLimit: 6 }, testTime);
    await expect(again).rejects.toMatchObject({ reason: "quota_exists" });
    const changed = await updateQuota(database.db, everywhere, { projectId, hardLimit: 0 }, later);
    expect(changed).toMatchObject({ id: made.id, hardLimit: 0, updatedAt: later });
    await deleteQuota(database.db, everywhere, projectId);
    await expect(deleteQuota(database.db, everywhere, projectId)).rejects.toMatchObject({ reason: "quota_not_found" });
    const gone = updateQuota(database.db, everywhere, { projectId, hardLimit: 1 }, later);
    await expect(gone).rejects.toMatchObject({ reason: "quota_not_found" });
  });

  it("is shown to its own project and to administrators only, page by page", async () => {
    const projects = [aProject(), aProject(), aProject()];
    for (const projectId of projects) await insertQuota(database.db, everywhere, { projectId, hardLimit: 7 }, testTime);
    const [first, second] = projects;
    const scope = projectScope(first ?? "");
    expect(await getQuota(database.db, scope, second ?? "")).toBeNull();
    expect((await getQuota(database.db, everywhere, second ?? ""))?.hardLimit).toBe(7);
    expect((await listQuotas(database.db, scope, { size: 10 })).rows.map((row) => row.projectId)).toEqual([first]);
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await listQuotas(database.db, everywhere, { sort: "-hardLimit", size: 2, after });
      seen.push(...page.rows.map((row) => row.projectId));
      after = page.next ?? undefined;
    } while (after);
    expect(seen).toEqual(expect.arrayContaining(projects));
    expect(new Set(seen).size).toBe(seen.length);
    const all = await listQuotas(database.db, everywhere, { size: 1000 });
    const behind = await listQuotas(database.db, everywhere, { marker: all.rows[0]?.id, size: 1000 });
    expect(behind.rows).toEqual(all.rows.slice(1));
  });
});
