// Between rows and the loop's own values. Pure.
import type { Observed, ObservedNodegroup } from "../../drivers/driver.ts";
import type { ClaimedCluster, RecordedNode, RecordedNodegroup, RecordedOutcome } from "../db/reconcile.ts";
import type { SeenMember } from "../db/node-proof.ts";
import { isInProgress, isSettledGood } from "../domain/cluster-status.ts";
import type { HealthLook } from "./health.ts";
import { readMemory } from "./memory.ts";
import type { Standing, Verdict } from "./verdict.ts";

export function standingOf(claimed: ClaimedCluster): Standing {
  const { cluster } = claimed;
  return {
    name: cluster.name,
    status: cluster.status,
    statusReason: cluster.statusReason,
    failure: cluster.failure,
    stackId: cluster.stackId,
    apiAddress: cluster.apiAddress,
    generation: cluster.generation,
    observedGeneration: claimed.observedGeneration,
    deleting: claimed.deletionRequestedAt !== null,
    repair: claimed.repair,
    deadlineAt: claimed.deadlineAt,
    undo: claimed.undoable
      ? { createTimeoutMinutes: cluster.createTimeoutMinutes, nodes: cluster.masterCount + cluster.nodeCount }
      : null,
    failures: claimed.failures,
    progress: cluster.progress,
    nodegroups: claimed.nodegroups.map(
      ({ id, name, role, isDefault, nodeCount, nodesToRemove, status, statusReason }) => ({
        id,
        name,
        role,
        isDefault,
        count: nodeCount,
        remove: nodesToRemove,
        status,
        statusReason,
      }),
    ),
    memory: readMemory(claimed.seenBackend, cluster.generation),
  };
}

/** Everything that the pass leaves behind. What it did not see stays as it was. */
export function recordedOutcome(
  claimed: ClaimedCluster,
  verdict: Verdict,
  seen: Observed | null,
  health: HealthLook | null,
  now: Date,
  next: Date,
): RecordedOutcome {
  const { cluster } = claimed;
  // While Heat works on a stack it does not tell its outputs, and not all of its members.
  const complete = seen !== null && (seen.state === "ready" || seen.state === "failed");
  const groups = recordedGroups(claimed, verdict, seen, complete);
  const staying = new Set(groups.flatMap((group) => (group.gone ? [] : [group.id])));
  const nodes = seen ? recordedNodes(seen, health).filter((node) => staying.has(node.nodegroupId)) : [];
  const masters =
    seen && (complete || seen.masterAddresses.length > 0) ? seen.masterAddresses : cluster.masterAddresses;
  const isMaster = new Map(claimed.nodegroups.map((group) => [group.id, group.role === "master"]));
  const readyCount = (master: boolean) =>
    nodes.filter((node) => isMaster.get(node.nodegroupId) === master && node.ready === true).length;
  return {
    generation: cluster.generation,
    settled: verdict.observedGeneration === cluster.generation,
    status: verdict.status,
    statusReason: verdict.statusReason,
    failure: verdict.failure,
    progress: verdict.progress,
    ...(health?.recorded
      ? { health: { status: health.recorded.status, reason: health.recorded.reason, checkedAt: now } }
      : {}),
    // A known id is only forgotten when a repair makes the back end anew.
    stackId: seen && (seen.backendId !== null || claimed.repair) ? seen.backendId : cluster.stackId,
    apiAddress: seen?.apiAddress ?? cluster.apiAddress,
    coeVersion: seen?.coeVersion ?? cluster.coeVersion,
    containerVersion: seen?.containerVersion ?? cluster.containerVersion,
    masterAddresses: masters,
    nodeAddresses: groups.filter((group) => !isMaster.get(group.id)).flatMap((group) => group.nodeAddresses),
    ...(health?.nodes ? { ready: { masters: readyCount(true), nodes: readyCount(false) } } : {}),
    nodegroups: groups,
    nodes: complete || nodes.length > 0 ? nodes : null,
    members: seen ? { seen: membersOf(seen, staying), all: complete } : null,
    events: verdict.events,
    ended: verdict.ended,
    repair: verdict.repair,
    seenBackend: verdict.memory,
    failures: verdict.failures,
    deadlineAt: isInProgress(verdict.status) ? (verdict.deadlineAt ?? claimed.deadlineAt) : null,
    ...(verdict.restore ? { restore: true } : {}),
    ...(verdict.pki ? { pki: verdict.pki } : {}),
    nextReconcileAt: next,
  };
}

function recordedGroups(
  claimed: ClaimedCluster,
  verdict: Verdict,
  seen: Observed | null,
  complete: boolean,
): RecordedNodegroup[] {
  return claimed.nodegroups.map((group) => {
    const judged = verdict.nodegroups.find((other) => other.id === group.id);
    const found = seen?.nodegroups.find((other) => other.key.id === group.id) ?? null;
    const there = found !== null && (complete || found.addresses.length > 0);
    return {
      id: group.id,
      status: judged?.status ?? group.status,
      statusReason: judged ? judged.statusReason : group.statusReason,
      stackId: found?.backendId ?? group.stackId,
      version: found?.version ?? group.version,
      nodeAddresses: there ? found.addresses : group.nodeAddresses,
      ...(judged?.count === undefined ? {} : { nodeCount: judged.count }),
      ...(found && judged && isSettledGood(judged.status) && group.nodesToRemove.length > 0
        ? { nodesToRemove: group.nodesToRemove.filter((name) => stillThere(found, name)) }
        : {}),
      ...(judged?.gone ? { gone: true } : {}),
    };
  });
}

/** What may prove itself as a node, and what may not any more. */
const membersOf = (seen: Observed, staying: ReadonlySet<string>): SeenMember[] =>
  seen.nodegroups.flatMap((group) =>
    group.nodes.flatMap(({ memberId, name, privateAddress, publicAddress, coming, ready, renewalId }) =>
      memberId === null || !staying.has(group.key.id)
        ? []
        : {
            id: memberId,
            nodegroupId: group.key.id,
            name,
            addresses: [privateAddress, publicAddress].filter((address) => address !== null),
            coming: coming && ready !== true,
            // Known only where the cluster's API answered.
            ...(ready === null ? {} : { renewalId }),
          },
    ),
  );

const stillThere = (group: ObservedNodegroup, name: string): boolean =>
  group.nodes.some((node) => node.serverId === name || node.index === name);

function recordedNodes(seen: Observed, health: HealthLook | null): RecordedNode[] {
  return seen.nodegroups.flatMap((group) =>
    group.nodes.map((fact): RecordedNode => {
      const known = health?.nodes?.[fact.name];
      const ready = known?.ready ?? fact.ready ?? (health?.nodes ? false : null);
      const version = known?.version ?? fact.version;
      return {
        nodegroupId: group.key.id,
        serverId: fact.serverId,
        name: fact.name,
        index: fact.index,
        status: fact.status,
        ...(ready === null ? {} : { ready }),
        ...(version === null ? {} : { version }),
        privateAddress: fact.privateAddress,
        publicAddress: fact.publicAddress,
        zone: fact.zone,
        flavorId: fact.flavorId,
        imageId: fact.imageId,
        createdAt: fact.createdAt === null ? null : new Date(fact.createdAt),
      };
    }),
  );
}
