// What people change about clusters. Each function is one transaction: what is wanted, the status that clients must see
// at once, who asked, and a note for live screens agree or do not happen.
import type { AuthorityKind, PkiState } from "../domain/authority.ts";
import type { ClusterStatus } from "../domain/cluster-status.ts";
import { maxInteger } from "../domain/column.ts";
import type { Cluster } from "../domain/cluster.ts";
import { DomainError } from "../domain/error.ts";
import type { ClusterFacts, NodeGroupFacts } from "../domain/facts.ts";
import { lossOf } from "../domain/damage.ts";
import type { Labels } from "../domain/labels.ts";
import type { NodeGroup } from "../domain/nodegroup.ts";
import { PreviousWish } from "../domain/previous.ts";
import { quotaMessage } from "../domain/quota.ts";
import { auditStart } from "./audit.ts";
import { noteChange } from "./change.ts";
import { takeTurn, type Db, type Tx } from "./client.ts";
import { notFound, toCluster, toInner, toPkiState, toWholeCluster } from "./cluster.ts";
import { naturalKey, searchable } from "./column.ts";
import { releaseRetired, replaceCredential } from "./credential.ts";
import { toWholeNodegroup } from "./nodegroup.ts";
import { addEvents, startOperation, type NewEvent, type NewOperation } from "./operation.ts";
import { clustersIn, type ProjectScope, type Scope } from "./scope.ts";

/** What a cluster is made from; what only observation can tell starts empty. */
export type NewCluster = Pick<
  Cluster,
  | "id"
  | "name"
  | "userId"
  | "userName"
  | "region"
  | "clusterTemplateId"
  | "driver"
  | "coe"
  | "keypair"
  | "masterFlavorId"
  | "flavorId"
  | "dockerVolumeSizeGib"
  | "labels"
  | "createTimeoutMinutes"
  | "discoveryUrl"
  | "fixedNetwork"
  | "fixedSubnet"
  | "floatingIpEnabled"
  | "masterLbEnabled"
  | "tlsDisabled"
  | "locked"
  | "rollbackOnFailure"
> & { facts: ClusterFacts };

export type NewNodegroup = Pick<
  NodeGroup,
  | "id"
  | "name"
  | "role"
  | "isDefault"
  | "nodeCount"
  | "minNodeCount"
  | "maxNodeCount"
  | "flavorId"
  | "imageId"
  | "dockerVolumeSizeGib"
  | "labels"
  | "nodeLabels"
  | "nodeTaints"
> & { facts: NodeGroupFacts };

export interface NewAuthority {
  id: string;
  kind: AuthorityKind;
  revision: number;
  certPem: string;
  /** Sealed, or a reference to where it is kept. */
  key: string;
}

export interface ClusterToCreate {
  cluster: NewCluster;
  nodegroups: readonly NewNodegroup[];
  authorities: readonly NewAuthority[];
  /** The completed credential that becomes the cluster's. */
  credentialId: string | null;
  operation: NewOperation;
  event: NewEvent;
  /** One cluster for each key of the project. */
  idempotencyKey: string | null;
  /** Clusters that the project may have when it has no quota of its own. */
  quotaLimit: number;
  /** When the creation is given up; null = never. */
  deadlineAt: Date | null;
  now: Date;
}

/**
 * Writes a new cluster, due at once. `created` is false when the key made a cluster before: `id` is that one, and what
 * the caller made for this one is to be removed. Throws quota_exceeded, template_not_found. Concurrent requests of one
 * project take turns, so that the quota holds.
 */
