import type { CurrentCluster } from "../../db/cluster-change.ts";
import { getClusterFacts } from "../../db/cluster.ts";
import { getNodegroupFacts, listNodegroups } from "../../db/nodegroup.ts";
import type { Scope } from "../../db/scope.ts";
import type { Cluster } from "../../domain/cluster.ts";
import type { Deps } from "../deps.ts";

/** A cluster with what was resolved for it: what drivers are shown is made from this. */
export async function loadParts(
  deps: Deps,
  scope: Scope,
  cluster: Cluster,
): Promise<Pick<CurrentCluster, "cluster" | "nodegroups">> {
  const [facts, nodegroups, groupFacts] = await Promise.all([
    getClusterFacts(deps.db, scope, cluster.id),
    listNodegroups(deps.db, scope, cluster.id),
    getNodegroupFacts(deps.db, scope, cluster.id),
  ]);
  return {
    cluster: { ...cluster, facts },
    nodegroups: nodegroups.flatMap((group) => {
      const own = groupFacts.get(group.id);
      return own ? [{ ...group, facts: own }] : [];
    }),
  };
}
