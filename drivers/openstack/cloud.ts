// What the product asks of OpenStack: typed clients bound to one credential and one region. Types only; clouds.ts
// makes the real thing. Every method may throw OpenStackError (error.ts). `find...` answers null or [] where the thing
// is missing; `get...` throws kind `not_found`; `delete...` of something that is gone is kind `not_found` too, unless
// its docstring says otherwise. Lists follow the service's pages and make no call per row.
import type { Secret } from "../../server/domain/secret.ts";

export interface Cloud {
  /** The region asked for; null = the catalog's only one. */
  readonly region: string | null;
  readonly keystone: Keystone;
  readonly nova: Nova;
  readonly neutron: Neutron;
  readonly glance: Glance;
  readonly cinder: Cinder;
  readonly heat: Heat;
  readonly octavia: Octavia;
  readonly barbican: Barbican;
  /** What requests name, as it was within the last minute. */
  readonly facts: Facts;
  /** Whose token this is. Signs in when that has not happened yet. */
  whoAmI(): Promise<TokenInfo>;
  /** The token in use, for handing on to a service that we do not speak to ourselves. */
  token(): Promise<Secret>;
  /** Official types of the services that the catalog has in this region: `load-balancer`, `key-manager`, ... */
  services(): Promise<readonly string[]>;
  /** Regions of the catalog, sorted. */
  regions(): Promise<readonly string[]>;
  /** Address of a service without a slash at its end, null when the catalog has none. Aliases of the type count. */
  endpoint(serviceType: string): Promise<string | null>;
}

/**
 * What changes seldom, remembered for a minute by project, region and roles (facts.ts). A thing that is missing is asked
 * for again at once; one that was removed less than a minute ago may still be there. For what is chosen by name; what
 * people look at is listed by the services themselves.
 */
export interface Facts {
  findFlavor(idOrName: string): Promise<Flavor | null>;
  /** Looked for again when it does not say its distribution. */
  findImages(idOrName: string): Promise<Image[]>;
  /** Looked for again when it is to be `external` and is not. */
  findNetworks(idOrName: string, external: boolean): Promise<Network[]>;
  findSubnets(idOrName: string): Promise<Subnet[]>;
  /** All of the project; a way out of `subnetId` that is not known yet is looked for again. */
  listRoutes(subnetId: string): Promise<Route[]>;
  /** All; looked for again when `name` is not among those that can be used. */
  listZones(name: string): Promise<Zone[]>;
  listVolumeTypes(name: string): Promise<VolumeType[]>;
  /** Names of load balancing providers. */
  listProviders(name: string): Promise<string[]>;
}

/** All clouds of one installation share one pool of connections and what is remembered. */
export interface Clouds {
  readonly identity: Identity;
  /** The service user's own cloud. The same object for the same region. */
  service(region?: string | null): Cloud;
  /** A caller's token, already scoped. `info` (from validate or sign-in) saves the call that reads the catalog. */
  fromToken(token: Secret, options?: BoundOptions & { info?: TokenInfo }): Cloud;
  /** The delegated credential of a cluster: trustee and trust. Signs in again by itself. */
  fromTrust(trust: TrustAccess, options?: BoundOptions): Cloud;
  /** Any credential that can sign in. Signs in again by itself. */
  fromCredential(credential: Credential, options?: BoundOptions): Cloud;
  /** Closes idle connections. */
  close(): void;
}

export interface BoundOptions {
  /** Null or absent = the settings' region, else the catalog's only one. */
  region?: string | null;
  /** Ends every call of this cloud. */
  signal?: AbortSignal;
}

/** -1 of the wire is null here: no limit. */
export interface ResourceLimit {
  used: number | null;
  limit: number | null;
}

// ---- identity ----------------------------------------------------------------------------------------------------

export type NameOrId = { id: string } | { name: string };

export type DomainRef = NameOrId;
export type UserRef = { id: string } | { name: string; domain: DomainRef };
export type ProjectRef = { id: string } | { name: string; domain: DomainRef };

export type TokenScope = { project: ProjectRef } | { domain: DomainRef } | { trust: { id: string } } | "unscoped";

export type Credential =
  | { kind: "password"; user: UserRef; password: Secret; scope?: TokenScope }
  | {
      kind: "application_credential";
      credential: { id: string } | { name: string; user: UserRef };
      secret: Secret;
    }
  /** Rescope. Cannot be used again once the first token has ended. */
  | { kind: "token"; token: Secret; scope: TokenScope };