export async function createClusterRecord(
  db: Db,
  scope: ProjectScope,
  input: ClusterToCreate,
): Promise<{ id: string; created: boolean }> {
  const { projectId } = scope;
  const { cluster, now } = input;
  return db.transaction(async (tx) => {
    await takeTurn(db, tx, `jeroboam:clusters:${projectId}`);
    if (input.idempotencyKey !== null) {
      const key = { projectId, key: input.idempotencyKey };
      const before = await tx.idempotencyKey.findUnique({ where: { projectId_key: key } });
      if (before) return { id: before.clusterId, created: false };
      await tx.idempotencyKey.create({ data: { ...key, clusterId: cluster.id, createdAt: now } });
    }
    const quota = await tx.quota.findUnique({
      where: { projectId_resource: { projectId, resource: "Cluster" } },
      select: { hardLimit: true },
    });
    const limit = quota?.hardLimit ?? input.quotaLimit;
    if ((await tx.cluster.count({ where: { projectId } })) >= limit)
      throw new DomainError("quota_exceeded", quotaMessage(limit), {
        remedy: "Delete a cluster that is no longer needed, or ask for a larger quota.",
      });
    const { facts, labels, clusterTemplateId, ...columns } = cluster;
    if ((await tx.clusterTemplate.count({ where: { id: clusterTemplateId } })) === 0)
      throw new DomainError("template_not_found", `ClusterTemplate ${clusterTemplateId} could not be found.`, {
        field: "cluster_template_id",
      });
    const row = await tx.cluster.create({
      data: {
        ...columns,
        projectId,
        templateId: clusterTemplateId,
        nameFold: searchable(cluster.name),
        nameSort: naturalKey(cluster.name),
        labels: JSON.stringify(labels),
        facts: JSON.stringify(facts),
        ...countsOf(input.nodegroups),
        status: "CREATE_IN_PROGRESS",
        statusSince: now,
        deadlineAt: input.deadlineAt,
        nextReconcileAt: now,
        createdAt: now,
      },
    });
    await tx.nodeGroup.createMany({
      data: input.nodegroups.map((group) => nodegroupColumns(group, cluster.id, projectId, now)),
    });
    await tx.certificateAuthority.createMany({
      data: input.authorities.map((authority) => ({ ...authority, clusterId: cluster.id, createdAt: now })),
    });
    if (input.credentialId !== null) {
      const attached = await tx.credential.updateMany({
        where: { id: input.credentialId, projectId, clusterId: null },
        data: { clusterId: cluster.id },
      });
      if (attached.count !== 1) throw new Error(`credential ${input.credentialId} is not there to be attached`);
    }
    const subject = { clusterId: cluster.id, clusterName: cluster.name, projectId };
    await startOperation(tx, subject, input.operation, now, false);
    await addEvents(tx, subject, input.operation.id, [input.event], now);
    await auditStart(db, tx, toCluster(row), input.operation, now);
    await noteChange(db, tx, subject, now);
    return { id: cluster.id, created: true };
  });
}

/** A cluster as it is at the moment of a change. */
export interface CurrentCluster {
  cluster: Cluster & { facts: ClusterFacts };
  nodegroups: (NodeGroup & { facts: NodeGroupFacts })[];
  deletionRequestedAt: Date | null;
  /** When the running change is given up; null = none runs, or never. */
  deadlineAt: Date | null;
  pki: PkiState;
  /** The running change repairs what failed. */
  repair: boolean;
  /** Kept by the change that runs; null = it is not undone when it fails. */
  previous: string | null;
}

export interface NodegroupChange {
  id: string;
  nodeCount?: number;
  minNodeCount?: number;
  maxNodeCount?: number | null;
  nodesToRemove?: readonly string[];
  imageId?: string;
  labels?: Labels;
  nodeLabels?: NodeGroup["nodeLabels"];
  nodeTaints?: NodeGroup["nodeTaints"];
  facts?: NodeGroupFacts;
  status?: ClusterStatus;
}

export interface AcceptedChange {
  /** What clients see at once: UPDATE_IN_PROGRESS, or CREATE_IN_PROGRESS when a failed creation is retried. */
  status: ClusterStatus;
  nodegroups?: readonly NodegroupChange[];
  newNodegroups?: readonly NewNodegroup[];
  labels?: Labels;
  /** Templates' and other resolved facts, when the change brings new ones. */
  facts?: ClusterFacts;
  clusterTemplateId?: string;
  healthStatus?: Cluster["healthStatus"];
  /** Repair what failed, not only what differs. */
  repair?: boolean;
  /** Keep what was wanted before, to go back to it when this change fails. */
  rollback?: boolean;
  /** Nodes that are replaced at a time from now on. */
  maxBatch?: number;
  /** New authorities, one of each kind; their rotation begins. */
  authorities?: readonly NewAuthority[];
  /** Id of a completed spare credential that becomes the cluster's. */
  credentialId?: string;
  owner?: Pick<Cluster, "userId" | "userName">;
  deadlineAt?: Date | null;
  operation: NewOperation;
  event: NewEvent;
}

