// What the passes of one conductor share.
import type { ClusterDriver, Observed } from "../../drivers/driver.ts";
import type { KeyStore } from "../pki/key-store.ts";
import { openAdminCertificates, type AdminCertificates } from "./admin-certificates.ts";
import type { ConductorDeps } from "./deps.ts";
import { conductorMetrics, type ConductorMetrics } from "./metrics.ts";
import type { Pace } from "./pace.ts";
import { openTrustClouds, type TrustClouds } from "./trust-clouds.ts";

export interface Conductor {
  deps: ConductorDeps;
  /** Unique among all conductors, also of one host, also after a restart. */
  owner: string;
  leaseMs: number;
  pace: Pace;
  random: () => number;
  keys: KeyStore;
  clouds: TrustClouds;
  admins: AdminCertificates;
  metrics: ConductorMetrics;
  /** Last observation of each cluster: valid as long as the survey shows what it showed then. */
  seen: Map<string, Sighting>;
  /** Of each cluster that is being worked on; a pass works as long as its own lease is there. */
  leases: Map<string, Lease>;
}

/** Milliseconds of the clock. */
export interface Lease {
  since: number;
  /** It is surely ours so long. */
  until: number;
}

interface Sighting {
  /** Fingerprint of the survey that it was made with: another conductor may have worked on the cluster since. */
  backend: string;
  seen: Observed;
}

export function makeConductor(
  deps: ConductorDeps,
  options: Pick<Conductor, "owner" | "leaseMs" | "pace" | "random" | "keys">,
): Conductor {
  return {
    deps,
    ...options,
    clouds: openTrustClouds(deps.clouds, deps.secrets),
    admins: openAdminCertificates(options.keys),
    metrics: conductorMetrics(),
    seen: new Map(),
    leases: new Map(),
  };
}

export const driverNamed = (conductor: Conductor, name: string): ClusterDriver | undefined =>
  conductor.deps.drivers.find((driver) => driver.name === name);

const observationsKept = 5000;

export function rememberSeen(conductor: Conductor, clusterId: string, sighting: Sighting): void {
  conductor.seen.delete(clusterId);
  conductor.seen.set(clusterId, sighting);
  const oldest = conductor.seen.size > observationsKept ? conductor.seen.keys().next().value : undefined;
  if (oldest !== undefined) conductor.seen.delete(oldest);
}

/** Counts a driver's call by how it ended. */
export async function counted<T>(
  conductor: Conductor,
  call: "survey" | "observe" | "apply" | "health",
  work: Promise<T>,
): Promise<T> {
  try {
    const answer = await work;
    conductor.metrics.calls.inc({ call, result: "ok" });
    return answer;
  } catch (error) {
    conductor.metrics.calls.inc({ call, result: "error" });
    throw error;
  }
}
