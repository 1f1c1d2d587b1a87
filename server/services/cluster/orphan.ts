// A cluster whose owner is gone can do nothing by itself any more, not even go. Whoever asks for its deletion lends a hand.
import { isOpenStackError } from "../../../drivers/openstack/error.ts";
import type { RequestContext } from "../../auth/context.ts";
import { delegateAnew, openDelegation } from "../../auth/delegated-credential.ts";
import { may } from "../../auth/policy.ts";
import { getCredential } from "../../db/credential.ts";
import type { Scope } from "../../db/scope.ts";
import type { Cluster } from "../../domain/cluster.ts";
import type { Deps } from "../deps.ts";
import { targetOf } from "./can.ts";

/**
 * A credential of the caller's to delete a cluster with whose own is refused, as its owner lost roles or account; null =
 * it needs none, or the caller cannot give one. Not attached, it is to be discarded.
 */
export async function credentialForDeletion(deps: Deps, ctx: RequestContext, cluster: Cluster): Promise<string | null> {
  if (ctx.project.id !== cluster.projectId || !may(ctx, "cluster:delete", targetOf(cluster))) return null;
  if (ctx.user.id === cluster.userId && cluster.status !== "DELETE_FAILED") return null;
  if (!(await credentialIsRefused(deps, ctx.scope, cluster))) return null;
  try {
    return await delegateAnew(deps, ctx, cluster.id, deps.env.openstack.trustee.roles);
  } catch (error) {
    // The deletion is tried all the same: another cluster's access may do to look, and the reason is in its failure.
    ctx.log.warn({ err: error, clusterId: cluster.id }, "no credential to delete the cluster with");
    return null;
  }
}

/** Has the cluster's owner lost what it acts by? False also when nobody can tell now. */
export async function credentialIsRefused(deps: Deps, scope: Scope, cluster: Cluster): Promise<boolean> {
  const stored = await getCredential(deps.db, scope, cluster.id);
  const access = stored && openDelegation(deps, stored);
  if (!stored || !access) return false;
  try {
    await deps.clouds.fromTrust(access, { region: stored.region }).whoAmI();
    return false;
  } catch (error) {
    return isOpenStackError(error, "unauthorized") || isOpenStackError(error, "forbidden");
  }
}
