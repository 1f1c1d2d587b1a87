// What to choose or to write so that the sandbox fails in a given way, as a real cloud would and in its words. The table is
// data: documentation and tests read it.
import { passing } from "../../server/domain/passing.ts";

export interface Scenario {
  /** Where it is given: the flavor of a node group, or words in the name of a cluster. */
  by: "flavor" | "name";
  /** The flavor's name; or one word for a name, of which each is as good. */
  values: readonly string[];
  /** What happens, for people. */
  effect: string;
}

export const scenarios = {
  noHost: { by: "flavor", values: ["fail.nohost"], effect: "Nova finds no valid host: the server ends in ERROR." },
  silentNode: {
    by: "flavor",
    values: ["fail.silent"],
    effect: "The node boots and never reports: its wait condition times out.",
  },
  failingNode: { by: "flavor", values: ["fail.boot"], effect: "The node reports a failure of its own setup." },
  failingOnce: {
    by: "flavor",
    values: ["fail.once"],
    effect: "The first node of each group fails, its replacement comes up.",
  },
  slowServer: { by: "flavor", values: ["slow.small"], effect: "Servers take ten times as long to become ACTIVE." },
  nodeFailure: {
    by: "name",
    values: ["node-failure", "fail-node"],
    effect: "Each node reports FAILURE in phase runtime.",
  },
  waitTimeout: {
    by: "name",
    values: ["wait-timeout", "fail-timeout"],
    effect: "Nodes never report, and the time limit is five minutes of the sandbox's own time.",
  },
  quotaExceeded: {
    by: "name",
    values: ["quota-exceeded", "fail-quota"],
    effect: "Nova refuses each server: the quota of cores is used up.",
  },
  volumeError: { by: "name", values: ["volume-error", "fail-volume"], effect: "Cinder volumes end in status error." },
  balancerError: {
    by: "name",
    values: ["lb-error", "fail-lb"],
    effect: "The load balancer ends in provisioning status ERROR.",
  },
  addressesGone: { by: "name", values: ["no-addresses"], effect: "The external network has no floating address left." },
  heatOutage: {
    by: "name",
    values: ["heat-outage", "fail-heat"],
    effect: "Heat answers 503 to the first three requests that would make a stack.",
  },
  deleteFailure: {
    by: "name",
    values: ["delete-failure", "fail-delete"],
    effect: "The first deletion of the cluster's network fails: something still uses it.",
  },
  apiSilent: {
    by: "name",
    values: ["api-silent"],
    effect: "The Kubernetes API stops answering ten minutes of the sandbox's own time after it came up.",
  },
  upgradeFailure: {
    by: "name",
    values: ["upgrade-failure", "fail-upgrade"],
    effect: "Nodes of another Kubernetes version than the cluster's own report FAILURE in phase runtime.",
  },
  drainRefused: {
    by: "name",
    values: ["drain-refused", "fail-drain"],
    effect:
      "A PodDisruptionBudget of the cluster refuses each eviction of one pod: its node drains until its time is over.",
  },
  renewFailure: {
    by: "name",
    values: ["renew-failure"],
    effect: "The only control plane node cannot be changed in place: it puts everything back and says why.",
  },
  neverLeaves: {
    by: "name",
    values: ["never-leaves"],
    effect: "Control plane nodes do not leave the cluster's store when they are asked to.",
  },
  passing: {
    by: "name",
    values: passing.flatMap(({ key, resource }) => (resource === null ? [] : [key])),
    effect: "A service refuses once, in words of a refusal that passes by itself (server/domain/passing.ts).",
  },
  slow: { by: "name", values: ["slow"], effect: "Servers and nodes take four times as long." },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

/** Do these words of a name ask for the scenario? Stacks, servers and volumes begin with the cluster's name. */
export const asksFor = (scenario: ScenarioName, ...names: readonly (string | null | undefined)[]): boolean =>
  scenarios[scenario].values.some((value) => names.some((name) => named(value, name)));

export const named = (word: string, name: string | null | undefined): boolean =>
  name !== null && name !== undefined && new RegExp(`(^|[^a-z])${word}($|[^a-z])`, "i").test(name);

/** Flavors that exist only to fail or to be slow. */
export const scenarioFlavors: readonly string[] = Object.values(scenarios).flatMap((one) =>
  one.by === "flavor" ? [...one.values] : [],
);
