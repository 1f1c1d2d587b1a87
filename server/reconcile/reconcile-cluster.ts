// One pass over one cluster, always in this order: look, plan, do one step, judge, ask its health, and write all of it
// at one exit. Whatever ends the process in between, the next pass finds the same cluster and goes on.
import type { ClusterDriver, Desired, Observed, Survey } from "../../drivers/driver.ts";
import type { Cloud } from "../../drivers/openstack/cloud.ts";
import { openDelegation, removeDelegation } from "../auth/delegated-credential.ts";
import { record, removeCluster, type ClaimedCluster } from "../db/reconcile.ts";
import { isFailed, isInProgress, isSettledGood } from "../domain/cluster-status.ts";
import { lossOf } from "../domain/damage.ts";
import { counted, driverNamed, rememberSeen, type Conductor, type Lease } from "./conductor.ts";
import { desired, endpointsOf } from "./desired.ts";
import { healthDueIn, isCalm, lookAtHealth, type HealthLook } from "./health.ts";
import { waitsInLine } from "./in-line.ts";
import { fingerprint, isNoted, surveyed } from "./memory.ts";
import { nextTime } from "./pace.ts";
import { carryRotation } from "./rotation.ts";
import { recordedOutcome, standingOf } from "./row.ts";
import { judge, stepToTake } from "./status.ts";
import { troubleOf, type Trouble } from "./trouble.ts";
import type { Aside } from "./turns.ts";
import type { Finding, Standing, Verdict } from "./verdict.ts";

/** What the round found for all clusters of one project, region and driver. */
export type View =
  | {
      kind: "surveyed";
      survey: Survey;
      /** To look with when the cluster's own credential is refused; null = there is no other. */
      standIn: Cloud | null;
      /** The cluster's own credential was refused in this round already. */
      refused: Trouble | null;
    }
  | { kind: "trouble"; trouble: Trouble };

export type PassResult = "recorded" | "superseded" | "lost" | "removed";

/** Throws only when the database does: everything else is a finding. */
export async function reconcileCluster(
  conductor: Conductor,
  claimed: ClaimedCluster,
  view: View | null,
  lease: Lease | undefined,
  aside: Aside,
): Promise<PassResult> {
  const { deps, pace } = conductor;
  const before = standingOf(claimed);
  // Without an identity nothing can ever have been made.
  const nothing = claimed.credential === null && before.stackId === null;
  if (before.deleting && (before.memory.gone || nothing)) return finishRemoval(conductor, claimed, before);
  const began = deps.clock.now().getTime();
  const sight = await look(conductor, claimed, before, view, lease);
  const lookMs = deps.clock.now().getTime() - began;
  if (sight === "lost") return "lost";
  const now = deps.clock.now();
  const verdict = await carryRotation(conductor, claimed, before, judge(before, sight.finding, now), now);
  const dueIn = healthDueIn(claimed, pace, now);
  // Who waits for a change to end wants to know at its end how the nodes are.
  const ends = isInProgress(before.status) && isSettledGood(verdict.status);
  const { body } = sight;
  const health =
    body && dueIn !== null && (dueIn === 0 || ends)
      ? await counted(
          conductor,
          "health",
          // The cluster's own API may be as slow as its owner likes.
          aside(() => lookAtHealth(body.driver, claimed, body.want, body.seen, now)),
        ).catch((error: unknown) => {
          deps.log.error({ err: error, clusterId: claimed.cluster.id }, "the look at the health failed");
          return null;
        })
      : null;
  const kept: Verdict = {
    ...verdict,
    // Written before anything of it is done: afterwards the cluster's own credential cannot tell any more.
    ...(verdict.gone ? { status: before.status, ended: null } : {}),
    memory: {
      ...verdict.memory,
      backend: sight.backend ?? verdict.memory.backend,
      turn: body ? body.seen.turn !== undefined : verdict.memory.turn,
      gone: verdict.gone,
    },
  };
  return exit(conductor, claimed, kept, body?.seen ?? null, health, dueIn, lookMs);
}

interface Sight {
  finding: Finding;
  /** Null when nothing could be seen. */
  body: { driver: ClusterDriver; want: Desired; seen: Observed } | null;
  backend: string | null;
}

