import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { aProject, anOperation, anOutcome, testTime, writeCluster, writeTemplate } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { changesSince, latestSeq } from "./change.ts";
import { connect, type Db } from "./client.ts";
import { acceptChange, requestDeletion } from "./cluster-change.ts";
import { getCluster } from "./cluster.ts";
import { heartbeat, listConductors } from "./conductor.ts";
import { insertIntent, orphanCredentials } from "./credential.ts";
import { claimDue, nextDueAt, releaseLeases, renewLease } from "./lease.ts";
import { listNodegroups, listNodes } from "./nodegroup.ts";
import { lastOperation, listEvents } from "./operation.ts";
import { loadClaimed, prune, record, removeCluster } from "./reconcile.ts";
import { cloudScope, projectScope, type ProjectScope } from "./scope.ts";

const inProject = () => projectScope(aProject(), "RegionOne");
const leaseMs = 30_000;
const at = (ms: number) => new Date(testTime.getTime() + ms);
const raise = (_id: string, error: unknown) => {
  throw error;
};

/** Takes whatever other tests left due out of the way. */
const settleOthers = (db: Db) => db.prisma.cluster.updateMany({ data: { nextReconcileAt: at(1e10) } });

async function aClaimed(db: Db, owner: string): Promise<{ scope: ProjectScope; id: string }> {
  await settleOthers(db);
  const scope = inProject();
  const id = await writeCluster(db, scope);
  expect(await claimDue(db, owner, 10, leaseMs, testTime)).toEqual([id]);
  return { scope, id };
}

