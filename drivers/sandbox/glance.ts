// Glance v2 over HTTP.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { digest, Fault, seconds, uuid } from "./core.ts";
import type { Core } from "./core.ts";
import { addService, page, Reply, titleOf } from "./http.ts";
import type { Authenticate, Call, FaultBody } from "./http.ts";
import type { Image } from "./model.ts";

const unverified =
  "This server could not verify that you are authorized to access the document you requested. Either you supplied the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials required.";
const faults: FaultBody = (fault) => ({
  type: "text/plain; charset=UTF-8",
  body: `${fault.status} ${titleOf(fault.status)}\n\n${fault.status === 401 ? unverified : fault.message}\n\n   `,
});

export function serveGlance(app: FastifyInstance, core: Core, authenticate: Authenticate): void {
  const { state } = core;
  const root = () => `${core.url()}/image/v2/`;
  addService(app, core, authenticate, { prefix: "/image", faults }, (routes) => {
    const versions = () =>
      new Reply(300, {
        versions: ["v2.15", "v2.13", "v2.9", "v2.7", "v2.0"].map((id, n) => ({
          id,
          status: n === 0 ? "CURRENT" : "SUPPORTED",
          links: [{ rel: "self", href: root() }],
        })),
      });
    routes.open("GET", "/", versions);
    routes.open("GET", "/versions", versions);
  });
  const view = (row: Image) => ({
    ...row.properties, name: row.name, disk_format: row.diskFormat, container_format: row.containerFormat, visibility: row.visibility,
    size: row.size, virtual_size: row.size === null ? null : 1073741824, status: row.status, checksum: row.checksum, protected: row.isProtected,
    min_ram: row.minRam, min_disk: row.minDisk, owner: row.owner, os_hidden: row.hidden,
    os_hash_algo: row.checksum === null ? null : "sha512", os_hash_value: row.checksum === null ? null : digest(row.id) + digest(row.name),
    id: row.id, created_at: seconds(row.createdAt), updated_at: seconds(row.updatedAt), tags: row.tags, self: `/v2/images/${row.id}`,
    file: `/v2/images/${row.id}/file`, schema: "/v2/schemas/image", ...(row.checksum === null ? {} : { stores: "file" }),
  }); // prettier-ignore
  addService(app, core, authenticate, { prefix: "/image/v2", faults }, (routes) => {
    const visible = (call: Call) =>
      state.images.filter(
        (one) =>
          call.caller.isAdmin ||
          one.visibility === "public" ||
          one.visibility === "community" ||
          one.owner === call.project,
      );
    const image = (call: Call) => {
      const id = call.param("id");
      const found = visible(call).find((one) => one.id === id);
      if (!found) throw new Fault(404, "NotFound", `No image found with ID ${id}`);
      return found;
    };
    const control = new Set([
      "limit",
      "marker",
      "sort",
      "sort_key",
      "sort_dir",
      "tag",
      "size_min",
      "size_max",
      "owner",
      "member_status",
    ]);
    routes.get("/images", (call) => {
      const hidden = call.query("os_hidden") === "true";
      const names = [...new Set(call.search.keys())].filter((name) => !control.has(name) && name !== "os_hidden");
      const tags = call.queryAll("tag");
      const fits = (row: Image) => {
        const seen: Record<string, unknown> = view(row);
        return names.every((name) => {
          const asked = call.query(name) ?? "";
          const some = asked.startsWith("in:")
            ? asked
                .slice(3)
                .split(",")
                .map((word) => word.replace(/^"|"$/g, ""))
            : [asked];
          return some.includes(String(seen[name] ?? ""));
        });
      };
      const rows = visible(call)
        .filter(
          (row) =>
            row.hidden === hidden &&
            (row.visibility !== "community" || row.owner === call.project) &&
            fits(row) &&
            tags.every((tag) => row.tags.includes(tag)),
        )
        .toSorted((a, b) => b.createdAt - a.createdAt);
      if (call.query("sort")?.startsWith("name")) rows.sort((a, b) => a.name.localeCompare(b.name));
      const cut = page(call, rows, {
        usual: 25,
        most: 1000,
        badMarker: (marker) => new Fault(400, "BadRequest", `Invalid marker: ${marker}`),
      });
      const query = call.search.toString();
      return {
        images: cut.rows.map(view),
        first: `/v2/images${query === "" ? "" : `?${query}`}`,
        schema: "/v2/schemas/images",
        ...(cut.next === null ? {} : { next: `/v2/images?${cut.next}` }),
      };
    });
    routes.get("/images/:id", (call) => view(image(call)));
    const own = new Set([
      "name", "visibility", "disk_format", "container_format", "min_disk", "min_ram", "tags", "protected", "os_hidden", "id", "owner",
    ]); // prettier-ignore
    routes.post("/images", (call) => {
      const body = call.body(z.looseObject({
        name: z.string().default(""), visibility: z.string().default("shared"), disk_format: z.string().nullish(), container_format: z.string().nullish(),
        min_disk: z.number().default(0), min_ram: z.number().default(0), tags: z.array(z.string()).default([]), protected: z.boolean().default(false),
      })); // prettier-ignore
      if (body.visibility === "public" && !call.caller.isAdmin)
        throw new Fault(403, "Forbidden", "You are not authorized to complete publicize_image action.");
      const properties = Object.entries(body).flatMap(([key, value]): [string, string][] =>
        own.has(key) || typeof value !== "string" ? [] : [[key, value]],
      );
      const row = state.images.save({
        id: uuid(), name: body.name, owner: call.project, visibility: body.visibility, status: "queued", size: null, minDisk: body.min_disk,
        minRam: body.min_ram, diskFormat: body.disk_format ?? null, containerFormat: body.container_format ?? null, checksum: null, hidden: false,
        isProtected: body.protected, tags: body.tags, properties: Object.fromEntries(properties), createdAt: core.now(), updatedAt: core.now(),
      }); // prettier-ignore
      return new Reply(201, view(row), { Location: `${root()}images/${row.id}` });
    });
    routes.put("/images/:id/file", (call) => {
      const row = image(call);
      const size = Buffer.isBuffer(call.rawBody) ? call.rawBody.length : 0;
      state.images.change(row, {
        status: "active",
        size,
        checksum: digest(row.id).slice(0, 32),
        updatedAt: core.now(),
      });
      return new Reply(204);
    });
    routes.patch("/images/:id", (call) => {
      const row = image(call);
      if (row.owner !== call.project && !call.caller.isAdmin)
        throw new Fault(403, "Forbidden", "You are not authorized to complete modify_image action.");
      const Patch = z.array(
        z.object({ op: z.enum(["add", "replace", "remove"]), path: z.string(), value: z.unknown() }),
      );
      for (const { op, path, value } of call.body(Patch)) {
        const key = path.slice(1);
        if (key === "name" && typeof value === "string") row.name = value;
        else if (key === "visibility" && typeof value === "string") row.visibility = value;
        else if (op === "remove") delete row.properties[key];
        else row.properties[key] = String(value);
      }
      state.images.change(row, { updatedAt: core.now() });
      return view(row);
    });
    routes.delete("/images/:id", (call) => {
      const row = image(call);
      if (row.owner !== call.project && !call.caller.isAdmin)
        throw new Fault(403, "Forbidden", "You are not authorized to complete delete_image action.");
      if (row.isProtected) throw new Fault(403, "Forbidden", `Image ${row.id} is protected and cannot be deleted.`);
      state.images.remove(row.id);
      return new Reply(204);
    });
  });
}
