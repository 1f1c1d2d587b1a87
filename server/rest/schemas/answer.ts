// What answers are made of. In tests every answer is read by its schema; in production they are documentation.
import { z } from "zod";
import { clusterStatuses } from "../../domain/cluster-status.ts";

export const Id = z.uuid().meta({ description: "UUID." });
export const Text = z.string().nullable();
export const Count = z.int().min(0);
export const LabelMap = z.record(z.string(), z.string());

export const Timestamp = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/)
  .meta({
    description: "ISO 8601, UTC, microseconds, explicit offset.",
    examples: ["2026-11-21T02:16:31.315050+00:00"],
  });

export const Status = z.enum(clusterStatuses);

export const Links = z.array(z.strictObject({ href: z.url(), rel: z.string(), type: z.string().optional() }));

/** Of a list: present exactly when the page is full. */
export const Next = z.url().optional().meta({ description: "Address of the next page; absent on the last one." });

/** What an accepted change answers. */
export const Accepted = z.strictObject({ uuid: Id }).meta({ description: "The change is accepted; read it again." });
export type Accepted = z.infer<typeof Accepted>;

/** Our own. */
export const Dropped = z
  .strictObject({
    uuid: Id,
    left: z.array(z.strictObject({ type: z.enum(["stack", "server"]), id: z.string(), name: z.string().nullable() })),
  })
  .meta({ description: "The record is gone; what is listed may still be at the cloud." });

const Entry = z.strictObject({
  request_id: z.string(),
  code: z.enum(["client", "server", ""]),
  status: z.int(),
  title: z.string(),
  detail: z.string(),
  links: z.array(z.never()),
});

const VersionEntry = z.strictObject({
  code: z.literal("magnum.microversion-unsupported"),
  title: z.string(),
  description: z.string(),
  max_version: z.string(),
  min_version: z.string(),
  links: z.array(z.strictObject({ rel: z.string(), href: z.url() })),
});

export const Errors = z.strictObject({ errors: z.array(z.union([Entry, VersionEntry])).min(1) }).meta({
  description:
    "Every refusal but 401. Several entries when several things are wrong; the first one's detail holds all.",
});

export const Unauthorized = z.strictObject({
  error: z.strictObject({ code: z.literal(401), title: z.string(), message: z.string() }),
});
