// What the Heat base refuses, for every pair: sizes, network, volumes, and labels that nobody would look at.
import { parseRange } from "../../server/domain/ip-range.ts";
import { problem } from "../../server/domain/problem.ts";
import type { Footprint, Problem, Wish } from "../driver.ts";
import { judgeLabels } from "./labels.ts";
import { networkPlan } from "./network.ts";
import { nodeVolumes } from "./node-template.ts";
import type { Pair } from "./pair.ts";

export function acceptsHeat(pair: Pair, want: Wish): Problem[] {
  const problems: Problem[] = [];
  const refuse = (field: string, words: string) => problems.push(problem(field, words));
  const { network, labels } = want;
  const plan = networkPlan(want);

  for (const group of want.nodegroups.filter((one) => one.role === "master")) {
    if (group.count < 1 || group.count % 2 === 0)
      refuse("master_count", `must be an odd number such as 1, 3 or 5: it is ${group.count}`);
    if (group.count > 1 && !network.masterLbEnabled)
      refuse("master_lb_enabled", "must be true for more than one master: several masters need one address");
  }
  for (const group of want.nodegroups) {
    if (group.count > 90)
      refuse(
        group.role === "master" ? "master_count" : "node_count",
        `must be at most 90 in one node group: it is ${group.count}`,
      );
    const volumes = nodeVolumes(want, group);
    if (volumes.boot.size === 0 && group.flavor.diskGib === 0)
      refuse("labels.boot_volume_size", "must be set: the flavor has no disk of its own");
    if (volumes.boot.size === 0 && group.flavor.diskGib > 0 && group.flavor.diskGib < group.image.minDiskGib)
      refuse(
        group.role === "master" ? "master_flavor_id" : "flavor_id",
        `must name a flavor with a larger disk: it has ${group.flavor.diskGib} GB and the image needs ${group.image.minDiskGib}, unless the label boot_volume_size gives the nodes a volume`,
      );
    if (volumes.boot.size > 0 && volumes.boot.size < group.image.minDiskGib)
      refuse("labels.boot_volume_size", `must be at least ${group.image.minDiskGib}: the image needs that many GB`);
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
      "needs a load balancer for the masters: without master_lb_enabled nothing would keep anybody out",
    );
  if (plan.balancer && labels.get("master_lb_allowed_cidrs")?.some((range) => parseRange(range)?.version !== 4))
    refuse("labels.master_lb_allowed_cidrs", "must hold IPv4 ranges: the load balancer's address is of IPv4");
  problems.push(...judgeLabels(pair, want).refused);
  return problems;
}

/** What is accepted and has no effect. */
export function warnsHeat(pair: Pair, want: Wish): Problem[] {
  const warnings = judgeLabels(pair, want).idle;
  if (want.network.fixedSubnet !== null && want.labels.has("fixed_subnet_cidr"))
    warnings.push(
      problem("labels.fixed_subnet_cidr", "has no effect: the cluster's nodes are in a subnet that is there already"),
    );
  return warnings;
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
