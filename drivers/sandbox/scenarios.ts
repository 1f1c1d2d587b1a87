// What to choose or to write so that the sandbox fails in a given way. Names are looked at anywhere in a server's, volume's
// or balancer's name and in the names of its stacks, so a cluster or template name is enough.

export interface Scenario {
  /** Where it is given. */
  by: "flavor" | "image" | "name";
  /** The flavor's or image's name, or the words in a name. */
  value: string;
  /** What happens, for people. */
  effect: string;
}

export const scenarios = {
  noHost: { by: "flavor", value: "fail.nohost", effect: "Nova finds no valid host: the server ends in ERROR." },
  slowFlavor: { by: "flavor", value: "slow.small", effect: "Servers take ten times as long to become ACTIVE." },
  brokenImage: { by: "image", value: "fedora-coreos-broken", effect: "Servers become ACTIVE, but no node ever starts: the wait condition times out." },
  nodeFailure: { by: "name", value: "node-failure", effect: "Each node reports FAILURE in phase runtime." },
  workerFailure: { by: "name", value: "worker-failure", effect: "The second member of each worker group reports FAILURE." },
  waitTimeout: { by: "name", value: "wait-timeout", effect: "Nodes never report: the stack's time limit ends the waiting." },
  noHostName: { by: "name", value: "no-valid-host", effect: "Nova finds no valid host for the workers." },
  quotaExceeded: { by: "name", value: "quota-exceeded", effect: "Nova refuses each server: the quota of cores is used up." },
  volumeError: { by: "name", value: "volume-error", effect: "Cinder volumes end in status error." },
  balancerError: { by: "name", value: "lb-error", effect: "The load balancer ends in provisioning status ERROR." },
  addressesGone: { by: "name", value: "no-addresses", effect: "The external network has no floating address left." },
  heatOutage: { by: "name", value: "heat-outage", effect: "Heat answers 503 for a minute once the stack has been made." },
  slow: { by: "name", value: "slow", effect: "Everything takes four times as long." },
  deleteFailure: { by: "name", value: "delete-failure", effect: "The first attempt to delete the cluster's network fails: something still uses it." },
  apiSilent: { by: "name", value: "api-silent", effect: "The Kubernetes API stops answering once the cluster is up." },
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

/** Do these words of a name ask for the scenario? */
export const asksFor = (scenario: ScenarioName, ...names: readonly (string | null | undefined)[]): boolean => {
  const { value } = scenarios[scenario];
  return names.some((name) => name !== null && name !== undefined && new RegExp(`(^|[^a-z])${value.replace(".", "\\.")}($|[^a-z])`, "i").test(name));
};
