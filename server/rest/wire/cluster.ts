// Clusters as answered, and what a patch of one means (magnum-api 7).
import { z } from "zod";
import { isFailed } from "../../domain/cluster-status.ts";
import type { Cluster, ClusterSummary } from "../../domain/cluster.ts";
import { clusterRemedy } from "../../domain/damage.ts";
import { DomainError } from "../../domain/error.ts";
import type { LabelDifference } from "../../domain/labels.ts";
import type { NodeGroup } from "../../domain/nodegroup.ts";
import { ApiRefusal } from "../errors.ts";
import { applyPatch, type PatchRules, type Step } from "../json-patch.ts";
import type { Negotiated } from "../microversion.ts";
import { readBody } from "../read.ts";
import type { ClusterLong, ClusterShort } from "../schemas/cluster.ts";
import { integer, labels, word } from "../schemas/field.ts";
import { links, optionalTimestamp, statusReason, timestamp } from "./resource.ts";

/** As the short list shows it. */
export const clusterShort = (cluster: ClusterSummary, version: Negotiated, root: string): ClusterShort => ({
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
});

/** As `detail` and show give it; `faults` only on show, and only of failed clusters (E39). */
export const clusterLong = (
  cluster: Cluster,
  difference: LabelDifference,
  version: Negotiated,
  root: string,
  nodegroups: readonly NodeGroup[] | null = null,
): ClusterLong => ({
  ...clusterShort(cluster, version, root),
  status_reason: statusReason(cluster, clusterRemedy(cluster, [])),
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
});

const faults = (nodegroups: readonly NodeGroup[]) =>
  Object.fromEntries(
    nodegroups.flatMap((group) =>
      group.status && isFailed(group.status) ? [[group.name, group.statusReason ?? ""]] : [],
    ),
  );

export const clusterPatch: PatchRules = {
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
    "/trust_id",
    "/trustee_user_name",
    "/trustee_password",
    "/trustee_user_id",
  ],
  mandatory: ["/cluster_template_id"],
  structured: ["health_status_reason", "labels"],
};

const Changeable = z.strictObject({
  node_count: integer(0).optional(),
  health_status: word(["HEALTHY", "UNHEALTHY", "UNKNOWN"]).nullable().optional(),
  health_status_reason: labels().optional(),
});
const changeable = Object.keys(Changeable.shape);

export interface ClusterChange {
  /** Of the default worker group. */
  nodeCount?: number | undefined;
  health?: { status: Cluster["healthStatus"]; reason: Record<string, string> } | undefined;
}

/** Only size and health may differ from what is (magnum-api 7.4). Throws ApiRefusal. */
export function clusterChange(steps: readonly Step[], cluster: Cluster, version: Negotiated): ClusterChange {
  const nothing = { added: {}, overridden: {}, skipped: {} };
  const current: Record<string, unknown> = clusterLong(cluster, nothing, version, "");
  const changed = applyPatch(steps, current, clusterPatch);
  const others = [...changed].filter(([key, value]) => !changeable.includes(key) && !same(value, current[key]));
  if (others.length > 0)
    throw new ApiRefusal(400, `cannot change cluster property(ies) ${others.map(([key]) => key).join(", ")}.`);
  const values = Object.fromEntries([...changed].filter(([key]) => changeable.includes(key)));
  // Taken away, the size falls back to its default of 1, and a reason to none.
  if (values["node_count"] === null) values["node_count"] = 1;
  if (values["health_status_reason"] === null) values["health_status_reason"] = {};
  const given = readBody(Changeable, values, "patch");
  const health = changed.has("health_status") || changed.has("health_status_reason");
  refuseZero(given.node_count, version);
  return {
    nodeCount: given.node_count,
    health: health
      ? {
          status: given.health_status === undefined ? cluster.healthStatus : given.health_status,
          reason: given.health_status_reason ?? cluster.healthReason,
        }
      : undefined,
  };
}

/** Scalars are the same in any spelling: clients send back what they were shown as text. */
function same(a: unknown, b: unknown): boolean {
  if (JSON.stringify(a) === JSON.stringify(b)) return true;
  const scalar = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);
  return scalar(a) && scalar(b) && String(a).toLowerCase() === String(b).toLowerCase();
}

/** Only a version that was asked for is held against zero: a test suite sends none and expects it to work (E36). */
export function refuseZero(nodeCount: number | undefined, version: Negotiated): void {
  if (nodeCount === 0 && version.asked && version.minor < 10)
    throw new DomainError(
      "invalid_input",
      "Resizing a nodegroup to zero is not supported in the provided microversion.",
      { field: "node_count" },
    );
}
