import type { Prisma } from "./generated/sqlite/client.ts";
import { templateDefaults, type ClusterTemplate, type TemplateFields } from "../domain/cluster-template.ts";
import { DomainError } from "../domain/error.ts";
import type { Labels } from "../domain/labels.ts";
import { hasCode, type Db } from "./client.ts";
import { naturalKey, searchable } from "./column.ts";
import { nullable, pageOf, positionOf, readCursor, readSort, required, writeCursor, type Page } from "./page.ts";
import { rowReader } from "./row.ts";
import type { ProjectScope, Scope } from "./scope.ts";
import { columnOf, keepId, keepText, keepWords, tables, toLabels } from "./tables.ts";

export type TemplateRow = ClusterTemplate & {
  /** Clusters that use it, in every project. */
  clusters: number;
  /** Made in the project that asks. */
  mine: boolean;
};

/** What lists of templates can be sorted by. */
export const templateSorts = {
  id: required("seq"),
  uuid: required("id"),
  name: required("nameSort"),
  created: required("createdAt"),
  updated: nullable("updatedAt"),
  coe: required("coe"),
  distro: required("clusterDistro"),
  image: required("imageId"),
  flavor: nullable("flavorId"),
  masterFlavor: nullable("masterFlavorId"),
  keypair: nullable("keypairId"),
  networkDriver: required("networkDriver"),
  volumeDriver: nullable("volumeDriver"),
  externalNetwork: nullable("externalNetworkId"),
  fixedNetwork: nullable("fixedNetwork"),
  fixedSubnet: nullable("fixedSubnet"),
  dnsNameserver: nullable("dnsNameserver"),
  apiserverPort: nullable("apiserverPort"),
  dockerVolumeSize: nullable("dockerVolumeSizeGib"),
  dockerStorageDriver: nullable("dockerStorageDriver"),
  serverType: required("serverType"),
  public: required("public"),
  hidden: required("hidden"),
  masterLbEnabled: required("masterLbEnabled"),
  floatingIpEnabled: required("floatingIpEnabled"),
  tlsDisabled: required("tlsDisabled"),
  registryEnabled: required("registryEnabled"),
  insecureRegistry: nullable("insecureRegistry"),
  httpProxy: nullable("httpProxy"),
  httpsProxy: nullable("httpsProxy"),
  noProxy: nullable("noProxy"),
  tags: nullable("tags"),
  driver: required("driver"),
  projectId: required("projectId"),
  userId: required("userId"),
} as const;

export interface TemplateQuery {
  /** Part of the name, or the beginning of the id. */
  q?: string | undefined;
  /** Key of templateSorts, `-` in front for descending. Default `name`. */
  sort?: string | undefined;
  /** `next` of the page before. */
  after?: string | undefined;
  /** Instead of `after`: id of the last row of the page before (REST). */
  marker?: string | undefined;
  size: number;
}

const count = { _count: { select: { clusters: true } } } as const;
type Row = Prisma.ClusterTemplateGetPayload<object>;

/** Own templates and public ones that are not hidden. */
const visible = (scope: Scope): Prisma.ClusterTemplateWhereInput =>
  scope.kind === "cloud" ? {} : { OR: [{ projectId: scope.projectId }, { public: true, hidden: false }] };

/** These and public ones that are hidden: whoever knows the id may use them. */
const known = (scope: Scope): Prisma.ClusterTemplateWhereInput =>
  scope.kind === "cloud" ? {} : { OR: [{ projectId: scope.projectId }, { public: true }] };

const own = (scope: Scope): Prisma.ClusterTemplateWhereInput =>
  scope.kind === "cloud" ? {} : { projectId: scope.projectId };

/** Two queries. Throws invalid_input for an unknown sort or cursor, template_not_found for an unknown marker. */
export async function listTemplates(db: Db, scope: Scope, query: TemplateQuery): Promise<Page<TemplateRow>> {
  const { by, direction, name } = readSort(templateSorts, query.sort ?? "name");
  const marker = query.marker
    ? await db.prisma.clusterTemplate.findFirst({ where: { AND: [visible(scope), { id: query.marker }] } })
    : null;
  if (query.marker && !marker) throw notFound(query.marker);
  const after = marker
    ? positionOf(marker, by)
    : query.after
      ? readCursor(name, query.after, columnOf("ClusterTemplate", by.column))
      : null;
  const matches: Prisma.ClusterTemplateWhereInput = { AND: [visible(scope), search(query.q)] };
  const page = pageOf<Prisma.ClusterTemplateWhereInput, Prisma.ClusterTemplateOrderByWithRelationInput>({
    by,
    direction,
    after,
  });
  const [found, total] = await Promise.all([
    db.prisma.clusterTemplate.findMany({
      where: { AND: [matches, ...page.where] },
      orderBy: page.orderBy,
      take: query.size + 1,
      include: count,
    }),
    db.prisma.clusterTemplate.count({ where: matches }),
  ]);
  const rows = found.slice(0, query.size);
  const last = rows.at(-1);
  return {
    rows: rows.map((row) => toRow(scope, row)),
    total,
    next: found.length > query.size && last ? writeCursor(name, positionOf(last, by)) : null,
  };
}

