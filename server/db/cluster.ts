// Clusters as they are read. What changes them is in cluster-change.ts and reconcile.ts.
import { z } from "zod";
import { Prisma } from "./generated/sqlite/client.ts";
import {
  clusterStatuses,
  statusGroup,
  statusGroups,
  ClusterStatus,
  type StatusGroup,
} from "../domain/cluster-status.ts";
import type { PkiState } from "../domain/authority.ts";
import type { Cluster, ClusterRow, ClusterSummary } from "../domain/cluster.ts";
import { DomainError } from "../domain/error.ts";
import { noFacts, type ClusterFacts } from "../domain/facts.ts";
import type { Labels } from "../domain/labels.ts";
import type { Db } from "./client.ts";
import { searchable } from "./column.ts";
import { nullable, pageOf, positionOf, readCursor, readSort, required, writeCursor, type Page } from "./page.ts";
import { rowReader, withDamage, type Instead } from "./row.ts";
import { clustersIn, type Scope } from "./scope.ts";
import { columnOf, keepId, keepText, keepWords, tables, toLabels } from "./tables.ts";

/** What lists of clusters can be sorted by: columns of the console, then the further ones of the REST API. */
export const clusterSorts = {
  name: required("nameSort"),
  status: required("status"),
  health: nullable("healthStatus"),
  version: nullable("coeVersionSort"),
  masters: required("masterCount"),
  workers: required("nodeCount"),
  created: required("createdAt"),
  updated: nullable("updatedAt"),
  createdBy: nullable("userName"),
  keypair: nullable("keypair"),
  apiAddress: nullable("apiAddress"),
  locked: required("locked"),
  uuid: required("id"),
  id: required("seq"),
  template: required("templateId"),
  flavor: nullable("flavorId"),
  masterFlavor: nullable("masterFlavorId"),
  dockerVolumeSize: nullable("dockerVolumeSizeGib"),
  fixedNetwork: nullable("fixedNetwork"),
  fixedSubnet: nullable("fixedSubnet"),
  createTimeout: nullable("createTimeoutMinutes"),
  discoveryUrl: nullable("discoveryUrl"),
  statusReason: nullable("statusReason"),
  stackId: nullable("stackId"),
  containerVersion: nullable("containerVersion"),
  floatingIpEnabled: required("floatingIpEnabled"),
  masterLbEnabled: required("masterLbEnabled"),
  projectId: required("projectId"),
  userId: required("userId"),
} as const;

export interface ClusterFilter {
  /** Part of the name, an address or the template's name, or the beginning of the id. */
  q?: string | undefined;
  statuses?: readonly ClusterStatus[] | undefined;
  templateId?: string | undefined;
}

export interface ClusterQuery extends ClusterFilter {
  /** Key of clusterSorts, `-` in front for descending. Default `name`. */
  sort?: string | undefined;
  /** `next` of the page before. */
  after?: string | undefined;
  /** Instead of `after`: id of the last row of the page before (REST). */
  marker?: string | undefined;
  size: number;
}

const withTemplate = { template: { select: { name: true } } } as const;
type Unlisted = "facts" | "previous" | "seenBackend";
type Row = Omit<Prisma.ClusterGetPayload<object>, Unlisted>;

/** Two queries a page. Throws invalid_input for an unknown sort or cursor, cluster_not_found for an unknown marker. */
export async function listClusters(db: Db, scope: Scope, query: ClusterQuery): Promise<Page<ClusterRow>> {
  const { matches, where, orderBy, pageFrom } = await partOf(db, scope, query);
  const [found, total] = await Promise.all([
    db.prisma.cluster.findMany({ where, orderBy, take: query.size + 1, omit: unlisted, include: withTemplate }),
    db.prisma.cluster.count({ where: matches }),
  ]);
  const { rows, next } = pageFrom(found);
  return { rows: rows.map(toClusterRow), total, next };
}

/**
 * For the REST API's lists: a page without the total, which costs as much as there are clusters. One query, two with a
 * marker. `detail` has every field; the short form reads a third of the columns in two thirds of the time.
 */
export async function listClusterDetails(db: Db, scope: Scope, query: ClusterQuery): Promise<Cluster[]> {
  const { where, orderBy } = await partOf(db, scope, query);
  const rows = await db.prisma.cluster.findMany({ where, orderBy, take: query.size, omit: unlisted });
  return rows.map(toCluster);
}

