// The sandbox's objects, its clock and its rules, shared by all of its services.
import { randomBytes, randomUUID } from "node:crypto";
import { openStore, type Collection, type Store } from "./store.ts";

export interface Options {
  host?: string;
  /** 0 = any free port. */
  port: number;
  /** File that holds the cloud; undefined = memory only. */
  statePath?: string | undefined;
  /** 1 = as slow as a real cloud; greater is faster. */
  speed: number;
  /** Our REST API with /v1, for the catalog. */
  apiUrl: string;
  /** What happens inside, for whoever looks for a fault of the sandbox itself. */
  log?: { debug(message: string): void } | undefined;
}

export interface Named {
  id: string;
  name: string;
}
export interface User extends Named {
  domainId: string;
  password: string;
  enabled: boolean;
}
export interface Project extends Named {
  domainId: string;
}
export interface Grant {
  id: string;
  userId: string;
  roles: string[];
  projectId: string | null;
  domainId: string | null;
}
export interface Trust {
  id: string;
  trustorId: string;
  trusteeId: string;
  projectId: string;
  roles: string[];
  expiresAt: string | null;
  /** How many times it may be handed on. */
  redelegations: number;
  parent: string | null;
}
export interface ApplicationCredential extends Named {
  userId: string;
  projectId: string;
  roles: string[];
  secret: string;
  unrestricted: boolean;
}
export interface Token {
  id: string;
  userId: string;
  methods: string[];
  issuedAt: string;
  expiresAt: string;
  projectId: string | null;
  domainId: string | null;
  roles: string[];
  trustId: string | null;
  applicationCredentialId: string | null;
}
export interface Flavor extends Named {
  vcpus: number;
  ram: number;
  disk: number;
}
export interface Image extends Named {
  os_distro: string | null;
  properties: Record<string, string>;
  minDisk: number;
  createdAt: string;
}
export interface Keypair {
  /** `<user>/<name>` */
  id: string;
  userId: string;
  name: string;
  publicKey: string;
  fingerprint: string;
}
export interface Network extends Named {
  projectId: string;
  external: boolean;
  shared: boolean;
  tags: string[];
}
export interface Subnet extends Named {
  projectId: string;
  networkId: string;
  cidr: string;
  gateway: string | null;
  dns: string[];
  tags: string[];
}
export interface Router extends Named {
  projectId: string;
  externalNetworkId: string | null;
  tags: string[];
}
export interface Port extends Named {
  projectId: string;
  networkId: string;
  subnetId: string | null;
  address: string;
  mac: string;
  deviceId: string;
  deviceOwner: string;
  securityGroups: string[];
  description: string;
  tags: string[];
}
export interface FloatingIp {
  id: string;
  projectId: string;
  networkId: string;
  address: string;
  portId: string | null;
  description: string;
  tags: string[];
}
export interface SecurityGroup extends Named {
  projectId: string;
  description: string;
}
export interface Volume extends Named {
  projectId: string;
  size: number;
  type: string;
  status: string;
  serverId: string | null;
  metadata: Record<string, string>;
  createdAt: string;
}
export interface VolumeType extends Named {
  description: string;
}
export interface ServerGroup extends Named {
  projectId: string;
  policy: string;
}
export interface Server extends Named {
  projectId: string;
  userId: string;
  status: "BUILD" | "ACTIVE" | "ERROR";
  fault: string | null;
  flavorId: string;
  imageId: string | null;
  keyName: string | null;
  zone: string;
  portIds: string[];
  volumeIds: string[];
  metadata: Record<string, string>;
  userData: string | null;
  console: string[];
  createdAt: string;
}
export interface Balancer extends Named {
  projectId: string;
  description: string;
  provisioning: "PENDING_CREATE" | "ACTIVE" | "PENDING_DELETE" | "ERROR";
  vipPortId: string;
  vipSubnetId: string | null;
  vipNetworkId: string;
  vipAddress: string;
  provider: string;
  createdAt: string;
}
/** Listener, pool, member or monitor: a part of a balancer. */
export interface BalancerPart extends Named {
  projectId: string;
  kind: "listener" | "pool" | "member" | "monitor";
  balancerId: string;
  parentId: string;
  port: number | null;
  address: string | null;
}
export interface SecretRow extends Named {
  projectId: string;
  payload: string;
  type: string;
  createdAt: string;
}

const hex = () => randomUUID().replaceAll("-", "");

/** Keystone's ids are hex without hyphens, those of most others have them. */
export const identityId = hex;
export const resourceId = (): string => randomUUID();
export const tokenId = (): string => `gAAAAA${randomBytes(96).toString("base64url")}`;

export interface World {
  readonly options: Options;
  readonly store: Store;
  /** Set when the port is known. */
  url: string;
  readonly domains: Collection<Named>;
  readonly users: Collection<User>;
  readonly projects: Collection<Project>;
  readonly roles: Collection<Named>;
  readonly grants: Collection<Grant>;
  readonly trusts: Collection<Trust>;
  readonly credentials: Collection<ApplicationCredential>;
  readonly tokens: Collection<Token>;
  readonly flavors: Collection<Flavor>;
  readonly images: Collection<Image>;
  readonly keypairs: Collection<Keypair>;
  readonly networks: Collection<Network>;
  readonly subnets: Collection<Subnet>;
  readonly routers: Collection<Router>;
  readonly ports: Collection<Port>;
  readonly floatingIps: Collection<FloatingIp>;
  readonly securityGroups: Collection<SecurityGroup>;
  readonly volumes: Collection<Volume>;
  readonly volumeTypes: Collection<VolumeType>;
  readonly serverGroups: Collection<ServerGroup>;
  readonly servers: Collection<Server>;
  readonly balancers: Collection<Balancer>;
  readonly balancerParts: Collection<BalancerPart>;
  readonly secrets: Collection<SecretRow>;
  now(): string;
  /** Runs `work` after as long as it takes in this world; `seconds` are those of a real cloud. */
  after(seconds: number, work: () => void): void;
  /** Nothing runs any more. */
  stop(): void;
}

export function openWorld(options: Options): World {
  const store = openStore(options.statePath);
  const timers = new Set<NodeJS.Timeout>();
  let stopped = false;
  return {
    options,
    store,
    url: "",
    domains: store.collection("domain"),
    users: store.collection("user"),
    projects: store.collection("project"),
    roles: store.collection("role"),
    grants: store.collection("grant"),
    trusts: store.collection("trust"),
    credentials: store.collection("application credential"),
    tokens: store.collection("token"),
    flavors: store.collection("flavor"),
    images: store.collection("image"),
    keypairs: store.collection("keypair"),
    networks: store.collection("network"),
    subnets: store.collection("subnet"),
    routers: store.collection("router"),
    ports: store.collection("port"),
    floatingIps: store.collection("floating ip"),
    securityGroups: store.collection("security group"),
    volumes: store.collection("volume"),
    volumeTypes: store.collection("volume type"),
    serverGroups: store.collection("server group"),
    servers: store.collection("server"),
    balancers: store.collection("balancer"),
    balancerParts: store.collection("balancer part"),
    secrets: store.collection("secret"),
    now: () => new Date().toISOString(),
    after(seconds, work) {
      if (stopped) return;
      const timer = setTimeout(
        () => {
          timers.delete(timer);
          if (!stopped) work();
        },
        (seconds * 1000) / options.speed,
      );
      timers.add(timer);
    },
    stop() {
      stopped = true;
      for (const timer of timers) clearTimeout(timer);
      store.close();
    },
  };
}
