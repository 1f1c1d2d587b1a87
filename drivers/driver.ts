// The seam between Jeroboam and whatever makes clusters. A driver is level-triggered: it is shown what should be
// (Desired) and what is (Observed), names the steps between the two, and carries out one of them. It never writes
// a row, never chooses a ClusterStatus and never waits: the reconcile loop does all three.
import type { LabelKey } from "../server/domain/label-catalog.ts";
import type { LabelReader } from "../server/domain/label-reader.ts";
import type { Problem } from "../server/domain/problem.ts";
import type { Secret } from "../server/domain/secret.ts";
import type { HealthStatus } from "../server/domain/cluster-status.ts";
import type { Cloud } from "./openstack/cloud.ts";

export interface ClusterType {
  serverType: "vm" | "bm";
  distro: string;
  coe: string;
}

export interface Capabilities {
  /** May the number of control plane nodes change after creation? */
  resizeMasters: boolean;
  nodegroups: boolean;
  upgrade: boolean;
  rotateCa: boolean;
  rotateCredential: boolean;
  scaleToZero: boolean;
  /** Can the caller choose which servers go when a nodegroup shrinks? */
  removeNamed: boolean;
}

export type { Problem };

export interface ClusterDriver<S extends Step = Step, O extends Observed = Observed> {
  /** Magnum's driver name, stored with template and cluster: `k8s_fedora_coreos_v1`. */
  readonly name: string;
  readonly provides: readonly ClusterType[];
  readonly can: Readonly<Capabilities>;
  /**
   * Labels that have an effect here. Of the others in the catalogue, `accepts` refuses what asks for something that
   * would not be there, and `warns` tells what merely has no effect.
   */
  readonly labels: readonly LabelKey[];
  /** Pure. Sizes, labels, versions: all that can be said before anything is made. [] = fine. */
  accepts(want: Wish): Problem[];
  /** Pure. What is accepted and is not what it seems to be. */
  warns(want: Wish): Problem[];
  /** COE version that a group's nodes run, with the driver's default where no label says. Pure. */
  version(want: Wish, group?: NodegroupWish): string;
  /** Changes when this driver makes nodes in another way; new groups and upgrades take it over. */
  readonly nodeRevision: string;
  /**
   * Why the nodes of a group cannot be replaced by new ones while the cluster works (one control plane node without a
   * balancer in front). [] = they can. CA rotations ask first. Pure.
   */
  replaceable(want: Wish, group: NodegroupWish): Problem[];
  /**
   * Why nodes that cannot be replaced cannot become `after` in place either. [] = they can; the cluster's API is away for
   * some minutes meanwhile. Pure.
   */
  renewable(before: NodegroupWish, want: Wish, after: NodegroupWish): Problem[];
  /** What will exist, for the review step and the quota check. Pure. */
  footprint(want: Wish): Footprint;
  /** One bounded list call for all clusters of the cloud's project. */
  survey(cloud: Cloud): Promise<Survey>;
  /** Reads only. What is missing is `absent`, never an exception. Talks to the cluster's own API only when `want.probe`. */
  observe(cloud: Cloud, want: Desired, survey: Survey): Promise<O>;
  /** Pure. [] = settled. The first step is the next one. */
  plan(want: Desired, seen: O, now: Date): S[];
  /** One bounded, repeatable call: applied twice it has the effect of once. */
  apply(cloud: Cloud, want: Desired, step: S): Promise<Outcome>;
  /** Asks the cluster's own API. Never throws: what does not answer is a health fact. */
  health(want: Desired, seen: O): Promise<Health>;
  /** Manifests for the first control plane node, since the conductor may not reach the cluster's API. Pure. */
  manifests?(want: Wish): { name: string; content: string }[];
  /** The back end's objects as a tree, read with the caller's credential, for the Resources tab. */
  resources(cloud: Cloud, key: ClusterKey): Promise<ResourceNode[]>;
  /** What a deletion would remove, what it leaves, and what would block it. Reads only. */
  previewDelete(cloud: Cloud, want: Desired): Promise<DeletePreview>;
  /** Which nodes would go if this were the wish, and what runs on them. Reads with the caller's credential. */
  previewShrink(cloud: Cloud, want: Desired): Promise<GoingNode[]>;
}

export interface ClusterKey {
  /** Lower-case UUID; every name at the back end is derived from it. */
  id: string;
  name: string;
}

