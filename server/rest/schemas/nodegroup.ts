// Node groups on the wire (magnum-api 8.1).
import { z } from "zod";
import { NodeTaint, type NodegroupCreate } from "../../domain/nodegroup.ts";
import { Count, Id, LabelMap, Links, Next, Status, Text, Timestamp } from "./answer.ts";
import { boolean, ignored, integer, labels, optional, orNull, readOnly, reference, text } from "./field.ts";

/** Kubernetes' labels of nodes; their rules are the domain's, and answered with 409. */
const nodeLabels = () => z.record(text(1, 317), text(0, 255), { error: "Wrong type. Expected an object." });
const nodeTaints = () =>
  z
    .array(z.record(z.string(), z.unknown(), { error: "Wrong type. Expected an object." }), {
      error: "Wrong type. Expected a list.",
    })
    .meta({ description: "Objects of key, value and effect (NoSchedule, PreferNoSchedule, NoExecute)." });

/** The body of POST .../nodegroups. */
export const NodegroupCreateBody = z
  .strictObject({
    name: reference(),
    docker_volume_size: optional(integer(1)),
    labels: optional(labels()),
    merge_labels: optional(boolean()),
    flavor_id: optional(reference()),
    image_id: optional(reference()),
    node_count: optional(integer(0)),
    role: optional(reference()),
    min_node_count: optional(integer(0)),
    max_node_count: optional(integer(0)),
    node_labels: optional(nodeLabels()),
    node_taints: optional(nodeTaints()),
    uuid: ignored(),
    cluster_id: ignored(),
    is_default: ignored(),
    status: ignored(),
    status_reason: ignored(),
    version: ignored(),
    labels_overridden: ignored(),
    labels_added: ignored(),
    labels_skipped: ignored(),
    id: readOnly(),
    project_id: readOnly(),
    node_addresses: readOnly(),
    stack_id: readOnly(),
    links: readOnly(),
    created_at: readOnly(),
    updated_at: readOnly(),
  })
  .transform((given): NodegroupCreate => ({
    name: given.name,
    nodeCount: given.node_count,
    minNodeCount: given.min_node_count,
    maxNodeCount: given.max_node_count,
    role: given.role,
    flavorId: given.flavor_id,
    imageId: given.image_id,
    dockerVolumeSizeGib: given.docker_volume_size,
    labels: given.labels,
    mergeLabels: given.merge_labels,
    nodeLabels: given.node_labels,
    nodeTaints: given.node_taints,
  }));

/** The values that a patch leads to: null = taken away. */
export const NodegroupChange = z
  .strictObject({
    min_node_count: orNull(integer(0)),
    max_node_count: orNull(integer(0)),
    node_labels: orNull(nodeLabels()),
    node_taints: orNull(nodeTaints()),
  })
  .transform((given) => ({
    minNodeCount: given.min_node_count,
    maxNodeCount: given.max_node_count,
    nodeLabels: given.node_labels,
    nodeTaints: given.node_taints,
  }));

/** As lists give it, with the real bounds (E6). */
export const NodegroupShort = z.strictObject({
  uuid: Id,
  name: z.string(),
  flavor_id: Text,
  image_id: z.string(),
  node_count: Count,
  role: z.string(),
  min_node_count: Count,
  max_node_count: Count.nullable(),
  is_default: z.boolean(),
  stack_id: Text,
  status: Status.nullable(),
  merge_labels: z.literal(false),
});
export type NodegroupShort = z.infer<typeof NodegroupShort>;

export const NodegroupLong = z.strictObject({
  id: z.int(),
  ...NodegroupShort.shape,
  cluster_id: Id,
  project_id: z.string(),
  docker_volume_size: z.int().min(1).nullable(),
  labels: LabelMap,
  node_addresses: z.array(z.string()),
  status_reason: Text,
  version: Text,
  labels_overridden: LabelMap.meta({ description: "With the cluster's values." }),
  labels_added: LabelMap,
  labels_skipped: LabelMap,
  node_labels: LabelMap.nullable(),
  node_taints: z.array(z.strictObject({ ...NodeTaint.shape, value: z.string().optional() })).nullable(),
  links: Links,
  created_at: Timestamp,
  updated_at: Timestamp.nullable(),
});
export type NodegroupLong = z.infer<typeof NodegroupLong>;

export const NodegroupList = z.strictObject({ nodegroups: z.array(NodegroupShort), next: Next });