/** As listClusterDetails, in the short form. */
export async function listClusterSummaries(db: Db, scope: Scope, query: ClusterQuery): Promise<ClusterSummary[]> {
  const { where, orderBy } = await partOf(db, scope, query);
  const rows = await db.prisma.cluster.findMany({ where, orderBy, take: query.size, select: summarised });
  return rows.map((row) => {
    const { templateId, ...summary } = readSummary(row);
    return { ...summary, clusterTemplateId: templateId };
  });
}

const summarised = {
  id: true,
  name: true,
  templateId: true,
  keypair: true,
  masterCount: true,
  nodeCount: true,
  masterFlavorId: true,
  flavorId: true,
  dockerVolumeSizeGib: true,
  labels: true,
  createTimeoutMinutes: true,
  status: true,
  healthStatus: true,
  stackId: true,
} as const;

/** Large columns that nobody lists. */
const unlisted = { facts: true, previous: true, seenBackend: true } as const;

/** Condition and order of a page, and what the rows found make of it. */
async function partOf(db: Db, scope: Scope, query: ClusterQuery) {
  const { by, direction, name } = readSort(clusterSorts, query.sort ?? "name");
  const marker = query.marker
    ? await db.prisma.cluster.findFirst({
        where: { AND: [clustersIn(scope), { id: query.marker }] },
        select: { seq: true, [by.column]: true },
      })
    : null;
  if (query.marker && !marker) throw notFound(query.marker);
  const after = marker
    ? positionOf(marker, by)
    : query.after
      ? readCursor(name, query.after, columnOf("Cluster", by.column))
      : null;
  const matches = matching(scope, query);
  const part = pageOf<Prisma.ClusterWhereInput, Prisma.ClusterOrderByWithRelationInput>({ by, direction, after });
  return {
    matches,
    where: { AND: [matches, ...part.where] },
    orderBy: part.orderBy,
    /** One row more than the page holds is asked for, to know whether another page follows. */
    pageFrom<Found extends { seq: number }>(found: Found[]): { rows: Found[]; next: string | null } {
      const rows = found.slice(0, query.size);
      const last = rows.at(-1);
      return { rows, next: found.length > query.size && last ? writeCursor(name, positionOf(last, by)) : null };
    },
  };
}

function matching(scope: Scope, filter: ClusterFilter): Prisma.ClusterWhereInput {
  const text = searchable(filter.q?.trim() ?? "");
  const conditions: Prisma.ClusterWhereInput[] = [clustersIn(scope)];
  if (filter.statuses)
    conditions.push({
      OR: [
        { status: { in: [...filter.statuses] } },
        // What is no word of ours is shown as one, and so found by it.
        ...(filter.statuses.includes(unknownStatus) ? [{ status: { notIn: [...clusterStatuses] } }] : []),
      ],
    });
  if (filter.templateId) conditions.push({ templateId: filter.templateId });
  if (text)
    conditions.push({
      OR: [
        { nameFold: { contains: text } },
        { id: { startsWith: text } },
        { apiAddress: { contains: text } },
        { masterAddresses: { contains: text } },
        { nodeAddresses: { contains: text } },
        { template: { nameFold: { contains: text } } },
      ],
    });
  return { AND: conditions };
}

/** How many clusters there are in each group of statuses; `filter` narrows as it does the list. */
export async function countByStatus(
  db: Db,
  scope: Scope,
  filter: ClusterFilter = {},
): Promise<Record<StatusGroup, number>> {
  const rows = await db.prisma.cluster.groupBy({ by: ["status"], where: matching(scope, filter), _count: true });
  const counts = Object.fromEntries(statusGroups.map((group) => [group, 0]));
  for (const row of rows) {
    const group = statusGroup(toStatus(row.status));
    counts[group] = (counts[group] ?? 0) + row._count;
  }
  return z.record(z.enum(statusGroups), z.int()).parse(counts);
}

/** All records, also failed ones and those being deleted; `nodes` counts masters too (magnum-api 10.2). */
export async function clusterStats(db: Db, scope: Scope): Promise<{ clusters: number; nodes: number }> {
  const sums = await db.prisma.cluster.aggregate({
    where: clustersIn(scope),
    _count: true,
    _sum: { masterCount: true, nodeCount: true },
  });
  return { clusters: sums._count, nodes: (sums._sum.masterCount ?? 0) + (sums._sum.nodeCount ?? 0) };
}

