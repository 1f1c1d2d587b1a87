// Compute v2.1: flavors, keypairs, servers, zones and limits; and the servers that Heat makes.
import { generateKeyPairSync } from "node:crypto";
import { z } from "zod";
import { badRequest, conflict, Fault, notFound } from "./fault.ts";
import { callerOf, pageOf, paramOf, queryOf, writerOf, type App, type Caller } from "./http.ts";
import { releasePort } from "./neutron.ts";
import { fingerprint } from "./seed.ts";
import { resourceId, type Flavor, type Server, type World } from "./world.ts";

export const computeLimits = {
  instances: 50,
  cores: 200,
  ram: 409_600,
  keypairs: 100,
  serverGroups: 50,
  serverGroupMembers: 50,
};
const zone = "nova";

export interface ServerWish {
  name: string;
  flavor: string;
  image: string | null;
  keyName: string | null;
  zone: string | null;
  portIds: string[];
  volumeIds: string[];
  metadata: Record<string, string>;
  userData: string | null;
}

export const findFlavor = (world: World, idOrName: string): Flavor | undefined =>
  world.flavors.get(idOrName) ?? world.flavors.find((flavor) => flavor.name === idOrName);

function used(world: World, projectId: string) {
  const servers = world.servers.filter((server) => server.projectId === projectId);
  const flavors = servers.map((server) => world.flavors.get(server.flavorId));
  return {
    instances: servers.length,
    cores: flavors.reduce((sum, flavor) => sum + (flavor?.vcpus ?? 0), 0),
    ram: flavors.reduce((sum, flavor) => sum + (flavor?.ram ?? 0), 0),
  };
}

/** Accepts a server or refuses it as Nova does; it comes up later. */
export function createServer(
  world: World,
  who: { userId: string; projectId: string },
  wish: ServerWish,
  onState: (server: Server) => void,
): Server {
  const flavor = findFlavor(world, wish.flavor);
  if (!flavor) throw badRequest(`Flavor ${wish.flavor} could not be found.`);
  const image =
    wish.image === null
      ? undefined
      : (world.images.get(wish.image) ?? world.images.find((row) => row.name === wish.image));
  if (wish.image !== null && !image) throw badRequest(`Image ${wish.image} could not be found.`);
  if (image && wish.image !== null && flavor.disk < image.minDisk)
    throw badRequest("Flavor's disk is too small for requested image.");
  if (wish.keyName !== null && !world.keypairs.get(`${who.userId}/${wish.keyName}`))
    throw badRequest("Invalid key_name provided.");
  if (wish.zone !== null && wish.zone !== zone) throw badRequest("The requested availability zone is not available");
  const now = used(world, who.projectId);
  if (now.instances + 1 > computeLimits.instances)
    throw new Fault(
      403,
      `Quota exceeded for instances: Requested 1, but already used ${now.instances} of ${computeLimits.instances} instances`,
    );
  if (now.cores + flavor.vcpus > computeLimits.cores)
    throw new Fault(
      403,
      `Quota exceeded for cores: Requested ${flavor.vcpus}, but already used ${now.cores} of ${computeLimits.cores} cores`,
    );
  if (now.ram + flavor.ram > computeLimits.ram)
    throw new Fault(
      403,
      `Quota exceeded for ram: Requested ${flavor.ram}, but already used ${now.ram} of ${computeLimits.ram} ram`,
    );
  const server = world.servers.put({
    id: resourceId(),
    name: wish.name,
    projectId: who.projectId,
    userId: who.userId,
    status: "BUILD",
    fault: null,
    flavorId: flavor.id,
    imageId: image?.id ?? null,
    keyName: wish.keyName,
    zone,
    portIds: wish.portIds,
    volumeIds: wish.volumeIds,
    metadata: wish.metadata,
    userData: wish.userData,
    console: [],
    createdAt: world.now(),
  });
  for (const id of wish.portIds) {
    const port = world.ports.get(id);
    if (port) world.ports.put({ ...port, deviceId: server.id, deviceOwner: `compute:${zone}` });
  }
  for (const id of wish.volumeIds) attachVolume(world, server.id, id);
  settleServer(world, server.id, onState);
  return server;
}

