import type { Desired, Leftover } from "../driver.ts";
import type { Cloud } from "../openstack/cloud.ts";
import { networkPlan } from "./network.ts";
import type { HeatStack } from "./observed.ts";
import type { ClusterFacts } from "./pair.ts";

/** What Kubernetes made by itself: it sits on the cluster's network and blocks its deletion (drivers.md 1.6). */
export async function findLeftovers(
  cloud: Cloud,
  want: Desired,
  facts: ClusterFacts | null,
  cluster: HeatStack | undefined,
): Promise<Leftover[]> {
  if (!facts) return [];
  const found: Leftover[] = [];
  if (await cloud.octavia.available()) {
    // The cloud controller's words; it is started with the cluster's id as the cluster's name.
    const ours = new RegExp(`^(?:Floating IP for )?Kubernetes .+ from cluster ${want.key.id}$`);
    const balancers = (await cloud.octavia.listLoadBalancers({ vipNetworkId: facts.networkId })).filter(
      (balancer) => ours.test(balancer.description) && balancer.provisioningStatus !== "DELETED",
    );
    const ports = balancers.flatMap((balancer) => balancer.vipPortId ?? []);
    const addresses = ports.length > 0 ? await cloud.neutron.listFloatingIps({ portIds: ports }) : [];
    // An address that somebody brought along stays: only those whose description names this cluster go.
    for (const address of addresses)
      if (ours.test(address.description))
        found.push({
          type: "floating IP",
          id: address.id,
          name: address.address,
          why: "made for a Kubernetes Service of this cluster",
        });
    for (const balancer of balancers)
      found.push({
        type: balancer.provisioningStatus === "PENDING_DELETE" ? "load balancer going" : "load balancer",
        id: balancer.id,
        name: balancer.name,
        why: "made for a Kubernetes Service of this cluster, it sits on the cluster's network",
      });
  }
  if (cluster?.status === "DELETE_FAILED" && networkPlan(want).ownNetwork) {
    const ports = await cloud.neutron.listPorts({ networkId: facts.networkId });
    for (const port of ports)
      if (!port.deviceOwner.startsWith("network:"))
        found.push({
          type: port.deviceOwner.startsWith("compute:") ? "server" : "port",
          id: port.deviceOwner.startsWith("compute:") ? port.deviceId : port.id,
          name: port.name === "" ? null : port.name,
          why: "is on the cluster's network and keeps it from being deleted",
        });
  }
  return found;
}
