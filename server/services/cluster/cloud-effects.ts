// What a cluster would take of the project's limits in OpenStack.
import type { Footprint } from "../../../drivers/driver.ts";
import type { Cloud, ResourceLimit } from "../../../drivers/openstack/cloud.ts";
import { DomainError } from "../../domain/error.ts";
import type { QuotaEffect } from "../views.ts";

export interface CloudEffects {
  /** Only limits that this footprint touches, and only those that could be asked for. */
  quota: QuotaEffect[];
}

export type Limits = ReturnType<typeof openLimits>;

/**
 * The project's limits, each service asked once and when it is first called: beside the look-ups where it is known
 * beforehand that it will be. One that does not answer is null: "could not check" never blocks.
 */
export function openLimits(cloud: Cloud) {
  const once = <T>(ask: () => Promise<T>) => {
    let answer: Promise<T | null> | null = null;
    return () => (answer ??= ask().catch(() => null));
  };
  const limits = {
    compute: once(() => cloud.nova.limits()),
    network: once(() => cloud.neutron.limits()),
    volumes: once(() => cloud.cinder.limits()),
    balancers: once(() => cloud.octavia.limits()),
  };
  return {
    ...limits,
    /** Asks already now what a footprint with such parts will want to know. */
    expect({ volumes, balancers }: { volumes: boolean; balancers: boolean }): void {
      for (const [ask, wanted] of [
        [limits.compute, true],
        [limits.network, true],
        [limits.volumes, volumes],
        [limits.balancers, balancers],
      ] as const)
        if (wanted) void ask();
    },
  };
}

/** Of every limit that a footprint touches. */
export async function cloudEffects(limits: Limits, footprint: Footprint): Promise<CloudEffects> {
  const [compute, network, volumes, balancers] = await Promise.all([
    limits.compute(),
    limits.network(),
    footprint.volumes > 0 ? limits.volumes() : null,
    footprint.loadBalancers > 0 ? limits.balancers() : null,
  ]);
  const rows: [name: string, adds: number, limit: ResourceLimit | undefined][] = [
    ["instances", footprint.servers, compute?.instances],
    ["vCPUs", footprint.vcpus, compute?.cores],
    ["RAM (MiB)", footprint.ramMib, compute?.ramMib],
    ["server groups", footprint.serverGroups, compute?.serverGroups],
    ["volumes", footprint.volumes, volumes?.volumes],
    ["volume storage (GiB)", footprint.volumeGib, volumes?.gib],
    ["networks", footprint.networks, network?.networks],
    ["subnets", footprint.subnets, network?.subnets],
    ["routers", footprint.routers, network?.routers],
    ["ports", footprint.ports, network?.ports],
    ["security groups", footprint.securityGroups, network?.securityGroups],
    ["floating IPs", footprint.floatingIps, network?.floatingIps],
    ["load balancers", footprint.loadBalancers, balancers?.loadBalancers],
  ];
  return {
    quota: rows.flatMap(([name, adds, limit]) =>
      limit === undefined || limit.used === null || adds === 0
        ? []
        : [{ name, adds, used: limit.used, limit: limit.limit }],
    ),
  };
}

/** Whether a cluster may grow from one footprint to the other; null = it may, or nobody could say. */
export async function quotaProblem(limits: Limits, before: Footprint, after: Footprint): Promise<DomainError | null> {
  // What the cluster shares is there already.
  const adds: Footprint = {
    servers: after.servers - before.servers,
    vcpus: after.vcpus - before.vcpus,
    ramMib: after.ramMib - before.ramMib,
    volumes: after.volumes - before.volumes,
    volumeGib: after.volumeGib - before.volumeGib,
    ports: after.ports - before.ports,
    serverGroups: after.serverGroups - before.serverGroups,
    floatingIps: after.floatingIps - before.floatingIps,
    networks: 0,
    subnets: 0,
    routers: 0,
    securityGroups: 0,
    loadBalancers: 0,
  };
  const { quota } = await cloudEffects(limits, adds);
  const short = quota.find(({ used, adds: more, limit }) => limit !== null && more > 0 && used + more > limit);
  if (!short) return null;
  const { name, used, adds: more, limit } = short;
  return new DomainError(
    "cloud_quota_exceeded",
    `The project's quota is too small: ${name} would go from ${used} to ${used + more} of ${limit}.`,
    { remedy: "Ask for fewer nodes at a time, free something, or ask for a larger quota." },
  );
}
