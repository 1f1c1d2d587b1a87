// New keys for a cluster that exists: its certificate authorities, and its identity at the cloud. Both are accepted in
// one transaction; the conductor brings them to the nodes (docs/adr/0006, docs/adr/0010).
import { wishOf } from "../../drivers/wish.ts";
import type { RequestContext } from "../auth/context.ts";
import { delegateAnew, discardDelegation } from "../auth/delegated-credential.ts";
import { authorize } from "../auth/policy.ts";
import { loadAuthorities } from "../db/certificate.ts";
import {
  acceptChange,
  type AcceptedChange,
  type CurrentCluster,
  type NewAuthority,
  type NodegroupChange,
} from "../db/cluster-change.ts";
import type { Cluster } from "../domain/cluster.ts";
import { rolloutDeadline } from "../domain/deadline.ts";
import { DomainError } from "../domain/error.ts";
import { discardAuthorities, newAuthorities } from "./authorities.ts";
import { audited } from "./audit.ts";
import { targetOf } from "./cluster/can.ts";
import { event, operation, refuse } from "./cluster/change.ts";
import { credentialIsRefused } from "./cluster/orphan.ts";
import { loadParts } from "./cluster/parts.ts";
import { awayWords, inPlaceProblems } from "./cluster/in-place.ts";
import { driverOf, findCluster } from "./cluster/read.ts";
import type { Deps } from "./deps.ts";
import { reach } from "./reach.ts";

/**
 * Starts the replacement of all four authorities; the conductor carries it through the phases. One that hangs half way
 * goes on instead. `what` is id or name. Throws tls_disabled, not_supported_by_driver, operation_not_allowed_now, and
 * invalid_input where nodes cannot be replaced.
 */
export async function rotateCa(deps: Deps, ctx: RequestContext, what: string): Promise<{ id: string }> {
  const scope = reach(ctx, "cluster:get_one_all_projects");
  const cluster = await findCluster(deps, ctx, what, scope);
  const { id } = cluster;
  // Judged before keys are made, and again in the transaction.
  const parts = await loadParts(deps, scope, cluster);
  await audited(deps, ctx, { scope, id, kind: "rotateCa" }, () => refuseCa(deps, ctx, cluster, parts));
  const now = deps.clock.now();
  const { state } = await loadAuthorities(deps.db, scope, id);
  const authorities = state.phase === null ? await newAuthorities(deps, cluster, state.revision + 1, now) : [];
  let used = false;
  try {
    await audited(deps, ctx, { scope, id, kind: "rotateCa" }, () =>
      acceptChange(deps.db, scope, id, now, (current): AcceptedChange => {
        refuseCa(deps, ctx, current.cluster, current);
        used = current.pki.phase === null && current.pki.revision === state.revision;
        return caChange(deps, ctx, current, used ? authorities : null, now);
      }),
    );
  } catch (error) {
    await discardAuthorities(deps, authorities);
    throw error;
  }
  if (!used) await discardAuthorities(deps, authorities);
  deps.changes.nudge();
  return { id };
}

function refuseCa(deps: Deps, ctx: RequestContext, cluster: Cluster, parts: Parameters<typeof toWish>[0]): void {
  authorize(ctx, "certificate:rotate_ca", targetOf(cluster));
  if (cluster.tlsDisabled)
    throw new DomainError("tls_disabled", "Rotating the CA certificate on a non-TLS cluster is not supported");
  const driver = driverOf(deps, cluster);
  if (!driver.can.rotateCa)
    throw new DomainError("not_supported_by_driver", "Rotating the CA certificate is not supported by driver.");
  refuse("rotateCa", "Updating", cluster);
  const wish = toWish(parts);
  const [problem, ...others] = wish.nodegroups.flatMap((group) => inPlaceProblems(driver, cluster, group, wish, group));
  if (problem)
    throw new DomainError("invalid_input", problem.message, {
      field: problem.field,
      ...(others.length > 0 ? { problems: [problem, ...others] } : {}),
    });
}

const toWish = ({ cluster, nodegroups }: Awaited<ReturnType<typeof loadParts>>) => wishOf(cluster, nodegroups);

