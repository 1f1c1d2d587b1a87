// Rotations as the loop carries them on: when every node is as the present stand wants it, the next one begins, or what
// is old may go. Decided at the one exit of a pass and written with it, so that a crash anywhere goes on from there.
import { discardDelegation } from "../auth/delegated-credential.ts";
import type { ClaimedCluster } from "../db/reconcile.ts";
import { nextState, type PkiState } from "../domain/authority.ts";
import { isInProgress, isSettledGood } from "../domain/cluster-status.ts";
import { rolloutDeadline } from "../domain/deadline.ts";
import type { Conductor } from "./conductor.ts";
import { judge } from "./status.ts";
import { troubleOf } from "./trouble.ts";
import type { Message, Standing, Verdict } from "./verdict.ts";

/**
 * The verdict with what follows from it for the rotations that run. A rotation ends only when the old keys are gone:
 * while the key manager does not answer it goes on.
 */
export async function carryRotation(
  conductor: Conductor,
  claimed: ClaimedCluster,
  before: Standing,
  judged: Verdict,
  now: Date,
): Promise<Verdict> {
  const verdict = withRotation(claimed, before, judged, now);
  if (verdict.pki?.phase !== null) return verdict;
  try {
    for (const { revision, key } of claimed.authorities)
      if (revision < verdict.pki.revision) await conductor.keys.remove(key);
    return verdict;
  } catch (error) {
    conductor.deps.log.warn({ err: error, clusterId: claimed.cluster.id }, "old keys could not be removed yet");
    return judge(before, { kind: "trouble", ...troubleOf(error), permanent: false }, now);
  }
}

function withRotation(claimed: ClaimedCluster, before: Standing, verdict: Verdict, now: Date): Verdict {
  if (before.deleting || isSettledGood(before.status) || !isSettledGood(verdict.status)) return verdict;
  const free: Verdict = claimed.retired.length > 0 ? { ...verdict, retiredAreFree: true } : verdict;
  const next = nextState(claimed.pki);
  if (next === null || verdict.status === "ROLLBACK_COMPLETE") return free;
  // What failed came right by itself: the rotation waits all the same until somebody asks for it again.
  if (!isInProgress(before.status)) return asBefore(before, free);
  return next.phase === null
    ? { ...free, pki: next, events: [...verdict.events, ...messages(next)] }
    : { ...goesOn(before, free), pki: next, deadlineAt: phaseDeadline(claimed, now), events: messages(next) };
}

const goesOn = (before: Standing, verdict: Verdict): Verdict => ({
  ...verdict,
  status: "UPDATE_IN_PROGRESS",
  statusReason: null,
  failure: null,
  nodegroups: verdict.nodegroups.map((group) => (group.gone ? group : { ...group, status: "UPDATE_IN_PROGRESS" })),
  observedGeneration: before.observedGeneration,
  ended: null,
  next: { kind: "soon" },
});

const asBefore = (before: Standing, verdict: Verdict): Verdict => ({
  ...verdict,
  status: before.status,
  statusReason: before.statusReason,
  failure: before.failure,
  nodegroups: verdict.nodegroups.map((group) => {
    const known = before.nodegroups.find((other) => other.id === group.id);
    return known?.status ? { ...group, status: known.status, statusReason: known.statusReason } : group;
  }),
  observedGeneration: before.observedGeneration,
  events: [],
  ended: null,
});

/** Each phase replaces every node anew. */
function phaseDeadline({ cluster, nodegroups, maxBatch }: ClaimedCluster, now: Date): Date | null {
  const rounds = nodegroups.reduce((sum, group) => sum + Math.ceil(group.nodeCount / maxBatch), 0);
  return rolloutDeadline(cluster, rounds, now);
}

function messages({ phase }: PkiState): Message[] {
  switch (phase) {
    case "trust":
      return [];
    case "issue":
      return [
        {
          level: "info",
          message: "All nodes trust the old and the new authority. The new one signs from now on.",
          detail:
            "Nodes are replaced by ones with certificates of the new authority. Configs from before the rotation do " +
            "not trust it: download them again.",
        },
      ];
    case "drop":
      return [
        {
          level: "info",
          message: "All nodes have certificates of the new authority. New nodes do not trust the old one any more.",
          detail: "Configs whose certificate the old authority signed stop working now: download them again.",
        },
      ];
    case null:
      return [
        {
          level: "info",
          message: "The old authority is gone, and its keys are deleted.",
          detail:
            "Service account tokens that are kept in Secrets were signed by the old key: delete those Secrets, so that " +
            "new tokens are made.",
        },
      ];
  }
}

/** Ends the credentials that no node has any more. Never throws: what is left is the sweeper's. */
export async function removeRetired(conductor: Conductor, claimed: ClaimedCluster): Promise<void> {
  for (const credential of claimed.retired) {
    conductor.clouds.forget(credential);
    await discardDelegation(conductor.deps, credential.id);
  }
}
