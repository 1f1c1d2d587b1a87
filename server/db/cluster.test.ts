import { expect, it } from "vitest";
import { aProject, testTime, writeCluster, writeTemplate } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import type { Db } from "./client.ts";
import {
  clusterSorts,
  clusterStats,
  countByStatus,
  findClusterByName,
  getCluster,
  getWholeCluster,
  listAttention,
  listClusterDetails,
  listClusterSummaries,
  listClusters,
} from "./cluster.ts";
import { cloudScope, projectScope, type Scope } from "./scope.ts";
import { listNodegroups, getNodegroup, listWholeNodegroups } from "./nodegroup.ts";

const inProject = (region: string | null = "RegionOne") => projectScope(aProject(), region);

/** All names, page by page. */
async function pages(db: Db, scope: Scope, query: { sort: string; size: number }): Promise<string[]> {
  const names: string[] = [];
  let after: string | undefined;
  for (let page = 0; page < 50; page++) {
    const { rows, next } = await listClusters(db, scope, { ...query, after });
    names.push(...rows.map((row) => row.name));
    if (next === null) return names;
    expect(rows).toHaveLength(query.size);
    after = next;
  }
  throw new Error("the pages do not end");
}

onEveryDatabase((database) => {
  it("gives a new cluster as it was asked for, with its template's name in the list", async () => {
    const scope = inProject();
    const template = await writeTemplate(database.db, scope, { name: "K8s" });
    const id = await writeCluster(database.db, scope, {
      cluster: { clusterTemplateId: template, name: "web-1", labels: { a: "b" } },
      masters: 3,
      workers: 2,
    });
    const cluster = await getCluster(database.db, scope, id);
    expect(cluster).toMatchObject({
      name: "web-1",
      projectId: scope.projectId,
      clusterTemplateId: template,
      masterCount: 3,
      nodeCount: 2,
      labels: { a: "b" },
      status: "CREATE_IN_PROGRESS",
      statusSince: testTime,
      generation: 1,
      healthStatus: null,
      progress: null,
    });
    const { rows, total, next } = await listClusters(database.db, scope, { size: 10 });
    expect(rows).toMatchObject([{ id, templateName: "K8s", readyNodes: null }]);
    expect({ total, next }).toEqual({ total: 1, next: null });
    expect((await getWholeCluster(database.db, scope, id)).facts.template.distro).toBe("fedora-coreos");
    const groups = await listNodegroups(database.db, scope, id);
    expect(groups.map(({ name, role, nodeCount, status }) => ({ name, role, nodeCount, status }))).toEqual([
      { name: "default-master", role: "master", nodeCount: 3, status: "CREATE_IN_PROGRESS" },
      { name: "default-worker", role: "worker", nodeCount: 2, status: "CREATE_IN_PROGRESS" },
    ]);
    const worker = await getNodegroup(database.db, scope, id, "default-worker");
    const whole = await listWholeNodegroups(database.db, scope, id);
    expect(whole.find((each) => each.id === worker.id)?.facts.flavor.name).toBe("m1.small");
  });

  it("shows nothing of a cluster to another project, another region or another cluster's node", async () => {
    const scope = inProject();
    const id = await writeCluster(database.db, scope);
    const strangers = [
      inProject(),
      projectScope(scope.projectId, "RegionTwo"),
      projectScope(scope.projectId, "RegionOne", "other"),
    ];
    for (const stranger of strangers) {
      await expect(getCluster(database.db, stranger, id)).rejects.toMatchObject({ reason: "cluster_not_found" });
      expect((await listClusters(database.db, stranger, { size: 10 })).rows).toEqual([]);
      await expect(getWholeCluster(database.db, stranger, id)).rejects.toMatchObject({ reason: "cluster_not_found" });
    }
    expect(await listNodegroups(database.db, inProject(), id)).toEqual([]);
    expect(await listNodegroups(database.db, projectScope(scope.projectId, "RegionOne", "other"), id)).toEqual([]);
    expect((await getCluster(database.db, projectScope(scope.projectId, null, id), id)).id).toBe(id);
    expect((await getCluster(database.db, cloudScope("RegionOne"), id)).id).toBe(id);
  });

  it("walks through all pages in the order of each column, forwards and backwards, without repeating or losing one", async () => {
    const scope = inProject();
    const template = await writeTemplate(database.db, scope);
    const names = ["node-2", "node-10", "Node-1", "alpha", "alpha", "zeta"];
    for (const [index, name] of names.entries()) {
      const id = await writeCluster(database.db, scope, {
        cluster: { clusterTemplateId: template, name, keypair: index % 2 ? null : `key-${index}` },
        workers: index % 3,
        now: new Date(testTime.getTime() + index),
      });
      await database.db.prisma.cluster.update({
        where: { id },
        data: { locked: index % 2 === 0, updatedAt: index < 2 ? null : testTime },
      });
    }
    expect(await pages(database.db, scope, { sort: "name", size: 2 })).toEqual([
      "alpha",
      "alpha",
      "Node-1",
      "node-2",
      "node-10",
      "zeta",
    ]);
    for (const key of Object.keys(clusterSorts))
      for (const sort of [key, `-${key}`]) {
        const whole = await pages(database.db, scope, { sort, size: 100 });
        expect(whole.toSorted(), sort).toEqual(names.toSorted());
        expect(await pages(database.db, scope, { sort, size: 2 }), sort).toEqual(whole);
      }
  });

  it("refuses a sort that is not on the list and a cursor of another order, naming the field", async () => {
    const scope = inProject();
    for (const name of ["a-1", "a-2"]) await writeCluster(database.db, scope, { cluster: { name } });
    await expect(listClusters(database.db, scope, { sort: "facts", size: 1 })).rejects.toMatchObject({
      reason: "invalid_input",
      details: { field: "sort" },
    });
    const { next } = await listClusters(database.db, scope, { sort: "name", size: 1 });
    await expect(listClusters(database.db, scope, { sort: "-name", after: next ?? "", size: 1 })).rejects.toMatchObject(
      { reason: "invalid_input", details: { field: "after" } },
    );
    await expect(listClusters(database.db, scope, { after: "nonsense", size: 1 })).rejects.toMatchObject({
      details: { field: "after" },
    });
  });

  it("goes on behind a marker, as the REST API pages", async () => {
    const scope = inProject();
    const ids: string[] = [];
    for (const name of ["c", "a", "b"]) ids.push(await writeCluster(database.db, scope, { cluster: { name } }));
    const first = await listClusterDetails(database.db, scope, { sort: "id", size: 2 });
    expect(first.map((row) => row.id)).toEqual(ids.slice(0, 2));
    for (const list of [listClusterDetails, listClusterSummaries]) {
      const rest = await list(database.db, scope, { sort: "id", marker: ids[1], size: 2 });
      expect(rest.map((row) => row.id)).toEqual(ids.slice(2));
    }
    await expect(listClusters(database.db, inProject(), { sort: "id", marker: ids[1], size: 2 })).rejects.toMatchObject(
      { reason: "cluster_not_found" },
    );
  });

  it("searches name without case, beginning of the id, addresses and the template's name", async () => {
    const scope = inProject();
    const template = await writeTemplate(database.db, scope, { name: "Ubuntu-K8S" });
    const id = await writeCluster(database.db, scope, { cluster: { name: "ÄPFEL-web", clusterTemplateId: template } });
    await writeCluster(database.db, scope, { cluster: { name: "other" } });
    await database.db.prisma.cluster.update({
      where: { id },
      data: { apiAddress: "https://192.0.2.7:6443", nodeAddresses: '["10.0.0.9"]' },
    });
    for (const q of ["äpfel", "WEB", id.slice(0, 6), "192.0.2.7", "10.0.0.9", "ubuntu", " web "])
      expect(
        (await listClusters(database.db, scope, { q, size: 10 })).rows.map((row) => row.id),
        q,
      ).toEqual([id]);
    for (const q of ["nothing", "%", "e_e"])
      expect((await listClusters(database.db, scope, { q, size: 10 })).rows, q).toEqual([]);
  });

  it("counts by group of statuses, and counts nodes with masters", async () => {
    const scope = inProject();
    const statuses = [
      "CREATE_COMPLETE",
      "UPDATE_COMPLETE",
      "CREATE_FAILED",
      "DELETE_IN_PROGRESS",
      "UPDATE_IN_PROGRESS",
    ];
    const old = new Date(testTime.getTime() - 3_600_000);
    for (const status of statuses) {
      const id = await writeCluster(database.db, scope, { workers: 2 });
      await database.db.prisma.cluster.update({ where: { id }, data: { status, statusSince: old } });
    }
    expect(await countByStatus(database.db, scope)).toEqual({ ready: 2, working: 1, failed: 1, deleting: 1 });
    expect(await countByStatus(database.db, scope, { q: "nothing" })).toEqual({
      ready: 0,
      working: 0,
      failed: 0,
      deleting: 0,
    });
    expect(await clusterStats(database.db, scope)).toEqual({ clusters: 5, nodes: 15 });
    expect((await listAttention(database.db, scope, testTime)).map((entry) => entry.why).toSorted()).toEqual([
      "deleting-long",
      "failed",
    ]);
    const failed = await listClusters(database.db, scope, { statuses: ["CREATE_FAILED"], size: 10 });
    expect(failed).toMatchObject({ total: 1, rows: [{ status: "CREATE_FAILED" }] });
  });

  it("says when a name means several clusters", async () => {
    const scope = inProject();
    const id = await writeCluster(database.db, scope, { cluster: { name: "twin" } });
    expect((await findClusterByName(database.db, scope, "twin")).id).toBe(id);
    await writeCluster(database.db, scope, { cluster: { name: "twin" } });
    await expect(findClusterByName(database.db, scope, "twin")).rejects.toMatchObject({ reason: "cluster_ambiguous" });
  });
});