export interface TrustAccess {
  trusteeUserId: string;
  trusteePassword: Secret;
  trustId: string;
}

export interface Named {
  id: string;
  name: string;
}

export interface TokenInfo {
  user: { id: string; name: string; domain: Named };
  project: { id: string; name: string; domain: Named } | null;
  /** Set for a token whose scope is a domain. */
  domain: Named | null;
  roles: readonly Named[];
  methods: readonly string[];
  issuedAt: Date;
  expiresAt: Date;
  /** Set when the token was made through a trust: it acts as the trustor, but is somebody else's. */
  trust: { id: string; trustorId: string; trusteeId: string; impersonation: boolean } | null;
  applicationCredential: { id: string; name: string; restricted: boolean } | null;
  catalog: readonly CatalogService[];
}

export interface CatalogService {
  type: string;
  name: string;
  endpoints: readonly { interface: string; region: string; url: string }[];
}

export interface IssuedToken extends TokenInfo {
  token: Secret;
}

export interface Project {
  id: string;
  name: string;
  domainId: string;
  enabled: boolean;
  description: string;
}

export interface Trust {
  id: string;
  trustorUserId: string;
  trusteeUserId: string;
  projectId: string | null;
  impersonation: boolean;
  expiresAt: Date | null;
  /** Names, sorted; a list of trusts leaves them out. */
  roles: readonly string[];
}

export interface TrustCreate {
  trusteeUserId: string;
  /** Role names; the trustor must hold them in the project of the token. */
  roles: readonly string[];
  expiresAt?: Date;
}

export interface User {
  id: string;
  name: string;
  domainId: string;
  enabled: boolean;
}

export interface ApplicationCredential {
  id: string;
  name: string;
  projectId: string;
  secret: Secret;
}

/** What the bearer of this cloud's token may do at Keystone. */
export interface Keystone {
  /**
   * Trust of the token's user for the token's project, impersonating. Not repeatable: look for it first. A role that
   * the user has not is kind `not_found`; a token of an application credential is `forbidden`. A token of a trust may make further ones (Keystone 22).
   */
  createTrust(wish: TrustCreate): Promise<Trust>;
  getTrust(id: string): Promise<Trust>;
  deleteTrust(id: string): Promise<void>;
  /** Trusts that the token's user has given. */
  listTrusts(): Promise<Trust[]>;
  createApplicationCredential(wish: {
    name: string;
    description?: string;
    roles?: readonly string[];
    expiresAt?: Date;
    unrestricted?: boolean;
  }): Promise<ApplicationCredential>;
  deleteApplicationCredential(id: string): Promise<void>;
  /** Needs rights on projects (the service user has them). */
  findProjects(idOrName: string): Promise<Project[]>;
  listRoles(): Promise<Named[]>;
  listRegions(): Promise<string[]>;
}

/** Identity work that is nobody's project work: signing in, validating, and the trustee domain. */
export interface Identity {
  /** Wrong credentials: kind `unauthorized` (`not_found` for a deleted application credential). May be repeated: each call makes a token. */
  signIn(credential: Credential): Promise<IssuedToken>;
  /** Projects that the bearer of the token may be scoped to, disabled ones left out. */
  projectsOf(token: Secret): Promise<Project[]>;
  /** Asks with the service user's token. Null = not valid: unknown, expired or revoked. */
  validate(token: Secret): Promise<TokenInfo | null>;
  /** Ends a token, with the right of its own bearer. Already ended: no error. */
  revoke(token: Secret): Promise<void>;
  readonly trustees: TrusteeDomain;
}

/** The domain that holds one user per cluster, as its administrator. */
export interface TrusteeDomain {
  domainId(): Promise<string>;
  /** A name that exists is kind `conflict`. */
  create(wish: { name: string; password: Secret; description?: string }): Promise<User>;
  find(name: string): Promise<User | null>;
  list(): Promise<User[]>;
  /** From now on only the new one signs in; tokens of the old one end. Trusts stay. */
  setPassword(userId: string, password: Secret): Promise<void>;
  /** Removes the user's trusts with it. Already gone: no error. */
  delete(userId: string): Promise<void>;
}

// ---- compute -----------------------------------------------------------------------------------------------------

export interface Flavor {
  id: string;
  name: string;
  vcpus: number;
  ramMib: number;
  diskGib: number;
  ephemeralGib: number;
  public: boolean;
}

export interface Zone {
  name: string;
  available: boolean;
}

