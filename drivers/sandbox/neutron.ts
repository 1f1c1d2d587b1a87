// Networking v2.0: networks, subnets, routers, ports, floating addresses and security groups, with Neutron's refusals.
import { badRequest, conflict, Fault, notFound } from "./fault.ts";
import { callerOf, pageOf, paramOf, queryOf, writerOf, type App, type Caller } from "./http.ts";
import { randomMac } from "./seed.ts";
import {
  resourceId,
  type FloatingIp,
  type Network,
  type Port,
  type Router,
  type SecurityGroup,
  type Subnet,
  type World,
} from "./world.ts";

export const networkLimits = {
  network: 100,
  subnet: 100,
  router: 20,
  port: 500,
  security_group: 100,
  security_group_rule: 1000,
  floatingip: 50,
};

const toNumber = (address: string) => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
const toAddress = (value: number) => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join(".");

/** First and last usable address of a range. */
function usable(cidr: string): [first: number, last: number] {
  const [base = "0.0.0.0", length = "24"] = cidr.split("/");
  const size = 2 ** (32 - Number(length));
  const start = Math.floor(toNumber(base) / size) * size;
  return [start + 1, start + size - 2];
}

function freeAddress(world: World, subnet: Subnet): string {
  const taken = new Set([
    subnet.gateway,
    ...world.ports.filter((port) => port.subnetId === subnet.id).map((port) => port.address),
    ...world.floatingIps.filter((row) => row.networkId === subnet.networkId).map((row) => row.address),
  ]);
  const [first, last] = usable(subnet.cidr);
  for (let value = first + 1; value <= last; value++) if (!taken.has(toAddress(value))) return toAddress(value);
  throw conflict(`No more IP addresses available on network ${subnet.networkId}.`, "IpAddressGenerationFailure");
}

const overQuota = (kind: string) => conflict(`Quota exceeded for resources: ['${kind}'].`, "OverQuota");

function spare(kind: keyof typeof networkLimits, count: number): void {
  if (count >= networkLimits[kind]) throw overQuota(kind);
}

export function createNetwork(world: World, projectId: string, wish: { name: string; tags?: string[] }): Network {
  spare("network", world.networks.filter((row) => row.projectId === projectId).length);
  return world.networks.put({
    id: resourceId(),
    name: wish.name,
    projectId,
    external: false,
    shared: false,
    tags: wish.tags ?? [],
  });
}

export function createSubnet(
  world: World,
  projectId: string,
  wish: { name: string; networkId: string; cidr: string; dns: string[]; tags?: string[] },
): Subnet {
  const network = findNetwork(world, projectId, wish.networkId);
  if (!network) throw notFound(`Network ${wish.networkId} could not be found.`, "NetworkNotFound");
  if (!/^\d+\.\d+\.\d+\.\d+\/\d+$/.test(wish.cidr))
    throw badRequest(`Invalid input for cidr. Reason: '${wish.cidr}' is not a valid IP subnet.`, "HTTPBadRequest");
  spare("subnet", world.subnets.filter((row) => row.projectId === projectId).length);
  const [first] = usable(wish.cidr);
  return world.subnets.put({
    id: resourceId(),
    name: wish.name,
    projectId,
    networkId: network.id,
    cidr: wish.cidr,
    gateway: toAddress(first),
    dns: wish.dns,
    tags: wish.tags ?? [],
  });
}

export function createRouter(
  world: World,
  projectId: string,
  wish: { name: string; externalNetworkId: string | null; tags?: string[] },
): Router {
  spare("router", world.routers.filter((row) => row.projectId === projectId).length);
  return world.routers.put({
    id: resourceId(),
    name: wish.name,
    projectId,
    externalNetworkId: wish.externalNetworkId,
    tags: wish.tags ?? [],
  });
}

export function addInterface(world: World, routerId: string, subnetId: string): Port {
  const router = world.routers.get(routerId);
  const subnet = world.subnets.get(subnetId);
  if (!router) throw notFound(`Router ${routerId} could not be found`, "RouterNotFound");
  if (!subnet) throw notFound(`Subnet ${subnetId} could not be found.`, "SubnetNotFound");
  return world.ports.put({
    id: resourceId(),
    name: "",
    projectId: router.projectId,
    networkId: subnet.networkId,
    subnetId,
    address: subnet.gateway ?? "",
    mac: randomMac(),
    deviceId: routerId,
    deviceOwner: "network:router_interface",
    securityGroups: [],
    description: "",
    tags: [],
  });
}