/**
 * Accepts a change of what is wanted: status, a new generation, due at once. `decide` sees the cluster as it is inside
 * the transaction and returns the change, or null when there is nothing to change, or throws the DomainError that
 * refuses it; it is pure, for it may run again. A running operation ends as superseded. Throws cluster_not_found.
 */
export async function acceptChange(
  db: Db,
  scope: Scope,
  id: string,
  now: Date,
  decide: (current: CurrentCluster) => AcceptedChange | null,
): Promise<Cluster> {
  return db.transaction(async (tx) => {
    const current = await lockCluster(db, tx, scope, id);
    const change = decide(current);
    if (change === null) return current.cluster;
    refuseOnLoss(current, change);
    return applyChange(db, tx, current, change, now, {});
  });
}

/**
 * Accepts the deletion, in every status, also again. `decide` may throw (locked) and returns who asked and the event.
 * Throws cluster_not_found.
 */
export async function requestDeletion(
  db: Db,
  scope: Scope,
  id: string,
  now: Date,
  decide: (current: CurrentCluster) => Pick<AcceptedChange, "operation" | "event" | "deadlineAt" | "credentialId">,
): Promise<Cluster> {
  return db.transaction(async (tx) => {
    const current = await lockCluster(db, tx, scope, id);
    const change: AcceptedChange = {
      status: "DELETE_IN_PROGRESS",
      nodegroups: current.nodegroups.map((group) => ({ id: group.id, status: "DELETE_IN_PROGRESS" })),
      ...decide(current),
    };
    return applyChange(db, tx, current, change, now, { deletionRequestedAt: current.deletionRequestedAt ?? now });
  });
}

/** Something that a cluster had at the cloud when it was last seen. */
export interface LeftThing {
  type: "stack" | "server";
  id: string;
  name: string | null;
}

/**
 * Drops the rows of a cluster that nobody can delete any more, and answers what it had. `decide` may throw and returns who
 * asked and the event. History stays; the credential's row stays for the sweeper. Throws cluster_not_found.
 */
export async function dropCluster(
  db: Db,
  scope: Scope,
  id: string,
  now: Date,
  decide: (current: CurrentCluster, left: readonly LeftThing[]) => Pick<AcceptedChange, "operation" | "event">,
): Promise<LeftThing[]> {
  return db.transaction(async (tx) => {
    const current = await lockCluster(db, tx, scope, id);
    const { cluster, nodegroups } = current;
    const stacks = [
      { id: cluster.stackId, name: cluster.name },
      ...nodegroups.map((group) => ({ id: group.stackId, name: group.name })),
    ];
    const nodes = await tx.node.findMany({ where: { clusterId: id }, orderBy: { name: "asc" } });
    const left = [
      ...stacks.flatMap((stack) =>
        stack.id === null ? [] : [{ type: "stack" as const, id: stack.id, name: stack.name }],
      ),
      ...nodes.map((node) => ({ type: "server" as const, id: node.serverId, name: node.name })),
    ];
    const { operation, event } = decide(current, left);
    const subject = { clusterId: id, clusterName: cluster.name, projectId: cluster.projectId };
    await tx.operation.updateMany({
      where: { clusterId: id, outcome: "running" },
      data: { outcome: "superseded", endedAt: now },
    });
    await startOperation(tx, subject, operation, now, true);
    await addEvents(tx, subject, operation.id, [event], now);
    await auditStart(db, tx, cluster, operation, now, true);
    await releaseRetired(tx, id);
    await tx.cluster.delete({ where: { id } });
    await noteChange(db, tx, subject, now);
    return left;
  });
}

/** Locks or unlocks against deletion; no work follows. Throws cluster_not_found. */
export async function setLocked(
  db: Db,
  scope: Scope,
  id: string,
  locked: boolean,
  { operation, event, now }: { operation: NewOperation; event: NewEvent; now: Date },
): Promise<Cluster> {
  return db.transaction(async (tx) => {
    const { cluster } = await lockCluster(db, tx, scope, id);
    const row = await tx.cluster.update({ where: { id }, data: { locked, updatedAt: now } });
    const subject = { clusterId: id, clusterName: cluster.name, projectId: cluster.projectId };
    await startOperation(tx, subject, operation, now, true);
    await addEvents(tx, subject, operation.id, [event], now);
    await auditStart(db, tx, toCluster(row), operation, now, true);
    await noteChange(db, tx, subject, now);
    return toCluster(row);
  });
}

