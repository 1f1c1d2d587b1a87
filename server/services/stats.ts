import { everyProject, type RequestContext } from "../auth/context.ts";
import { authorize } from "../auth/policy.ts";
import { clusterStats } from "../db/cluster.ts";
import { projectScope, type Scope } from "../db/scope.ts";
import { DomainError } from "../domain/error.ts";
import type { Deps } from "./deps.ts";

/**
 * Clusters and nodes (masters count), of one project or, for an administrator who names none, of all
 * (magnum-api 10.2). Throws forbidden for another project's.
 */
export async function readStats(
  deps: Deps,
  ctx: RequestContext,
  projectId: string | undefined,
): Promise<{ clusters: number; nodes: number }> {
  authorize(ctx, "stats:get_all");
  return clusterStats(deps.db, statsScope(ctx, projectId));
}

function statsScope(ctx: RequestContext, projectId: string | undefined): Scope {
  if (projectId === undefined && ctx.isAdmin) return everyProject(ctx, "cluster:get_all_all_projects");
  if (projectId === undefined || projectId === ctx.project.id) return ctx.scope;
  if (!ctx.isAdmin) throw new DomainError("forbidden", "Not authorized.");
  return projectScope(projectId, ctx.region);
}
