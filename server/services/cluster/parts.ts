import type { CurrentCluster } from "../../db/cluster-change.ts";
import { getWholeCluster } from "../../db/cluster.ts";
import { listWholeNodegroups } from "../../db/nodegroup.ts";
import type { Scope } from "../../db/scope.ts";
import type { Deps } from "../deps.ts";

/** A cluster with what was resolved for it: what drivers are shown is made from this. Throws cluster_not_found. */
export async function loadParts(
  deps: Deps,
  scope: Scope,
  { id }: { id: string },
): Promise<Pick<CurrentCluster, "cluster" | "nodegroups">> {
  const [cluster, nodegroups] = await Promise.all([
    getWholeCluster(deps.db, scope, id),
    listWholeNodegroups(deps.db, scope, id),
  ]);
  return { cluster, nodegroups };
}
