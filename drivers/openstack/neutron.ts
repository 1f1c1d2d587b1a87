import { z } from "zod";
import type { FloatingIp, Network, Neutron, Port, ResourceLimit, Router, SecurityGroup, Subnet } from "./cloud.ts";
import { isOpenStackError } from "./error.ts";
import { inChunks, list, looksLikeId } from "./pages.ts";
import { versioned } from "./session.ts";
import type { Session } from "./session.ts";

const words = z
  .string()
  .nullish()
  .transform((text) => text ?? "");
const tags = z.array(z.string()).default([]);

const NetworkWire = z
  .object({
    id: z.string(),
    name: words,
    status: words,
    "router:external": z.boolean().default(false),
    shared: z.boolean().default(false),
    project_id: words,
    subnets: z.array(z.string()).default([]),
  })
  .transform((wire): Network => ({
    id: wire.id,
    name: wire.name,
    status: wire.status,
    external: wire["router:external"],
    shared: wire.shared,
    projectId: wire.project_id,
    subnetIds: wire.subnets,
  }));

const SubnetWire = z
  .object({
    id: z.string(),
    name: words,
    network_id: z.string(),
    cidr: z.string(),
    ip_version: z.number(),
    gateway_ip: z.string().nullish(),
    enable_dhcp: z.boolean().default(true),
    dns_nameservers: z.array(z.string()).default([]),
  })
  .transform((wire): Subnet => ({
    id: wire.id,
    name: wire.name,
    networkId: wire.network_id,
    cidr: wire.cidr,
    ipVersion: wire.ip_version,
    gateway: wire.gateway_ip ?? null,
    dhcp: wire.enable_dhcp,
    dnsNameservers: wire.dns_nameservers,
  }));

const RouterWire = z
  .object({
    id: z.string(),
    name: words,
    status: words,
    external_gateway_info: z.object({ network_id: z.string() }).nullish(),
  })
  .transform((wire): Router => ({
    id: wire.id,
    name: wire.name,
    status: wire.status,
    externalNetworkId: wire.external_gateway_info?.network_id ?? null,
  }));

const PortWire = z
  .object({
    id: z.string(),
    name: words,
    status: words,
    network_id: z.string(),
    device_id: words,
    device_owner: words,
    description: words,
    fixed_ips: z.array(z.object({ subnet_id: z.string(), ip_address: z.string() })).default([]),
    security_groups: z.array(z.string()).default([]),
    tags,
  })
  .transform((wire): Port => ({
    id: wire.id,
    name: wire.name,
    status: wire.status,
    networkId: wire.network_id,
    deviceId: wire.device_id,
    deviceOwner: wire.device_owner,
    description: wire.description,
    fixedIps: wire.fixed_ips.map((each) => ({ subnetId: each.subnet_id, address: each.ip_address })),
    securityGroupIds: wire.security_groups,
    tags: wire.tags,
  }));

const FloatingIpWire = z
  .object({
    id: z.string(),
    floating_ip_address: z.string(),
    fixed_ip_address: z.string().nullish(),
    port_id: z.string().nullish(),
    floating_network_id: z.string(),
    status: words,
    description: words,
    tags,
  })
  .transform((wire): FloatingIp => ({
    id: wire.id,
    address: wire.floating_ip_address,
    fixedAddress: wire.fixed_ip_address ?? null,
    portId: wire.port_id ?? null,
    externalNetworkId: wire.floating_network_id,
    status: wire.status,
    description: wire.description,
    tags: wire.tags,
  }));

const SecurityGroupWire = z
  .object({ id: z.string(), name: words, description: words, tags })
  .transform((wire): SecurityGroup => wire);

const Use = z.object({ limit: z.number(), used: z.number() }).optional();
const QuotaWire = z.object({
  quota: z.object({
    network: Use,
    subnet: Use,
    router: Use,
    port: Use,
    security_group: Use,
    security_group_rule: Use,
    floatingip: Use,
  }),
});
const limitOf = (use: z.infer<typeof Use>): ResourceLimit => ({
  used: use?.used ?? null,
  limit: use === undefined || use.limit < 0 ? null : use.limit,
});

const AvailabilityWire = z.object({
  network_ip_availability: z.object({ total_ips: z.number(), used_ips: z.number() }),
});

/** Plain, distributed and highly available routers. */
const routerInterfaces = [
  "network:router_interface",
  "network:router_interface_distributed",
  "network:ha_router_replicated_interface",
];

