import { isFailed, type ClusterStatus } from "./cluster-status.ts";

/** The last moment that dates are written for in four digits of years, which every database and reader takes. */
const lastMoment = Date.parse("9999-12-31T23:59:59.999Z");

const after = (now: Date, minutes: number): Date => new Date(Math.min(now.getTime() + minutes * 60_000, lastMoment));

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
) => after(now, Math.max(minutes ?? 60, 60));

/** Of a change that replaces nodes in `rounds` turns, each of which may take as long as a whole creation. */
export function rolloutDeadline(
  { createTimeoutMinutes: minutes }: { createTimeoutMinutes: number | null },
  rounds: number,
  now: Date,
): Date | null {
  return minutes === 0 ? null : after(now, (minutes ?? 60) * Math.max(rounds, 1));
}
