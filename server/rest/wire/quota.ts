// Quotas on the wire (magnum-api 10.1). A project without a row has neither id nor times.
import type { Quota } from "../../domain/quota.ts";
import { optionalTimestamp, timestamp } from "./common.ts";
import { integer, oneOf, orUnset, readBody, text } from "./read.ts";

type Stored = Quota & { id: number; createdAt: Date; updatedAt: Date | null };

export function quotaWire(quota: Stored | { projectId: string; hardLimit: number }) {
  const { projectId: project_id, hardLimit: hard_limit } = quota;
  const common = { project_id, resource: "Cluster", hard_limit };
  if (!("id" in quota)) return common;
  return {
    id: quota.id,
    ...common,
    created_at: timestamp(quota.createdAt),
    updated_at: optionalTimestamp(quota.updatedAt),
  };
}

const fields = {
  project_id: orUnset(text(1, 255)),
  hard_limit: orUnset(integer(0)),
  resource: orUnset(oneOf(["Cluster"])),
};

/** The body of POST and PATCH: a plain object in both. */
export function readQuota(body: unknown): { projectId: string | undefined; hardLimit: number | undefined } {
  const given = readBody(body, "quota", fields, { ignored: ["id", "created_at", "updated_at"] });
  return { projectId: given.project_id, hardLimit: given.hard_limit };
}
