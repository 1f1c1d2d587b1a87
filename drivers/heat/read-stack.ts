// Reads one stack with all that is in it. Details of a settled stack are read once and remembered under its status and
// time of change: what changes a stack changes one of the two.
import { z } from "zod";
import type { SurveyedStack } from "../driver.ts";
import type { Cloud, StackResource } from "../openstack/cloud.ts";
import { isOpenStackError } from "../openstack/error.ts";
import type { Part } from "./names.ts";
import { memberFile } from "./node-template.ts";
import { isMoving, stackState } from "./observed.ts";
import type { HeatStack, Member } from "./observed.ts";
import type { ClusterFacts } from "./pair.ts";

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

/** Null when it is gone meanwhile, or not one of the stacks that we make. */
export async function readStack(
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
    const outputs = part === "cluster" && state !== "deleting" && !isMoving(state);
    const [first, resources] = await Promise.all([
      cloud.heat.getStack(ref, { outputs }),
      cloud.heat.listResources(ref, { nestedDepth: 3 }),
    ]);
    // It was still moving when it was listed and is complete now: without its outputs nothing can be built on it.
    const late = part === "cluster" && !outputs && stackState(first.status) === "ready";
    const detail = late ? await cloud.heat.getStack(ref, { outputs: true }) : first;
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
      generation: detail.parameters["generation"] || ref.name,
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
        stackId: member.physicalId,
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
