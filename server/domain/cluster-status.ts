// Magnum's status words, what they mean to people, and which operation is possible in which of them.
import { z } from "zod";

export const clusterStatuses = [
  "CREATE_IN_PROGRESS",
  "CREATE_FAILED",
  "CREATE_COMPLETE",
  "UPDATE_IN_PROGRESS",
  "UPDATE_FAILED",
  "UPDATE_COMPLETE",
  "DELETE_IN_PROGRESS",
  "DELETE_FAILED",
  "DELETE_COMPLETE",
  "RESUME_COMPLETE",
  "RESUME_FAILED",
  "RESTORE_COMPLETE",
  "ROLLBACK_IN_PROGRESS",
  "ROLLBACK_FAILED",
  "ROLLBACK_COMPLETE",
  "SNAPSHOT_COMPLETE",
  "CHECK_COMPLETE",
  "ADOPT_COMPLETE",
] as const;
export const ClusterStatus = z.enum(clusterStatuses);
export type ClusterStatus = z.infer<typeof ClusterStatus>;

export const HealthStatus = z.enum(["HEALTHY", "UNHEALTHY", "UNKNOWN"]);
export type HealthStatus = z.infer<typeof HealthStatus>;

export const statusGroups = ["ready", "working", "failed", "deleting"] as const;
export type StatusGroup = (typeof statusGroups)[number];

const words: Record<ClusterStatus, { group: StatusGroup; word: string }> = {
  CREATE_IN_PROGRESS: { group: "working", word: "Creating" },
  UPDATE_IN_PROGRESS: { group: "working", word: "Updating" },
  ROLLBACK_IN_PROGRESS: { group: "working", word: "Rolling back" },
  DELETE_IN_PROGRESS: { group: "deleting", word: "Deleting" },
  CREATE_COMPLETE: { group: "ready", word: "Ready" },
  UPDATE_COMPLETE: { group: "ready", word: "Ready" },
  RESUME_COMPLETE: { group: "ready", word: "Ready" },
  RESTORE_COMPLETE: { group: "ready", word: "Ready" },
  SNAPSHOT_COMPLETE: { group: "ready", word: "Ready" },
  CHECK_COMPLETE: { group: "ready", word: "Ready" },
  ADOPT_COMPLETE: { group: "ready", word: "Ready" },
  ROLLBACK_COMPLETE: { group: "ready", word: "Ready, last change rolled back" },
  CREATE_FAILED: { group: "failed", word: "Creation failed" },
  UPDATE_FAILED: { group: "failed", word: "Last change failed" },
  ROLLBACK_FAILED: { group: "failed", word: "Rollback failed" },
  RESUME_FAILED: { group: "failed", word: "Resume failed" },
  DELETE_FAILED: { group: "failed", word: "Deletion failed" },
  DELETE_COMPLETE: { group: "deleting", word: "Deleted" },
};

export const statusGroup = (status: ClusterStatus): StatusGroup => words[status].group;
export const statusWord = (status: ClusterStatus): string => words[status].word;

/** The statuses of a group, for filters. */
export const statusesOf = (group: StatusGroup): ClusterStatus[] =>
  clusterStatuses.filter((status) => words[status].group === group);

export const isInProgress = (status: ClusterStatus): boolean => status.endsWith("_IN_PROGRESS");
export const isFailed = (status: ClusterStatus): boolean => status.endsWith("_FAILED");
export const isSettledGood = (status: ClusterStatus): boolean =>
  status.endsWith("_COMPLETE") && status !== "DELETE_COMPLETE";

export const operations = [
  "delete",
  "retry",
  "resize",
  "upgrade",
  "update",
  "rotateCa",
  "rotateCredential",
  "createNodegroup",
  "updateNodegroup",
  "deleteNodegroup",
] as const;
export type Operation = (typeof operations)[number];

