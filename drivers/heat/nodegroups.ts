// Node groups as people and clients know them: one each, though its nodes may lie in stacks of several generations.
import type { Desired, NodeFact, ObservedNodegroup } from "../driver.ts";
import type { Server } from "../openstack/cloud.ts";
import { failedResources, reasonOf } from "./failures.ts";
import { generationsOf, nodeName, renewalTo } from "./generations.ts";
import { networkPlan } from "./network.ts";
import type { HeatObserved, HeatStack, Member } from "./observed.ts";
import type { Pair } from "./pair.ts";
import { countOf, isStuck } from "./removal.ts";

/**
 * A group's stack is its newest generation; its version is that of the older nodes as long as there are any, since that is
 * what the whole of it may rely on.
 */
export function groupsOf(
  pair: Pair,
  want: Desired,
  stacks: readonly HeatStack[],
  servers: readonly Server[],
  nodes: HeatObserved["nodes"],
): ObservedNodegroup[] {
  const publicly = networkPlan(want).nodeFloating;
  const keys = new Map(want.nodegroups.map((group) => [group.key.id, group.key]));
  for (const stack of stacks)
    if (stack.nodegroup && !keys.has(stack.nodegroup.id)) keys.set(stack.nodegroup.id, stack.nodegroup);
  const byId = new Map(servers.map((server) => [server.id, server]));
  return [...keys.values()].map((key) => {
    const group = want.nodegroups.find((one) => one.key.id === key.id);
    const { current, old } = group
      ? generationsOf(pair, want, group, stacks)
      : { current: null, old: stacks.filter((stack) => stack.nodegroup?.id === key.id) };
    const all = current ? [...old, current] : old;
    const lead = all.at(-1);
    if (!lead)
      return { key, backendId: null, state: "absent", reason: null, count: 0, addresses: [], version: null, nodes: [] };
    const facts = all.flatMap((stack) =>
      stack.members.flatMap((member): NodeFact[] => {
        if (member.serverId === null) return [];
        const name = nodeName(stack, member.index);
        const node = nodes?.get(name);
        // What a node says of itself opens nothing: only what is wished for now does.
        const renewal = group && node?.renewal?.to === renewalTo(pair, want, group, stack) ? node.renewal : null;
        const renewalId = renewal?.failed === null && node?.generation !== renewal.to ? renewal.id : null;
        return [nodeFact(name, member, member.serverId, byId.get(member.serverId), node?.ready ?? null, renewalId)];
      }),
    );
    const failed = current?.state === "failed" ? current : all.find(isStuck);
    return {
      key,
      backendId: lead.id,
      // While one generation takes the place of another, the group is being changed, however finished each of them is.
      state: failed ? "failed" : group && old.length > 0 ? "updating" : lead.state,
      reason: failed ? reasonOf(failedResources([failed]), failed) : null,
      count: all.reduce((sum, stack) => sum + countOf(stack), 0),
      addresses: facts.flatMap((node) => (publicly ? (node.publicAddress ?? []) : (node.privateAddress ?? []))),
      version: all[0]?.version ?? null,
      nodes: facts,
    };
  });
}

function nodeFact(
  name: string,
  member: Member,
  serverId: string,
  server: Server | undefined,
  ready: boolean | null,
  renewalId: string | null,
): NodeFact {
  const address = (kind: "fixed" | "floating") => server?.addresses.find((one) => one.kind === kind)?.address ?? null;
  return {
    serverId,
    name,
    memberId: member.stackId,
    coming: !member.signalled && !member.failed,
    renewalId,
    index: member.index,
    status: server?.status ?? "MISSING",
    privateAddress: address("fixed"),
    publicAddress: address("floating"),
    zone: server?.zone ?? null,
    flavorId: server?.flavorId ?? null,
    imageId: server?.imageId ?? null,
    ready,
    version: null,
    createdAt: server?.createdAt ?? null,
  };
}
