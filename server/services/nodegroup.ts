import type { RequestContext } from "../auth/context.ts";
import { authorize } from "../auth/policy.ts";
import { getNodegroup as getRow, listNodegroups as listRows } from "../db/nodegroup.ts";
import type { Cluster } from "../domain/cluster.ts";
import { DomainError } from "../domain/error.ts";
import { diffLabels, type LabelDifference } from "../domain/labels.ts";
import type { NodeGroup, NodegroupCreate, NodegroupUpdate } from "../domain/nodegroup.ts";
import { findCluster } from "./cluster/read.ts";
import type { Deps } from "./deps.ts";
import { reach } from "./reach.ts";

export interface NodeGroupView {
  group: NodeGroup;
  /** Against the cluster's labels. */
  labelDifference: LabelDifference;
}

/** All groups of a cluster, the default master group first. Throws cluster_not_found. */
export async function listNodegroups(
  deps: Deps,
  ctx: RequestContext,
  what: string,
  role: string | undefined,
): Promise<{ cluster: Cluster; groups: NodeGroup[] }> {
  authorize(ctx, "nodegroup:get_all");
  const scope = reach(ctx, "nodegroup:get_all_all_projects");
  const cluster = await findCluster(deps, ctx, what, scope);
  const groups = await listRows(deps.db, scope, cluster.id);
  return { cluster, groups: groups.filter((group) => role === undefined || group.role === role) };
}

/** By id, integer id or name. Throws cluster_not_found, nodegroup_not_found. */
export async function getNodegroup(
  deps: Deps,
  ctx: RequestContext,
  what: string,
  group: string,
): Promise<NodeGroupView> {
  authorize(ctx, "nodegroup:get");
  const scope = reach(ctx, "nodegroup:get_one_all_projects");
  const cluster = await findCluster(deps, ctx, what, scope);
  const found = await getRow(deps.db, scope, cluster.id, group);
  return { group: found, labelDifference: diffLabels(found.labels, cluster.labels) };
}

/** A group with the cluster that it belongs to, as it is after the change. */
export type ChangedNodegroup = NodeGroupView & { cluster: Cluster };

/**
 * Adds a group. `what` is the cluster's id or name. Throws cluster_not_found, conflict (no API address yet, name taken,
 * counts, node labels and taints), invalid_input, flavor_not_found, image_not_found, not_supported_by_driver,
 * operation_not_allowed_now.
 */
export function createNodegroup(
  _deps: Deps,
  _ctx: RequestContext,
  _what: string,
  _input: NodegroupCreate,
): Promise<ChangedNodegroup> {
  return Promise.reject(new DomainError("not_supported_by_driver", "Node groups are not supported by this driver."));
}

/** Bounds, node labels and taints. Throws as createNodegroup does, and nodegroup_not_found. */
export function updateNodegroup(
  _deps: Deps,
  _ctx: RequestContext,
  _what: string,
  _group: string,
  _input: NodegroupUpdate,
): Promise<ChangedNodegroup> {
  return Promise.reject(new DomainError("not_supported_by_driver", "Node groups are not supported by this driver."));
}

/** Accepts the deletion; may be repeated. Throws not_supported_by_driver for a default group, nodegroup_not_found. */
export function deleteNodegroup(_deps: Deps, _ctx: RequestContext, _what: string, _group: string): Promise<void> {
  return Promise.reject(new DomainError("not_supported_by_driver", "Node groups are not supported by this driver."));
}
