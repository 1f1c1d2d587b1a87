// What people change about a cluster that exists. Each is accepted in one transaction; the conductor does the work.
import { randomUUID } from "node:crypto";
import type { ClusterDriver, DeletePreview } from "../../../drivers/driver.ts";
import { desiredOf, wishOf, type WishedCluster, type WishedNodegroup } from "../../../drivers/wish.ts";
import type { RequestContext } from "../../auth/context.ts";
import { discardDelegation } from "../../auth/delegated-credential.ts";
import { authorize, type PolicyName } from "../../auth/policy.ts";
import {
  acceptChange,
  requestDeletion,
  setHealth,
  setLocked as writeLocked,
  type AcceptedChange,
  type CurrentCluster,
} from "../../db/cluster-change.ts";
import { getCluster } from "../../db/cluster.ts";
import { getNodegroup, listNodes } from "../../db/nodegroup.ts";
import type { NewEvent, NewOperation } from "../../db/operation.ts";
import { isFailed, whyNot, type ClusterStatus, type Operation } from "../../domain/cluster-status.ts";
import { masterCountProblem, type Cluster } from "../../domain/cluster.ts";
import { changeDeadline, deletionDeadline } from "../../domain/deadline.ts";
import { DomainError } from "../../domain/error.ts";
import { upperBound } from "../../domain/node-rules.ts";
import { defaultWorker, type ClusterNode, type NodeGroup } from "../../domain/nodegroup.ts";
import { Secret } from "../../domain/secret.ts";
import { findVictims } from "../../domain/victims.ts";
import { audited } from "../audit.ts";
import type { Deps } from "../deps.ts";
import { Findings, judge } from "../findings.ts";
import { reach } from "../reach.ts";
import { targetOf } from "./can.ts";
import { credentialForDeletion } from "./orphan.ts";
import { loadParts } from "./parts.ts";
import { driverOf, readable } from "./read.ts";

/**
 * Accepts the deletion, in every status and also again. `name` is what the person typed; null = the door does not ask.
 * Throws operation_not_allowed_now for a locked cluster, invalid_input for another name.
 */
export async function deleteCluster(deps: Deps, ctx: RequestContext, id: string, name: string | null): Promise<void> {
  const scope = reach(ctx, "cluster:delete_all_projects");
  const before = await getCluster(deps.db, scope, id);
  const credentialId = await credentialForDeletion(deps, ctx, before);
  const now = deps.clock.now();
  await audited(deps, ctx, { scope, id, kind: "delete" }, () =>
    requestDeletion(deps.db, scope, id, now, ({ cluster }) => {
      check(ctx, "cluster:delete", cluster);
      if (name !== null && name !== cluster.name)
        throw new DomainError("invalid_input", `Type the cluster's name, ${cluster.name}, to delete it.`, {
          field: "name",
        });
      if (cluster.locked)
        throw new DomainError("operation_not_allowed_now", `Cluster ${cluster.name} is locked against deletion.`, {
          remedy: "Unlock it first.",
        });
      return {
        deadlineAt: deletionDeadline(cluster, now),
        operation: operation(ctx, "delete"),
        event: event(ctx, "asked to delete the cluster"),
        ...(credentialId === null ? {} : { credentialId }),
      };
    }),
  ).catch(async (error: unknown) => {
    if (credentialId !== null) await discardDelegation(deps, credentialId);
    throw error;
  });
  deps.changes.nudge();
}

/** What a deletion would remove, leave and be blocked by. */
export async function previewDeletion(deps: Deps, ctx: RequestContext, id: string): Promise<DeletePreview> {
  const cluster = await readable(deps, ctx, id);
  const parts = await loadParts(deps, ctx.scope, cluster);
  const none = new Secret("");
  const want = desiredOf(parts.cluster, parts.nodegroups, {
    generation: cluster.generation,
    deleting: true,
    repair: false,
    probe: false,
    project: { id: cluster.projectId },
    pki: { revision: "1", caPem: "" },
    maxBatch: 1,
    admin: null,
    // Read with the caller's own rights: nothing of the cluster's identity is needed to look.
    credential: { revision: 0, trusteeUserId: "", trusteePassword: none, trustId: "" },
    endpoints: { apiUrl: "", region: cluster.region, verifyCa: true, openstackCaPem: null },
  });
  return driverOf(deps, cluster).previewDelete(ctx.cloud(), want);
}

