// History: who asked for what, how it ended, and what happened in between. It stays when the cluster is gone.
import type { Prisma } from "./generated/sqlite/client.ts";
import type { MaybeDamaged } from "../domain/damage.ts";
import type { ClusterEvent, OperationRecord } from "../domain/event.ts";
import type { Db, Tx } from "./client.ts";
import { readCursor, writeCursor, type Page } from "./page.ts";
import { rowReader } from "./row.ts";
import { recordsIn, type Scope } from "./scope.ts";
import { keepId, keepText, tables } from "./tables.ts";

type Row = Prisma.OperationGetPayload<object>;

export interface HistoryQuery {
  clusterId?: string | undefined;
  /** Events of this operation only. */
  operationId?: string | undefined;
  after?: string | undefined;
  size: number;
}

/** Newest first. */
export async function listOperations(db: Db, scope: Scope, query: HistoryQuery): Promise<Page<OperationRecord>> {
  const where = within(scope, query.clusterId);
  const after = query.after ? readCursor("-started", query.after, tables.Operation.startedAt) : null;
  const started = after?.value instanceof Date ? after.value : null;
  const [found, total] = await Promise.all([
    db.prisma.operation.findMany({
      where: {
        AND: [
          where,
          after && started
            ? { OR: [{ startedAt: { lt: started } }, { startedAt: started, seq: { lt: after.seq } }] }
            : {},
        ],
      },
      orderBy: [{ startedAt: "desc" }, { seq: "desc" }],
      take: query.size + 1,
    }),
    db.prisma.operation.count({ where }),
  ]);
  const rows = found.slice(0, query.size);
  const last = rows.at(-1);
  return {
    rows: rows.map(toOperation),
    total,
    next: found.length > query.size && last ? writeCursor("-started", { value: last.startedAt, seq: last.seq }) : null,
  };
}

/** The running operation of a cluster, else the last one. */
export async function lastOperation(db: Db, scope: Scope, clusterId: string): Promise<OperationRecord | null> {
  const where = within(scope, clusterId);
  const newest = { orderBy: [{ startedAt: "desc" as const }, { seq: "desc" as const }] };
  const row =
    (await db.prisma.operation.findFirst({ where: { ...where, outcome: "running" }, ...newest })) ??
    (await db.prisma.operation.findFirst({ where, ...newest }));
  return row ? toOperation(row) : null;
}

/** Newest first. */
export async function listEvents(db: Db, scope: Scope, query: HistoryQuery): Promise<Page<ClusterEvent>> {
  const where: Prisma.ClusterEventWhereInput = {
    ...within(scope, query.clusterId),
    ...(query.operationId ? { operationId: query.operationId } : {}),
  };
  const after = query.after ? readCursor("-seq", query.after, tables.ClusterEvent.seq) : null;
  const [found, total] = await Promise.all([
    db.prisma.clusterEvent.findMany({
      where: after ? { AND: [where, { seq: { lt: after.seq } }] } : where,
      orderBy: { seq: "desc" },
      take: query.size + 1,
    }),
    db.prisma.clusterEvent.count({ where }),
  ]);
  const rows = found.slice(0, query.size);
  const last = rows.at(-1);
  return {
    rows: rows.map(toEvent),
    total,
    next: found.length > query.size && last ? writeCursor("-seq", { value: null, seq: last.seq }) : null,
  };
}

const within = (scope: Scope, clusterId: string | undefined) => ({
  AND: [recordsIn(scope), clusterId === undefined ? {} : { clusterId }],
});

/** What a person asked for, to be written with the change itself. */
export interface NewOperation {
  id: string;
  kind: OperationRecord["kind"];
  userId: string;
  userName: string | null;
  /** For the audit trail. */
  userDomainId?: string;
  requestId: string | null;
  door: OperationRecord["door"];
  /** Field to [before, after], in words. */
  changes: OperationRecord["changes"];
}

export interface NewEvent {
  level: ClusterEvent["level"];
  message: string;
  detail?: string | null;
}

export interface Subject {
  clusterId: string;
  clusterName: string;
  projectId: string;
}

/** Starts an operation; one that still runs ends as superseded. `ended` = it is over at once. */
export async function startOperation(
  tx: Tx,
  subject: Subject,
  { userDomainId: _, ...operation }: NewOperation,
  now: Date,
  ended: boolean,
): Promise<void> {
  if (!ended)
    await tx.operation.updateMany({
      where: { clusterId: subject.clusterId, projectId: subject.projectId, outcome: "running" },
      data: { outcome: "superseded", endedAt: now },
    });
  await tx.operation.create({
    data: {
      ...subject,
      ...operation,
      changes: JSON.stringify(operation.changes),
      startedAt: now,
      endedAt: ended ? now : null,
      outcome: ended ? "done" : "running",
    },
  });
}

export async function addEvents(
  tx: Tx,
  subject: Omit<Subject, "clusterName">,
  operationId: string | null,
  events: readonly NewEvent[],
  now: Date,
): Promise<void> {
  if (events.length === 0) return;
  const { clusterId, projectId } = subject;
  await tx.clusterEvent.createMany({
    data: events.map(({ level, message, detail }) => ({
      clusterId,
      projectId,
      operationId,
      at: now,
      level,
      message,
      detail: detail ?? null,
    })),
  });
}

const { seq: _seq, ...operation } = tables.Operation;
const never = new Date(0);

export const toOperation: (row: Row) => OperationRecord & MaybeDamaged = rowReader(
  operation,
  {
    id: "",
    clusterId: "",
    clusterName: "?",
    projectId: "",
    kind: "update",
    userId: "",
    door: "api",
    changes: {},
    startedAt: never,
    outcome: "done",
  },
  { ...keepText(operation), id: keepId, clusterId: keepId },
);

const { projectId: _project, ...happened } = tables.ClusterEvent;
const toEvent: (row: Prisma.ClusterEventGetPayload<object>) => ClusterEvent & MaybeDamaged = rowReader(
  happened,
  { seq: 0, clusterId: "", at: never, level: "info", message: "?" },
  { ...keepText(happened), clusterId: keepId },
);
