// Reads a cluster's stacks, servers and, while it is deleted, what it left. Details of a settled stack are read once
// and remembered under its status and time of change: what changes a stack changes one of the two.
import { z } from "zod";
import type {
  BackendState,
  Desired,
  FailedResource,
  Leftover,
  NodeFact,
  ObservedNodegroup,
  Survey,
  SurveyedStack,
} from "../driver.ts";
import type { Cloud, Server, StackResource } from "../openstack/cloud.ts";
import { isOpenStackError } from "../openstack/error.ts";
import { failedResources, progressOf } from "./failures.ts";
import { baseName, clusterTag, stackTag } from "./names.ts";
import type { Part } from "./names.ts";
import { apiReachable, networkPlan } from "./network.ts";
import { memberFile, renderMember } from "./node-template.ts";
import { renderClusterTemplate } from "./cluster-template.ts";
import { stackState } from "./observed.ts";
import type { HeatObserved, HeatStack, Member } from "./observed.ts";
import { isPostponed, planHeat } from "./plan.ts";
import type { ClusterFacts, Pair } from "./pair.ts";

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

/** Details by stack id, dropped oldest first. A loss of it costs calls, nothing else. */
export class DetailCache {
  readonly #kept = new Map<string, { mark: string; stack: HeatStack; facts: ClusterFacts | null }>();
  readonly #limit: number;

  constructor(limit = 2000) {
    this.#limit = limit;
  }

  get(id: string, mark: string) {
    const kept = this.#kept.get(id);
    return kept?.mark === mark ? kept : undefined;
  }

  set(id: string, mark: string, stack: HeatStack, facts: ClusterFacts | null): void {
    this.#kept.delete(id);
    this.#kept.set(id, { mark, stack, facts });
    const oldest = this.#kept.keys().next().value;
    if (this.#kept.size > this.#limit && oldest !== undefined) this.#kept.delete(oldest);
  }
}

const inProgress = (state: BackendState) => state === "creating" || state === "updating" || state === "deleting";

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
    ...(asks && seen.addons === undefined && sum.state === "ready" ? { state: "updating" as const } : {}),
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
  if (stacks.some((stack) => inProgress(stack.state) || isPostponed(want, stack)) || (steps.length > 0 && !failed)) {
    const growing =
      stacks.some((stack) => stack.state === "creating") ||
      want.nodegroups.some((group) => group.isDefault && !stacks.some((stack) => stack.nodegroup?.id === group.key.id));
    return { state: growing ? "creating" : "updating", reason: null };
  }
  return failed ? { state: "failed", reason: reasonOf(seen, failed) } : { state: "ready", reason: null };
}

/** The true cause with its place; Heat's own sentence only when no resource says more. */
function reasonOf(seen: Pick<HeatObserved, "failures">, stack: HeatStack): string | null {
  const [first, ...others] = seen.failures;
  if (!first) return stack.status === "SUSPEND_COMPLETE" ? "stack is suspended" : stack.reason;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  return `${first.path.slice(1).join(", ")}: ${first.reason}${more}`;
}

async function readStack(
  cache: DetailCache,
  cloud: Cloud,
  listed: SurveyedStack,
): Promise<{ stack: HeatStack; facts: ClusterFacts | null } | null> {
  const state = stackState(listed.status);
  const mark = `${listed.status} ${listed.updatedAt ?? ""}`;
  const kept = cache.get(listed.id, mark);
  if (kept) return kept;
  const part = partOf(listed.tags);
  if (part === null) return null;
  const ref = { id: listed.id, name: listed.name };
  try {
    // Outputs ask every nested stack, and only the cluster's own are of use.
    const [detail, resources] = await Promise.all([
      cloud.heat.getStack(ref, { outputs: part === "cluster" && state !== "deleting" && !inProgress(state) }),
      cloud.heat.listResources(ref, { nestedDepth: 3 }),
    ]);
    const count = Number(detail.parameters["count"]);
    const stack: HeatStack = {
      ...ref,
      part,
      nodegroup: part === "cluster" ? null : nodegroupOf(listed.tags),
      status: detail.status,
      state: stackState(detail.status),
      reason: detail.reason,
      count: part === "cluster" || Number.isNaN(count) ? null : count,
      version: detail.parameters["kube_version"] ?? null,
      members: membersOf(resources),
      resources,
      createdAt: detail.createdAt,
    };
    const facts = part === "cluster" ? factsOf(detail.outputs) : null;
    // Keyed by what was listed: when the stack moved on meanwhile, the next survey shows another mark. A failed stack is
    // read each time: nodes that were still coming up when it failed go on doing so.
    if (detail.status === listed.status && stack.state === "ready") cache.set(listed.id, mark, stack, facts);
    return { stack, facts };
  } catch (error) {
    if (isOpenStackError(error, "not_found")) return null;
    throw error;
  }
}