function search(q: string | undefined): Prisma.ClusterTemplateWhereInput {
  const text = searchable(q?.trim() ?? "");
  return text ? { OR: [{ nameFold: { contains: text } }, { id: { startsWith: text } }] } : {};
}

/** Own, or public (a public one that is hidden can still be used by who knows its id). Throws template_not_found. */
export async function getTemplate(db: Db, scope: Scope, id: string): Promise<TemplateRow> {
  const row = await db.prisma.clusterTemplate.findFirst({ where: { AND: [known(scope), { id }] }, include: count });
  if (!row) throw notFound(id);
  return toRow(scope, row);
}

/** Labels of those of these templates that the scope may know, as getTemplate finds them, by id. */
export async function listTemplateLabels(db: Db, scope: Scope, ids: readonly string[]): Promise<Map<string, Labels>> {
  const rows = await db.prisma.clusterTemplate.findMany({
    where: { AND: [known(scope), { id: { in: [...ids] } }] },
    select: { id: true, labels: true },
  });
  return new Map(rows.map(({ id, labels }) => [id, toLabels(labels)]));
}

/** By exact name among the visible ones. Throws template_not_found, template_ambiguous. */
export async function findTemplateByName(db: Db, scope: Scope, name: string): Promise<TemplateRow> {
  const rows = await db.prisma.clusterTemplate.findMany({
    where: { AND: [visible(scope), { name }] },
    include: count,
    take: 2,
  });
  const [row, another] = rows;
  if (!row) throw notFound(name);
  if (another)
    throw new DomainError(
      "template_ambiguous",
      "Multiple ClusterTemplates exist with same name. Please use the ClusterTemplate uuid instead.",
      { field: "cluster_template_id" },
    );
  return toRow(scope, row);
}

/** Answers what is stored. The row is the project's of the scope whatever `template.projectId` says. */
export async function insertTemplate(db: Db, scope: ProjectScope, template: ClusterTemplate): Promise<ClusterTemplate> {
  const { labels, damage: _, ...fields } = template;
  const row = await db.prisma.clusterTemplate.create({
    data: {
      ...fields,
      projectId: scope.projectId,
      ...nameColumns(fields.name),
      labels: JSON.stringify(labels),
    },
  });
  return toTemplate(row);
}

export type TemplateChange = Partial<
  Omit<TemplateFields, "networkDriver" | "driver"> & { networkDriver: string; driver: string; clusterDistro: string }
>;

/** Own templates only. Throws template_not_found. */
export async function updateTemplate(
  db: Db,
  scope: Scope,
  id: string,
  change: TemplateChange,
  now: Date,
): Promise<void> {
  const { labels, name, ...fields } = change;
  const defined = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const { count: changed } = await db.prisma.clusterTemplate.updateMany({
    where: { AND: [own(scope), { id }] },
    data: {
      ...defined,
      ...(name === undefined ? {} : { name, ...nameColumns(name) }),
      ...(labels === undefined ? {} : { labels: JSON.stringify(labels) }),
      updatedAt: now,
    },
  });
  if (changed === 0) throw notFound(id);
}

/** Own templates only. Throws template_not_found, template_in_use. */
export async function deleteTemplate(db: Db, scope: Scope, id: string): Promise<void> {
  try {
    const { count: deleted } = await db.prisma.clusterTemplate.deleteMany({ where: { AND: [own(scope), { id }] } });
    if (deleted === 0) throw notFound(id);
  } catch (error) {
    // The database itself refuses, so that a cluster which is being made at this moment counts too.
    if (hasCode(error, "P2003"))
      throw new DomainError("template_in_use", `ClusterTemplate ${id} is referenced by one or multiple clusters.`);
    throw error;
  }
}

const nameColumns = (name: string) => ({ nameFold: searchable(name), nameSort: naturalKey(name) });

const notFound = (what: string) =>
  new DomainError("template_not_found", `ClusterTemplate ${what} could not be found.`, {
    field: "cluster_template_id",
  });

function toRow(scope: Scope, row: Row & { _count: { clusters: number } }): TemplateRow {
  return {
    ...toTemplate(row),
    clusters: row._count.clusters,
    mine: scope.kind === "project" && scope.projectId === row.projectId,
  };
}

const { seq: _seq, nameFold: _fold, nameSort: _sort, ...read } = tables.ClusterTemplate;

export const toTemplate: (row: Row) => ClusterTemplate = rowReader(
  read,
  {
    ...templateDefaults,
    id: "",
    projectId: "",
    userId: "",
    name: "?",
    coe: "kubernetes",
    imageId: "",
    networkDriver: "",
    clusterDistro: "",
    driver: "",
    createdAt: new Date(0),
  },
  { ...keepText(read), id: keepId, labels: keepWords },
);