/** Repairs what failed: the same wish again. Throws operation_not_allowed_now. */
export async function retryCluster(deps: Deps, ctx: RequestContext, id: string): Promise<void> {
  const now = deps.clock.now();
  await audited(deps, ctx, { scope: ctx.scope, id, kind: "retry" }, () =>
    acceptChange(deps.db, ctx.scope, id, now, ({ cluster, nodegroups }) => {
      check(ctx, "cluster:update", cluster);
      refuse("retry", "Retrying", cluster);
      const verb = cluster.status === "CREATE_FAILED" ? "CREATE" : "UPDATE";
      return {
        status: `${verb}_IN_PROGRESS`,
        repair: true,
        nodegroups: nodegroups.flatMap((group) =>
          group.status && isFailed(group.status) ? [{ id: group.id, status: retried(group.status) }] : [],
        ),
        deadlineAt: changeDeadline(cluster, now),
        operation: operation(ctx, "retry"),
        event: event(ctx, "asked to try again"),
      };
    }),
  );
  deps.changes.nudge();
}

function retried(status: ClusterStatus): ClusterStatus {
  if (status.startsWith("DELETE_")) return "DELETE_IN_PROGRESS";
  return status === "CREATE_FAILED" ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS";
}

export interface ResizeWish {
  /** Name or id; the default worker group when absent. */
  nodegroup?: string | undefined;
  /** New size of that group. */
  nodeCount: number;
  /** Server ids, names, private addresses or member indexes of nodes that go first. */
  nodesToRemove?: readonly string[] | undefined;
}

/**
 * Changes the size of one node group; with the same size and named nodes, those are replaced. The newest wish wins, and
 * nodes named before that still have to go are not forgotten. At the REST API administrators reach every project.
 * Throws nodegroup_not_found, not_supported_by_driver, invalid_input (bounds, unknown nodes), operation_not_allowed_now.
 */
export async function resizeCluster(deps: Deps, ctx: RequestContext, id: string, wish: ResizeWish): Promise<void> {
  const scope = reach(ctx, "cluster:update_all_projects");
  const now = deps.clock.now();
  const [before, nodes] = await Promise.all([getCluster(deps.db, scope, id), listNodes(deps.db, scope, id)]);
  check(ctx, "cluster:resize", before);
  const chosen = await getNodegroup(deps.db, scope, id, wish.nodegroup ?? defaultWorker);
  await audited(deps, ctx, { scope, id, kind: "resize" }, () =>
    acceptChange(deps.db, scope, id, now, (current): AcceptedChange => {
      const { cluster } = current;
      check(ctx, "cluster:resize", cluster);
      refuse("resize", "Resizing", cluster);
      const group = groupOf(current, chosen);
      checkSize(deps, current, group, wish.nodeCount);
      const remove = nodesToRemove(deps, cluster, group, nodes, wish.nodesToRemove ?? []);
      return {
        status: "UPDATE_IN_PROGRESS",
        nodegroups: [
          { id: group.id, nodeCount: wish.nodeCount, nodesToRemove: remove, status: workingStatus(group.status) },
        ],
        // A failed change is repaired on the way: the new size could not be reached otherwise.
        repair: isFailed(cluster.status),
        rollback: ctx.door === "console" && cluster.rollbackOnFailure,
        deadlineAt: changeDeadline(cluster, now),
        operation: operation(ctx, "resize", {
          [group.name]: [String(group.nodeCount), String(wish.nodeCount)],
          ...(wish.nodesToRemove?.length ? { "nodes to remove": [null, wish.nodesToRemove.join(", ")] } : {}),
        }),
        event: event(ctx, resizeWords(group, wish)),
      };
    }),
  );
  deps.changes.nudge();
}

