// The one place that turns what was wanted, seen and done into the words that people and clients see. Pure.
import {
  aggregateStatus,
  isFailed,
  isInProgress,
  isSettledGood,
  type ClusterStatus,
} from "../domain/cluster-status.ts";
import { rolloutDeadline } from "../domain/deadline.ts";
import type { FailureCause } from "../domain/failure.ts";
import { passingOf, type Passing } from "../domain/passing.ts";
import type { FailedResource, Observed, Outcome, Step } from "../../drivers/driver.ts";
import { failureOf, reasonText, sentence, stalled, timedOut, vanished } from "./cause.ts";
import {
  completedGroup,
  failedGroups,
  groupSeen,
  isLead,
  running,
  statusOf,
  verbOf,
  workingGroup,
} from "./nodegroup-status.ts";
import {
  attemptLimits,
  type Finding,
  type GroupVerdict,
  type Message,
  type Next,
  type Standing,
  type Verdict,
} from "./verdict.ts";

/** The step that may be done now; null = none. Nothing is ever done to a cluster that nobody asked to change. */
export function stepToTake(before: Standing, seen: Observed, steps: readonly Step[], now: Date): Step | null {
  if (!isInProgress(before.status) || (before.status === "ROLLBACK_IN_PROGRESS" && !before.undo)) return null;
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
  if (before.deadlineAt !== null && before.deadlineAt <= now) return timedOut(before, seen, steps[0] ?? null);
  return null;
}

function progressed(before: Standing, { seen, steps, outcome, backendWords }: Seen, now: Date): Verdict {
  const rollback = rolledBack(before, seen, backendWords);
  if (rollback) return rollback;
  if (isComplete(before, seen, steps)) return before.deleting ? removed(before) : completed(before, seen, false);
  const cause = stopCause(before, seen, steps, now);
  const passes = cause ? passingFailure(before, seen, steps, now) : null;
  if (cause && passes) return mending(before, seen, cause, passes);
  if (cause) return givenUp(before, cause, seen, now);
  if (outcome?.kind === "stalled") return givenUp(before, stalled(outcome.reason, outcome.remedy), seen, now);
  const failing = seen.state === "failed" || (before.deleting && backendWords.includes("DELETE_FAILED"));
  return working(before, seen, steps[0] ?? null, outcome, failing);
}

/** The refusal that made the back end fail, when it passes by itself, may be tried again and nothing else failed. */
function passingFailure(before: Standing, seen: Observed, steps: readonly Step[], now: Date): Passing | null {
  const late = before.deadlineAt !== null && before.deadlineAt <= now;
  if (seen.state !== "failed" || before.deleting || steps.length > 0 || late) return null;
  const during = before.status.startsWith("CREATE") ? "creation" : "change";
  const reasons: readonly Pick<FailedResource, "reason" | "type">[] =
    seen.failures.length > 0 ? seen.failures : [{ reason: seen.reason ?? "", type: "" }];
  const rows = reasons.map(({ reason, type }) => passingOf(reason, type, during));
  const [first] = rows;
  return first && rows.every((row) => row !== null && before.memory.mended < row.tries) ? first : null;
}

