// What may be done to a cluster now, and if not, why: one answer for buttons, procedures and REST.
import type { ClusterDriver } from "../../../drivers/driver.ts";
import type { RequestContext } from "../../auth/context.ts";
import { may, type PolicyName, type PolicyTarget } from "../../auth/policy.ts";
import { operations, whyNot, type Operation } from "../../domain/cluster-status.ts";
import type { Cluster } from "../../domain/cluster.ts";
import { clusterRemedy, type MaybeDamaged } from "../../domain/damage.ts";
import type { ClusterAction } from "../views.ts";

const policies: Record<ClusterAction, PolicyName> = {
  delete: "cluster:delete",
  retry: "cluster:update",
  resize: "cluster:resize",
  upgrade: "cluster:upgrade",
  update: "cluster:update",
  setLocked: "cluster:update",
  rotateCa: "certificate:rotate_ca",
  rotateCredential: "credential:rotate",
  createNodegroup: "nodegroup:create",
  updateNodegroup: "nodegroup:update",
  deleteNodegroup: "nodegroup:delete",
  getConfig: "certificate:create",
};

/** What policies judge of a cluster. */
export const targetOf = ({ id, projectId, userId }: Pick<Cluster, "id" | "projectId" | "userId">): PolicyTarget => ({
  clusterId: id,
  projectId,
  userId,
});

const always: ReadonlySet<string> = new Set(["delete", "setLocked", "getConfig"] satisfies ClusterAction[]);
const mending: ReadonlySet<string> = new Set([
  "resize",
  "updateNodegroup",
  "deleteNodegroup",
] satisfies ClusterAction[]);

/** Where part of what is wanted is lost, nothing is built by it: what is left is what sets it anew, or goes without. */
export function withoutLoss(
  can: Record<ClusterAction, string | null>,
  cluster: MaybeDamaged,
  nodegroups: Parameters<typeof clusterRemedy>[1],
): Record<ClusterAction, string | null> {
  const remedy = clusterRemedy(cluster, nodegroups);
  if (remedy === null) return can;
  const mendable = clusterRemedy(cluster, []) === null;
  const closed = Object.entries(can).map(([action, why]) => [
    action,
    why ?? (always.has(action) || (mendable && mending.has(action)) ? null : remedy),
  ]);
  return Object.fromEntries(closed) as Record<ClusterAction, string | null>;
}

/** Every action with null (possible) or the reason in words. */
export function clusterCan(
  ctx: RequestContext,
  cluster: Cluster,
  driver: ClusterDriver | null,
  /** Why its nodes can be neither replaced by new ones nor changed in place; null = they can. */
  stuck: string | null = null,
): Record<ClusterAction, string | null> {
  const of = (action: ClusterAction) =>
    reason(ctx, cluster, driver, action) ?? (action === "upgrade" || action === "rotateCa" ? stuck : null);
  const can = Object.fromEntries(operations.map((operation) => [operation, of(operation)]));
  return { ...(can as Record<Operation, string | null>), getConfig: of("getConfig"), setLocked: of("setLocked") };
}

function reason(
  ctx: RequestContext,
  cluster: Cluster,
  driver: ClusterDriver | null,
  action: ClusterAction,
): string | null {
  if (!may(ctx, policies[action], targetOf(cluster))) return refusal(ctx, cluster, action);
  if (action === "setLocked") return null;
  if (action === "getConfig") return whyNoConfig(cluster);
  return unsupported(driver, cluster, action) ?? whyNot(action, cluster.status) ?? whyLocked(cluster, action);
}

/** Why there is no config to be had yet; null = there is. */
export function whyNoConfig(cluster: Cluster): string | null {
  if (cluster.status.startsWith("DELETE_")) return "The cluster is being deleted.";
  return cluster.apiAddress === null ? "The cluster's API has no address yet." : null;
}

const whyLocked = (cluster: Cluster, action: ClusterAction) =>
  action === "delete" && cluster.locked ? "The cluster is locked against deletion: unlock it first." : null;

function unsupported(driver: ClusterDriver | null, cluster: Cluster, action: Operation): string | null {
  if (!driver) return action === "delete" ? null : `The driver ${cluster.driver} is not installed here.`;
  const { can } = driver;
  if (action === "upgrade" && !can.upgrade) return "This kind of cluster cannot be upgraded in place.";
  if (action === "rotateCa" && cluster.tlsDisabled) return "The cluster has no TLS and so no CA.";
  if (action === "rotateCa" && !can.rotateCa) return "This kind of cluster cannot rotate its CA.";
  if (action === "rotateCredential" && !can.rotateCredential)
    return "This kind of cluster cannot rotate its credential.";
  if (action.endsWith("Nodegroup") && !can.nodegroups) return "This kind of cluster has the default node groups only.";
  return null;
}

function refusal(ctx: RequestContext, cluster: Cluster, action: ClusterAction): string {
  if (action === "getConfig" && ctx.user.id !== cluster.userId)
    return `Certificates belong to the person who made the cluster: ${cluster.userName ?? cluster.userId}.`;
  const roles = ctx.roles.length === 0 ? "no role" : `the role ${ctx.roles.join(", ")}`;
  return `You have ${roles} here, which does not allow this: it needs member.`;
}
