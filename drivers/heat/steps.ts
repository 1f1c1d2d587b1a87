// What the Heat base can do next: plain data without secrets.
import type { OneAtATime } from "../driver.ts";
import type { ClusterFacts } from "./pair.ts";
import type { Part } from "./names.ts";

export interface StackKey {
  id: string;
  name: string;
}

export type HeatStep = { readonly summary: string; readonly turn?: OneAtATime } & (
  | { readonly kind: "createCluster"; readonly name: string }
  | {
      readonly kind: "createNodes";
      readonly name: string;
      readonly part: Exclude<Part, "cluster">;
      readonly nodegroupId: string;
      readonly count: number;
      /** Control plane nodes: all join the cluster that others of the group began. */
      readonly joins: boolean;
      readonly facts: ClusterFacts;
    }
  /** Count and removal list always together, in one change. */
  | { readonly kind: "resize"; readonly stack: StackKey; readonly count: number; readonly remove: readonly string[] }
  /** The same again: Heat makes what failed anew. */
  | { readonly kind: "retryStack"; readonly stack: StackKey }
  | { readonly kind: "deleteStack"; readonly stack: StackKey }
  | { readonly kind: "releaseFloatingIp"; readonly id: string }
  | { readonly kind: "releaseBalancer"; readonly id: string }
  | { readonly kind: "applyAddons"; readonly revision: string; readonly apiAddress: string }
  /** Keep new work off these nodes and ask theirs to leave. Given again until they are drained. */
  | { readonly kind: "drain"; readonly apiAddress: string; readonly nodes: readonly string[] }
  /** Give nodes back to work that were to go and are to stay after all. */
  | { readonly kind: "restore"; readonly apiAddress: string; readonly nodes: readonly string[] }
  /** Ask a control plane node to leave the cluster's store. Given again until it has. */
  | { readonly kind: "leave"; readonly apiAddress: string; readonly node: string }
  /** Have the only control plane node become in place what a new one would be. Given again until it has, or has not. */
  | {
      readonly kind: "renew";
      readonly apiAddress: string;
      readonly node: string;
      readonly nodegroupId: string;
      readonly to: string;
      readonly again: boolean;
    }
  /** Write down in its stack what it has become, so that it is known while its API is away. */
  | { readonly kind: "noteRenewal"; readonly stack: StackKey; readonly generation: string; readonly version: string }
  /** Take nodes off the cluster's list whose servers are gone. */
  | { readonly kind: "forget"; readonly apiAddress: string; readonly nodes: readonly string[] }
  /** Bring a group's labels and taints to nodes that have others. */
  | {
      readonly kind: "mark";
      readonly apiAddress: string;
      readonly nodegroupId: string;
      readonly nodes: readonly string[];
    }
);