/** A server that is being built becomes what its flavor says. May be called again after a restart. */
export function settleServer(world: World, id: string, onState: (server: Server) => void): void {
  world.after(6, () => {
    const server = world.servers.get(id);
    if (server?.status !== "BUILD") return;
    if (world.flavors.get(server.flavorId)?.name === "fail.nohost") {
      server.status = "ERROR";
      server.fault = "No valid host was found. ";
    } else server.status = "ACTIVE";
    onState(world.servers.put(server));
  });
}

export function deleteServer(world: World, id: string): void {
  const server = world.servers.get(id);
  if (!server) return;
  for (const port of world.ports.filter((row) => row.deviceId === id)) releasePort(world, port.id);
  for (const volume of world.volumes.filter((row) => row.serverId === id))
    world.volumes.put({ ...volume, serverId: null, status: "available" });
  world.servers.delete(id);
}

export function attachVolume(world: World, serverId: string, volumeId: string): void {
  const volume = world.volumes.get(volumeId);
  if (!volume) throw notFound(`Volume ${volumeId} could not be found.`);
  world.volumes.put({ ...volume, serverId, status: "in-use" });
  const server = world.servers.get(serverId);
  if (server && !server.volumeIds.includes(volumeId))
    world.servers.put({ ...server, volumeIds: [...server.volumeIds, volumeId] });
}

export function detachVolume(world: World, serverId: string, volumeId: string): void {
  const volume = world.volumes.get(volumeId);
  if (volume?.serverId === serverId) world.volumes.put({ ...volume, serverId: null, status: "available" });
  const server = world.servers.get(serverId);
  if (server) world.servers.put({ ...server, volumeIds: server.volumeIds.filter((id) => id !== volumeId) });
}

const flavorBody = (world: World, flavor: Flavor) => ({
  id: flavor.id,
  name: flavor.name,
  ram: flavor.ram,
  disk: flavor.disk,
  vcpus: flavor.vcpus,
  swap: "",
  rxtx_factor: 1,
  "OS-FLV-EXT-DATA:ephemeral": 0,
  "OS-FLV-DISABLED:disabled": false,
  "os-flavor-access:is_public": true,
  links: [{ rel: "self", href: `${world.url}/compute/v2.1/flavors/${flavor.id}` }],
});

function serverBody(world: World, server: Server) {
  const addresses: Record<string, unknown[]> = {};
  for (const port of world.ports.filter((row) => row.deviceId === server.id)) {
    const list = (addresses[world.networks.get(port.networkId)?.name ?? "network"] ??= []);
    const address = (addr: string, type: string) => ({
      addr,
      version: 4,
      "OS-EXT-IPS:type": type,
      "OS-EXT-IPS-MAC:mac_addr": port.mac,
    });
    list.push(address(port.address, "fixed"));
    for (const floating of world.floatingIps.filter((row) => row.portId === port.id))
      list.push(address(floating.address, "floating"));
  }
  const seconds = `${server.createdAt.slice(0, 19)}Z`;
  return {
    id: server.id,
    name: server.name,
    status: server.status,
    tenant_id: server.projectId,
    user_id: server.userId,
    metadata: server.metadata,
    hostId: server.status === "ACTIVE" ? "sandbox" : "",
    image: server.imageId === null ? "" : { id: server.imageId, links: [] },
    flavor: { id: server.flavorId, links: [] },
    created: seconds,
    updated: seconds,
    addresses,
    accessIPv4: "",
    accessIPv6: "",
    links: [{ rel: "self", href: `${world.url}/compute/v2.1/servers/${server.id}` }],
    "OS-DCF:diskConfig": "MANUAL",
    progress: server.status === "ACTIVE" ? 0 : undefined,
    "OS-EXT-AZ:availability_zone": server.status === "ACTIVE" ? server.zone : "",
    config_drive: "",
    key_name: server.keyName,
    "OS-SRV-USG:launched_at": null,
    "OS-SRV-USG:terminated_at": null,
    security_groups: [{ name: "default" }],
    "OS-EXT-STS:task_state": server.status === "BUILD" ? "spawning" : null,
    "OS-EXT-STS:vm_state": server.status === "BUILD" ? "building" : server.status.toLowerCase(),
    "OS-EXT-STS:power_state": server.status === "ACTIVE" ? 1 : 0,
    "os-extended-volumes:volumes_attached": server.volumeIds.map((id) => ({ id, delete_on_termination: false })),
    ...(server.fault === null ? {} : { fault: { code: 500, created: seconds, message: server.fault } }),
  };
}

