// From a claimed cluster's rows to what its driver is shown. Pure.
import type { Desired, NodeEndpoints, TrustCredential } from "../../drivers/driver.ts";
import { desiredOf } from "../../drivers/wish.ts";
import { bundle, pkiWord, trustedAuthorities } from "../domain/authority.ts";
import { isFailed, isInProgress } from "../domain/cluster-status.ts";
import type { ClaimedCluster } from "../db/reconcile.ts";
import type { Env } from "../env.ts";
import type { AdminCertificate } from "./admin-certificates.ts";
import { readMemory } from "./memory.ts";
import { attemptLimits } from "./verdict.ts";

/** Groups on their way out are left out of the wish: what the back end still has of them is to go. */
export function desired(
  claimed: ClaimedCluster,
  credential: TrustCredential,
  admin: AdminCertificate | null,
  endpoints: NodeEndpoints,
): Desired {
  const { cluster, nodegroups, deletionRequestedAt, pki, maxBatch } = claimed;
  const deleting = deletionRequestedAt !== null;
  // What could not be deleted is tried again a few times before people are asked to look.
  const repair = deleting
    ? readMemory(claimed.seenBackend, cluster.generation).attempts < attemptLimits.deletion
    : claimed.repair;
  return desiredOf(
    cluster,
    nodegroups.filter((group) => deleting || !group.status?.startsWith("DELETE")),
    {
      generation: cluster.generation,
      deleting,
      repair,
      probe: !deleting && (isInProgress(cluster.status) || isFailed(cluster.status)),
      project: { id: cluster.projectId },
      pki: { revision: pkiWord(pki), caPem: bundle(trustedAuthorities(claimed.authorities, "kubernetes", pki)) },
      maxBatch,
      admin,
      credential,
      endpoints,
    },
  );
}

/** Addresses as the cluster's nodes see them. */
export function endpointsOf(
  env: { apiPublicUrl: string; openstack: Pick<Env["openstack"], "insecure" | "caPem"> },
  region: string,
): NodeEndpoints {
  return {
    apiUrl: `${env.apiPublicUrl}/v1`,
    region,
    verifyCa: !env.openstack.insecure,
    openstackCaPem: env.openstack.caPem,
  };
}