/** Throws cluster_not_found. */
export async function getCluster(db: Db, scope: Scope, id: string): Promise<Cluster> {
  const row = await db.prisma.cluster.findFirst({ where: { AND: [clustersIn(scope), { id }] } });
  if (!row) throw notFound(id);
  return toCluster(row);
}

/**
 * A cluster and the labels of its template (null = the template is not for this scope); null = no such cluster. The
 * hottest read of the REST API: this SQL takes a fifth of the processor time of Prisma's two queries (60 us to 300 us).
 */
export async function findClusterAndLabels(
  db: Db,
  scope: Scope,
  id: string,
): Promise<{ cluster: Cluster; templateLabels: Labels | null } | null> {
  const conditions = Object.entries(clustersIn(scope)).map(
    ([column, value]) => Prisma.sql`AND c.${Prisma.raw(`"${column}"`)} = ${value}`,
  );
  const own =
    scope.kind === "project" ? Prisma.sql`AND (t."public" OR t."projectId" = ${scope.projectId})` : Prisma.empty;
  // Everything that is used of it is held against the domain's schema in toCluster.
  const [row] = await db.prisma.$queryRaw<(Row & { templateLabels: string | null })[]>`
    SELECT c.*, t."labels" AS "templateLabels" FROM "Cluster" c
    LEFT JOIN "ClusterTemplate" t ON t."id" = c."templateId" ${own}
    WHERE c."id" = ${id} ${conditions.length === 0 ? Prisma.empty : Prisma.join(conditions, " ")}`;
  if (!row) return null;
  return { cluster: toCluster(row), templateLabels: row.templateLabels === null ? null : toLabels(row.templateLabels) };
}

/** By exact name. Throws cluster_not_found, cluster_ambiguous. */
export async function findClusterByName(db: Db, scope: Scope, name: string): Promise<Cluster> {
  const rows = await db.prisma.cluster.findMany({ where: { AND: [clustersIn(scope), { name }] }, take: 2 });
  const [row, another] = rows;
  if (!row) throw notFound(name);
  if (another)
    throw new DomainError(
      "cluster_ambiguous",
      "Multiple clusters exist with same name. Please use the cluster uuid instead.",
    );
  return toCluster(row);
}

export async function clusterNameTaken(db: Db, scope: Scope, name: string): Promise<boolean> {
  return (await db.prisma.cluster.count({ where: { AND: [clustersIn(scope), { name }] } })) > 0;
}

/** The cluster that a create request with this key made, if any. Ask before anything is made at the cloud. */
export async function findByIdempotencyKey(db: Db, scope: Scope, key: string): Promise<string | null> {
  if (scope.kind === "cloud") return null;
  const row = await db.prisma.idempotencyKey.findUnique({
    where: { projectId_key: { projectId: scope.projectId, key } },
  });
  return row?.clusterId ?? null;
}

/** With what was resolved when it was accepted. Throws cluster_not_found. */
export async function getWholeCluster(db: Db, scope: Scope, id: string): Promise<Cluster & { facts: ClusterFacts }> {
  const row = await db.prisma.cluster.findFirst({ where: { AND: [clustersIn(scope), { id }] } });
  if (!row) throw notFound(id);
  return toWholeCluster(row);
}

export interface ClusterAttention {
  clusterId: string;
  name: string;
  status: ClusterStatus;
  why: "failed" | "unhealthy" | "deleting-long";
}

const deletingLongMs = 30 * 60_000;

/** Clusters that somebody should look at, the longest waiting first, at most 20. */
export async function listAttention(db: Db, scope: Scope, now: Date): Promise<ClusterAttention[]> {
  const long = new Date(now.getTime() - deletingLongMs);
  const failed = clusterStatuses.filter((status) => statusGroup(status) === "failed");
  const rows = await db.prisma.cluster.findMany({
    where: {
      AND: [
        clustersIn(scope),
        {
          OR: [
            { status: { in: failed } },
            { healthStatus: "UNHEALTHY" },
            { status: "DELETE_IN_PROGRESS", statusSince: { lt: long } },
          ],
        },
      ],
    },
    orderBy: [{ statusSince: "asc" }, { seq: "asc" }],
    take: 20,
    select: { id: true, name: true, status: true },
  });
  return rows.map(({ id, name, status }) => {
    const parsed = toStatus(status);
    const why = parsed.endsWith("_FAILED") ? "failed" : parsed === "DELETE_IN_PROGRESS" ? "deleting-long" : "unhealthy";
    return { clusterId: id, name, status: parsed, why };
  });
}

