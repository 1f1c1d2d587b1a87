// What may stand in each column of the tables that are read by schema: one schema for writing and for reading. client.ts
// sends every write through `toColumns`, so that nothing is written that a reader refuses.
import { z } from "zod";
import { auditOutcomes, CadfEvent } from "../domain/audit.ts";
import { authorityKinds, PkiPhase } from "../domain/authority.ts";
import { IssuedCertificate } from "../domain/certificate.ts";
import { Cluster } from "../domain/cluster.ts";
import { ClusterTemplate } from "../domain/cluster-template.ts";
import { integer, isStorable, said, storable, text, unstorable } from "../domain/column.ts";
import { DomainError } from "../domain/error.ts";
import { ClusterEvent, OperationRecord } from "../domain/event.ts";
import { ClusterFacts, NodeGroupFacts } from "../domain/facts.ts";
import { wireField } from "../domain/field.ts";
import { Uuid } from "../domain/identifier.ts";
import type { Labels } from "../domain/labels.ts";
import { ClusterNode, NodeGroup } from "../domain/nodegroup.ts";
import { PreviousWish } from "../domain/previous.ts";
import { Quota } from "../domain/quota.ts";
import type { Prisma } from "./generated/sqlite/client.ts";
import type { Keep, Shape } from "./row.ts";

const jsonColumns = new WeakSet<z.ZodType>();

/** JSON text in the database. */
export function json<T>(schema: z.ZodType<T>) {
  const column = z.string().transform(parsed).pipe(schema);
  jsonColumns.add(column);
  return column;
}
function optionalJson<T>(schema: z.ZodType<T>) {
  const column = json(schema).nullable();
  jsonColumns.add(column);
  return column;
}

function parsed(given: string, ctx: z.RefinementCtx<string>): unknown {
  try {
    const value: unknown = JSON.parse(given);
    return value;
  } catch {
    ctx.addIssue({ code: "custom", message: "is not JSON" });
    return z.NEVER;
  }
}

/** Made for searching and sorting from another column. */
const derived = text(100_000);
const word = text(255);
const time = z.date();
const optionalTime = time.nullable();

const { clusterTemplateId, progress: _, ...clusterFields } = Cluster.shape;
const { index, role: _role, nodegroup: _nodegroup, ...nodeFields } = ClusterNode.shape;

export const tables = {
  ClusterTemplate: {
    ...ClusterTemplate.shape,
    seq: integer(1),
    nameFold: derived,
    nameSort: derived,
    labels: json(ClusterTemplate.shape.labels),
  },
  Cluster: {
    ...clusterFields,
    seq: integer(1),
    nameFold: derived,
    nameSort: derived,
    templateId: clusterTemplateId,
    labels: json(clusterFields.labels),
    facts: json(ClusterFacts),
    failure: optionalJson(clusterFields.failure.unwrap()),
    progressDone: integer(0).nullable(),
    progressTotal: integer(0).nullable(),
    progressNow: said(2000).nullable(),
    healthReason: json(clusterFields.healthReason),
    masterAddresses: json(clusterFields.masterAddresses),
    nodeAddresses: json(clusterFields.nodeAddresses),
    coeVersionSort: derived.nullable(),
    readyMasters: integer(0).nullable(),
    readyNodes: integer(0).nullable(),
    observedGeneration: integer(0),
    repair: z.boolean(),
    maxBatch: integer(1),
    pkiRevision: integer(1),
    pkiPhase: PkiPhase.nullable(),
    previous: optionalJson(PreviousWish),
    deletionRequestedAt: optionalTime,
    deadlineAt: optionalTime,
    seenBackend: optionalJson(z.unknown()),
    nextReconcileAt: time,
    failures: integer(0),
    leaseOwner: word.nullable(),
    leaseUntil: optionalTime,
  },
  NodeGroup: {
    ...NodeGroup.shape,
    labels: json(NodeGroup.shape.labels),
    facts: json(NodeGroupFacts),
    nodesToRemove: json(NodeGroup.shape.nodesToRemove),
    nodeLabels: optionalJson(NodeGroup.shape.nodeLabels.unwrap()),
    nodeTaints: optionalJson(NodeGroup.shape.nodeTaints.unwrap()),
    nodeAddresses: json(NodeGroup.shape.nodeAddresses),
  },
  Node: { ...nodeFields, projectId: word, memberIndex: index },
  CertificateAuthority: {
    id: Uuid,
    clusterId: Uuid,
    kind: z.enum(authorityKinds),
    revision: integer(1),
    certPem: text(65_536),
    key: text(65_536),
    createdAt: time,
  },
  IssuedCertificate: { ...IssuedCertificate.shape, projectId: word },
  Quota: { ...Quota.shape, id: integer(1), createdAt: time, updatedAt: optionalTime },
  Operation: { ...OperationRecord.shape, seq: integer(1), changes: json(OperationRecord.shape.changes) },
  ClusterEvent: { ...ClusterEvent.shape, projectId: word },
  AuditEvent: {
    seq: integer(1),
    id: Uuid,
    clusterId: Uuid,
    clusterName: word,
    projectId: word,
    at: time,
    action: OperationRecord.shape.kind,
    outcome: z.enum(auditOutcomes),
    userId: word.nullable(),
    userName: word.nullable(),
    payload: json(CadfEvent),
  },
} as const satisfies {
  [M in Prisma.ModelName]?: Record<keyof Prisma.TypeMap["model"][M]["payload"]["scalars"], z.ZodType>;
};

