import { z } from "zod";
import { integer, short } from "./column.ts";

/** Clusters per project when the project has no quota row of its own. */
export const defaultHardLimit = 20;

export const Quota = z.object({
  projectId: short,
  resource: z.literal("Cluster"),
  hardLimit: integer(0),
});
export type Quota = z.infer<typeof Quota>;

/** Magnum's own words for a full quota. */
export const quotaMessage = (limit: number): string =>
  `Resource limit exceeded: You have reached the maximum clusters per project, ${limit}. You may delete a cluster to make room for a new one.`;
