// Cinder v3 over HTTP.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Fault, micros } from "./core.ts";
import type { Core } from "./core.ts";
import { addService, namedFault, page, Reply } from "./http.ts";
import type { Authenticate, Call } from "./http.ts";
import type { Volume, VolumeType } from "./model.ts";
import { limitsFor, setLimits } from "./quota.ts";
import type { Volumes } from "./volumes.ts";

export function serveCinder(app: FastifyInstance, core: Core, authenticate: Authenticate, volumes: Volumes): void {
  const { state } = core;
  const root = () => `${core.url()}/volume/v3/`;
  const version = () => ({
    id: "v3.0", status: "CURRENT", version: "3.70", min_version: "3.0", updated: "2022-08-31T00:00:00Z",
    links: [{ rel: "describedby", type: "text/html", href: "https://docs.openstack.org/" }, { rel: "self", href: root() }],
    "media-types": [{ base: "application/json", type: "application/vnd.openstack.volume+json;version=3" }],
  }); // prettier-ignore
  const headers = (_request: unknown, id: string) => ({
    "OpenStack-API-Version": "volume 3.0",
    Vary: "OpenStack-API-Version",
    "X-Compute-Request-Id": id,
  });
  addService(app, core, authenticate, { prefix: "/volume", faults: namedFault, headers }, (routes) => {
    routes.open("GET", "/", () => new Reply(300, { versions: [version()] }));
    routes.open("GET", "/v3", () => ({ versions: [version()] }));
  });
  const links = (row: Volume) => [
    { rel: "self", href: `${root()}${row.projectId}/volumes/${row.id}` },
    { rel: "bookmark", href: `${core.url()}/volume/${row.projectId}/volumes/${row.id}` },
  ];
  const view = (row: Volume, detail: boolean) => ({
    id: row.id, status: row.status, size: row.size, availability_zone: row.zone, created_at: micros(row.createdAt), updated_at: micros(row.updatedAt),
    name: row.name, description: row.description, volume_type: row.type, snapshot_id: null, source_volid: null, metadata: row.metadata,
    links: links(row), user_id: row.userId, bootable: String(row.bootable), encrypted: false, replication_status: null, consistencygroup_id: null,
    multiattach: false,
    attachments: row.attachments.map((one) => ({
      id: row.id, attachment_id: one.id, volume_id: row.id, server_id: one.serverId, host_name: null, device: one.device, attached_at: micros(one.at) })),
    ...(row.imageId === null ? {} : { volume_image_metadata: { image_id: row.imageId } }),
    ...(detail ? { "os-vol-tenant-attr:tenant_id": row.projectId } : {}),
  }); // prettier-ignore
  const typeView = (row: VolumeType) => ({
    id: row.id, name: row.name, is_public: row.isPublic, description: row.description, extra_specs: {}, "os-volume-type-access:is_public": row.isPublic,
  }); // prettier-ignore

  addService(app, core, authenticate, { prefix: "/volume/v3/:project", faults: namedFault, headers }, (routes) => {
    const project = (call: Call): string => {
      const asked = call.param("project");
      if (asked !== call.project && !call.caller.isAdmin)
        throw new Fault(400, "MalformedRequestUrl", `Malformed request url`);
      return asked;
    };
    routes.get("/types", (call) => {
      project(call);
      return { volume_types: state.volumeTypes.all().toReversed().map(typeView) };
    });
    routes.get("/types/:id", (call) => {
      const id = call.param("id");
      const found =
        state.volumeTypes.get(id) ??
        (id === "default" ? state.volumeTypes.find((one) => one.name === "standard") : undefined);
      if (!found) throw new Fault(404, "VolumeTypeNotFound", `Volume type ${id} could not be found.`);
      return { volume_type: typeView(found) };
    });
    const used = (id: string) => {
      const mine = volumes.of(id);
      return { volumes: mine.length, gigabytes: mine.reduce((sum, one) => sum + one.size, 0) };
    };
    routes.get("/limits", (call) => {
      const limit = limitsFor(core, "volume", project(call));
      const now = used(project(call));
      return {
        limits: {
          rate: [],
          absolute: {
            maxTotalVolumes: limit["volumes"], maxTotalSnapshots: limit["snapshots"], maxTotalVolumeGigabytes: limit["gigabytes"],
            maxTotalBackups: limit["backups"], maxTotalBackupGigabytes: limit["backup_gigabytes"], totalVolumesUsed: now.volumes,
            totalGigabytesUsed: now.gigabytes, totalSnapshotsUsed: 0, totalBackupsUsed: 0, totalBackupGigabytesUsed: 0,
          },
        },
      }; // prettier-ignore
    });
    routes.get("/os-quota-sets/:id", (call) => ({
      quota_set: { id: call.param("id"), ...limitsFor(core, "volume", call.param("id")) },
    }));
    routes.put("/os-quota-sets/:id", (call) => {
      if (!call.caller.isAdmin)
        throw new Fault(403, "Forbidden", "Policy doesn't allow volume_extension:quotas:update to be performed.");
      setLimits(
        core,
        "volume",
        call.param("id"),
        call.body(z.object({ quota_set: z.record(z.string(), z.number()) })).quota_set,
      );
      return { quota_set: limitsFor(core, "volume", call.param("id")) };
    });
    routes.get("/os-availability-zone", () => ({
      availabilityZoneInfo: [{ zoneName: "nova", zoneState: { available: true } }],
    }));
    routes.get("/snapshots", () => ({ snapshots: [] }));
    routes.get("/snapshots/detail", () => ({ snapshots: [] }));

    const listed = (call: Call, path: string, one: (row: Volume) => object) => {
      const id = project(call);
      const name = call.query("name");
      const status = call.query("status");
      const asked = call.query("metadata");
      let metadata: Record<string, string> = {};
      try {
        // A Python literal; quotes are the one difference that matters here.
        if (asked !== null) metadata = z.record(z.string(), z.string()).parse(JSON.parse(asked.replaceAll("'", '"')));
      } catch {
        throw new Fault(400, "InvalidInput", `Invalid input received: metadata ${asked ?? ""}`);
      }
      const rows = volumes
        .of(id)
        .filter(
          (row) =>
            (name === null || row.name === name) &&
            (status === null || row.status === status) &&
            Object.entries(metadata).every(([key, value]) => row.metadata[key] === value),
        )
        .toReversed();
      const cut = page(call, rows, {
        badMarker: (marker) => new Fault(404, "VolumeNotFound", `Volume ${marker} could not be found.`),
      });
      return {
        volumes: cut.rows.map(one),
        ...(cut.next === null ? {} : { volumes_links: [{ rel: "next", href: `${root()}${id}${path}?${cut.next}` }] }),
      };
    };
    routes.get("/volumes", (call) =>
      listed(call, "/volumes", (row) => ({ id: row.id, name: row.name, links: links(row) })),
    );
    routes.get("/volumes/detail", (call) => listed(call, "/volumes/detail", (row) => view(row, true)));
    const volume = (call: Call) => volumes.get(call.param("id"), call.caller);
    routes.get("/volumes/:id", (call) => ({ volume: view(volume(call), true) }));
    routes.post("/volumes", (call) => {
      const { volume: wish } = call.body(z.object({
        volume: z.object({
          size: z.coerce.number(), name: z.string().nullish(), description: z.string().nullish(), volume_type: z.string().nullish(),
          availability_zone: z.string().nullish(), metadata: z.record(z.string(), z.string()).nullish(), imageRef: z.string().nullish(),
        }),
      })); // prettier-ignore
      const row = volumes.create(call.caller, project(call), {
        size: wish.size, name: wish.name ?? undefined, description: wish.description ?? undefined, type: wish.volume_type ?? undefined,
        zone: wish.availability_zone ?? undefined, metadata: wish.metadata ?? undefined, imageId: wish.imageRef ?? undefined,
      }); // prettier-ignore
      return new Reply(202, { volume: view(row, false) });
    });
    routes.delete("/volumes/:id", (call) => {
      volumes.remove(volume(call).id);
      return new Reply(202);
    });
  });
}
