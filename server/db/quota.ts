// Clusters per project. A project without a row has the default limit.
import type { Prisma } from "./generated/sqlite/client.ts";
import type { MaybeDamaged } from "../domain/damage.ts";
import { DomainError } from "../domain/error.ts";
import { defaultHardLimit, type Quota } from "../domain/quota.ts";
import { hasCode, type Db } from "./client.ts";
import { nullable, pageOf, positionOf, readCursor, readSort, required, writeCursor, type Page } from "./page.ts";
import { rowReader } from "./row.ts";
import type { ProjectScope, Scope } from "./scope.ts";
import { columnOf, keepId, tables } from "./tables.ts";

export type StoredQuota = Quota & { id: number; createdAt: Date; updatedAt: Date | null } & MaybeDamaged;

const resource = "Cluster";

/** The limit that counts and how many clusters there are, in all regions. */
export async function getQuotaUse(
  db: Db,
  scope: ProjectScope,
  defaultLimit = defaultHardLimit,
): Promise<{ used: number; limit: number }> {
  const { projectId } = scope;
  const [quota, used] = await Promise.all([
    db.prisma.quota.findUnique({ where: { projectId_resource: { projectId, resource } } }),
    db.prisma.cluster.count({ where: { projectId } }),
  ]);
  return { used, limit: quota ? read(quota).hardLimit : defaultLimit };
}

/** The project's own row; null = it has none and the default applies. A project's scope sees only its own. */
export async function getQuota(db: Db, scope: Scope, projectId: string): Promise<StoredQuota | null> {
  if (scope.kind === "project" && scope.projectId !== projectId) return null;
  const row = await db.prisma.quota.findUnique({ where: { projectId_resource: { projectId, resource } } });
  return row ? read(row) : null;
}

export const quotaSorts = {
  id: required("id"),
  projectId: required("projectId"),
  hardLimit: required("hardLimit"),
  created: required("createdAt"),
  updated: nullable("updatedAt"),
} as const;

export interface QuotaQuery {
  sort?: string | undefined;
  after?: string | undefined;
  /** Instead of `after`: id of the last row of the page before (REST). */
  marker?: number | undefined;
  size: number;
}

/** Throws invalid_input for an unknown sort or cursor, quota_not_found for an unknown marker. */
export async function listQuotas(db: Db, scope: Scope, query: QuotaQuery): Promise<Page<StoredQuota>> {
  const { by, direction, name } = readSort(quotaSorts, query.sort ?? "id");
  const where: Prisma.QuotaWhereInput = scope.kind === "project" ? { projectId: scope.projectId } : {};
  const marker =
    query.marker === undefined
      ? null
      : await db.prisma.quota.findFirst({ where: { AND: [where, { id: query.marker }] } });
  if (query.marker !== undefined && !marker)
    throw new DomainError("quota_not_found", `Quota ${query.marker} could not be found.`);
  const after = marker
    ? positionOf(seqOf(marker), by)
    : query.after
      ? readCursor(name, query.after, columnOf("Quota", by.column))
      : null;
  const page = pageOf<Prisma.QuotaWhereInput, Prisma.QuotaOrderByWithRelationInput>({
    by,
    direction,
    after,
    key: "id",
  });
  const [found, total] = await Promise.all([
    db.prisma.quota.findMany({
      where: { AND: [where, ...page.where] },
      orderBy: page.orderBy,
      take: query.size + 1,
    }),
    db.prisma.quota.count({ where }),
  ]);
  const rows = found.slice(0, query.size);
  const last = rows.at(-1);
  return {
    rows: rows.map(read),
    total,
    next: found.length > query.size && last ? writeCursor(name, positionOf(seqOf(last), by)) : null,
  };
}

const seqOf = <Row extends { id: number }>(row: Row) => ({ ...row, seq: row.id });

/** Throws quota_exists. */
export async function insertQuota(
  db: Db,
  _scope: Scope,
  { projectId, hardLimit }: { projectId: string; hardLimit: number },
  now: Date,
): Promise<StoredQuota> {
  try {
    return read(await db.prisma.quota.create({ data: { projectId, resource, hardLimit, createdAt: now } }));
  } catch (error) {
    if (hasCode(error, "P2002"))
      throw new DomainError("quota_exists", `Quota for project ${projectId} already exists for resource ${resource}.`);
    throw error;
  }
}

/** Throws quota_not_found. */
export async function updateQuota(
  db: Db,
  _scope: Scope,
  { projectId, hardLimit }: { projectId: string; hardLimit: number },
  now: Date,
): Promise<StoredQuota> {
  try {
    return read(
      await db.prisma.quota.update({
        where: { projectId_resource: { projectId, resource } },
        data: { hardLimit, updatedAt: now },
      }),
    );
  } catch (error) {
    if (hasCode(error, "P2025")) throw missingQuota(projectId);
    throw error;
  }
}

/** Throws quota_not_found. */
export async function deleteQuota(db: Db, _scope: Scope, projectId: string): Promise<void> {
  const { count } = await db.prisma.quota.deleteMany({ where: { projectId, resource } });
  if (count === 0) throw missingQuota(projectId);
}

export const missingQuota = (projectId: string, word = resource) =>
  new DomainError("quota_not_found", `Quota could not be found: project_id ${projectId} resource ${word}.`);

/** A limit that cannot be read is none: nobody gets more than what an operator wrote. */
const read: (row: Prisma.QuotaGetPayload<object>) => StoredQuota = rowReader(
  tables.Quota,
  { id: 0, projectId: "", resource, hardLimit: 0, createdAt: new Date(0) },
  { projectId: keepId },
);
