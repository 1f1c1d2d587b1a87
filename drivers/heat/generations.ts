// Generations of a node group: its nodes lie in stacks whose names carry a hash of what shapes a node. The stack that is
// named as the wish has it is the current one; every other one of the group is on its way out (drivers.md 2.6, 2.7).
import { problem } from "../../server/domain/problem.ts";
import type { Desired, NodegroupWish, Problem, Wish } from "../driver.ts";
import { nodesStackName, shapeHash } from "./names.ts";
import { apiReachable } from "./network.ts";
import { nodeVolumes } from "./node-template.ts";
import type { HeatStack } from "./observed.ts";
import type { Pair } from "./pair.ts";

export interface Generations {
  /** Null = not made yet, or gone. */
  current: HeatStack | null;
  /** Made in other ways than nodes are to be made now, earliest first. */
  old: readonly HeatStack[];
}

export function generationsOf(
  pair: Pair,
  want: Desired,
  group: NodegroupWish,
  stacks: readonly HeatStack[],
): Generations {
  const all = stacks
    .filter((stack) => stack.nodegroup?.id === group.key.id)
    .toSorted((a, b) => ((a.createdAt ?? "") < (b.createdAt ?? "") ? -1 : 1));
  const name = nodeStackName(pair, want, group);
  // What was half deleted is never taken up again.
  const named = all.find((stack) => stack.generation === name && stack.status !== "DELETE_FAILED");
  // Nodes that cannot be replaced stay as they were made, whatever is wished for: those that once worked, that is.
  const stays = (stack: HeatStack) =>
    stack.status !== "DELETE_FAILED" || stack.members.some((member) => member.signalled);
  const current = named ?? (replaceableNodes(want, group).length > 0 ? (all.findLast(stays) ?? null) : null);
  return { current, old: all.filter((stack) => stack !== current) };
}

/** Name of the current generation's stack: it changes with whatever shapes a node. */
export function nodeStackName(pair: Pair, want: Desired, group: NodegroupWish): string {
  const stays = replaceableNodes(want, group).length > 0;
  const revision = want.pki.revision;
  const hash = shapeHash({
    nodegroup: group.key.id,
    image: group.image.id,
    flavor: group.flavor.id,
    version: pair.coe.version(want, group),
    revision: group.nodeRevision,
    // A number where it is one: so it stands in the names of clusters from before there were rotations.
    ca: /^\d+$/.test(revision) ? Number(revision) : revision,
    // A control plane that cannot be replaced has used its credential when it came up, and needs it no more.
    credential: stays ? 1 : want.credential.revision,
    zone: zoneOf(want, group),
    volumes: JSON.stringify(nodeVolumes(want, group)),
    ...pair.coe.shape(want, group),
  });
  return nodesStackName(want.key, group, hash);
}

const zoneOf = (want: Wish, group: NodegroupWish): string | null =>
  group.labels.get("availability_zone") ?? want.labels.get("availability_zone") ?? null;

/** Why new nodes cannot take the place of a group's nodes while the cluster works; [] = they can. */
export function replaceableNodes(want: Wish, group: NodegroupWish): Problem[] {
  if (group.role !== "master" || want.network.masterLbEnabled) return [];
  return [
    problem(
      "master_lb_enabled",
      "must be true for this: the only control plane node of a cluster without a load balancer cannot be replaced, since its address and its data are the cluster's. Make a new cluster from a template with master_lb_enabled",
    ),
  ];
}

/** Why a node that cannot be replaced cannot become this in place: what its server is made of stays. [] = it can. */
export function renewableNodes(pair: Pair, before: NodegroupWish, want: Wish, after: NodegroupWish): Problem[] {
  if (Number(before.nodeRevision) < Number(pair.coe.renewableSince))
    return [
      {
        field: "master_lb_enabled",
        message:
          "The only control plane node was made before such nodes could be changed in place, and cannot be replaced: its address and its data are the cluster's. Make a new cluster.",
      },
    ];
  const problems: Problem[] = [];
  if (!apiReachable(want))
    problems.push({
      field: "floating_ip_enabled",
      message:
        "The only control plane node is changed in place through the cluster's API, which has no address outside of the cluster's network.",
    });
  const stays = (field: string, what: string) =>
    problems.push({
      field,
      message: `${what} of the only control plane node cannot be changed: its server stays, since its address and its data are the cluster's. Make a new cluster from a template with master_lb_enabled.`,
    });
  if (before.image.id !== after.image.id) stays("image_id", "The image");
  if (before.flavor.id !== after.flavor.id) stays("master_flavor_id", "The flavor");
  if (zoneOf(want, before) !== zoneOf(want, after)) stays("labels.availability_zone", "The zone");
  if (JSON.stringify(nodeVolumes(want, before)) !== JSON.stringify(nodeVolumes(want, after)))
    stays("docker_volume_size", "The volumes");
  return problems;
}

/**
 * What a group is to become that stays where it is: its nodes are not what is wished for, and cannot be replaced, but
 * changed in place. Null = nothing, or in no such way.
 */
export function renewalTo(pair: Pair, want: Desired, group: NodegroupWish, stack: HeatStack): string | null {
  if (replaceableNodes(want, group).length === 0 || Number(group.nodeRevision) < Number(pair.coe.renewableSince))
    return null;
  const to = nodeStackName(pair, want, group);
  return stack.generation === to ? null : to;
}

/** The server's name, which is the node's name in the COE as well. */
export const nodeName = (stack: HeatStack, index: string): string => `${stack.name}-${index}`;
