import { z } from "zod";
import type { Cinder, Volume, VolumeType } from "./cloud.ts";
import { resourceLimit } from "./nova.ts";
import { list } from "./pages.ts";
import { versioned } from "./session.ts";
import type { Session } from "./session.ts";

const TypeWire = z
  .object({
    id: z.string(),
    name: z.string(),
    description: z.string().nullish(),
    is_public: z.boolean().default(true),
  })
  .transform((wire): VolumeType => ({
    id: wire.id,
    name: wire.name,
    description: wire.description ?? null,
    public: wire.is_public,
  }));

const VolumeWire = z
  .object({
    id: z.string(),
    name: z.string().nullish(),
    status: z.string(),
    size: z.number(),
    volume_type: z.string().nullish(),
    metadata: z.record(z.string(), z.string()).default({}),
    attachments: z.array(z.object({ server_id: z.string().nullish() })).default([]),
    created_at: z.string(),
  })
  .transform((wire): Volume => ({
    id: wire.id,
    name: wire.name ?? "",
    status: wire.status,
    sizeGib: wire.size,
    type: wire.volume_type ?? null,
    metadata: wire.metadata,
    attachedTo: wire.attachments.flatMap((each) => each.server_id ?? []),
    // Cinder leaves the zone out; it means UTC.
    createdAt: /(?:Z|[+-]\d\d:?\d\d)$/.test(wire.created_at) ? wire.created_at : `${wire.created_at}Z`,
  }));

const limit = z.number().optional();
const LimitsWire = z.object({
  limits: z.object({
    absolute: z.object({
      maxTotalVolumes: limit,
      totalVolumesUsed: limit,
      maxTotalVolumeGigabytes: limit,
      totalGigabytesUsed: limit,
    }),
  }),
});

export function openCinder(session: Session): Cinder {
  const service = session.service("block-storage", versioned("v3"));
  return {
    listTypes: () =>
      list(service, { operation: "list volume types", path: "/types", key: "volume_types", item: TypeWire }),
    async listVolumes(filter = {}) {
      const metadata = Object.entries(filter.metadata ?? {});
      const volumes = await list(service, {
        operation: "list volumes",
        path: "/volumes/detail",
        query: {
          name: filter.name,
          limit: filter.limit,
          // Cinder reads a Python literal here; JSON of strings without control characters is one.
          metadata: metadata.length > 0 ? JSON.stringify(filter.metadata) : undefined,
        },
        key: "volumes",
        item: VolumeWire,
        limit: filter.limit,
      });
      // An operator may have switched this filter off, and Cinder then ignores it.
      return volumes.filter((volume) => metadata.every(([key, value]) => volume.metadata[key] === value));
    },
    async deleteVolume(id) {
      await service.send({ operation: "delete volume", method: "DELETE", path: `/volumes/${encodeURIComponent(id)}` });
    },
    async limits() {
      const { limits } = await service.read({ operation: "get volume limits", path: "/limits" }, LimitsWire);
      return {
        volumes: resourceLimit(limits.absolute.totalVolumesUsed, limits.absolute.maxTotalVolumes),
        gib: resourceLimit(limits.absolute.totalGigabytesUsed, limits.absolute.maxTotalVolumeGigabytes),
      };
    },
  };
}
