// Quotas, counts and services on the wire (magnum-api 10).
import { z } from "zod";
import { Count, Next, Text, Timestamp } from "./answer.ts";
import { ignored, integer, optional, reference, word } from "./field.ts";

/** The body of POST and PATCH: a plain object in both. */
export const QuotaBody = z
  .strictObject({
    project_id: optional(reference()),
    resource: optional(word(["Cluster"])),
    hard_limit: optional(integer(0)),
    id: ignored(),
    created_at: ignored(),
    updated_at: ignored(),
  })
  .transform(({ project_id, hard_limit }) => ({ projectId: project_id, hardLimit: hard_limit }));

export const Quota = z.strictObject({
  id: z.int(),
  project_id: z.string(),
  resource: z.literal("Cluster"),
  hard_limit: Count,
  created_at: Timestamp,
  updated_at: Timestamp.nullable(),
});
export type Quota = z.infer<typeof Quota>;

/** A project without a row has neither id nor times (E28). */
export const ShownQuota = Quota.partial({ id: true, created_at: true, updated_at: true });

export const QuotaList = z.strictObject({ quotas: z.array(Quota), next: Next });

export const Stats = z.strictObject({
  clusters: Count,
  nodes: Count.meta({ description: "Masters count." }),
});

export const Services = z.strictObject({
  mservices: z.array(
    z.strictObject({
      id: z.int(),
      host: z.string(),
      binary: z.literal("magnum-conductor"),
      state: z.enum(["up", "down"]),
      report_count: Count,
      disabled: z.boolean(),
      disabled_reason: Text,
      created_at: Timestamp,
      updated_at: Timestamp,
    }),
  ),
});