export function removeInterface(world: World, routerId: string, subnetId: string): void {
  const inside = world.ports.filter((port) => port.subnetId === subnetId).map((port) => port.id);
  if (world.floatingIps.find((row) => row.portId !== null && inside.includes(row.portId)))
    throw conflict(
      `Router interface for subnet ${subnetId} on router ${routerId} cannot be deleted, as it is required by one or more floating IPs.`,
      "RouterInterfaceInUseByFloatingIP",
    );
  const port = world.ports.find((row) => row.deviceId === routerId && row.subnetId === subnetId);
  if (port) world.ports.delete(port.id);
}

export function createPort(
  world: World,
  projectId: string,
  wish: {
    name: string;
    networkId: string;
    subnetId: string | null;
    securityGroups: string[];
    deviceOwner?: string;
    description?: string;
  },
): Port {
  const network = findNetwork(world, projectId, wish.networkId);
  if (!network) throw notFound(`Network ${wish.networkId} could not be found.`, "NetworkNotFound");
  const subnet =
    wish.subnetId === null
      ? world.subnets.find((row) => row.networkId === network.id)
      : world.subnets.get(wish.subnetId);
  if (!subnet) throw badRequest(`Subnet ${wish.subnetId ?? ""} could not be found.`, "SubnetNotFound");
  spare("port", world.ports.filter((row) => row.projectId === projectId).length);
  return world.ports.put({
    id: resourceId(),
    name: wish.name,
    projectId,
    networkId: network.id,
    subnetId: subnet.id,
    address: freeAddress(world, subnet),
    mac: randomMac(),
    deviceId: "",
    deviceOwner: wish.deviceOwner ?? "",
    securityGroups: wish.securityGroups,
    description: wish.description ?? "",
    tags: [],
  });
}

/** A port goes with its device when Nova made it; one that was given stays and is free again. */
export function releasePort(world: World, id: string): void {
  const port = world.ports.get(id);
  if (port) world.ports.put({ ...port, deviceId: "", deviceOwner: "" });
}

export function deletePort(world: World, id: string): void {
  for (const row of world.floatingIps.filter((floating) => floating.portId === id))
    world.floatingIps.put({ ...row, portId: null });
  world.ports.delete(id);
}

export function createFloatingIp(
  world: World,
  projectId: string,
  wish: { networkId: string; portId: string | null; description?: string },
): FloatingIp {
  const network = findNetwork(world, projectId, wish.networkId);
  if (!network?.external)
    throw badRequest(
      `Bad floatingip request: Network ${wish.networkId} is not a valid external network.`,
      "BadRequest",
    );
  spare("floatingip", world.floatingIps.filter((row) => row.projectId === projectId).length);
  const port = wish.portId === null ? undefined : world.ports.get(wish.portId);
  if (wish.portId !== null && !port) throw notFound(`Port ${wish.portId} could not be found.`, "PortNotFound");
  if (port) {
    const routed = world.ports.find(
      (row) =>
        row.subnetId === port.subnetId &&
        row.deviceOwner === "network:router_interface" &&
        world.routers.get(row.deviceId)?.externalNetworkId === network.id,
    );
    if (!routed)
      throw notFound(
        `External network ${network.id} is not reachable from subnet ${port.subnetId ?? ""}.  Therefore, cannot associate Port ${port.id} with a Floating IP.`,
        "ExternalGatewayForFloatingIPNotFound",
      );
  }
  const subnet = world.subnets.find((row) => row.networkId === network.id);
  if (!subnet) throw badRequest("The external network has no subnet.");
  return world.floatingIps.put({
    id: resourceId(),
    projectId,
    networkId: network.id,
    address: freeAddress(world, subnet),
    portId: wish.portId,
    description: wish.description ?? "",
    tags: [],
  });
}

export function deleteSubnet(world: World, id: string): void {
  const users = world.ports.filter((port) => port.subnetId === id);
  if (users.length > 0)
    throw conflict(
      `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`,
      "SubnetInUse",
    );
  world.subnets.delete(id);
}

export function deleteNetwork(world: World, id: string): void {
  if (world.ports.find((port) => port.networkId === id))
    throw conflict(
      `Unable to complete operation on network ${id}. There are one or more ports still in use on the network.`,
      "NetworkInUse",
    );
  for (const subnet of world.subnets.filter((row) => row.networkId === id)) world.subnets.delete(subnet.id);
  world.networks.delete(id);
}

export function deleteRouter(world: World, id: string): void {
  if (world.ports.find((port) => port.deviceId === id)) throw conflict(`Router ${id} still has ports`, "RouterInUse");
  world.routers.delete(id);
}

