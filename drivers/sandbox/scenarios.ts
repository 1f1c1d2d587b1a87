// What goes wrong on request. A name of something that people choose provokes the failure, so that the same names work
// in the wizard, on the command line and in tests. Each is what a real cloud does, in the words that it uses.

export interface Scenario {
  /** What to choose or to write to provoke it. */
  provokedBy: string;
  /** What then happens. */
  effect: string;
}

export const scenarios = {
  noValidHost: { provokedBy: "flavor fail.nohost", effect: "Nova finds no host: the server goes to ERROR" },
  bootTimeout: {
    provokedBy: "flavor fail.silent",
    effect: "the node boots and never reports; its wait condition times out",
  },
  nodeFailure: { provokedBy: "flavor fail.boot", effect: "the node reports a failure of its own setup" },
  flakyNode: { provokedBy: "flavor fail.once", effect: "the first node of each name fails, its replacement comes up" },
  serverQuota: { provokedBy: "more than 50 servers in a project", effect: "Nova refuses with its quota message" },
  balancerError: { provokedBy: "a cluster name that begins with fail-lb", effect: "the load balancer goes to ERROR" },
  volumeError: { provokedBy: "a cluster name that begins with fail-volume", effect: "each volume goes to error" },
  heatOutage: {
    provokedBy: "a cluster name that begins with fail-heat",
    effect: "Heat answers 503 to the first three requests that make its stacks",
  },
  deleteBlocked: {
    provokedBy: "a cluster name that begins with fail-delete",
    effect: "the first deletion of its cluster stack fails",
  },
} as const satisfies Record<string, Scenario>;

export const scenarioFlavors: [name: string, ramMib: number, diskGib: number, vcpus: number][] = [
  ["fail.nohost", 4096, 20, 2],
  ["fail.silent", 4096, 20, 2],
  ["fail.boot", 4096, 20, 2],
  ["fail.once", 4096, 20, 2],
];

export const scenarioImages: [name: string, distro: string | null, properties: Record<string, string>][] = [];

/** Stack names begin with the cluster's name. */
export const provokes = (stackName: string, word: "fail-lb" | "fail-volume" | "fail-heat" | "fail-delete"): boolean =>
  stackName.startsWith(word);