/** Health as somebody outside reports it (PATCH by the auto-healer); the status does not move. */
export async function setHealth(
  db: Db,
  scope: Scope,
  id: string,
  health: { status: Cluster["healthStatus"]; reason: Record<string, string> },
  now: Date,
): Promise<Cluster> {
  return db.transaction(async (tx) => {
    const { cluster } = await lockCluster(db, tx, scope, id);
    const row = await tx.cluster.update({
      where: { id },
      data: {
        healthStatus: health.status,
        healthReason: JSON.stringify(health.reason),
        healthCheckedAt: now,
        updatedAt: now,
      },
    });
    await noteChange(db, tx, { clusterId: id, projectId: cluster.projectId }, now);
    return toCluster(row);
  });
}

async function applyChange(
  db: Db,
  tx: Tx,
  current: CurrentCluster,
  change: AcceptedChange,
  now: Date,
  also: { deletionRequestedAt?: Date },
): Promise<Cluster> {
  const { cluster, nodegroups } = current;
  const { id, projectId, name } = cluster;
  const changes = change.nodegroups ?? [];
  for (const { id: groupId, nodesToRemove, labels, nodeLabels, nodeTaints, facts, ...columns } of changes) {
    const changed = await tx.nodeGroup.updateMany({
      where: { id: groupId, clusterId: id },
      data: {
        ...columns,
        ...(nodesToRemove ? { nodesToRemove: JSON.stringify(nodesToRemove) } : {}),
        ...(labels ? { labels: JSON.stringify(labels) } : {}),
        ...(nodeLabels === undefined ? {} : { nodeLabels: nodeLabels && JSON.stringify(nodeLabels) }),
        ...(nodeTaints === undefined ? {} : { nodeTaints: nodeTaints && JSON.stringify(nodeTaints) }),
        ...(facts ? { facts: JSON.stringify(facts) } : {}),
        ...(columns.status ? { statusReason: null } : {}),
        updatedAt: now,
      },
    });
    if (changed.count !== 1) throw new Error(`node group ${groupId} is not of cluster ${id}`);
  }
  const added = change.newNodegroups ?? [];
  if (added.length > 0)
    await tx.nodeGroup.createMany({ data: added.map((group) => nodegroupColumns(group, id, projectId, now)) });
  if (change.authorities)
    await tx.certificateAuthority.createMany({
      data: change.authorities.map((authority) => ({ ...authority, clusterId: id, createdAt: now })),
    });
  if (change.credentialId) await replaceCredential(tx, id, projectId, change.credentialId, now);
  const counted = nodegroups.map((group) => ({
    role: group.role,
    nodeCount: changes.find((each) => each.id === group.id)?.nodeCount ?? group.nodeCount,
  }));
  const row = await tx.cluster.update({
    where: { id },
    data: {
      ...countsOf([...counted, ...added]),
      ...(change.labels ? { labels: JSON.stringify(change.labels) } : {}),
      ...(change.facts ? { facts: JSON.stringify(change.facts) } : {}),
      ...(change.clusterTemplateId ? { templateId: change.clusterTemplateId } : {}),
      ...(change.healthStatus === undefined ? {} : { healthStatus: change.healthStatus }),
      ...(change.authorities ? { pkiPhase: "trust" } : {}),
      ...change.owner,
      ...also,
      status: change.status,
      statusReason: null,
      ...(change.status === cluster.status ? {} : { statusSince: now }),
      failure: null,
      progressDone: null,
      progressTotal: null,
      progressNow: null,
      // A change on top of a repair that runs would fail with what is not repaired yet.
      repair: (change.repair ?? false) || (current.repair && !also.deletionRequestedAt),
      previous: change.rollback ? previousOf(current) : null,
      ...(change.maxBatch === undefined ? {} : { maxBatch: change.maxBatch }),
      deadlineAt: deadlineOf(current, change),
      generation: { increment: 1 },
      failures: 0,
      nextReconcileAt: now,
      updatedAt: now,
    },
  });
  const subject = { clusterId: id, clusterName: name, projectId };
  await startOperation(tx, subject, change.operation, now, false);
  await addEvents(tx, subject, change.operation.id, [change.event], now);
  await auditStart(db, tx, toCluster(row), change.operation, now);
  await noteChange(db, tx, subject, now);
  return toCluster(row);
}

