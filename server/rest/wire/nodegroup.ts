// Node groups on the wire (magnum-api 8.1).
import type { LabelDifference } from "../../domain/labels.ts";
import type { NodeGroup } from "../../domain/nodegroup.ts";
import { links, optionalTimestamp, timestamp } from "./common.ts";

/** As lists show it, with the real bounds (Magnum shows 0 and null for all, E6). */
export const nodegroupShort = (group: NodeGroup) => ({
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

export const nodegroupLong = (group: NodeGroup, difference: LabelDifference, root: string) => ({
  ...nodegroupShort(group),
  cluster_id: group.clusterId,
  project_id: group.projectId,
  docker_volume_size: group.dockerVolumeSizeGib,
  labels: group.labels,
  node_addresses: group.nodeAddresses,
  status_reason: group.statusReason,
  version: group.version,
  labels_overridden: difference.overridden,
  labels_added: difference.added,
  labels_skipped: difference.skipped,
  node_labels: null,
  node_taints: null,
  links: links(root, `clusters/${group.clusterId}/nodegroups/${group.id}`),
  created_at: timestamp(group.createdAt),
  updated_at: optionalTimestamp(group.updatedAt),
});
