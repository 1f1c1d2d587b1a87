// Node groups as answered, and what a patch of one means (magnum-api 8).
import { clusterRemedy } from "../../domain/damage.ts";
import type { LabelDifference } from "../../domain/labels.ts";
import type { NodeGroup, NodegroupUpdate } from "../../domain/nodegroup.ts";
import { applyPatch, type PatchRules, type Step } from "../json-patch.ts";
import { invalid, readBody } from "../read.ts";
import { NodegroupChange, type NodegroupLong, type NodegroupShort } from "../schemas/nodegroup.ts";
import { links, optionalTimestamp, statusReason, timestamp } from "./resource.ts";

/** As lists show it, with the real bounds (Magnum shows 0 and null for all, E6). */
export const nodegroupShort = (group: NodeGroup): NodegroupShort => ({
  uuid: group.id,
  name: group.name,
  flavor_id: group.flavorId,
  image_id: group.imageId,
  node_count: group.nodeCount,
  role: group.role,
  min_node_count: group.minNodeCount,
  max_node_count: group.maxNodeCount,
  is_default: group.isDefault,
  stack_id: group.stackId,
  status: group.status,
  merge_labels: false,
});

export const nodegroupLong = (group: NodeGroup, difference: LabelDifference, root: string): NodegroupLong => ({
  id: group.seq,
  ...nodegroupShort(group),
  cluster_id: group.clusterId,
  project_id: group.projectId,
  docker_volume_size: group.dockerVolumeSizeGib,
  labels: group.labels,
  node_addresses: group.nodeAddresses,
  status_reason: statusReason(group, clusterRemedy({}, [group])),
  version: group.version,
  labels_overridden: difference.overridden,
  labels_added: difference.added,
  labels_skipped: difference.skipped,
  node_labels: group.nodeLabels,
  node_taints:
    group.nodeTaints?.map(({ key, value, effect }) => ({ key, ...(value === null ? {} : { value }), effect })) ?? null,
  links: links(root, `clusters/${group.clusterId}/nodegroups/${group.id}`),
  created_at: timestamp(group.createdAt),
  updated_at: optionalTimestamp(group.updatedAt),
});

export const nodegroupPatch: PatchRules = {
  internal: [
    "/created_at",
    "/id",
    "/links",
    "/updated_at",
    "/uuid",
    "/project_id",
    "/user_id",
    "/name",
    "/cluster_id",
    "/docker_volume_size",
    "/labels",
    "/flavor_id",
    "/image_id",
    "/node_addresses",
    "/node_count",
    "/role",
    "/is_default",
    "/stack_id",
    "/status",
    "/status_reason",
    "/version",
  ],
  mandatory: [],
  structured: ["node_labels", "node_taints"],
};

/** Only what the patch touches; a lower bound that is taken away is 0. Throws ApiRefusal. */
export function nodegroupChange(steps: readonly Step[], group: NodeGroup): NodegroupUpdate {
  const nothing = { added: {}, overridden: {}, skipped: {} };
  const changed = applyPatch(steps, nodegroupLong(group, nothing, ""), nodegroupPatch);
  const known = Object.keys(NodegroupChange.in.shape);
  for (const [key, value] of changed)
    if (!known.includes(key)) throw invalid(key, value, "Cannot set read only field.");
  const { minNodeCount, maxNodeCount, nodeLabels, nodeTaints } = readBody(
    NodegroupChange,
    Object.fromEntries(changed),
    "patch",
  );
  return {
    ...(minNodeCount === undefined ? {} : { minNodeCount: minNodeCount ?? 0 }),
    ...(maxNodeCount === undefined ? {} : { maxNodeCount }),
    ...(nodeLabels === undefined ? {} : { nodeLabels }),
    ...(nodeTaints === undefined ? {} : { nodeTaints }),
  };
}
