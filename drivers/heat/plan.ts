// From what should be and what is to the next steps. Pure: no clock, no calls, no memory.
import type { Desired, NodegroupWish } from "../driver.ts";
import { baseName, mastersStackName, shapeHash, workersStackName } from "./names.ts";
import type { HeatObserved, HeatStack } from "./observed.ts";
import { nodeVolumes } from "./node-template.ts";
import type { Pair } from "./pair.ts";
import type { HeatStep, StackKey } from "./steps.ts";

/** [] = nothing to do: settled, or Heat is at work, or it failed and nobody asked for a repair. */
export function planHeat(pair: Pair, want: Desired, seen: HeatObserved): HeatStep[] {
  return want.deleting ? planDelete(seen) : planConverge(pair, want, seen);
}

function planConverge(pair: Pair, want: Desired, seen: HeatObserved): HeatStep[] {
  const cluster = seen.stacks.find((stack) => stack.part === "cluster");
  if (!cluster)
    return seen.stacks.length === 0
      ? [
          {
            kind: "createCluster",
            name: baseName(want.key),
            summary: "Create network, security groups and API address",
          },
        ]
      : [];
  if (cluster.state === "failed")
    return want.repair
      ? [{ kind: "retryStack", stack: key(cluster), summary: "Make again what failed of the cluster's network" }]
      : [];
  if (!seen.facts || cluster.state === "deleting") return [];

  const steps: HeatStep[] = [];
  for (const group of want.nodegroups.toSorted((a, b) => Number(b.role === "master") - Number(a.role === "master"))) {
    const stack = seen.stacks.find((one) => one.nodegroup?.id === group.key.id);
    if (stack) steps.push(...planGroup(want, seen, group, stack));
    else
      steps.push({
        kind: "createNodes",
        name: nodeStackName(pair, want, group),
        part: group.role === "master" ? "masters" : "workers",
        nodegroupId: group.key.id,
        count: group.count,
        facts: seen.facts,
        summary: `Create ${nodes(group.count, group)}`,
      });
  }
  // A group that nobody wishes for any more goes.
  for (const stack of seen.stacks)
    if (stack.nodegroup && !want.nodegroups.some((group) => group.key.id === stack.nodegroup?.id)) {
      if (stack.state !== "deleting")
        steps.push({ kind: "deleteStack", stack: key(stack), summary: `Delete node group ${stack.nodegroup.name}` });
    }
  if (seen.addons !== undefined && seen.apiAddress !== null && seen.addons !== pair.coe.addons.revision(want))
    steps.push({
      kind: "applyAddons",
      revision: pair.coe.addons.revision(want),
      apiAddress: seen.apiAddress,
      summary: "Apply network and DNS add-ons",
    });
  return steps;
}

/** Growing, shrinking, replacing and repairing are one change of count and removal list. */
function planGroup(want: Desired, seen: HeatObserved, group: NodegroupWish, stack: HeatStack): HeatStep[] {
  // Heat carries out one change at a time: a second one cancels members half way, and all of it fails (seen, Heat 19).
  if (stack.state !== "ready" && stack.state !== "failed") return [];
  const lost = want.repair ? lostWorkers(seen, group) : [];
  if ((!wantsChange(want, group, stack) && lost.length === 0) || stillComing(stack)) return [];
  const failed = stack.state === "failed";
  const asked = victims(group, stack);
  const counts = stack.count === group.count;
  const broken = stack.members.filter((member) => member.failed);
  const first = stack.members.find((member) => member.index === "0");
  if (
    failed &&
    stack.part === "masters" &&
    stack.status === "CREATE_FAILED" &&
    (!first || first.failed) &&
    !stack.members.some((member) => member.signalled)
  )
    // Member 0 begins the cluster. Without it no master ever worked: nothing to join, nothing to lose, so begin again.
    return [{ kind: "deleteStack", stack: key(stack), summary: "Remove the control plane nodes that failed" }];
  // A failed member keeps its failure for ever (its wait handle does), so it is replaced by one with a new index.
  const remove = [...new Set([...asked, ...lost, ...(failed ? broken.map((member) => member.index) : [])])];
  const summary =
    !counts && stack.count !== null
      ? group.count > stack.count
        ? `Add ${nodes(group.count - stack.count, group)}`
        : `Remove ${nodes(stack.count - group.count, group)}`
      : `Replace ${nodes(Math.max(remove.length, 1), group)}`;
  return [{ kind: "resize", stack: key(stack), count: group.count, remove, summary }];
}

/**
 * Workers whose server is gone or in error though Heat knows nothing of it. Not masters: one that is lost is still a
 * member of etcd, and a new one must not join before that is put right.
 */
const lostWorkers = (seen: HeatObserved, group: NodegroupWish): string[] =>
  group.role === "master"
    ? []
    : (seen.nodegroups.find((one) => one.key.id === group.key.id)?.nodes ?? [])
        .filter((node) => node.status === "MISSING" || node.status === "ERROR")
        .map((node) => node.index);

const victims = (group: NodegroupWish, stack: HeatStack) =>
  group.remove.filter((name) => stack.members.some((member) => member.index === name || member.serverId === name));

const wantsChange = (want: Desired, group: NodegroupWish, stack: HeatStack) =>
  stack.count !== group.count || victims(group, stack).length > 0 || (stack.state === "failed" && want.repair);

/** A stack fails with its first member; the others go on coming up, and a change now would cancel them. */
const stillComing = (stack: HeatStack) =>
  stack.state === "failed" &&
  stack.members.some((member) => !member.failed && !member.signalled && member.status.endsWith("_IN_PROGRESS"));

/** A failed stack whose change waits until its other members have come up or failed too. */
export const isPostponed = (want: Desired, stack: HeatStack): boolean => {
  const group = want.nodegroups.find((one) => one.key.id === stack.nodegroup?.id);
  return group !== undefined && stillComing(stack) && wantsChange(want, group, stack);
};

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
    if (stack.state !== "deleting") steps.push({ kind: "deleteStack", stack: key(stack), summary: deletion(stack) });
  }
  return steps;
}

const deletion = (stack: HeatStack) =>
  stack.part === "cluster"
    ? "Delete network, security groups and API address"
    : stack.part === "masters"
      ? "Delete the control plane"
      : `Delete node group ${stack.nodegroup?.name ?? stack.name}`;

const key = ({ id, name }: HeatStack): StackKey => ({ id, name });

function nodes(count: number, group: NodegroupWish): string {
  const what = group.role === "master" ? "control plane node" : "worker node";
  return `${count} ${what}${count === 1 ? "" : "s"}${group.isDefault ? "" : ` in ${group.key.name}`}`;
}

/** Name of the current generation of a group's nodes: it changes with whatever shapes a node. */
export function nodeStackName(pair: Pair, want: Desired, group: NodegroupWish): string {
  const volumes = nodeVolumes(want, group);
  const hash = shapeHash({
    nodegroup: group.key.id,
    image: group.image.id,
    flavor: group.flavor.id,
    version: pair.coe.version(want, group),
    revision: pair.coe.nodeRevision,
    ca: want.pki.revision,
    credential: want.credential.revision,
    zone: group.labels.get("availability_zone") ?? want.labels.get("availability_zone") ?? null,
    volumes: JSON.stringify(volumes),
    ...pair.coe.shape(want, group),
  });
  return group.role === "master" ? mastersStackName(want.key, hash) : workersStackName(want.key, group.key.name, hash);
}
