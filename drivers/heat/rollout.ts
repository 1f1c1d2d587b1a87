// One node group: how its stacks come to what is wished for. New nodes first, then old ones go, a batch at a time; so at
// no moment are there fewer working nodes than before or than wished for, and never more than one batch too many.
import type { Desired, NodegroupWish } from "../driver.ts";
import { generationsOf, nodeName, nodeStackName, renewalTo, replaceableNodes } from "./generations.ts";
import { isMoving } from "./observed.ts";
import type { HeatObserved, HeatStack } from "./observed.ts";
import type { ClusterFacts, CoeNode, Pair } from "./pair.ts";
import { countOf, farewell, isStuck, mayStillAnswer, nodes, shrink, stackKey } from "./removal.ts";
import type { HeatStep } from "./steps.ts";
import { candidates } from "./victims.ts";
import type { Candidate } from "./victims.ts";

/** What is the same for all groups in one look. */
export interface Turn {
  facts: ClusterFacts;
  now: Date;
  /** May this group make its first nodes, or nodes of another generation, now? Masters and workers take turns. */
  mayRoll: boolean;
  /** New nodes failed somewhere: no more are made, and no old ones go. */
  halted: boolean;
}

/** [] = settled, or Heat is at work, or it failed and nobody asked for a repair, or it waits for something. */
export function planGroup(pair: Pair, want: Desired, seen: HeatObserved, group: NodegroupWish, turn: Turn): HeatStep[] {
  const { current, old } = generationsOf(pair, want, group, seen.stacks);
  const stacks = current ? [...old, current] : old;
  const create = (count: number, summary: string): HeatStep => ({
    kind: "createNodes",
    name: nodeStackName(pair, want, group),
    part: group.role === "master" ? "masters" : "workers",
    nodegroupId: group.key.id,
    count,
    joins: group.role === "master" && stacks.length > 0,
    facts: turn.facts,
    summary,
  });
  if (stacks.length === 0) return turn.mayRoll ? [create(group.count, `Create ${nodes(group.count, group)}`)] : [];

  // Workers that nobody waits for any more and that do no work yet are not waited for either.
  const unborn = old.find((stack) => group.role !== "master" && stack.state === "creating" && !works(stack));
  if (unborn)
    return [{ kind: "deleteStack", stack: stackKey(unborn), summary: `Give up ${nodes(countOf(unborn), group)}` }];
  // Heat carries out one change at a time: a second one cancels members half way, and all of it fails (seen, Heat 19).
  if (stacks.some((stack) => isMoving(stack.state) || (stack.state === "failed" && stillComing(stack)))) return [];
  if (current && old.length === 0) {
    const renewal = current.state === "ready" ? planRenewal(pair, want, seen, group, current, turn) : null;
    return renewal ?? planCurrent(want, seen, group, current, turn);
  }

  // The cluster begins with its first control plane. One that never worked has nothing to join and nothing to lose.
  if (group.role === "master" && !stacks.some(works))
    return stacks.slice(0, 1).map((stack) => deletion(stack, "Remove the control plane nodes that failed"));
  if (turn.halted) return [];
  return (
    stuck(old) ??
    (current && mend(want, seen, group, current)) ??
    removeDead(seen, group, old) ??
    grow(group, want, current, old, turn.mayRoll, create) ??
    removeOld(seen, group, current, old, turn.now)
  );
}

/** The node that cannot be replaced becomes in place what a new one would be. Null = it is, or cannot. */
function planRenewal(
  pair: Pair,
  want: Desired,
  seen: HeatObserved,
  group: NodegroupWish,
  stack: HeatStack,
  { mayRoll }: Turn,
): HeatStep[] | null {
  const to = renewalTo(pair, want, group, stack);
  if (to === null) return null;
  const [member] = stack.members;
  const node = member && seen.nodes?.get(nodeName(stack, member.index));
  // Without an answer nothing can be asked, and nothing is known: while it is changed its API is away.
  if (!mayRoll || !member || !node || seen.apiAddress === null) return [];
  const version = pair.coe.version(want, group);
  if (node.generation === to)
    return [
      {
        kind: "noteRenewal",
        stack: stackKey(stack),
        generation: to,
        version,
        summary: `Note that ${node.name} is changed`,
      },
    ];
  const failed = failedRenewal(to, node) !== null;
  if (failed && !want.repair) return [];
  const { apiAddress } = seen;
  const summary = `Change ${node.name} in place to ${version}: the cluster's API is away for some minutes`;
  return [{ kind: "renew", apiAddress, node: node.name, nodegroupId: group.key.id, to, again: failed, summary }];
}