function partOf(tags: readonly string[]): Part | null {
  const found = tags.find((tag) => tag.startsWith("coe-part-"))?.slice("coe-part-".length);
  return found === "cluster" || found === "masters" || found === "workers" ? found : null;
}

function nodegroupOf(tags: readonly string[]): { id: string; name: string } {
  const tail = (prefix: string) => tags.find((tag) => tag.startsWith(prefix))?.slice(prefix.length);
  const name = tail("coe-nodegroup-name-") ?? "";
  const id = tags.find((tag) => /^coe-nodegroup-[0-9a-f]{8}-/.test(tag))?.slice("coe-nodegroup-".length);
  return { id: id ?? "", name };
}

function membersOf(resources: readonly StackResource[]): Member[] {
  return resources
    .filter((resource) => resource.type === memberFile && resource.action !== "DELETE")
    .map((member) => {
      const inner = resources.filter(
        (resource) => member.physicalId !== null && resource.stack.id === member.physicalId,
      );
      const named = (name: string) => inner.find((resource) => resource.name === name);
      return {
        index: member.name,
        status: member.status,
        serverId: named("server")?.physicalId ?? null,
        failed: member.state === "FAILED" || inner.some((resource) => resource.state === "FAILED"),
        signalled: named("ready")?.status === "CREATE_COMPLETE",
      };
    })
    .toSorted((a, b) => Number(a.index) - Number(b.index));
}

const Text = z.string().min(1).nullish().catch(null);

function factsOf(outputs: Readonly<Record<string, unknown>>): ClusterFacts | null {
  const text = (name: string) => Text.parse(outputs[name]) ?? null;
  const networkId = text("network_id");
  const masters = text("masters_security_group_id");
  const workers = text("workers_security_group_id");
  const serverGroup = text("masters_server_group_id");
  const address = text("api_private_address");
  if (networkId === null || masters === null || workers === null || serverGroup === null || address === null)
    return null;
  return {
    networkId,
    subnetId: text("subnet_id"),
    mastersSecurityGroupId: masters,
    workersSecurityGroupId: workers,
    mastersServerGroupId: serverGroup,
    apiPoolId: text("api_pool_id"),
    apiPortId: text("api_port_id"),
    apiBalancerId: text("api_balancer_id"),
    apiPrivateAddress: address,
    apiPublicAddress: text("api_public_address"),
  };
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

/** What Kubernetes made by itself: it sits on the cluster's network and blocks its deletion (drivers.md 1.6). */
async function findLeftovers(
  cloud: Cloud,
  want: Desired,
  facts: ClusterFacts | null,
  cluster: HeatStack | undefined,
): Promise<Leftover[]> {
  if (!facts) return [];
  const found: Leftover[] = [];
  if (await cloud.octavia.available()) {
    // The cloud controller's words; it is started with the cluster's id as the cluster's name.
    const ours = new RegExp(`^(?:Floating IP for )?Kubernetes .+ from cluster ${want.key.id}$`);
    const balancers = (await cloud.octavia.listLoadBalancers({ vipNetworkId: facts.networkId })).filter(
      (balancer) => ours.test(balancer.description) && balancer.provisioningStatus !== "DELETED",
    );
    const ports = balancers.flatMap((balancer) => balancer.vipPortId ?? []);
    const addresses = ports.length > 0 ? await cloud.neutron.listFloatingIps({ portIds: ports }) : [];
    // An address that somebody brought along stays: only those whose description names this cluster go.
    for (const address of addresses)
      if (ours.test(address.description))
        found.push({
          type: "floating IP",
          id: address.id,
          name: address.address,
          why: "made for a Kubernetes Service of this cluster",
        });
    for (const balancer of balancers)
      found.push({
        type: balancer.provisioningStatus === "PENDING_DELETE" ? "load balancer going" : "load balancer",
        id: balancer.id,
        name: balancer.name,
        why: "made for a Kubernetes Service of this cluster, it sits on the cluster's network",
      });
  }
  if (cluster?.status === "DELETE_FAILED" && networkPlan(want).ownNetwork) {
    const ports = await cloud.neutron.listPorts({ networkId: facts.networkId });
    for (const port of ports)
      if (!port.deviceOwner.startsWith("network:"))
        found.push({
          type: port.deviceOwner.startsWith("compute:") ? "server" : "port",
          id: port.deviceOwner.startsWith("compute:") ? port.deviceId : port.id,
          name: port.name === "" ? null : port.name,
          why: "is on the cluster's network and keeps it from being deleted",
        });
  }
  return found;
}
