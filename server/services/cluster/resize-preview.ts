// What a smaller size would take away: the driver's own choice of nodes, and what runs on them by the cluster's own word.
import type { GoingNode } from "../../../drivers/driver.ts";
import { desiredOf } from "../../../drivers/wish.ts";
import type { RequestContext } from "../../auth/context.ts";
import { authorize } from "../../auth/policy.ts";
import { loadAuthorities } from "../../db/certificate.ts";
import { getCredential } from "../../db/credential.ts";
import { getNodegroup, listNodes } from "../../db/nodegroup.ts";
import { bundle, pkiWord, signingAuthority, trustedAuthorities } from "../../domain/authority.ts";
import type { Cluster } from "../../domain/cluster.ts";
import { defaultWorker } from "../../domain/nodegroup.ts";
import { Secret } from "../../domain/secret.ts";
import { findVictims } from "../../domain/victims.ts";
import { adminLeaf } from "../../pki/ca.ts";
import type { Deps } from "../deps.ts";
import { targetOf } from "./can.ts";
import type { ResizeWish } from "./change.ts";
import { loadParts } from "./parts.ts";
import { driverOf, readable } from "./read.ts";

/**
 * Nodes that would go, first one first; [] for a size that is not smaller. Work is null where the cluster's API does not
 * answer from here: then the choice may differ from the conductor's. Throws cluster_not_found, nodegroup_not_found.
 */
export async function previewResize(
  deps: Deps,
  ctx: RequestContext,
  id: string,
  wish: ResizeWish,
): Promise<GoingNode[]> {
  const cluster = await readable(deps, ctx, id);
  authorize(ctx, "cluster:resize", targetOf(cluster));
  const chosen = await getNodegroup(deps.db, ctx.scope, id, wish.nodegroup ?? defaultWorker);
  if (wish.nodeCount >= chosen.nodeCount) return [];
  const [parts, nodes, credential, { pki, admin }] = await Promise.all([
    loadParts(deps, ctx.scope, cluster),
    listNodes(deps.db, ctx.scope, id),
    getCredential(deps.db, ctx.scope, id),
    trustOf(deps, ctx, cluster),
  ]);
  const own = nodes.filter((node) => node.nodegroupId === chosen.id);
  const { remove } = findVictims(own, chosen.nodesToRemove, wish.nodesToRemove ?? []);
  const nodegroups = parts.nodegroups.map((group) =>
    group.id === chosen.id
      ? { ...group, nodeCount: wish.nodeCount, nodesToRemove: [...new Set([...group.nodesToRemove, ...remove])] }
      : group,
  );
  const want = desiredOf(parts.cluster, nodegroups, {
    generation: cluster.generation,
    deleting: false,
    repair: false,
    probe: true,
    project: { id: cluster.projectId },
    pki,
    maxBatch: 1,
    admin,
    // Read with the caller's own rights; the revision alone tells the present nodes from older ones.
    credential: {
      revision: credential?.revision ?? 0,
      trusteeUserId: "",
      trusteePassword: new Secret(""),
      trustId: "",
    },
    endpoints: { apiUrl: "", region: cluster.region, verifyCa: true, openstackCaPem: null },
  });
  const going = await driverOf(deps, cluster).previewShrink(ctx.cloud(), want);
  return going.filter((node) => node.nodegroupId === chosen.id);
}

/** Whom the cluster's API is believed by, and a certificate for this one look. */
async function trustOf(deps: Deps, ctx: RequestContext, cluster: Cluster) {
  const { stored, state } = await loadAuthorities(deps.db, ctx.scope, cluster.id);
  const pki = { revision: pkiWord(state), caPem: bundle(trustedAuthorities(stored, "kubernetes", state)) };
  const ca = signingAuthority(stored, "kubernetes", state);
  if (!ca || cluster.tlsDisabled) return { pki, admin: null };
  const leaf = await adminLeaf({ certPem: ca.certPem, keyPem: await deps.keys.get(ca.id, ca.key) }, deps.clock.now());
  return { pki, admin: { certPem: leaf.certPem, keyPem: new Secret(leaf.keyPem) } };
}
