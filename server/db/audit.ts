// The audit trail: events are written in the transaction that does what they tell of, with a place in the outbox for
// each channel that is to hear of them. They stay when the cluster is gone.
import { randomUUID } from "node:crypto";
import type { Prisma } from "./generated/sqlite/client.ts";
import {
  cadfAction,
  cadfEvent,
  cadfTypes,
  isOnBus,
  type AuditOutcome,
  type AuditRecord,
  type CadfEvent,
  type Initiator,
} from "../domain/audit.ts";
import type { Cluster } from "../domain/cluster.ts";
import type { Db, Tx } from "./client.ts";
import { toCluster } from "./cluster.ts";
import { toOperation, type NewOperation } from "./operation.ts";
import { readCursor, writeCursor, type Page } from "./page.ts";
import { rowReader } from "./row.ts";
import { recordsIn, type Scope } from "./scope.ts";
import { keepId, keepText, tables } from "./tables.ts";

type Asked = Pick<NewOperation, "kind" | "userId" | "userName"> & { domainId: string | null };

/** That an operation was accepted; `ended` = it is over at once. The event has the operation's own id. */
export async function auditStart(
  db: Db,
  tx: Tx,
  cluster: Cluster,
  operation: NewOperation,
  now: Date,
  ended = false,
): Promise<void> {
  const asked = { ...operation, domainId: operation.userDomainId ?? null };
  await write(db, tx, operation.id, cluster, asked, ended ? "success" : "pending", null, now);
}

/**
 * How an operation ended, of the cluster's row as it then is. Whoever asked is named again. A rollback that came to its
 * end counts as a success of the update, as it does for Magnum; the status in the event tells.
 */
export async function auditEnd(
  db: Db,
  tx: Tx,
  row: Prisma.ClusterGetPayload<object>,
  operationId: string,
  ended: { outcome: "done" | "failed"; reason: string | null },
  now: Date,
): Promise<void> {
  const operation = await tx.operation.findUnique({ where: { id: operationId } });
  if (!operation) return;
  const pending = await tx.auditEvent.findUnique({ where: { id: operationId } });
  const domainId = pending ? eventOf(pending).initiator.domain_id : null;
  const good = ended.outcome === "done" || row.status === "ROLLBACK_COMPLETE";
  const asked = { ...toOperation(operation), domainId };
  await write(db, tx, randomUUID(), toCluster(row), asked, good ? "success" : "failure", ended.reason, now);
}

/** That the cluster's state refused what somebody asked for; nothing when the cluster is not in the scope. */
export async function auditRefusal(
  db: Db,
  scope: Scope,
  clusterId: string,
  asked: Asked,
  reason: string,
  now: Date,
): Promise<void> {
  await db.transaction(async (tx) => {
    // In turn with everybody who writes of this cluster: the outbox keeps that order.
    if (db.dialect === "postgresql") await tx.$executeRaw`SELECT 1 FROM "Cluster" WHERE "id" = ${clusterId} FOR UPDATE`;
    const row = await tx.cluster.findFirst({ where: { id: clusterId, ...recordsInCluster(scope) } });
    if (row) await write(db, tx, randomUUID(), toCluster(row), asked, "failure", reason, now);
  });
}

const recordsInCluster = (scope: Scope) => (scope.kind === "project" ? { projectId: scope.projectId } : {});

async function write(
  db: Db,
  tx: Tx,
  id: string,
  cluster: Cluster,
  asked: Asked,
  outcome: AuditOutcome,
  reason: string | null,
  now: Date,
): Promise<void> {
  const { kind, userId, userName, domainId } = asked;
  const initiator: Initiator = { userId, projectId: cluster.projectId, domainId };
  const event = cadfEvent({ id, at: now, kind, outcome, reason, initiator, cluster });
  await tx.auditEvent.create({
    data: {
      id,
      clusterId: cluster.id,
      clusterName: cluster.name,
      projectId: cluster.projectId,
      at: now,
      action: kind,
      outcome,
      userId,
      userName,
      payload: JSON.stringify(event),
    },
  });
  const channels = db.channels.filter((channel) => channel !== "bus" || isOnBus(kind, outcome));
  if (channels.length > 0)
    await tx.outbox.createMany({
      data: channels.map((channel) => ({ eventId: id, clusterId: cluster.id, channel, nextAttemptAt: now })),
    });
}

type Row = Prisma.AuditEventGetPayload<object>;

const { payload: payloadColumn, seq: _seq, ...told } = tables.AuditEvent;
const readRow = rowReader(
  told,
  {
    id: "",
    clusterId: "",
    clusterName: "?",
    projectId: "",
    at: new Date(0),
    action: "update",
    outcome: "pending",
  },
  { ...keepText(told), id: keepId, clusterId: keepId },
);

function toRecord(row: Row): AuditRecord {
  const { action, damage: _, ...record } = readRow(row);
  return { ...record, operation: action, event: eventOf(row) };
}

/** The event as it was written; one that cannot be read is told from the other columns. */
export function eventOf(row: Row): CadfEvent {
  const read = payloadColumn.safeParse(row.payload);
  if (read.success) return read.data;
  const { id, at, action, outcome, userId, projectId, clusterId, clusterName } = readRow(row);
  return {
    typeURI: cadfTypes.event,
    id,
    eventTime: at.toISOString(),
    eventType: "activity",
    action: cadfAction(action, "UPDATE_COMPLETE"),
    outcome,
    initiator: {
      typeURI: cadfTypes.user,
      id: userId ?? "",
      user_id: userId ?? "",
      project_id: projectId,
      domain_id: null,
    },
    observer: { typeURI: cadfTypes.cluster, id: "jeroboam" },
    target: { typeURI: cadfTypes.cluster, id: clusterId, name: clusterName, attachments: [] },
  };
}

export interface AuditQuery {
  clusterId?: string | undefined;
  /** `next` of the page before. */
  after?: string | undefined;
  size: number;
}

/** Newest first. Throws invalid_input for a cursor of another list. */
export async function listAudit(db: Db, scope: Scope, query: AuditQuery): Promise<Page<AuditRecord>> {
  const where: Prisma.AuditEventWhereInput = {
    AND: [recordsIn(scope), query.clusterId === undefined ? {} : { clusterId: query.clusterId }],
  };
  const after = query.after ? readCursor("-seq", query.after, tables.AuditEvent.seq) : null;
  const [found, total] = await Promise.all([
    db.prisma.auditEvent.findMany({
      where: after ? { AND: [where, { seq: { lt: after.seq } }] } : where,
      orderBy: { seq: "desc" },
      take: query.size + 1,
    }),
    db.prisma.auditEvent.count({ where }),
  ]);
  const rows = found.slice(0, query.size);
  const last = rows.at(-1);
  return {
    rows: rows.map(toRecord),
    total,
    next: found.length > query.size && last ? writeCursor("-seq", { value: null, seq: last.seq }) : null,
  };
}

/** Removes events older than `before`, sent or not; returns how many. May be repeated. */
export async function pruneAudit(db: Db, before: Date): Promise<number> {
  const old = { at: { lt: before } };
  return db.transaction(async (tx) => {
    const ids = (await tx.auditEvent.findMany({ where: old, select: { id: true }, take: 500 })).map(({ id }) => id);
    if (ids.length === 0) return 0;
    await tx.outbox.deleteMany({ where: { eventId: { in: ids } } });
    return (await tx.auditEvent.deleteMany({ where: { id: { in: ids } } })).count;
  });
}