export interface Keypair {
  name: string;
  fingerprint: string;
  publicKey: string;
  type: string;
}

export interface Server {
  id: string;
  name: string;
  /** ACTIVE, BUILD, ERROR, ... */
  status: string;
  taskState: string | null;
  /** Nova's reason when the status is ERROR. */
  fault: string | null;
  zone: string | null;
  flavorId: string | null;
  /** Null when it boots from a volume. */
  imageId: string | null;
  keypair: string | null;
  addresses: readonly { network: string; address: string; version: number; kind: "fixed" | "floating"; mac: string }[];
  metadata: Readonly<Record<string, string>>;
  volumeIds: readonly string[];
  createdAt: string;
  updatedAt: string;
}

export interface ComputeLimits {
  instances: ResourceLimit;
  cores: ResourceLimit;
  ramMib: ResourceLimit;
  keypairs: ResourceLimit;
  serverGroups: ResourceLimit;
  serverGroupMembers: ResourceLimit;
}

export interface Nova {
  /** Public flavors and those the project has access to. */
  listFlavors(): Promise<Flavor[]>;
  findFlavor(idOrName: string): Promise<Flavor | null>;
  listKeypairs(): Promise<Keypair[]>;
  findKeypair(name: string): Promise<Keypair | null>;
  /** Nova makes the pair; the private key is shown this once. A name that exists is kind `conflict`. */
  createKeypair(name: string): Promise<Keypair & { privateKey: Secret }>;
  importKeypair(name: string, publicKey: string): Promise<Keypair>;
  deleteKeypair(name: string): Promise<void>;
  /** With all details. `name` is a regular expression of the database (`^worker-`); `ids` are picked from the answer. */
  listServers(filter?: { name?: string; ids?: readonly string[]; limit?: number }): Promise<Server[]>;
  getServer(id: string): Promise<Server>;
  deleteServer(id: string): Promise<void>;
  /** The last `lines` lines of the serial console. */
  consoleOutput(serverId: string, lines: number): Promise<string>;
  listZones(): Promise<Zone[]>;
  limits(): Promise<ComputeLimits>;
}

// ---- network -----------------------------------------------------------------------------------------------------

export interface Network {
  id: string;
  name: string;
  status: string;
  external: boolean;
  shared: boolean;
  projectId: string;
  subnetIds: readonly string[];
}

export interface Subnet {
  id: string;
  name: string;
  networkId: string;
  cidr: string;
  ipVersion: number;
  gateway: string | null;
  dhcp: boolean;
  dnsNameservers: readonly string[];
}

export interface Router {
  id: string;
  name: string;
  status: string;
  externalNetworkId: string | null;
}

/** A subnet that a router connects; `externalNetworkId` null = the router has no gateway. */
export interface Route {
  routerId: string;
  subnetId: string;
  networkId: string;
  externalNetworkId: string | null;
}

export interface Port {
  id: string;
  name: string;
  status: string;
  networkId: string;
  deviceId: string;
  deviceOwner: string;
  description: string;
  fixedIps: readonly { subnetId: string; address: string }[];
  securityGroupIds: readonly string[];
  tags: readonly string[];
}

export interface FloatingIp {
  id: string;
  address: string;
  fixedAddress: string | null;
  portId: string | null;
  externalNetworkId: string;
  status: string;
  description: string;
  tags: readonly string[];
}

export interface SecurityGroup {
  id: string;
  name: string;
  description: string;
  tags: readonly string[];
}

export interface NetworkLimits {
  networks: ResourceLimit;
  subnets: ResourceLimit;
  routers: ResourceLimit;
  ports: ResourceLimit;
  securityGroups: ResourceLimit;
  securityGroupRules: ResourceLimit;
  floatingIps: ResourceLimit;
}

