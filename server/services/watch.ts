import type { RequestContext } from "../auth/context.ts";
import { authorize } from "../auth/policy.ts";
import type { Change } from "../changes.ts";
import type { Deps } from "./deps.ts";

/** What changes in the caller's project from now on, or after `after`; only of one cluster when it is named. */
export async function* watchProject(
  deps: Deps,
  ctx: RequestContext,
  signal: AbortSignal,
  { cluster, after }: { cluster?: string | undefined; after?: number | undefined },
): AsyncGenerator<Change> {
  authorize(ctx, "cluster:get_all");
  for await (const change of deps.changes.subscribe(ctx.project.id, signal, after))
    if (cluster === undefined || change.clusterIds.includes(cluster)) yield change;
}
