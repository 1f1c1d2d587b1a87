import { z } from "zod";
import { Secret } from "../../server/domain/secret.ts";
import type { Flavor, Keypair, Nova, ResourceLimit, Server } from "./cloud.ts";
import { orNull } from "./error.ts";
import { list } from "./pages.ts";
import { versioned } from "./session.ts";
import type { Session } from "./session.ts";

/**
 * One for all calls, of Newton's age: key pairs have types and pages, servers still name their flavor by id (2.47
 * leaves it out), and Nova still makes key pairs itself (until 2.91).
 */
const headers = { "OpenStack-API-Version": "compute 2.35", "X-OpenStack-Nova-API-Version": "2.35" };

const FlavorWire = z
  .object({
    id: z.string(),
    name: z.string(),
    vcpus: z.number(),
    ram: z.number(),
    disk: z.number(),
    "OS-FLV-EXT-DATA:ephemeral": z.number().default(0),
    "os-flavor-access:is_public": z.boolean().default(true),
  })
  .transform((wire): Flavor => ({
    id: wire.id,
    name: wire.name,
    vcpus: wire.vcpus,
    ramMib: wire.ram,
    diskGib: wire.disk,
    ephemeralGib: wire["OS-FLV-EXT-DATA:ephemeral"],
    public: wire["os-flavor-access:is_public"],
  }));

const keypairFields = z.object({
  name: z.string(),
  fingerprint: z.string(),
  public_key: z.string(),
  type: z.string().default("ssh"),
});
const keypairOf = (wire: z.infer<typeof keypairFields>): Keypair => ({
  name: wire.name,
  fingerprint: wire.fingerprint,
  publicKey: wire.public_key,
  type: wire.type,
});
const KeypairWire = z.object({ keypair: keypairFields }).transform((wire) => keypairOf(wire.keypair));
const NewKeypair = z
  .object({ keypair: keypairFields.extend({ private_key: z.string() }) })
  .transform(({ keypair }) => ({ ...keypairOf(keypair), privateKey: new Secret(keypair.private_key) }));

const ServerWire = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.string(),
    "OS-EXT-STS:task_state": z.string().nullish(),
    "OS-EXT-AZ:availability_zone": z.string().nullish(),
    fault: z.object({ message: z.string() }).nullish(),
    flavor: z.object({ id: z.string().nullish() }),
    image: z.union([z.object({ id: z.string() }), z.literal("")]).nullish(),
    key_name: z.string().nullish(),
    addresses: z.record(
      z.string(),
      z.array(
        z.object({
          addr: z.string(),
          version: z.number(),
          "OS-EXT-IPS:type": z.enum(["fixed", "floating"]).default("fixed"),
          "OS-EXT-IPS-MAC:mac_addr": z.string().default(""),
        }),
      ),
    ),
    metadata: z.record(z.string(), z.string()).default({}),
    "os-extended-volumes:volumes_attached": z.array(z.object({ id: z.string() })).default([]),
    created: z.string(),
    updated: z.string(),
  })
  .transform((wire): Server => ({
    id: wire.id,
    name: wire.name,
    status: wire.status,
    taskState: wire["OS-EXT-STS:task_state"] ?? null,
    fault: wire.fault?.message ?? null,
    zone: wire["OS-EXT-AZ:availability_zone"] || null,
    flavorId: wire.flavor.id ?? null,
    imageId: wire.image ? wire.image.id : null,
    keypair: wire.key_name ?? null,
    addresses: Object.entries(wire.addresses).flatMap(([network, addresses]) =>
      addresses.map((each) => ({
        network,
        address: each.addr,
        version: each.version,
        kind: each["OS-EXT-IPS:type"],
        mac: each["OS-EXT-IPS-MAC:mac_addr"],
      })),
    ),
    metadata: wire.metadata,
    volumeIds: wire["os-extended-volumes:volumes_attached"].map((volume) => volume.id),
    createdAt: wire.created,
    updatedAt: wire.updated,
  }));

const limit = z.number().optional();
const LimitsWire = z.object({
  limits: z.object({
    absolute: z.object({
      maxTotalInstances: limit,
      totalInstancesUsed: limit,
      maxTotalCores: limit,
      totalCoresUsed: limit,
      maxTotalRAMSize: limit,
      totalRAMUsed: limit,
      maxTotalKeypairs: limit,
      maxServerGroups: limit,
      totalServerGroupsUsed: limit,
      maxServerGroupMembers: limit,
    }),
  }),
});