function resizeWords(group: NodeGroup, { nodeCount, nodesToRemove: names = [] }: ResizeWish): string {
  if (nodeCount === group.nodeCount && names.length > 0) return `asked to replace ${names.join(", ")} of ${group.name}`;
  return `asked to resize ${group.name} from ${group.nodeCount} to ${nodeCount} nodes`;
}

/** A group that is being made stays so until it is there. */
export const workingStatus = (status: ClusterStatus | null): ClusterStatus =>
  status === null || status === "CREATE_IN_PROGRESS" ? "CREATE_IN_PROGRESS" : "UPDATE_IN_PROGRESS";

function nodesToRemove(
  deps: Deps,
  cluster: Cluster,
  group: NodeGroup,
  nodes: readonly ClusterNode[],
  names: readonly string[],
): string[] {
  const refused = (message: string, remedy?: string) =>
    new DomainError("invalid_input", message, { field: "nodes_to_remove", ...(remedy ? { remedy } : {}) });
  if (names.length > 0 && !driverOf(deps, cluster).can.removeNamed)
    throw refused("Choosing the nodes to remove is not supported by this driver.");
  const own = nodes.filter((node) => node.nodegroupId === group.id);
  const { remove, unknown, ambiguous } = findVictims(own, group.nodesToRemove, names);
  if (unknown.length > 0)
    throw refused(
      `There are no such nodes in ${group.name}: ${unknown.join(", ")}.`,
      "Name nodes by server id, name, private address or member index.",
    );
  if (ambiguous.length > 0)
    throw refused(`Several nodes of ${group.name} match ${ambiguous.join(", ")}.`, "Name them by server id.");
  return [...new Set([...group.nodesToRemove, ...remove])];
}

export interface UpdateWish {
  /** New size of the default worker group. */
  nodeCount?: number | undefined;
  /** As somebody outside found it, such as the auto-healer. */
  health?: { status: Cluster["healthStatus"]; reason: Record<string, string> } | undefined;
  /** Undo the change of size when it fails; absent = as the cluster is set. */
  rollback?: boolean | undefined;
}

/**
 * Magnum's PATCH: size and health, nothing else. Health alone moves no status and is taken in every state but deleting;
 * a size that is the present one changes nothing. Throws as resizeCluster does.
 */
export async function updateCluster(deps: Deps, ctx: RequestContext, id: string, wish: UpdateWish): Promise<void> {
  const scope = reach(ctx, "cluster:update_all_projects");
  const now = deps.clock.now();
  const { nodeCount, health, rollback } = wish;
  const before = await getCluster(deps.db, scope, id);
  check(ctx, "cluster:update", before);
  authorize(ctx, "cluster:update_health_status", { clusterId: id });
  if (health && before.status.startsWith("DELETE_")) refuse("update", "Updating", before);
  if (nodeCount !== undefined) {
    const chosen = await getNodegroup(deps.db, scope, id, defaultWorker);
    await audited(deps, ctx, { scope, id, kind: "update" }, () =>
      acceptChange(deps.db, scope, id, now, (current): AcceptedChange | null => {
        const { cluster } = current;
        check(ctx, "cluster:update", cluster);
        const group = groupOf(current, chosen);
        if (group.nodeCount === nodeCount) return null;
        refuse("update", "Updating", cluster);
        checkSize(deps, current, group, nodeCount);
        return {
          status: "UPDATE_IN_PROGRESS",
          nodegroups: [{ id: group.id, nodeCount, status: workingStatus(group.status) }],
          rollback: rollback ?? (ctx.door === "console" && cluster.rollbackOnFailure),
          deadlineAt: changeDeadline(cluster, now),
          operation: operation(ctx, "update", { [group.name]: [String(group.nodeCount), String(nodeCount)] }),
          event: event(ctx, resizeWords(group, { nodeCount })),
        };
      }),
    );
  }
  if (health) await setHealth(deps.db, scope, id, health, now);
  deps.changes.nudge();
}

