import { z } from "zod";

/** Clusters per project when the project has no quota row of its own. */
export const defaultHardLimit = 20;

export const Quota = z.object({
  projectId: z.string().min(1).max(255),
  resource: z.literal("Cluster"),
  hardLimit: z.int().min(0, "must be 0 or more"),
});
export type Quota = z.infer<typeof Quota>;

/** Magnum's own words for a full quota. */
export const quotaMessage = (limit: number): string =>
  `Resource limit exceeded: You have reached the maximum clusters per project, ${limit}. You may delete a cluster to make room for a new one.`;
