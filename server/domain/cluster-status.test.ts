import { describe, expect, it } from "vitest";
import {
  aggregateStatus,
  clusterStatuses,
  isFailed,
  isSettledGood,
  operations,
  statusGroup,
  statusGroups,
  statusesOf,
  whyNot,
  type ClusterStatus,
} from "./cluster-status.ts";

const master = (status: ClusterStatus | null) => ({ name: "default-master", role: "master", isDefault: true, status });
const worker = (status: ClusterStatus | null) => ({ name: "default-worker", role: "worker", isDefault: true, status });
const pool = (status: ClusterStatus | null) => ({ name: "pool-1", role: "worker", isDefault: false, status });

describe("the cluster's status from its node groups'", () => {
  it.each<[string, ReturnType<typeof pool>[], ClusterStatus, ClusterStatus]>([
    ["nothing known yet", [master(null), worker(null)], "CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS"],
    [
      "both being created",
      [master("CREATE_IN_PROGRESS"), worker("CREATE_IN_PROGRESS")],
      "CREATE_IN_PROGRESS",
      "CREATE_IN_PROGRESS",
    ],
    [
      "one is up, the other not yet",
      [master("CREATE_COMPLETE"), worker("CREATE_IN_PROGRESS")],
      "CREATE_IN_PROGRESS",
      "CREATE_IN_PROGRESS",
    ],
    ["both created", [master("CREATE_COMPLETE"), worker("CREATE_COMPLETE")], "CREATE_IN_PROGRESS", "CREATE_COMPLETE"],
    ["seen again", [master("CREATE_COMPLETE"), worker("CREATE_COMPLETE")], "CREATE_COMPLETE", "CREATE_COMPLETE"],
    [
      "workers failed while created",
      [master("CREATE_COMPLETE"), worker("CREATE_FAILED")],
      "CREATE_IN_PROGRESS",
      "CREATE_FAILED",
    ],
    [
      "a failure waits for what still runs",
      [master("CREATE_IN_PROGRESS"), worker("CREATE_FAILED")],
      "CREATE_IN_PROGRESS",
      "CREATE_IN_PROGRESS",
    ],
    [
      "workers resized",
      [master("CREATE_COMPLETE"), worker("UPDATE_COMPLETE")],
      "UPDATE_IN_PROGRESS",
      "UPDATE_COMPLETE",
    ],
    [
      "an update that changed no group",
      [master("CREATE_COMPLETE"), worker("CREATE_COMPLETE")],
      "UPDATE_IN_PROGRESS",
      "UPDATE_COMPLETE",
    ],
    [
      "workers being resized",
      [master("CREATE_COMPLETE"), worker("UPDATE_IN_PROGRESS")],
      "UPDATE_IN_PROGRESS",
      "UPDATE_IN_PROGRESS",
    ],
    [
      "workers' resize failed",
      [master("CREATE_COMPLETE"), worker("UPDATE_FAILED")],
      "UPDATE_IN_PROGRESS",
      "UPDATE_FAILED",
    ],
    [
      "a pool failed while created",
      [master("CREATE_COMPLETE"), worker("CREATE_COMPLETE"), pool("CREATE_FAILED")],
      "UPDATE_IN_PROGRESS",
      "UPDATE_FAILED",
    ],
    [
      "a pool being created",
      [master("CREATE_COMPLETE"), worker("CREATE_COMPLETE"), pool("CREATE_IN_PROGRESS")],
      "UPDATE_IN_PROGRESS",
      "UPDATE_IN_PROGRESS",
    ],
    [
      "a pool made",
      [master("CREATE_COMPLETE"), worker("CREATE_COMPLETE"), pool("CREATE_COMPLETE")],
      "UPDATE_IN_PROGRESS",
      "UPDATE_COMPLETE",
    ],
    [
      "a failed pool hidden by one in progress",
      [master("CREATE_COMPLETE"), worker("UPDATE_IN_PROGRESS"), pool("UPDATE_FAILED")],
      "UPDATE_IN_PROGRESS",
      "UPDATE_IN_PROGRESS",
    ],
    [
      "being deleted",
      [master("DELETE_IN_PROGRESS"), worker("DELETE_IN_PROGRESS")],
      "DELETE_IN_PROGRESS",
      "DELETE_IN_PROGRESS",
    ],
    ["deletion failed", [master("DELETE_FAILED"), worker("DELETE_FAILED")], "DELETE_IN_PROGRESS", "DELETE_FAILED"],
    [
      "being deleted with pools",
      [master("DELETE_IN_PROGRESS"), worker("DELETE_IN_PROGRESS"), pool("DELETE_IN_PROGRESS")],
      "DELETE_IN_PROGRESS",
      "DELETE_IN_PROGRESS",
    ],
    [
      "both default groups deleted",
      [master("DELETE_COMPLETE"), worker("DELETE_COMPLETE")],
      "DELETE_IN_PROGRESS",
      "DELETE_COMPLETE",
    ],
  ])("%s", (_what, groups, previous, expected) => {
    expect(aggregateStatus(groups, previous)).toBe(expected);
  });
});

describe("what is possible in which status", () => {
  // Source: magnum-api 13; retry is ours, and that a failed rollback is no dead end.
  const settled = clusterStatuses.filter(isSettledGood);
  const failed: readonly ClusterStatus[] = ["UPDATE_FAILED", "ROLLBACK_FAILED", "RESUME_FAILED"];
  const repairable: readonly ClusterStatus[] = [...settled, ...failed, "UPDATE_IN_PROGRESS"];
  const allowed: Record<(typeof operations)[number], readonly ClusterStatus[]> = {
    delete: clusterStatuses,
    retry: ["CREATE_FAILED", ...failed],
    resize: repairable,
    upgrade: settled,
    update: settled,
    rotateCa: settled,
    rotateCredential: repairable,
    createNodegroup: repairable,
    updateNodegroup: repairable,
    deleteNodegroup: [...repairable, "CREATE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_IN_PROGRESS"],
  };

  it.each(operations)("%s", (operation) => {
    const found = clusterStatuses.filter((status) => whyNot(operation, status) === null);
    expect(new Set(found)).toEqual(new Set(allowed[operation]));
  });
});

describe("the words", () => {
  it("are 18, each in one group, and five of them are faults", () => {
    expect(clusterStatuses).toHaveLength(18);
    expect(statusGroups.flatMap(statusesOf).toSorted()).toEqual([...clusterStatuses].toSorted());
    expect(clusterStatuses.filter(isFailed).toSorted()).toEqual([
      "CREATE_FAILED",
      "DELETE_FAILED",
      "RESUME_FAILED",
      "ROLLBACK_FAILED",
      "UPDATE_FAILED",
    ]);
    expect(statusGroup("ROLLBACK_COMPLETE")).toBe("ready");
  });
});