/** What a cluster is to be, without identities and secrets: enough to judge and to count. */
export interface Wish {
  name: string;
  template: TemplateFacts;
  labels: LabelReader;
  network: NetworkWish;
  nodegroups: NodegroupWish[];
  keypair: string | null;
  dockerVolumeSizeGib: number | null;
  /** Minutes; null = the driver's own limit, 0 = none. */
  createTimeoutMinutes: number | null;
  /** Services that the catalogue of this cloud has, by official type: `load-balancer`, `key-manager`, ... */
  services: readonly string[];
}

export interface Desired extends Wish {
  key: ClusterKey;
  generation: number;
  deleting: boolean;
  /** True while an operation of the user (retry, repair, resize of a failed cluster) asks to repair what failed. */
  repair: boolean;
  /** May the cluster's own API be asked in this round? */
  probe: boolean;
  project: { id: string };
  /**
   * CA certificates, public: the one that signs first, then those that are trusted besides. `revision` names them in
   * the same order: "1", while a rotation runs "1+2" and then "2+1", at last "2". A node is made for one such word.
   */
  pki: { revision: string; caPem: string };
  /** Nodes that a rollout replaces at a time; at least 1. */
  maxBatch: number;
  /** Client credential of the service itself (CN admin, O system:masters) for the cluster's API. */
  admin: { certPem: string; keyPem: Secret } | null;
  credential: TrustCredential;
  endpoints: NodeEndpoints;
}

/**
 * The delegated identity of one cluster: a trustee in the trustee domain and a trust of the creator. Nothing of it goes to
 * a node but what its own proof is made from (node-proof.ts).
 */
export interface TrustCredential {
  revision: number;
  trusteeUserId: string;
  trusteePassword: Secret;
  trustId: string;
}

/** Addresses as nodes see them. */
export interface NodeEndpoints {
  /** Our REST API with /v1. */
  apiUrl: string;
  region: string;
  verifyCa: boolean;
  /** The cloud's CA, PEM, when it is not a public one. */
  openstackCaPem: string | null;
}

export interface TemplateFacts {
  coe: string;
  distro: string;
  serverType: "vm" | "bm";
  tlsDisabled: boolean;
  registryEnabled: boolean;
  insecureRegistry: string | null;
  networkDriver: string;
  volumeDriver: string | null;
  dockerStorageDriver: string | null;
  apiserverPort: number | null;
  externalNetwork: string | null;
  dnsNameservers: readonly string[];
  httpProxy: string | null;
  httpsProxy: string | null;
  noProxy: string | null;
}

export interface NetworkWish {
  /** Ids, resolved when the cluster was made; null = the driver makes a network of its own. */
  fixedNetwork: string | null;
  fixedSubnet: string | null;
  /** CIDR of the given subnet; null when the driver makes one from label fixed_subnet_cidr. */
  fixedSubnetCidr: string | null;
  /** Id of the external network, resolved; null when the template names none. */
  externalNetwork: string | null;
  masterLbEnabled: boolean;
  floatingIpEnabled: boolean;
}

export interface NodegroupWish {
  key: { id: string; name: string };
  role: string;
  isDefault: boolean;
  count: number;
  /** Bounds for the autoscaler; null max = none. */
  min: number;
  max: number | null;
  /** Flavor id and, for the quota count, its size. */
  flavor: { id: string; vcpus: number; ramMib: number; diskGib: number };
  image: { id: string; minDiskGib: number };
  dockerVolumeSizeGib: number | null;
  labels: LabelReader;
  /** Labels and taints of its nodes in the COE, besides the driver's own. */
  nodeLabels: Readonly<Record<string, string>>;
  nodeTaints: readonly NodeTaint[];
  /** The driver's own word for how it makes nodes, kept from when the group was made or upgraded. */
  nodeRevision: string;
  /** COE version that its nodes were made for; null = not settled yet: labels and the driver's default say. */
  version: string | null;
  /** Server ids or member indexes that the user chose to lose. */
  remove: readonly string[];
}

export interface NodeTaint {
  key: string;
  value: string | null;
  effect: "NoSchedule" | "PreferNoSchedule" | "NoExecute";
}

export type BackendState = "absent" | "creating" | "updating" | "deleting" | "ready" | "failed";

