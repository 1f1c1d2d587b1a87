// What a cluster would take of the project's limits in OpenStack.
import type { Footprint } from "../../../drivers/driver.ts";
import type { Cloud, ResourceLimit } from "../../../drivers/openstack/cloud.ts";
import { DomainError } from "../../domain/error.ts";
import type { QuotaEffect } from "../views.ts";

export interface CloudEffects {
  /** Only limits that this footprint touches, and only those that could be asked for. */
  quota: QuotaEffect[];
}

/** Asks all limits at once. A service that does not answer is left out: "could not check" never blocks. */
export async function cloudEffects(cloud: Cloud, footprint: Footprint): Promise<CloudEffects> {
  const quiet = <T>(work: Promise<T>): Promise<T | null> => work.catch(() => null);
  const [compute, network, volumes, balancers] = await Promise.all([
    quiet(cloud.nova.limits()),
    quiet(cloud.neutron.limits()),
    footprint.volumes > 0 ? quiet(cloud.cinder.limits()) : null,
    footprint.loadBalancers > 0 ? quiet(cloud.octavia.limits()) : null,
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
export async function quotaProblem(cloud: Cloud, before: Footprint, after: Footprint): Promise<DomainError | null> {
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
  const { quota } = await cloudEffects(cloud, adds);
  const short = quota.find(({ used, adds: more, limit }) => limit !== null && more > 0 && used + more > limit);
  if (!short) return null;
  const { name, used, adds: more, limit } = short;
  return new DomainError(
    "cloud_quota_exceeded",
    `The project's quota is too small: ${name} would go from ${used} to ${used + more} of ${limit}.`,
    { remedy: "Ask for fewer nodes at a time, free something, or ask for a larger quota." },
  );
}
