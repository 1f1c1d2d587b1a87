// The one place that turns what was wanted, seen and done into the words that people and clients see. Pure.
import {
  aggregateStatus,
  isFailed,
  isInProgress,
  isSettledGood,
  type ClusterStatus,
} from "../domain/cluster-status.ts";
import { explainFailure, type FailureCause } from "../domain/failure.ts";
import type { ClusterEvent } from "../domain/event.ts";
import type { Observed, ObservedNodegroup, Outcome, Progress, Step } from "../../drivers/driver.ts";
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

/** The step that may be done now; null = none. Nothing is ever done to a cluster that nobody asked to change. */
export function stepToTake(before: Standing, seen: Observed, steps: readonly Step[], now: Date): Step | null {
  if (!isInProgress(before.status) || before.status === "ROLLBACK_IN_PROGRESS") return null;
  if (isComplete(before, seen, steps) || stopCause(before, seen, steps, now) !== null) return null;
  return steps[0] ?? null;
}

/** May be called again with the same input: it depends on nothing else. */
export function judge(before: Standing, finding: Finding, now: Date): Verdict {
  switch (finding.kind) {
    case "unchanged":
      return { ...unmoved(before), failures: 0, next: { kind: "settled" } };
    case "trouble":
      return troubled(before, finding, now);
    case "seen":
      return isInProgress(before.status) ? progressed(before, finding, now) : watched(before, finding);
  }
}

type Seen = Extract<Finding, { kind: "seen" }>;
type Trouble = Extract<Finding, { kind: "trouble" }>;

function isComplete(before: Standing, seen: Observed, steps: readonly Step[]): boolean {
  return steps.length === 0 && seen.state === (before.deleting ? "absent" : "ready");
}

/** Why the running operation is given up, or null when it goes on. Rows of statuses.md 2 and 4. */
function stopCause(before: Standing, seen: Observed, steps: readonly Step[], now: Date): FailureCause | null {
  if (seen.state === "absent" && !before.deleting && !before.repair && (before.stackId !== null || steps.length === 0))
    return vanished(before);
  const limit = before.deleting ? attemptLimits.deletion : attemptLimits.repair;
  if (seen.state === "failed" && (steps.length === 0 || before.memory.attempts >= limit))
    return failureOf(before, seen);
  if (before.deadlineAt !== null && before.deadlineAt <= now) return timedOut(before, seen);
  return null;
}

function progressed(before: Standing, { seen, steps, outcome, backendWords }: Seen, now: Date): Verdict {
  const rollback = rolledBack(before, seen, backendWords);
  if (rollback) return rollback;
  if (isComplete(before, seen, steps)) return before.deleting ? removed(before) : completed(before, seen, false);
  const cause = stopCause(before, seen, steps, now);
  if (cause) return failed(before, cause, seen);
  if (outcome?.kind === "stalled") return failed(before, stalled(outcome.reason, outcome.remedy), seen);
  const failing = seen.state === "failed" || (before.deleting && backendWords.includes("DELETE_FAILED"));
  return working(before, seen, steps[0] ?? null, outcome, failing);
}

function working(
  before: Standing,
  seen: Observed,
  step: Step | null,
  outcome: Outcome | null,
  failing: boolean,
): Verdict {
  const text =
    outcome?.kind === "waiting" ? `Waiting: ${sentence(outcome.on)}` : step && outcome ? sentence(step.summary) : null;
  const anew = text !== null && text !== before.memory.said;
  const nodegroups = before.nodegroups.map((group) => workingGroup(before, group, groupSeen(seen, group)));
  const failedNow = nodegroups.filter((after) => isFailed(after.status) && !isFailed(statusOf(before, after.id)));
  const attempts = before.memory.attempts + (failing && outcome ? 1 : 0);
  const moving = outcome?.kind === "waiting" ? outcome.on : step && outcome ? step.summary : null;
  return {
    ...unmoved(before),
    statusReason: null,
    failure: null,
    nodegroups,
    progress: seen.progress ? { ...seen.progress, now: seen.progress.now ?? moving } : before.progress,
    // The flag has done its work as soon as nothing is failed any more.
    repair: before.repair && (seen.state === "failed" || seen.nodegroups.some((group) => group.state === "failed")),
    failures: 0,
    memory: {
      ...before.memory,
      attempts,
      said: text ?? before.memory.said,
    },
    events: [
      ...addressMessage(before, seen),
      ...nodegroups.flatMap((after) => finishedMessage(before, after, seen)),
      ...failedNow.flatMap((after) => groupFailure(before, after)),
      ...(anew ? [info(text)] : []),
    ],
    next: nextAfter(outcome, failing ? attempts : 0),
  };
}

