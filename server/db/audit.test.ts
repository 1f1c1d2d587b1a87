import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AuditRecord } from "../domain/audit.ts";
import { aProject, anOperation, anOutcome, testTime, writeCluster } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { auditRefusal, listAudit, pruneAudit } from "./audit.ts";
import { connect, type Db } from "./client.ts";
import { acceptChange, requestDeletion, setLocked } from "./cluster-change.ts";
import type { NewOperation } from "./operation.ts";
import { countOutgoing, postponeOutgoing, removeOutgoing, takeOutgoing } from "./outbox.ts";
import { claimDue } from "./lease.ts";
import { record, removeCluster, type RecordedOutcome } from "./reconcile.ts";
import { cloudScope, projectScope, type ProjectScope } from "./scope.ts";

const at = (ms: number) => new Date(testTime.getTime() + ms);
const inProject = () => projectScope(aProject(), "RegionOne");
const event = { level: "info", message: "Something was requested." } as const;
const owner = "conductor-1";
const person = { userId: "ada", userName: "Ada", userDomainId: "default" };

function ends(status: RecordedOutcome["status"], outcome: "done" | "failed", generation: number): RecordedOutcome {
  const reason = outcome === "failed" ? "No valid host was found." : null;
  return anOutcome({
    generation,
    settled: true,
    status,
    statusReason: reason,
    stackId: "stack-1",
    apiAddress: "https://10.0.0.1:6443",
    masterAddresses: ["10.0.0.1"],
    nodeAddresses: ["10.0.0.2"],
    ended: { outcome, reason },
    nextReconcileAt: at(1e9),
  });
}

