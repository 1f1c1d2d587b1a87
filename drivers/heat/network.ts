// What follows from the network wishes of a cluster, in one place: templates, quota and `accepts` agree by it.
import type { Wish } from "../driver.ts";

export const defaultSubnetCidr = "10.0.0.0/24";

export interface NetworkPlan {
  /** The driver makes network, subnet and router. */
  ownNetwork: boolean;
  subnetCidr: string | null;
  balancer: boolean;
  /** Floating address of the API: on the balancer, or on the single master. */
  apiFloating: boolean;
  /** Floating address for each worker, and for each master behind a balancer. */
  nodeFloating: boolean;
  balancerProvider: string | null;
  balancerAlgorithm: string;
  balancerHealthcheck: boolean;
  /** Ranges that may reach the API; null = everywhere. */
  allowedCidrs: string[] | null;
}

/** Reads fields and labels; defaults are Magnum's. */
export function networkPlan(want: Wish): NetworkPlan {
  const { network, labels } = want;
  const ownNetwork = network.fixedNetwork === null;
  const subnetCidr =
    network.fixedSubnetCidr ?? (ownNetwork ? (labels.get("fixed_subnet_cidr") ?? defaultSubnetCidr) : null);
  const balancer = network.masterLbEnabled;
  const provider = labels.get("octavia_provider") ?? null;
  // One that cannot be read lets nobody in but the nodes: what was meant to close the API never opens it.
  const allowed = labels.has("master_lb_allowed_cidrs") ? (labels.get("master_lb_allowed_cidrs") ?? []) : null;
  return {
    ownNetwork,
    subnetCidr,
    balancer,
    apiFloating: balancer
      ? (labels.get("master_lb_floating_ip_enabled") ?? network.floatingIpEnabled)
      : network.floatingIpEnabled,
    nodeFloating: network.floatingIpEnabled,
    balancerProvider: provider,
    // The ovn provider knows no other one.
    balancerAlgorithm: provider === "ovn" ? "SOURCE_IP_PORT" : (labels.get("octavia_lb_algorithm") ?? "ROUND_ROBIN"),
    balancerHealthcheck: labels.get("octavia_lb_healthcheck") ?? true,
    allowedCidrs: allowed === null ? null : [...new Set(subnetCidr === null ? allowed : [...allowed, subnetCidr])],
  };
}

/** Is there an address of the API that somebody outside the cluster's network can use? */
export const apiReachable = (want: Wish): boolean => networkPlan(want).apiFloating;