/** Attempts on something failed come slower and slower: what blocked the last one may need a while to go. */
function nextAfter(outcome: Outcome | null, attempts: number): Next {
  const rest = attempts === 0 ? 0 : 2000 * 2 ** attempts;
  switch (outcome?.kind) {
    case undefined:
      return { kind: "busy" };
    case "again":
    case "waiting":
      return { kind: "after", ms: Math.max(outcome.afterMs, rest) };
    case "done":
      return rest > 0 ? { kind: "after", ms: rest } : { kind: "soon" };
    case "stalled":
      return { kind: "settled" };
  }
}

function completed(before: Standing, seen: Observed, byItself: boolean): Verdict {
  const nodegroups = before.nodegroups.map((group) => completedGroup(group, groupSeen(seen, group)));
  const stay = nodegroups.filter((group) => !group.gone);
  const previous = byItself ? running(before.status) : before.status;
  const status = aggregateStatus(withFacts(before, stay), previous);
  const created = status.startsWith("CREATE");
  const message = byItself
    ? "What had failed is in order now: the cluster is ready."
    : created
      ? "The cluster is ready."
      : "The change is done.";
  return {
    ...unmoved(before),
    status,
    statusReason: null,
    failure: null,
    nodegroups,
    progress: null,
    repair: false,
    failures: 0,
    observedGeneration: before.generation,
    memory: { ...before.memory, attempts: 0, said: null },
    events: [
      ...addressMessage(before, seen),
      ...stay.filter((after) => !isLead(before, after.id)).flatMap((after) => finishedMessage(before, after, seen)),
      { level: "good", message, detail: null },
    ],
    ended: { outcome: "done", reason: null },
    next: { kind: "settled" },
  };
}

/** Heat undoes an update that failed, when it was told to: only its own words say so. */
function rolledBack(before: Standing, seen: Observed, words: readonly string[]): Verdict | null {
  if (before.deleting || !/^(UPDATE|ROLLBACK)_IN_PROGRESS$/.test(before.status)) return null;
  if (words.includes("ROLLBACK_IN_PROGRESS")) {
    const begins = before.status !== "ROLLBACK_IN_PROGRESS";
    return {
      ...unmoved(before),
      status: "ROLLBACK_IN_PROGRESS",
      events: begins
        ? [{ level: "warning", message: "The change failed and is being undone.", detail: seen.reason }]
        : [],
    };
  }
  if (before.status !== "ROLLBACK_IN_PROGRESS") return null;
  const status = words.includes("ROLLBACK_FAILED") ? "ROLLBACK_FAILED" : "ROLLBACK_COMPLETE";
  const good = status === "ROLLBACK_COMPLETE";
  const message = good ? "The change failed and was undone." : "The change failed and could not be undone.";
  return {
    ...unmoved(before),
    status,
    statusReason: good ? null : seen.reason,
    failure: good ? null : failureOf(before, seen),
    nodegroups: before.nodegroups.map((group) => {
      const found = groupSeen(seen, group);
      const touched = isInProgress(group.status ?? "CREATE_IN_PROGRESS");
      return {
        id: group.id,
        status: touched ? status : (group.status ?? "CREATE_COMPLETE"),
        statusReason: touched && !good ? (found?.reason ?? seen.reason) : null,
        gone: false,
        ...(found ? { count: found.count } : {}),
      };
    }),
    progress: null,
    repair: false,
    failures: 0,
    observedGeneration: good ? before.generation : before.observedGeneration,
    events: [{ level: good ? "warning" : "error", message, detail: seen.reason }],
    ended: { outcome: "failed", reason: message },
    next: { kind: "settled" },
  };
}