export interface Observed {
  /** Heat: id of the cluster's own stack. Null while nothing exists. */
  backendId: string | null;
  state: BackendState;
  /** The back end's own words for the state. */
  reason: string | null;
  /** A step that needed a turn is taken, and the service has not taken on the request yet: the turn is not over. */
  turn?: OneAtATime;
  /** `https://192.0.2.7:6443`, null until known. */
  apiAddress: string | null;
  /** All is there, but the cluster's API has not answered for so long that it is not waited for any more. */
  apiSilent: boolean;
  coeVersion: string | null;
  containerVersion: string | null;
  masterAddresses: readonly string[];
  /** Those that are wished for, and what is left of others. */
  nodegroups: readonly ObservedNodegroup[];
  progress: Progress | null;
  /** Leaves that failed, earliest first, consequences left out. */
  failures: readonly FailedResource[];
  /** Balancers, addresses, ports, volumes that block or survive deletion. */
  leftovers: readonly Leftover[];
}

export interface ObservedNodegroup {
  key: { id: string; name: string };
  backendId: string | null;
  /** `ready` when all its nodes are as they are wished for: it is `updating` while new ones take the place of old ones. */
  state: BackendState;
  reason: string | null;
  count: number;
  addresses: readonly string[];
  version: string | null;
  nodes: readonly NodeFact[];
}

export interface NodeFact {
  serverId: string;
  /** The node's own name, whatever somebody calls its server. */
  name: string;
  /** The back end's id of the member, new for each that is made; null = not known. */
  memberId: string | null;
  /** It has neither reported nor failed: until then it may prove itself (node-proof.ts). */
  coming: boolean;
  /** Id of the proof by which it may fetch the keys once more, while it is being changed in place; null = it may not. */
  renewalId: string | null;
  /** Member index in its group, as the back end counts. */
  index: string;
  status: string;
  privateAddress: string | null;
  publicAddress: string | null;
  zone: string | null;
  flavorId: string | null;
  imageId: string | null;
  /** The node's Ready condition in Kubernetes; null = not asked or not known there. */
  ready: boolean | null;
  version: string | null;
  createdAt: string | null;
}

export interface Progress {
  done: number;
  total: number;
  /** What is being made now, in words: "worker 2". Null when nothing moves. */
  now: string | null;
}

export interface FailedResource {
  /** From the outside in: ["workers", "worker 3", "volume"], in words. */
  path: readonly string[];
  type: string;
  name: string;
  physicalId: string | null;
  /** Unwrapped from the wrappers of enclosing stacks. */
  reason: string;
  at: string | null;
}

export interface Leftover {
  type: string;
  id: string;
  name: string | null;
  why: string;
}

export interface ResourceNode {
  name: string;
  type: string;
  physicalId: string | null;
  status: string;
  reason: string | null;
  updatedAt: string | null;
  children: ResourceNode[];
}

export interface DeletePreview {
  removes: { type: string; name: string; id: string | null }[];
  stays: { type: string; name: string; id: string | null; why: string }[];
  blocks: { type: string; name: string; id: string | null; why: string }[];
}

/** A node that a smaller count takes away. */
export interface GoingNode {
  nodegroupId: string;
  serverId: string | null;
  name: string;
  /** `namespace/name` of what has to move elsewhere; null = the cluster's API did not say. */
  work: string[] | null;
}

/** Back end objects of one project by cluster id, from one list call. */
export interface Survey {
  at: Date;
  stacks: readonly SurveyedStack[];
}

export interface SurveyedStack {
  id: string;
  name: string;
  status: string;
  reason: string | null;
  updatedAt: string | null;
  tags: readonly string[];
}

/** A service that works on one request of a project at a time, and refuses those that come meanwhile. */
export type OneAtATime = "load-balancer";

/** Plain data without secrets, so that a plan can be shown, logged and compared. */
export interface Step {
  readonly kind: string;
  /** New clusters of one project take this step one after the other, because of that service. */
  readonly turn?: OneAtATime;
  /** The step in words for people: "Create 2 worker nodes". */
  readonly summary: string;
}

export type Outcome =
  | { kind: "done" }
  | { kind: "again"; afterMs: number }
  | { kind: "waiting"; on: string; afterMs: number }
  | { kind: "stalled"; reason: string; remedy: string };

export interface Health {
  status: HealthStatus | null;
  /** Was there any answer? Where there never was one, nothing is known. */
  answered: boolean;
  /** Magnum's health_status_reason: `{"api": "ok", "<node>.Ready": "True"}`. */
  reason: Record<string, string>;
  /** Ready per node name, when the API answered. */
  nodes: Record<string, { ready: boolean; version: string | null }>;
}

export interface Footprint {
  servers: number;
  vcpus: number;
  ramMib: number;
  volumes: number;
  volumeGib: number;
  networks: number;
  subnets: number;
  routers: number;
  ports: number;
  securityGroups: number;
  serverGroups: number;
  floatingIps: number;
  loadBalancers: number;
}