async function look(
  conductor: Conductor,
  claimed: ClaimedCluster,
  before: Standing,
  view: View | null,
  lease: Lease | undefined,
): Promise<Sight | "lost"> {
  const { deps } = conductor;
  const { cluster, credential } = claimed;
  const trouble = (what: Trouble): Sight => ({
    finding: {
      kind: "trouble",
      message: what.message,
      remedy: what.remedy,
      // A refusal may be a moment's: roles and trusts take time to reach every Keystone.
      permanent: what.permanent || (what.refused && claimed.failures >= 2),
    },
    body: null,
    backend: null,
  });
  const lost = before.deleting ? null : lossOf(cluster, claimed.nodegroups);
  if (lost !== null)
    return trouble(lacking(`Nothing is built while it is not known what is wanted. ${lost.words}`, lost.remedy));
  const driver = driverNamed(conductor, cluster.driver);
  if (!driver || !view) return trouble(lacking(`No driver named ${cluster.driver} is installed.`));
  try {
    const access = credential ? openDelegation(deps, credential) : null;
    const own = conductor.clouds.of(credential);
    if (!credential || !access || !own) return trouble(lacking("The cluster has no access to the cloud of its own."));
    if (view.kind === "trouble") return trouble(view.trouble);
    const print = fingerprint(surveyed(view.survey, cluster.id));
    const admin = await conductor.admins.of(claimed, deps.clock.now());
    const want = desired(
      claimed,
      { ...access, revision: credential.revision },
      admin,
      endpointsOf(deps.env, cluster.region),
    );
    const known = conductor.seen.get(cluster.id);
    const same = known?.backend === print && print === before.memory.backend;
    if (known && same && isSettledGood(cluster.status) && !before.deleting)
      return { finding: { kind: "unchanged" }, body: { driver, want, seen: known.seen }, backend: print };

    let refused = view.refused;
    let seen: Observed;
    if (refused && view.standIn)
      seen = await counted(conductor, "observe", driver.observe(view.standIn, want, view.survey));
    else
      try {
        seen = await counted(conductor, "observe", driver.observe(own, want, view.survey));
      } catch (error) {
        refused = troubleOf(error);
        if (!refused.refused || !view.standIn) throw error;
        seen = await counted(conductor, "observe", driver.observe(view.standIn, want, view.survey));
      }
    const steps = driver.plan(want, seen, deps.clock.now());
    const step = stepToTake(before, seen, steps, deps.clock.now());
    const words = backendWords(view.survey, cluster.id, seen.backendId);
    let outcome = null;
    if (step) {
      // Nothing is made or removed in somebody else's name but what its owner asked to be removed.
      const actor = refused?.refused ? (before.deleting ? view.standIn : null) : own;
      if (!actor)
        return { ...trouble(refused ?? lacking("The cluster's access to the cloud was refused.")), backend: print };
      const isOurs = lease && conductor.leases.get(cluster.id) === lease && lease.until > deps.clock.now().getTime();
      if (!isOurs) return "lost";
      outcome =
        (step.turn ? await waitsInLine(conductor, cluster) : null) ??
        (await counted(conductor, "apply", driver.apply(actor, want, step)));
      conductor.metrics.steps.inc({ kind: step.kind, outcome: outcome.kind });
      deps.log.info({ clusterId: cluster.id, step: step.kind, outcome: outcome.kind }, step.summary);
    }
    rememberSeen(conductor, cluster.id, { backend: print, seen });
    return {
      finding: { kind: "seen", seen, steps, outcome, backendWords: words },
      body: { driver, want, seen },
      backend: print,
    };
  } catch (error) {
    const what = troubleOf(error);
    if (what.bug) deps.log.error({ err: error, clusterId: cluster.id }, "pass failed");
    else deps.log.warn({ clusterId: cluster.id, reason: what.message }, "cloud trouble");
    return trouble(what);
  }
}

