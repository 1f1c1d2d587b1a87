// From what should be and what is to the next steps. Pure: no calls, no memory.
import type { Desired, NodegroupWish } from "../driver.ts";
import { generationsOf, nodeName, renewalTo } from "./generations.ts";
import { baseName } from "./names.ts";
import { networkPlan } from "./network.ts";
import { isMoving } from "./observed.ts";
import type { HeatObserved, HeatStack } from "./observed.ts";
import type { Pair } from "./pair.ts";
import { farewell, stackKey } from "./removal.ts";
import { planGroup } from "./rollout.ts";
import type { HeatStep } from "./steps.ts";
import { candidates } from "./victims.ts";

/** [] = nothing to do: settled, or Heat is at work, or it failed and nobody asked for a repair. */
export function planHeat(pair: Pair, want: Desired, seen: HeatObserved, now: Date): HeatStep[] {
  return want.deleting ? planDelete(seen) : planConverge(pair, want, seen, now);
}

function planConverge(pair: Pair, want: Desired, seen: HeatObserved, now: Date): HeatStep[] {
  const cluster = seen.stacks.find((stack) => stack.part === "cluster");
  if (!cluster)
    return seen.stacks.length === 0
      ? [
          {
            kind: "createCluster",
            name: baseName(want.key),
            ...(networkPlan(want).balancer ? { turn: "load-balancer" as const } : {}),
            summary: "Create network, security groups and API address",
          },
        ]
      : [];
  if (cluster.state === "failed")
    return want.repair
      ? [{ kind: "retryStack", stack: stackKey(cluster), summary: "Make again what failed of the cluster's network" }]
      : [];
  const { facts } = seen;
  if (!facts || cluster.state === "deleting") return [];

  const groups = want.nodegroups.toSorted((a, b) => Number(b.role === "master") - Number(a.role === "master"));
  const turns = takeTurns(pair, want, seen, groups);
  const steps = groups.flatMap((group) => planGroup(pair, want, seen, group, { facts, now, ...turns(group) }));
  // A group that nobody wishes for any more goes, in whatever state it is.
  for (const stack of seen.stacks)
    if (
      stack.nodegroup &&
      stack.state !== "deleting" &&
      !groups.some((group) => group.key.id === stack.nodegroup?.id)
    ) {
      const before = isMoving(stack.state) ? [] : farewell(seen, "worker", candidates(seen, [stack], []));
      const summary = `Delete node group ${stack.nodegroup.name}`;
      steps.push(...(before.length > 0 ? before : [{ kind: "deleteStack" as const, stack: stackKey(stack), summary }]));
    }
  steps.push(...planAddons(pair, want, seen));
  // What is given again and again must not keep the rest from being done.
  return [
    ...steps.filter((step) => !isPatient(step)),
    ...together(steps.filter(isPatient)),
    ...tidy(pair, want, seen, steps),
  ];
}

/** Add-ons follow the wish, but are never newer than a control plane that works: kube-proxy is one of them. */
function planAddons(pair: Pair, want: Desired, seen: HeatObserved): HeatStep[] {
  const { addons, apiAddress } = seen;
  const revision = pair.coe.addons.revision(want);
  if (addons === undefined || apiAddress === null || addons === revision) return [];
  const isOlder = ({ group, stack }: { group: NodegroupWish; stack: HeatStack }) =>
    stack.version === null || newer(pair.coe.version(want, group), stack.version);
  const oldMasters = want.nodegroups
    .filter(({ role }) => role === "master")
    .flatMap((group) => {
      const { current, old } = generationsOf(pair, want, group, seen.stacks);
      const former = current && renewalTo(pair, want, group, current) !== null ? [...old, current] : old;
      return former.map((stack) => ({ group, stack }));
    });
  if (addons !== null && oldMasters.some(isOlder)) return [];
  return [{ kind: "applyAddons", revision, apiAddress, summary: "Apply network and DNS add-ons" }];
}

const isPatient = ({ kind }: HeatStep) => kind === "drain" || kind === "leave" || kind === "renew";

/** All nodes that are to be drained are drained at the same time, whatever their group. */
function together(steps: readonly HeatStep[]): HeatStep[] {
  const drains = steps.filter((step) => step.kind === "drain");
  const others = steps.filter((step) => step.kind !== "drain");
  const [first, ...more] = drains;
  if (!first) return others;
  const nodes = drains.flatMap((step) => step.nodes);
  return [
    ...others,
    more.length === 0 ? first : { ...first, nodes, summary: `Move the work off ${nodes.length} nodes` },
  ];
}

/**
 * Masters before workers, since a node must not be newer than the API that it speaks to; the other way round on the way
 * back to an older version.
 */
