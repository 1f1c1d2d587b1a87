import type { RequestContext } from "../auth/context.ts";
import { authorize, permissions, type PolicyName } from "../auth/policy.ts";
import { clusterStats, countByStatus, listAttention, type ClusterAttention } from "../db/cluster.ts";
import { listOperations } from "../db/operation.ts";
import { getQuotaUse } from "../db/quota.ts";
import { statusWord } from "../domain/cluster-status.ts";
import { cloudUse } from "./cloud-resources.ts";
import type { Deps } from "./deps.ts";
import type { ProjectOverview } from "./views.ts";

export interface ProjectView {
  id: string;
  name: string;
  roles: string[];
  isAdmin: boolean;
  /** By policy name: `can["cluster:create"]`. */
  can: Record<PolicyName, boolean>;
}

/** Who the caller is in this project. Needs no role: a page must be able to say that there is none. */
export const describeProject = (ctx: RequestContext): ProjectView => ({
  id: ctx.project.id,
  name: ctx.project.name,
  roles: [...ctx.roles],
  isAdmin: ctx.isAdmin,
  can: permissions(ctx),
});

/** The project's first page. */
export async function projectOverview(deps: Deps, ctx: RequestContext): Promise<ProjectOverview> {
  authorize(ctx, "cluster:get_all");
  const { db } = deps;
  const [clusters, stats, quota, cloud, attention, recent] = await Promise.all([
    countByStatus(db, ctx.scope),
    clusterStats(db, ctx.scope),
    getQuotaUse(db, ctx.scope),
    cloudUse(ctx),
    listAttention(db, ctx.scope, deps.clock.now()),
    listOperations(db, ctx.scope, { size: 10 }),
  ]);
  return {
    clusters,
    nodes: stats.nodes,
    quota,
    cloud,
    attention: attention.map(({ clusterId, name, ...rest }) => ({ clusterId, name, why: sentence(rest) })),
    recent: recent.rows,
  };
}

function sentence({ why, status }: Pick<ClusterAttention, "why" | "status">): string {
  switch (why) {
    case "failed":
      return `${statusWord(status)}.`;
    case "unhealthy":
      return "Its API or a node is not well.";
    case "deleting-long":
      return "It has been deleting for over half an hour.";
  }
}
