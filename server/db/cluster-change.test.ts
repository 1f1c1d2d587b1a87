import { randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import {
  aClusterToCreate,
  aNodegroup,
  aProject,
  anOperation,
  testTime,
  writeCluster,
  writeTemplate,
} from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { DomainError } from "../domain/error.ts";
import { loadAuthorities } from "./certificate.ts";
import { changesSince, latestSeq } from "./change.ts";
import { connect } from "./client.ts";
import { acceptChange, createClusterRecord, requestDeletion, setHealth, setLocked } from "./cluster-change.ts";
import { findByIdempotencyKey, getCluster, listClusters } from "./cluster.ts";
import { completeCredential, getCredential, insertIntent } from "./credential.ts";
import { listNodegroups } from "./nodegroup.ts";
import { lastOperation, listEvents, listOperations } from "./operation.ts";
import { insertQuota } from "./quota.ts";
import { cloudScope, projectScope } from "./scope.ts";

const inProject = () => projectScope(aProject(), "RegionOne");
const later = new Date(testTime.getTime() + 60_000);
const event = { level: "info", message: "Something was requested." } as const;

onEveryDatabase((database) => {
  it("never makes more clusters than the quota allows, however many ask at once", async () => {
    const scope = inProject();
    const clusterTemplateId = await writeTemplate(database.db, scope);
    await insertQuota(database.db, cloudScope(), { projectId: scope.projectId, hardLimit: 3 }, testTime);
    const second = connect(database.url);
    const attempts = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) =>
        createClusterRecord(
          index % 2 ? database.db : second,
          scope,
          aClusterToCreate({ cluster: { clusterTemplateId, name: `c-${index}` } }),
        ),
      ),
    );
    await second.close();
    expect(attempts.filter((attempt) => attempt.status === "fulfilled")).toHaveLength(3);
    for (const attempt of attempts)
      if (attempt.status === "rejected")
        expect(attempt.reason).toMatchObject({ reason: "quota_exceeded", message: expect.stringContaining("3.") });
    expect((await listClusters(database.db, scope, { size: 20 })).total).toBe(3);
  });

  it("gives a running change no less time when another one is accepted on top of it", async () => {
    const scope = inProject();
    const id = await writeCluster(database.db, scope);
    const accept = (minutes: number, at: Date) =>
      acceptChange(database.db, scope, id, at, () => ({
        status: "UPDATE_IN_PROGRESS",
        deadlineAt: new Date(at.getTime() + minutes * 60_000),
        operation: anOperation({ kind: "resize" }),
        event,
      }));
    const until = async () => (await database.db.prisma.cluster.findUnique({ where: { id } }))?.deadlineAt;
    await accept(300, testTime);
    await accept(60, later);
    expect(await until()).toEqual(new Date(testTime.getTime() + 300 * 60_000));
    await database.db.prisma.cluster.update({ where: { id }, data: { status: "ROLLBACK_IN_PROGRESS" } });
    await accept(60, later);
    expect(await until()).toEqual(new Date(testTime.getTime() + 300 * 60_000));
    await accept(400, later);
    expect(await until()).toEqual(new Date(later.getTime() + 400 * 60_000));
  });

  it("uses the default limit for a project without a quota, and counts each project by itself", async () => {
    const [mine, other] = [inProject(), inProject()];
    await writeCluster(database.db, other);
    await writeCluster(database.db, mine, { quotaLimit: 1 });
    await expect(writeCluster(database.db, mine, { quotaLimit: 1 })).rejects.toMatchObject({
      reason: "quota_exceeded",
    });
  });

  it("makes one cluster for a key, however often and at once it is pressed", async () => {
    const scope = inProject();
    const clusterTemplateId = await writeTemplate(database.db, scope);
    const press = () =>
      createClusterRecord(
        database.db,
        scope,
        aClusterToCreate({ cluster: { clusterTemplateId }, idempotencyKey: "form-1" }),
      );
    const answers = await Promise.all([press(), press(), press()]);
    expect(new Set(answers.map((answer) => answer.id)).size).toBe(1);
    expect(answers.filter((answer) => answer.created)).toHaveLength(1);
    expect(await findByIdempotencyKey(database.db, scope, "form-1")).toBe(answers[0]?.id);
    expect(await findByIdempotencyKey(database.db, inProject(), "form-1")).toBeNull();
  });

  it("keeps nothing of a creation that fails half way", async () => {
    const scope = inProject();
    const clusterTemplateId = await writeTemplate(database.db, scope);
    const input = aClusterToCreate({ cluster: { clusterTemplateId }, credentialId: "not-there", idempotencyKey: "k" });
    await expect(createClusterRecord(database.db, scope, input)).rejects.toThrow(/credential not-there/);
    expect((await listClusters(database.db, scope, { size: 10 })).total).toBe(0);
    expect(await findByIdempotencyKey(database.db, scope, "k")).toBeNull();
    expect((await listOperations(database.db, scope, { size: 10 })).total).toBe(0);
    const unknown = aClusterToCreate({ cluster: { clusterTemplateId: randomUUID() } });
    await expect(createClusterRecord(database.db, scope, unknown)).rejects.toMatchObject({
      reason: "template_not_found",
    });
  });

  it("writes authorities, attaches the credential, and starts operation, event and change with the cluster", async () => {
    const scope = inProject();
    const before = await latestSeq(database.db);
    const credentialId = randomUUID();
    await insertIntent(database.db, scope, {
      id: credentialId,
      region: "RegionOne",
      trusteeName: "t",
      trusteePassword: "sealed",
      now: testTime,
    });
    await completeCredential(database.db, scope, credentialId, { trusteeUserId: "u", trustId: "r" });
    const id = await writeCluster(database.db, scope, {
      credentialId,
      authorities: [{ id: randomUUID(), kind: "kubernetes", revision: 1, certPem: "CERT", key: "sealed" }],
    });
    expect(await loadAuthorities(database.db, scope, id)).toMatchObject({
      stored: [{ kind: "kubernetes", certPem: "CERT" }],
      state: { revision: 1, phase: null },
    });
    await expect(loadAuthorities(database.db, inProject(), id)).rejects.toMatchObject({ reason: "cluster_not_found" });
    expect(await getCredential(database.db, scope, id)).toMatchObject({ trusteeUserId: "u", trustId: "r" });
    expect(await getCredential(database.db, inProject(), id)).toBeNull();
    expect(await lastOperation(database.db, scope, id)).toMatchObject({ kind: "create", outcome: "running" });
    expect((await listEvents(database.db, scope, { clusterId: id, size: 10 })).rows).toMatchObject([
      { level: "info", message: "Creation was requested." },
    ]);
    const changes = await changesSince(database.db, before);
    expect(changes.filter((row) => row.projectId === scope.projectId)).toMatchObject([{ clusterId: id }]);
  });

  it("accepts a change: status, counts, generation, and a superseded operation", async () => {
    const scope = inProject();
    const id = await writeCluster(database.db, scope, { workers: 1 });
    await database.db.prisma.cluster.update({
      where: { id },
      data: { status: "UPDATE_FAILED", statusReason: "no room", failures: 4, leaseOwner: "c1", leaseUntil: later },
    });
    const cluster = await acceptChange(database.db, scope, id, later, ({ cluster, nodegroups }) => {
      expect(cluster.facts.template.coe).toBe("kubernetes");
      const worker = nodegroups.find((group) => group.role === "worker");
      return {
        status: "UPDATE_IN_PROGRESS",
        nodegroups: [{ id: worker?.id ?? "", nodeCount: 4, nodesToRemove: ["3"], status: "UPDATE_IN_PROGRESS" }],
        newNodegroups: [aNodegroup({ name: "gpu", isDefault: false, nodeCount: 2 })],
        operation: anOperation({ kind: "resize", changes: { nodeCount: ["1", "6"] } }),
        event,
      };
    });
    expect(cluster).toMatchObject({
      status: "UPDATE_IN_PROGRESS",
      statusReason: null,
      statusSince: later,
      generation: 2,
      masterCount: 1,
      nodeCount: 6,
      updatedAt: later,
    });
    const groups = await listNodegroups(database.db, scope, id);
    expect(groups.map((group) => [group.name, group.nodeCount, group.status])).toEqual([
      ["default-master", 1, "CREATE_IN_PROGRESS"],
      ["default-worker", 4, "UPDATE_IN_PROGRESS"],
      ["gpu", 2, "CREATE_IN_PROGRESS"],
    ]);
    expect((await listOperations(database.db, scope, { clusterId: id, size: 10 })).rows).toMatchObject([
      { kind: "resize", outcome: "running", endedAt: null, changes: { nodeCount: ["1", "6"] } },
      { kind: "create", outcome: "superseded", endedAt: later },
    ]);
    const row = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({ nextReconcileAt: later, failures: 0, leaseOwner: "c1" });
  });

  it("changes nothing when the decision refuses", async () => {
    const scope = inProject();
    const id = await writeCluster(database.db, scope);
    const before = await getCluster(database.db, scope, id);
    const refusal = acceptChange(database.db, scope, id, later, () => {
      throw new DomainError("operation_not_allowed_now", "The cluster is still being built.");
    });
    await expect(refusal).rejects.toMatchObject({ reason: "operation_not_allowed_now" });
    expect(await getCluster(database.db, scope, id)).toEqual(before);
    await expect(
      acceptChange(database.db, inProject(), id, later, () => {
        throw new Error("a stranger's decision must not be asked");
      }),
    ).rejects.toMatchObject({ reason: "cluster_not_found" });
  });

  it("lets two changes that come at once decide one after the other", async () => {
    const scope = inProject();
    const id = await writeCluster(database.db, scope);
    const second = connect(database.url);
    const grow = (db: typeof second) =>
      acceptChange(db, scope, id, later, ({ nodegroups }) => {
        const worker = nodegroups.find((group) => group.role === "worker");
        return {
          status: "UPDATE_IN_PROGRESS",
          nodegroups: [{ id: worker?.id ?? "", nodeCount: (worker?.nodeCount ?? 0) + 1 }],
          operation: anOperation({ kind: "resize" }),
          event,
        };
      });
    await Promise.all([grow(database.db), grow(second), grow(database.db), grow(second)]);
    await second.close();
    expect(await getCluster(database.db, scope, id)).toMatchObject({ nodeCount: 5, generation: 5 });
    const running = await database.db.prisma.operation.count({ where: { clusterId: id, outcome: "running" } });
    expect(running).toBe(1);
  });

  it("asks for deletion once and again, and keeps the time of the first", async () => {
    const scope = inProject();
    const id = await writeCluster(database.db, scope);
    const decide = () => ({ operation: anOperation({ kind: "delete" }), event });
    const first = await requestDeletion(database.db, scope, id, testTime, decide);
    expect(first.status).toBe("DELETE_IN_PROGRESS");
    await requestDeletion(database.db, scope, id, later, decide);
    const row = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id }, include: { nodegroups: true } });
    expect(row).toMatchObject({ deletionRequestedAt: testTime, generation: 3 });
    expect(row.nodegroups.every((group) => group.status === "DELETE_IN_PROGRESS")).toBe(true);
  });

  it("locks without new work, and takes health from outside without moving the status", async () => {
    const scope = inProject();
    const id = await writeCluster(database.db, scope);
    const locked = await setLocked(database.db, scope, id, true, {
      operation: anOperation({ kind: "lock" }),
      event,
      now: later,
    });
    expect(locked).toMatchObject({ locked: true, generation: 1, status: "CREATE_IN_PROGRESS" });
    expect(await lastOperation(database.db, scope, id)).toMatchObject({ kind: "create", outcome: "running" });
    const healthy = await setHealth(database.db, scope, id, { status: "HEALTHY", reason: { api: "ok" } }, later);
    expect(healthy).toMatchObject({
      healthStatus: "HEALTHY",
      healthReason: { api: "ok" },
      status: "CREATE_IN_PROGRESS",
    });
  });

  it("pages through operations and events, newest first", async () => {
    const scope = inProject();
    const id = await writeCluster(database.db, scope);
    for (let n = 1; n <= 4; n++)
      await setLocked(database.db, scope, id, n % 2 === 1, {
        operation: anOperation({ kind: "lock", requestId: `req-${n}` }),
        event: { level: "info", message: `event ${n}` },
        now: testTime,
      });
    const first = await listOperations(database.db, scope, { clusterId: id, size: 3 });
    const rest = await listOperations(database.db, scope, { clusterId: id, size: 3, after: first.next ?? "" });
    expect([...first.rows, ...rest.rows].map((row) => row.requestId)).toEqual([
      "req-4",
      "req-3",
      "req-2",
      "req-1",
      "req-1",
    ]);
    expect(rest.next).toBeNull();
    const events = await listEvents(database.db, scope, { clusterId: id, size: 4 });
    expect(events.rows.map((row) => row.message)).toEqual(["event 4", "event 3", "event 2", "event 1"]);
    const older = await listEvents(database.db, scope, { clusterId: id, size: 4, after: events.next ?? "" });
    expect(older).toMatchObject({ total: 5, next: null, rows: [{ message: "Creation was requested." }] });
    expect((await listEvents(database.db, inProject(), { clusterId: id, size: 4 })).rows).toEqual([]);
  });
});
