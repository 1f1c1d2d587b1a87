import { isFailed, type ClusterStatus } from "./cluster-status.ts";

/** When a creation is given up: the cluster's own limit, an hour when it has none of its own, never for 0. */
export function deadline(cluster: { createTimeoutMinutes: number | null }, now: Date): Date | null {
  return rolloutDeadline(cluster, 1, now);
}

/** Of any other change. One that repairs a failed cluster may have to go on with the rollout that failed. */
export function changeDeadline(
  cluster: { createTimeoutMinutes: number | null; status: ClusterStatus; masterCount: number; nodeCount: number },
  now: Date,
): Date | null {
  const goesOn = isFailed(cluster.status) && cluster.status !== "CREATE_FAILED";
  return rolloutDeadline(cluster, goesOn ? cluster.masterCount + cluster.nodeCount : 1, now);
}

/** Of a deletion: an hour at least, and never none, since a limit for creations says nothing about it. */
export const deletionDeadline = (
  { createTimeoutMinutes: minutes }: { createTimeoutMinutes: number | null },
  now: Date,
) => new Date(now.getTime() + Math.max(minutes ?? 60, 60) * 60_000);

/** Of a change that replaces nodes in `rounds` turns, each of which may take as long as a whole creation. */
export function rolloutDeadline(
  { createTimeoutMinutes: minutes }: { createTimeoutMinutes: number | null },
  rounds: number,
  now: Date,
): Date | null {
  return minutes === 0 ? null : new Date(now.getTime() + (minutes ?? 60) * 60_000 * Math.max(rounds, 1));
}