export function addNova(app: App, world: World): void {
  const base = "/compute/v2.1";
  app.get(base, async () => ({
    version: {
      id: "v2.1",
      status: "CURRENT",
      version: "2.93",
      min_version: "2.1",
      links: [{ rel: "self", href: `${world.url}${base}/` }],
    },
  }));
  app.get(`${base}/flavors`, async (request) => {
    callerOf(world, request);
    return { flavors: world.flavors.all().map((flavor) => ({ id: flavor.id, name: flavor.name, links: [] })) };
  });
  app.get(`${base}/flavors/detail`, async (request) => {
    callerOf(world, request);
    return pageOf("flavors", world.flavors.all(), queryOf(request), `${world.url}${base}/flavors/detail`, (flavor) =>
      flavorBody(world, flavor),
    );
  });
  app.get(`${base}/flavors/:id`, async (request) => {
    callerOf(world, request);
    const flavor = world.flavors.get(paramOf(request, "id"));
    if (!flavor) throw notFound(`Flavor ${paramOf(request, "id")} could not be found.`);
    return { flavor: flavorBody(world, flavor) };
  });

  const keypairBody = (row: { name: string; publicKey: string; fingerprint: string }) => ({
    name: row.name,
    public_key: row.publicKey,
    fingerprint: row.fingerprint,
    type: "ssh",
  });
  const keypairOf = (caller: Caller, name: string) => {
    const row = world.keypairs.get(`${caller.userId}/${name}`);
    if (!row) throw notFound(`Keypair ${name} not found for user ${caller.userId}`);
    return row;
  };
  app.get(`${base}/os-keypairs`, async (request) => {
    const caller = callerOf(world, request);
    return {
      keypairs: world.keypairs
        .filter((row) => row.userId === caller.userId)
        .map((row) => ({ keypair: keypairBody(row) })),
    };
  });
  app.get(`${base}/os-keypairs/:name`, async (request) => ({
    keypair: keypairBody(keypairOf(callerOf(world, request), paramOf(request, "name"))),
  }));
  app.post(`${base}/os-keypairs`, async (request) => {
    const caller = callerOf(world, request);
    const { keypair: wish } = z
      .object({ keypair: z.object({ name: z.string().min(1).max(255), public_key: z.string().optional() }) })
      .parse(request.body);
    const id = `${caller.userId}/${wish.name}`;
    if (world.keypairs.get(id)) throw conflict(`Key pair '${wish.name}' already exists.`);
    if (wish.public_key !== undefined && !/^(ssh|ecdsa|sk)-\S+ [A-Za-z0-9+/=]{20,}/.test(wish.public_key))
      throw badRequest("Keypair data is invalid: failed to generate fingerprint");
    let made: { publicKey: string; privateKey: string } | null = null;
    if (wish.public_key === undefined) {
      const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
      const jwk = pair.publicKey.export({ format: "jwk" });
      made = {
        publicKey: sshRsa(String(jwk.n), String(jwk.e)),
        privateKey: pair.privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
      };
    }
    const publicKey = wish.public_key ?? made?.publicKey ?? "";
    const row = world.keypairs.put({
      id,
      userId: caller.userId,
      name: wish.name,
      publicKey,
      fingerprint: fingerprint(publicKey),
    });
    return {
      keypair: { ...keypairBody(row), user_id: caller.userId, ...(made ? { private_key: made.privateKey } : {}) },
    };
  });
  app.delete(`${base}/os-keypairs/:name`, async (request, reply) => {
    world.keypairs.delete(keypairOf(callerOf(world, request), paramOf(request, "name")).id);
    return reply.code(204).send();
  });

  const serverOf = (caller: Caller, id: string) => {
    const server = world.servers.get(id);
    if (!server || (server.projectId !== caller.projectId && !caller.admin))
      throw notFound(`Instance ${id} could not be found.`);
    return server;
  };
  for (const path of ["servers", "servers/detail"])
    app.get(`${base}/${path}`, async (request) => {
      const caller = callerOf(world, request);
      const query = queryOf(request);
      const everywhere = caller.admin && query["all_tenants"] !== undefined;
      const pattern = query["name"] === undefined ? null : new RegExp(query["name"]);
      const rows = world.servers
        .filter(
          (server) => (everywhere || server.projectId === caller.projectId) && (pattern?.test(server.name) ?? true),
        )
        .toReversed();
      return pageOf("servers", rows, query, `${world.url}${base}/${path}`, (server) =>
        path === "servers" ? { id: server.id, name: server.name, links: [] } : serverBody(world, server),
      );
    });
  app.get(`${base}/servers/:id`, async (request) => ({
    server: serverBody(world, serverOf(callerOf(world, request), paramOf(request, "id"))),
  }));
  app.delete(`${base}/servers/:id`, async (request, reply) => {
    deleteServer(world, serverOf(writerOf(world, request), paramOf(request, "id")).id);
    return reply.code(204).send();
  });
  app.post(`${base}/servers/:id/action`, async (request) => {
    const server = serverOf(callerOf(world, request), paramOf(request, "id"));
    const wish = z
      .object({ "os-getConsoleOutput": z.object({ length: z.number().nullish() }).nullish() })
      .parse(request.body);
    if (wish["os-getConsoleOutput"] === undefined) throw badRequest("There is no such action in the sandbox.");
    return { output: server.console.slice(-(wish["os-getConsoleOutput"]?.length ?? 1000)).join("\n") };
  });
  app.get(`${base}/os-availability-zone`, async (request) => {
    callerOf(world, request);
    return { availabilityZoneInfo: [{ zoneName: zone, zoneState: { available: true }, hosts: null }] };
  });
  app.get(`${base}/limits`, async (request) => {
    const { projectId } = callerOf(world, request);
    const now = used(world, projectId);
    return {
      limits: {
        rate: [],
        absolute: {
          maxTotalInstances: computeLimits.instances,
          totalInstancesUsed: now.instances,
          maxTotalCores: computeLimits.cores,
          totalCoresUsed: now.cores,
          maxTotalRAMSize: computeLimits.ram,
          totalRAMUsed: now.ram,
          maxTotalKeypairs: computeLimits.keypairs,
          maxServerMeta: 128,
          maxServerGroups: computeLimits.serverGroups,
          totalServerGroupsUsed: world.serverGroups.filter((row) => row.projectId === projectId).length,
          maxServerGroupMembers: computeLimits.serverGroupMembers,
        },
      },
    };
  });
}

/** OpenSSH's wire form of an RSA key given as base64url numbers. */
function sshRsa(n: string, e: string): string {
  const chunk = (bytes: Buffer) => Buffer.concat([Buffer.from(Uint32Array.of(bytes.length).buffer).reverse(), bytes]);
  const number = (text: string) => {
    const bytes = Buffer.from(text, "base64url");
    return chunk((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
  };
  return `ssh-rsa ${Buffer.concat([chunk(Buffer.from("ssh-rsa")), number(e), number(n)]).toString("base64")} Generated-by-Nova`;
}
