// Clusters per project (magnum-api 10.1).
import { everyProject, type RequestContext } from "../auth/context.ts";
import { authorize } from "../auth/policy.ts";
import {
  deleteQuota as removeRow,
  getQuota as getRow,
  insertQuota,
  listQuotas as listRows,
  missingQuota,
  updateQuota as updateRow,
  type StoredQuota,
} from "../db/quota.ts";
import { DomainError } from "../domain/error.ts";
import { defaultHardLimit } from "../domain/quota.ts";
import type { Deps } from "./deps.ts";
import type { Page } from "./views.ts";

export interface QuotaWish {
  projectId: string;
  /** Only clusters are counted; anything else has no row. Default: Cluster. */
  resource?: string;
  hardLimit: number;
}

/** The project's row, or its default without an id. Throws forbidden for another project's. */
export async function getQuota(
  deps: Deps,
  ctx: RequestContext,
  projectId: string,
  resource = "Cluster",
): Promise<StoredQuota | { projectId: string; hardLimit: number }> {
  authorize(ctx, "quota:get");
  if (projectId !== ctx.project.id && !ctx.isAdmin) throw new DomainError("forbidden", "Not authorized.");
  const scope = projectId === ctx.project.id ? ctx.scope : everyProject(ctx, "quota:get_all");
  const row = resource === "Cluster" ? await getRow(deps.db, scope, projectId) : null;
  return row ?? { projectId, hardLimit: defaultHardLimit };
}

/** Own row, or with `all` every project's. */
export async function listQuotas(
  deps: Deps,
  ctx: RequestContext,
  wish: { all: boolean; sort?: string; marker?: number; size: number },
): Promise<Page<StoredQuota>> {
  authorize(ctx, "quota:get_all");
  const { all, ...query } = wish;
  return listRows(deps.db, all && ctx.isAdmin ? everyProject(ctx, "quota:get_all") : ctx.scope, query);
}

/** Throws quota_exists, not_found for a project that Keystone does not know. */
export async function createQuota(deps: Deps, ctx: RequestContext, wish: QuotaWish): Promise<StoredQuota> {
  authorize(ctx, "quota:create");
  const found = await deps.clouds.service().keystone.findProjects(wish.projectId);
  if (!found.some((project) => project.id === wish.projectId))
    throw new DomainError("not_found", `The project_id ${wish.projectId} could not be found.`, { field: "project_id" });
  return insertQuota(deps.db, everyProject(ctx, "quota:create"), wish, deps.clock.now());
}

/** Throws quota_not_found. */
export async function updateQuota(deps: Deps, ctx: RequestContext, wish: QuotaWish): Promise<StoredQuota> {
  authorize(ctx, "quota:update");
  refuseOthers(wish.projectId, wish.resource);
  return updateRow(deps.db, everyProject(ctx, "quota:update"), wish, deps.clock.now());
}

/** Back to the default. Throws quota_not_found. */
export async function deleteQuota(
  deps: Deps,
  ctx: RequestContext,
  projectId: string,
  resource = "Cluster",
): Promise<void> {
  authorize(ctx, "quota:delete");
  refuseOthers(projectId, resource);
  await removeRow(deps.db, everyProject(ctx, "quota:delete"), projectId);
}

function refuseOthers(projectId: string, resource = "Cluster"): void {
  if (resource !== "Cluster") throw missingQuota(projectId, resource);
}
