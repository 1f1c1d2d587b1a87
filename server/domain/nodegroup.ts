// Groups of like nodes: what is kept of them, and what people ask for. Rules of keys and counts: node-rules.ts.
import { z } from "zod";
import { ClusterStatus } from "./cluster-status.ts";
import { integer, short, text } from "./column.ts";
import { Labels } from "./labels.ts";
import { Uuid } from "./identifier.ts";

export const defaultMaster = "default-master";
export const defaultWorker = "default-worker";

export const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;
export const NodeTaint = z.object({
  key: z.string().min(1),
  value: z.string().nullable(),
  effect: z.enum(taintEffects),
});
export type NodeTaint = z.infer<typeof NodeTaint>;

export const NodeGroup = z.object({
  id: Uuid,
  /** The number that clients may name it by as well. */
  seq: z.int(),
  clusterId: Uuid,
  projectId: z.string(),
  name: z.string(),
  /** `master`, `worker` or any other word for a worker-like group. */
  role: z.string(),
  isDefault: z.boolean(),
  nodeCount: z.int().min(0),
  minNodeCount: z.int().min(0),
  maxNodeCount: z.int().min(0).nullable(),
  flavorId: z.string().nullable(),
  imageId: z.string(),
  dockerVolumeSizeGib: z.int().nullable(),
  labels: Labels,
  /** Server ids or member indexes that are to go with the next shrink. */
  nodesToRemove: z.array(z.string()),
  /** Of the group's nodes in Kubernetes; null = never set. */
  nodeLabels: z.record(z.string(), z.string()).nullable(),
  nodeTaints: z.array(NodeTaint).nullable(),
  status: ClusterStatus.nullable(),
  statusReason: z.string().nullable(),
  stackId: z.string().nullable(),
  version: z.string().nullable(),
  nodeAddresses: z.array(z.string()),
  createdAt: z.date(),
  updatedAt: z.date().nullable(),
});
export type NodeGroup = z.infer<typeof NodeGroup>;

const count = integer(0);

/** As people write them; `nodeTaints` of node-rules.ts reads and judges them. */
const GivenTaints = z.array(z.record(z.string(), z.unknown())).nullable();
const GivenNodeLabels = z.record(text(317), text(255)).nullable();

/** Absent or null = the cluster's value, or Magnum's default: 1 node, at least 0, no maximum, role worker. */
export const NodegroupCreate = z.object({
  name: short,
  nodeCount: count.optional(),
  minNodeCount: count.optional(),
  maxNodeCount: count.nullable().optional(),
  role: short.optional(),
  /** Name or id. */
  flavorId: short.nullable().optional(),
  /** Name or id. */
  imageId: short.nullable().optional(),
  dockerVolumeSizeGib: integer(1, "must be at least 1 GB").nullable().optional(),
  labels: Labels.optional(),
  mergeLabels: z.boolean().optional(),
  nodeLabels: GivenNodeLabels.optional(),
  nodeTaints: GivenTaints.optional(),
});
export type NodegroupCreate = z.infer<typeof NodegroupCreate>;

/** Absent = unchanged; null = no maximum, no labels, no taints. */
export const NodegroupUpdate = z.object({
  minNodeCount: count.optional(),
  maxNodeCount: count.nullable().optional(),
  nodeLabels: GivenNodeLabels.optional(),
  nodeTaints: GivenTaints.optional(),
});
export type NodegroupUpdate = z.infer<typeof NodegroupUpdate>;

/** One server of a cluster as last observed. */
export const ClusterNode = z.object({
  clusterId: Uuid,
  nodegroupId: Uuid,
  serverId: z.string(),
  name: z.string(),
  index: z.string(),
  role: z.string(),
  nodegroup: z.string(),
  status: z.string(),
  ready: z.boolean().nullable(),
  version: z.string().nullable(),
  privateAddress: z.string().nullable(),
  publicAddress: z.string().nullable(),
  zone: z.string().nullable(),
  flavorId: z.string().nullable(),
  imageId: z.string().nullable(),
  createdAt: z.date().nullable(),
  seenAt: z.date(),
});
export type ClusterNode = z.infer<typeof ClusterNode>;
