import { describe, expect, it } from "vitest";
import type { BackendState, Observed, ObservedNodegroup, Outcome, Step } from "../../drivers/driver.ts";
import { clusterStatuses, isInProgress, type ClusterStatus } from "../domain/cluster-status.ts";
import { passing } from "../domain/passing.ts";
import { judge, stepToTake } from "./status.ts";
import { attemptLimits, type Finding, type Standing, type StandingGroup } from "./verdict.ts";

const now = new Date("2026-01-02T03:04:05Z");
const later = new Date(now.getTime() + 60_000);
const earlier = new Date(now.getTime() - 60_000);

const theEight: ClusterStatus[] = [
  "CREATE_COMPLETE",
  "UPDATE_COMPLETE",
  "RESUME_COMPLETE",
  "RESTORE_COMPLETE",
  "ROLLBACK_COMPLETE",
  "SNAPSHOT_COMPLETE",
  "CHECK_COMPLETE",
  "ADOPT_COMPLETE",
];

function group(name: string, status: ClusterStatus | null, given: Partial<StandingGroup> = {}): StandingGroup {
  const role = name === "default-master" ? "master" : "worker";
  return {
    id: name,
    name,
    role,
    isDefault: name.startsWith("default-"),
    count: 2,
    remove: [],
    status,
    statusReason: null,
    ...given,
  };
}

function standing(status: ClusterStatus, given: Partial<Standing> = {}): Standing {
  return {
    name: "web-1",
    status,
    statusReason: null,
    failure: null,
    stackId: status === "CREATE_IN_PROGRESS" ? null : "stack-1",
    apiAddress: null,
    generation: 3,
    observedGeneration: 2,
    deleting: status.startsWith("DELETE"),
    repair: false,
    deadlineAt: null,
    undo: null,
    failures: 0,
    progress: null,
    nodegroups: [group("default-master", status), group("default-worker", status)],
    memory: { backend: null, attempts: 0, mended: 0, generation: 3, said: null, turn: false, gone: false },
    ...given,
  };
}

const foundGroup = (name: string, state: BackendState, given: Partial<ObservedNodegroup> = {}): ObservedNodegroup => ({
  key: { id: name, name },
  backendId: `stack-of-${name}`,
  state,
  reason: null,
  count: 2,
  addresses: [],
  version: null,
  nodes: [],
  ...given,
});

function observed(state: BackendState, given: Partial<Observed> = {}): Observed {
  return {
    backendId: state === "absent" ? null : "stack-1",
    state,
    reason: null,
    apiAddress: null,
    apiSilent: false,
    coeVersion: null,
    containerVersion: null,
    masterAddresses: [],
    nodegroups: state === "absent" ? [] : [foundGroup("default-master", state), foundGroup("default-worker", state)],
    progress: null,
    failures: [],
    leftovers: [],
    ...given,
  };
}

const step: Step = { kind: "make", summary: "Create 2 worker nodes" };

const sees = (
  seen: Observed,
  { steps = [], outcome = null, words = [] }: { steps?: Step[]; outcome?: Outcome | null; words?: string[] } = {},
): Finding => ({ kind: "seen", seen, steps, outcome, backendWords: words });

const trouble = (given: { permanent?: boolean } = {}): Finding => ({
  kind: "trouble",
  message: "The orchestration service does not answer.",
  remedy: null,
  permanent: false,
  ...given,
});

