import type { RequestContext } from "../auth/context.ts";
import { authorize } from "../auth/policy.ts";
import type { Change } from "../changes.ts";
import type { Deps } from "./deps.ts";

/**
 * What changes in the caller's project from now on, or after `after`; only of one cluster when it is named. Throws
 * forbidden at once, not at the first change.
 */
export function watchProject(
  deps: Deps,
  ctx: RequestContext,
  signal: AbortSignal,
  { cluster, after }: { cluster?: string | undefined; after?: number | undefined },
): AsyncIterable<Change> {
  authorize(ctx, "cluster:get_all");
  return changesOf(cluster, deps.changes.subscribe(ctx.project.id, signal, after));
}

async function* changesOf(cluster: string | undefined, changes: AsyncIterable<Change>): AsyncGenerator<Change> {
  for await (const change of changes) if (cluster === undefined || change.clusterIds.includes(cluster)) yield change;
}
