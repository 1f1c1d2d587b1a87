// What a smaller count would take away: the plan's own choice, shown before anybody asks for it.
import type { Desired, GoingNode, Survey } from "../driver.ts";
import type { Cloud } from "../openstack/cloud.ts";
import { generationsOf } from "./generations.ts";
import { observeHeat } from "./observe.ts";
import type { Pair } from "./pair.ts";
import type { DetailCache } from "./read-stack.ts";
import { countOf } from "./removal.ts";
import { Silences } from "./silence.ts";
import { candidates } from "./victims.ts";

/** One look at the back end and, where there is a way to it, at the cluster's own API; changes nothing. */
export async function previewShrinking(
  pair: Pair,
  cache: DetailCache,
  cloud: Cloud,
  want: Desired,
  survey: Survey,
  now: Date,
): Promise<GoingNode[]> {
  // How long the API has been silent is the conductor's to remember, not of those who only look.
  const seen = await observeHeat(pair, { cache, silences: new Silences() }, cloud, want, survey, now);
  const going = want.nodegroups.flatMap((group) => {
    const { current } = generationsOf(pair, want, group, seen.stacks);
    if (!current) return [];
    const chosen = candidates(seen, [current], group.remove).slice(0, Math.max(0, countOf(current) - group.count));
    return chosen.map((one) => ({ group, one, member: current.members.find(({ index }) => index === one.index) }));
  });
  return Promise.all(
    going.map(async ({ group, one, member }): Promise<GoingNode> => ({
      nodegroupId: group.key.id,
      serverId: member?.serverId ?? null,
      name: one.name,
      work:
        one.node === null || seen.apiAddress === null
          ? null
          : await pair.coe.nodes.work(want, seen.apiAddress, one.name).catch(() => null),
    })),
  );
}
