// What a conductor reads and writes of a cluster that it holds, of all projects. Only server/reconcile imports this file.
import type { PkiState } from "../domain/authority.ts";
import { isInProgress, type ClusterStatus, type HealthStatus } from "../domain/cluster-status.ts";
import type { Cluster } from "../domain/cluster.ts";
import type { OperationRecord } from "../domain/event.ts";
import type { ClusterFacts, NodeGroupFacts } from "../domain/facts.ts";
import type { FailureCause } from "../domain/failure.ts";
import type { NodeGroup } from "../domain/nodegroup.ts";
import type { PreviousWish } from "../domain/previous.ts";
import { auditEnd } from "./audit.ts";
import { toAuthority, type StoredAuthority } from "./certificate.ts";
import { noteChange } from "./change.ts";
import type { Db, Tx } from "./client.ts";
import { countsOf } from "./cluster-change.ts";
import { toInner, toPkiState, toWholeCluster } from "./cluster.ts";
import { naturalKey } from "./column.ts";
import { forgetProofs, keepProofs, type SeenMember } from "./node-proof.ts";
import { releaseRetired, type StoredCredential } from "./credential.ts";
import { toWholeNodegroup } from "./nodegroup.ts";
import { addEvents, toOperation, type NewEvent } from "./operation.ts";
import { tables } from "./tables.ts";
import { deleteExpiredSessions } from "./session.ts";
import { pruneSignInCounts } from "./sign-in-count.ts";

/** All that a round needs to know of one cluster. */
export interface ClaimedCluster {
  cluster: Cluster & { facts: ClusterFacts };
  nodegroups: (NodeGroup & { facts: NodeGroupFacts })[];
  credential: StoredCredential | null;
  /** Those before it, oldest first: older nodes have them, or stacks were made with them. */
  retired: StoredCredential[];
  /** All kinds and revisions. */
  authorities: StoredAuthority[];
  /** The stored keys of all kinds and revisions, to be forgotten with the cluster. */
  keys: string[];
  observedGeneration: number;
  repair: boolean;
  maxBatch: number;
  pki: PkiState;
  deletionRequestedAt: Date | null;
  deadlineAt: Date | null;
  /** What the conductor last wrote as the back end's state; its own JSON. */
  seenBackend: unknown;
  failures: number;
  /** What was wanted before the running change is kept, to go back to it. */
  undoable: boolean;
  /** The operation that still runs. */
  operation: OperationRecord | null;
}

/**
 * The claimed clusters that are still leased to `owner`, in a fixed number of queries. One that cannot be read is told of
 * and left out: it must not stop the others.
 */
export async function loadClaimed(
  db: Db,
  owner: string,
  ids: readonly string[],
  unreadable: (id: string, error: unknown) => void,
): Promise<ClaimedCluster[]> {
  const [rows, running, retired] = await Promise.all([
    db.prisma.cluster.findMany({
      where: { id: { in: [...ids] }, leaseOwner: owner },
      include: { nodegroups: { orderBy: { seq: "asc" } }, credential: true, authorities: true },
    }),
    db.prisma.operation.findMany({
      where: { clusterId: { in: [...ids] }, outcome: "running" },
      orderBy: { seq: "asc" },
    }),
    db.prisma.credential.findMany({ where: { retiredFor: { in: [...ids] } }, orderBy: { revision: "asc" } }),
  ]);
  const operations = new Map(running.map((row) => [row.clusterId, row]));
  const read = (row: (typeof rows)[number]): ClaimedCluster => {
    const operation = operations.get(row.id);
    return {
      cluster: toWholeCluster(row),
      nodegroups: row.nodegroups.map(toWholeNodegroup),
      credential: row.credential,
      retired: retired.filter((credential) => credential.retiredFor === row.id),
      authorities: row.authorities.map(toAuthority),
      keys: row.authorities.map((authority) => authority.key),
      ...toInner(row),
      pki: toPkiState(row),
      undoable: row.previous !== null,
      operation: operation ? toOperation(operation) : null,
    };
  };
  return rows.flatMap((row) => {
    try {
      return [read(row)];
    } catch (error) {
      unreadable(row.id, error);
      return [];
    }
  });
}

export interface RecordedNodegroup {
  id: string;
  status: ClusterStatus | null;
  statusReason: string | null;
  stackId: string | null;
  version: string | null;
  nodeAddresses: readonly string[];
  /** Only when what is wanted changes: a refused resize restores the count. */
  nodeCount?: number;
  /** Those who went are taken off the list. */
  nodesToRemove?: readonly string[];
  /** The back end has nothing of it any more, and nobody wants it: the row goes. */
  gone?: boolean;
}

