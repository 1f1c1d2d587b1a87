import type { RequestContext } from "../auth/context.ts";
import { authorize } from "../auth/policy.ts";
import { getNodegroup as getRow, listNodegroups as listRows } from "../db/nodegroup.ts";
import type { Cluster } from "../domain/cluster.ts";
import { diffLabels, type LabelDifference } from "../domain/labels.ts";
import type { NodeGroup } from "../domain/nodegroup.ts";
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