/** -1 is "no limit" on the wire. */
export const resourceLimit = (used: number | undefined, most: number | undefined): ResourceLimit => ({
  used: used ?? null,
  limit: most === undefined || most < 0 ? null : most,
});

const ZonesWire = z.object({
  availabilityZoneInfo: z.array(z.object({ zoneName: z.string(), zoneState: z.object({ available: z.boolean() }) })),
});

/** By id, else by name. */
export const pickFlavor = (all: readonly Flavor[], idOrName: string): Flavor | null =>
  all.find((flavor) => flavor.id === idOrName) ?? all.find((flavor) => flavor.name === idOrName) ?? null;

export function openNova(session: Session): Nova {
  const service = session.service("compute", versioned("v2.1"));
  const flavors = () =>
    list(service, { operation: "list flavors", path: "/flavors/detail", headers, key: "flavors", item: FlavorWire });
  return {
    listFlavors: flavors,
    async findFlavor(idOrName) {
      // Names cannot be asked for. Ids are free text (m1.small is as good as a UUID), so both are looked up in one list.
      return pickFlavor(await flavors(), idOrName);
    },
    listKeypairs: () =>
      list(service, { operation: "list keypairs", path: "/os-keypairs", headers, key: "keypairs", item: KeypairWire }),
    findKeypair: (name) =>
      orNull(
        service.read(
          { operation: "get keypair", path: `/os-keypairs/${encodeURIComponent(name)}`, headers },
          KeypairWire,
        ),
      ),
    createKeypair: (name) =>
      service.write(
        {
          operation: "create keypair",
          method: "POST",
          path: "/os-keypairs",
          headers,
          body: { keypair: { name, type: "ssh" } },
        },
        NewKeypair,
      ),
    importKeypair: (name, publicKey) =>
      service.write(
        {
          operation: "import keypair",
          method: "POST",
          path: "/os-keypairs",
          headers,
          body: { keypair: { name, type: "ssh", public_key: publicKey } },
        },
        KeypairWire,
      ),
    async deleteKeypair(name) {
      await service.send({
        operation: "delete keypair",
        method: "DELETE",
        path: `/os-keypairs/${encodeURIComponent(name)}`,
        headers,
      });
    },
    async listServers(filter = {}) {
      const servers = await list(service, {
        operation: "list servers",
        path: "/servers/detail",
        query: { name: filter.name, limit: filter.limit },
        headers,
        key: "servers",
        item: ServerWire,
        limit: filter.limit,
      });
      const wanted = filter.ids && new Set(filter.ids);
      return wanted ? servers.filter((server) => wanted.has(server.id)) : servers;
    },
    getServer: (id) =>
      service.read(
        { operation: "get server", path: `/servers/${encodeURIComponent(id)}`, headers },
        z.object({ server: ServerWire }).transform((body) => body.server),
      ),
    async deleteServer(id) {
      await service.send({
        operation: "delete server",
        method: "DELETE",
        path: `/servers/${encodeURIComponent(id)}`,
        headers,
      });
    },
    consoleOutput: (serverId, lines) =>
      service.write(
        {
          operation: "get console output",
          method: "POST",
          path: `/servers/${encodeURIComponent(serverId)}/action`,
          headers,
          body: { "os-getConsoleOutput": { length: lines } },
          repeatable: true,
        },
        z.object({ output: z.string() }).transform((body) => body.output),
      ),
    async listZones() {
      const body = await service.read(
        { operation: "list availability zones", path: "/os-availability-zone", headers },
        ZonesWire,
      );
      return body.availabilityZoneInfo.map((zone) => ({ name: zone.zoneName, available: zone.zoneState.available }));
    },
    async limits() {
      const { limits } = await service.read({ operation: "get limits", path: "/limits", headers }, LimitsWire);
      const { absolute } = limits;
      return {
        instances: resourceLimit(absolute.totalInstancesUsed, absolute.maxTotalInstances),
        cores: resourceLimit(absolute.totalCoresUsed, absolute.maxTotalCores),
        ramMib: resourceLimit(absolute.totalRAMUsed, absolute.maxTotalRAMSize),
        keypairs: resourceLimit(undefined, absolute.maxTotalKeypairs),
        serverGroups: resourceLimit(absolute.totalServerGroupsUsed, absolute.maxServerGroups),
        serverGroupMembers: resourceLimit(undefined, absolute.maxServerGroupMembers),
      };
    },
  };
}
