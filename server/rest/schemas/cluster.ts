// Clusters on the wire: what is sent and what is answered (magnum-api 7).
import { z } from "zod";
import { HealthStatus } from "../../domain/cluster-status.ts";
import type { ClusterCreate } from "../../domain/cluster.ts";
import { Count, Id, LabelMap, Links, Next, Status, Text, Timestamp } from "./answer.ts";
import {
  boolean,
  ignored,
  integer,
  labels,
  optional,
  orNull,
  readOnly,
  reference,
  referenceOrNull,
  text,
} from "./field.ts";

const Fields = z.strictObject({
  name: text(1, 242, /^[a-zA-Z][a-zA-Z0-9_.-]*$/)
    .nullable()
    .optional(),
  cluster_template_id: referenceOrNull(),
  keypair: optional(reference()),
  node_count: optional(integer(0)),
  master_count: optional(integer(1)),
  docker_volume_size: optional(integer(1)),
  labels: optional(labels()),
  merge_labels: optional(boolean()),
  master_flavor_id: optional(reference()),
  flavor_id: optional(reference()),
  create_timeout: orNull(integer(0)),
  discovery_url: optional(text(0, 2000)),
  fixed_network: optional(reference()),
  fixed_subnet: optional(reference()),
  floating_ip_enabled: optional(boolean()),
  master_lb_enabled: optional(boolean()),
  uuid: ignored(),
  status: ignored(),
  status_reason: ignored(),
  health_status: ignored(),
  health_status_reason: ignored(),
  faults: ignored(),
  labels_overridden: ignored(),
  labels_added: ignored(),
  labels_skipped: ignored(),
  stack_id: readOnly(),
  cluster_id: readOnly(),
  api_address: readOnly(),
  coe_version: readOnly(),
  container_version: readOnly(),
  project_id: readOnly(),
  user_id: readOnly(),
  node_addresses: readOnly(),
  master_addresses: readOnly(),
  links: readOnly(),
  created_at: readOnly(),
  updated_at: readOnly(),
});

/** A template of null is looked for and not found: the handler's affair. */
type Wish = Omit<ClusterCreate, "clusterTemplateId"> & { clusterTemplateId: string | null };

const ours = (given: Omit<z.output<typeof Fields>, "cluster_template_id">, template: string | null): Wish => ({
  name: given.name ?? undefined,
  clusterTemplateId: template,
  keypair: given.keypair,
  masterCount: given.master_count,
  nodeCount: given.node_count,
  masterFlavorId: given.master_flavor_id,
  flavorId: given.flavor_id,
  dockerVolumeSizeGib: given.docker_volume_size,
  labels: given.labels,
  mergeLabels: given.merge_labels,
  createTimeoutMinutes: given.create_timeout,
  discoveryUrl: given.discovery_url,
  fixedNetwork: given.fixed_network,
  fixedSubnet: given.fixed_subnet,
  floatingIpEnabled: given.floating_ip_enabled,
  masterLbEnabled: given.master_lb_enabled,
});

/** The body of POST /v1/clusters. */
export const ClusterCreateBody = Fields.transform((given) => ours(given, given.cluster_template_id));

/** The body of POST /v1/bays: the same by older names (magnum-api 10.5). */
export const BayCreateBody = Fields.omit({ cluster_template_id: true, create_timeout: true })
  .extend({
    baymodel_id: Fields.shape.cluster_template_id,
    // Zero nodes came after bays.
    node_count: optional(integer(1)),
    bay_create_timeout: Fields.shape.create_timeout,
  })
  .transform(({ baymodel_id, bay_create_timeout, ...given }) =>
    ours({ ...given, create_timeout: bay_create_timeout }, baymodel_id),
  );

/** The body of POST .../actions/resize: the new size of one node group. */
export const ResizeBody = z
  .strictObject({
    node_count: integer(0),
    nodes_to_remove: optional(z.array(reference(), { error: "Wrong type. Expected a list." })),
    nodegroup: optional(reference()),
  })
  .transform((given) => ({
    nodeCount: given.node_count,
    nodesToRemove: given.nodes_to_remove ?? [],
    nodegroup: given.nodegroup,
  }));

/** The body of POST .../actions/upgrade. */
export const UpgradeBody = z
  .strictObject({
    cluster_template: reference(),
    max_batch_size: optional(integer(1)),
    nodegroup: optional(reference()),
  })
  .transform((given) => ({
    clusterTemplate: given.cluster_template,
    maxBatchSize: given.max_batch_size,
    nodegroup: given.nodegroup,
  }));

/** The body of our own POST .../bootstrap, for nodes that come up. */
export const BootstrapBody = z.strictObject({
  proof: z.string().max(300).meta({ description: "The node's own, from its user data." }),
  csr: z.string().max(20_000).meta({ description: "A signing request; only its public key is looked at." }),
});

const both = "The same as stack_id; from 1.13 on.";

/** As lists give it. */
export const ClusterShort = z.strictObject({
  uuid: Id,
  name: z.string(),
  cluster_template_id: Id,
  keypair: Text,
  node_count: Count.meta({ description: "Sum of all node groups that are not masters." }),
  master_count: Count,
  docker_volume_size: z.int().nullable(),
  labels: LabelMap,
  master_flavor_id: Text,
  flavor_id: Text,
  create_timeout: z.int().nullable().meta({ description: "Minutes; 0 = no limit." }),
  links: Links,
  stack_id: Text,
  cluster_id: Text.optional().meta({ description: both, "x-min-version": "1.13" }),
  status: Status,
  health_status: HealthStatus.nullable(),
  merge_labels: z.literal(false),
});
export type ClusterShort = z.infer<typeof ClusterShort>;

/** As `detail` gives it; show adds `faults` of what failed. */
export const ClusterLong = z.strictObject({
  ...ClusterShort.shape,
  status_reason: Text,
  health_status_reason: LabelMap,
  discovery_url: Text,
  api_address: Text,
  coe_version: Text,
  container_version: Text,
  project_id: z.string(),
  user_id: z.string(),
  node_addresses: z.array(z.string()),
  master_addresses: z.array(z.string()),
  fixed_network: Text,
  fixed_subnet: Text,
  floating_ip_enabled: z.boolean(),
  master_lb_enabled: z.boolean(),
  labels_overridden: LabelMap.meta({ description: "With the template's values." }),
  labels_added: LabelMap,
  labels_skipped: LabelMap,
  created_at: Timestamp,
  updated_at: Timestamp.nullable(),
  faults: LabelMap.optional().meta({ description: "On show of a failed cluster: node group to reason." }),
});
export type ClusterLong = z.infer<typeof ClusterLong>;

export const ClusterList = z.strictObject({ clusters: z.array(ClusterShort), next: Next });
export const ClusterDetail = z.strictObject({ clusters: z.array(ClusterLong), next: Next });

/** Older names of the same (magnum-api 10.5). */
const BayFields = { baymodel_id: Id, bay_create_timeout: ClusterShort.shape.create_timeout };
export const BayShort = ClusterShort.omit({ cluster_template_id: true, create_timeout: true }).extend(BayFields);
export const BayLong = ClusterLong.omit({ cluster_template_id: true, create_timeout: true, faults: true }).extend({
  ...BayFields,
  bay_faults: ClusterLong.shape.faults,
});
export const BayList = z.strictObject({ bays: z.array(BayShort), next: Next });
export const BayDetail = z.strictObject({ bays: z.array(BayLong), next: Next });
