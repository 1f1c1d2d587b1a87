// Image v2, Volume v3 and Key manager v1: small services that mostly list and keep.
import { z } from "zod";
import { badRequest, Fault, notFound } from "./fault.ts";
import { callerOf, pageOf, paramOf, queryOf, writerOf, type App, type Caller } from "./http.ts";
import { resourceId, type Image, type Volume, type World } from "./world.ts";

export const volumeLimits = { volumes: 60, gigabytes: 4000 };

export function addGlance(app: App, world: World): void {
  const base = "/image/v2";
  app.get("/image", async (_request, reply) =>
    reply
      .code(300)
      .send({ versions: [{ id: "v2.15", status: "CURRENT", links: [{ rel: "self", href: `${world.url}${base}/` }] }] }),
  );
  const body = (image: Image) => ({
    id: image.id,
    name: image.name,
    status: "active",
    visibility: "public",
    owner: null,
    protected: false,
    os_hidden: false,
    min_disk: image.minDisk,
    min_ram: 0,
    size: 734_003_200,
    virtual_size: null,
    disk_format: "qcow2",
    container_format: "bare",
    created_at: `${image.createdAt.slice(0, 19)}Z`,
    updated_at: `${image.createdAt.slice(0, 19)}Z`,
    tags: [],
    ...(image.os_distro === null ? {} : { os_distro: image.os_distro }),
    ...image.properties,
    self: `/v2/images/${image.id}`,
    file: `/v2/images/${image.id}/file`,
    schema: "/v2/schemas/image",
  });
  app.get(`${base}/images`, async (request) => {
    callerOf(world, request);
    const { name, limit, marker, os_distro } = queryOf(request);
    const rows = world.images
      .filter(
        (image) =>
          (name === undefined || image.name === name) && (os_distro === undefined || image.os_distro === os_distro),
      )
      .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
    const most = Number(limit ?? 25);
    const at = marker === undefined ? 0 : rows.findIndex((image) => image.id === marker) + 1;
    const page = rows.slice(at, at + most);
    const last = page.at(-1);
    return {
      images: page.map(body),
      schema: "/v2/schemas/images",
      first: "/v2/images",
      ...(last && at + most < rows.length ? { next: `/v2/images?marker=${last.id}&limit=${most}` } : {}),
    };
  });
  app.get(`${base}/images/:id`, async (request) => {
    callerOf(world, request);
    const image = world.images.get(paramOf(request, "id"));
    if (!image) throw notFound(`No image found with ID ${paramOf(request, "id")}`);
    return body(image);
  });
}

export function createVolume(
  world: World,
  projectId: string,
  wish: { name: string; size: number; type: string | null; metadata: Record<string, string> },
): Volume {
  const type = wish.type ?? "standard";
  if (!world.volumeTypes.find((row) => row.name === type || row.id === type))
    throw notFound(`Volume type with name ${type} could not be found.`);
  const own = world.volumes.filter((row) => row.projectId === projectId);
  if (own.length >= volumeLimits.volumes)
    throw new Fault(
      413,
      `VolumeLimitExceeded: Maximum number of volumes allowed (${volumeLimits.volumes}) exceeded for quota 'volumes'.`,
    );
  const gigabytes = own.reduce((sum, row) => sum + row.size, 0);
  if (gigabytes + wish.size > volumeLimits.gigabytes)
    throw new Fault(
      413,
      `VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested ${wish.size}G, quota is ${volumeLimits.gigabytes}G and ${gigabytes}G has been consumed.`,
    );
  return world.volumes.put({
    id: resourceId(),
    name: wish.name,
    projectId,
    size: wish.size,
    type,
    status: "creating",
    serverId: null,
    metadata: wish.metadata,
    createdAt: world.now(),
  });
}

export function deleteVolume(world: World, id: string): void {
  const volume = world.volumes.get(id);
  if (volume?.status === "in-use")
    throw badRequest(
      `Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots or be disassociated from snapshots after volume transfer.`,
    );
  world.volumes.delete(id);
}