export interface RecordedNode {
  nodegroupId: string;
  serverId: string;
  name: string;
  index: string;
  status: string;
  /** Absent = the cluster's API was not asked: what was known stays. */
  ready?: boolean | null;
  version?: string | null;
  privateAddress: string | null;
  publicAddress: string | null;
  zone: string | null;
  flavorId: string | null;
  imageId: string | null;
  createdAt: Date | null;
}

/** The result of one round. */
export interface RecordedOutcome {
  /** The generation that the round worked on. */
  generation: number;
  /** Is what was wanted now the case? Then that generation counts as observed. */
  settled: boolean;
  status: ClusterStatus;
  statusReason: string | null;
  failure: FailureCause | null;
  progress: { done: number; total: number; now: string | null } | null;
  /** Absent = not asked in this round. */
  health?: { status: HealthStatus | null; reason: Record<string, string>; checkedAt: Date };
  stackId: string | null;
  apiAddress: string | null;
  coeVersion: string | null;
  containerVersion: string | null;
  masterAddresses: readonly string[];
  nodeAddresses: readonly string[];
  /** Absent = the cluster's API was not asked: what was known stays. */
  ready?: { masters: number | null; nodes: number | null };
  nodegroups: readonly RecordedNodegroup[];
  /** All servers; null = not looked in this round. */
  nodes: readonly RecordedNode[] | null;
  /** Members of which a proof is opened or closed; `all` = there are no others. Null = not looked in this round. */
  members: { seen: readonly SeenMember[]; all: boolean } | null;
  events: readonly NewEvent[];
  /** How the running operation ended; null = it goes on, or none runs. */
  ended: { outcome: "done" | "failed"; reason: string | null } | null;
  repair: boolean;
  seenBackend: unknown;
  failures: number;
  deadlineAt: Date | null;
  /** What was wanted before the change becomes the wish again, as a new generation. */
  restore?: boolean;
  /** A rotation goes on, or ends: then the rows of older revisions go. Absent = as it was. */
  pki?: PkiState;
  nextReconcileAt: Date;
}

/**
 * The one exit of a round: writes all of it and gives the lease back, in one transaction, if the lease is still ours.
 * When a person changed the cluster meanwhile (a newer generation), what was observed is written, but neither status
 * nor end (with what tells of it) nor time: the cluster is due at once. "lost" = the lease is another's or over, and nothing was written.
 */
export async function record(
  db: Db,
  owner: string,
  id: string,
  outcome: RecordedOutcome,
  now: Date,
): Promise<"recorded" | "superseded" | "lost"> {
  return db.transaction(async (tx) => {
    const before = await takeBack(db, tx, owner, id, now);
    if (!before) return "lost";
    const superseded = tables.Cluster.generation.catch(1).parse(before.generation) !== outcome.generation;
    const groups = outcome.nodegroups.filter((group) => before.nodegroups.some((known) => known.id === group.id));
    let visible = await writeNodegroups(tx, before, groups, superseded, now);
    if (outcome.nodes) visible = (await writeNodes(tx, before, outcome.nodes, now)) || visible;
    if (outcome.members) await keepProofs(tx, id, outcome.members.seen, outcome.members.all, now);
    const columns = {
      ...observedColumns(outcome),
      ...(superseded ? {} : statusColumns(outcome)),
    };
    visible = differs(before, columns) || visible;
    const left = before.nodegroups
      .filter((known) => !groups.some((group) => group.id === known.id && group.gone && !superseded))
      .map((known) => ({
        role: known.role,
        nodeCount:
          (superseded ? undefined : groups.find((group) => group.id === known.id)?.nodeCount) ?? known.nodeCount,
      }));
    const row = await tx.cluster.update({
      where: { id },
      data: {
        ...columns,
        ...countsOf(left),
        ...(columns.status === undefined || columns.status === before.status ? {} : { statusSince: now }),
        ...(visible ? { updatedAt: now } : {}),
        ...(superseded
          ? { nextReconcileAt: now, failures: 0 }
          : {
              nextReconcileAt: outcome.nextReconcileAt,
              failures: outcome.failures,
              repair: outcome.repair,
              deadlineAt: outcome.deadlineAt,
              ...(outcome.settled ? { observedGeneration: outcome.generation } : {}),
              ...(isInProgress(outcome.status) ? {} : { previous: null }),
              ...(outcome.pki ? { pkiRevision: outcome.pki.revision, pkiPhase: outcome.pki.phase } : {}),
            }),
        seenBackend: outcome.seenBackend === null ? null : JSON.stringify(outcome.seenBackend),
        ...(outcome.health ? { healthCheckedAt: outcome.health.checkedAt } : {}),
        leaseOwner: null,
        leaseUntil: null,
      },
    });
    if (!superseded && outcome.restore) await restorePrevious(tx, before);
    if (!superseded && outcome.pki?.phase === null)
      await tx.certificateAuthority.deleteMany({ where: { clusterId: id, revision: { lt: outcome.pki.revision } } });
    const subject = { clusterId: id, projectId: before.projectId };
    const operation = await tx.operation.findFirst({
      where: { clusterId: id, outcome: "running" },
      orderBy: { seq: "desc" },
      select: { id: true },
    });
    // An end, or a turn, that is not written did not happen: nothing is told of it.
    const isTold = !superseded || !(outcome.ended || outcome.restore || outcome.pki);
    if (isTold) await addEvents(tx, subject, operation?.id ?? null, outcome.events, now);
    if (outcome.ended && operation && !superseded) {
      await tx.operation.update({
        where: { id: operation.id },
        data: { outcome: outcome.ended.outcome, reason: outcome.ended.reason, endedAt: now },
      });
      await auditEnd(db, tx, row, operation.id, outcome.ended, now);
    }
    if (visible || outcome.events.length > 0 || outcome.ended) await noteChange(db, tx, subject, now);
    return superseded ? "superseded" : "recorded";
  });
}

