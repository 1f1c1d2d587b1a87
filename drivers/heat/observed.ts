// What the Heat base sees: the seam's Observed and, beside it, what its own plan needs.
import type { BackendState, Observed } from "../driver.ts";
import type { StackResource } from "../openstack/cloud.ts";
import type { Part } from "./names.ts";
import type { ClusterFacts, CoeNode } from "./pair.ts";

export interface HeatStack {
  id: string;
  name: string;
  part: Part;
  /** Null for the cluster's own stack. */
  nodegroup: { id: string; name: string } | null;
  /** Heat's word: `CREATE_FAILED`. */
  status: string;
  state: BackendState;
  reason: string | null;
  /** Stack parameter `count`: read back, so that a change behind our back shows. */
  count: number | null;
  version: string | null;
  /** What its nodes are: the stack's own name, or that of the generation that they have become in place. */
  generation: string;
  members: readonly Member[];
  resources: readonly StackResource[];
  createdAt: string | null;
}

export interface Member {
  index: string;
  /** Heat's word for the nested stack. */
  status: string;
  /** The nested stack's, new for each member. */
  stackId: string | null;
  serverId: string | null;
  failed: boolean;
  /** Its signal has come: it was a working node once. */
  signalled: boolean;
}

export interface HeatObserved extends Observed {
  stacks: readonly HeatStack[];
  /** Known as soon as the cluster's own stack is made. */
  facts: ClusterFacts | null;
  /** Revision of the add-ons in the cluster; null = none, undefined = not asked or no answer. */
  addons: string | null | undefined;
  /** Nodes as the cluster's own API has them, by name; undefined = not asked or no answer. */
  nodes: ReadonlyMap<string, CoeNode> | undefined;
  /** Since when the API, though asked, has not answered; null = it answers, or is not asked. */
  silentSince: Date | null;
  apiReachable: boolean;
}

/** Heat's word for a stack in the seam's words. A suspended stack takes no update, so it counts as failed. */
export function stackState(status: string): BackendState {
  const [action = "", state = ""] = [status.slice(0, status.indexOf("_")), status.slice(status.indexOf("_") + 1)];
  if (status === "DELETE_COMPLETE") return "absent";
  if (state === "FAILED" || status === "SUSPEND_COMPLETE") return "failed";
  if (state === "COMPLETE") return action === "INIT" ? "creating" : "ready";
  if (action === "DELETE") return "deleting";
  return action === "CREATE" || action === "ADOPT" || action === "INIT" ? "creating" : "updating";
}

/** Is Heat at work on it? */
export const isMoving = (state: BackendState): boolean =>
  state === "creating" || state === "updating" || state === "deleting";