export interface Neutron {
  listNetworks(filter?: { external?: boolean; shared?: boolean; ids?: readonly string[] }): Promise<Network[]>;
  /** By id, else by exact name; several when the name is not unique. */
  findNetworks(idOrName: string): Promise<Network[]>;
  listSubnets(filter?: { networkIds?: readonly string[]; ids?: readonly string[] }): Promise<Subnet[]>;
  findSubnets(idOrName: string): Promise<Subnet[]>;
  listRouters(): Promise<Router[]>;
  /** Which subnets are routed where: two calls for all of the project. */
  listRoutes(): Promise<Route[]>;
  listPorts(filter: {
    networkId?: string;
    subnetId?: string;
    deviceId?: string;
    deviceOwners?: readonly string[];
    ids?: readonly string[];
  }): Promise<Port[]>;
  deletePort(id: string): Promise<void>;
  listFloatingIps(filter?: { portIds?: readonly string[]; address?: string }): Promise<FloatingIp[]>;
  deleteFloatingIp(id: string): Promise<void>;
  listSecurityGroups(filter?: {
    name?: string;
    description?: string;
    tags?: readonly string[];
  }): Promise<SecurityGroup[]>;
  deleteSecurityGroup(id: string): Promise<void>;
  /** Of the token's project, with usage. */
  limits(): Promise<NetworkLimits>;
  /** Addresses of a network. Null where the cloud does not tell this caller. */
  addressesOf(networkId: string): Promise<{ total: number; used: number } | null>;
}

// ---- images ------------------------------------------------------------------------------------------------------

export interface Image {
  id: string;
  name: string;
  /** Property os_distro, as it is written there. */
  distro: string | null;
  /** active, queued, saving, deactivated, ... */
  status: string;
  visibility: string;
  ownerId: string | null;
  hidden: boolean;
  minDiskGib: number;
  minRamMib: number;
  sizeBytes: number | null;
  createdAt: string;
  tags: readonly string[];
  /** Every other property that is a string: kube_version, hw_..., magnum_driver. */
  properties: Readonly<Record<string, string>>;
}

export interface Glance {
  /** Active images, unless other statuses are asked for; newest first. */
  listImages(filter?: { distro?: string; anyStatus?: boolean; limit?: number }): Promise<Image[]>;
  /** By id, else by exact name; several when the name is not unique. */
  findImages(idOrName: string): Promise<Image[]>;
}

// ---- volumes -----------------------------------------------------------------------------------------------------

export interface VolumeType {
  id: string;
  name: string;
  description: string | null;
  public: boolean;
}

export interface Volume {
  id: string;
  name: string;
  status: string;
  sizeGib: number;
  type: string | null;
  metadata: Readonly<Record<string, string>>;
  attachedTo: readonly string[];
  createdAt: string;
}

export interface VolumeLimits {
  volumes: ResourceLimit;
  gib: ResourceLimit;
}

export interface Cinder {
  listTypes(): Promise<VolumeType[]>;
  listVolumes(filter?: {
    metadata?: Readonly<Record<string, string>>;
    name?: string;
    limit?: number;
  }): Promise<Volume[]>;
  deleteVolume(id: string): Promise<void>;
  limits(): Promise<VolumeLimits>;
}

// ---- orchestration -----------------------------------------------------------------------------------------------

/** Heat wants both in one address; a stack that was made again under its name has another id. */
export interface StackRef {
  id: string;
  name: string;
}

export type StackAction =
  | "CREATE"
  | "UPDATE"
  | "DELETE"
  | "ROLLBACK"
  | "SUSPEND"
  | "RESUME"
  | "CHECK"
  | "SNAPSHOT"
  | "RESTORE"
  | "ADOPT"
  | "INIT";
export type StackState = "IN_PROGRESS" | "COMPLETE" | "FAILED";

export interface StackSummary extends StackRef {
  /** `UPDATE_IN_PROGRESS`. */
  status: string;
  action: StackAction;
  state: StackState;
  reason: string | null;
  tags: readonly string[];
  createdAt: string;
  updatedAt: string | null;
}

export interface Stack extends StackSummary {
  /** As Heat shows them: hidden ones are asterisks and must not be sent back. */
  parameters: Readonly<Record<string, string>>;
  /** Empty unless asked for. A value that Heat could not work out is left out. */
  outputs: Readonly<Record<string, unknown>>;
  timeoutMinutes: number | null;
  disableRollback: boolean;
}

export interface StackResource {
  /** Name in its template; the index for a member of a group. */
  name: string;
  type: string;
  physicalId: string | null;
  logicalId: string;
  status: string;
  action: StackAction;
  state: StackState;
  reason: string | null;
  updatedAt: string | null;
  requiredBy: readonly string[];
  /** The stack that holds it, and the resource of the enclosing stack which that stack is (null = top). */
  stack: StackRef;
  parentResource: string | null;
}

export interface StackEvent {
  id: string;
  at: string;
  resource: string;
  logicalId: string;
  physicalId: string | null;
  status: string;
  reason: string | null;
  stackName: string;
}

export type StackParameters = Readonly<
  Record<string, string | number | boolean | readonly string[] | Secret | null | object>
>;

