import type { RequestContext } from "../auth/context.ts";
import { authorize } from "../auth/policy.ts";
import type { Change } from "../changes.ts";
import type { Deps } from "./deps.ts";

/** A stream goes on this long at most after its session has ended. */
export const stillThereMs = 10_000;

/**
 * What changes in the caller's project from now on, or after `after`; only of one cluster when it is named. Throws
 * forbidden at once, not at the first change. A gate that was passed once is no right for ever: `stillThere` passes it
 * anew every ten seconds, and what it throws ends the stream.
 */
export function watchProject(
  deps: Deps,
  ctx: RequestContext,
  stillThere: () => Promise<RequestContext>,
  {
    cluster,
    after,
    signal,
  }: { cluster?: string | undefined; after?: number | undefined; signal: AbortSignal | undefined },
): AsyncIterable<Change> {
  authorize(ctx, "cluster:get_all");
  return changesOf(
    cluster,
    whileThere(stillThere, (until) => deps.changes.subscribe(ctx.project.id, until, after), signal),
  );
}

async function* whileThere(
  stillThere: () => Promise<RequestContext>,
  open: (until: AbortSignal) => AsyncIterable<Change>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Change> {
  const over = new AbortController();
  let asking = false;
  const timer = setInterval(() => {
    if (asking) return;
    asking = true;
    stillThere()
      .then((ctx) => authorize(ctx, "cluster:get_all"))
      .catch((error: unknown) => over.abort(error))
      .finally(() => {
        asking = false;
      });
  }, stillThereMs);
  try {
    yield* open(signal ? AbortSignal.any([signal, over.signal]) : over.signal);
    if (over.signal.aborted && !signal?.aborted) throw over.signal.reason;
  } finally {
    clearInterval(timer);
  }
}

async function* changesOf(cluster: string | undefined, changes: AsyncIterable<Change>): AsyncGenerator<Change> {
  for await (const change of changes) if (cluster === undefined || change.clusterIds.includes(cluster)) yield change;
}
