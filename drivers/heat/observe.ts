// What a cluster is at the back end: its stacks and servers, what they add up to, and, while it is deleted, what it left.
import type { BackendState, Desired, FailedResource, Survey } from "../driver.ts";
import type { Cloud } from "../openstack/cloud.ts";
import { isOpenStackError } from "../openstack/error.ts";
import { failedResources, reasonOf } from "./failures.ts";
import { balancerType } from "./cluster-template.ts";
import { generationsOf, nodeName, renewalTo } from "./generations.ts";
import { findLeftovers } from "./leftovers.ts";
import { baseName, clusterTag, stackTag } from "./names.ts";
import { apiReachable, networkPlan } from "./network.ts";
import { isMoving, stackState } from "./observed.ts";
import type { HeatObserved, HeatStack } from "./observed.ts";
import { groupsOf } from "./nodegroups.ts";
import { planHeat } from "./plan.ts";
import { progressSeen } from "./progress.ts";
import type { Pair } from "./pair.ts";
import { readStack } from "./read-stack.ts";
import type { DetailCache } from "./read-stack.ts";
import { countOf, isStuck, mayStillAnswer } from "./removal.ts";
import { failedRenewal, isPostponed } from "./rollout.ts";
import type { Silences } from "./silence.ts";

/** All stacks of ours in the cloud's project: one list call. */
export async function surveyStacks(cloud: Cloud, now: Date): Promise<Survey> {
  const stacks = await cloud.heat.listStacks({ tags: [stackTag] });
  return {
    at: now,
    stacks: stacks.map(({ id, name, status, reason, updatedAt, tags }) => ({
      id,
      name,
      status,
      reason,
      updatedAt,
      tags,
    })),
  };
}

export async function observeHeat(
  pair: Pair,
  memory: { cache: DetailCache; silences: Silences },
  cloud: Cloud,
  want: Desired,
  survey: Survey,
  now: Date,
): Promise<HeatObserved> {
  const mine = survey.stacks.filter(
    (stack) => stack.tags.includes(clusterTag(want.key.id)) && stackState(stack.status) !== "absent",
  );
  const read = (await Promise.all(mine.map((stack) => readStack(memory.cache, cloud, stack)))).filter(
    (found) => found !== null,
  );
  const stacks = read.map(({ stack }) => stack);
  const facts = read.find(({ facts }) => facts !== null)?.facts ?? null;
  const servers = stacks.some((stack) => stack.nodegroup)
    ? await cloud.nova.listServers({ name: `^${baseName(want.key)}-` })
    : [];
  const cluster = stacks.find((stack) => stack.part === "cluster");
  const address = facts ? (facts.apiPublicAddress ?? facts.apiPrivateAddress) : null;
  const apiAddress =
    address === null ? null : `https://${address.includes(":") ? `[${address}]` : address}:${pair.coe.apiPort(want)}`;
  const reachable = apiReachable(want);
  const hasMasters = stacks.some((stack) => stack.part === "masters");
  const asks = want.probe && !want.deleting && reachable && want.admin !== null && apiAddress !== null && hasMasters;
  const [addons, nodes] = asks
    ? await Promise.all([
        pair.coe.addons.applied(want, apiAddress),
        pair.coe.nodes.read(want, apiAddress, inShrinkingGroups(pair, want, stacks)),
      ])
    : [];
  const said = !asks ? "not asked" : nodes === undefined || addons === undefined ? "silent" : "answered";
  const silence = memory.silences.note(want.key.id, said, now);
  const nodegroups = groupsOf(pair, want, stacks, servers, nodes);
  const masters = nodegroups.filter((group) =>
    want.nodegroups.some((wish) => wish.key.id === group.key.id && wish.role === "master"),
  );
  const leftovers = want.deleting ? await findLeftovers(cloud, want, facts, cluster) : [];
  const seen: HeatObserved = {
    backendId: cluster?.id ?? null,
    state: "absent",
    reason: null,
    apiAddress,
    apiSilent: false,
    ...(cluster && awaitsBalancer(want, cluster) ? { turn: "load-balancer" as const } : {}),
    coeVersion: masters[0]?.version ?? null,
    containerVersion: null,
    masterAddresses: masters.flatMap((group) => group.addresses),
    nodegroups,
    progress: progressSeen(pair, want, { stacks, facts, nodes }),
    failures: await withLastWords(cloud, stacks, failedResources(stacks)),
    leftovers,
    stacks,
    facts,
    addons,
    nodes,
    silentSince: nodes === undefined ? (silence?.since ?? null) : null,
    apiReachable: reachable,
  };
  const sum = overall(pair, want, seen, now);
  if (sum.state !== "ready" || silence === null) return { ...seen, ...sum };
  // All nodes have reported that they are up, and they have asked it themselves: their word is enough. Only where there is a
  // way to the API one answer that got lost must not hide whether the add-ons are there.
  if (!silence.hasAnswered || !mayStillAnswer(silence.since, now)) return { ...seen, ...sum, apiSilent: true };
  const progress = seen.progress && { ...seen.progress, now: seen.progress.now ?? "the Kubernetes API to answer" };
  return { ...seen, ...sum, state: "updating", progress };
}