const known = new Map<string, Map<string, z.ZodType>>(
  Object.entries(tables).map(([model, columns]) => [model, new Map<string, z.ZodType>(Object.entries(columns))]),
);

/** For what comes from outside and is compared with a column. */
export const columnOf = (model: keyof typeof tables, name: string): z.ZodType =>
  known.get(model)?.get(name) ?? z.never();

/**
 * The columns as they are written: what the schemas make of them. Tables without schemas are read as they are; of them
 * text alone is looked at. Throws invalid_input naming the first one that does not fit.
 */
export function toColumns(model: string, data: unknown): unknown {
  if (Array.isArray(data)) return data.map((row) => toColumns(model, row));
  if (typeof data !== "object" || data === null) return data;
  const columns = known.get(model);
  return Object.fromEntries(
    Object.entries(data).map(([name, value]: [string, unknown]) => [name, toColumn(columns?.get(name), name, value)]),
  );
}

function toColumn(schema: z.ZodType | undefined, name: string, value: unknown): unknown {
  // Sums and the like are the database's own: `{ increment: 1 }`.
  const isPlain = value === null || typeof value !== "object" || value instanceof Date;
  if (value === undefined || !isPlain) return value;
  if (!schema) {
    if (typeof value === "string" && !isStorable(value)) throw refused(name, unstorable);
    return value;
  }
  const read = schema.safeParse(value);
  if (!read.success) throw refused(name, read.error.issues[0]?.message ?? "does not fit");
  return jsonColumns.has(schema) && read.data !== null ? JSON.stringify(read.data) : read.data;
}

const refused = (name: string, why: string) => {
  const field = wireField(name);
  return new DomainError("invalid_input", `${field} ${why}`, { field });
};

/** Of columns that take any word: the nearest text that fits. Blanks are as nothing, where that may be. */
export function keepText<S extends Shape>(shape: S): Keep<S> {
  const keepers = Object.entries(shape).flatMap(([name, schema]) => {
    if (!schema.safeParse("a").success) return [];
    const nothing = schema.safeParse(null).success ? null : undefined;
    const keep = (raw: unknown) => {
      if (typeof raw !== "string") return undefined;
      const clean = storable(raw).trim();
      return [clean, storable(clean.slice(0, 255))].find((each) => schema.safeParse(each).success) ?? nothing;
    };
    return [[name, keep]];
  });
  return Object.fromEntries(keepers) as Keep<S>;
}

const Words = z.record(z.string(), z.string());

/** Whatever stands there: it is what other rows and addresses refer to. */
export const keepId = (raw: unknown): string | undefined => (typeof raw === "string" ? raw : undefined);

/** A column of labels by itself. What cannot be read is none. */
export const toLabels = (raw: string): Labels => {
  const read = tables.Cluster.labels.safeParse(raw);
  return read.success ? read.data : (keepWords(raw) ?? {});
};

/** Labels beyond their bounds mean what they meant. */
export function keepWords(raw: unknown): Record<string, string> | undefined {
  const read = json(Words).safeParse(raw);
  return read.success ? read.data : undefined;
}
