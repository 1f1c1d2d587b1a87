import { z } from "zod";
import type { LoadBalancer, Octavia } from "./cloud.ts";
import { resourceLimit } from "./nova.ts";
import { list } from "./pages.ts";
import type { Session } from "./session.ts";

const words = z.string().nullish();
const BalancerWire = z
  .object({
    id: z.string(),
    name: words,
    description: words,
    provisioning_status: z.string(),
    operating_status: z.string(),
    vip_address: words,
    vip_port_id: words,
    vip_subnet_id: words,
    vip_network_id: words,
    provider: words,
    tags: z.array(z.string()).default([]),
  })
  .transform((wire): LoadBalancer => ({
    id: wire.id,
    name: wire.name ?? "",
    description: wire.description ?? "",
    provisioningStatus: wire.provisioning_status,
    operatingStatus: wire.operating_status,
    vipAddress: wire.vip_address ?? null,
    vipPortId: wire.vip_port_id ?? null,
    vipSubnetId: wire.vip_subnet_id ?? null,
    vipNetworkId: wire.vip_network_id ?? null,
    provider: wire.provider ?? null,
    tags: wire.tags,
  }));

/** Octavia names it load_balancer, and loadbalancer before Rocky. */
const QuotaWire = z.object({
  quota: z.object({ load_balancer: z.number().nullish(), loadbalancer: z.number().nullish() }),
});

/** Catalogs hold the root, /v2, /v2.0 or the whole path. */
const address = (url: string) => `${url.replace(/\/v2(\.0)?(\/lbaas)?$/, "")}/v2/lbaas`;

export function openOctavia(session: Session): Octavia {
  const service = session.service("load-balancer", address);
  const balancers = (operation: string, query: Record<string, string | undefined>) =>
    list(service, { operation, path: "/loadbalancers", query, key: "loadbalancers", item: BalancerWire });
  return {
    available: async () => (await session.endpoint("load-balancer")) !== null,
    listLoadBalancers: (filter = {}) =>
      balancers("list load balancers", {
        vip_network_id: filter.vipNetworkId,
        vip_subnet_id: filter.vipSubnetId,
        name: filter.name,
      }),
    getLoadBalancer: (id) =>
      service.read(
        { operation: "get load balancer", path: `/loadbalancers/${encodeURIComponent(id)}` },
        z.object({ loadbalancer: BalancerWire }).transform((body) => body.loadbalancer),
      ),
    async deleteLoadBalancer(id) {
      await service.send({
        operation: "delete load balancer",
        method: "DELETE",
        path: `/loadbalancers/${encodeURIComponent(id)}`,
        query: { cascade: true },
      });
    },
    listProviders: () =>
      list(service, {
        operation: "list load balancing providers",
        path: "/providers",
        key: "providers",
        item: z.object({ name: z.string() }).transform(({ name }) => name),
      }),
    async limits() {
      const { project } = await session.current();
      const projectId = project?.id ?? "";
      // Octavia tells limits but no usage: the balancers themselves are counted.
      const [{ quota }, used] = await Promise.all([
        service.read({ operation: "get load balancer quota", path: `/quotas/${projectId}` }, QuotaWire),
        balancers("count load balancers", { project_id: projectId }),
      ]);
      return { loadBalancers: resourceLimit(used.length, quota.load_balancer ?? quota.loadbalancer ?? undefined) };
    },
  };
}
