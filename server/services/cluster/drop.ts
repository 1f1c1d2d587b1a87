// A cluster whose project is gone can be deleted by nobody: its credential is refused, and nobody signs in to its project any
// more. An administrator drops its record and is told what may still be at the cloud.
import { everyProject, type RequestContext } from "../../auth/context.ts";
import { getCluster } from "../../db/cluster.ts";
import { dropCluster, type LeftThing } from "../../db/cluster-change.ts";
import { DomainError } from "../../domain/error.ts";
import { audited } from "../audit.ts";
import type { Deps } from "../deps.ts";
import { event, operation } from "./change.ts";
import { credentialIsRefused } from "./orphan.ts";

/**
 * For administrators (cluster:delete_all_projects). Only what a deletion has failed at, and whose own access to the cloud is
 * refused now. Throws forbidden, cluster_not_found, operation_not_allowed_now.
 */
export async function dropRecord(deps: Deps, ctx: RequestContext, id: string): Promise<LeftThing[]> {
  const scope = everyProject(ctx, "cluster:delete_all_projects");
  const isRefused = await credentialIsRefused(deps, scope, await getCluster(deps.db, scope, id));
  const left = await audited(deps, ctx, { scope, id, kind: "delete" }, () =>
    dropCluster(deps.db, scope, id, deps.clock.now(), ({ cluster }, things) => {
      if (cluster.status !== "DELETE_FAILED" || !isRefused)
        throw new DomainError(
          "operation_not_allowed_now",
          `The record of cluster ${cluster.name} can be dropped only when its deletion has failed and the cloud refuses its own access.`,
          { remedy: "Delete the cluster." },
        );
      const words = things.map(({ type, id: thing, name }) => `${type} ${name ?? ""} (${thing})`).join(", ");
      return {
        operation: operation(ctx, "delete", { record: ["kept", "dropped"] }),
        event: {
          ...event(ctx, "dropped the record of the cluster, which the cloud let nobody delete"),
          level: "warning",
          detail: words === "" ? null : `May still be there: ${words}`,
        },
      };
    }),
  );
  deps.changes.nudge();
  ctx.log.warn({ clusterId: id, left }, "the record of a cluster was dropped");
  return left;
}