describe("a cluster that is being created", () => {
  const creating = standing("CREATE_IN_PROGRESS");

  it("is made although nothing is there yet, and stays CREATE_IN_PROGRESS", () => {
    expect(stepToTake(creating, observed("absent"), [step], now)).toBe(step);
    const verdict = judge(creating, sees(observed("absent"), { steps: [step], outcome: { kind: "done" } }), now);
    expect(verdict).toMatchObject({ status: "CREATE_IN_PROGRESS", ended: null, next: { kind: "soon" } });
    expect(verdict.events).toEqual([{ level: "info", message: "Create 2 worker nodes.", detail: null }]);
  });

  it("becomes CREATE_COMPLETE with both groups when the back end is ready and no step is left", () => {
    const verdict = judge(creating, sees(observed("ready")), now);
    expect(verdict).toMatchObject({
      status: "CREATE_COMPLETE",
      statusReason: null,
      observedGeneration: 3,
      progress: null,
      ended: { outcome: "done", reason: null },
      next: { kind: "settled" },
    });
    expect(verdict.nodegroups.map((each) => each.status)).toEqual(["CREATE_COMPLETE", "CREATE_COMPLETE"]);
  });

  it("is complete with a warning when all is there but the API does not answer us", () => {
    const seen = observed("ready", { apiAddress: "https://192.0.2.7:6443", apiSilent: true });
    const verdict = judge({ ...creating, apiAddress: seen.apiAddress }, sees(seen), now);
    expect(verdict.status).toBe("CREATE_COMPLETE");
    expect(verdict.events.map((each) => each.level)).toEqual(["info", "warning", "good"]);
    expect(verdict.events[1]?.detail).toContain("https://192.0.2.7:6443");
  });

  it("is not complete while a step is left although all nodes are up; the master group waits for the whole", () => {
    const verdict = judge(creating, sees(observed("ready"), { steps: [step], outcome: { kind: "done" } }), now);
    expect(verdict.status).toBe("CREATE_IN_PROGRESS");
    expect(verdict.nodegroups.map((each) => each.status)).toEqual(["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]);
  });

  it("becomes CREATE_FAILED with the earliest real cause when the back end failed", () => {
    const seen = observed("failed", {
      nodegroups: [
        foundGroup("default-master", "ready"),
        foundGroup("default-worker", "failed", { reason: "No valid host" }),
      ],
      failures: [
        {
          path: ["workers", "worker 3", "server"],
          type: "OS::Nova::Server",
          name: "server",
          physicalId: "vm-3",
          reason: "No valid host was found. There are not enough hosts available.",
          at: "2026-01-02T03:00:00Z",
        },
      ],
    });
    const verdict = judge(creating, sees(seen), now);
    expect(verdict.status).toBe("CREATE_FAILED");
    expect(verdict.failure).toMatchObject({ kind: "capacity", what: "worker 3's server" });
    expect(verdict.statusReason).toContain("No valid host was found");
    expect(verdict.ended?.outcome).toBe("failed");
    expect(verdict.nodegroups).toMatchObject([
      { status: "CREATE_COMPLETE", statusReason: null },
      { status: "CREATE_FAILED", statusReason: "No valid host" },
    ]);
  });

  it("becomes CREATE_FAILED when the stack vanished whose id was known", () => {
    const before = standing("CREATE_IN_PROGRESS", { stackId: "stack-1" });
    expect(stepToTake(before, observed("absent"), [step], now)).toBeNull();
    const verdict = judge(before, sees(observed("absent"), { steps: [step] }), now);
    expect(verdict).toMatchObject({ status: "CREATE_FAILED", failure: { kind: "vanished" } });
    expect(verdict.statusReason).toContain("Stack with id stack-1 not found in Heat.");
  });

  it("becomes CREATE_FAILED when its time is over, saying what was missing", () => {
    const before = standing("CREATE_IN_PROGRESS", { deadlineAt: earlier });
    const seen = observed("creating", { progress: { done: 7, total: 10, now: "worker 2" } });
    expect(stepToTake(before, seen, [step], now)).toBeNull();
    const verdict = judge(before, sees(seen), now);
    expect(verdict).toMatchObject({ status: "CREATE_FAILED", failure: { kind: "timeout", what: "worker 2" } });
    expect(verdict.progress).toEqual({ done: 7, total: 10, now: "worker 2" });
  });

  it("says at the end of its time what it waited for all the while", () => {
    const wait: Step = { kind: "leave", summary: "Have m-0 leave the control plane" };
    const seen = observed("updating", { progress: { done: 9, total: 9, now: "the replacement of master 1 of 1" } });
    const outcome: Outcome = { kind: "waiting", on: "m-0 to leave the control plane", afterMs: 3000 };
    const first = judge(standing("UPDATE_IN_PROGRESS"), sees(seen, { steps: [wait], outcome }), now);
    const late = standing("UPDATE_IN_PROGRESS", { deadlineAt: earlier, memory: first.memory });
    expect(judge(late, sees(seen, { steps: [wait] }), now).statusReason).toBe(
      "The time limit ran out while changing the cluster; still missing: the replacement of master 1 of 1. " +
        "(Waiting: m-0 to leave the control plane.)",
    );
  });

  it("is complete when it comes up in the very moment its time is over", () => {
    const before = standing("CREATE_IN_PROGRESS", { deadlineAt: earlier });
    expect(judge(before, sees(observed("ready")), now).status).toBe("CREATE_COMPLETE");
  });

  it("becomes CREATE_FAILED with both groups when the back end refuses for good", () => {
    const outcome: Outcome = { kind: "stalled", reason: "The trust is gone", remedy: "Rotate the credential." };
    const verdict = judge(creating, sees(observed("absent"), { steps: [step], outcome }), now);
    expect(verdict).toMatchObject({
      status: "CREATE_FAILED",
      failure: { kind: "delegation", sentence: "The trust is gone.", remedy: "Rotate the credential." },
    });
    expect(verdict.nodegroups.map((each) => each.status)).toEqual(["CREATE_FAILED", "CREATE_FAILED"]);
    expect(judge(creating, trouble({ permanent: true }), now).status).toBe("CREATE_FAILED");
  });

  it("goes on when the cloud is away for a while, later and later, and says so once", () => {
    const first = judge(creating, trouble(), now);
    expect(first).toMatchObject({ status: "CREATE_IN_PROGRESS", failures: 1, next: { kind: "error" }, events: [] });
    const second = judge({ ...creating, failures: 1, memory: first.memory }, trouble(), now);
    expect(second).toMatchObject({ failures: 2 });
    expect(second.events).toHaveLength(1);
    const third = judge({ ...creating, failures: 2, memory: second.memory }, trouble(), now);
    expect(third).toMatchObject({ failures: 3, events: [] });
    expect(judge({ ...creating, failures: 3 }, sees(observed("creating")), now).failures).toBe(0);
  });

  it("is given up at the deadline also when the cloud stays away", () => {
    const verdict = judge(standing("CREATE_IN_PROGRESS", { deadlineAt: earlier }), trouble(), now);
    expect(verdict.status).toBe("CREATE_FAILED");
  });

  it("says a repeated step or wait once", () => {
    const waiting: Outcome = { kind: "waiting", on: "the control plane", afterMs: 500 };
    const first = judge(creating, sees(observed("creating"), { steps: [step], outcome: waiting }), now);
    expect(first.events.map((each) => each.message)).toEqual(["Waiting: the control plane."]);
    expect(first.next).toEqual({ kind: "after", ms: 500 });
    const again = judge(
      { ...creating, memory: first.memory },
      sees(observed("creating"), { steps: [step], outcome: waiting }),
      now,
    );
    expect(again.events).toEqual([]);
  });

  it("tells when the API has its address and when a group is up", () => {
    const seen = observed("creating", {
      apiAddress: "https://192.0.2.7:6443",
      nodegroups: [foundGroup("default-master", "creating"), foundGroup("default-worker", "ready")],
    });
    const verdict = judge(creating, sees(seen), now);
    expect(verdict.events.map((each) => each.message)).toEqual([
      "The cluster's API has its address: https://192.0.2.7:6443",
      "default-worker: 2 nodes are up.",
    ]);
    expect(verdict.nodegroups[1]?.status).toBe("CREATE_COMPLETE");
  });

  it("keeps a group in progress while it has fewer nodes than wanted", () => {
    const seen = observed("ready", {
      nodegroups: [foundGroup("default-master", "ready"), foundGroup("default-worker", "ready", { count: 1 })],
    });
    const verdict = judge(creating, sees(seen, { steps: [step], outcome: { kind: "done" } }), now);
    expect(verdict.nodegroups[1]?.status).toBe("CREATE_IN_PROGRESS");
  });
});

describe("a cluster that is being changed", () => {
  it.each([
    ["the whole cluster", standing("UPDATE_IN_PROGRESS")],
    [
      "only the worker group",
      standing("UPDATE_IN_PROGRESS", {
        nodegroups: [group("default-master", "CREATE_COMPLETE"), group("default-worker", "UPDATE_IN_PROGRESS")],
      }),
    ],
    [
      "nothing that takes time",
      standing("UPDATE_IN_PROGRESS", {
        nodegroups: [group("default-master", "CREATE_COMPLETE"), group("default-worker", "CREATE_COMPLETE")],
      }),
    ],
    [
      "a further group that is created",
      standing("UPDATE_IN_PROGRESS", {
        nodegroups: [
          group("default-master", "CREATE_COMPLETE"),
          group("default-worker", "CREATE_COMPLETE"),
          group("pool-1", "CREATE_IN_PROGRESS"),
        ],
      }),
    ],
  ])("ends in UPDATE_COMPLETE: %s", (_what, before) => {
    const verdict = judge(before, sees(observed("ready")), now);
    expect(verdict.status).toBe("UPDATE_COMPLETE");
    expect(verdict.nodegroups.every((each) => each.status.endsWith("_COMPLETE"))).toBe(true);
  });

  it("keeps the words of groups that nothing happened to", () => {
    const before = standing("UPDATE_IN_PROGRESS", {
      nodegroups: [group("default-master", "CREATE_COMPLETE"), group("default-worker", "UPDATE_IN_PROGRESS")],
    });
    const verdict = judge(before, sees(observed("ready")), now);
    expect(verdict.nodegroups.map((each) => each.status)).toEqual(["CREATE_COMPLETE", "UPDATE_COMPLETE"]);
  });

  it("ends in UPDATE_FAILED with the failed group, also when a pool failed while it was created", () => {
    const before = standing("UPDATE_IN_PROGRESS", {
      nodegroups: [
        group("default-master", "CREATE_COMPLETE"),
        group("default-worker", "UPDATE_COMPLETE"),
        group("pool-1", "CREATE_IN_PROGRESS"),
      ],
    });
    const seen = observed("failed", {
      nodegroups: [
        foundGroup("default-master", "ready"),
        foundGroup("default-worker", "ready"),
        foundGroup("pool-1", "failed", { reason: "No valid host was found" }),
      ],
      reason: "No valid host was found",
    });
    const verdict = judge(before, sees(seen), now);
    expect(verdict.status).toBe("UPDATE_FAILED");
    expect(verdict.failure?.kind).toBe("capacity");
    expect(verdict.nodegroups.map((each) => each.status)).toEqual([
      "CREATE_COMPLETE",
      "UPDATE_COMPLETE",
      "CREATE_FAILED",
    ]);
  });

  it("ends in UPDATE_FAILED when what all groups share has failed", () => {
    const before = standing("UPDATE_IN_PROGRESS", {
      nodegroups: [group("default-master", "CREATE_COMPLETE"), group("default-worker", "CREATE_COMPLETE")],
    });
    const seen = observed("failed", {
      reason: "Listener is broken",
      nodegroups: [foundGroup("default-master", "ready"), foundGroup("default-worker", "ready")],
    });
    const verdict = judge(before, sees(seen), now);
    expect(verdict.status).toBe("UPDATE_FAILED");
    expect(verdict.nodegroups[0]).toMatchObject({ status: "UPDATE_FAILED" });
  });

  it("ends in UPDATE_FAILED when the stack vanished", () => {
    const verdict = judge(standing("UPDATE_IN_PROGRESS"), sees(observed("absent"), { steps: [step] }), now);
    expect(verdict).toMatchObject({ status: "UPDATE_FAILED", failure: { kind: "vanished" } });
  });

  it("a deleted group's row goes when the back end has nothing of it any more", () => {
    const before = standing("UPDATE_IN_PROGRESS", {
      nodegroups: [
        group("default-master", "CREATE_COMPLETE"),
        group("default-worker", "CREATE_COMPLETE"),
        group("pool-1", "DELETE_IN_PROGRESS"),
      ],
    });
    const verdict = judge(before, sees(observed("ready")), now);
    expect(verdict.status).toBe("UPDATE_COMPLETE");
    expect(verdict.nodegroups[2]).toMatchObject({ gone: true });
  });

  it("whose rollback was asked for goes through ROLLBACK_IN_PROGRESS and reads the counts back", () => {
    const before = standing("UPDATE_IN_PROGRESS");
    const begun = judge(before, sees(observed("updating"), { words: ["ROLLBACK_IN_PROGRESS"] }), now);
    expect(begun).toMatchObject({ status: "ROLLBACK_IN_PROGRESS", ended: null });
    const rolling = standing("ROLLBACK_IN_PROGRESS", {
      nodegroups: [
        group("default-master", "CREATE_COMPLETE"),
        group("default-worker", "UPDATE_IN_PROGRESS", { count: 5 }),
      ],
    });
    expect(stepToTake(rolling, observed("ready"), [step], now)).toBeNull();
    const done = judge(rolling, sees(observed("ready"), { steps: [step], words: ["ROLLBACK_COMPLETE"] }), now);
    expect(done).toMatchObject({ status: "ROLLBACK_COMPLETE", ended: { outcome: "failed" } });
    expect(done.nodegroups[1]).toMatchObject({ status: "ROLLBACK_COMPLETE", count: 2 });
    const broken = judge(rolling, sees(observed("failed"), { words: ["ROLLBACK_FAILED"] }), now);
    expect(broken.status).toBe("ROLLBACK_FAILED");
  });
});

describe("a failed cluster", () => {
  it.each(["CREATE_FAILED", "UPDATE_FAILED"] as const)("%s is left alone until somebody asks", (status) => {
    expect(stepToTake(standing(status), observed("failed"), [step], now)).toBeNull();
    expect(judge(standing(status), sees(observed("failed"), { steps: [step] }), now)).toMatchObject({
      status,
      events: [],
      next: { kind: "settled" },
    });
  });

  it.each([
    ["CREATE_FAILED", "CREATE_COMPLETE"],
    ["UPDATE_FAILED", "UPDATE_COMPLETE"],
  ] as const)("%s becomes %s when what had failed is in order by itself", (status, healed) => {
    expect(judge(standing(status), sees(observed("ready")), now).status).toBe(healed);
  });

  it("is repaired on the user's word, and the retry ends in CREATE_COMPLETE", () => {
    const retried = standing("CREATE_IN_PROGRESS", { stackId: "stack-1", repair: true });
    expect(stepToTake(retried, observed("failed"), [step], now)).toBe(step);
    const acted = judge(retried, sees(observed("failed"), { steps: [step], outcome: { kind: "done" } }), now);
    expect(acted).toMatchObject({ status: "CREATE_IN_PROGRESS", repair: true, memory: { attempts: 1 } });
    const moving = judge(retried, sees(observed("updating")), now);
    expect(moving.repair).toBe(false);
    expect(judge({ ...retried, repair: false }, sees(observed("ready")), now).status).toBe("CREATE_COMPLETE");
  });

  it("is made anew on the user's word when its stack is gone", () => {
    const retried = standing("CREATE_IN_PROGRESS", { stackId: "stack-1", repair: true });
    expect(stepToTake(retried, observed("absent"), [step], now)).toBe(step);
  });

  it("is not repaired for ever", () => {
    const memory = { ...standing("CREATE_IN_PROGRESS").memory, attempts: attemptLimits.repair };
    const tired = standing("CREATE_IN_PROGRESS", { stackId: "stack-1", repair: true, memory });
    expect(stepToTake(tired, observed("failed"), [step], now)).toBeNull();
    expect(judge(tired, sees(observed("failed", { reason: "again" }), { steps: [step] }), now)).toMatchObject({
      status: "CREATE_FAILED",
      repair: false,
    });
  });
});

describe("a cluster that is being deleted", () => {
  const deleting = standing("DELETE_IN_PROGRESS");

  it("may go when the back end is gone or never existed", () => {
    expect(judge(deleting, sees(observed("absent")), now).gone).toBe(true);
    expect(judge(standing("DELETE_IN_PROGRESS", { stackId: null }), sees(observed("absent")), now).gone).toBe(true);
  });

  it("may not go while a step is left", () => {
    const verdict = judge(deleting, sees(observed("absent"), { steps: [step], outcome: { kind: "done" } }), now);
    expect(verdict).toMatchObject({ gone: false, status: "DELETE_IN_PROGRESS" });
  });

  it("is removed step by step whatever had failed before", () => {
    expect(stepToTake(deleting, observed("failed"), [step], now)).toBe(step);
    const verdict = judge(deleting, sees(observed("failed"), { steps: [step], outcome: { kind: "done" } }), now);
    expect(verdict).toMatchObject({ status: "DELETE_IN_PROGRESS", memory: { attempts: 1 } });
    expect(verdict.nodegroups.map((each) => each.status)).toEqual(["DELETE_IN_PROGRESS", "DELETE_IN_PROGRESS"]);
  });

  it("becomes DELETE_FAILED with what blocks it, by name, with all groups", () => {
    const seen = observed("failed", {
      reason: "Unable to complete operation on subnet: one or more ports have an IP allocation",
      leftovers: [{ type: "port", id: "p-1", name: "bastion", why: "of server jump-host on the cluster's network" }],
    });
    const verdict = judge(deleting, sees(seen), now);
    expect(verdict).toMatchObject({
      status: "DELETE_FAILED",
      failure: { kind: "blocked-delete", what: "port bastion" },
    });
    expect(verdict.statusReason).toContain("one or more ports");
    expect(verdict.nodegroups.map((each) => each.status)).toEqual(["DELETE_FAILED", "DELETE_FAILED"]);
  });

  it("becomes DELETE_FAILED when the back end fails again and again, or the clean-up takes too long", () => {
    const tired = standing("DELETE_IN_PROGRESS", { memory: { ...deleting.memory, attempts: attemptLimits.deletion } });
    expect(judge(tired, sees(observed("failed", { reason: "x" }), { steps: [step] }), now).status).toBe(
      "DELETE_FAILED",
    );
    const late = standing("DELETE_IN_PROGRESS", { deadlineAt: earlier });
    expect(judge(late, sees(observed("deleting")), now).status).toBe("DELETE_FAILED");
  });

  it("that failed may go all the same when somebody cleared the rest by hand", () => {
    expect(judge(standing("DELETE_FAILED"), sees(observed("absent")), now).gone).toBe(true);
    expect(judge(standing("DELETE_FAILED"), sees(observed("failed"), { steps: [step] }), now)).toMatchObject({
      status: "DELETE_FAILED",
      gone: false,
    });
  });
});

describe("a cluster at rest", () => {
  it.each(theEight)("%s stays what it is when the back end is as it should be", (status) => {
    expect(judge(standing(status), sees(observed("ready")), now)).toMatchObject({ status, events: [], ended: null });
    expect(judge(standing(status), { kind: "unchanged" }, now)).toMatchObject({ status, next: { kind: "settled" } });
  });

  it.each(theEight)("%s is never changed without a word of its owner", (status) => {
    for (const state of ["absent", "failed", "ready", "updating"] as const)
      expect(stepToTake(standing(status), observed(state), [step], now)).toBeNull();
  });

  it("whose stack is gone keeps its status and gets one warning", () => {
    const before = standing("CREATE_COMPLETE");
    const verdict = judge(before, sees(observed("absent"), { steps: [step] }), now);
    expect(verdict.status).toBe("CREATE_COMPLETE");
    expect(verdict.events).toMatchObject([
      { level: "warning", message: "The cluster was removed outside of this service." },
    ]);
    expect(
      judge({ ...before, memory: verdict.memory }, sees(observed("absent"), { steps: [step] }), now).events,
    ).toEqual([]);
  });

  it("that differs from what was asked for gets one warning, and again after it was in order", () => {
    const before = standing("UPDATE_COMPLETE");
    const differs = judge(before, sees(observed("ready"), { steps: [step] }), now);
    expect(differs).toMatchObject({ status: "UPDATE_COMPLETE", events: [{ level: "warning" }] });
    const fine = judge({ ...before, memory: differs.memory }, sees(observed("ready")), now);
    expect(
      judge({ ...before, memory: fine.memory }, sees(observed("ready"), { steps: [step] }), now).events,
    ).toHaveLength(1);
  });

  it.each([
    "RESUME_COMPLETE",
    "RESUME_FAILED",
    "RESTORE_COMPLETE",
    "SNAPSHOT_COMPLETE",
    "CHECK_COMPLETE",
    "ADOPT_COMPLETE",
  ] as const)("shows %s when somebody did that to the stack directly", (word) => {
    const verdict = judge(standing("CREATE_COMPLETE"), sees(observed("ready"), { words: [word] }), now);
    expect(verdict).toMatchObject({ status: word, events: [{ level: "warning" }] });
  });

  it("whose stack is suspended is UPDATE_FAILED with that reason", () => {
    const verdict = judge(standing("CREATE_COMPLETE"), sees(observed("failed"), { words: ["SUSPEND_COMPLETE"] }), now);
    expect(verdict).toMatchObject({ status: "UPDATE_FAILED", statusReason: "The stack is suspended." });
  });

  it("stays what it is when the cloud is away", () => {
    expect(judge(standing("CREATE_COMPLETE"), trouble({ permanent: true }), now)).toMatchObject({
      status: "CREATE_COMPLETE",
      failures: 1,
      next: { kind: "error" },
    });
  });
});

describe("whatever the status and whatever is seen", () => {
  const states: BackendState[] = ["absent", "creating", "updating", "deleting", "ready", "failed"];
  const cases = clusterStatuses.flatMap((status) =>
    states.flatMap((state) =>
      [[], [step]].flatMap((steps) =>
        [null, earlier, later].map((deadlineAt) => ({ status, state, steps, deadlineAt })),
      ),
    ),
  );

  it("words come from the 18, only operations that run end, and nothing that runs is left without a next look", () => {
    for (const { status, state, steps, deadlineAt } of cases) {
      const before = standing(status, { deadlineAt });
      const taken = stepToTake(before, observed(state), steps, now);
      const verdict = judge(before, sees(observed(state), { steps, outcome: taken ? { kind: "done" } : null }), now);
      expect(clusterStatuses).toContain(verdict.status);
      if (verdict.ended && !verdict.gone) expect(isInProgress(verdict.status)).toBe(false);
      if (isInProgress(verdict.status) && !verdict.gone) {
        expect(isInProgress(status)).toBe(true);
        expect(["soon", "busy", "after"]).toContain(verdict.next.kind);
      }
      if (verdict.status.startsWith("DELETE")) expect(status).toMatch(/^DELETE/);
      if (verdict.status.endsWith("_FAILED") && isInProgress(status)) expect(verdict.statusReason).not.toBeNull();
      for (const each of verdict.nodegroups) expect(clusterStatuses).toContain(each.status);
    }
    expect(cases.length).toBeGreaterThan(600);
  });
});

describe("a failure that passes by itself", () => {
  const { sample = "", why = "", tries = 0 } = passing.find(({ key }) => key === "project-busy") ?? {};
  const lasting = "No valid host was found.";
  const leaf = (reason: string) => ({
    path: ["cluster network", "API load balancer"],
    type: "OS::Octavia::LoadBalancer",
    name: "api_balancer",
    physicalId: null,
    reason,
    at: null,
  });
  const failing = (...reasons: string[]) =>
    observed("failed", { failures: reasons.map(leaf), reason: reasons[0] ?? null });
  const after = (mended: number, given: Partial<Standing> = {}) => {
    const before = standing("CREATE_IN_PROGRESS", { stackId: "stack-1", ...given });
    return { ...before, memory: { ...before.memory, mended } };
  };

  it("is repaired by itself, told as an event and not as a status", () => {
    const verdict = judge(after(0), sees(failing(sample)), now);
    expect(verdict).toMatchObject({ status: "CREATE_IN_PROGRESS", repair: true, failure: null, ended: null });
    expect(verdict.memory.mended).toBe(1);
    expect(verdict.events).toEqual([
      {
        level: "warning",
        message: `API load balancer was refused for the moment: ${why}. Trying again (1 of ${tries}).`,
        detail: sample,
      },
    ]);
  });

  it("is tried again after pauses that grow", () => {
    const pauses = Array.from({ length: tries }, (_, mended) => judge(after(mended), sees(failing(sample)), now).next);
    const ms = pauses.map((next) => (next.kind === "after" ? next.ms : 0));
    expect(ms[0]).toBeGreaterThan(0);
    for (const [index, pause] of ms.entries()) if (index > 0) expect(pause).toBeGreaterThan(ms[index - 1] ?? 0);
  });

  it("is given up when it was tried as often as its row says", () => {
    expect(judge(after(tries), sees(failing(sample)), now)).toMatchObject({
      status: "CREATE_FAILED",
      failure: { kind: "load-balancer" },
      memory: { mended: 0 },
    });
  });

  it("is given up when the cluster's time is over", () => {
    const late = after(0, { deadlineAt: new Date(now.getTime() - 1) });
    expect(judge(late, sees(failing(sample)), now).status).toBe("CREATE_FAILED");
  });

  it("is given up when something else has failed for good beside it", () => {
    expect(judge(after(0), sees(failing(sample, lasting)), now).status).toBe("CREATE_FAILED");
  });

  it("is repaired in a change too, before that is undone", () => {
    const before = standing("UPDATE_IN_PROGRESS", { undo: { createTimeoutMinutes: 60, nodes: 3 } });
    expect(judge(before, sees(failing(sample)), now)).toMatchObject({ status: "UPDATE_IN_PROGRESS", repair: true });
  });

  it.each(passing)("$key is among them", ({ sample: said, ofChanges }) => {
    const before = standing(ofChanges ? "UPDATE_IN_PROGRESS" : "CREATE_IN_PROGRESS", { stackId: "stack-1" });
    expect(judge(before, sees(failing(said)), now).repair).toBe(true);
  });
});
