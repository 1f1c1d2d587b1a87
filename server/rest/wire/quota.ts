// Quotas as answered (magnum-api 10.1).
import type { Quota as QuotaFields } from "../../domain/quota.ts";
import type { Quota } from "../schemas/quota.ts";
import { optionalTimestamp, timestamp } from "./resource.ts";

type Stored = QuotaFields & { id: number; createdAt: Date; updatedAt: Date | null };

export const quotaWire = (quota: Stored): Quota => ({
  id: quota.id,
  project_id: quota.projectId,
  resource: "Cluster",
  hard_limit: quota.hardLimit,
  created_at: timestamp(quota.createdAt),
  updated_at: optionalTimestamp(quota.updatedAt),
});