export function createSecurityGroup(
  world: World,
  projectId: string,
  wish: { name: string; description: string },
): SecurityGroup {
  spare("security_group", world.securityGroups.filter((row) => row.projectId === projectId).length);
  return world.securityGroups.put({ id: resourceId(), name: wish.name, projectId, description: wish.description });
}

export function deleteSecurityGroup(world: World, id: string): void {
  if (world.ports.find((port) => port.securityGroups.includes(id)))
    throw conflict(`Security Group ${id} in use.`, "SecurityGroupInUse");
  world.securityGroups.delete(id);
}

/** One that the project may see. */
export const findNetwork = (world: World, projectId: string, idOrName: string): Network | undefined =>
  world.networks.find(
    (row) =>
      (row.id === idOrName || row.name === idOrName) && (row.projectId === projectId || row.external || row.shared),
  );

export function addNeutron(app: App, world: World): void {
  const base = "/network/v2.0";
  app.get("/network", async () => ({
    versions: [{ id: "v2.0", status: "CURRENT", links: [{ rel: "self", href: `${world.url}${base}/` }] }],
  }));
  app.get(base, async () => ({ resources: [] }));

  const seconds = "2026-01-01T00:00:00Z";
  const networkBody = (row: Network) => ({
    id: row.id,
    name: row.name,
    status: "ACTIVE",
    admin_state_up: true,
    tenant_id: row.projectId,
    project_id: row.projectId,
    shared: row.shared,
    "router:external": row.external,
    subnets: world.subnets.filter((subnet) => subnet.networkId === row.id).map((subnet) => subnet.id),
    mtu: 1450,
    port_security_enabled: true,
    availability_zones: ["nova"],
    description: "",
    tags: row.tags,
    created_at: seconds,
    updated_at: seconds,
    revision_number: 1,
  });
  const subnetBody = (row: Subnet) => ({
    id: row.id,
    name: row.name,
    network_id: row.networkId,
    tenant_id: row.projectId,
    project_id: row.projectId,
    cidr: row.cidr,
    ip_version: 4,
    gateway_ip: row.gateway,
    enable_dhcp: true,
    dns_nameservers: row.dns,
    host_routes: [],
    allocation_pools: [],
    description: "",
    tags: row.tags,
  });
  const routerBody = (row: Router) => ({
    id: row.id,
    name: row.name,
    status: "ACTIVE",
    admin_state_up: true,
    tenant_id: row.projectId,
    project_id: row.projectId,
    external_gateway_info:
      row.externalNetworkId === null
        ? null
        : { network_id: row.externalNetworkId, enable_snat: true, external_fixed_ips: [] },
    routes: [],
    description: "",
    tags: row.tags,
  });
  const portBody = (row: Port) => ({
    id: row.id,
    name: row.name,
    status: row.deviceId === "" ? "DOWN" : "ACTIVE",
    network_id: row.networkId,
    tenant_id: row.projectId,
    project_id: row.projectId,
    mac_address: row.mac,
    admin_state_up: true,
    device_id: row.deviceId,
    device_owner: row.deviceOwner,
    fixed_ips: row.subnetId === null ? [] : [{ subnet_id: row.subnetId, ip_address: row.address }],
    security_groups: row.securityGroups,
    allowed_address_pairs: [],
    description: row.description,
    tags: row.tags,
  });
  const floatingBody = (row: FloatingIp) => {
    const port = row.portId === null ? undefined : world.ports.get(row.portId);
    return {
      id: row.id,
      floating_ip_address: row.address,
      fixed_ip_address: port?.address ?? null,
      port_id: row.portId,
      router_id: null,
      floating_network_id: row.networkId,
      tenant_id: row.projectId,
      project_id: row.projectId,
      status: port ? "ACTIVE" : "DOWN",
      description: row.description,
      tags: row.tags,
      port_details: null,
    };
  };
  const groupBody = (row: SecurityGroup) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    tenant_id: row.projectId,
    project_id: row.projectId,
    security_group_rules: [],
    tags: [],
    stateful: true,
  });

  /** List (with any field as filter), show and delete of one kind. */
  function kind<T extends { id: string; projectId: string }>(
    plural: string,
    single: string,
    rows: () => T[],
    visible: (row: T, caller: Caller) => boolean,
    body: (row: T) => Record<string, unknown>,
    remove: (id: string) => void,
  ): void {
    const word = single.charAt(0).toUpperCase() + single.slice(1);
    app.get(`${base}/${plural}`, async (request) => {
      const caller = callerOf(world, request);
      const query = queryOf(request);
      const filters = Object.entries(query).filter(
        ([name]) => !["limit", "marker", "fields", "sort_key", "sort_dir"].includes(name),
      );
      const found = rows().filter(
        (row) => visible(row, caller) && filters.every(([name, value]) => matches(body(row), name, value)),
      );
      return pageOf(plural.replaceAll("-", "_"), found, query, `${world.url}${base}/${plural}`, body);
    });
    const one = (caller: Caller, id: string) => {
      const row = rows().find((candidate) => candidate.id === id && visible(candidate, caller));
      if (!row) throw notFound(`${word} ${id} could not be found.`, `${word}NotFound`);
      return row;
    };
    app.get(`${base}/${plural}/:id`, async (request) => ({
      [single]: body(one(callerOf(world, request), paramOf(request, "id"))),
    }));
    app.delete(`${base}/${plural}/:id`, async (request, reply) => {
      const caller = writerOf(world, request);
      const row = one(caller, paramOf(request, "id"));
      if (row.projectId !== caller.projectId && !caller.admin)
        throw new Fault(403, "The request is not authorized.", "PolicyNotAuthorized");
      remove(row.id);
      return reply.code(204).send();
    });
  }
  const own = (row: { projectId: string }, caller: Caller) => row.projectId === caller.projectId || caller.admin;
  const shown = (row: Network, caller: Caller) => own(row, caller) || row.external || row.shared;
  kind(
    "networks",
    "network",
    () => world.networks.all(),
    shown,
    networkBody,
    (id) => deleteNetwork(world, id),
  );
  kind(
    "subnets",
    "subnet",
    () => world.subnets.all(),
    (row, caller) => own(row, caller) || (world.networks.get(row.networkId)?.shared ?? false),
    subnetBody,
    (id) => deleteSubnet(world, id),
  );
  kind(
    "routers",
    "router",
    () => world.routers.all(),
    own,
    routerBody,
    (id) => deleteRouter(world, id),
  );
  kind(
    "ports",
    "port",
    () => world.ports.all(),
    own,
    portBody,
    (id) => deletePort(world, id),
  );
  kind(
    "floatingips",
    "floatingip",
    () => world.floatingIps.all(),
    own,
    floatingBody,
    (id) => world.floatingIps.delete(id),
  );
  kind(
    "security-groups",
    "security_group",
    () => world.securityGroups.all(),
    own,
    groupBody,
    (id) => deleteSecurityGroup(world, id),
  );

  app.get(`${base}/quotas/:project/details`, async (request) => {
    const caller = callerOf(world, request);
    const project = paramOf(request, "project");
    if (project !== caller.projectId && !caller.admin)
      throw new Fault(403, "The request is not authorized.", "PolicyNotAuthorized");
    const count = (rows: { projectId: string }[]) => rows.filter((row) => row.projectId === project).length;
    const counts: Record<keyof typeof networkLimits, number> = {
      network: count(world.networks.all()),
      subnet: count(world.subnets.all()),
      router: count(world.routers.all()),
      port: count(world.ports.all()),
      security_group: count(world.securityGroups.all()),
      security_group_rule: 0,
      floatingip: count(world.floatingIps.all()),
    };
    return {
      quota: Object.fromEntries(
        Object.entries(networkLimits).map(([name, limit]) => [
          name,
          { limit, used: Reflect.get(counts, name), reserved: 0 },
        ]),
      ),
    };
  });
  app.get(`${base}/network-ip-availabilities/:id`, async (request) => {
    if (!callerOf(world, request).admin) throw notFound("The resource could not be found.", "HTTPNotFound");
    const subnets = world.subnets.filter((row) => row.networkId === paramOf(request, "id"));
    return {
      network_ip_availability: {
        network_id: paramOf(request, "id"),
        total_ips: subnets.reduce((sum, row) => sum + usable(row.cidr)[1] - usable(row.cidr)[0], 0),
        used_ips: world.ports.filter((row) => row.networkId === paramOf(request, "id")).length,
      },
    };
  });
}

function matches(body: Record<string, unknown>, name: string, value: string): boolean {
  const has: unknown = body[name];
  const words = value.split(",");
  if (name === "tags") return Array.isArray(has) && words.every((word) => has.includes(word));
  if (name === "fixed_ips") return true;
  if (has === undefined) return true;
  if (typeof has === "boolean") return String(has) === value.toLowerCase();
  return words.includes(String(has));
}