export interface StackCreate {
  name: string;
  /** HOT as an object or text; get_file and nested types by name are looked up in `files`. */
  template: string | object;
  files?: Readonly<Record<string, string>>;
  environment?: object;
  parameters?: StackParameters;
  tags: readonly string[];
  /** Heat keeps it for updates too. Absent = Heat's own default. */
  timeoutMinutes?: number;
  disableRollback?: boolean;
}

/** What is absent stays as it is (PATCH). */
export interface StackPatch {
  template?: string | object;
  files?: Readonly<Record<string, string>>;
  environment?: object;
  parameters?: StackParameters;
  /** Parameters that go back to the template's default. */
  clearParameters?: readonly string[];
  tags?: readonly string[];
  timeoutMinutes?: number;
  disableRollback?: boolean;
}

export interface Heat {
  /** Top-level stacks of the project that have all the tags, newest first. */
  listStacks(filter?: { tags?: readonly string[]; name?: string; limit?: number }): Promise<StackSummary[]>;
  /** By id or name. Null = there is none (a deleted one counts as none). */
  findStack(idOrName: string, options?: { outputs?: boolean }): Promise<Stack | null>;
  /** Without outputs unless asked: working them out asks every nested stack. A deleted stack is kind `not_found`. */
  getStack(ref: StackRef, options?: { outputs?: boolean }): Promise<Stack>;
  /** A name that exists is kind `conflict`: find it and look whether it is ours. */
  createStack(wish: StackCreate): Promise<StackRef>;
  /**
   * What is not named stays: stored parameters, environment, template. Only for a stack that is at rest: a change during
   * a change cancels members half way and the stack fails (seen on Heat 19).
   */
  patchStack(ref: StackRef, change: StackPatch): Promise<void>;
  /** Already gone or going: no error. */
  deleteStack(ref: StackRef): Promise<void>;
  getTemplate(ref: StackRef): Promise<unknown>;
  /** Resources of the stack and of the stacks in it, `nestedDepth` levels down (0 = own only). */
  listResources(
    ref: StackRef,
    filter?: { nestedDepth?: number; type?: string; status?: string; name?: string },
  ): Promise<StackResource[]>;
  /** Oldest first. `after` is the id of the last event seen. */
  listEvents(ref: StackRef, filter?: { nestedDepth?: number; after?: string; limit?: number }): Promise<StackEvent[]>;
  /** Data for a wait condition handle: {status: SUCCESS | FAILURE, reason, id, data}. */
  signalResource(ref: StackRef, resource: string, data: Readonly<Record<string, unknown>>): Promise<void>;
  /** Has Heat check the template without making anything: kind `bad_request` with Heat's words when it is wrong. */
  validateTemplate(wish: Pick<StackCreate, "template" | "files" | "environment" | "parameters">): Promise<void>;
}

// ---- load balancers ----------------------------------------------------------------------------------------------

export interface LoadBalancer {
  id: string;
  name: string;
  description: string;
  provisioningStatus: string;
  operatingStatus: string;
  vipAddress: string | null;
  vipPortId: string | null;
  vipSubnetId: string | null;
  vipNetworkId: string | null;
  provider: string | null;
  tags: readonly string[];
}

export interface Octavia {
  /** Does the catalog of this region have it? No other method may be called when not (kind `no_service`). */
  available(): Promise<boolean>;
  listLoadBalancers(filter?: { vipNetworkId?: string; vipSubnetId?: string; name?: string }): Promise<LoadBalancer[]>;
  getLoadBalancer(id: string): Promise<LoadBalancer>;
  /** With its listeners, pools and members. Kind `conflict` while it is changing. */
  deleteLoadBalancer(id: string): Promise<void>;
  limits(): Promise<{ loadBalancers: ResourceLimit }>;
  /** Names of what can make balancers here: amphora, ovn, ... */
  listProviders(): Promise<string[]>;
}

// ---- secrets -----------------------------------------------------------------------------------------------------

export interface Barbican {
  available(): Promise<boolean>;
  /** Id of the secret. Not repeatable: each call makes one. */
  createSecret(wish: {
    name: string;
    payload: Secret;
    type?: "opaque" | "passphrase" | "private" | "certificate";
  }): Promise<string>;
  getPayload(id: string): Promise<Secret>;
  /** Ids of the project's secrets of that name, oldest first. */
  findSecrets(name: string): Promise<string[]>;
  /** Already gone: no error. */
  deleteSecret(id: string): Promise<void>;
}