function removed(before: Standing): Verdict {
  return {
    ...unmoved(before),
    status: "DELETE_COMPLETE",
    statusReason: null,
    failure: null,
    gone: true,
    progress: null,
    failures: 0,
    observedGeneration: before.generation,
    events: [],
    ended: { outcome: "done", reason: null },
    next: { kind: "soon" },
  };
}

function failed(before: Standing, cause: FailureCause, seen: Observed | null): Verdict {
  const reason = reasonText(cause);
  const nodegroups = failedGroups(before, seen, reason);
  const status = before.deleting
    ? "DELETE_FAILED"
    : asFailed(aggregateStatus(withFacts(before, nodegroups), before.status), before.status);
  return {
    ...unmoved(before),
    status,
    statusReason: reason,
    failure: cause,
    nodegroups,
    progress: seen?.progress ?? before.progress,
    repair: false,
    failures: 0,
    memory: { ...before.memory, attempts: 0, said: null },
    events: [{ level: "error", message: cause.sentence, detail: cause.upstream === "" ? null : cause.upstream }],
    ended: { outcome: "failed", reason },
    next: { kind: "settled" },
  };
}

/** Nothing runs: what is there is compared with what should be, and said; nothing is changed. */
function watched(before: Standing, { seen, steps, backendWords }: Seen): Verdict {
  const base: Verdict = { ...unmoved(before), failures: 0, next: { kind: "settled" } };
  const backendWord = backendWords[0] ?? null;
  if (before.deleting) return isComplete(before, seen, steps) ? removed(before) : base;
  if (backendWord === "SUSPEND_COMPLETE" && isSettledGood(before.status)) {
    const cause = stalled("The stack is suspended.", "Resume the stack in Heat.");
    return { ...failed({ ...before, status: "UPDATE_IN_PROGRESS" }, cause, seen), ended: null };
  }
  const outside = outsideWord(backendWord);
  if (outside !== null && outside !== before.status)
    return {
      ...base,
      status: outside,
      statusReason: isFailed(outside) ? seen.reason : null,
      failure: null,
      events: [
        {
          level: "warning",
          message: `Somebody acted on the back end directly: ${backendWord}.`,
          detail: "This was done outside of this service, for instance with Heat's own commands.",
        },
      ],
    };
  if (isFailed(before.status)) {
    const healed =
      seen.state === "ready" && steps.length === 0 && /^(CREATE|UPDATE|ROLLBACK)_FAILED$/.test(before.status);
    return healed ? completed(before, seen, true) : base;
  }
  if (seen.state === "absent") {
    const cause = vanished(before);
    return told(base, before, cause.sentence, cause.upstream);
  }
  if (seen.state === "failed") {
    const cause = failureOf(before, seen);
    return told(base, before, `The back end reports a failure: ${cause.sentence}`, cause.upstream);
  }
  const step = steps[0];
  if (step)
    return told(base, before, "The back end differs from what was asked for.", `To put it right: ${step.summary}`);
  return { ...base, memory: { ...before.memory, said: null } };
}

function troubled(before: Standing, finding: Trouble, now: Date): Verdict {
  const late = before.deadlineAt !== null && before.deadlineAt <= now;
  const cause = stalled(finding.message, finding.remedy ?? "Retry when the cloud answers again.");
  if (isInProgress(before.status) && (finding.permanent || late)) return failed(before, cause, null);
  const failures = before.failures + 1;
  // One refusal is weather; two in a row are worth a line.
  const say = failures >= 2 && before.memory.said !== finding.message;
  return {
    ...unmoved(before),
    failures,
    memory: say ? { ...before.memory, said: finding.message } : before.memory,
    events: say ? [{ level: "warning", message: finding.message, detail: finding.remedy }] : [],
    next: { kind: "error" },
  };
}

const unmoved = (before: Standing): Verdict => ({
  status: before.status,
  statusReason: before.statusReason,
  failure: before.failure,
  gone: false,
  nodegroups: before.nodegroups.map((group) => ({
    id: group.id,
    status: group.status ?? "CREATE_IN_PROGRESS",
    statusReason: group.statusReason,
    gone: false,
  })),
  progress: before.progress,
  repair: before.repair,
  failures: before.failures,
  observedGeneration: before.observedGeneration,
  memory: before.memory,
  events: [],
  ended: null,
  next: { kind: "busy" },
});

