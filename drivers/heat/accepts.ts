// What the Heat base refuses, for every pair: sizes, network, volumes, and labels that nobody would look at.
import type { Footprint, Problem, Wish } from "../driver.ts";
import { labelFact } from "../../server/domain/label-catalog.ts";
import { networkPlan } from "./network.ts";
import { nodeVolumes } from "./node-template.ts";
import type { Pair } from "./pair.ts";

/** Labels that the base itself honours. */
export const heatLabels: readonly string[] = [
  "fixed_subnet_cidr",
  "availability_zone",
  "boot_volume_size",
  "boot_volume_type",
  "etcd_volume_size",
  "etcd_volume_type",
  "docker_volume_type",
  "master_lb_allowed_cidrs",
  "master_lb_floating_ip_enabled",
  "octavia_provider",
  "octavia_lb_algorithm",
  "octavia_lb_healthcheck",
];

export function acceptsHeat(pair: Pair, want: Wish): Problem[] {
  const problems: Problem[] = [];
  const refuse = (field: string, message: string) => problems.push({ field, message });
  const { network, labels } = want;
  const plan = networkPlan(want);

  for (const group of want.nodegroups.filter((one) => one.role === "master")) {
    if (group.count < 1 || group.count % 2 === 0)
      refuse(
        "master_count",
        `master nodegroup size of ${group.count} is invalid, size must be an odd number such as 1, 3 or 5`,
      );
    if (group.count > 1 && !network.masterLbEnabled)
      refuse("master_lb_enabled", "must be true for more than one master: several masters need one address");
  }
  for (const group of want.nodegroups) {
    if (group.count > 90)
      refuse(
        group.role === "master" ? "master_count" : "node_count",
        `must be at most 90 in one node group, is ${group.count}`,
      );
    const volumes = nodeVolumes(want, group);
    if (volumes.boot.size === 0 && group.flavor.diskGib === 0)
      refuse("labels.boot_volume_size", "must be set: the flavor has no disk of its own");
    if (volumes.boot.size === 0 && group.flavor.diskGib > 0 && group.flavor.diskGib < group.image.minDiskGib)
      refuse(
        group.role === "master" ? "master_flavor_id" : "flavor_id",
        `has a disk of ${group.flavor.diskGib} GB, the image needs ${group.image.minDiskGib}: choose another flavor or set label boot_volume_size`,
      );
    if (volumes.boot.size > 0 && volumes.boot.size < group.image.minDiskGib)
      refuse("labels.boot_volume_size", `must be at least ${group.image.minDiskGib}: the image needs that much`);
  }
  if (network.masterLbEnabled && !want.services.includes("load-balancer"))
    refuse("master_lb_enabled", "must be false: this cloud has no load balancing service");
  if (plan.ownNetwork && network.externalNetwork === null)
    refuse("external_network_id", "is needed when the cluster gets a network of its own");
  if ((plan.apiFloating || plan.nodeFloating) && network.externalNetwork === null)
    refuse("floating_ip_enabled", "must be false without an external network");
  // Heat's balancer is made on a subnet, and rules need its range.
  if (network.fixedNetwork !== null && network.fixedSubnet === null)
    refuse("fixed_subnet", "is needed when fixed_network is set");
  if (network.fixedSubnet !== null && network.fixedNetwork === null)
    refuse("fixed_network", "is needed when fixed_subnet is set");
  if (labels.has("master_lb_allowed_cidrs") && !network.masterLbEnabled)
    refuse(
      "labels.master_lb_allowed_cidrs",
      "has no effect without a load balancer for the masters: set master_lb_enabled",
    );
  const known = new Set([...heatLabels, ...pair.coe.knownLabels]);
  const given = new Set(
    [labels, ...want.nodegroups.map((group) => group.labels)].flatMap((one) => one.entries().map(([key]) => key)),
  );
  for (const key of given)
    if (!known.has(key) && labelFact(key) !== undefined)
      refuse(`labels.${key}`, `label ${key} has no effect with driver ${pair.name}`);
  return problems;
}

/** What will exist: the same switches as in the templates. */
export function footprintHeat(want: Wish): Footprint {
  const plan = networkPlan(want);
  const sum = (count: (group: Wish["nodegroups"][number]) => number) =>
    want.nodegroups.reduce((total, group) => total + count(group), 0);
  const sizes = (group: Wish["nodegroups"][number]) =>
    Object.values(nodeVolumes(want, group))
      .map((volume) => volume.size)
      .filter((size) => size > 0);
  const servers = sum((group) => group.count);
  return {
    servers,
    vcpus: sum((group) => group.count * group.flavor.vcpus),
    ramMib: sum((group) => group.count * group.flavor.ramMib),
    volumes: sum((group) => group.count * sizes(group).length),
    volumeGib: sum((group) => group.count * sizes(group).reduce((total, size) => total + size, 0)),
    networks: plan.ownNetwork ? 1 : 0,
    subnets: plan.ownNetwork ? 1 : 0,
    routers: plan.ownNetwork && want.network.externalNetwork !== null ? 1 : 0,
    // One a node, one for the router, one for the balancer; a single master's is the API's.
    ports: servers + (plan.ownNetwork && want.network.externalNetwork !== null ? 1 : 0) + (plan.balancer ? 1 : 0),
    securityGroups: 2,
    serverGroups: 1 + want.nodegroups.filter((group) => group.role !== "master").length,
    floatingIps:
      (plan.apiFloating ? 1 : 0) +
      (plan.nodeFloating ? sum((group) => (group.role === "master" && !plan.balancer ? 0 : group.count)) : 0),
    loadBalancers: plan.balancer ? 1 : 0,
  };
}