onEveryDatabase((database) => {
  it("gives each due cluster to one conductor only, and no more than asked for", async () => {
    const { db } = database;
    await settleOthers(db);
    const scope = inProject();
    for (let n = 0; n < 30; n++) await writeCluster(db, scope, { cluster: { name: `c-${n}` } });
    const second = connect(database.url);
    const claims = await Promise.all(
      Array.from({ length: 12 }, (_, n) => claimDue(n % 2 ? db : second, `owner-${n}`, 4, leaseMs, testTime)),
    );
    await second.close();
    for (const claim of claims) expect(claim.length).toBeLessThanOrEqual(4);
    const taken = claims.flat();
    expect(new Set(taken).size).toBe(taken.length);
    const rest: string[] = [];
    for (let more = ["x"]; more.length > 0; rest.push(...more)) more = await claimDue(db, "last", 7, leaseMs, testTime);
    expect(new Set([...taken, ...rest]).size).toBe(30);
    expect(taken.length + rest.length).toBe(30);
  });

  it("takes what has been due the longest first, and nothing that is not due", async () => {
    const { db } = database;
    await settleOthers(db);
    const scope = inProject();
    const [late, early, future] = [
      await writeCluster(db, scope),
      await writeCluster(db, scope),
      await writeCluster(db, scope),
    ];
    await db.prisma.cluster.update({ where: { id: early }, data: { nextReconcileAt: at(-5000) } });
    await db.prisma.cluster.update({ where: { id: future }, data: { nextReconcileAt: at(1000) } });
    expect(await nextDueAt(db)).toEqual(at(-5000));
    expect(await claimDue(db, "a", 1, leaseMs, testTime)).toEqual([early]);
    expect(await claimDue(db, "a", 5, leaseMs, testTime)).toEqual([late]);
    expect(await claimDue(db, "a", 5, leaseMs, at(1000))).toEqual([future]);
  });

  it("a project with hundreds of due clusters does not hold up another project's one", async () => {
    const { db } = database;
    await settleOthers(db);
    const [crowd, single] = [inProject(), inProject()];
    const templateId = await writeTemplate(db, crowd);
    for (let n = 0; n < 40; n++) await writeCluster(db, crowd, { cluster: { clusterTemplateId: templateId } });
    await db.prisma.cluster.updateMany({
      where: { projectId: crowd.projectId },
      data: { nextReconcileAt: at(-60_000) },
    });
    const alone = await writeCluster(db, single);
    expect(await claimDue(db, "a", 4, leaseMs, testTime)).toContain(alone);
    const next = await writeCluster(db, single);
    // One at a time, as turns become free: what a project has in work counts.
    expect(await claimDue(db, "a", 1, leaseMs, testTime)).toEqual([next]);
    expect(await claimDue(db, "a", 100, leaseMs, testTime)).toHaveLength(37);
  });

  it("gives a cluster to another conductor when the lease is over, and then writes nothing of the first", async () => {
    const { db } = database;
    const { scope, id } = await aClaimed(db, "dead");
    expect(await claimDue(db, "heir", 10, leaseMs, at(leaseMs))).toEqual([]);
    expect(await nextDueAt(db)).toEqual(at(leaseMs));
    expect(await claimDue(db, "heir", 10, leaseMs, at(leaseMs + 1))).toEqual([id]);
    const before = await getCluster(db, scope, id);
    const changes = await latestSeq(db);
    const outcome = anOutcome({
      status: "CREATE_COMPLETE",
      apiAddress: "https://192.0.2.1:6443",
      events: [{ level: "good", message: "Created." }],
      ended: { outcome: "done", reason: null },
    });
    expect(await record(db, "dead", id, outcome, at(leaseMs + 2))).toBe("lost");
    expect(await removeCluster(db, "dead", id, [], at(leaseMs + 2))).toBe(false);
    expect(await getCluster(db, scope, id)).toEqual(before);
    expect(await latestSeq(db)).toBe(changes);
    expect(await lastOperation(db, scope, id)).toMatchObject({ outcome: "running" });
    expect(await loadClaimed(db, "dead", [id], raise)).toEqual([]);
    expect(await record(db, "heir", id, outcome, at(leaseMs + 2))).toBe("recorded");
  });

  it("writes nothing of a round whose own lease ran out, though nobody else took it", async () => {
    const { db } = database;
    const { id } = await aClaimed(db, "slow");
    expect(await record(db, "slow", id, anOutcome(), at(leaseMs + 1))).toBe("lost");
  });

  it("renews only leases that are still held, and gives all back on leaving", async () => {
    const { db } = database;
    const { id } = await aClaimed(db, "a");
    const other = await writeCluster(db, inProject());
    expect(await claimDue(db, "b", 10, leaseMs, testTime)).toEqual([other]);
    expect(await renewLease(db, "a", [id, other], leaseMs, at(20_000))).toEqual([id]);
    expect(await claimDue(db, "c", 10, leaseMs, at(40_000))).toEqual([other]);
    expect(await renewLease(db, "a", [id], leaseMs, at(60_000))).toEqual([]);
    await releaseLeases(db, "a");
    expect(await claimDue(db, "c", 10, leaseMs, at(40_000))).toEqual([id]);
  });

  it("loads what a round needs, with all revisions of the authorities and the credentials that older nodes have", async () => {
    const { db } = database;
    await settleOthers(db);
    const scope = inProject();
    const credentialId = randomUUID();
    await insertIntent(db, scope, {
      id: credentialId,
      region: "RegionOne",
      trusteeName: "t",
      trusteePassword: "s",
      now: testTime,
    });
    const authority = (kind: "kubernetes" | "etcd", revision: number) => ({
      id: randomUUID(),
      kind,
      revision,
      certPem: `${kind}-${revision}`,
      key: "sealed",
    });
    const id = await writeCluster(db, scope, {
      credentialId,
      authorities: [authority("kubernetes", 1), authority("kubernetes", 2), authority("etcd", 1)],
      deadlineAt: at(3_600_000),
    });
    await claimDue(db, "a", 1, leaseMs, testTime);
    const [bundle] = await loadClaimed(db, "a", [id], raise);
    expect(bundle).toMatchObject({
      cluster: { id, generation: 1, facts: { template: { coe: "kubernetes" } } },
      nodegroups: [{ name: "default-master", facts: { flavor: { name: "m1.small" } } }, { name: "default-worker" }],
      credential: { id: credentialId },
      observedGeneration: 0,
      deadlineAt: at(3_600_000),
      deletionRequestedAt: null,
      operation: { kind: "create" },
      seenBackend: null,
    });
    expect(bundle?.authorities.map((each) => each.certPem).toSorted()).toEqual([
      "etcd-1",
      "kubernetes-1",
      "kubernetes-2",
    ]);
    expect(bundle).toMatchObject({ pki: { revision: 1, phase: null }, retired: [] });
    await db.prisma.credential.update({ where: { id: credentialId }, data: { clusterId: null, retiredFor: id } });
    const [later] = await loadClaimed(db, "a", [id], raise);
    expect(later).toMatchObject({ credential: null, retired: [{ id: credentialId }] });
  });

  it("records a round whole: status, groups, nodes, events, the operation's end, and gives the lease back", async () => {
    const { db } = database;
    const { scope, id } = await aClaimed(db, "a");
    const groups = await listNodegroups(db, scope, id);
    const [master, worker] = groups;
    const group = (groupId: string | undefined) => ({
      id: groupId ?? "",
      status: "CREATE_COMPLETE" as const,
      statusReason: null,
      stackId: "stack",
      version: "v1.31.4",
      nodeAddresses: ["10.0.0.5"],
    });
    const node = (nodegroupId: string | undefined, serverId: string) => ({
      nodegroupId: nodegroupId ?? "",
      serverId,
      name: serverId,
      index: "0",
      status: "ACTIVE",
      ready: true,
      version: "v1.31.4",
      privateAddress: "10.0.0.5",
      publicAddress: null,
      zone: "nova",
      flavorId: "f",
      imageId: "i",
      createdAt: at(-1000),
    });
    const serverIds = [randomUUID(), randomUUID()];
    const before = await latestSeq(db);
    const outcome = anOutcome({
      settled: true,
      status: "CREATE_COMPLETE",
      health: { status: "HEALTHY", reason: { api: "ok" }, checkedAt: at(500) },
      stackId: "stack-1",
      apiAddress: "https://192.0.2.7:6443",
      coeVersion: "v1.31.4",
      masterAddresses: ["192.0.2.7"],
      ready: { masters: 1, nodes: 1 },
      nodegroups: [group(master?.id), group(worker?.id)],
      nodes: [node(master?.id, serverIds[0] ?? ""), node(worker?.id, serverIds[1] ?? "")],
      events: [{ level: "good", message: "The cluster is ready." }],
      ended: { outcome: "done", reason: null },
      seenBackend: { stacks: 2 },
    });
    expect(await record(db, "a", id, outcome, at(1000))).toBe("recorded");
    expect(await getCluster(db, scope, id)).toMatchObject({
      status: "CREATE_COMPLETE",
      statusSince: at(1000),
      healthStatus: "HEALTHY",
      healthCheckedAt: at(500),
      apiAddress: "https://192.0.2.7:6443",
      coeVersion: "v1.31.4",
    });
    expect((await listNodes(db, scope, id)).map((row) => [row.serverId, row.role, row.ready])).toEqual([
      [serverIds[0], "master", true],
      [serverIds[1], "worker", true],
    ]);
    expect(await listNodes(db, inProject(), id)).toEqual([]);
    expect(await lastOperation(db, scope, id)).toMatchObject({ outcome: "done", endedAt: at(1000) });
    const { rows } = await listEvents(db, scope, { clusterId: id, size: 5 });
    expect(rows[0]).toMatchObject({ message: "The cluster is ready.", operationId: expect.any(String) });
    const row = await db.prisma.cluster.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({
      leaseOwner: null,
      leaseUntil: null,
      observedGeneration: 1,
      nextReconcileAt: at(60_000),
    });
    expect(await changesSince(db, before)).toMatchObject([{ clusterId: id }]);

    // Nothing new, readiness not asked: what was known stays and live screens hear nothing. A server that went is taken off.
    await claimDue(db, "a", 1, leaseMs, at(60_000));
    const [again] = await loadClaimed(db, "a", [id], raise);
    expect(again?.seenBackend).toEqual({ stacks: 2 });
    const { ready: _notAsked, ...withoutReady } = outcome;
    const unasked = outcome.nodes?.map(({ ready: _ready, version: _version, ...rest }) => rest) ?? null;
    const quiet = { ...withoutReady, nodes: unasked, events: [], ended: null, nextReconcileAt: at(90_000) };
    expect(await record(db, "a", id, quiet, at(61_000))).toBe("recorded");
    expect(await changesSince(db, before)).toHaveLength(1);
    expect((await listNodes(db, scope, id))[0]).toMatchObject({ ready: true, version: "v1.31.4", seenAt: at(61_000) });
    await claimDue(db, "a", 1, leaseMs, at(90_000));
    await record(db, "a", id, { ...quiet, nodes: outcome.nodes?.slice(0, 1) ?? null }, at(91_000));
    expect(await listNodes(db, scope, id)).toHaveLength(1);
    expect(await changesSince(db, before)).toHaveLength(2);
  });

  it("keeps a change that a person made during the round: neither status nor end is overwritten, and it is due at once", async () => {
    const { db } = database;
    const { scope, id } = await aClaimed(db, "a");
    await acceptChange(db, scope, id, at(100), ({ nodegroups }) => ({
      status: "UPDATE_IN_PROGRESS",
      nodegroups: nodegroups.map((group) => ({ id: group.id, nodeCount: 3, status: "UPDATE_IN_PROGRESS" as const })),
      operation: anOperation({ kind: "resize" }),
      event: { level: "info", message: "Resize was requested." },
    }));
    const [master] = await listNodegroups(db, scope, id);
    const outcome = anOutcome({
      settled: true,
      status: "CREATE_COMPLETE",
      apiAddress: "https://192.0.2.7:6443",
      nodegroups: [
        {
          id: master?.id ?? "",
          status: "CREATE_COMPLETE",
          statusReason: null,
          stackId: "s",
          version: null,
          nodeAddresses: [],
          nodeCount: 1,
        },
      ],
      events: [{ level: "good", message: "The cluster is ready." }],
      ended: { outcome: "done", reason: null },
    });
    expect(await record(db, "a", id, outcome, at(200))).toBe("superseded");
    const told = (await listEvents(db, scope, { clusterId: id, size: 5 })).rows.map((row) => row.message);
    expect(told).not.toContain("The cluster is ready.");
    expect(await getCluster(db, scope, id)).toMatchObject({
      status: "UPDATE_IN_PROGRESS",
      generation: 2,
      masterCount: 3,
      nodeCount: 3,
      apiAddress: "https://192.0.2.7:6443",
    });
    expect((await listNodegroups(db, scope, id))[0]).toMatchObject({ status: "UPDATE_IN_PROGRESS", stackId: "s" });
    expect(await lastOperation(db, scope, id)).toMatchObject({ kind: "resize", outcome: "running" });
    const row = await db.prisma.cluster.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({ leaseOwner: null, observedGeneration: 0, nextReconcileAt: at(200) });
  });

  it("takes a node group's row away when it is gone, and counts again", async () => {
    const { db } = database;
    const { scope, id } = await aClaimed(db, "a");
    const worker = (await listNodegroups(db, scope, id))[1];
    const gone = {
      id: worker?.id ?? "",
      status: null,
      statusReason: null,
      stackId: null,
      version: null,
      nodeAddresses: [],
      gone: true,
    };
    await record(db, "a", id, anOutcome({ nodegroups: [gone] }), at(10));
    expect((await listNodegroups(db, scope, id)).map((group) => group.name)).toEqual(["default-master"]);
    expect(await getCluster(db, scope, id)).toMatchObject({ masterCount: 1, nodeCount: 0 });
  });

  it("ends a deletion: rows go, history stays, and the credential waits for the sweeper", async () => {
    const { db } = database;
    await settleOthers(db);
    const scope = inProject();
    const credentialId = randomUUID();
    await insertIntent(db, scope, {
      id: credentialId,
      region: "RegionOne",
      trusteeName: "t",
      trusteePassword: "s",
      now: at(-1e9),
    });
    const id = await writeCluster(db, scope, { credentialId });
    await requestDeletion(db, scope, id, testTime, () => ({
      operation: anOperation({ kind: "delete" }),
      event: { level: "info", message: "Deletion was requested." },
    }));
    await claimDue(db, "a", 1, leaseMs, testTime);
    const ids = async () => (await orphanCredentials(db, testTime, 100)).map((row) => row.id);
    expect(await ids()).not.toContain(credentialId);
    expect(await removeCluster(db, "a", id, [{ level: "good", message: "Deleted." }], at(10))).toBe(true);
    await expect(getCluster(db, scope, id)).rejects.toMatchObject({ reason: "cluster_not_found" });
    expect(await db.prisma.nodeGroup.count({ where: { clusterId: id } })).toBe(0);
    expect(await lastOperation(db, scope, id)).toMatchObject({ kind: "delete", outcome: "done", clusterName: "web-1" });
    expect((await listEvents(db, scope, { clusterId: id, size: 9 })).rows[0]).toMatchObject({ message: "Deleted." });
    expect(await ids()).toContain(credentialId);
  });

  it("notes conductors, and prunes what is over", async () => {
    const { db } = database;
    const host = randomUUID();
    await heartbeat(db, host, testTime);
    await heartbeat(db, host, at(60_000));
    const row = (await listConductors(db, cloudScope())).find((each) => each.host === host);
    expect(row).toMatchObject({ reportCount: 2, updatedAt: at(60_000), createdAt: testTime });
    const scope = inProject();
    await writeCluster(db, scope, { idempotencyKey: "k" });
    await prune(db, at(3_599_000));
    expect(await db.prisma.change.count({ where: { projectId: scope.projectId } })).toBe(1);
    await prune(db, at(25 * 3_600_000));
    expect(await db.prisma.change.count({ where: { projectId: scope.projectId } })).toBe(0);
    expect(await db.prisma.idempotencyKey.count({ where: { projectId: scope.projectId } })).toBe(0);
  });
});