export const notFound = (what: string) => new DomainError("cluster_not_found", `Cluster ${what} could not be found.`);

const columns = tables.Cluster;
const {
  seq: _seq,
  nameFold: _fold,
  nameSort: _sort,
  facts,
  coeVersionSort: _versionSort,
  readyMasters,
  readyNodes,
  observedGeneration,
  repair,
  maxBatch,
  pkiRevision,
  pkiPhase,
  previous: _previous,
  deletionRequestedAt,
  deadlineAt,
  seenBackend,
  nextReconcileAt: _next,
  failures,
  leaseOwner: _owner,
  leaseUntil: _until,
  ...shown
} = columns;

/** A status that is none of ours can be repaired by a retry, and the cluster deleted. */
const unknownStatus = "UPDATE_FAILED";
const toStatus = (word: string): ClusterStatus => ClusterStatus.catch(unknownStatus).parse(word);

const never = new Date(0);
const instead = {
  id: "",
  name: "?",
  projectId: "",
  userId: "",
  region: "",
  templateId: "",
  driver: "",
  coe: "",
  masterCount: 0,
  nodeCount: 0,
  labels: {},
  floatingIpEnabled: false,
  masterLbEnabled: false,
  tlsDisabled: false,
  locked: false,
  rollbackOnFailure: false,
  status: unknownStatus,
  statusSince: never,
  healthReason: {},
  masterAddresses: [],
  nodeAddresses: [],
  generation: 1,
  createdAt: never,
} as const satisfies Instead<typeof shown>;
const keep = { ...keepText(shown), id: keepId, templateId: keepId, labels: keepWords };

const readCluster = rowReader(shown, instead, keep);
const readListed = rowReader({ ...shown, readyMasters, readyNodes }, instead, keep);
const readSummary = rowReader(
  {
    id: columns.id,
    name: columns.name,
    templateId: columns.templateId,
    keypair: columns.keypair,
    masterCount: columns.masterCount,
    nodeCount: columns.nodeCount,
    masterFlavorId: columns.masterFlavorId,
    flavorId: columns.flavorId,
    dockerVolumeSizeGib: columns.dockerVolumeSizeGib,
    labels: columns.labels,
    createTimeoutMinutes: columns.createTimeoutMinutes,
    status: columns.status,
    healthStatus: columns.healthStatus,
    stackId: columns.stackId,
  },
  instead,
  keep,
);

/** Of the resolved facts nothing can be guessed: `damage` tells. */
const readFacts = rowReader({ facts }, { facts: noFacts }, {});
const readPki = rowReader({ pkiRevision, pkiPhase }, { pkiRevision: 1 }, {});

/** Where the rotation of a cluster's authorities stands, of its row. A phase that is none counts as no rotation. */
export function toPkiState(row: { pkiRevision: number; pkiPhase: string | null }): PkiState {
  const read = readPki(row);
  return { revision: read.pkiRevision, phase: read.pkiPhase };
}

/** What only those who change a cluster need of its row. A wish for deletion that cannot be read was one. */
export const toInner = rowReader(
  { observedGeneration, repair, maxBatch, deletionRequestedAt, deadlineAt, failures, seenBackend },
  { observedGeneration: 0, repair: false, maxBatch: 1, failures: 0 },
  { deletionRequestedAt: () => never },
);

/** With what was resolved for it, and with the damage of all that a change of it builds on. */
export function toWholeCluster(row: Prisma.ClusterGetPayload<object>): Cluster & { facts: ClusterFacts } {
  const [cluster, resolved] = [toCluster(row), readFacts(row)];
  return { ...cluster, facts: resolved.facts, ...withDamage(cluster.damage, resolved.damage, readPki(row).damage) };
}

export function toCluster(row: Row): Cluster {
  const { templateId, progressDone, progressTotal, progressNow, ...rest } = readCluster(row);
  return { ...rest, clusterTemplateId: templateId, progress: toProgress(progressDone, progressTotal, progressNow) };
}

function toClusterRow(row: Row & { template: { name: string } }): ClusterRow {
  const { templateId, progressDone, progressTotal, progressNow, ...rest } = readListed(row);
  return {
    ...rest,
    clusterTemplateId: templateId,
    progress: toProgress(progressDone, progressTotal, progressNow),
    templateName: row.template.name,
  };
}

const toProgress = (done: number | null, total: number | null, now: string | null): Cluster["progress"] =>
  done === null || total === null ? null : { done, total, now };