/**
 * The end of a deletion: the rows go, history stays, the operation is done. The credential's row stays without a
 * cluster unless it was removed before, so that the sweeper removes what it names. False = the lease is not ours.
 */
export async function removeCluster(
  db: Db,
  owner: string,
  id: string,
  events: readonly NewEvent[],
  now: Date,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const before = await takeBack(db, tx, owner, id, now);
    if (!before) return false;
    const subject = { clusterId: id, projectId: before.projectId };
    const operation = await tx.operation.findFirst({
      where: { clusterId: id, outcome: "running" },
      orderBy: { seq: "desc" },
      select: { id: true },
    });
    await addEvents(tx, subject, operation?.id ?? null, events, now);
    await tx.operation.updateMany({
      where: { clusterId: id, outcome: "running" },
      data: { outcome: "done", endedAt: now },
    });
    await releaseRetired(tx, id);
    if (operation)
      await auditEnd(
        db,
        tx,
        { ...before, status: "DELETE_COMPLETE" },
        operation.id,
        { outcome: "done", reason: null },
        now,
      );
    await tx.cluster.delete({ where: { id } });
    await noteChange(db, tx, subject, now);
    return true;
  });
}

async function takeBack(db: Db, tx: Tx, owner: string, id: string, now: Date) {
  if (db.dialect === "postgresql") await tx.$executeRaw`SELECT 1 FROM "Cluster" WHERE "id" = ${id} FOR UPDATE`;
  return tx.cluster.findFirst({
    where: { id, leaseOwner: owner, leaseUntil: { gte: now } },
    include: { nodegroups: true },
  });
}

/** Of template, counts, images and labels; a template that is gone meanwhile cannot come back. */
async function restorePrevious(tx: Tx, before: Before): Promise<void> {
  const read = tables.Cluster.previous.safeParse(before.previous);
  // What cannot be read cannot be gone back to: the change stays as it failed.
  if (!read.success || read.data === null) return;
  const { clusterTemplateId, labels, facts, nodegroups } = read.data;
  for (const { id, ...group } of nodegroups)
    await tx.nodeGroup.updateMany({
      where: { id, clusterId: before.id },
      data: { ...nodegroupWish(group), nodesToRemove: "[]" },
    });
  const there = (await tx.clusterTemplate.count({ where: { id: clusterTemplateId } })) > 0;
  const counted = await tx.nodeGroup.findMany({
    where: { clusterId: before.id },
    select: { role: true, nodeCount: true },
  });
  await tx.cluster.update({
    where: { id: before.id },
    data: {
      ...(there ? { templateId: clusterTemplateId } : {}),
      labels: JSON.stringify(labels),
      facts: JSON.stringify(facts),
      ...countsOf(counted),
      generation: { increment: 1 },
    },
  });
}

const nodegroupWish = ({
  labels,
  nodeLabels,
  nodeTaints,
  facts,
  ...columns
}: Omit<PreviousWish["nodegroups"][number], "id">) => ({
  ...columns,
  labels: JSON.stringify(labels),
  nodeLabels: nodeLabels && JSON.stringify(nodeLabels),
  nodeTaints: nodeTaints && JSON.stringify(nodeTaints),
  facts: JSON.stringify(facts),
});

type Before = NonNullable<Awaited<ReturnType<typeof takeBack>>>;