/** Why the node did not become what it was asked to. */
export const failedRenewal = (to: string, node: CoeNode | undefined): string | null =>
  node?.renewal?.to === to && node.generation !== to ? node.renewal.failed : null;

const works = (stack: HeatStack) => stack.members.some((member) => member.signalled);
const deletion = (stack: HeatStack, summary: string): HeatStep => ({
  kind: "deleteStack",
  stack: stackKey(stack),
  summary,
});

/** How many nodes are replaced at a time. Control plane nodes one by one: each is a member of the cluster's store. */
const batchOf = (want: Desired, group: NodegroupWish): number =>
  group.role === "master" ? 1 : Math.max(1, want.maxBatch);

/** A removal that Heat could not carry out is asked for again. */
function stuck(old: readonly HeatStack[]): HeatStep[] | null {
  const stack = old.find(isStuck);
  if (!stack) return null;
  return stack.status === "DELETE_FAILED" || stack.members.length === 0
    ? [deletion(stack, "Remove again what could not be removed")]
    : [{ kind: "retryStack", stack: stackKey(stack), summary: "Remove again what could not be removed" }];
}

/** New nodes that failed, or that do not become ready and were chosen to go, are made again with others in their place. */
function mend(want: Desired, seen: HeatObserved, group: NodegroupWish, current: HeatStack): HeatStep[] | null {
  const lost = want.repair ? lostWorkers(seen, group, current) : [];
  const failed = current.state === "failed" ? current.members.filter((member) => member.failed) : [];
  const ill = candidates(seen, [current], group.role === "master" ? [] : group.remove).filter(
    (one) => one.named && one.node?.ready === false,
  );
  const remove = [...new Set([...[...failed, ...ill].map(({ index }) => index), ...lost, ...spent(seen, current)])];
  if (remove.length === 0 && current.state !== "failed") return null;
  const summary = `Replace ${nodes(Math.max(remove.length, 1), group)}`;
  return [{ kind: "resize", stack: stackKey(current), count: countOf(current), remove, summary }];
}

/** Old nodes that do no work go at once: they take quota from those that replace them. */
function removeDead(seen: HeatObserved, group: NodegroupWish, old: readonly HeatStack[]): HeatStep[] | null {
  for (const stack of old) {
    const all = candidates(seen, [stack], []);
    const dead = all.filter((one) => one.dead);
    const going = group.role === "master" && works(stack) ? dead.slice(0, 1) : dead;
    if (going.length > 0) return [shrink(stack, going, group)];
  }
  return null;
}

function grow(
  group: NodegroupWish,
  want: Desired,
  current: HeatStack | null,
  old: readonly HeatStack[],
  mayRoll: boolean,
  create: (count: number, summary: string) => HeatStep,
): HeatStep[] | null {
  const there = current ? countOf(current) : 0;
  const total = old.reduce((sum, stack) => sum + countOf(stack), there);
  const room = group.count + batchOf(want, group) - total;
  const growth = Math.min(group.count - there, room, group.role === "master" ? 1 : Infinity);
  const begins = !current && group.count === 0;
  if (growth <= 0 && !begins) return null;
  if (!mayRoll) return [];
  if (!current)
    return [
      create(Math.max(0, growth), `Begin to replace ${nodes(group.count, group)}, ${batchOf(want, group)} at a time`),
    ];
  const last = there + growth;
  const which = growth === 1 ? `${last}` : `${there + 1} to ${last}`;
  const summary = `Make new ${nodes(growth, group).replace(/^\d+ /, "")} ${which} of ${group.count}`;
  return [{ kind: "resize", stack: stackKey(current), count: last, remove: [], summary }];
}

/** As many old nodes as there are too many, when all new ones do their work. */
function removeOld(
  seen: HeatObserved,
  group: NodegroupWish,
  current: HeatStack | null,
  old: readonly HeatStack[],
  now: Date,
): HeatStep[] {
  const total = [...old, ...(current ? [current] : [])].reduce((sum, stack) => sum + countOf(stack), 0);
  const surplus = Math.min(total - group.count, group.role === "master" ? 1 : Infinity);
  const empty = current && old.find((stack) => countOf(stack) === 0);
  if (empty) return [shrink(empty, [], group)];
  if (mayStillAnswer(seen.silentSince, now)) return [];
  if (seen.nodes && current?.members.some((member) => !seen.nodes?.get(nodeName(current, member.index))?.ready))
    return [];
  const all = candidates(seen, old, group.remove);
  const [first] = all;
  if (surplus <= 0 || !first) return [];
  const victims = all.slice(0, surplus).filter((one) => one.stack === first.stack);
  const before = farewell(seen, group.role, victims);
  return before.length > 0 ? before : [shrink(first.stack, victims, group)];
}

