// When a cluster's own API is asked, and what its answer means for the cluster's health. Health and status never move
// each other (statuses.md 5).
import type { ClusterDriver, Desired, Health, NodeFact, Observed } from "../../drivers/driver.ts";
import { isInProgress } from "../domain/cluster-status.ts";
import type { ClaimedCluster } from "../db/reconcile.ts";
import type { Pace } from "./pace.ts";

export interface HealthLook {
  /** Null = there is nothing to say about the health yet; the nodes may be known all the same. */
  recorded: { status: NonNullable<Health["status"]>; reason: Record<string, string> } | null;
  /** By node name; null = the API did not answer. */
  nodes: Health["nodes"] | null;
}

/** A node that joined less than this ago may still be getting ready. */
const youngMs = 600_000;

/** Milliseconds until the API is to be asked again; 0 = now, null = never (another one reports, or it is going). */
export function healthDueIn({ cluster, deletionRequestedAt }: ClaimedCluster, pace: Pace, now: Date): number | null {
  if (deletionRequestedAt !== null) return null;
  const label = (key: string) => cluster.labels[key]?.toLowerCase();
  // Only that healer's own reports count: it PATCHes them.
  if (
    ["true", "1", "yes", "on"].includes(label("auto_healing_enabled") ?? "") &&
    label("auto_healing_controller") === "magnum-auto-healer"
  )
    return null;
  if (cluster.healthCheckedAt === null) return 0;
  const calm = isCalm(cluster.healthStatus) && !isInProgress(cluster.status);
  const every = calm ? pace.healthMs : pace.healthBusyMs;
  // A settled cluster is visited as often as it is asked: a visit a little early must not cost a whole turn.
  return Math.max(0, cluster.healthCheckedAt.getTime() + every * 0.9 - now.getTime());
}

/** Nothing to hurry for: all is well, or nobody can tell from here. */
export const isCalm = (health: Health["status"]): boolean => health === "HEALTHY" || health === "UNKNOWN";

/**
 * Asks by the driver and weighs the answer: an API that has never answered yet is unknown, one that has fallen silent is
 * ill. Never throws, as drivers' `health` does not.
 */
export async function lookAtHealth(
  driver: ClusterDriver,
  claimed: ClaimedCluster,
  want: Desired,
  seen: Observed,
  now: Date,
): Promise<HealthLook> {
  const creating = claimed.cluster.status === "CREATE_IN_PROGRESS";
  if (seen.state === "absent")
    return {
      recorded: creating
        ? null
        : { status: "UNHEALTHY", reason: { api: "The cluster was removed outside of this service." } },
      nodes: null,
    };
  if (creating && seen.apiAddress === null) return { recorded: null, nodes: null };
  const health = withoutStrays(bounded(await driver.health(want, seen), seen), seen);
  const nodes = Object.keys(health.nodes).length > 0 ? health.nodes : null;
  if (health.status === null) return { recorded: null, nodes };
  const status = health.status === "UNHEALTHY" && onlyYoungOnes(health, seen, claimed, now) ? "HEALTHY" : health.status;
  // What is still being built is not ill.
  if (creating && status !== "HEALTHY") return { recorded: null, nodes };
  const { healthStatus: last } = claimed.cluster;
  if (!health.answered && (last === null || last === "UNKNOWN"))
    return { recorded: { status: "UNKNOWN", reason: health.reason }, nodes };
  return { recorded: { status, reason: health.reason }, nodes };
}

/** Names that are none of the cluster's servers: so many are kept, whatever its API says. */
const othersKept = 20;
const reasonLength = 300;

/** What is stored and listed of a health is as long as the cluster is large, not as its own API likes. */
function bounded(health: Health, seen: Observed): Health {
  const servers = new Set(seen.nodegroups.flatMap((group) => group.nodes.map((node) => node.name)));
  const names = Object.keys(health.nodes);
  const others = new Set(names.filter((name) => !servers.has(name)).slice(0, othersKept));
  const isKept = (name: string) => servers.has(name) || others.has(name);
  return {
    ...health,
    nodes: Object.fromEntries(Object.entries(health.nodes).filter(([name]) => isKept(name))),
    reason: Object.fromEntries(
      Object.entries(health.reason)
        .filter(([key]) => key === "api" || isKept(key.replace(/\.Ready$/, "")))
        .map(([key, word]) => [key, word.slice(0, reasonLength)]),
    ),
  };
}

/**
 * A node whose server is gone stays in Kubernetes until somebody removes it there: that is no illness of the cluster.
 * Only where names are those of the servers, and while all servers are known.
 */
function withoutStrays(health: Health, seen: Observed): Health {
  const servers = new Set(seen.nodegroups.flatMap((group) => group.nodes.map((node) => node.name)));
  const names = Object.keys(health.nodes);
  const strays = new Set(names.filter((name) => !servers.has(name)));
  if (seen.state !== "ready" || strays.size === 0 || strays.size === names.length) return health;
  const nodes = Object.fromEntries(Object.entries(health.nodes).filter(([name]) => !strays.has(name)));
  const reason = Object.fromEntries(
    Object.entries(health.reason).filter(([key]) => !strays.has(key.replace(/\.Ready$/, ""))),
  );
  const well = reason["api"] === "ok" && Object.values(nodes).every((node) => node.ready);
  return { ...health, status: health.status === "UNHEALTHY" && well ? "HEALTHY" : health.status, reason, nodes };
}

function onlyYoungOnes(health: Health, seen: Observed, claimed: ClaimedCluster, now: Date): boolean {
  if (!isInProgress(claimed.cluster.status) || health.reason["api"] !== "ok") return false;
  const waiting = Object.entries(health.nodes).filter(([, node]) => !node.ready);
  const facts = new Map(seen.nodegroups.flatMap((group) => group.nodes.map((node) => [node.name, node])));
  const young = (fact: NodeFact | undefined) =>
    fact !== undefined && fact.createdAt !== null && now.getTime() - Date.parse(fact.createdAt) < youngMs;
  return waiting.length > 0 && waiting.every(([name]) => young(facts.get(name)));
}