/** A warning that is given once, as long as nothing else is said in between. */
function told(base: Verdict, before: Standing, message: string, detail: string | null): Verdict {
  const events: Message[] = before.memory.said === message ? [] : [{ level: "warning", message, detail }];
  return { ...base, events, memory: { ...before.memory, said: message } };
}

// Node groups

const groupSeen = (seen: Observed | null, group: { id: string }): ObservedNodegroup | null =>
  seen?.nodegroups.find((other) => other.key.id === group.id) ?? null;

const statusOf = (before: Standing, id: string): ClusterStatus =>
  before.nodegroups.find((group) => group.id === id)?.status ?? "CREATE_IN_PROGRESS";

const isLead = (before: Standing, id: string): boolean =>
  before.nodegroups.some((group) => group.id === id && group.isDefault && group.role === "master");

const verbOf = (status: ClusterStatus | null): "CREATE" | "UPDATE" | "DELETE" =>
  status === null || status.startsWith("CREATE") ? "CREATE" : status.startsWith("DELETE") ? "DELETE" : "UPDATE";

const isThere = (group: StandingGroup, seen: ObservedNodegroup | null): boolean =>
  seen !== null && seen.state === "ready" && seen.count === group.count;

/** While the cluster works: the default master group waits for the whole, since clients take its word for the cluster's. */
function workingGroup(before: Standing, group: StandingGroup, seen: ObservedNodegroup | null): GroupVerdict {
  const status = group.status ?? "CREATE_IN_PROGRESS";
  const same = { id: group.id, status, statusReason: group.statusReason, gone: false };
  if (before.deleting || isLead(before, group.id) || !isInProgress(status)) return same;
  if (verbOf(status) === "DELETE") return same;
  // Others may still be at work: this group's failure is known all the same.
  if (seen?.state === "failed" && !before.repair)
    return { ...same, status: `${verbOf(status)}_FAILED`, statusReason: seen.reason };
  return isThere(group, seen) ? { ...same, status: `${verbOf(status)}_COMPLETE`, statusReason: null } : same;
}

