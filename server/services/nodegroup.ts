import type { RequestContext } from "../auth/context.ts";
import { authorize } from "../auth/policy.ts";
import { acceptChange, type AcceptedChange, type NodegroupChange } from "../db/cluster-change.ts";
import { getNodegroup as getRow, listNodegroups as listRows } from "../db/nodegroup.ts";
import type { NewOperation } from "../db/operation.ts";
import type { Scope } from "../db/scope.ts";
import { isFailed, whyNot } from "../domain/cluster-status.ts";
import type { Cluster } from "../domain/cluster.ts";
import { changeDeadline } from "../domain/deadline.ts";
import { DomainError } from "../domain/error.ts";
import { diffLabels, type LabelDifference } from "../domain/labels.ts";
import { checkCounts, checkNodeLabels, checkNodeTaints } from "../domain/node-rules.ts";
import type { NodeGroup, NodegroupCreate, NodegroupUpdate } from "../domain/nodegroup.ts";
import { audited } from "./audit.ts";
import { event, groupOf, operation, refuse } from "./cluster/change.ts";
import { loadParts } from "./cluster/parts.ts";
import { driverOf, findCluster } from "./cluster/read.ts";
import type { Deps } from "./deps.ts";
import { draftNodegroup, refuseCreation } from "./nodegroup-draft.ts";
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

/** By id, integer id or name; `policy`: what it is read for. Throws cluster_not_found, nodegroup_not_found. */
export async function getNodegroup(
  deps: Deps,
  ctx: RequestContext,
  what: string,
  group: string,
  policy: "nodegroup:get" | "nodegroup:update" = "nodegroup:get",
): Promise<NodeGroupView> {
  authorize(ctx, policy);
  const scope = reach(ctx, "nodegroup:get_one_all_projects");
  const cluster = await findCluster(deps, ctx, what, scope);
  const found = await getRow(deps.db, scope, cluster.id, group);
  return { group: found, labelDifference: diffLabels(found.labels, cluster.labels) };
}

/** A group with the cluster that it belongs to, as it is after the change. */
export type ChangedNodegroup = NodeGroupView & { cluster: Cluster };

/**
 * Adds a group. `what` is the cluster's id or name; at the REST API administrators reach every project. Throws
 * cluster_not_found, conflict (no API address yet, name taken, counts, node labels and taints), invalid_input,
 * flavor_not_found, flavor_zero_disk, image_not_found, zone_not_found, cloud_quota_exceeded, label_refused,
 * not_supported_by_driver, operation_not_allowed_now.
 */
export async function createNodegroup(
  deps: Deps,
  ctx: RequestContext,
  what: string,
  input: NodegroupCreate,
): Promise<ChangedNodegroup> {
  authorize(ctx, "nodegroup:create");
  const scope = reach(ctx, "nodegroup:get_one_all_projects");
  const found = await findCluster(deps, ctx, what, scope);
  const parts = await loadParts(deps, scope, found);
  await audited(deps, ctx, { scope, id: found.id, kind: "createNodegroup" }, () => refuseCreation(deps, parts, input));
  const group = await draftNodegroup(ctx.cloud(), driverOf(deps, found), parts, input);
  const now = deps.clock.now();
  const cluster = await audited(deps, ctx, { scope, id: found.id, kind: "createNodegroup" }, () =>
    acceptChange(deps.db, scope, found.id, now, (current): AcceptedChange => {
      refuseCreation(deps, current, input);
      return {
        status: "UPDATE_IN_PROGRESS",
        newNodegroups: [group],
        repair: isFailed(current.cluster.status),
        deadlineAt: changeDeadline(current.cluster, now),
        operation: operation(ctx, "createNodegroup", { [group.name]: [null, nodesWord(group.nodeCount)] }),
        event: event(ctx, `asked for node group ${group.name} of ${nodesWord(group.nodeCount)}`),
      };
    }),
  );
  deps.changes.nudge();
  return changed(deps, scope, cluster, group.id);
}

/**
 * Bounds, node labels and taints, of default groups too; labels and taints are refused on masters. Throws as
 * createNodegroup does, and nodegroup_not_found.
 */
