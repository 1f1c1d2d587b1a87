// Rows of the cloud. Times are milliseconds since 1970; `dueAt` is when a thing that is under way is done.

export interface Domain {
  id: string;
  name: string;
  enabled: boolean;
  description: string;
}
export interface Project {
  id: string;
  name: string;
  domainId: string;
  enabled: boolean;
  description: string;
}
export interface User {
  id: string;
  name: string;
  domainId: string;
  enabled: boolean;
  description: string;
  /** scrypt, hexadecimal. */
  passwordHash: string;
  salt: string;
  defaultProjectId: string | null;
}
export interface Role {
  id: string;
  name: string;
}
/** Exactly one of project and domain. */
export interface Grant {
  id: string;
  userId: string;
  roleId: string;
  projectId: string | null;
  domainId: string | null;
}
export interface Trust {
  id: string;
  trustorId: string;
  trusteeId: string;
  projectId: string | null;
  impersonation: boolean;
  roleIds: string[];
  expiresAt: number | null;
  remainingUses: number | null;
  allowRedelegation: boolean;
}
export interface ApplicationCredential {
  id: string;
  name: string;
  userId: string;
  projectId: string;
  roleIds: string[];
  description: string | null;
  unrestricted: boolean;
  expiresAt: number | null;
  secretHash: string;
}
/** The id is a digest of the token: the file holds none that could be used. */
export interface Token {
  id: string;
  userId: string;
  projectId: string | null;
  domainId: string | null;
  trustId: string | null;
  applicationCredentialId: string | null;
  methods: string[];
  auditIds: string[];
  issuedAt: number;
  expiresAt: number;
}

export interface Flavor {
  id: string;
  name: string;
  vcpus: number;
  ram: number;
  disk: number;
  specs: Record<string, string>;
}
export interface Keypair {
  id: string;
  userId: string;
  name: string;
  publicKey: string;
  fingerprint: string;
  type: string;
  createdAt: number;
}
export interface Server {
  id: string;
  name: string;
  projectId: string;
  userId: string;
  flavorId: string;
  imageId: string | null;
  keyName: string | null;
  userData: string | null;
  metadata: Record<string, string>;
  zone: string;
  portIds: string[];
  /** Ports that go with the server. */
  ownPortIds: string[];
  volumeIds: string[];
  serverGroupId: string | null;
  securityGroups: string[];
  status: "BUILD" | "ACTIVE" | "ERROR" | "SHUTOFF" | "REBOOT" | "DELETED";
  taskState: string | null;
  fault: { code: number; message: string; created: number } | null;
  createdAt: number;
  updatedAt: number;
  launchedAt: number | null;
  dueAt: number | null;
  host: string;
}
export interface ServerGroup {
  id: string;
  name: string;
  projectId: string;
  userId: string;
  policies: string[];
}

interface Tagged {
  projectId: string;
  description: string;
  tags: string[];
  createdAt: number;
  updatedAt: number;
}
export interface Network extends Tagged {
  id: string;
  name: string;
  external: boolean;
  shared: boolean;
  adminStateUp: boolean;
  mtu: number;
}
export interface Subnet extends Tagged {
  id: string;
  name: string;
  networkId: string;
  cidr: string;
  ipVersion: number;
  gatewayIp: string | null;
  enableDhcp: boolean;
  dnsNameservers: string[];
  pools: { start: string; end: string }[];
  hostRoutes: { destination: string; nexthop: string }[];
}
export interface Router extends Tagged {
  id: string;
  name: string;
  externalNetworkId: string | null;
  externalFixedIps: { subnet_id: string; ip_address: string }[];
  adminStateUp: boolean;
}
export interface Port extends Tagged {
  id: string;
  name: string;
  networkId: string;
  mac: string;
  fixedIps: { subnet_id: string; ip_address: string }[];
  securityGroupIds: string[];
  allowedAddressPairs: { ip_address: string; mac_address?: string | undefined }[];
  deviceId: string;
  deviceOwner: string;
  status: string;
  adminStateUp: boolean;
}
export interface FloatingIp extends Tagged {
  id: string;
  address: string;
  networkId: string;
  portId: string | null;
  fixedIp: string | null;
}
export interface SecurityGroup extends Tagged {
  id: string;
  name: string;
}
export interface SecurityGroupRule {
  id: string;
  securityGroupId: string;
  projectId: string;
  direction: string;
  ethertype: string;
  protocol: string | null;
  portMin: number | null;
  portMax: number | null;
  remoteIpPrefix: string | null;
  remoteGroupId: string | null;
  description: string;
  createdAt: number;
}
export interface Image {
  id: string;
  name: string;
  owner: string;
  visibility: string;
  status: string;
  size: number | null;
  minDisk: number;
  minRam: number;
  diskFormat: string | null;
  containerFormat: string | null;
  checksum: string | null;
  hidden: boolean;
  isProtected: boolean;
  tags: string[];
  properties: Record<string, string>;
  createdAt: number;
  updatedAt: number;
}
export interface VolumeType {
  id: string;
  name: string;
  description: string | null;
  isPublic: boolean;
}
export interface Volume {
  id: string;
  name: string;
  projectId: string;
  userId: string;
  size: number;
  type: string;
  status: string;
  zone: string;
  description: string | null;
  metadata: Record<string, string>;
  imageId: string | null;
  bootable: boolean;
  attachments: { id: string; serverId: string; device: string; at: number }[];
  /** The status that it has once `dueAt` has passed; null = it is gone then. */
  becomes: string | null;
  dueAt: number | null;
  createdAt: number;
  updatedAt: number;
}

