// A cluster: what people ask for (ClusterCreate) and what is kept and shown (Cluster). Limits: magnum-api 7.
import { z } from "zod";
import { ClusterStatus, HealthStatus } from "./cluster-status.ts";
import { integer, said, short, text } from "./column.ts";
import type { MaybeDamaged } from "./damage.ts";
import { FailureCause } from "./failure.ts";
import { Labels } from "./labels.ts";
import { Uuid } from "./identifier.ts";

export const ClusterName = z
  .string()
  .min(1, "must have 1 to 242 characters")
  .max(242, "must have 1 to 242 characters")
  .regex(
    /^[a-zA-Z][a-zA-Z0-9_.-]*$/,
    "must start with a letter and hold only letters, digits, underscores, dots and hyphens",
  );

/** Absent = not set by the person: the template's value applies and nothing is sent for it. */
export const ClusterCreate = z.object({
  name: ClusterName.optional(),
  clusterTemplateId: short,
  keypair: short.nullable().optional(),
  masterCount: integer(1, "must be at least 1").optional(),
  nodeCount: integer(0).optional(),
  masterFlavorId: short.nullable().optional(),
  flavorId: short.nullable().optional(),
  dockerVolumeSizeGib: integer(1, "must be at least 1 GB").nullable().optional(),
  labels: Labels.optional(),
  mergeLabels: z.boolean().optional(),
  /** Minutes; 0 = no limit. */
  createTimeoutMinutes: integer(0, "must be 0 or more minutes").nullable().optional(),
  discoveryUrl: text(2000).nullable().optional(),
  fixedNetwork: short.nullable().optional(),
  fixedSubnet: short.nullable().optional(),
  floatingIpEnabled: z.boolean().nullable().optional(),
  masterLbEnabled: z.boolean().nullable().optional(),
  /** The console's own: keeps the cluster from deletion until unlocked. */
  locked: z.boolean().optional(),
  /** The console's own: default of "roll back on failure" in later changes. */
  rollbackOnFailure: z.boolean().optional(),
});
export type ClusterCreate = z.infer<typeof ClusterCreate>;

/** Even control planes cannot keep a majority better than one less; several need one address. Null = fine. */
export function masterCountProblem(masterCount: number, masterLbEnabled: boolean): string | null {
  if (masterCount < 1 || masterCount % 2 === 0)
    return `master nodegroup size of ${masterCount} is invalid, size must be an odd number such as 1, 3 or 5`;
  if (masterCount > 1 && !masterLbEnabled) return "master_count must be 1 when master_lb_enabled is False";
  return null;
}

export const ClusterProgress = z.object({ done: integer(0), total: integer(0), now: said(2000).nullable() });

const word = text(255);
const addresses = z.array(said(255));

export const Cluster = z.object({
  id: Uuid,
  name: word.min(1),
  projectId: word,
  userId: word,
  userName: word.nullable(),
  region: word,
  clusterTemplateId: Uuid,
  driver: word,
  coe: word,
  keypair: word.nullable(),
  masterCount: integer(0),
  /** Sum of all node groups that are not masters, as Magnum shows it. */
  nodeCount: integer(0),
  masterFlavorId: word.nullable(),
  flavorId: word.nullable(),
  dockerVolumeSizeGib: integer(1).nullable(),
  labels: Labels,
  createTimeoutMinutes: integer(0).nullable(),
  discoveryUrl: text(2000).nullable(),
  fixedNetwork: word.nullable(),
  fixedSubnet: word.nullable(),
  floatingIpEnabled: z.boolean(),
  masterLbEnabled: z.boolean(),
  tlsDisabled: z.boolean(),
  locked: z.boolean(),
  rollbackOnFailure: z.boolean(),
  status: ClusterStatus,
  statusReason: said(65_536).nullable(),
  /** Since when the status is what it is. */
  statusSince: z.date(),
  failure: FailureCause.nullable(),
  progress: ClusterProgress.nullable(),
  healthStatus: HealthStatus.nullable(),
  healthReason: z.record(said(255), said(65_536)),
  healthCheckedAt: z.date().nullable(),
  stackId: said(255).nullable(),
  apiAddress: said(2000).nullable(),
  coeVersion: said(255).nullable(),
  containerVersion: said(255).nullable(),
  masterAddresses: addresses,
  nodeAddresses: addresses,
  generation: integer(1),
  createdAt: z.date(),
  updatedAt: z.date().nullable(),
});
export type Cluster = z.infer<typeof Cluster> & MaybeDamaged;

/** What the REST API's short list shows of a cluster. */
export const ClusterSummary = Cluster.pick({
  id: true,
  name: true,
  clusterTemplateId: true,
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
});
export type ClusterSummary = z.infer<typeof ClusterSummary> & MaybeDamaged;

/** A row of the clusters list: one query per page gives all of it. */
export const ClusterRow = Cluster.pick({
  id: true,
  name: true,
  status: true,
  statusReason: true,
  statusSince: true,
  failure: true,
  progress: true,
  healthStatus: true,
  healthReason: true,
  healthCheckedAt: true,
  coe: true,
  coeVersion: true,
  masterCount: true,
  nodeCount: true,
  clusterTemplateId: true,
  keypair: true,
  apiAddress: true,
  userId: true,
  userName: true,
  locked: true,
  createdAt: true,
  updatedAt: true,
}).extend({ templateName: z.string().nullable(), readyMasters: z.int().nullable(), readyNodes: z.int().nullable() });
export type ClusterRow = z.infer<typeof ClusterRow> & MaybeDamaged;