/** The one exit. */
async function exit(
  conductor: Conductor,
  claimed: ClaimedCluster,
  verdict: Verdict,
  seen: Observed | null,
  health: HealthLook | null,
  healthDue: number | null,
  lookMs: number,
): Promise<PassResult> {
  const { deps, pace, metrics } = conductor;
  const { cluster } = claimed;
  const now = deps.clock.now();
  const visit = nextTime(
    verdict.next,
    { projectId: cluster.projectId, failures: verdict.failures, lookMs },
    pace,
    now,
    conductor.random,
  );
  const ask = health ? pace.healthBusyMs : healthDue;
  const ill = !isCalm(health?.recorded ? health.recorded.status : cluster.healthStatus);
  // Settled clusters that are not well, or not yet known to be, are asked more often than they are visited.
  const soon = verdict.next.kind === "settled" && isSettledGood(verdict.status) && ill && ask !== null;
  const next = soon ? new Date(Math.min(visit.getTime(), now.getTime() + Math.max(ask, pace.healthBusyMs))) : visit;
  const result = await record(
    deps.db,
    conductor.owner,
    cluster.id,
    recordedOutcome(claimed, verdict, seen, health, now, next),
    now,
  );
  if (result === "lost") deps.log.warn({ clusterId: cluster.id }, "lease lost: another conductor goes on");
  else deps.changes.nudge();
  if (result === "recorded" && verdict.status !== cluster.status) {
    metrics.transitions.inc({ status: verdict.status });
    if (verdict.failure) metrics.failures.inc({ kind: verdict.failure.kind });
  }
  if (result === "recorded") tellOfOperation(conductor, claimed, verdict);
  return result;
}

/** Each operation's begin and end, and whatever makes a cluster fail, for those who read the log. */
function tellOfOperation({ deps }: Conductor, { cluster, operation, seenBackend }: ClaimedCluster, verdict: Verdict) {
  const about = {
    clusterId: cluster.id,
    cluster: cluster.name,
    projectId: cluster.projectId,
    operation: operation?.kind,
    by: operation?.userName ?? operation?.userId,
  };
  if (operation && !isNoted(seenBackend, cluster.generation)) deps.log.info(about, "operation begins");
  const hasFailed = isFailed(verdict.status) && verdict.status !== cluster.status;
  if (verdict.ended?.outcome === "failed" || hasFailed)
    deps.log.warn(
      { ...about, status: verdict.status, cause: verdict.failure?.kind, reason: verdict.statusReason },
      "operation failed",
    );
  else if (verdict.ended) deps.log.info({ ...about, status: verdict.status }, "operation is done");
  else if (verdict.status !== cluster.status)
    deps.log.info({ ...about, status: verdict.status, reason: verdict.statusReason }, "status");
}

/** Attempts to end the cluster's identity before its rows go all the same and the sweeper goes on. */
const patience = 5;

/** Identity, keys, rows, in this order; each may have gone in an earlier attempt. */
async function finishRemoval(conductor: Conductor, claimed: ClaimedCluster, before: Standing): Promise<PassResult> {
  const { deps } = conductor;
  const { cluster, credential } = claimed;
  try {
    for (const stored of claimed.keys) await conductor.keys.remove(stored);
    if (credential) {
      conductor.clouds.forget(credential);
      if (before.failures < patience) await removeDelegation(deps, credential);
    }
    if (before.failures < patience) for (const retired of claimed.retired) await removeDelegation(deps, retired);
  } catch (error) {
    const what = troubleOf(error);
    deps.log.warn(
      { err: error, clusterId: cluster.id },
      "identity or keys of a deleted cluster could not be removed yet",
    );
    const verdict = judge(before, { kind: "trouble", ...what, permanent: false }, deps.clock.now());
    return exit(conductor, claimed, verdict, null, null, null, 0);
  }
  const now = deps.clock.now();
  const removed = await removeCluster(
    deps.db,
    conductor.owner,
    cluster.id,
    [{ level: "good", message: "The cluster is deleted.", detail: null }],
    now,
  );
  if (!removed) return "lost";
  conductor.admins.forget(cluster.id);
  conductor.seen.delete(cluster.id);
  conductor.metrics.transitions.inc({ status: "DELETE_COMPLETE" });
  deps.changes.nudge();
  deps.log.info(
    { clusterId: cluster.id, cluster: cluster.name, projectId: cluster.projectId, operation: "delete" },
    "operation is done",
  );
  return "removed";
}

const lacking = (message: string, remedy: string | null = null): Trouble => ({
  message,
  remedy,
  permanent: true,
  refused: false,
  bug: false,
});

function backendWords(survey: Survey, clusterId: string, backendId: string | null): string[] {
  const stacks = surveyed(survey, clusterId);
  const own = stacks.find((stack) => stack.id === backendId);
  return [...(own ? [own] : []), ...stacks.filter((stack) => stack !== own)].map((stack) => stack.status);
}
