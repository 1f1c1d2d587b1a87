// How far a cluster has come, in leaves of its stacks and in words.
import type { Desired, Progress } from "../driver.ts";
import { renderClusterTemplate } from "./cluster-template.ts";
import { progressOf } from "./failures.ts";
import { generationsOf, nodeName } from "./generations.ts";
import { networkPlan } from "./network.ts";
import { renderMember } from "./node-template.ts";
import { isMoving } from "./observed.ts";
import type { HeatObserved, HeatStack } from "./observed.ts";
import type { ClusterFacts, Pair } from "./pair.ts";

/** Old generations are left out: the bar tells how much of what is wished for is there. */
export function progressSeen(
  pair: Pair,
  want: Desired,
  { stacks, facts, nodes }: Pick<HeatObserved, "stacks" | "facts" | "nodes">,
): Progress | null {
  const groups = want.nodegroups
    .toSorted((a, b) => Number(b.role === "master") - Number(a.role === "master"))
    .map((group) => ({ group, ...generationsOf(pair, want, group, stacks) }));
  const old = groups.flatMap((one) => one.old);
  const made = progressOf(
    want.deleting ? stacks : stacks.filter((stack) => !old.includes(stack)),
    expectedResources(pair, want, facts),
  );
  const rolling = want.deleting ? undefined : groups.find((one) => one.old.length > 0 && one.group.count > 0);
  if (!made || !rolling) return made;
  const { group, current } = rolling;
  const done = current?.members.filter((member) => member.signalled).length ?? 0;
  const node = group.role === "master" ? "master" : "worker";
  const place = group.isDefault ? "" : ` in ${group.key.name}`;
  const turn = `the replacement of ${node} ${Math.min(done + 1, group.count)} of ${group.count}${place}`;
  const [name] = current ? notReady(current, nodes) : [];
  return { ...made, now: name === undefined ? turn : `${turn} (${name} is not ready in Kubernetes)` };
}

/** Up by Heat's word, and not yet, or not any more, by the cluster's: no old node goes as long as there is one. */
const notReady = (stack: HeatStack, nodes: HeatObserved["nodes"]): string[] =>
  nodes === undefined || isMoving(stack.state)
    ? []
    : stack.members.map((member) => nodeName(stack, member.index)).filter((name) => nodes.get(name)?.ready !== true);

const placeholderFacts: ClusterFacts = {
  networkId: "-",
  subnetId: "-",
  mastersSecurityGroupId: "-",
  workersSecurityGroupId: "-",
  mastersServerGroupId: "-",
  apiPoolId: null,
  apiPortId: null,
  apiBalancerId: null,
  apiPrivateAddress: "-",
  apiPublicAddress: null,
};

/** How many resources the finished cluster has, from the same templates that make it. */
function expectedResources(pair: Pair, want: Desired, facts: ClusterFacts | null): number {
  const size = (resources: object) => Object.keys(resources).length;
  const balancer = networkPlan(want).balancer;
  const known = facts ?? { ...placeholderFacts, ...(balancer ? { apiPoolId: "-" } : { apiPortId: "-" }) };
  const nodes = want.nodegroups.map(
    (group) =>
      group.count * size(renderMember(pair, want, group, known, false).resources) + (group.role === "master" ? 0 : 1),
  );
  return nodes.reduce((sum, count) => sum + count, size(renderClusterTemplate(want, pair.coe).resources));
}