interface Provisioned {
  id: string;
  name: string;
  description: string;
  projectId: string;
  provisioningStatus: string;
  operatingStatus: string;
  adminStateUp: boolean;
  tags: string[];
  createdAt: number;
  updatedAt: number;
  balancerId: string;
}
export interface Balancer extends Provisioned {
  vipAddress: string;
  vipPortId: string;
  vipSubnetId: string;
  vipNetworkId: string;
  provider: string;
  flavorId: string | null;
  zone: string | null;
  dueAt: number | null;
}
export interface Listener extends Provisioned {
  protocol: string;
  protocolPort: number;
  defaultPoolId: string | null;
  allowedCidrs: string[] | null;
  connectionLimit: number;
}
export interface Pool extends Provisioned {
  protocol: string;
  algorithm: string;
  listenerId: string | null;
}
export interface Member extends Provisioned {
  poolId: string;
  address: string;
  protocolPort: number;
  subnetId: string | null;
  weight: number;
  backup: boolean;
}
export interface Monitor extends Provisioned {
  poolId: string;
  type: string;
  delay: number;
  timeout: number;
  maxRetries: number;
  maxRetriesDown: number;
  urlPath: string | null;
}
export interface StoredSecret {
  id: string;
  name: string | null;
  projectId: string;
  userId: string;
  type: string;
  payload: string;
  contentType: string | null;
  createdAt: number;
}
/** Id: service and project. */
export interface Quota {
  id: string;
  limits: Record<string, number>;
}

export type Action = "INIT" | "CREATE" | "UPDATE" | "DELETE" | "ROLLBACK" | "SUSPEND" | "RESUME" | "CHECK";
export type Status = "IN_PROGRESS" | "COMPLETE" | "FAILED";
/** Where and why something failed, as Heat puts it together on its way up. */
export interface Failure {
  kind: string;
  path: string;
  message: string;
}

export interface Stack {
  id: string;
  name: string;
  projectId: string;
  userId: string;
  userName: string;
  /** The trust that Heat's own access to the stack hangs on; absent = none. */
  trustId?: string | null;
  description: string;
  parentStackId: string | null;
  parentResourceId: string | null;
  rootId: string;
  depth: number;
  template: Record<string, unknown>;
  files: Record<string, string>;
  parameters: Record<string, unknown>;
  registry: Record<string, string>;
  tags: string[];
  action: Action;
  status: Status;
  reason: string;
  failure: Failure | null;
  timeoutMins: number | null;
  disableRollback: boolean;
  createdAt: number;
  updatedAt: number | null;
  deletedAt: number | null;
  deadline: number | null;
  /** Counts up with each change that is asked for. */
  traversal: number;
}
export interface Resource {
  id: string;
  stackId: string;
  name: string;
  type: string;
  action: Action;
  status: Status;
  reason: string;
  failure: Failure | null;
  physicalId: string | null;
  createdAt: number;
  updatedAt: number;
  /** The stack's traversal that this row has been brought to. */
  traversal: number;
  /** Replaced or no longer in the template: to be deleted once the rest is done. */
  doomed: boolean;
  requires: string[];
  /** Resolved properties with which it was made or last changed. */
  properties: Record<string, unknown>;
  data: Record<string, unknown>;
  dueAt: number | null;
  startedAt: number | null;
}
export interface StackEvent {
  id: string;
  stackId: string;
  at: number;
  resourceName: string;
  physicalId: string | null;
  resourceType: string;
  status: string;
  reason: string;
}

export interface Node {
  /** The server's id. */
  id: string;
  phase: string;
  dueAt: number;
  startedAt: number;
  console: string[];
  reported: boolean;
  failure: string | null;
  /** Failed attempts of the present phase. */
  attempts: number;
  phaseSince: number;
  /** Which cluster, once its variables were read. */
  clusterId: string | null;
  name: string;
  /** The node's own private key, PEM: whoever comes with its proof first must come with the same key again. */
  keyPem?: string;
  /** What a control plane node serves the API with, from when it has its files until it has joined. */
  serving?: KubernetesMaster;
}
export interface Kubernetes {
  /** The cluster's id. */
  id: string;
  name: string;
  projectId: string;
  apiAddress: string | null;
  privateAddress: string;
  port: number;
  /** Of the oldest member of its control plane. */
  version: string;
  objects: Record<string, Record<string, unknown>>;
  revision: number;
  startedAt: number;
  /** Members of its store by server id, each with an API server; one whose server is gone still counts. */
  masters: Record<string, KubernetesMaster>;
  /** Where each pod of a Deployment runs, by namespace, Deployment and number. */
  placements: Record<string, PodPlacement>;
}
export interface KubernetesMaster {
  /** Authorities that it trusts, as it was given them. */
  caPem: string;
  certPem: string;
  keyPem: string;
  version: string;
}
export interface PodPlacement {
  /** Null = no node takes it. */
  node: string | null;
  /** Counts up when the pod is made anew. */
  turn: number;
  since: number;
}
export interface Setting {
  id: string;
  value: string;
}
