// How nodes go: their work first, then a control plane node's place in the cluster's store, then the server.
import type { NodegroupWish } from "../driver.ts";
import type { HeatObserved, HeatStack } from "./observed.ts";
import type { HeatStep, StackKey } from "./steps.ts";
import type { Candidate } from "./victims.ts";

/** An API that does not answer for this long is taken for lost, and work goes on without it: no drain, no farewell. */
export const silenceMs = 30_000;

/** What has to be asked of the cluster's API before these members' servers may go; [] = they may go now. */
export function farewell(seen: HeatObserved, role: string, victims: readonly Candidate[]): HeatStep[] {
  const { apiAddress } = seen;
  if (!seen.nodes || apiAddress === null) return [];
  // Nothing comes back from a node that is not ready: it is not waited for.
  const asked = victims.filter((victim) => !victim.dead && victim.node?.ready === true);
  if (asked.some((victim) => victim.node?.drained !== true)) {
    const names = asked.map((victim) => victim.name);
    return [{ kind: "drain", apiAddress, nodes: names, summary: `Move the work off ${list(names)}` }];
  }
  const member = role === "master" ? asked.find((victim) => victim.node?.left !== true) : undefined;
  return member
    ? [{ kind: "leave", apiAddress, node: member.name, summary: `Have ${member.name} leave the control plane` }]
    : [];
}

/** The API was asked and is silent, but not for long: with its answer nodes can be removed with more care. */
export const mayStillAnswer = (silentSince: Date | null, now: Date): boolean =>
  silentSince !== null && now.getTime() - silentSince.getTime() < silenceMs;

/** Removes these members of one old stack: all of it when they are all that it has. */
export function shrink(stack: HeatStack, victims: readonly Candidate[], group: NodegroupWish): HeatStep {
  const rest = Math.max(0, countOf(stack) - victims.length);
  if (rest === 0 || victims.length >= stack.members.length)
    return { kind: "deleteStack", stack: stackKey(stack), summary: `Remove the last ${old(victims.length, group)}` };
  return {
    kind: "resize",
    stack: stackKey(stack),
    count: rest,
    remove: victims.map((victim) => victim.index),
    summary: `Remove ${victims.length} ${old(victims.length, group)}`,
  };
}

/** It was to lose nodes, or to go, and Heat could not do it. Members that failed to come up are another matter. */
export const isStuck = (stack: HeatStack): boolean =>
  stack.status === "DELETE_FAILED" || (stack.state === "failed" && !stack.members.some((member) => member.failed));

/** Heat's own word for how many there should be. */
export const countOf = (stack: HeatStack): number => stack.count ?? stack.members.length;

export const stackKey = ({ id, name }: HeatStack): StackKey => ({ id, name });

/** `3 worker nodes in pool-a`. */
export function nodes(count: number, group: NodegroupWish): string {
  return `${count} ${kind(count, group)}${place(group)}`;
}

const old = (count: number, group: NodegroupWish) => `old ${kind(count, group)}${place(group)}`;
const kind = (count: number, { role }: NodegroupWish) =>
  `${role === "master" ? "control plane" : "worker"} node${count === 1 ? "" : "s"}`;
const place = (group: NodegroupWish) => (group.isDefault ? "" : ` in ${group.key.name}`);
const list = (names: readonly string[]) =>
  names.length <= 3 ? names.join(", ") : `${names.slice(0, 2).join(", ")} and ${names.length - 2} more`;
