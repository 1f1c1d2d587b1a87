import { z } from "zod";
import type { Glance, Image } from "./cloud.ts";
import { orNull } from "./error.ts";
import { list, looksLikeId } from "./pages.ts";
import { versioned } from "./session.ts";
import type { Session } from "./session.ts";

/** Fields of Glance's own; every other string is a property that somebody set. */
const known = new Set([
  "id", "name", "status", "visibility", "owner", "os_hidden", "min_disk", "min_ram", "size", "virtual_size",
  "created_at", "updated_at", "tags", "self", "file", "schema", "checksum", "os_hash_algo", "os_hash_value",
  "disk_format", "container_format", "protected", "stores", "direct_url", "locations", "os_distro",
]); // prettier-ignore

const ImageWire = z
  .looseObject({
    id: z.string(),
    name: z.string().nullish(),
    status: z.string(),
    visibility: z.string(),
    owner: z.string().nullish(),
    os_hidden: z.boolean().default(false),
    os_distro: z.string().nullish(),
    min_disk: z.number().default(0),
    min_ram: z.number().default(0),
    size: z.number().nullish(),
    created_at: z.string(),
    tags: z.array(z.string()).default([]),
  })
  .transform((wire): Image => ({
    id: wire.id,
    name: wire.name ?? "",
    distro: wire.os_distro ?? null,
    status: wire.status,
    visibility: wire.visibility,
    ownerId: wire.owner ?? null,
    hidden: wire.os_hidden,
    minDiskGib: wire.min_disk,
    minRamMib: wire.min_ram,
    sizeBytes: wire.size ?? null,
    createdAt: wire.created_at,
    tags: wire.tags,
    properties: Object.fromEntries(
      Object.entries(wire).flatMap(([key, value]): [string, string][] =>
        typeof value === "string" && !known.has(key) ? [[key, value]] : [],
      ),
    ),
  }));

export function openGlance(session: Session): Glance {
  const service = session.service("image", versioned("v2"));
  const images = (operation: string, query: Record<string, string | undefined>, limit?: number) =>
    list(service, {
      operation,
      path: "/images",
      // Glance gives 25 unless asked for more.
      query: { ...query, limit: Math.min(limit ?? 200, 200), sort: "created_at:desc" },
      key: "images",
      item: ImageWire,
      limit,
    });
  return {
    listImages: (filter = {}) =>
      images(
        "list images",
        { os_distro: filter.distro, status: filter.anyStatus === true ? undefined : "active" },
        filter.limit,
      ),
    async findImages(idOrName) {
      const byId = looksLikeId(idOrName)
        ? await orNull(
            service.read({ operation: "find image", path: `/images/${encodeURIComponent(idOrName)}` }, ImageWire),
          )
        : null;
      // A name with a comma is a list to Glance unless it says `in:` or is quoted.
      return byId ? [byId] : images("find image", { name: idOrName.includes(",") ? `in:"${idOrName}"` : idOrName });
    },
  };
}