/** The repair that people would ask for, after a pause that grows; within the operation's time. */
function mending(before: Standing, seen: Observed, cause: FailureCause, { why, tries }: Passing): Verdict {
  const mended = before.memory.mended + 1;
  return {
    ...unmoved(before),
    nodegroups: unmoved(before).nodegroups.map((group) =>
      isFailed(group.status) ? { ...group, status: `${verbOf(group.status)}_IN_PROGRESS`, statusReason: null } : group,
    ),
    progress: seen.progress ?? before.progress,
    repair: true,
    failures: 0,
    memory: { ...before.memory, attempts: 0, mended, said: null },
    events: [
      {
        level: "warning",
        message: `${cause.what ?? "The cluster"} was refused for the moment: ${why}. Trying again (${mended} of ${tries}).`,
        detail: cause.upstream === "" ? null : cause.upstream,
      },
    ],
    next: { kind: "after", ms: 5000 * 2 ** before.memory.mended },
  };
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
  const nodegroups = before.nodegroups.map((group) => workingGroup(before, group, seen, step !== null));
  const failedNow = nodegroups.filter((after) => isFailed(after.status) && !isFailed(statusOf(before, after.id)));
  const attempts = before.memory.attempts + (failing && outcome ? 1 : 0);
  const moving = outcome?.kind === "waiting" ? outcome.on : step && outcome ? step.summary : null;
  return {
    ...unmoved(before),
    // Why it is undone is to be read while it is, and afterwards.
    statusReason: before.status === "ROLLBACK_IN_PROGRESS" ? before.statusReason : null,
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
  const undone = previous === "ROLLBACK_IN_PROGRESS";
  const status = undone ? "ROLLBACK_COMPLETE" : aggregateStatus(withFacts(before, stay), previous);
  const created = status.startsWith("CREATE");
  const message = byItself
    ? "What had failed is in order now: the cluster is ready."
    : created
      ? "The cluster is ready."
      : undone
        ? "The change failed and was undone."
        : "The change is done.";
  return {
    ...unmoved(before),
    status,
    statusReason: undone ? before.statusReason : null,
    failure: null,
    nodegroups,
    progress: null,
    repair: false,
    failures: 0,
    observedGeneration: before.generation,
    memory: { ...before.memory, attempts: 0, mended: 0, said: null },
    events: [
      ...addressMessage(before, seen),
      ...stay.filter((after) => !isLead(before, after.id)).flatMap((after) => finishedMessage(before, after, seen)),
      ...(seen.apiSilent ? [silentMessage(seen)] : []),
      { level: undone ? "warning" : "good", message, detail: undone ? before.statusReason : null },
    ],
    ended: undone ? { outcome: "failed", reason: before.statusReason } : { outcome: "done", reason: null },
    next: { kind: "settled" },
  };
}

/** Heat undoes an update that failed, when it was told to: only its own words say so. */
function rolledBack(before: Standing, seen: Observed, words: readonly string[]): Verdict | null {
  if (before.deleting || before.undo || !/^(UPDATE|ROLLBACK)_IN_PROGRESS$/.test(before.status)) return null;
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

/** The running operation has failed: its end, unless it is to be undone first. */
function givenUp(before: Standing, cause: FailureCause, seen: Observed | null, now: Date): Verdict {
  if (before.undo === null || before.deleting || before.status !== "UPDATE_IN_PROGRESS")
    return failed(before, cause, seen);
  const reason = reasonText(cause);
  return {
    ...unmoved(before),
    status: "ROLLBACK_IN_PROGRESS",
    statusReason: reason,
    failure: null,
    nodegroups: failedGroups(before, seen, reason).map((group) =>
      isFailed(group.status) ? { ...group, status: undoing(group.status) } : group,
    ),
    // What failed on the way there must not stand in the way back.
    repair: true,
    failures: 0,
    memory: { ...before.memory, attempts: 0, mended: 0, said: null },
    deadlineAt: rolloutDeadline(before.undo, before.undo.nodes, now),
    restore: true,
    events: [{ level: "warning", message: "The change failed and is being undone.", detail: reason }],
    next: { kind: "soon" },
  };
}

/** Nobody takes back that a group is to go. */
const undoing = (status: ClusterStatus): ClusterStatus =>
  verbOf(status) === "DELETE" ? "DELETE_IN_PROGRESS" : "ROLLBACK_IN_PROGRESS";

function failed(before: Standing, cause: FailureCause, seen: Observed | null): Verdict {
  const reason = reasonText(cause);
  const nodegroups = failedGroups(before, seen, reason);
  const status = before.deleting
    ? "DELETE_FAILED"
    : before.status === "ROLLBACK_IN_PROGRESS"
      ? "ROLLBACK_FAILED"
      : asFailed(
          aggregateStatus(
            withFacts(
              before,
              nodegroups.filter((group) => !group.gone),
            ),
            before.status,
          ),
          before.status,
        );
  return {
    ...unmoved(before),
    status,
    statusReason: reason,
    failure: cause,
    nodegroups,
    progress: seen?.progress ?? before.progress,
    repair: false,
    failures: 0,
    memory: { ...before.memory, attempts: 0, mended: 0, said: null },
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
  if (isInProgress(before.status) && (finding.permanent || late)) return givenUp(before, cause, null, now);
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

const withFacts = (before: Standing, verdicts: readonly GroupVerdict[]) =>
  verdicts.flatMap((verdict) => {
    const group = before.nodegroups.find((other) => other.id === verdict.id);
    return group ? [{ name: group.name, role: group.role, isDefault: group.isDefault, status: verdict.status }] : [];
  });

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

// Messages

const info = (message: string): Message => ({ level: "info", message, detail: null });

const addressMessage = (before: Standing, seen: Observed): Message[] =>
  before.apiAddress === null && seen.apiAddress !== null
    ? [info(`The cluster's API has its address: ${seen.apiAddress}`)]
    : [];

const silentMessage = ({ apiAddress }: Observed): Message => ({
  level: "warning",
  message: "All nodes are up, but the cluster's API does not answer this service. Its health is not known.",
  detail:
    `Is there a way from this service to ${apiAddress ?? "the API"}, and does the label master_lb_allowed_cidrs let it ` +
    "through? A new cluster's add-ons were applied by its first control plane node.",
});

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
