// The words of node groups (statuses.md 2 and 3). Pure.
import { isFailed, isInProgress, isSettledGood, type ClusterStatus } from "../domain/cluster-status.ts";
import { passingOf } from "../domain/passing.ts";
import type { Observed, ObservedNodegroup } from "../../drivers/driver.ts";
import type { GroupVerdict, Standing, StandingGroup } from "./verdict.ts";

export const groupSeen = (seen: Observed | null, group: { id: string }): ObservedNodegroup | null =>
  seen?.nodegroups.find((other) => other.key.id === group.id) ?? null;

export const statusOf = (before: Standing, id: string): ClusterStatus =>
  before.nodegroups.find((group) => group.id === id)?.status ?? "CREATE_IN_PROGRESS";

export const isLead = (before: Standing, id: string): boolean =>
  before.nodegroups.some((group) => group.id === id && group.isDefault && group.role === "master");

export function verbOf(status: ClusterStatus | null): "CREATE" | "UPDATE" | "DELETE" | "ROLLBACK" {
  if (status === null || status.startsWith("CREATE")) return "CREATE";
  if (status.startsWith("DELETE")) return "DELETE";
  return status.startsWith("ROLLBACK") ? "ROLLBACK" : "UPDATE";
}

const isThere = (group: StandingGroup, seen: ObservedNodegroup | null): boolean =>
  seen !== null &&
  seen.state === "ready" &&
  seen.count === group.count &&
  !group.remove.some((name) => seen.nodes.some((node) => node.serverId === name || node.index === name));

/** A group on its way out of which the back end has nothing any more. */
const isGone = (seen: Observed | null, group: StandingGroup): boolean =>
  seen !== null && verbOf(group.status) === "DELETE" && (groupSeen(seen, group)?.state ?? "absent") === "absent";

const removed = (group: StandingGroup): GroupVerdict => ({
  id: group.id,
  status: "DELETE_COMPLETE",
  statusReason: null,
  gone: true,
});

/** While the cluster works: the default master group waits for the whole, since clients take its word for the cluster's. */
export function workingGroup(before: Standing, group: StandingGroup, all: Observed, more: boolean): GroupVerdict {
  const seen = groupSeen(all, group);
  const status = group.status ?? "CREATE_IN_PROGRESS";
  const same = { id: group.id, status, statusReason: group.statusReason, gone: false };
  if (before.deleting || isLead(before, group.id) || !isInProgress(status)) return same;
  if (verbOf(status) === "DELETE") return isGone(all, group) ? removed(group) : same;
  // Others may still be at work: this group's failure is known all the same, unless it may pass.
  if (seen?.state === "failed" && !before.repair && passingOf(seen.reason ?? "") === null)
    return { ...same, status: `${verbOf(status)}_FAILED`, statusReason: seen.reason };
  // What is still to be done may be about this group's nodes (their labels, say): only a new group has nothing before it.
  if (more && verbOf(status) !== "CREATE") return same;
  return isThere(group, seen) ? { ...same, status: `${verbOf(status)}_COMPLETE`, statusReason: null } : same;
}

export function completedGroup(group: StandingGroup, seen: ObservedNodegroup | null): GroupVerdict {
  const status = group.status ?? "CREATE_IN_PROGRESS";
  if (verbOf(status) === "DELETE")
    return {
      id: group.id,
      status: "DELETE_COMPLETE",
      statusReason: null,
      gone: seen === null || seen.state === "absent",
    };
  const settled = isSettledGood(status) ? status : (`${verbOf(status)}_COMPLETE` as const);
  return { id: group.id, status: settled, statusReason: null, gone: false };
}

export function failedGroups(before: Standing, seen: Observed | null, reason: string): GroupVerdict[] {
  if (before.deleting)
    return before.nodegroups.map((group) => ({
      id: group.id,
      status: "DELETE_FAILED",
      statusReason: groupSeen(seen, group)?.reason ?? reason,
      gone: false,
    }));
  const groups = before.nodegroups.map((group): GroupVerdict => {
    const status = group.status ?? "CREATE_IN_PROGRESS";
    const found = groupSeen(seen, group);
    const broken = found?.state === "failed";
    if (isGone(seen, group)) return removed(group);
    if (!isInProgress(status) && !broken)
      return { id: group.id, status, statusReason: group.statusReason, gone: false };
    if (!broken && verbOf(status) !== "DELETE" && isThere(group, found))
      return { id: group.id, status: `${verbOf(status)}_COMPLETE`, statusReason: null, gone: false };
    const verb = isInProgress(status) || isFailed(status) ? verbOf(status) : verbOf(running(before.status));
    return { id: group.id, status: `${verb}_FAILED`, statusReason: found?.reason ?? reason, gone: false };
  });
  if (groups.some((group) => isFailed(group.status))) return groups;
  // What all groups share has failed: the master group speaks for it.
  const lead = before.nodegroups.find((group) => group.isDefault && group.role === "master") ?? before.nodegroups[0];
  return groups.map((group) =>
    group.id === lead?.id
      ? { ...group, status: `${verbOf(running(before.status))}_FAILED`, statusReason: reason }
      : group,
  );
}

/** The word of the operation that a failed one belonged to. */
export const running = (status: ClusterStatus): ClusterStatus =>
  status.startsWith("CREATE")
    ? "CREATE_IN_PROGRESS"
    : status.startsWith("DELETE")
      ? "DELETE_IN_PROGRESS"
      : status.startsWith("ROLLBACK")
        ? "ROLLBACK_IN_PROGRESS"
        : "UPDATE_IN_PROGRESS";