function takeTurns(pair: Pair, want: Desired, seen: HeatObserved, groups: readonly NodegroupWish[]) {
  const all = groups.map((group) => ({ group, ...generationsOf(pair, want, group, seen.stacks) }));
  const masters = all.filter(({ group }) => group.role === "master");
  const workers = all.filter(({ group }) => group.role !== "master");
  const isNewer = (stack: HeatStack) =>
    masters.some(({ group }) => stack.version !== null && newer(stack.version, pair.coe.version(want, group)));
  const workersFirst = workers.some(({ old }) => old.some(isNewer));
  const isFormer = ({ group, current }: (typeof all)[number]) =>
    current !== null && renewalTo(pair, want, group, current) !== null;
  const mastersRoll = masters.some((one) => one.old.length > 0 || isFormer(one));
  const mastersStand = masters.every(
    (one) =>
      one.current?.state === "ready" && one.current.count === one.group.count && one.old.length === 0 && !isFormer(one),
  );
  const halted = !want.repair && all.some(({ current }) => current?.state === "failed");
  return (group: NodegroupWish) => {
    const { current, old } = all.find((one) => one.group === group) ?? { current: null, old: [] };
    const isFirst = !current && old.length === 0;
    const mayRoll = group.role === "master" ? !workersFirst : isFirst ? !mastersRoll : workersFirst || mastersStand;
    return { halted, mayRoll };
  };
}

/** `v1.34.1` is newer than `v1.9.12`. */
function newer(one: string, other: string): boolean {
  const numbers = (version: string) => (version.match(/\d+/g) ?? []).map(Number);
  const [a, b] = [numbers(one), numbers(other)];
  const at = a.findIndex((number, index) => number !== (b[index] ?? 0));
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}

/**
 * In the cluster itself: nodes without servers leave its list, nodes that stay after all get work again, labels and taints
 * of groups come to their nodes.
 */
function tidy(pair: Pair, want: Desired, seen: HeatObserved, going: readonly HeatStep[]): HeatStep[] {
  const { nodes, apiAddress } = seen;
  if (!nodes || apiAddress === null) return [];
  const leaving = new Set(going.flatMap(leavingIn));
  const staying = want.nodegroups
    .flatMap((group) => generationsOf(pair, want, group, seen.stacks).current ?? [])
    .flatMap((stack) => (isMoving(stack.state) ? [] : stack.members.map((member) => nodeName(stack, member.index))))
    .filter((name) => nodes.get(name)?.draining === true && nodes.get(name)?.left !== true && !leaving.has(name));
  const gone = [...nodes.keys()].filter((name) => isGone(want, seen, name));
  const steps: HeatStep[] = [];
  if (staying.length > 0)
    steps.push({ kind: "restore", apiAddress, nodes: staying, summary: `Let ${staying.join(", ")} work again` });
  if (gone.length > 0)
    steps.push({ kind: "forget", apiAddress, nodes: gone, summary: `Take ${gone.join(", ")} off the list of nodes` });
  for (const group of want.nodegroups) {
    const word = pair.coe.nodes.marks(group);
    const none = Object.keys(group.nodeLabels).length === 0 && group.nodeTaints.length === 0;
    const { current } = generationsOf(pair, want, group, seen.stacks);
    const unlike = (current?.members ?? [])
      .map((member) => (current ? nodeName(current, member.index) : ""))
      .filter((name) => {
        const node = nodes.get(name);
        return node !== undefined && node.marks !== word && !(none && node.marks === null);
      });
    if (unlike.length > 0)
      steps.push({
        kind: "mark",
        apiAddress,
        nodegroupId: group.key.id,
        nodes: unlike,
        summary: `Bring labels and taints to the nodes of ${group.key.name}`,
      });
  }
  return steps;
}

/** Nodes that a step is about to take away. */
function leavingIn(step: HeatStep): string[] {
  switch (step.kind) {
    case "drain":
      return [...step.nodes];
    case "leave":
      return [step.node];
    case "resize":
      return step.remove.map((index) => `${step.stack.name}-${index}`);
    default:
      return [];
  }
}

/** One of our names, and no stack that could hold its server does. Nodes that others have joined are not ours to judge. */
function isGone(want: Desired, seen: HeatObserved, name: string): boolean {
  const [, stackName, index] = /^(.*)-(\d+)$/.exec(name) ?? [];
  if (stackName === undefined || !name.startsWith(`${baseName(want.key)}-`)) return false;
  const stack = seen.stacks.find((one) => one.name === stackName);
  return !stack || (!isMoving(stack.state) && !stack.members.some((member) => member.index === index));
}

function planDelete(seen: HeatObserved): HeatStep[] {
  const steps: HeatStep[] = seen.leftovers.flatMap((left): HeatStep[] => {
    if (left.type === "floating IP")
      return [{ kind: "releaseFloatingIp", id: left.id, summary: `Release floating IP ${left.name ?? left.id}` }];
    return left.type === "load balancer"
      ? [{ kind: "releaseBalancer", id: left.id, summary: `Delete load balancer ${left.name ?? left.id}` }]
      : [];
  });
  const order = ["workers", "masters", "cluster"];
  const stacks = seen.stacks.toSorted((a, b) => order.indexOf(a.part) - order.indexOf(b.part));
  for (const stack of stacks) {
    // Nodes and balancers sit on the cluster's network: it goes last.
    if (stack.part === "cluster" && (stacks.length > 1 || steps.length > 0)) break;
    if (stack.state !== "deleting")
      steps.push({ kind: "deleteStack", stack: stackKey(stack), summary: deletion(stack) });
  }
  return steps;
}

const deletion = (stack: HeatStack) =>
  stack.part === "cluster"
    ? "Delete network, security groups and API address"
    : stack.part === "masters"
      ? "Delete the control plane"
      : `Delete node group ${stack.nodegroup?.name ?? stack.name}`;
