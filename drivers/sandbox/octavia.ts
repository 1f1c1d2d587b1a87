// Load balancing v2: balancers and their parts. A balancer is immutable while it is PENDING, as Octavia's are.
import { conflict, Fault, notFound } from "./fault.ts";
import { callerOf, pageOf, paramOf, queryOf, writerOf, type App, type Caller } from "./http.ts";
import { createPort, deletePort } from "./neutron.ts";
import { resourceId, type Balancer, type BalancerPart, type World } from "./world.ts";

export const balancerLimit = 10;

export function createBalancer(
  world: World,
  projectId: string,
  wish: { name: string; description: string; networkId: string; subnetId: string | null; provider: string },
): Balancer {
  if (world.balancers.filter((row) => row.projectId === projectId).length >= balancerLimit)
    throw new Fault(403, "Quota has been met for resources: Load Balancer");
  const port = createPort(world, projectId, {
    name: "octavia-lb-vip",
    networkId: wish.networkId,
    subnetId: wish.subnetId,
    securityGroups: [],
    deviceOwner: "Octavia",
  });
  const row = world.balancers.put({
    id: resourceId(),
    name: wish.name,
    projectId,
    description: wish.description,
    provisioning: "PENDING_CREATE",
    vipPortId: port.id,
    vipSubnetId: port.subnetId,
    vipNetworkId: port.networkId,
    vipAddress: port.address,
    provider: wish.provider,
    createdAt: world.now(),
  });
  world.ports.put({ ...port, name: `octavia-lb-${row.id}`, deviceId: `lb-${row.id}` });
  return row;
}

/** With all of its parts and its port. */
export function deleteBalancer(world: World, id: string): void {
  const row = world.balancers.get(id);
  if (!row) return;
  for (const part of world.balancerParts.filter((each) => each.balancerId === id)) world.balancerParts.delete(part.id);
  deletePort(world, row.vipPortId);
  world.balancers.delete(id);
}

export function addPart(world: World, wish: Omit<BalancerPart, "id">): BalancerPart {
  const balancer = world.balancers.get(wish.balancerId);
  if (!balancer) throw notFound(`Load Balancer ${wish.balancerId} not found.`);
  return world.balancerParts.put({ ...wish, id: resourceId() });
}

/** The balancer that a listener, pool, or balancer id belongs to. */
export const balancerOf = (world: World, id: string): string | undefined =>
  world.balancers.get(id)?.id ?? world.balancerParts.get(id)?.balancerId;

export function addOctavia(app: App, world: World): void {
  const base = "/load-balancer/v2/lbaas";
  app.get("/load-balancer", async () => ({
    versions: [{ id: "v2.26", status: "CURRENT", links: [{ rel: "self", href: `${world.url}/load-balancer/v2` }] }],
  }));
  const body = (row: Balancer) => ({
    id: row.id,
    name: row.name,
    description: row.description,
    provisioning_status: row.provisioning,
    operating_status: row.provisioning === "ACTIVE" ? "ONLINE" : "OFFLINE",
    admin_state_up: true,
    project_id: row.projectId,
    vip_address: row.vipAddress,
    vip_port_id: row.vipPortId,
    vip_subnet_id: row.vipSubnetId,
    vip_network_id: row.vipNetworkId,
    provider: row.provider,
    listeners: world.balancerParts
      .filter((part) => part.balancerId === row.id && part.kind === "listener")
      .map((part) => ({ id: part.id })),
    pools: world.balancerParts
      .filter((part) => part.balancerId === row.id && part.kind === "pool")
      .map((part) => ({ id: part.id })),
    created_at: row.createdAt.slice(0, 19),
    updated_at: null,
    tags: [],
    flavor_id: null,
  });
  const may = (caller: Caller) => {
    if (!caller.roles.some((role) => ["load-balancer_member", "admin", "member"].includes(role)))
      throw new Fault(403, "Policy does not allow this request to be performed.");
    return caller;
  };
  app.get(`${base}/loadbalancers`, async (request) => {
    const caller = callerOf(world, request);
    const query = queryOf(request);
    const rows = world.balancers.filter(
      (row) =>
        (row.projectId === caller.projectId || caller.admin) &&
        (query["project_id"] === undefined || row.projectId === query["project_id"]) &&
        (query["name"] === undefined || row.name === query["name"]) &&
        (query["vip_subnet_id"] === undefined || row.vipSubnetId === query["vip_subnet_id"]) &&
        (query["vip_network_id"] === undefined || row.vipNetworkId === query["vip_network_id"]),
    );
    return pageOf("loadbalancers", rows, query, `${world.url}${base}/loadbalancers`, body);
  });
  const one = (caller: Caller, id: string) => {
    const row = world.balancers.get(id);
    if (!row || (row.projectId !== caller.projectId && !caller.admin)) throw notFound(`Load Balancer ${id} not found.`);
    return row;
  };
  app.get(`${base}/loadbalancers/:id`, async (request) => ({
    loadbalancer: body(one(callerOf(world, request), paramOf(request, "id"))),
  }));
  app.delete(`${base}/loadbalancers/:id`, async (request, reply) => {
    const row = one(may(writerOf(world, request)), paramOf(request, "id"));
    if (row.provisioning.startsWith("PENDING"))
      throw conflict(`Load Balancer ${row.id} is immutable and cannot be updated.`);
    if (
      world.balancerParts.find((part) => part.balancerId === row.id) &&
      queryOf(request)["cascade"]?.toLowerCase() !== "true"
    )
      throw new Fault(400, `Cannot delete Load Balancer ${row.id} - it has children`);
    world.balancers.put({ ...row, provisioning: "PENDING_DELETE" });
    world.after(3, () => deleteBalancer(world, row.id));
    return reply.code(204).send();
  });
  app.get(`${base}/quotas/:project`, async (request) => {
    callerOf(world, request);
    return {
      quota: {
        load_balancer: balancerLimit,
        loadbalancer: balancerLimit,
        listener: 100,
        pool: 100,
        member: 500,
        health_monitor: 100,
        healthmonitor: 100,
      },
    };
  });
}
