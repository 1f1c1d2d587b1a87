// Carries out one step. Everything is found before it is made, by names that come from the cluster's id; 409 is fine
// when what exists is ours, and a matter for a person when it is not.
import { passingOf } from "../../server/domain/passing.ts";
import type { Desired, Outcome } from "../driver.ts";
import type { Cloud, StackCreate } from "../openstack/cloud.ts";
import { proofRoot } from "../node-proof.ts";
import { isOpenStackError, orNull } from "../openstack/error.ts";
import { renderClusterTemplate } from "./cluster-template.ts";
import { clusterTag } from "./names.ts";
import { memberSite, renderNodeStack, stackTags } from "./node-template.ts";
import type { Pair } from "./pair.ts";
import type { HeatStep } from "./steps.ts";

const done: Outcome = { kind: "done" };

/** Throws only what may pass by itself (the cloud is away); everything that needs a person is `stalled`. */
export async function applyHeat(pair: Pair, cloud: Cloud, want: Desired, step: HeatStep, now: Date): Promise<Outcome> {
  try {
    return await (isInside(step) ? inside(pair, want, step, now) : carryOut(pair, cloud, want, step));
  } catch (error) {
    if (!isOpenStackError(error)) throw error;
    // The loop comes back to it, later each time.
    if (passingOf(error.message) !== null) throw error;
    switch (error.kind) {
      case "unauthorized":
      case "forbidden":
        return {
          kind: "stalled",
          reason: error.message,
          remedy: "Rotate the cluster's credential: its owner may have left the project or lost a role.",
        };
      case "quota":
        return {
          kind: "stalled",
          reason: error.message,
          remedy: "Free some of the project's quota or ask for more, then retry.",
        };
      case "bad_request":
        return {
          kind: "stalled",
          reason: error.message,
          remedy: "The cloud refuses the template. Correct what the message names, then retry.",
        };
      case "no_service":
        return {
          kind: "stalled",
          reason: error.message,
          remedy: "Ask the operators of the cloud for the missing service.",
        };
      case "conflict":
        return { kind: "waiting", on: error.message, afterMs: 5000 };
      default:
        throw error;
    }
  }
}

async function carryOut(
  pair: Pair,
  cloud: Cloud,
  want: Desired,
  step: Exclude<HeatStep, InsideStep>,
): Promise<Outcome> {
  switch (step.kind) {
    case "createCluster":
      return create(cloud, want, {
        name: step.name,
        template: renderClusterTemplate(want, pair.coe),
        tags: stackTags(want, "cluster"),
      });
    case "createNodes": {
      const group = want.nodegroups.find((one) => one.key.id === step.nodegroupId);
      if (!group) return done;
      const { template, files } = renderNodeStack(pair, want, group, step);
      return create(cloud, want, {
        name: step.name,
        template,
        files,
        parameters: {
          count: step.count,
          removal: [],
          proof_root: proofRoot(want.credential.trusteePassword, want.key.id, group.key.id),
        },
        tags: stackTags(want, step.part, group),
      });
    }
    case "resize": {
      // A change while Heat carries out another one cancels members half way and fails (seen with Heat 19): one by one.
      const { name, state } = await cloud.heat.getStack(step.stack);
      if (state === "IN_PROGRESS")
        return { kind: "waiting", on: `stack ${name} is being changed already`, afterMs: 3000 };
      // Stored parameters stay as they are: the hidden ones come back as asterisks and must never be sent again.
      await cloud.heat.patchStack(step.stack, { parameters: { count: step.count, removal: step.remove } });
      return done;
    }
    case "noteRenewal":
      await cloud.heat.patchStack(step.stack, {
        parameters: { generation: step.generation, kube_version: step.version },
      });
      return done;
    case "retryStack":
      await cloud.heat.patchStack(step.stack, {});
      return done;
    case "deleteStack":
      await cloud.heat.deleteStack(step.stack);
      return done;
    case "releaseFloatingIp":
      await orNull(cloud.neutron.deleteFloatingIp(step.id));
      return done;
    case "releaseBalancer":
      await orNull(cloud.octavia.deleteLoadBalancer(step.id));
      return done;
  }
}

type InsideStep = Extract<HeatStep, { apiAddress: string }>;
const isInside = (step: HeatStep): step is InsideStep => "apiAddress" in step;

/** What is done in the cluster, through its own API. An API that refuses or is away is waited for. */
async function inside(pair: Pair, want: Desired, step: InsideStep, now: Date): Promise<Outcome> {
  const { addons, nodes } = pair.coe;
  const { apiAddress } = step;
  try {
    switch (step.kind) {
      case "applyAddons":
        await addons.apply(want, apiAddress);
        return done;
      case "drain":
        await eachOf(step.nodes, (node) => nodes.drain(want, apiAddress, node, now));
        return { kind: "waiting", on: `the work on ${step.nodes.join(", ")} to move elsewhere`, afterMs: 3000 };
      case "restore":
        await eachOf(step.nodes, (node) => nodes.restore(want, apiAddress, node));
        return done;
      case "leave":
        await nodes.leave(want, apiAddress, step.node);
        return { kind: "waiting", on: `${step.node} to leave the control plane`, afterMs: 3000 };
      case "renew": {
        const group = want.nodegroups.find((one) => one.key.id === step.nodegroupId);
        if (!group) return done;
        const { files } = pair.coe.node(want, group, memberSite(pair, want, true));
        await nodes.renew(want, apiAddress, step.node, {
          to: step.to,
          nodegroupId: group.key.id,
          files,
          again: step.again,
        });
        return { kind: "waiting", on: `${step.node} to be changed in place`, afterMs: 3000 };
      }
      case "forget":
        await nodes.forget(want, apiAddress, step.nodes);
        return done;
      case "mark": {
        const group = want.nodegroups.find((one) => one.key.id === step.nodegroupId);
        if (group) await eachOf(step.nodes, (node) => nodes.mark(want, apiAddress, node, group));
        return done;
      }
    }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return { kind: "waiting", on: `the Kubernetes API: ${said}`, afterMs: 10_000 };
  }
}

/** One that is refused does not keep the others waiting; the first refusal is thrown at the end. */
async function eachOf(names: readonly string[], work: (name: string) => Promise<void>): Promise<void> {
  const refusals: unknown[] = [];
  for (const name of names) await work(name).catch((error: unknown) => refusals.push(error));
  if (refusals.length > 0) throw refusals[0];
}

async function create(cloud: Cloud, want: Desired, stack: StackCreate): Promise<Outcome> {
  const minutes = want.createTimeoutMinutes ?? 60;
  try {
    await cloud.heat.createStack({
      ...stack,
      // 0 = none; Heat's own limit applies when nothing is sent, so a day stands for none.
      timeoutMinutes: minutes === 0 ? 1440 : minutes,
      disableRollback: true,
    });
    return done;
  } catch (error) {
    if (!isOpenStackError(error, "conflict")) throw error;
    const found = await cloud.heat.findStack(stack.name);
    if (!found) return { kind: "again", afterMs: 1000 };
    if (found.tags.includes(clusterTag(want.key.id)))
      return found.action === "DELETE"
        ? { kind: "waiting", on: `stack ${stack.name} is being deleted`, afterMs: 3000 }
        : done;
    return {
      kind: "stalled",
      reason: `A stack named ${stack.name} exists already and is not of this cluster.`,
      remedy: "Rename or delete that stack, then retry.",
    };
  }
}
