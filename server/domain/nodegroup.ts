import { z } from "zod";
import { ClusterStatus } from "./cluster-status.ts";
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