export function openNeutron(session: Session): Neutron {
  const service = session.service("network", versioned("v2.0"));
  const remove = (operation: string, path: string) => service.send({ operation, method: "DELETE", path });

  const listNetworks: Neutron["listNetworks"] = (filter = {}) =>
    inChunks(filter.ids, (id) =>
      list(service, {
        operation: "list networks",
        path: "/networks",
        query: { id, "router:external": filter.external, shared: filter.shared },
        key: "networks",
        item: NetworkWire,
      }),
    );
  const networksNamed = (name: string) =>
    list(service, {
      operation: "find network",
      path: "/networks",
      query: { name },
      key: "networks",
      item: NetworkWire,
    });

  const subnets = (
    operation: string,
    query: { id?: readonly string[] | undefined; network_id?: readonly string[] | undefined; name?: string },
  ) => list(service, { operation, path: "/subnets", query, key: "subnets", item: SubnetWire });

  const listRouters = () =>
    list(service, { operation: "list routers", path: "/routers", key: "routers", item: RouterWire });

  const listPorts: Neutron["listPorts"] = (filter) =>
    inChunks(filter.ids, (id) =>
      list(service, {
        operation: "list ports",
        path: "/ports",
        query: {
          id,
          network_id: filter.networkId,
          device_id: filter.deviceId,
          device_owner: filter.deviceOwners,
          fixed_ips: filter.subnetId === undefined ? undefined : `subnet_id=${filter.subnetId}`,
        },
        key: "ports",
        item: PortWire,
      }),
    );

  return {
    listNetworks,
    async findNetworks(idOrName) {
      const byId = looksLikeId(idOrName) ? await listNetworks({ ids: [idOrName] }) : [];
      return byId.length > 0 ? byId : networksNamed(idOrName);
    },
    listSubnets: (filter = {}) =>
      filter.ids
        ? inChunks(filter.ids, (id) => subnets("list subnets", { id, network_id: filter.networkIds }))
        : inChunks(filter.networkIds, (network_id) => subnets("list subnets", { network_id })),
    async findSubnets(idOrName) {
      const byId = looksLikeId(idOrName) ? await subnets("find subnet", { id: [idOrName] }) : [];
      return byId.length > 0 ? byId : subnets("find subnet", { name: idOrName });
    },
    listRouters,
    async listRoutes() {
      const [routers, ports] = await Promise.all([listRouters(), listPorts({ deviceOwners: routerInterfaces })]);
      return routers.flatMap((router) =>
        ports
          .filter((port) => port.deviceId === router.id)
          .flatMap((port) =>
            port.fixedIps.map(({ subnetId }) => ({
              routerId: router.id,
              subnetId,
              networkId: port.networkId,
              externalNetworkId: router.externalNetworkId,
            })),
          ),
      );
    },
    listPorts,
    async deletePort(id) {
      await remove("delete port", `/ports/${encodeURIComponent(id)}`);
    },
    listFloatingIps: (filter = {}) =>
      inChunks(filter.portIds, (port_id) =>
        list(service, {
          operation: "list floating IPs",
          path: "/floatingips",
          query: { port_id, floating_ip_address: filter.address },
          key: "floatingips",
          item: FloatingIpWire,
        }),
      ),
    async deleteFloatingIp(id) {
      await remove("delete floating IP", `/floatingips/${encodeURIComponent(id)}`);
    },
    listSecurityGroups: (filter = {}) =>
      list(service, {
        operation: "list security groups",
        path: "/security-groups",
        query: { name: filter.name, description: filter.description, tags: filter.tags?.join(",") },
        key: "security_groups",
        item: SecurityGroupWire,
      }),
    async deleteSecurityGroup(id) {
      await remove("delete security group", `/security-groups/${encodeURIComponent(id)}`);
    },
    async limits() {
      const { project } = await session.current();
      const { quota } = await service.read(
        { operation: "get quota", path: `/quotas/${project?.id ?? ""}/details` },
        QuotaWire,
      );
      return {
        networks: limitOf(quota.network),
        subnets: limitOf(quota.subnet),
        routers: limitOf(quota.router),
        ports: limitOf(quota.port),
        securityGroups: limitOf(quota.security_group),
        securityGroupRules: limitOf(quota.security_group_rule),
        floatingIps: limitOf(quota.floatingip),
      };
    },
    async addressesOf(networkId) {
      try {
        const { network_ip_availability: found } = await service.read(
          { operation: "get address usage", path: `/network-ip-availabilities/${encodeURIComponent(networkId)}` },
          AvailabilityWire,
        );
        return { total: found.total_ips, used: found.used_ips };
      } catch (error) {
        // For administrators only by default; what a caller may not see looks as if it did not exist.
        if (isOpenStackError(error, "forbidden") || isOpenStackError(error, "not_found")) return null;
        throw error;
      }
    },
  };
}
