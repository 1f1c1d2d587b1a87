// The network that people chose for a cluster, if they did.
import type { Cloud, Network, Subnet } from "../../../drivers/openstack/cloud.ts";
import { DomainError } from "../../domain/error.ts";
import type { Problem } from "../../domain/problem.ts";
import { findFixedNetwork, findFixedSubnet } from "../look-ups.ts";

/** Where nodes are to live; all null = the driver makes a network. */
export interface Fixed {
  network: Network | null;
  subnet: Subnet | null;
  /** External networks that the subnet is routed to; null = could not be asked. */
  routedTo: string[] | null;
}

/** An existing network and its subnet; either may name the other when that is unique. */
export async function findNetworkAndSubnet(
  cloud: Cloud,
  networkName: string | null,
  subnetName: string | null,
): Promise<Fixed> {
  if (networkName === null && subnetName === null) return { network: null, subnet: null, routedTo: null };
  const [named, chosen] = await Promise.all([
    networkName === null ? null : findFixedNetwork(cloud, networkName, "fixed_network"),
    subnetName === null ? null : findFixedSubnet(cloud, subnetName, "fixed_subnet"),
  ]);
  const network = named ?? (chosen ? await findFixedNetwork(cloud, chosen.networkId, "fixed_network") : null);
  if (chosen && network && chosen.networkId !== network.id)
    throw new DomainError("invalid_input", `Subnet ${subnetName} is not of network ${networkName}.`, {
      field: "fixed_subnet",
    });
  const subnet = chosen ?? (network ? await onlySubnet(cloud, network) : null);
  const routes = subnet ? await cloud.facts.listRoutes(subnet.id).catch(() => null) : null;
  const routedTo = routes?.flatMap((route) =>
    route.subnetId === subnet?.id && route.externalNetworkId !== null ? [route.externalNetworkId] : [],
  );
  return { network, subnet, routedTo: routedTo ?? null };
}

async function onlySubnet(cloud: Cloud, network: Network): Promise<Subnet> {
  const subnets = (await cloud.neutron.listSubnets({ networkIds: [network.id] })).filter(
    (each) => each.ipVersion === 4,
  );
  const [subnet, another] = subnets;
  if (!subnet || another)
    throw new DomainError(
      "subnet_not_found",
      subnet
        ? `Network ${network.name} has several subnets: choose one.`
        : `Network ${network.name} has no IPv4 subnet that nodes could be in.`,
      { field: "fixed_subnet" },
    );
  return subnet;
}

/**
 * Nodes fetch software and report from where they are: without a way out they may never come up. Null = there is one, or
 * nobody can tell. On a network of the project's own all routers can be seen, and without one of them no floating address
 * can be given: then it is `lasting`.
 */
export function missingRoute(
  { network, subnet, routedTo }: Fixed,
  externalNetwork: Network | null,
  { projectId, floating }: { projectId: string; floating: boolean },
): (Problem & { lasting: boolean }) | null {
  if (!subnet || !externalNetwork || routedTo === null || routedTo.includes(externalNetwork.id)) return null;
  const lasting = floating && network?.projectId === projectId && !network.shared;
  const then = lasting ? "nodes and API cannot have floating addresses" : "nodes may not get out";
  const message = `No router of yours connects ${subnet.name || subnet.cidr} to ${externalNetwork.name}: ${then}.`;
  return { field: "fixed_subnet", message, lasting };
}