export function addCinder(app: App, world: World): void {
  const base = "/volume/v3/:project";
  app.get("/volume/v3", async () => ({
    versions: [{ id: "v3.0", status: "CURRENT", version: "3.70", min_version: "3.0", links: [] }],
  }));
  const body = (row: Volume) => ({
    id: row.id,
    name: row.name,
    description: null,
    status: row.status,
    size: row.size,
    volume_type: row.type,
    metadata: row.metadata,
    availability_zone: "nova",
    bootable: "false",
    encrypted: false,
    multiattach: false,
    created_at: row.createdAt.slice(0, 23),
    updated_at: null,
    user_id: "",
    attachments:
      row.serverId === null
        ? []
        : [
            {
              server_id: row.serverId,
              volume_id: row.id,
              id: row.id,
              attachment_id: row.id,
              device: "/dev/vdb",
              host_name: null,
              attached_at: row.createdAt.slice(0, 23),
            },
          ],
    links: [],
  });
  const mine = (request: Parameters<typeof callerOf>[1]): Caller => {
    const caller = callerOf(world, request);
    if (paramOf(request, "project") !== caller.projectId && !caller.admin) throw badRequest("Malformed request url");
    return caller;
  };
  app.get(`${base}/types`, async (request) => {
    mine(request);
    return {
      volume_types: world.volumeTypes
        .all()
        .map((row) => ({
          id: row.id,
          name: row.name,
          description: row.description,
          is_public: true,
          "os-volume-type-access:is_public": true,
          extra_specs: {},
        })),
    };
  });
  for (const path of ["volumes", "volumes/detail"])
    app.get(`${base}/${path}`, async (request) => {
      const caller = mine(request);
      const query = queryOf(request);
      const rows = world.volumes.filter(
        (row) =>
          row.projectId === caller.projectId &&
          (query["name"] === undefined || row.name === query["name"]) &&
          metadataFits(row, query["metadata"]),
      );
      return pageOf("volumes", rows, query, `${world.url}/volume/v3/${caller.projectId}/${path}`, body);
    });
  const volumeOf = (caller: Caller, id: string) => {
    const row = world.volumes.get(id);
    if (!row || (row.projectId !== caller.projectId && !caller.admin))
      throw notFound(`Volume ${id} could not be found.`);
    return row;
  };
  app.get(`${base}/volumes/:id`, async (request) => ({
    volume: body(volumeOf(mine(request), paramOf(request, "id"))),
  }));
  app.delete(`${base}/volumes/:id`, async (request, reply) => {
    writerOf(world, request);
    deleteVolume(world, volumeOf(mine(request), paramOf(request, "id")).id);
    return reply.code(202).send();
  });
  app.get(`${base}/limits`, async (request) => {
    const own = world.volumes.filter((row) => row.projectId === mine(request).projectId);
    return {
      limits: {
        rate: [],
        absolute: {
          maxTotalVolumes: volumeLimits.volumes,
          totalVolumesUsed: own.length,
          maxTotalVolumeGigabytes: volumeLimits.gigabytes,
          totalGigabytesUsed: own.reduce((sum, row) => sum + row.size, 0),
          maxTotalSnapshots: 20,
          totalSnapshotsUsed: 0,
          maxTotalBackups: 10,
          totalBackupsUsed: 0,
          maxTotalBackupGigabytes: 1000,
          totalBackupGigabytesUsed: 0,
        },
      },
    };
  });
}

/** The filter is a Python or JSON literal of one key and value. */
function metadataFits(row: Volume, filter: string | undefined): boolean {
  const pair = filter?.match(/["']([^"']+)["']\s*:\s*["']([^"']*)["']/);
  return !pair || row.metadata[pair[1] ?? ""] === pair[2];
}

export function addBarbican(app: App, world: World): void {
  const base = "/key-manager/v1";
  app.get("/key-manager", async (_request, reply) =>
    reply
      .code(300)
      .send({
        versions: { values: [{ id: "v1", status: "stable", links: [{ rel: "self", href: `${world.url}${base}/` }] }] },
      }),
  );
  const ref = (id: string) => `${world.url}${base}/secrets/${id}`;
  const secretOf = (caller: Caller, id: string) => {
    const row = world.secrets.get(id);
    if (row?.projectId !== caller.projectId) throw notFound("Not Found. Sorry but your secret is in another castle.");
    return row;
  };
  app.post(`${base}/secrets`, async (request, reply) => {
    const caller = callerOf(world, request);
    if (!caller.roles.some((role) => role === "creator" || role === "admin"))
      throw new Fault(403, "Secret creation attempt not allowed - please review your user/project privileges");
    const wish = z
      .object({
        name: z.string().nullish(),
        payload: z.string(),
        secret_type: z.string().default("opaque"),
        payload_content_encoding: z.string().optional(),
      })
      .parse(request.body);
    const payload =
      wish.payload_content_encoding === "base64" ? Buffer.from(wish.payload, "base64").toString("utf8") : wish.payload;
    const row = world.secrets.put({
      id: resourceId(),
      name: wish.name ?? "",
      projectId: caller.projectId,
      payload,
      type: wish.secret_type,
      createdAt: world.now(),
    });
    return reply.code(201).send({ secret_ref: ref(row.id) });
  });
  app.get(`${base}/secrets`, async (request) => {
    const caller = callerOf(world, request);
    const { name } = queryOf(request);
    const rows = world.secrets.filter(
      (row) => row.projectId === caller.projectId && (name === undefined || row.name === name),
    );
    return {
      secrets: rows.map((row) => ({
        name: row.name,
        secret_ref: ref(row.id),
        secret_type: row.type,
        status: "ACTIVE",
        created: row.createdAt.slice(0, 19),
        updated: row.createdAt.slice(0, 19),
        content_types: { default: "application/octet-stream" },
      })),
      total: rows.length,
    };
  });
  app.get(`${base}/secrets/:id/payload`, async (request, reply) =>
    reply
      .type("application/octet-stream")
      .send(Buffer.from(secretOf(callerOf(world, request), paramOf(request, "id")).payload)),
  );
  app.delete(`${base}/secrets/:id`, async (request, reply) => {
    world.secrets.delete(secretOf(callerOf(world, request), paramOf(request, "id")).id);
    return reply.code(204).send();
  });
}
