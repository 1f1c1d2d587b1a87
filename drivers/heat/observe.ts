// What a cluster is at the back end: its stacks and servers, what they add up to, and, while it is deleted, what it left.
import type { BackendState, Desired, FailedResource, NodeFact, ObservedNodegroup, Survey } from "../driver.ts";
import type { Cloud, Server } from "../openstack/cloud.ts";
import { isOpenStackError } from "../openstack/error.ts";
import { failedResources, progressOf } from "./failures.ts";
import { findLeftovers } from "./leftovers.ts";
import { baseName, clusterTag, stackTag } from "./names.ts";
import { apiReachable, networkPlan } from "./network.ts";
import { renderMember } from "./node-template.ts";
import { renderClusterTemplate } from "./cluster-template.ts";
import { isMoving, stackState } from "./observed.ts";
import type { HeatObserved, HeatStack, Member } from "./observed.ts";
import { isPostponed, planHeat } from "./plan.ts";
import type { ClusterFacts, Pair } from "./pair.ts";
import { readStack } from "./read-stack.ts";
import type { DetailCache } from "./read-stack.ts";

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
  cache: DetailCache,
  cloud: Cloud,
  want: Desired,
  survey: Survey,
): Promise<HeatObserved> {
  const mine = survey.stacks.filter(
    (stack) => stack.tags.includes(clusterTag(want.key.id)) && stackState(stack.status) !== "absent",
  );
  const read = (await Promise.all(mine.map((stack) => readStack(cache, cloud, stack)))).filter(
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
  const nodegroups = groupsOf(want, stacks, servers);
  const masters = stacks.find((stack) => stack.part === "masters");
  const asks =
    want.probe && !want.deleting && reachable && want.admin !== null && apiAddress !== null && masters !== undefined;
  const leftovers = want.deleting ? await findLeftovers(cloud, want, facts, cluster) : [];
  const seen: HeatObserved = {
    backendId: cluster?.id ?? null,
    state: "absent",
    reason: null,
    apiAddress,
    coeVersion: masters?.version ?? null,
    containerVersion: null,
    masterAddresses: nodegroups
      .filter((group) => want.nodegroups.some((wish) => wish.key.id === group.key.id && wish.role === "master"))
      .flatMap((group) => group.addresses),
    nodegroups,
    progress: progressOf(stacks, expectedResources(pair, want, facts)),
    failures: await withLastWords(cloud, stacks, failedResources(stacks)),
    leftovers,
    stacks,
    facts,
    addons: asks ? await pair.coe.addons.applied(want, apiAddress) : undefined,
    apiReachable: reachable,
  };
  const sum = overall(pair, want, seen);
  // An API that was asked and does not answer yet hides whether the add-ons are there: that is not ready.
  return {
    ...seen,
    ...sum,
    ...(asks && seen.addons === undefined && sum.state === "ready"
      ? {
          state: "updating" as const,
          progress: seen.progress && { ...seen.progress, now: seen.progress.now ?? "the Kubernetes API to answer" },
        }
      : {}),
  };
}

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
function overall(pair: Pair, want: Desired, seen: HeatObserved): { state: BackendState; reason: string | null } {
  const { stacks } = seen;
  if (stacks.length === 0) return { state: "absent", reason: null };
  if (want.deleting) {
    const stuck = stacks.find((stack) => stack.status === "DELETE_FAILED");
    const moving = stacks.some((stack) => stack.state === "deleting");
    return stuck && !moving ? { state: "failed", reason: reasonOf(seen, stuck) } : { state: "deleting", reason: null };
  }
  const steps = planHeat(pair, want, seen);
  const failed = stacks.find((stack) => stack.state === "failed");
  if (stacks.some((stack) => isMoving(stack.state) || isPostponed(want, stack)) || (steps.length > 0 && !failed)) {
    const growing =
      stacks.some((stack) => stack.state === "creating") ||
      want.nodegroups.some((group) => group.isDefault && !groupIn(stacks, group.key.id));
    return { state: growing ? "creating" : "updating", reason: null };
  }
  if (failed) return { state: "failed", reason: reasonOf(seen, failed) };
  // Nothing to do because nothing is known is not the same as done.
  const whole = seen.facts !== null && want.nodegroups.every((group) => groupIn(stacks, group.key.id));
  return { state: whole ? "ready" : "creating", reason: null };
}

const groupIn = (stacks: readonly HeatStack[], id: string) => stacks.some((stack) => stack.nodegroup?.id === id);

/** The true cause with its place; Heat's own sentence only when no resource says more. */
function reasonOf(seen: Pick<HeatObserved, "failures">, stack: HeatStack): string | null {
  const [first, ...others] = seen.failures;
  if (!first) return stack.status === "SUSPEND_COMPLETE" ? "stack is suspended" : stack.reason;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  return `${first.path.slice(1).join(", ")}: ${first.reason}${more}`;
}

function groupsOf(want: Desired, stacks: readonly HeatStack[], servers: readonly Server[]): ObservedNodegroup[] {
  const publicly = networkPlan(want).nodeFloating;
  const keys = new Map(want.nodegroups.map((group) => [group.key.id, group.key]));
  for (const stack of stacks)
    if (stack.nodegroup && !keys.has(stack.nodegroup.id)) keys.set(stack.nodegroup.id, stack.nodegroup);
  const byId = new Map(servers.map((server) => [server.id, server]));
  return [...keys.values()].map((key) => {
    const stack = stacks.find((one) => one.nodegroup?.id === key.id);
    if (!stack)
      return { key, backendId: null, state: "absent", reason: null, count: 0, addresses: [], version: null, nodes: [] };
    const nodes = stack.members.flatMap((member): NodeFact[] => {
      if (member.serverId === null) return [];
      return [nodeFact(member, member.serverId, byId.get(member.serverId))];
    });
    return {
      key,
      backendId: stack.id,
      state: stack.state,
      reason: stack.state === "failed" ? reasonOf({ failures: failedResources([stack]) }, stack) : null,
      count: stack.count ?? stack.members.length,
      addresses: nodes.flatMap((node) => (publicly ? (node.publicAddress ?? []) : (node.privateAddress ?? []))),
      version: stack.version,
      nodes,
    };
  });
}

function nodeFact(member: Member, serverId: string, server: Server | undefined): NodeFact {
  const address = (kind: "fixed" | "floating") => server?.addresses.find((one) => one.kind === kind)?.address ?? null;
  return {
    serverId,
    name: server?.name ?? serverId,
    index: member.index,
    status: server?.status ?? "MISSING",
    privateAddress: address("fixed"),
    publicAddress: address("floating"),
    zone: server?.zone ?? null,
    flavorId: server?.flavorId ?? null,
    imageId: server?.imageId ?? null,
    ready: null,
    version: null,
    createdAt: server?.createdAt ?? null,
  };
}

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
    (group) => group.count * size(renderMember(pair, want, group, known).resources) + (group.role === "master" ? 0 : 1),
  );
  return nodes.reduce((sum, count) => sum + count, size(renderClusterTemplate(want, pair.coe).resources));
}