/** What is wanted would be made up otherwise. Deletion builds nothing, and what a change sets anew is mended by it. */
function refuseOnLoss({ cluster, nodegroups }: CurrentCluster, { nodegroups: changes = [] }: AcceptedChange): void {
  const going = (id: string) => changes.some((each) => each.id === id && each.status === "DELETE_IN_PROGRESS");
  const given = new Map(
    changes.map(({ id, nodeCount, minNodeCount, maxNodeCount, nodesToRemove, nodeLabels, nodeTaints }) => [
      id,
      new Set(
        Object.entries({ nodeCount, minNodeCount, maxNodeCount, nodesToRemove, nodeLabels, nodeTaints }).flatMap(
          ([field, value]) => (value === undefined ? [] : field),
        ),
      ),
    ]),
  );
  const lost = lossOf(
    cluster,
    nodegroups.filter(({ id }) => !going(id)),
    given,
  );
  if (lost !== null)
    throw new DomainError(
      "operation_not_allowed_now",
      `Cluster ${cluster.name} cannot be changed. ${lost.words} ${lost.remedy}`,
    );
}

/** A change on top of one that runs does not cut short the time that the running one was given. */
function deadlineOf({ cluster, deadlineAt }: CurrentCluster, change: AcceptedChange): Date | null {
  const next = change.deadlineAt ?? null;
  const runs = cluster.status === "UPDATE_IN_PROGRESS" || cluster.status === "ROLLBACK_IN_PROGRESS";
  const goesOn = runs && change.status === "UPDATE_IN_PROGRESS";
  return goesOn && next !== null && deadlineAt !== null && deadlineAt > next ? deadlineAt : next;
}

/** While a change runs that can be undone, what was wanted before that one is the last that is known to work. */
function previousOf({ cluster, nodegroups, previous }: CurrentCluster): string | null {
  if (cluster.status === "UPDATE_IN_PROGRESS" && previous !== null) return previous;
  const wish = PreviousWish.safeParse({ ...cluster, nodegroups });
  // What does not fit any more is nothing to go back to.
  return wish.success ? JSON.stringify(wish.data) : null;
}

async function lockCluster(db: Db, tx: Tx, scope: Scope, id: string): Promise<CurrentCluster> {
  if (db.dialect === "postgresql") await tx.$executeRaw`SELECT 1 FROM "Cluster" WHERE "id" = ${id} FOR UPDATE`;
  const row = await tx.cluster.findFirst({
    where: { AND: [clustersIn(scope), { id }] },
    include: { nodegroups: { orderBy: { seq: "asc" } } },
  });
  if (!row) throw notFound(id);
  return {
    cluster: toWholeCluster(row),
    nodegroups: row.nodegroups.map(toWholeNodegroup),
    ...toInner(row),
    pki: toPkiState(row),
    previous: row.previous,
  };
}

/** As Magnum shows them: everything that is no master counts as a node. */
export function countsOf(nodegroups: readonly { role: string; nodeCount: number }[]) {
  const sum = (masters: boolean) =>
    nodegroups
      .filter((group) => (group.role === "master") === masters)
      // A count that cannot be read is none.
      .reduce((total, { nodeCount }) => Math.min(total + Math.max(nodeCount || 0, 0), maxInteger), 0);
  return { masterCount: sum(true), nodeCount: sum(false) };
}

const nodegroupColumns = (
  { facts, labels, nodeLabels, nodeTaints, ...group }: NewNodegroup,
  clusterId: string,
  projectId: string,
  now: Date,
) => ({
  ...group,
  clusterId,
  projectId,
  labels: JSON.stringify(labels),
  nodeLabels: nodeLabels === null ? null : JSON.stringify(nodeLabels),
  nodeTaints: nodeTaints === null ? null : JSON.stringify(nodeTaints),
  facts: JSON.stringify(facts),
  status: "CREATE_IN_PROGRESS",
  createdAt: now,
});
