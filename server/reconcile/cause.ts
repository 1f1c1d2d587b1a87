// Why an operation is given up, in words with a remedy. Pure.
import { explainFailure, type FailureCause } from "../domain/failure.ts";
import type { Observed, Step } from "../../drivers/driver.ts";
import type { Standing } from "./verdict.ts";

export function vanished(before: Standing): FailureCause {
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

export function failureOf(before: Standing, seen: Observed): FailureCause {
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

/** `step` = what would have been next: what was last said tells why it was not done, or what it waited for. */
export function timedOut(before: Standing, seen: Observed, step: Step | null): FailureCause {
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
    upstream: seen.reason ?? (step ? (before.memory.said ?? sentence(step.summary)) : ""),
    resourceType: null,
    physicalId: seen.backendId,
    path: [],
    others: 0,
  };
}

/** Somebody refuses for good and says why; its own sentence and remedy are the best there are. */
export function stalled(reason: string, remedy: string): FailureCause {
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
export function reasonText(cause: FailureCause): string {
  const more =
    cause.upstream !== "" && !cause.sentence.includes(cause.upstream) && sentence(cause.upstream) !== cause.sentence;
  return (more ? `${cause.sentence} (${cause.upstream})` : cause.sentence).slice(0, 4000);
}

/** With a full stop. */
export const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
