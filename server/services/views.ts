// The shapes that services give to both doors beyond the plain domain objects: a page's worth of facts in one answer.
import type { Cluster, ClusterRow } from "../domain/cluster.ts";
import type { Operation, StatusGroup } from "../domain/cluster-status.ts";
import type { ClusterTemplate } from "../domain/cluster-template.ts";
import type { AuditRecord } from "../domain/audit.ts";
import type { ClusterEvent, OperationRecord } from "../domain/event.ts";
import type { LabelDifference } from "../domain/labels.ts";
import type { Problem } from "../domain/problem.ts";
import type { ClusterNode, NodeGroup } from "../domain/nodegroup.ts";
import type { DeletePreview, Footprint, GoingNode, ResourceNode } from "../../drivers/driver.ts";

export type {
  AuditRecord,
  ClusterEvent,
  ClusterNode,
  DeletePreview,
  Footprint,
  GoingNode,
  OperationRecord,
  ResourceNode,
};

export interface Page<Row> {
  rows: Row[];
  total: number;
  /** Cursor of the next page, null on the last one. */
  next: string | null;
}

export interface Usage {
  used: number;
  limit: number;
}

export interface ClusterList extends Page<ClusterRow> {
  counts: Record<StatusGroup, number>;
  quota: Usage;
}

export interface TemplateRow extends ClusterTemplate {
  /** Clusters that use it, in every project. */
  clusters: number;
  /** Made in the project of the request. */
  mine: boolean;
}

export interface TemplateView extends TemplateRow {
  names: { image: ResourceName; flavor: ResourceName; masterFlavor: ResourceName; externalNetwork: ResourceName };
  /** Why it cannot be changed; null = it can. */
  cannotEdit: string | null;
  cannotDelete: string | null;
}

/** Name of something in OpenStack: null = it no longer exists, undefined = not set or could not be asked. */
export type ResourceName = string | null | undefined;

export type ClusterAction = Operation | "getConfig" | "setLocked";

export interface ClusterView extends Cluster {
  template: ClusterTemplate | null;
  nodegroups: NodeGroup[];
  /** Against the template as it is now. */
  labelDifference: LabelDifference;
  names: {
    flavor: ResourceName;
    masterFlavor: ResourceName;
    image: ResourceName;
    network: ResourceName;
    subnet: ResourceName;
    keypair: ResourceName;
  };
  /** The running operation, else the last one. */
  operation: OperationRecord | null;
  /** null = possible now, else the reason why not. */
  can: Record<ClusterAction, string | null>;
}

export interface TemplateCheck {
  problems: Problem[];
  warnings: readonly Problem[];
}

export interface QuotaEffect {
  name: string;
  used: number;
  adds: number;
  /** null = no limit. */
  limit: number | null;
}

export interface EffectiveLabel {
  key: string;
  value: string;
  source: "template" | "yours";
  effect: "added" | "overrides" | "same" | "template";
}

/** What will be when nobody changes anything more: each value and where it comes from. */
export interface EffectiveValues {
  name: string;
  templateName: string;
  keypair: string | null;
  masterCount: number;
  nodeCount: number;
  masterFlavor: { id: string; name: string } | null;
  flavor: { id: string; name: string } | null;
  image: { id: string; name: string } | null;
  dockerVolumeSizeGib: number | null;
  network: { id: string; name: string } | null;
  subnet: { id: string; name: string; cidr: string } | null;
  externalNetwork: { id: string; name: string } | null;
  floatingIpEnabled: boolean;
  masterLbEnabled: boolean;
  createTimeoutMinutes: number | null;
  driver: string;
}

export interface ClusterPreview {
  problems: Problem[];
  warnings: Problem[];
  /** null while the template is not known or usable. */
  effective: EffectiveValues | null;
  labels: EffectiveLabel[];
  footprint: Footprint | null;
  quota: QuotaEffect[];
  /** The same request for `openstack coe`. */
  command: string;
  /** The same request for the REST API. */
  body: Record<string, unknown>;
}

/** What an upgrade would do. */
export interface UpgradePreview {
  /** [] = it can be done. */
  problems: Problem[];
  warnings: Problem[];
  /** COE versions, of the control plane or of the one group. */
  version: { from: string; to: string };
  /** Each group that is meant, and whether its nodes are replaced. */
  groups: {
    name: string;
    role: string;
    nodes: number;
    replaced: boolean;
    /** Its nodes cannot be replaced and are changed as they are: the cluster's API is away meanwhile. */
    inPlace: boolean;
    version: { from: string; to: string };
    image: { from: string; to: string };
  }[];
  /** Labels that change, of the cluster or of the one group. */
  labels: { key: string; from: string | null; to: string | null }[];
  /** Nodes that are replaced at a time. */
  maxBatchSize: number;
}

export interface ResourceUse {
  name: string;
  used: number;
  /** null = no limit. */
  limit: number | null;
}

export type Listing<T> = { ok: true; items: T[] } | { ok: false; error: string };

export interface FlavorOption {
  id: string;
  name: string;
  vcpus: number;
  ramMib: number;
  diskGib: number;
}

export interface ImageOption {
  id: string;
  name: string;
  distro: string | null;
  status: string;
  visibility: string;
  minDiskGib: number;
  minRamMib: number;
  sizeBytes: number | null;
  createdAt: string | null;
  /** The driver that this image leads to for Kubernetes on virtual machines; null = none. */
  driver: string | null;
}

export interface SubnetOption {
  id: string;
  name: string;
  cidr: string;
  ipVersion: number;
  gateway: string | null;
}

export interface NetworkOption {
  id: string;
  name: string;
  external: boolean;
  shared: boolean;
  subnets: SubnetOption[];
  /** Ids of external networks that a router connects it to. */
  routedTo: string[];
}

export interface KeypairOption {
  name: string;
  fingerprint: string;
  type: string;
}

export interface CloudOptions {
  flavors: Listing<FlavorOption>;
  images: Listing<ImageOption>;
  networks: Listing<NetworkOption>;
  keypairs: Listing<KeypairOption>;
  zones: Listing<{ name: string; available: boolean }>;
  volumeTypes: Listing<{ name: string }>;
  /** Does the cloud offer load balancers? */
  loadBalancer: boolean;
  regions: string[];
}

export interface ProjectOverview {
  clusters: Record<StatusGroup, number>;
  nodes: number;
  quota: Usage;
  cloud: {
    compute: Listing<ResourceUse>;
    volumes: Listing<ResourceUse>;
    network: Listing<ResourceUse>;
    loadBalancers: Listing<ResourceUse>;
  };
  attention: { clusterId: string; name: string; why: string }[];
  recent: OperationRecord[];
}

export interface AuthorityView {
  type: "kubernetes" | "etcd" | "front-proxy";
  pem: string;
  /** False while a rotation runs: trusted besides, but another one signs. */
  signs: boolean;
  subject: string;
  serial: string;
  /** SHA-256, upper-case hex pairs with colons. */
  fingerprint: string;
  notBefore: Date;
  notAfter: Date;
}

export interface SignedCertificate {
  pem: string;
  /** All that are trusted, the one that signs first. */
  caPem: string;
  serial: string;
  subject: string;
  fingerprint: string;
  notAfter: Date;
}
