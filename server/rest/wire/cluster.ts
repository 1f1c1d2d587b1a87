// Clusters on the wire (magnum-api 7).
import { isFailed } from "../../domain/cluster-status.ts";
import { ClusterCreate, type Cluster } from "../../domain/cluster.ts";
import { DomainError } from "../../domain/error.ts";
import type { LabelDifference } from "../../domain/labels.ts";
import type { NodeGroup } from "../../domain/nodegroup.ts";
import { ApiRefusal } from "../errors.ts";
import { readPatch } from "../json-patch.ts";
import type { Negotiated } from "../microversion.ts";
import { links, optionalTimestamp, timestamp } from "./common.ts";
import { boolean, checked, integer, labels, missingField, oneOf, orNull, orUnset, readBody, text } from "./read.ts";

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
    throw new DomainError("template_not_found", "ClusterTemplate None could not be found.", {
      field: "cluster_template_id",
    });
  refuseZero(given.node_count, version);
  return checked(ClusterCreate, {
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

const patchRules = {
  internal: [
    "/created_at",
    "/id",
    "/links",
    "/updated_at",
    "/uuid",
    "/project_id",
    "/user_id",
    "/api_address",
    "/node_addresses",
    "/master_addresses",
    "/stack_id",
    "/cluster_id",
    "/ca_cert_ref",
    "/magnum_cert_ref",
    "/etcd_ca_cert_ref",
    "/front_proxy_ca_cert_ref",
  ],
  mandatory: ["/cluster_template_id"],
  structured: ["health_status_reason", "labels"],
};

export interface ClusterPatch {
  nodeCount?: number;
  health?: { status: Cluster["healthStatus"]; reason: Record<string, string> };
}

/** The body of PATCH /v1/clusters/{id}: only size and health may differ from what is (magnum-api 7.4). */
export function readClusterPatch(
  body: unknown,
  cluster: Cluster,
  difference: LabelDifference,
  version: Negotiated,
): ClusterPatch {
  const current: Record<string, unknown> = clusterLong(cluster, difference, version, "");
  const changed = readPatch(body, { current, ...patchRules });
  const others = [...changed].filter(
    ([key, value]) =>
      !["node_count", "health_status", "health_status_reason"].includes(key) && !same(value, current[key]),
  );
  if (others.length > 0)
    throw new ApiRefusal(400, `cannot change cluster property(ies) ${others.map(([key]) => key).join(", ")}.`);
  const patch: ClusterPatch = {};
  if (changed.has("node_count")) {
    const asked = changed.get("node_count");
    // Taken away it falls back to its default of 1.
    const nodeCount = asked === null ? 1 : integer(0)(asked, "node_count");
    refuseZero(nodeCount, version);
    patch.nodeCount = nodeCount;
  }
  if (changed.has("health_status") || changed.has("health_status_reason")) {
    const status = changed.has("health_status") ? changed.get("health_status") : cluster.healthStatus;
    const reason = changed.has("health_status_reason") ? changed.get("health_status_reason") : cluster.healthReason;
    patch.health = {
      status: orNull(oneOf(["HEALTHY", "UNHEALTHY", "UNKNOWN"]))(status, "health_status"),
      reason: labels(reason ?? {}, "health_status_reason"),
    };
  }
  return patch;
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b) || String(a) === String(b);

function refuseZero(nodeCount: number | undefined, version: Negotiated): void {
  if (nodeCount === 0 && version.asked && version.minor < 10)
    throw new DomainError(
      "invalid_input",
      "Resizing a nodegroup to zero is not supported in the provided microversion.",
      {
        field: "node_count",
      },
    );
}

const resizeFields = {
  node_count: integer(0),
  nodes_to_remove: orUnset((value: unknown, name: string): string[] => {
    if (!Array.isArray(value)) throw new ApiRefusal(400, `Invalid input for field/attribute ${name}. Expected a list.`);
    return value.map((each: unknown) => text(1, 255)(each, name));
  }),
  nodegroup: orUnset(text(1, 255)),
};

/** The body of POST .../actions/resize. */
export function readResize(
  body: unknown,
  version: Negotiated,
): { nodeCount: number; nodesToRemove: string[]; nodegroup: string | undefined } {
  const given = readBody(body, "cluster_resize_req", resizeFields);
  if (given.node_count === undefined) throw missingField("node_count");
  refuseZero(given.node_count, version);
  return { nodeCount: given.node_count, nodesToRemove: given.nodes_to_remove ?? [], nodegroup: given.nodegroup };
}