const observedColumns = (outcome: RecordedOutcome) => ({
  ...(outcome.health
    ? { healthStatus: outcome.health.status, healthReason: JSON.stringify(outcome.health.reason) }
    : {}),
  stackId: outcome.stackId,
  apiAddress: outcome.apiAddress,
  coeVersion: outcome.coeVersion,
  coeVersionSort: outcome.coeVersion === null ? null : naturalKey(outcome.coeVersion),
  containerVersion: outcome.containerVersion,
  masterAddresses: JSON.stringify(outcome.masterAddresses),
  nodeAddresses: JSON.stringify(outcome.nodeAddresses),
  ...(outcome.ready ? { readyMasters: outcome.ready.masters, readyNodes: outcome.ready.nodes } : {}),
});

const statusColumns = (outcome: RecordedOutcome) => ({
  status: outcome.status,
  statusReason: outcome.statusReason,
  failure: outcome.failure === null ? null : JSON.stringify(outcome.failure),
  progressDone: outcome.progress?.done ?? null,
  progressTotal: outcome.progress?.total ?? null,
  progressNow: outcome.progress?.now ?? null,
});

/** True when something that people see changed. */
async function writeNodegroups(
  tx: Tx,
  before: Before,
  groups: readonly RecordedNodegroup[],
  superseded: boolean,
  now: Date,
): Promise<boolean> {
  let visible = false;
  for (const group of groups) {
    const known = before.nodegroups.find((each) => each.id === group.id);
    if (!known) continue;
    if (group.gone && !superseded) {
      await tx.nodeGroup.delete({ where: { id: group.id } });
      visible = true;
      continue;
    }
    const columns = {
      stackId: group.stackId,
      version: group.version,
      nodeAddresses: JSON.stringify(group.nodeAddresses),
      ...(superseded
        ? {}
        : {
            status: group.status,
            statusReason: group.statusReason,
            ...(group.nodeCount === undefined ? {} : { nodeCount: group.nodeCount }),
            ...(group.nodesToRemove ? { nodesToRemove: JSON.stringify(group.nodesToRemove) } : {}),
          }),
    };
    if (!differs(known, columns)) continue;
    await tx.nodeGroup.update({ where: { id: group.id }, data: { ...columns, updatedAt: now } });
    visible = true;
  }
  return visible;
}

/** True when something that people see changed. */
async function writeNodes(tx: Tx, before: Before, nodes: readonly RecordedNode[], now: Date): Promise<boolean> {
  const { id: clusterId, projectId } = before;
  const groups = new Set(before.nodegroups.map((group) => group.id));
  const wanted = nodes.filter((node) => groups.has(node.nodegroupId));
  const known = new Map((await tx.node.findMany({ where: { clusterId } })).map((row) => [row.serverId, row]));
  const gone = [...known.keys()].filter((serverId) => !wanted.some((node) => node.serverId === serverId));
  if (gone.length > 0) await tx.node.deleteMany({ where: { clusterId, serverId: { in: gone } } });
  let visible = gone.length > 0;
  for (const { index, ...node } of wanted) {
    const columns = { ...node, memberIndex: index };
    const row = known.get(node.serverId);
    if (row && !differs(row, columns)) continue;
    visible = true;
    await tx.node.upsert({
      where: { serverId: node.serverId },
      create: { ...columns, clusterId, projectId, seenAt: now },
      update: { ...columns, clusterId, projectId, seenAt: now },
    });
  }
  await tx.node.updateMany({ where: { clusterId }, data: { seenAt: now } });
  return visible;
}

function differs(before: Readonly<Record<string, unknown>>, columns: Readonly<Record<string, unknown>>): boolean {
  const plain = (value: unknown) => (value instanceof Date ? value.getTime() : value);
  return Object.entries(columns).some(([name, value]) => plain(before[name]) !== plain(value));
}

const hourMs = 3_600_000;

/** Removes what nobody will ask for again: old notes for live screens, used keys, void proofs, sessions that are over. */
export async function prune(db: Db, now: Date): Promise<void> {
  const before = (ms: number) => new Date(now.getTime() - ms);
  await db.prisma.change.deleteMany({ where: { at: { lt: before(hourMs) } } });
  await db.prisma.idempotencyKey.deleteMany({ where: { createdAt: { lt: before(24 * hourMs) } } });
  await forgetProofs(db, before(30 * 24 * hourMs));
  await deleteExpiredSessions(db, now);
  await pruneSignInCounts(db, now);
  await db.prisma.conductor.deleteMany({ where: { updatedAt: { lt: before(7 * 24 * hourMs) } } });
}
