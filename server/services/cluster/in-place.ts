// Changes of control plane nodes that cannot be replaced, since the cluster's address and store are their own.
import type { ClusterDriver, NodegroupWish, Problem, Wish } from "../../../drivers/driver.ts";
import type { Cluster } from "../../domain/cluster.ts";

/** What it means, for people. */
export const awayWords =
  "The only control plane node is changed in place: the cluster's API is away for some minutes each time; what does not come up within ten is put back. Pods go on running.";

/** Why nodes that cannot be replaced cannot become `after` where they are either. [] = they can, or can be replaced. */
export function inPlaceProblems(
  driver: ClusterDriver,
  cluster: Pick<Cluster, "healthStatus" | "healthReason">,
  before: NodegroupWish,
  want: Wish,
  after: NodegroupWish,
): Problem[] {
  if (driver.replaceable(want, after).length === 0) return [];
  const problems = driver.renewable(before, want, after);
  // An API that has never answered: the node could never be asked, and nobody would hear what became of it.
  if (problems.length > 0 || cluster.healthStatus !== "UNKNOWN") return problems;
  const { api } = cluster.healthReason;
  const said = api === undefined ? "" : ` (${api.replace(/\.$/, "")})`;
  return [
    {
      field: "health_status",
      message: `The only control plane node is changed in place through the cluster's API, which has not answered this service yet${said}. Let the service reach it first.`,
    },
  ];
}
