// Which resource really failed, and what Heat is busy with: from the flat list of a stack and the stacks in it.
import type { FailedResource, Progress } from "../driver.ts";
import type { StackResource } from "../openstack/cloud.ts";
import type { HeatStack } from "./observed.ts";
import { groupResource, memberFile } from "./node-template.ts";

const wrappers = new Set<string>(["OS::Heat::ResourceGroup", memberFile]);

/** A resource that is one thing at the back end, and not a stack of others. */
export const isLeaf = (resource: StackResource): boolean => !wrappers.has(resource.type);

/**
 * Failed leaves, earliest first. What only says that something in it failed, and what was stopped because of it, is
 * left out while there is a true cause.
 */
export function failedResources(stacks: readonly HeatStack[]): FailedResource[] {
  const failed = stacks.flatMap((stack) => {
    const late = stack.state === "failed" && timedOut(stack.reason);
    return stack.resources.flatMap((resource) => {
      // When the whole stack runs out of time, what was still being made is what took too long.
      const unfinished = late && isLeaf(resource) && resource.state === "IN_PROGRESS";
      if (!unfinished && (resource.state !== "FAILED" || resource.action === "INIT")) return [];
      const told = (inner: StackResource) => inner.state === "FAILED" || (late && inner.state === "IN_PROGRESS");
      if (stack.resources.some((inner) => told(inner) && isInside(inner, resource, stack))) return [];
      const reason = unwrap(resource.reason ?? "");
      const stopped = stoppedByOthers.test(reason);
      return [
        {
          path: pathOf(resource, stack),
          type: resource.type,
          name: resource.name,
          physicalId: resource.physicalId,
          reason:
            unfinished || (late && stopped)
              ? "timed out: it was still in progress when the stack's time was over"
              : reason,
          at: resource.updatedAt,
          consequence: stopped && !late,
        },
      ];
    });
  });
  const causes = failed.filter((one) => !one.consequence);
  return (causes.length > 0 ? causes : failed)
    .toSorted((a, b) => ((a.at ?? "") < (b.at ?? "") ? -1 : (a.at ?? "") > (b.at ?? "") ? 1 : 0))
    .map(({ consequence: _, ...rest }) => rest);
}

const timedOut = (reason: string | null) => /timed? ?out/i.test(reason ?? "");
const stoppedByOthers = /aborted|cancell?ed/i;

const isInside = (inner: StackResource, outer: StackResource, stack: HeatStack): boolean => {
  if (outer.type === memberFile) return inner.stack.id === outer.physicalId;
  return outer.type === "OS::Heat::ResourceGroup" && inner.stack.id !== stack.id;
};

/** `["workers", "worker 3", "volume"]`. */
export function pathOf(resource: StackResource, stack: HeatStack): string[] {
  const part =
    stack.part === "workers"
      ? (stack.nodegroup?.name ?? "workers")
      : stack.part === "masters"
        ? "control plane"
        : "cluster network";
  const index = resource.type === memberFile ? resource.name : resource.parentResource;
  const node = stack.part === "masters" ? "master" : "worker";
  const isMember = resource.type === memberFile;
  const inMember = !isMember && resource.stack.id !== stack.id && index !== null && !isGroup(index);
  const word = words[resource.name] ?? resource.name.replaceAll("_", " ");
  return [part, ...(isMember || inMember ? [`${node} ${index ?? ""}`] : []), ...(isMember ? [] : [word])];
}
const isGroup = (name: string) => name === groupResource.masters || name === groupResource.workers;
const words: Record<string, string> = {
  ready: "setup",
  ready_handle: "signal",
  floating: "floating IP",
  api_floating: "API floating IP",
  api_balancer: "API load balancer",
  api_port: "API port",
  kube_masters: "nodes",
  kube_minions: "nodes",
};

/** The true cause with its place; Heat's own sentence only when no resource says more. */
export function reasonOf(failures: readonly FailedResource[], stack: HeatStack): string | null {
  const [first, ...others] = failures;
  if (!first) return stack.status === "SUSPEND_COMPLETE" ? "stack is suspended" : stack.reason;
  const more = others.length > 0 ? ` (and ${others.length} more)` : "";
  return `${first.path.slice(1).join(", ")}: ${first.reason}${more}`;
}

/** Heat wraps a reason once for each enclosing stack: only the innermost says something. */
export function unwrap(reason: string): string {
  let text = reason.trim();
  for (;;) {
    const inner = text.replace(
      /^(?:Resource (?:CREATE|UPDATE|DELETE|ROLLBACK) failed: |(?:ResourceFailure|ResourceInError|WaitConditionFailure|WaitConditionTimeout|StackValidationFailed|StackResourceUnavailable|[A-Za-z]+(?:Client|Error|Exception|Conflict|NotFound)?): resources(?:\[[^\]]+\]|\.[\w-]+)+(?:\.|<[^>]*>)*: ?)/,
      "",
    );
    if (inner === text) return text;
    text = inner;
  }
}

/** Counted in leaves: `expected` is what the templates hold, so that the bar does not run backwards. */
export function progressOf(stacks: readonly HeatStack[], expected: number): Progress | null {
  if (stacks.length === 0) return null;
  const leaves = stacks.flatMap((stack) => stack.resources.filter(isLeaf).map((resource) => ({ resource, stack })));
  const done = leaves.filter(
    ({ resource }) => resource.state === "COMPLETE" && resource.action !== "DELETE" && resource.action !== "INIT",
  ).length;
  const moving = leaves.filter(({ resource }) => resource.state === "IN_PROGRESS").at(-1);
  return {
    done: Math.min(done, Math.max(expected, leaves.length)),
    total: Math.max(expected, leaves.length),
    now: moving ? pathOf(moving.resource, moving.stack).slice(-2).join(": ") : null,
  };
}