function completedGroup(group: StandingGroup, seen: ObservedNodegroup | null): GroupVerdict {
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

function failedGroups(before: Standing, seen: Observed | null, reason: string): GroupVerdict[] {
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

const withFacts = (before: Standing, verdicts: readonly GroupVerdict[]) =>
  verdicts.flatMap((verdict) => {
    const group = before.nodegroups.find((other) => other.id === verdict.id);
    return group ? [{ name: group.name, role: group.role, isDefault: group.isDefault, status: verdict.status }] : [];
  });

/** The word of the operation that a failed one belonged to. */
const running = (status: ClusterStatus): ClusterStatus =>
  status.startsWith("CREATE")
    ? "CREATE_IN_PROGRESS"
    : status.startsWith("DELETE")
      ? "DELETE_IN_PROGRESS"
      : "UPDATE_IN_PROGRESS";

const asFailed = (sum: ClusterStatus, previous: ClusterStatus): ClusterStatus =>
  isFailed(sum) ? sum : `${verbOf(previous)}_FAILED`;

/** Words that only appear when somebody acts on a Heat stack directly; we show them and never make them. */
function outsideWord(word: string | null): ClusterStatus | null {
  switch (word) {
    case "RESUME_COMPLETE":
    case "RESUME_FAILED":
    case "RESTORE_COMPLETE":
    case "SNAPSHOT_COMPLETE":
    case "CHECK_COMPLETE":
    case "ADOPT_COMPLETE":
      return word;
    default:
      return null;
  }
}

// Causes

function vanished(before: Standing): FailureCause {
  return {
    kind: "vanished",
    what: null,
    sentence: "The cluster was removed outside of this service.",
    remedy: "Retry to make it again, or delete it.",
    upstream: before.stackId === null ? "" : `Stack with id ${before.stackId} not found in Heat.`,
    resourceType: "OS::Heat::Stack",
    physicalId: before.stackId,
    path: [],
    others: 0,
  };
}

function failureOf(before: Standing, seen: Observed): FailureCause {
  const [blocker, ...others] = seen.leftovers;
  if (before.deleting && blocker) {
    const name = (leftover: typeof blocker) => `${leftover.type} ${leftover.name ?? leftover.id}`;
    return {
      kind: "blocked-delete",
      what: name(blocker),
      sentence: `The cluster cannot be deleted: ${name(blocker)} is still there (${blocker.why}).`,
      remedy: "Remove what is named here, then delete the cluster again.",
      upstream: seen.reason ?? seen.leftovers.map((leftover) => `${name(leftover)}: ${leftover.why}`).join("\n"),
      resourceType: blocker.type,
      physicalId: blocker.id,
      path: [],
      others: others.length,
    };
  }
  const explained = explainFailure(seen.failures);
  if (explained) return explained;
  const text = seen.reason ?? seen.nodegroups.find((group) => group.state === "failed")?.reason ?? null;
  return (
    explainFailure(
      text === null
        ? []
        : [
            {
              path: [],
              type: "OS::Heat::Stack",
              name: "the cluster",
              physicalId: seen.backendId,
              reason: text,
              at: null,
            },
          ],
    ) ?? stalled("The back end reports a failure without a reason.", "Retry, or delete the cluster.")
  );
}

function timedOut(before: Standing, seen: Observed): FailureCause {
  const explained = explainFailure(seen.failures);
  if (explained) return explained;
  const missing = seen.progress?.now ?? before.progress?.now ?? null;
  const during = before.deleting
    ? "deleting the cluster"
    : before.status.startsWith("CREATE")
      ? "making the cluster"
      : "changing the cluster";
  return {
    kind: "timeout",
    what: missing,
    sentence:
      missing === null
        ? `The time limit ran out while ${during}.`
        : `The time limit ran out while ${during}; still missing: ${missing}.`,
    remedy: before.deleting
      ? "Look at what is left under Resources, then delete the cluster again."
      : "Retry, with a longer time limit when this cloud is slow.",
    upstream: seen.reason ?? "",
    resourceType: null,
    physicalId: seen.backendId,
    path: [],
    others: 0,
  };
}

/** Somebody refuses for good and says why; its own sentence and remedy are the best there are. */
function stalled(reason: string, remedy: string): FailureCause {
  const guess = explainFailure([{ path: [], type: "", name: "the cluster", physicalId: null, reason, at: null }]);
  return {
    kind: guess?.kind ?? "unknown",
    what: null,
    sentence: sentence(reason),
    remedy,
    upstream: reason,
    resourceType: null,
    physicalId: null,
    path: [],
    others: 0,
  };
}

/** What REST clients see as `status_reason`: our sentence, then the other side's words where they say more. */
function reasonText(cause: FailureCause): string {
  const more =
    cause.upstream !== "" && !cause.sentence.includes(cause.upstream) && sentence(cause.upstream) !== cause.sentence;
  return (more ? `${cause.sentence} (${cause.upstream})` : cause.sentence).slice(0, 4000);
}

// Messages

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
const info = (message: string): Message => ({ level: "info", message, detail: null });

const addressMessage = (before: Standing, seen: Observed): Message[] =>
  before.apiAddress === null && seen.apiAddress !== null
    ? [info(`The cluster's API has its address: ${seen.apiAddress}`)]
    : [];

function finishedMessage(before: Standing, after: GroupVerdict, seen: Observed): Message[] {
  const group = before.nodegroups.find((other) => other.id === after.id);
  if (!group || !isSettledGood(after.status) || isSettledGood(statusOf(before, after.id))) return [];
  const count = groupSeen(seen, group)?.count ?? group.count;
  return [info(`${group.name}: ${count === 1 ? "1 node is" : `${count} nodes are`} up.`)];
}

function groupFailure(before: Standing, after: GroupVerdict): Message[] {
  const group = before.nodegroups.find((other) => other.id === after.id);
  return group ? [{ level: "warning", message: `${group.name} failed.`, detail: after.statusReason }] : [];
}
