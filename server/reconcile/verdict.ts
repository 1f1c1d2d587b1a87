// What the status function takes and gives.
import type { PkiState } from "../domain/authority.ts";
import type { ClusterStatus } from "../domain/cluster-status.ts";
import type { ClusterEvent } from "../domain/event.ts";
import type { FailureCause } from "../domain/failure.ts";
import type { Observed, Outcome, Progress, Step } from "../../drivers/driver.ts";
import type { Memory } from "./memory.ts";

/** A cluster as its row says before the pass. */
export interface Standing {
  name: string;
  status: ClusterStatus;
  statusReason: string | null;
  failure: FailureCause | null;
  /** Null until the back end's object was seen. */
  stackId: string | null;
  apiAddress: string | null;
  generation: number;
  observedGeneration: number;
  deleting: boolean;
  repair: boolean;
  deadlineAt: Date | null;
  /** The running change is undone when it fails, or is being undone: what that may take. Null = it is not. */
  undo: { createTimeoutMinutes: number | null; nodes: number } | null;
  /** Passes in a row that could not see or do anything. */
  failures: number;
  progress: Progress | null;
  nodegroups: readonly StandingGroup[];
  memory: Memory;
}

export interface StandingGroup {
  id: string;
  name: string;
  role: string;
  isDefault: boolean;
  count: number;
  /** Nodes that are to go, by server id or member index. */
  remove: readonly string[];
  status: ClusterStatus | null;
  statusReason: string | null;
}

/** What a pass found. */
export type Finding =
  | {
      kind: "seen";
      seen: Observed;
      steps: readonly Step[];
      /** Of the first step; null when nothing was done. */
      outcome: Outcome | null;
      /** Status words of the cluster's back end objects as surveyed; the cluster's own object comes first. */
      backendWords: readonly string[];
    }
  /** Settled, and the survey shows the same as before. */
  | { kind: "unchanged" }
  /** The cloud or the cluster's credential refused or did not answer. */
  | { kind: "trouble"; message: string; remedy: string | null; permanent: boolean };

export interface Verdict {
  status: ClusterStatus;
  statusReason: string | null;
  failure: FailureCause | null;
  /** The back end is gone: identities, keys and rows may go. */
  gone: boolean;
  nodegroups: GroupVerdict[];
  progress: Progress | null;
  repair: boolean;
  failures: number;
  observedGeneration: number;
  memory: Memory;
  events: Message[];
  /** Where the rotation of the authorities stands after the pass; absent = as before. */
  pki?: PkiState;
  /** When the operation is given up from now on; absent = as before. */
  deadlineAt?: Date | null;
  /** What was wanted before the change becomes the wish again. */
  restore?: boolean;
  /** How the running operation ended; null = it goes on, or there is none. */
  ended: { outcome: "done" | "failed"; reason: string | null } | null;
  next: Next;
}

export interface GroupVerdict {
  id: string;
  status: ClusterStatus;
  statusReason: string | null;
  /** A deleted group whose back end is gone: its row goes. */
  gone: boolean;
  /** Read back after a rollback; absent = what is wanted stays. */
  count?: number;
}

export type Message = Pick<ClusterEvent, "level" | "message" | "detail">;

/** When to look again, before jitter. `busy` and `settled` are the loop's paces; `error` grows with `failures`. */
export type Next = { kind: "busy" | "soon" | "settled" | "error" } | { kind: "after"; ms: number };

/** Repairs and deletions of what is failed are tried this often in one operation. */
export const attemptLimits = { repair: 10, deletion: 4 } as const;
