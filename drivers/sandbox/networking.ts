// What Neutron decides: addresses, dependencies, quotas. Its HTTP side is neutron.ts.
import { contains, isAddress, overlaps, rangeOf, toAddress, toNumber } from "./address.ts";
import { Fault, uuid } from "./core.ts";
import type { Caller, Core } from "./core.ts";
import type { FloatingIp, Network, Port, Router, SecurityGroup, SecurityGroupRule, Subnet } from "./model.ts";
import { limitFor } from "./quota.ts";

export const notFound = (kind: string, id: string): Fault => {
  const words: Record<string, string> = {
    FloatingIP: "Floating IP",
    SecurityGroup: "Security group",
    SecurityGroupRule: "Security group rule",
  };
  const text = kind.startsWith("SecurityGroup")
    ? `${words[kind] ?? kind} ${id} does not exist`
    : `${words[kind] ?? kind} ${id} could not be found.`;
  return new Fault(404, `${kind}NotFound`, text);
};

export interface PortWish {
  name?: string | undefined;
  network_id: string;
  fixed_ips?: { subnet_id?: string | undefined; ip_address?: string | undefined }[] | undefined;
  security_groups?: string[] | undefined;
  allowed_address_pairs?: { ip_address: string; mac_address?: string | undefined }[] | undefined;
  device_id?: string | undefined;
  device_owner?: string | undefined;
  description?: string | undefined;
  tags?: string[] | undefined;
}

export type Networking = ReturnType<typeof openNetworking>;

