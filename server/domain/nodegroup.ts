// Groups of like nodes: what is kept of them, and what people ask for. Rules of keys and counts: node-rules.ts.
import { z } from "zod";
import { ClusterStatus } from "./cluster-status.ts";
import { integer, said, short, text } from "./column.ts";
import type { MaybeDamaged } from "./damage.ts";
import { Labels } from "./labels.ts";
import { Uuid } from "./identifier.ts";

export const defaultMaster = "default-master";
export const defaultWorker = "default-worker";

export const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;
const word = text(255);

export const NodeTaint = z.object({
  key: text(317).min(1),
  value: word.nullable(),
  effect: z.enum(taintEffects),
});
export type NodeTaint = z.infer<typeof NodeTaint>;

export const NodeGroup = z.object({
  id: Uuid,
  /** The number that clients may name it by as well. */
  seq: integer(1),
  clusterId: Uuid,
  projectId: word,
  name: word.min(1),
  /** `master`, `worker` or any other word for a worker-like group. */
  role: word,
  isDefault: z.boolean(),
  nodeCount: integer(0),
  minNodeCount: integer(0),
  maxNodeCount: integer(0).nullable(),
  flavorId: word.nullable(),
  imageId: word,
  dockerVolumeSizeGib: integer(1).nullable(),
  labels: Labels,
  /** Server ids or member indexes that are to go with the next shrink. */
  nodesToRemove: z.array(word),
  /** Of the group's nodes in Kubernetes; null = never set. */
  nodeLabels: z.record(text(317), word).nullable(),
  nodeTaints: z.array(NodeTaint).nullable(),
  status: ClusterStatus.nullable(),
  statusReason: said(65_536).nullable(),
  stackId: said(255).nullable(),
  version: said(255).nullable(),
  nodeAddresses: z.array(said(255)),
  createdAt: z.date(),
  updatedAt: z.date().nullable(),
});
export type NodeGroup = z.infer<typeof NodeGroup> & MaybeDamaged;

const count = integer(0);

/** As people write them; `nodeTaints` of node-rules.ts reads and judges them. */
const GivenTaints = z.array(z.record(z.string(), z.unknown())).nullable();
const GivenNodeLabels = z.record(text(317), word).nullable();

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
  serverId: word,
  name: said(255),
  index: said(255),
  role: word,
  nodegroup: word,
  status: said(255),
  ready: z.boolean().nullable(),
  version: said(255).nullable(),
  privateAddress: said(255).nullable(),
  publicAddress: said(255).nullable(),
  zone: said(255).nullable(),
  flavorId: said(255).nullable(),
  imageId: said(255).nullable(),
  createdAt: z.date().nullable(),
  seenAt: z.date(),
});
export type ClusterNode = z.infer<typeof ClusterNode>;
