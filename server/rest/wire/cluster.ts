// Clusters on the wire (magnum-api 7).
import { isFailed } from "../../domain/cluster-status.ts";
import { ClusterCreate, type Cluster } from "../../domain/cluster.ts";
import { DomainError } from "../../domain/error.ts";
import type { LabelDifference } from "../../domain/labels.ts";
import type { NodeGroup } from "../../domain/nodegroup.ts";
import type { Negotiated } from "../microversion.ts";
import { links, optionalTimestamp, timestamp } from "./common.ts";
import { boolean, integer, labels, missingField, orNull, orUnset, readBody, text } from "./read.ts";

/** As the short list shows it. */
export function clusterShort(cluster: Cluster, version: Negotiated, root: string) {
  return {
    uuid: cluster.id,
    name: cluster.name,
    cluster_template_id: cluster.clusterTemplateId,
    keypair: cluster.keypair,
    node_count: cluster.nodeCount,
    master_count: cluster.masterCount,
    docker_volume_size: cluster.dockerVolumeSizeGib,
    labels: cluster.labels,
    master_flavor_id: cluster.masterFlavorId,
    flavor_id: cluster.flavorId,
    create_timeout: cluster.createTimeoutMinutes,
    links: links(root, `clusters/${cluster.id}`),
    stack_id: cluster.stackId,
    // Both from 1.13 on: magnum-auto-healer asks for the latest and knows only the old name (E1).
    ...(version.minor >= 13 ? { cluster_id: cluster.stackId } : {}),
    status: cluster.status,
    health_status: cluster.healthStatus,
    merge_labels: false,
  };
}

/** As `detail` and show give it; `faults` only on show, and only of failed clusters. */
export function clusterLong(
  cluster: Cluster,
  difference: LabelDifference,
  version: Negotiated,
  root: string,
  nodegroups: readonly NodeGroup[] | null = null,
) {
  return {
    ...clusterShort(cluster, version, root),
    status_reason: cluster.statusReason,
    health_status_reason: cluster.healthReason,
    discovery_url: cluster.discoveryUrl,
    api_address: cluster.apiAddress,
    coe_version: cluster.coeVersion,
    container_version: cluster.containerVersion,
    project_id: cluster.projectId,
    user_id: cluster.userId,
    node_addresses: cluster.nodeAddresses,
    master_addresses: cluster.masterAddresses,
    fixed_network: cluster.fixedNetwork,
    fixed_subnet: cluster.fixedSubnet,
    floating_ip_enabled: cluster.floatingIpEnabled,
    master_lb_enabled: cluster.masterLbEnabled,
    labels_overridden: difference.overridden,
    labels_added: difference.added,
    labels_skipped: difference.skipped,
    created_at: timestamp(cluster.createdAt),
    updated_at: optionalTimestamp(cluster.updatedAt),
    ...(nodegroups && isFailed(cluster.status) ? { faults: faults(nodegroups) } : {}),
  };
}

const faults = (nodegroups: readonly NodeGroup[]) =>
  Object.fromEntries(
    nodegroups.flatMap((group) =>
      group.status && isFailed(group.status) ? [[group.name, group.statusReason ?? ""]] : [],
    ),
  );

const short = text(1, 255);
const createFields = {
  name: orNull(text(1, 242, /^[a-zA-Z][a-zA-Z0-9_.-]*$/)),
  cluster_template_id: orNull(text(1, 255)),
  keypair: orUnset(short),
  node_count: orUnset(integer(0)),
  master_count: orUnset(integer(1)),
  docker_volume_size: orUnset(integer(1)),
  labels: orUnset(labels),
  merge_labels: orUnset(boolean),
  master_flavor_id: orUnset(short),
  flavor_id: orUnset(short),
  create_timeout: orNull(integer(0)),
  discovery_url: orUnset(text(0, 2000)),
  fixed_network: orUnset(short),
  fixed_subnet: orUnset(short),
  floating_ip_enabled: orUnset(boolean),
  master_lb_enabled: orUnset(boolean),
};

const createOthers = {
  ignored: [
    "uuid",
    "status",
    "status_reason",
    "health_status",
    "health_status_reason",
    "faults",
    "labels_overridden",
    "labels_added",
    "labels_skipped",
  ],
  readOnly: [
    "stack_id",
    "cluster_id",
    "api_address",
    "coe_version",
    "container_version",
    "project_id",
    "user_id",
    "node_addresses",
    "master_addresses",
    "links",
    "created_at",
    "updated_at",
  ],
};

/** The body of POST /v1/clusters. Throws ApiRefusal with Magnum's words. */
export function readClusterCreate(body: unknown, version: Negotiated): ClusterCreate {
  const given = readBody(body, "cluster", createFields, createOthers);
  if (given.cluster_template_id === undefined) throw missingField("cluster_template_id");
  // Null names no template, so it is looked for and not found (magnum-api 7.1).
  if (given.cluster_template_id === null)
    throw new DomainError("template_not_found", "ClusterTemplate None could not be found.", { field: "cluster_template_id" });
  if (given.node_count === 0 && version.asked && version.minor < 10)
    throw new DomainError("invalid_input", "Resizing a nodegroup to zero is not supported in the provided microversion.", {
      field: "node_count",
    });
  return ClusterCreate.parse({
    name: given.name ?? undefined,
    clusterTemplateId: given.cluster_template_id,
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
}