export async function updateNodegroup(
  deps: Deps,
  ctx: RequestContext,
  what: string,
  groupName: string,
  input: NodegroupUpdate,
): Promise<ChangedNodegroup> {
  authorize(ctx, "nodegroup:update");
  const scope = reach(ctx, "nodegroup:get_one_all_projects");
  const found = await findCluster(deps, ctx, what, scope);
  const chosen = await getRow(deps.db, scope, found.id, groupName);
  const now = deps.clock.now();
  const cluster = await audited(deps, ctx, { scope, id: found.id, kind: "updateNodegroup" }, () =>
    acceptChange(deps.db, scope, found.id, now, (current): AcceptedChange | null => {
      const group = groupOf(current, chosen);
      const wish = newValues(group, input);
      if (Object.keys(wish).length === 0) return null;
      refuse("updateNodegroup", "Updating a node group of", current.cluster);
      if (group.status !== null && whyNot("updateNodegroup", group.status) !== null)
        throw new DomainError(
          "operation_not_allowed_now",
          `Updating a node group when status is "${group.status}" is not supported.`,
        );
      return {
        status: "UPDATE_IN_PROGRESS",
        nodegroups: [{ id: group.id, ...wish, status: "UPDATE_IN_PROGRESS" }],
        repair: isFailed(current.cluster.status),
        deadlineAt: changeDeadline(current.cluster, now),
        operation: operation(ctx, "updateNodegroup", differences(group, wish)),
        event: event(ctx, `asked to change node group ${group.name}`),
      };
    }),
  );
  deps.changes.nudge();
  return changed(deps, scope, cluster, chosen.id);
}

/**
 * Accepts the deletion, in every state; may be repeated. Throws not_supported_by_driver for a default group,
 * nodegroup_not_found.
 */
export async function deleteNodegroup(deps: Deps, ctx: RequestContext, what: string, groupName: string): Promise<void> {
  authorize(ctx, "nodegroup:delete");
  const scope = reach(ctx, "nodegroup:get_one_all_projects");
  const found = await findCluster(deps, ctx, what, scope);
  const chosen = await getRow(deps.db, scope, found.id, groupName);
  if (chosen.isDefault)
    throw new DomainError("not_supported_by_driver", "Deleting a default nodegroup is not supported.");
  const now = deps.clock.now();
  await audited(deps, ctx, { scope, id: found.id, kind: "deleteNodegroup" }, () =>
    acceptChange(deps.db, scope, found.id, now, (current): AcceptedChange | null => {
      const { cluster } = current;
      const group = current.nodegroups.find((each) => each.id === chosen.id);
      // It goes with its cluster, or is going already.
      if (!group || current.deletionRequestedAt !== null || group.status === "DELETE_IN_PROGRESS") return null;
      return {
        status: "UPDATE_IN_PROGRESS",
        nodegroups: [{ id: group.id, status: "DELETE_IN_PROGRESS" }],
        repair: isFailed(cluster.status),
        deadlineAt: changeDeadline(cluster, now),
        operation: operation(ctx, "deleteNodegroup", { [group.name]: [nodesWord(group.nodeCount), null] }),
        event: event(ctx, `asked to delete node group ${group.name}`),
      };
    }),
  );
  deps.changes.nudge();
}

type NewValues = Pick<NodegroupChange, "minNodeCount" | "maxNodeCount" | "nodeLabels" | "nodeTaints">;

function newValues(
  group: NodeGroup,
  { minNodeCount, maxNodeCount, nodeLabels, nodeTaints }: NodegroupUpdate,
): NewValues {
  const { name } = group;
  if (group.role === "master" && (nodeLabels || nodeTaints))
    throw new DomainError(
      "conflict",
      `${nodeLabels ? "node_labels" : "node_taints"} for ${name} is invalid (masters cannot have any).`,
      { field: nodeLabels ? "node_labels" : "node_taints" },
    );
  const wish: NewValues = {
    ...(minNodeCount === undefined ? {} : { minNodeCount }),
    ...(maxNodeCount === undefined ? {} : { maxNodeCount }),
    ...(nodeLabels === undefined ? {} : { nodeLabels: checkNodeLabels(name, nodeLabels) }),
    ...(nodeTaints === undefined ? {} : { nodeTaints: checkNodeTaints(name, nodeTaints) }),
  };
  checkCounts(name, {
    ...group,
    ...(minNodeCount === undefined ? {} : { minNodeCount }),
    ...(maxNodeCount === undefined ? {} : { maxNodeCount }),
  });
  return wish;
}

function differences(group: NodeGroup, wish: NewValues): NewOperation["changes"] {
  const word = (value: unknown): string | null =>
    value === null || value === undefined ? null : typeof value === "number" ? String(value) : JSON.stringify(value);
  const rows: [name: string, from: unknown, to: unknown][] = [
    ["min_node_count", group.minNodeCount, wish.minNodeCount],
    ["max_node_count", group.maxNodeCount, wish.maxNodeCount],
    ["node_labels", group.nodeLabels, wish.nodeLabels],
    ["node_taints", group.nodeTaints, wish.nodeTaints],
  ];
  return Object.fromEntries(
    rows.flatMap(([name, from, to]) => (to === undefined ? [] : [[`${group.name} ${name}`, [word(from), word(to)]]])),
  );
}

async function changed(deps: Deps, scope: Scope, cluster: Cluster, id: string): Promise<ChangedNodegroup> {
  const group = await getRow(deps.db, scope, cluster.id, id);
  return { group, labelDifference: diffLabels(group.labels, cluster.labels), cluster };
}

const nodesWord = (count: number): string => `${count} node${count === 1 ? "" : "s"}`;
