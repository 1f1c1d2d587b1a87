// The audit trail: reading it, and adding what only services know of.
import { everyProject, type RequestContext } from "../auth/context.ts";
import { authorize } from "../auth/policy.ts";
import { auditRefusal, listAudit as listRows } from "../db/audit.ts";
import type { NewOperation } from "../db/operation.ts";
import type { Scope } from "../db/scope.ts";
import type { AuditRecord } from "../domain/audit.ts";
import { DomainError } from "../domain/error.ts";
import type { Deps } from "./deps.ts";
import type { Page } from "./views.ts";

export interface AuditWish {
  clusterId?: string | undefined;
  /** Of every project: for administrators. */
  allProjects?: boolean | undefined;
  after?: string | undefined;
  size?: number | undefined;
}

/** Newest first. Throws forbidden for all projects unless the policy allows to see all clusters. */
export async function listAudit(deps: Deps, ctx: RequestContext, wish: AuditWish): Promise<Page<AuditRecord>> {
  authorize(ctx, "cluster:get_all");
  const scope = wish.allProjects ? everyProject(ctx, "cluster:get_all_all_projects") : ctx.scope;
  return listRows(deps.db, scope, { clusterId: wish.clusterId, after: wish.after, size: wish.size ?? 50 });
}

/** Makes a change; one that the cluster's state refuses is told in the trail as a failure, and thrown as it was. */
export async function audited<T>(
  deps: Deps,
  ctx: RequestContext,
  { scope, id, kind }: { scope: Scope; id: string; kind: NewOperation["kind"] },
  change: () => T | Promise<T>,
): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof DomainError && error.reason === "operation_not_allowed_now") {
      const asked = { kind, userId: ctx.user.id, userName: ctx.user.name, domainId: ctx.user.domainId };
      await auditRefusal(deps.db, scope, id, asked, error.message, deps.clock.now());
    }
    throw error;
  }
}
