// A pair is one distro with one COE on the Heat base. It is a record, not a class: what differs is data, and what
// the COE does is a module that all its distros share.
import type { Capabilities, ClusterType, Desired, Health, NodegroupWish, Observed, Problem, Wish } from "../driver.ts";
import type { LabelKey } from "../../server/domain/label-catalog.ts";
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
  labels: readonly LabelKey[];
  /** Why others have no effect, where there is more to say than that: the end of a sentence after a colon. */
  why: Readonly<Partial<Record<LabelKey, string>>>;
  /** Labels about how other drivers do what this one does too: they ask for nothing that is not there. */
  moot: readonly LabelKey[];
  accepts(want: Wish): Problem[];
  warns(want: Wish): Problem[];
  /** Files and units of a node: those of a role and a node group, the same for every member. */
  node(want: Desired, group: NodegroupWish, site: NodeSite): { files: NodeFile[]; units: NodeUnit[] };
  /** COE version of a node group as its labels have it, with the driver's default. */
  version(want: Wish, group?: NodegroupWish): string;
  /** Changes of this word make new generations of nodes; it is not a build number. */
  nodeRevision: string;
  /** The first way of making nodes of which a control plane node can be changed in place. */
  renewableSince: string;
  /** Further facts that shape a node: what is not here may change without new nodes. */
  shape(want: Wish, group: NodegroupWish): Record<string, string | number | boolean | null>;
  apiPort(want: Wish): number;
  /** Range that the ports of nodes must let through besides their own address. */
  podCidr(want: Wish): string;
  /** In-cluster add-ons as they should be. Pure. */
  addons: CoeAddons;
  nodes: CoeNodes;
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

/** The nodes of a cluster as its own API has them, and what is done to them there. Every call is bounded and repeatable. */
export interface CoeNodes {
  /** By node name; undefined = the API did not answer. The work of nodes is counted for those that are named. */
  read(
    want: Desired,
    apiAddress: string,
    counted?: readonly string[],
  ): Promise<ReadonlyMap<string, CoeNode> | undefined>;
  /** What has to leave a node before its server may go, `namespace/name`; throws when the API does not say. */
  work(want: Desired, apiAddress: string, name: string): Promise<string[]>;
  /**
   * Keeps new work off the node and asks the work that is there to leave, once. The node counts as drained when all is
   * gone, or when its time is over.
   */
  drain(want: Desired, apiAddress: string, name: string, now: Date): Promise<void>;
  /** Takes a drain back, where a newer wish keeps the node. Nothing happens to nodes that somebody else keeps work off. */
  restore(want: Desired, apiAddress: string, name: string): Promise<void>;
  /** Asks a control plane node to leave the cluster's store before its server goes; it says so when it has. */
  leave(want: Desired, apiAddress: string, name: string): Promise<void>;
  /** Takes nodes off the list whose servers are gone. */
  forget(want: Desired, apiAddress: string, names: readonly string[]): Promise<void>;
  /** Brings the group's labels and taints to a node; what others put there stays. */
  mark(want: Desired, apiAddress: string, name: string, group: NodegroupWish): Promise<void>;
  /**
   * Asks a control plane node to become in place what new nodes of that generation would be made as. Asked once for each
   * generation; `again`: once more after it failed.
   */
  renew(
    want: Desired,
    apiAddress: string,
    name: string,
    wish: { to: string; nodegroupId: string; files: readonly NodeFile[]; again: boolean },
  ): Promise<void>;
  /** Word for a group's labels and taints, as `CoeNode.marks` has it of a node. Pure. */
  marks(group: NodegroupWish): string;
}

export interface CoeNode {
  name: string;
  ready: boolean;
  /** Nothing new is placed on it. */
  cordoned: boolean;
  /** Cordoned by `drain`, and not given back by `restore`. */
  draining: boolean;
  drained: boolean;
  /** A control plane node that has left the cluster's store, or that has not in good time and can be done without. */
  left: boolean;
  /** Which labels and taints `mark` last brought to it; null = never. */
  marks: string | null;
  /** Name of the generation that it has become in place; null = it is as it was made. */
  generation: string | null;
  /** To become which generation it was last asked, and the id of the proof for that; `failed`: why it did not. */
  renewal: { to: string; id: string; failed: string | null } | null;
  /** How much has to leave before its server may go; null = not counted. */
  work: number | null;
}

/** What the rendered templates need to know of the place where nodes live. */
export interface NodeSite {
  binaryDir: string;
  /** Index of the member that begins the cluster; null = all join. */
  firstIndex: string | null;
  /** How long Heat waits for the node. */
  waitSeconds: number;
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
