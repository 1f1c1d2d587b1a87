// Rotations as the loop carries them on: when every node is as the present stand wants it, the next one begins, or what
// is old may go. Decided at the one exit of a pass and written with it, so that a crash anywhere goes on from there.
import { closeDelegation } from "../auth/delegated-credential.ts";
import type { ClaimedCluster } from "../db/reconcile.ts";
import { nextState, type PkiState } from "../domain/authority.ts";
import { isInProgress, isSettledGood } from "../domain/cluster-status.ts";
import { rolloutDeadline } from "../domain/deadline.ts";
import type { Conductor } from "./conductor.ts";
import { judge } from "./status.ts";
import { troubleOf } from "./trouble.ts";
import type { Message, Standing, Verdict } from "./verdict.ts";

/**
 * The verdict with what follows from it for the rotations that run. What is old is closed before it is said to be: while
 * the key manager or the identity service does not answer, the rotation goes on.
 */
export async function carryRotation(
  conductor: Conductor,
  claimed: ClaimedCluster,
  before: Standing,
  judged: Verdict,
  now: Date,
): Promise<Verdict> {
  const settles =
    !isSettledGood(before.status) && isSettledGood(judged.status) && judged.status !== "ROLLBACK_COMPLETE";
  if (before.deleting || !settles) return judged;
  const verdict = withPhase(claimed, before, judged, now);
  try {
    const closed = await closeRetired(conductor, claimed);
    await removeOldKeys(conductor, claimed, verdict);
    return closed ? { ...verdict, events: [...verdict.events, closedMessage] } : verdict;
  } catch (error) {
    conductor.deps.log.warn({ err: error, clusterId: claimed.cluster.id }, "what a rotation replaced is not gone yet");
    return judge(before, { kind: "trouble", ...troubleOf(error), permanent: false }, now);
  }
}

/** Every node is as the rotation's present phase wants it: the next one begins, or the rotation ends. */
function withPhase(claimed: ClaimedCluster, before: Standing, verdict: Verdict, now: Date): Verdict {
  const next = nextState(claimed.pki);
  if (next === null) return verdict;
  // What failed came right by itself: the rotation waits all the same until somebody asks for it again.
  if (!isInProgress(before.status)) return asBefore(before, verdict);
  return next.phase === null
    ? { ...verdict, pki: next, events: [...verdict.events, ...messages(next)] }
    : { ...goesOn(before, verdict), pki: next, deadlineAt: phaseDeadline(claimed, now), events: messages(next) };
}

/** No node has them any more. True when there was something to close. */
async function closeRetired(conductor: Conductor, claimed: ClaimedCluster): Promise<boolean> {
  const open = claimed.retired.filter((credential) => credential.trusteePassword !== "");
  for (const credential of open) {
    conductor.clouds.forget(credential);
    await closeDelegation(conductor.deps, credential);
  }
  return open.length > 0;
}

async function removeOldKeys(conductor: Conductor, claimed: ClaimedCluster, { pki }: Verdict): Promise<void> {
  if (pki?.phase !== null) return;
  for (const { revision, key } of claimed.authorities) if (revision < pki.revision) await conductor.keys.remove(key);
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

const closedMessage: Message = {
  level: "info",
  message: "No node has the old credential any more: its password is void.",
  detail: null,
};
