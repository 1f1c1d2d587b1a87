// What a cluster would take of the project's limits in OpenStack.
import type { Footprint } from "../../../drivers/driver.ts";
import type { Cloud, ResourceLimit } from "../../../drivers/openstack/cloud.ts";
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