/** The group as it is in the transaction. Throws nodegroup_not_found, operation_not_allowed_now when it is going. */
export function groupOf({ nodegroups }: CurrentCluster, { id, name }: Pick<NodeGroup, "id" | "name">) {
  const group = nodegroups.find((each) => each.id === id);
  if (!group) throw new DomainError("nodegroup_not_found", `Nodegroup ${name} could not be found.`);
  if (group.status?.startsWith("DELETE_"))
    throw new DomainError(
      "operation_not_allowed_now",
      `Updating a node group when status is "${group.status}" is not supported.`,
    );
  return group;
}

function checkSize(deps: Deps, { cluster, nodegroups }: CurrentCluster, group: NodeGroup, count: number): void {
  const driver = driverOf(deps, cluster);
  if (group.role === "master") {
    if (!driver.can.resizeMasters)
      throw new DomainError(
        "not_supported_by_driver",
        "Resizing the master nodegroup is not supported by this driver.",
        { field: "nodegroup" },
      );
    const problem = masterCountProblem(count, cluster.masterLbEnabled);
    if (problem) throw new DomainError("invalid_input", problem, { field: "node_count" });
    return;
  }
  const { minNodeCount: min } = group;
  const max = upperBound(group.maxNodeCount);
  if (count < min || (max !== null && count > max))
    throw new DomainError(
      "invalid_input",
      `Resizing ${group.name} outside the allowed range: min_node_count = ${min}, max_node_count = ${max ?? "None"}`,
      { field: "node_count" },
    );
  if (count === 0 && !driver.can.scaleToZero)
    throw new DomainError("not_supported_by_driver", "Resizing a node group to 0 is not supported by this driver.", {
      field: "node_count",
    });
  refuseNewProblems(
    driver,
    { cluster, nodegroups },
    { cluster, nodegroups: nodegroups.map((each) => (each.id === group.id ? { ...each, nodeCount: count } : each)) },
  );
}

interface Parts {
  cluster: WishedCluster;
  nodegroups: readonly WishedNodegroup[];
}

/** What is refused of a change: not what was so before and was accepted then. Throws label_refused, invalid_input. */
export function refuseNewProblems(driver: ClusterDriver, before: Parts, after: Parts): void {
  const known = judge(driver, wishOf(before.cluster, before.nodegroups));
  const findings = new Findings();
  findings.addAll(
    judge(driver, wishOf(after.cluster, after.nodegroups)).filter(
      ({ field, message }) => !known.some((each) => each.field === field && each.message === message),
    ),
  );
  findings.refuse();
}

/** Locks against deletion, or unlocks. */
export async function setLocked(deps: Deps, ctx: RequestContext, id: string, locked: boolean): Promise<void> {
  const cluster = await readable(deps, ctx, id);
  check(ctx, "cluster:update", cluster);
  const known = !cluster.damage?.some(({ field }) => field === "locked");
  if (known && cluster.locked === locked) return;
  await writeLocked(deps.db, ctx.scope, id, locked, {
    operation: operation(ctx, locked ? "lock" : "unlock"),
    event: event(ctx, locked ? "locked the cluster against deletion" : "unlocked the cluster"),
    now: deps.clock.now(),
  });
  deps.changes.nudge();
}

export const check = (ctx: RequestContext, policy: PolicyName, cluster: Cluster) =>
  authorize(ctx, policy, targetOf(cluster));

/** Magnum's sentence for a wrong state, and why in our words. */
export function refuse(what: Operation, verb: string, cluster: Cluster): void {
  const why = whyNot(what, cluster.status);
  if (why !== null)
    throw new DomainError(
      "operation_not_allowed_now",
      `${verb} a cluster when status is "${cluster.status}" is not supported. ${why}`,
    );
}

/** The record of who asked for what. */
export const operation = (
  ctx: RequestContext,
  kind: NewOperation["kind"],
  changes: NewOperation["changes"] = {},
): NewOperation => ({
  id: randomUUID(),
  kind,
  userId: ctx.user.id,
  userName: ctx.user.name,
  userDomainId: ctx.user.domainId,
  requestId: ctx.requestId,
  door: ctx.door,
  changes,
});

export const event = (ctx: RequestContext, what: string, detail: string | null = null): NewEvent => ({
  level: "info",
  message: `${ctx.user.name} ${what}.`,
  ...(detail === null ? {} : { detail }),
});