onEveryDatabase((database) => {
  let db: Db;
  beforeAll(() => {
    db = connect(database.url, { channels: ["bus", "webhook"] });
  });
  afterAll(() => db.close());

  const finish = async (id: string, status: RecordedOutcome["status"], outcome: "done" | "failed", generation = 1) => {
    await db.prisma.cluster.updateMany({ where: { id: { not: id } }, data: { nextReconcileAt: at(1e9) } });
    await db.prisma.cluster.update({ where: { id }, data: { nextReconcileAt: testTime } });
    expect(await claimDue(db, owner, 1, 30_000, testTime)).toEqual([id]);
    expect(await record(db, owner, id, ends(status, outcome, generation), testTime)).toBe("recorded");
  };
  const change = (scope: ProjectScope, id: string, kind: NewOperation["kind"]) =>
    acceptChange(db, scope, id, testTime, () => ({
      status: "UPDATE_IN_PROGRESS",
      operation: anOperation({ ...person, kind }),
      event,
    }));
  const said = ({ operation, outcome, event: { action, target } }: AuditRecord) =>
    `${operation} ${outcome} ${action} ${target.attachments[0]?.content.status}`;
  const trail = async (scope: ProjectScope) =>
    (await listAudit(db, scope, { size: 50 })).rows.toReversed().map((row) => said(row));
  const queued = async (scope: ProjectScope, channel: "bus" | "webhook") => {
    const ids = (await listAudit(db, scope, { size: 50 })).rows.map((row) => row.id);
    return db.prisma.outbox.count({ where: { channel, eventId: { in: ids } } });
  };

  it("tells how each operation was accepted and how it ended, and keeps that when the cluster is gone", async () => {
    const scope = inProject();
    const id = await writeCluster(db, scope, { operation: anOperation(person) });
    await finish(id, "CREATE_COMPLETE", "done");
    await change(scope, id, "resize");
    await finish(id, "UPDATE_FAILED", "failed", 2);
    await requestDeletion(db, scope, id, testTime, () => ({ operation: anOperation({ kind: "delete" }), event }));
    await db.prisma.cluster.update({ where: { id }, data: { leaseOwner: owner, leaseUntil: at(1000) } });
    expect(await removeCluster(db, owner, id, [], testTime)).toBe(true);

    expect(await trail(scope)).toEqual([
      "create pending create CREATE_IN_PROGRESS",
      "create success create CREATE_COMPLETE",
      "resize pending update UPDATE_IN_PROGRESS",
      "resize failure update UPDATE_FAILED",
      "delete pending delete DELETE_IN_PROGRESS",
      "delete success delete DELETE_COMPLETE",
    ]);
    expect(await queued(scope, "bus")).toBe(6);
    expect(await queued(scope, "webhook")).toBe(6);
  });

  it("names who asked in the event of the end as well, and why it failed", async () => {
    const scope = inProject();
    const id = await writeCluster(db, scope, { operation: anOperation(person) });
    await finish(id, "CREATE_FAILED", "failed");
    const [end, start] = (await listAudit(db, scope, { size: 2 })).rows;
    for (const line of [start, end])
      expect(line).toMatchObject({
        userId: "ada",
        userName: "Ada",
        event: { initiator: { id: "ada", user_id: "ada", project_id: scope.projectId, domain_id: "default" } },
      });
    expect(end?.event.reason).toEqual({ reasonType: "jeroboam", reasonCode: "No valid host was found." });
    expect(start?.event).not.toHaveProperty("reason");
  });

  it("says the size of volumes in both spellings", async () => {
    const scope = inProject();
    await writeCluster(db, scope, { cluster: { dockerVolumeSizeGib: 7 } });
    const [line] = (await listAudit(db, scope, { size: 1 })).rows;
    expect(line?.event.target.attachments[0]?.content).toMatchObject({
      docker_volume_size: 7,
      "docker_volume_size:": 7,
    });
  });

  it("takes a rollback that came to its end for a success of the update, as Magnum does", async () => {
    const scope = inProject();
    const id = await writeCluster(db, scope);
    await change(scope, id, "update");
    await finish(id, "ROLLBACK_COMPLETE", "failed", 2);
    expect((await trail(scope)).at(-1)).toBe("update success update ROLLBACK_COMPLETE");
  });

  it("keeps node groups, locks and rotations that went well from the bus, not from the trail and the webhook", async () => {
    const scope = inProject();
    const id = await writeCluster(db, scope);
    const before = await queued(scope, "bus");
    await change(scope, id, "createNodegroup");
    await finish(id, "UPDATE_COMPLETE", "done", 2);
    await setLocked(db, scope, id, true, { operation: anOperation({ kind: "lock" }), event, now: testTime });
    await change(scope, id, "rotateCa");
    await finish(id, "UPDATE_COMPLETE", "done", 3);
    expect(await queued(scope, "bus")).toBe(before);
    await change(scope, id, "rotateCa");
    await finish(id, "UPDATE_FAILED", "failed", 4);
    expect(await queued(scope, "bus")).toBe(before + 1);
    expect(await trail(scope)).toHaveLength(8);
    expect(await queued(scope, "webhook")).toBe(8);
  });

  it("has nothing of a change that did not happen", async () => {
    const scope = inProject();
    const id = await writeCluster(db, scope);
    const refusal = acceptChange(db, scope, id, testTime, () => {
      throw new Error("refused");
    });
    await expect(refusal).rejects.toThrow("refused");
    expect(await trail(scope)).toHaveLength(1);
  });

  it("tells what the cluster's state refused, in the caller's projects only", async () => {
    const scope = inProject();
    const id = await writeCluster(db, scope);
    const asked = { kind: "resize" as const, userId: "ada", userName: "Ada", domainId: "default" };
    await auditRefusal(db, inProject(), id, asked, "not now", testTime);
    expect(await trail(scope)).toHaveLength(1);
    await auditRefusal(db, scope, id, asked, "not now", testTime);
    expect((await trail(scope)).at(-1)).toBe("resize failure update CREATE_IN_PROGRESS");
  });

  it("is read page by page, newest first, of one project, one cluster or all", async () => {
    const scope = inProject();
    const [one, other] = [await writeCluster(db, scope), await writeCluster(db, scope)];
    for (let n = 0; n < 4; n++) await change(scope, one, "resize");
    const first = await listAudit(db, scope, { size: 4 });
    expect(first.total).toBe(6);
    const second = await listAudit(db, scope, { size: 4, after: first.next ?? "" });
    expect(second.next).toBeNull();
    const all = [...first.rows, ...second.rows];
    expect(new Set(all.map((row) => row.id)).size).toBe(6);
    expect((await listAudit(db, scope, { clusterId: other, size: 4 })).total).toBe(1);
    expect((await listAudit(db, inProject(), { clusterId: other, size: 4 })).total).toBe(0);
    expect((await listAudit(db, cloudScope(), { size: 1 })).total).toBeGreaterThan(6);
    await expect(listAudit(db, scope, { size: 4, after: "x" })).rejects.toMatchObject({ reason: "invalid_input" });
  });

  it("forgets what is older than it is kept, also what was never sent", async () => {
    const scope = inProject();
    await writeCluster(db, scope, { now: at(-100_000) });
    await writeCluster(db, scope);
    expect(await pruneAudit(db, at(-50_000))).toBe(1);
    expect(await trail(scope)).toHaveLength(1);
    expect(await queued(scope, "bus")).toBe(1);
    expect(await pruneAudit(db, at(-50_000))).toBe(0);
  });

  it("asks for no sending where nobody listens", async () => {
    const scope = inProject();
    await writeCluster(database.db, scope);
    expect(await trail(scope)).toHaveLength(1);
    expect(await queued(scope, "bus")).toBe(0);
  });

  it("gives each waiting event to one sender at a time, and a cluster's events in their order", async () => {
    await db.prisma.outbox.deleteMany({});
    const scope = inProject();
    const ids = [await writeCluster(db, scope), await writeCluster(db, scope), await writeCluster(db, scope)];
    for (const id of ids) await change(scope, id, "resize");
    const second = connect(database.url, { channels: ["bus", "webhook"] });
    const claims = await Promise.all([db, second, db, second].map((each) => takeOutgoing(each, "bus", 2, 1000, at(1))));
    await second.close();
    const taken = claims.flat();
    expect(taken.map((each) => each.event.action)).toEqual(taken.map(() => "create"));
    expect(new Set(taken.map((each) => each.seq)).size).toBe(taken.length);
    const rest = await takeOutgoing(db, "bus", 9, 1000, at(1));
    expect(taken.length + rest.length).toBe(3);

    // While the first one is on its way, or waits for its next try, the second one waits.
    expect(await takeOutgoing(db, "bus", 9, 1000, at(2))).toEqual([]);
    const [first, ...others] = [...taken, ...rest];
    await removeOutgoing(db, [first?.seq ?? 0]);
    await postponeOutgoing(
      db,
      others.map((each) => each.seq),
      "away",
      at(5000),
    );
    const next = await takeOutgoing(db, "bus", 9, 1000, at(3));
    expect(next.map((each) => [each.event.target.id, each.event.action])).toEqual([[first?.event.target.id, "update"]]);
    expect(await countOutgoing(db, "bus")).toBe(5);
    expect(await countOutgoing(db, "webhook")).toBe(6);
  });

  it("gives an event to another sender when the first one died with it", async () => {
    await db.prisma.outbox.deleteMany({});
    await writeCluster(db, inProject(), { operation: anOperation({ id: randomUUID() }) });
    const [lost] = await takeOutgoing(db, "bus", 1, 1000, at(0));
    expect(await takeOutgoing(db, "bus", 1, 1000, at(999))).toEqual([]);
    const [again] = await takeOutgoing(db, "bus", 1, 1000, at(1000));
    expect(again).toMatchObject({ seq: lost?.seq, attempts: 2, event: { id: lost?.event.id } });
  });
});
