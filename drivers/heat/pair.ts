// A pair is one distro with one COE on the Heat base. It is a record, not a class: what differs is data, and what
// the COE does is a module that all its distros share.
import type { Capabilities, ClusterType, Desired, Health, NodegroupWish, Observed, Problem, Wish } from "../driver.ts";
import type { NodeFile, NodeUnit } from "./ignition.ts";

export interface Pair {
  /** Magnum's driver name. */
  name: string;
  provides: readonly ClusterType[];
  can: Capabilities;
  /** User to log in as, shown to people. */
  login: string;
  userData: "ignition";
  /** Where programs may be written on this distro. */
  binaryDir: string;
  network: "create";
  coe: HeatCoe;
}

/** What the Heat base asks of a COE. All but `addons` and `health` is pure. */
export interface HeatCoe {
  /** Labels that the COE itself honours; the base adds its own. */
  labels: readonly string[];
  /** Those, and the ones that `accepts` judges by itself; every other of the catalogue is refused by the base. */
  knownLabels: readonly string[];
  accepts(want: Wish): Problem[];
  /** Files and units of a node: those of a role and a node group, the same for every member. */
  node(want: Desired, group: NodegroupWish, site: NodeSite): { files: NodeFile[]; units: NodeUnit[] };
  /** COE version of a node group as its labels have it, with the driver's default. */
  version(want: Wish, group?: NodegroupWish): string;
  /** Changes of this word make new generations of nodes; it is not a build number. */
  nodeRevision: string;
  /** Further facts that shape a node: what is not here may change without new nodes. */
  shape(want: Wish, group: NodegroupWish): Record<string, string | number | boolean | null>;
  apiPort(want: Wish): number;
  /** Range that the ports of nodes must let through besides their own address. */
  podCidr(want: Wish): string;
  /** In-cluster add-ons as they should be. Pure. */
  addons: CoeAddons;
  health(want: Desired, seen: Observed & { apiReachable: boolean }): Promise<Health>;
}

export interface CoeAddons {
  /** Changes when anything that is applied changes. Pure. */
  revision(want: Desired): string;
  /** The revision that the cluster says it has; null = none yet, undefined = the API did not answer. */
  applied(want: Desired, apiAddress: string): Promise<string | null | undefined>;
  /** Applied twice it has the effect of once. Throws what the API answered. */
  apply(want: Desired, apiAddress: string): Promise<void>;
  /** The same objects as files, for the first master of a cluster whose API the conductor cannot reach. Pure. */
  manifests(want: Wish): { name: string; content: string }[];
}

/** What the rendered templates need to know of the place where nodes live. */
export interface NodeSite {
  binaryDir: string;
  /** Index of the member that begins the cluster; null = all join. */
  firstIndex: string | null;
}

/** What the cluster stack hands to the stacks of the nodes: ids at the back end, no secrets. */
export interface ClusterFacts {
  networkId: string;
  subnetId: string | null;
  mastersSecurityGroupId: string;
  workersSecurityGroupId: string;
  mastersServerGroupId: string | null;
  apiPoolId: string | null;
  apiPortId: string | null;
  apiBalancerId: string | null;
  /** Address inside the cluster's network. */
  apiPrivateAddress: string;
  apiPublicAddress: string | null;
}
