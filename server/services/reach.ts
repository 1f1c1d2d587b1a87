import { everyProject, type RequestContext } from "../auth/context.ts";
import type { PolicyName } from "../auth/policy.ts";
import type { Scope } from "../db/scope.ts";

/**
 * Whose rows a request may reach: at the REST API an administrator's reach every project, as Magnum's clients expect;
 * the console stays in the project of its address. Throws forbidden when `policy` refuses the administrator.
 */
export const reach = (ctx: RequestContext, policy: PolicyName): Scope =>
  ctx.door === "api" && ctx.isAdmin ? everyProject(ctx, policy) : ctx.scope;
