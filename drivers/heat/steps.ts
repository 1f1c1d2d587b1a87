// What the Heat base can do next: plain data without secrets.
import type { ClusterFacts } from "./pair.ts";
import type { Part } from "./names.ts";

export interface StackKey {
  id: string;
  name: string;
}

export type HeatStep = { readonly summary: string } & (
  | { readonly kind: "createCluster"; readonly name: string }
  | {
      readonly kind: "createNodes";
      readonly name: string;
      readonly part: Exclude<Part, "cluster">;
      readonly nodegroupId: string;
      readonly count: number;
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
);
