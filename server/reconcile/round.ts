// A round: the clusters just claimed, by project, region and driver with one list call for each, then one by one.
import type { Survey } from "../../drivers/driver.ts";
import { loadClaimed, type ClaimedCluster } from "../db/reconcile.ts";
import { counted, driverNamed, type Conductor, type Lease } from "./conductor.ts";
import { reconcileCluster, type View } from "./reconcile-cluster.ts";
import { troubleOf, type Trouble } from "./trouble.ts";
import type { Aside, Turns } from "./turns.ts";

/**
 * Works through claimed clusters; each one's lease ends with its own pass, and may be taken again before the round ends.
 * `passed` is told of each end.
 */
export async function runRound(
  conductor: Conductor,
  ids: readonly string[],
  turns: Turns,
  passed: () => void = () => {},
): Promise<void> {
  const { deps, metrics, owner, leases } = conductor;
  metrics.rounds.inc();
  const held = new Map(ids.map((id) => [id, leases.get(id)]));
  const end = (id: string) => {
    if (leases.get(id) === held.get(id)) leases.delete(id);
    passed();
  };
  const begun = new Set<string>();
  const unread = (clusterId: string, error: unknown) =>
    deps.log.error({ err: error, clusterId }, "the cluster's rows cannot be read");
  try {
    const claimed = await loadClaimed(deps.db, owner, ids, unread);
    const groups = Map.groupBy(claimed, ({ cluster }) =>
      JSON.stringify([cluster.projectId, cluster.region, cluster.driver]),
    );
    await Promise.all(
      [...groups.values()].map(async (group) => {
        const views = await turns.take(() => viewsOf(conductor, group));
        await Promise.all(
          group.map((one) => {
            const { id } = one.cluster;
            begun.add(id);
            return turns.take((aside) => pass(conductor, one, views, held.get(id), aside).finally(() => end(id)));
          }),
        );
      }),
    );
  } catch (error) {
    deps.log.error({ err: error }, "round failed");
  } finally {
    for (const id of ids) if (!begun.has(id)) end(id);
  }
}

type Views = Awaited<ReturnType<typeof viewsOf>>;

/** Never throws. */
async function pass(
  conductor: Conductor,
  claimed: ClaimedCluster,
  views: Views,
  lease: Lease | undefined,
  aside: Aside,
): Promise<void> {
  const { deps, metrics } = conductor;
  const { id } = claimed.cluster;
  const end = metrics.passSeconds.startTimer();
  try {
    metrics.passes.inc({ result: await reconcileCluster(conductor, claimed, views(claimed), lease, aside) });
  } catch (error) {
    // Nothing was written: the lease runs out and the pass is made again.
    metrics.passes.inc({ result: "error" });
    deps.log.error({ err: error, clusterId: id }, "pass could not be recorded");
  } finally {
    end();
  }
}

/** How many credentials of a project are tried before its survey is given up for this round. */
const credentialsTried = 5;

async function viewsOf(
  conductor: Conductor,
  group: readonly ClaimedCluster[],
): Promise<(claimed: ClaimedCluster) => View | null> {
  const { clouds, deps } = conductor;
  const first = group[0]?.cluster;
  const driver = first ? driverNamed(conductor, first.driver) : undefined;
  if (!first || !driver) return () => null;
  const refused = new Map<string, Trouble>();
  const able = group.flatMap(({ cluster, credential }) => {
    try {
      const cloud = clouds.of(credential);
      return credential && cloud ? [{ credential, cloud }] : [];
    } catch (error) {
      deps.log.error({ err: error, clusterId: cluster.id }, "the cluster's credential cannot be opened");
      return [];
    }
  });
  let survey: Survey | null = null;
  let trouble: Trouble | null = null;
  for (const { credential, cloud } of able.slice(0, credentialsTried)) {
    try {
      survey = await counted(conductor, "survey", driver.survey(cloud));
      clouds.worked(credential);
      break;
    } catch (error) {
      const what = troubleOf(error);
      if (what.bug) deps.log.error({ err: error }, "survey failed");
      trouble = what;
      if (!what.refused) break;
      refused.set(credential.id, what);
      clouds.refused(credential);
    }
  }
  const standInFor = (claimed: ClaimedCluster) => clouds.standIn(first.projectId, first.region, claimed.credential);
  const last = group[0] ? standInFor(group[0]) : null;
  if (!survey && trouble?.refused && last)
    try {
      survey = await counted(conductor, "survey", driver.survey(last));
    } catch (error) {
      trouble = troubleOf(error);
    }
  const found = survey;
  if (!found) {
    const why = trouble ?? {
      message: "The cluster has no access to the cloud of its own.",
      remedy: null,
      permanent: true,
      refused: false,
      bug: false,
    };
    return () => ({ kind: "trouble", trouble: why });
  }
  return (claimed) => ({
    kind: "surveyed",
    survey: found,
    standIn: standInFor(claimed),
    refused: claimed.credential ? (refused.get(claimed.credential.id) ?? null) : null,
  });
}