export function openNetworking(core: Core) {
  const { state } = core;
  const tagged = (projectId: string, description = "", tags: readonly string[] = []) => ({
    projectId,
    description,
    tags: [...tags],
    createdAt: core.now(),
    updatedAt: core.now(),
  });

  function quota(projectId: string, name: string, used: number, more = 1): void {
    const limit = limitFor(core, "network", projectId, name);
    if (limit >= 0 && used + more > limit)
      throw new Fault(409, "OverQuota", `Quota exceeded for resources: ['${name}'].`);
  }
  const mine = <T extends { projectId: string }>(rows: T[], projectId: string) =>
    rows.filter((row) => row.projectId === projectId).length;

  const visible = (network: Network, caller: Caller) =>
    caller.isAdmin || network.projectId === caller.projectId || network.shared || network.external;
  function network(id: string, caller: Caller): Network {
    const found = state.networks.get(id);
    if (!found || !visible(found, caller)) throw notFound("Network", id);
    return found;
  }

  /** Addresses of a network that somebody has. */
  function used(networkId: string): Set<string> {
    const taken = new Set<string>();
    for (const port of state.ports.all())
      if (port.networkId === networkId) for (const each of port.fixedIps) taken.add(each.ip_address);
    for (const each of state.floatingIps.all()) if (each.networkId === networkId) taken.add(each.address);
    for (const router of state.routers.all())
      if (router.externalNetworkId === networkId)
        for (const each of router.externalFixedIps) taken.add(each.ip_address);
    return taken;
  }

  function allocate(subnet: Subnet, taken = used(subnet.networkId)): string {
    for (const pool of subnet.pools)
      for (let number = toNumber(pool.start); number <= toNumber(pool.end); number++) {
        const address = toAddress(number);
        if (!taken.has(address)) return address;
      }
    throw new Fault(
      409,
      "IpAddressGenerationFailure",
      `No more IP addresses available on network ${subnet.networkId}.`,
    );
  }

  const subnetsOf = (networkId: string) => state.subnets.filter((one) => one.networkId === networkId);

  function createNetwork(
    projectId: string,
    wish: { name?: string; description?: string; tags?: string[]; external?: boolean; shared?: boolean },
  ): Network {
    quota(projectId, "network", mine(state.networks.all(), projectId));
    return state.networks.save({
      id: uuid(),
      name: wish.name ?? "",
      external: wish.external ?? false,
      shared: wish.shared ?? false,
      adminStateUp: true,
      mtu: 1450,
      ...tagged(projectId, wish.description, wish.tags),
    });
  }

  function deleteNetwork(id: string): void {
    const ports = state.ports.filter((port) => port.networkId === id && port.deviceOwner !== "network:dhcp");
    if (ports.length > 0)
      throw new Fault(
        409,
        "NetworkInUse",
        `Unable to complete operation on network ${id}. There are one or more ports still in use on the network, id for these ports is: ${ports.map((port) => port.id).join(",")}.`,
      );
    for (const subnet of subnetsOf(id)) state.subnets.remove(subnet.id);
    state.networks.remove(id);
  }

  function createSubnet(
    projectId: string,
    caller: Caller,
    wish: {
      name?: string | undefined;
      network_id: string;
      cidr: string;
      gateway_ip?: string | null | undefined;
      enable_dhcp?: boolean | undefined;
      dns_nameservers?: string[] | undefined;
      allocation_pools?: { start: string; end: string }[] | undefined;
      host_routes?: { destination: string; nexthop: string }[] | undefined;
      description?: string | undefined;
      tags?: string[] | undefined;
    },
  ): Subnet {
    const { id: networkId } = network(wish.network_id, caller);
    const range = rangeOf(wish.cidr);
    if (!range)
      throw new Fault(
        400,
        "HTTPBadRequest",
        `Invalid input for cidr. Reason: '${wish.cidr}' is not a valid IP subnet.`,
      );
    quota(projectId, "subnet", mine(state.subnets.all(), projectId));
    const other = subnetsOf(networkId).find((one) => overlaps(one.cidr, wish.cidr));
    if (other)
      throw new Fault(
        400,
        "InvalidInput",
        `Invalid input for operation: Requested subnet with cidr: ${wish.cidr} for network: ${networkId} overlaps with another subnet.`,
      );
    const gateway = wish.gateway_ip === undefined ? toAddress(range.first + 1) : wish.gateway_ip;
    const usual =
      gateway === toAddress(range.first + 1)
        ? [{ start: toAddress(range.first + 2), end: toAddress(range.last - 1) }]
        : [{ start: toAddress(range.first + 1), end: toAddress(range.last - 1) }];
    return state.subnets.save({
      id: uuid(),
      name: wish.name ?? "",
      networkId,
      cidr: `${toAddress(range.first)}/${range.length}`,
      ipVersion: 4,
      gatewayIp: gateway,
      enableDhcp: wish.enable_dhcp ?? true,
      dnsNameservers: wish.dns_nameservers ?? [],
      pools: wish.allocation_pools && wish.allocation_pools.length > 0 ? wish.allocation_pools : usual,
      hostRoutes: wish.host_routes ?? [],
      ...tagged(projectId, wish.description, wish.tags),
    });
  }

  function deleteSubnet(id: string): void {
    if (
      state.ports.find(
        (port) => port.deviceOwner !== "network:dhcp" && port.fixedIps.some((each) => each.subnet_id === id),
      )
    )
      throw new Fault(
        409,
        "SubnetInUse",
        `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`,
      );
    state.subnets.remove(id);
  }

  const mac = () =>
    `fa:16:3e:${[0, 0, 0]
      .map(() =>
        Math.floor(Math.random() * 256)
          .toString(16)
          .padStart(2, "0"),
      )
      .join(":")}`;

  function createPort(projectId: string, caller: Caller, wish: PortWish): Port {
    const { id: networkId } = network(wish.network_id, caller);
    quota(projectId, "port", mine(state.ports.all(), projectId));
    const taken = used(networkId);
    const all = subnetsOf(networkId);
    const wanted = wish.fixed_ips ?? (all[0] ? [{ subnet_id: all[0].id }] : []);
    const fixedIps = wanted.map(({ subnet_id: subnetId, ip_address: address }) => {
      const subnet =
        subnetId !== undefined
          ? all.find((one) => one.id === subnetId)
          : all.find((one) => address !== undefined && contains(one.cidr, address));
      if (!subnet) {
        if (subnetId !== undefined && !state.subnets.get(subnetId)) throw notFound("Subnet", subnetId);
        throw new Fault(
          400,
          "InvalidIpForNetwork",
          `IP address ${address ?? ""} is not a valid IP for any of the subnets on the specified network.`,
        );
      }
      if (address !== undefined && taken.has(address))
        throw new Fault(
          409,
          "IpAddressAlreadyAllocated",
          `IP address ${address} already allocated in subnet ${subnet.id}`,
        );
      const chosen = address ?? allocate(subnet, taken);
      taken.add(chosen);
      return { subnet_id: subnet.id, ip_address: chosen };
    });
    const groups = wish.security_groups ?? [defaultSecurityGroup(projectId).id];
    for (const id of groups)
      if (!state.securityGroups.get(id))
        throw new Fault(404, "SecurityGroupNotFound", `Security group ${id} does not exist`);
    return state.ports.save({
      id: uuid(),
      name: wish.name ?? "",
      networkId,
      mac: mac(),
      fixedIps,
      securityGroupIds: groups,
      allowedAddressPairs: wish.allowed_address_pairs ?? [],
      deviceId: wish.device_id ?? "",
      deviceOwner: wish.device_owner ?? "",
      status: "DOWN",
      adminStateUp: true,
      ...tagged(projectId, wish.description, wish.tags),
    });
  }

  function deletePort(id: string, force = false): void {
    const port = state.ports.get(id);
    if (!port) return;
    if (!force && port.deviceOwner.startsWith("network:router"))
      throw new Fault(
        409,
        "ServicePortInUse",
        `Port ${id} cannot be deleted directly via the port API: has device owner ${port.deviceOwner}.`,
      );
    for (const each of state.floatingIps.filter((one) => one.portId === id))
      state.floatingIps.change(each, { portId: null, fixedIp: null, updatedAt: core.now() });
    state.ports.remove(id);
  }

  function attachPort(id: string, serverId: string, zone: string): void {
    const port = state.ports.get(id);
    if (port)
      state.ports.change(port, {
        deviceId: serverId,
        deviceOwner: `compute:${zone}`,
        status: "ACTIVE",
        updatedAt: core.now(),
      });
  }
  function detachPort(id: string): void {
    const port = state.ports.get(id);
    if (port) state.ports.change(port, { deviceId: "", deviceOwner: "", status: "DOWN", updatedAt: core.now() });
  }

  function gateway(networkId: string): { subnet_id: string; ip_address: string }[] {
    const [subnet] = subnetsOf(networkId);
    return subnet ? [{ subnet_id: subnet.id, ip_address: allocate(subnet) }] : [];
  }

  function createRouter(
    projectId: string,
    wish: { name?: string; description?: string; tags?: string[]; externalNetworkId?: string | null },
  ): Router {
    quota(projectId, "router", mine(state.routers.all(), projectId));
    const outside = wish.externalNetworkId ?? null;
    if (outside !== null) {
      const found = state.networks.get(outside);
      if (!found) throw notFound("Network", outside);
      if (!found.external)
        throw new Fault(400, "BadRequest", `Bad router request: Network ${outside} is not an external network.`);
    }
    return state.routers.save({
      id: uuid(),
      name: wish.name ?? "",
      externalNetworkId: outside,
      externalFixedIps: outside === null ? [] : gateway(outside),
      adminStateUp: true,
      ...tagged(projectId, wish.description, wish.tags),
    });
  }

  function deleteRouter(id: string): void {
    if (state.ports.find((port) => port.deviceId === id && port.deviceOwner.startsWith("network:router_interface")))
      throw new Fault(409, "RouterInUse", `Router ${id} still has ports`);
    state.routers.remove(id);
  }

  function addInterface(router: Router, subnetId: string): Port {
    const subnet = state.subnets.get(subnetId);
    if (!subnet) throw notFound("Subnet", subnetId);
    if (subnet.gatewayIp === null)
      throw new Fault(400, "BadRequest", `Bad router request: Subnet for router interface must have a gateway IP.`);
    const existing = interfacesOf(router.id);
    if (existing.some((port) => port.fixedIps.some((each) => each.subnet_id === subnetId)))
      throw new Fault(400, "BadRequest", `Bad router request: Router already has a port on subnet ${subnetId}.`);
    return state.ports.save({
      id: uuid(),
      name: "",
      networkId: subnet.networkId,
      mac: mac(),
      fixedIps: [{ subnet_id: subnetId, ip_address: subnet.gatewayIp }],
      securityGroupIds: [],
      allowedAddressPairs: [],
      deviceId: router.id,
      deviceOwner: "network:router_interface",
      status: "ACTIVE",
      adminStateUp: true,
      ...tagged(router.projectId),
    });
  }
  const interfacesOf = (routerId: string) =>
    state.ports.filter((port) => port.deviceId === routerId && port.deviceOwner === "network:router_interface");

  function removeInterface(router: Router, subnetId: string): Port {
    const port = interfacesOf(router.id).find((one) => one.fixedIps.some((each) => each.subnet_id === subnetId));
    if (!port)
      throw new Fault(
        404,
        "RouterInterfaceNotFoundForSubnet",
        `Router ${router.id} has no interface on subnet ${subnetId}`,
      );
    const behind = new Set(
      state.ports.filter((one) => one.fixedIps.some((each) => each.subnet_id === subnetId)).map((one) => one.id),
    );
    if (state.floatingIps.find((each) => each.portId !== null && behind.has(each.portId)))
      throw new Fault(
        409,
        "RouterInterfaceInUseByFloatingIP",
        `Router interface for subnet ${subnetId} on router ${router.id} cannot be deleted, as it is required by one or more floating IPs.`,
      );
    state.ports.remove(port.id);
    return port;
  }

  /** Is the port behind a router that leads to that external network? */
  function routed(port: Port, externalNetworkId: string): boolean {
    return port.fixedIps.some((each) =>
      state.routers
        .filter((router) => router.externalNetworkId === externalNetworkId)
        .some((router) =>
          interfacesOf(router.id).some((own) => own.fixedIps.some((ip) => ip.subnet_id === each.subnet_id)),
        ),
    );
  }

  function associate(floating: FloatingIp, portId: string | null, fixedIp?: string): FloatingIp {
    if (portId === null)
      return state.floatingIps.change(floating, { portId: null, fixedIp: null, updatedAt: core.now() });
    const port = state.ports.get(portId);
    if (!port) throw notFound("Port", portId);
    const own = fixedIp ?? port.fixedIps[0]?.ip_address;
    if (own === undefined)
      throw new Fault(
        400,
        "BadRequest",
        `Bad floatingip request: Port ${portId} is associated with no fixed IP address.`,
      );
    if (!routed(port, floating.networkId))
      throw new Fault(
        404,
        "ExternalGatewayForFloatingIPNotFound",
        `External network ${floating.networkId} is not reachable from subnet ${port.fixedIps[0]?.subnet_id ?? ""}.  Therefore, cannot associate Port ${portId} with a Floating IP.`,
      );
    const other = state.floatingIps.find((one) => one.portId === portId && one.id !== floating.id);
    if (other)
      throw new Fault(
        409,
        "FloatingIPPortAlreadyAssociated",
        `Cannot associate floating IP ${floating.address} (${floating.id}) with port ${portId} using fixed IP ${own}, as that fixed IP already has a floating IP on external network ${floating.networkId}.`,
      );
    return state.floatingIps.change(floating, { portId, fixedIp: own, updatedAt: core.now() });
  }

  function createFloatingIp(
    projectId: string,
    caller: Caller,
    wish: {
      floating_network_id: string;
      port_id?: string | null | undefined;
      fixed_ip_address?: string | undefined;
      floating_ip_address?: string | undefined;
      description?: string | undefined;
      tags?: string[] | undefined;
    },
  ): FloatingIp {
    const outside = network(wish.floating_network_id, caller);
    if (!outside.external)
      throw new Fault(
        400,
        "BadRequest",
        `Bad floatingip request: Network ${outside.id} is not a valid external network.`,
      );
    quota(projectId, "floatingip", mine(state.floatingIps.all(), projectId));
    const [subnet] = subnetsOf(outside.id);
    if (!subnet)
      throw new Fault(
        409,
        "ExternalIpAddressExhausted",
        `Unable to find any IP address on external network ${outside.id}.`,
      );
    const row: FloatingIp = {
      id: uuid(),
      address:
        wish.floating_ip_address !== undefined && isAddress(wish.floating_ip_address)
          ? wish.floating_ip_address
          : allocate(subnet),
      networkId: outside.id,
      portId: null,
      fixedIp: null,
      ...tagged(projectId, wish.description, wish.tags),
    };
    if (wish.port_id) associate(row, wish.port_id, wish.fixed_ip_address);
    return state.floatingIps.save(row);
  }

  function createSecurityGroup(
    projectId: string,
    wish: { name: string; description?: string | undefined; tags?: string[] | undefined },
  ): SecurityGroup {
    quota(projectId, "security_group", mine(state.securityGroups.all(), projectId));
    const group = state.securityGroups.save({
      id: uuid(),
      name: wish.name,
      ...tagged(projectId, wish.description, wish.tags),
    });
    for (const ethertype of ["IPv4", "IPv6"]) rule(group, { direction: "egress", ethertype });
    return group;
  }

  function rule(group: SecurityGroup, wish: Partial<SecurityGroupRule>): SecurityGroupRule {
    return state.securityGroupRules.save({
      id: uuid(),
      securityGroupId: group.id,
      projectId: group.projectId,
      direction: "ingress",
      ethertype: "IPv4",
      protocol: null,
      portMin: null,
      portMax: null,
      remoteIpPrefix: null,
      remoteGroupId: null,
      description: "",
      createdAt: core.now(),
      ...wish,
    });
  }

  function createRule(group: SecurityGroup, wish: Partial<SecurityGroupRule>): SecurityGroupRule {
    quota(group.projectId, "security_group_rule", mine(state.securityGroupRules.all(), group.projectId));
    if (wish.remoteGroupId && !state.securityGroups.get(wish.remoteGroupId))
      throw notFound("SecurityGroup", wish.remoteGroupId);
    const key = (one: Partial<SecurityGroupRule>) =>
      [
        one.direction ?? "ingress",
        one.ethertype ?? "IPv4",
        one.protocol,
        one.portMin,
        one.portMax,
        one.remoteIpPrefix,
        one.remoteGroupId,
      ].join("|");
    const twin = state.securityGroupRules.find((one) => one.securityGroupId === group.id && key(one) === key(wish));
    if (twin)
      throw new Fault(409, "SecurityGroupRuleExists", `Security group rule already exists. Rule id is ${twin.id}.`);
    return rule(group, wish);
  }

  function deleteSecurityGroup(group: SecurityGroup): void {
    if (group.name === "default")
      throw new Fault(
        409,
        "SecurityGroupCannotRemoveDefault",
        "Insufficient rights for removing default security group.",
      );
    if (state.ports.find((port) => port.securityGroupIds.includes(group.id)))
      throw new Fault(409, "SecurityGroupInUse", `Security Group ${group.id} in use.`);
    for (const one of state.securityGroupRules.filter(
      (each) => each.securityGroupId === group.id || each.remoteGroupId === group.id,
    ))
      state.securityGroupRules.remove(one.id);
    state.securityGroups.remove(group.id);
  }

  function defaultSecurityGroup(projectId: string): SecurityGroup {
    const found = state.securityGroups.find((one) => one.projectId === projectId && one.name === "default");
    if (found) return found;
    const group = state.securityGroups.save({
      id: uuid(),
      name: "default",
      ...tagged(projectId, "Default security group"),
    });
    for (const ethertype of ["IPv4", "IPv6"]) {
      rule(group, { direction: "egress", ethertype });
      rule(group, { ethertype, remoteGroupId: group.id });
    }
    return group;
  }

  /** Status of a floating address as Neutron has it: ACTIVE once it leads somewhere. */
  const floatingStatus = (one: FloatingIp) => (one.portId === null ? "DOWN" : "ACTIVE");

  return {
    network,
    visible,
    used,
    createNetwork,
    deleteNetwork,
    createSubnet,
    deleteSubnet,
    createPort,
    deletePort,
    attachPort,
    detachPort,
    createRouter,
    deleteRouter,
    addInterface,
    removeInterface,
    interfacesOf,
    gateway,
    associate,
    createFloatingIp,
    floatingStatus,
    createSecurityGroup,
    createRule,
    deleteSecurityGroup,
    defaultSecurityGroup,
    subnetsOf,
  };
}