/** Only one generation is there: growing, shrinking, replacing and repairing are one change of count and removal list. */
function planCurrent(
  want: Desired,
  seen: HeatObserved,
  group: NodegroupWish,
  stack: HeatStack,
  { now }: Turn,
): HeatStep[] {
  const there = countOf(stack);
  const failed = stack.state === "failed";
  const lost = want.repair ? lostWorkers(seen, group, stack) : [];
  const left = spent(seen, stack);
  if (!wantsChange(want, group, stack) && lost.length === 0 && left.length === 0) return [];
  const first = stack.members.find((member) => member.index === "0");
  if (
    failed &&
    group.role === "master" &&
    stack.status === "CREATE_FAILED" &&
    !works(stack) &&
    (!first || first.failed)
  )
    // Member 0 begins the cluster: nothing to join, nothing to lose, so begin again.
    return [deletion(stack, "Remove the control plane nodes that failed")];
  // Control plane nodes leave one by one: each is a member of the cluster's store.
  const count = group.role === "master" ? Math.max(group.count, there - 1) : group.count;
  // A failed member keeps its failure for ever (its wait handle does), so it is replaced by one with a new index.
  const all = candidates(seen, [stack], namedIn(want, group, stack));
  const broken = failed ? stack.members.filter((member) => member.failed).map((member) => member.index) : [];
  const forced = [...lost, ...broken, ...left];
  const must = all.filter((one) => one.named || forced.includes(one.index));
  const spare = all.filter((one) => !must.includes(one)).slice(0, Math.max(0, there - count - must.length));
  const victims = oneByOne(group, [...must, ...spare]);
  const alive = victims.some((one) => !one.dead);
  if (alive && mayStillAnswer(seen.silentSince, now)) return [];
  const before = farewell(seen, group.role, victims);
  if (before.length > 0) return before;
  const summary =
    count > there
      ? `Add ${nodes(count - there, group)}`
      : count < there
        ? `Remove ${nodes(there - count, group)}`
        : `Replace ${nodes(Math.max(victims.length, 1), group)}`;
  return [{ kind: "resize", stack: stackKey(stack), count, remove: victims.map((one) => one.index), summary }];
}

/** Of control plane nodes at most one that works. */
function oneByOne(group: NodegroupWish, victims: readonly Candidate[]): Candidate[] {
  const first = victims.find((one) => !one.dead);
  return victims.filter((one) => group.role !== "master" || one.dead || one === first);
}

/**
 * Workers whose server is gone or in error though Heat knows nothing of it. Not masters: one that is lost is still a
 * member of etcd, and a new one must not join before that is put right.
 */
const lostWorkers = (seen: HeatObserved, group: NodegroupWish, stack: HeatStack): string[] =>
  group.role === "master"
    ? []
    : (seen.nodegroups.find((one) => one.key.id === group.key.id)?.nodes ?? [])
        .filter((node) => node.status === "MISSING" || node.status === "ERROR")
        .filter((node) => stack.members.some((member) => member.serverId === node.serverId))
        .map((node) => node.index);

/** Control plane nodes that have left the store: a newer wish may want to keep them, and they cannot come back. */
const spent = (seen: HeatObserved, stack: HeatStack): string[] =>
  stack.members
    .filter((member) => seen.nodes?.get(nodeName(stack, member.index))?.left === true)
    .map((member) => member.index);

/** The user's choice, as far as it is still there. The only control plane node is not to be chosen. */
const namedIn = (want: Desired, group: NodegroupWish, stack: HeatStack): string[] =>
  replaceableNodes(want, group).length > 0
    ? []
    : group.remove.filter((name) => stack.members.some((member) => member.index === name || member.serverId === name));

const wantsChange = (want: Desired, group: NodegroupWish, stack: HeatStack) =>
  stack.count !== group.count || namedIn(want, group, stack).length > 0 || (stack.state === "failed" && want.repair);

/** A stack fails with its first member; the others go on coming up, and a change now would cancel them. */
const stillComing = (stack: HeatStack) =>
  stack.members.some((member) => !member.failed && !member.signalled && member.status.endsWith("_IN_PROGRESS"));

/** A failed stack whose change waits until its other members have come up or failed too. */
export const isPostponed = (want: Desired, stack: HeatStack): boolean => {
  const group = want.nodegroups.find((one) => one.key.id === stack.nodegroup?.id);
  return group !== undefined && stack.state === "failed" && stillComing(stack) && wantsChange(want, group, stack);
};
