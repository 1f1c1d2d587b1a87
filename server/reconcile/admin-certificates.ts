// What the conductor shows to a cluster's own API: a client certificate of one day, made in memory and kept there.
import { signingAuthority } from "../domain/authority.ts";
import { Secret } from "../domain/secret.ts";
import type { ClaimedCluster } from "../db/reconcile.ts";
import { adminLeaf } from "../pki/ca.ts";
import type { KeyStore } from "../pki/key-store.ts";

export interface AdminCertificate {
  certPem: string;
  keyPem: Secret;
}

export interface AdminCertificates {
  /** Null = the cluster has no CA, or speaks no TLS. */
  of(claimed: ClaimedCluster, now: Date): Promise<AdminCertificate | null>;
  forget(clusterId: string): void;
}

/** Renewed at half of its life. */
const renewAfterMs = 12 * 3_600_000;

export function openAdminCertificates(keys: KeyStore): AdminCertificates {
  const made = new Map<string, { authorityId: string; at: number; certificate: Promise<AdminCertificate> }>();
  return {
    async of({ cluster, authorities, pki }, now) {
      const ca = signingAuthority(authorities, "kubernetes", pki);
      if (!ca || cluster.tlsDisabled) return null;
      const known = made.get(cluster.id);
      if (known && known.authorityId === ca.id && now.getTime() - known.at < renewAfterMs) return known.certificate;
      const certificate = keys
        .get(ca.id, ca.key)
        .then((keyPem) => adminLeaf({ certPem: ca.certPem, keyPem }, now))
        .then((leaf) => ({ certPem: leaf.certPem, keyPem: new Secret(leaf.keyPem) }));
      made.set(cluster.id, { authorityId: ca.id, at: now.getTime(), certificate });
      try {
        return await certificate;
      } catch (error) {
        made.delete(cluster.id);
        throw error;
      }
    },
    forget: (clusterId) => void made.delete(clusterId),
  };
}
