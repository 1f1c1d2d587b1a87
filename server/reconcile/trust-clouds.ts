// The clouds that the conductor works with: one for each cluster's trust, kept so that it signs in once and not once a
// round; and for each project one that worked lately, to look with when a cluster's own trust is refused.
import type { Cloud, Clouds } from "../../drivers/openstack/cloud.ts";
import { openDelegation } from "../auth/delegated-credential.ts";
import type { StoredCredential } from "../db/credential.ts";
import type { Secrets } from "../secrets.ts";

export interface TrustClouds {
  /** Null = the cluster has no complete credential. */
  of(credential: StoredCredential | null): Cloud | null;
  /** This cluster's cloud answered: it may serve others of its project to look with. */
  worked(credential: StoredCredential): void;
  refused(credential: StoredCredential): void;
  /** Another cluster's cloud of that project and region that worked lately. */
  standIn(projectId: string, region: string, not: StoredCredential | null): Cloud | null;
  forget(credential: StoredCredential): void;
}

const kept = 2000;

export function openTrustClouds(clouds: Clouds, secrets: Secrets): TrustClouds {
  const byCredential = new Map<string, { revision: number; cloud: Cloud }>();
  const good = new Map<string, Map<string, Cloud>>();
  const place = (projectId: string, region: string) => `${projectId} ${region}`;
  const drop = (credential: StoredCredential) =>
    good.get(place(credential.projectId, credential.region))?.delete(credential.id);

  function of(credential: StoredCredential | null): Cloud | null {
    if (!credential) return null;
    const known = byCredential.get(credential.id);
    if (known && known.revision === credential.revision) return known.cloud;
    const access = openDelegation({ secrets }, credential);
    if (!access) return null;
    const cloud = clouds.fromTrust(access, { region: credential.region });
    const oldest = byCredential.size >= kept ? byCredential.keys().next().value : undefined;
    if (oldest !== undefined) byCredential.delete(oldest);
    byCredential.set(credential.id, { revision: credential.revision, cloud });
    return cloud;
  }

  return {
    of,
    worked(credential) {
      const cloud = of(credential);
      if (!cloud) return;
      const key = place(credential.projectId, credential.region);
      const here = good.get(key) ?? new Map<string, Cloud>();
      here.delete(credential.id);
      here.set(credential.id, cloud);
      const oldest = here.size > 3 ? here.keys().next().value : undefined;
      if (oldest !== undefined) here.delete(oldest);
      good.set(key, here);
    },
    refused: drop,
    standIn(projectId, region, not) {
      const here = [...(good.get(place(projectId, region)) ?? [])].filter(([id]) => id !== not?.id);
      return here.at(-1)?.[1] ?? null;
    },
    forget(credential) {
      drop(credential);
      byCredential.delete(credential.id);
    },
  };
}