/** Names of the nodes among which some have to be chosen to go. */
const inShrinkingGroups = (pair: Pair, want: Desired, stacks: readonly HeatStack[]): string[] =>
  want.nodegroups.flatMap((group) => {
    const { current } = generationsOf(pair, want, group, stacks);
    if (!current || countOf(current) <= group.count) return [];
    return current.members.map((member) => nodeName(current, member.index));
  });

/** Octavia locks the project for as long as it takes a request on: a balancer that has an id keeps nobody waiting. */
const awaitsBalancer = (want: Desired, cluster: HeatStack): boolean =>
  networkPlan(want).balancer &&
  cluster.state === "creating" &&
  !cluster.resources.some(({ type, physicalId }) => type === balancerType && physicalId !== null);

/**
 * A node that never reported says on its console how far it came. Only the earliest one is asked, and no answer is fine:
 * not every cloud keeps a console.
 */
async function withLastWords(
  cloud: Cloud,
  stacks: readonly HeatStack[],
  failures: readonly FailedResource[],
): Promise<readonly FailedResource[]> {
  const silent = failures.find(
    (failure) => failure.type === "OS::Heat::WaitCondition" && /timed? ?out/i.test(failure.reason),
  );
  const index = silent?.path.at(1)?.split(" ").at(1);
  const member = stacks
    .filter(
      (stack) =>
        stack.state === "failed" &&
        silent?.path[0] === (stack.part === "masters" ? "control plane" : stack.nodegroup?.name),
    )
    .flatMap((stack) => stack.members)
    .find((one) => one.index === index);
  if (!silent || !member || member.serverId === null) return failures;
  try {
    const lines = (await cloud.nova.consoleOutput(member.serverId, 200)).split("\n");
    const last = lines
      .findLast((line) => /\bcoe: /.test(line))
      ?.replace(/^.*?\bcoe: /, "")
      .trim();
    if (last === undefined) return failures;
    return failures.map((one) =>
      one === silent ? { ...one, reason: `${one.reason}; the node's last words: ${last}` } : one,
    );
  } catch (error) {
    if (isOpenStackError(error)) return failures;
    throw error;
  }
}

/** One word for all stacks. What still has to be made counts as being made. */
function overall(
  pair: Pair,
  want: Desired,
  seen: HeatObserved,
  now: Date,
): { state: BackendState; reason: string | null } {
  const { stacks } = seen;
  if (stacks.length === 0) return { state: "absent", reason: null };
  if (want.deleting) {
    const stuck = stacks.find((stack) => stack.status === "DELETE_FAILED");
    const moving = stacks.some((stack) => stack.state === "deleting");
    return stuck && !moving
      ? { state: "failed", reason: reasonOf(seen.failures, stuck) }
      : { state: "deleting", reason: null };
  }
  if (!stacks.some((stack) => stack.part === "cluster"))
    return {
      state: "failed",
      reason: "the stack of the cluster's network is gone, stacks of its nodes are still there",
    };
  const steps = planHeat(pair, want, seen, now);
  const groups = want.nodegroups.map((group) => ({ group, ...generationsOf(pair, want, group, stacks) }));
  const rolls = groups.some(({ old }) => old.length > 0);
  const stays = (stack: HeatStack) =>
    stack.part === "cluster" || groups.some(({ current }) => current === stack) || isStuck(stack);
  const failed = stacks.find((stack) => stack.state === "failed" && stays(stack));
  if (stacks.some((stack) => isMoving(stack.state) || isPostponed(want, stack)) || (steps.length > 0 && !failed)) {
    const growing =
      stacks.some((stack) => stack.state === "creating") ||
      groups.some(({ group, current }) => group.isDefault && !current);
    return { state: growing && !rolls ? "creating" : "updating", reason: null };
  }
  if (failed) {
    const own = failedResources([failed]);
    return { state: "failed", reason: reasonOf(own.length > 0 ? own : seen.failures, failed) };
  }
  // Nothing to do because nothing is known, or because something is waited for, is not the same as done.
  if (seen.facts === null || groups.some(({ current, old }) => !current && old.length === 0))
    return { state: "creating", reason: null };
  const renewal = groups.find(({ group, current }) => current && renewalTo(pair, want, group, current) !== null);
  if (renewal?.current) {
    const to = renewalTo(pair, want, renewal.group, renewal.current) ?? "";
    const [member] = renewal.current.members;
    const node = member && seen.nodes?.get(nodeName(renewal.current, member.index));
    const why = failedRenewal(to, node);
    if (node && why !== null) return { state: "failed", reason: `${node.name} could not be changed in place: ${why}` };
    return { state: "updating", reason: null };
  }
  const whole = groups.every(
    ({ group, current, old }) => current && old.length === 0 && countOf(current) === group.count,
  );
  return { state: whole ? "ready" : "updating", reason: null };
}