function caChange(
  deps: Deps,
  ctx: RequestContext,
  { cluster, nodegroups, pki }: CurrentCluster,
  authorities: readonly NewAuthority[] | null,
  now: Date,
): AcceptedChange {
  const wish = wishOf(cluster, nodegroups);
  const stays = wish.nodegroups.some((group) => driverOf(deps, cluster).replaceable(wish, group).length > 0);
  return {
    status: "UPDATE_IN_PROGRESS",
    nodegroups: working(nodegroups),
    ...(authorities ? { authorities } : {}),
    maxBatch: 1,
    deadlineAt: rolloutDeadline(cluster, cluster.masterCount + cluster.nodeCount, now),
    operation: operation(ctx, "rotateCa", {
      "certificate authority": [String(pki.revision), String(pki.phase === "trust" ? pki.revision + 1 : pki.revision)],
    }),
    event: {
      ...event(ctx, "asked to replace the certificate authority"),
      detail:
        "New nodes trust the old and the new authority, first the control plane, then the workers. Configs that are " +
        "downloaded from now on do so as well." +
        (stays ? ` ${awayWords}` : ""),
    },
  };
}

/**
 * Gives the cluster a new identity, delegated by the caller, who becomes its owner; nodes get it by being replaced, and
 * the old one goes when none has it. `what` is id or name, in the caller's project also for administrators.
 * Throws delegation_failed, not_supported_by_driver, operation_not_allowed_now.
 */
export async function rotateCredential(deps: Deps, ctx: RequestContext, what: string): Promise<{ id: string }> {
  const cluster = await findCluster(deps, ctx, what);
  const { id } = cluster;
  await audited(deps, ctx, { scope: ctx.scope, id, kind: "rotateCredential" }, () =>
    refuseCredential(deps, ctx, cluster),
  );
  await refuseMissingKeypair(ctx, cluster);
  const now = deps.clock.now();
  const orphaned = await credentialIsRefused(deps, ctx.scope, cluster);
  const credentialId = await delegateAnew(deps, ctx, id, deps.env.openstack.trustee.roles);
  try {
    await audited(deps, ctx, { scope: ctx.scope, id, kind: "rotateCredential" }, () =>
      acceptChange(deps.db, ctx.scope, id, now, (current): AcceptedChange => {
        refuseCredential(deps, ctx, current.cluster);
        return credentialChange(ctx, current, credentialId, orphaned, now);
      }),
    );
  } catch (error) {
    await discardDelegation(deps, credentialId);
    throw error;
  }
  deps.changes.nudge();
  return { id };
}

/** Key pairs belong to persons: new nodes are made in the caller's name and so with the caller's key pair. */
async function refuseMissingKeypair(ctx: RequestContext, { keypair }: Cluster): Promise<void> {
  if (keypair === null || (await ctx.cloud().nova.findKeypair(keypair))) return;
  throw new DomainError("invalid_input", `New nodes would be made in your name, and you have no key pair ${keypair}.`, {
    field: "keypair",
    remedy: `Import or make a key pair of the name ${keypair} first.`,
  });
}

function refuseCredential(deps: Deps, ctx: RequestContext, cluster: Cluster): void {
  authorize(ctx, "credential:rotate", targetOf(cluster));
  if (!driverOf(deps, cluster).can.rotateCredential)
    throw new DomainError("not_supported_by_driver", "Credential rotation is not supported by driver.");
  refuse("rotateCredential", "Updating", cluster);
}

function credentialChange(
  ctx: RequestContext,
  { cluster, nodegroups }: CurrentCluster,
  credentialId: string,
  orphaned: boolean,
  now: Date,
): AcceptedChange {
  const owner = cluster.userName ?? cluster.userId;
  return {
    status: "UPDATE_IN_PROGRESS",
    nodegroups: working(nodegroups),
    // Stacks of an owner who is gone cannot shrink: all new nodes come first, then the old stack goes as a whole.
    maxBatch: orphaned ? Math.max(1, ...nodegroups.map((group) => group.nodeCount)) : 1,
    // What failed for want of rights can be done with the new ones.
    repair: cluster.status === "UPDATE_FAILED",
    credentialId,
    owner: { userId: ctx.user.id, userName: ctx.user.name },
    deadlineAt: rolloutDeadline(cluster, cluster.masterCount + cluster.nodeCount, now),
    operation: operation(
      ctx,
      "rotateCredential",
      ctx.user.id === cluster.userId ? {} : { owner: [owner, ctx.user.name] },
    ),
    event: {
      ...event(ctx, "gave the cluster a new credential"),
      detail: `The cluster acts in the name of ${ctx.user.name} from now on and belongs to them.`,
    },
  };
}

/** Groups that are going stay so. */
const working = (nodegroups: CurrentCluster["nodegroups"]): NodegroupChange[] =>
  nodegroups.flatMap((group) =>
    group.status?.startsWith("DELETE_") ? [] : [{ id: group.id, status: "UPDATE_IN_PROGRESS" }],
  );