type Verdict = true | string;
const wait = "Wait until the running change has ended.";
const building = "The cluster is still being built.";
const broken = "The cluster could not be built: retry or delete it.";
const repairFirst = "The last change failed: repair it by a resize or retry first.";
const going = "The cluster is being deleted.";

const undoing = "Wait until the failed change is undone.";

// columns: settled-good, UPDATE_IN_PROGRESS, UPDATE_FAILED and the like, CREATE_IN_PROGRESS, CREATE_FAILED,
// DELETE_IN_PROGRESS, DELETE_FAILED, ROLLBACK_IN_PROGRESS. Source: console-rules 9.2, magnum-api 13; that a failed
// rollback can be repaired as a failed change can is ours: it would be a dead end.
const table: Record<Operation, readonly [Verdict, Verdict, Verdict, Verdict, Verdict, Verdict, Verdict, Verdict]> = {
  delete: [true, true, true, true, true, true, true, true],
  retry: ["Nothing failed.", wait, true, building, true, going, "Delete it again.", undoing],
  resize: [true, true, true, building, broken, going, going, undoing],
  upgrade: [true, wait, repairFirst, building, broken, going, going, undoing],
  update: [true, wait, repairFirst, building, broken, going, going, undoing],
  rotateCa: [true, wait, repairFirst, building, broken, going, going, undoing],
  rotateCredential: [true, true, true, building, broken, going, going, undoing],
  createNodegroup: [true, true, true, building, broken, going, going, undoing],
  updateNodegroup: [true, true, true, building, broken, going, going, undoing],
  deleteNodegroup: [true, true, true, true, true, going, going, true],
};

function column(status: ClusterStatus): 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 {
  if (isSettledGood(status)) return 0;
  switch (status) {
    case "UPDATE_IN_PROGRESS":
      return 1;
    case "UPDATE_FAILED":
    case "ROLLBACK_FAILED":
    case "RESUME_FAILED":
      return 2;
    case "CREATE_IN_PROGRESS":
      return 3;
    case "CREATE_FAILED":
      return 4;
    case "DELETE_IN_PROGRESS":
    case "DELETE_COMPLETE":
      return 5;
    case "DELETE_FAILED":
      return 6;
    default:
      return 7;
  }
}

/** Why the operation is not possible now, in words; null = it is. One table for services, REST and buttons. */
export function whyNot(operation: Operation, status: ClusterStatus): string | null {
  const verdict = table[operation][column(status)];
  return verdict === true ? null : verdict;
}

/**
 * The cluster's status from its node groups', as Magnum adds them up (statuses.md 3): with only the default groups the
 * control plane's word, unless a worker group says more; otherwise UPDATE or DELETE and the worst suffix.
 */
export function aggregateStatus(
  nodegroups: readonly { name: string; role: string; isDefault: boolean; status: ClusterStatus | null }[],
  previous: ClusterStatus,
): ClusterStatus {
  const known = nodegroups.flatMap((group) => (group.status ? [group.status] : []));
  if (known.length === 0) return previous;
  const suffix = known.some(isInProgress) ? "IN_PROGRESS" : known.some(isFailed) ? "FAILED" : "COMPLETE";
  const master = nodegroups.find((group) => group.isDefault && group.role === "master")?.status ?? known[0];
  const onlyDefaults = nodegroups.every((group) => group.isDefault);
  const verb = master?.startsWith("DELETE")
    ? "DELETE"
    : onlyDefaults && (previous === "CREATE_IN_PROGRESS" || known.some((status) => status.startsWith("CREATE")))
      ? "CREATE"
      : "UPDATE";
  const status: ClusterStatus = `${verb}_${suffix}`;
  if (status === "CREATE_COMPLETE" && previous !== "CREATE_IN_PROGRESS" && previous !== "CREATE_COMPLETE")
    return "UPDATE_COMPLETE";
  if (status.startsWith("CREATE_") && previous.startsWith("UPDATE_")) return ClusterStatus.parse(`UPDATE_${suffix}`);
  return status;
}
