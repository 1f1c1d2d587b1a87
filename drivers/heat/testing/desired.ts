// Builders for tests: valid by default, a test states only what matters to it.
import { readLabels } from "../../../server/domain/label-reader.ts";
import { Secret } from "../../../server/domain/secret.ts";
import type { Desired, NodeFact, NodegroupWish, Observed, ObservedNodegroup } from "../../driver.ts";
import type { StackResource } from "../../openstack/cloud.ts";
import type { HeatObserved, HeatStack, Member } from "../observed.ts";
import type { ClusterFacts } from "../pair.ts";

export const clusterId = "4f2a1b00-1111-4222-8333-444455556666";
export const masterGroupId = "aaaaaaaa-0000-4000-8000-000000000001";
export const workerGroupId = "bbbbbbbb-0000-4000-8000-000000000002";

export function aGroup(
  part: Partial<Omit<NodegroupWish, "labels">> & { labels?: Record<string, string> } = {},
): NodegroupWish {
  const { labels, ...rest } = part;
  const role = rest.role ?? "worker";
  return {
    key:
      role === "master" ? { id: masterGroupId, name: "default-master" } : { id: workerGroupId, name: "default-worker" },
    role,
    isDefault: true,
    count: 1,
    min: 0,
    max: null,
    flavor: { id: "m1.small", vcpus: 1, ramMib: 2048, diskGib: 20 },
    image: { id: "image-1", minDiskGib: 10 },
    dockerVolumeSizeGib: null,
    nodeLabels: {},
    nodeTaints: [],
    nodeRevision: "1",
    version: null,
    remove: [],
    ...rest,
    labels: readLabels(labels ?? {}),
  };
}

export type DesiredPart = Partial<Omit<Desired, "labels" | "network" | "template">> & {
  labels?: Record<string, string>;
  network?: Partial<Desired["network"]>;
  template?: Partial<Desired["template"]>;
};

export function aDesired({ labels, network, template, ...rest }: DesiredPart = {}): Desired {
  return {
    key: { id: clusterId, name: "prod" },
    name: "prod",
    generation: 1,
    deleting: false,
    repair: false,
    probe: true,
    project: { id: "project-1" },
    maxBatch: 1,
    pki: { revision: "1", caPem: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n" },
    admin: null,
    credential: {
      revision: 1,
      trusteeUserId: "trustee-1",
      trusteePassword: new Secret("pass'word"),
      trustId: "trust-1",
    },
    endpoints: {
      apiUrl: "http://127.0.0.1:9511/v1",
      region: "RegionOne",
      verifyCa: true,
      openstackCaPem: null,
    },
    nodegroups: [aGroup({ role: "master" }), aGroup({ count: 2 })],
    keypair: "mykey",
    dockerVolumeSizeGib: null,
    createTimeoutMinutes: 60,
    services: ["load-balancer", "orchestration"],
    ...rest,
    labels: readLabels(labels ?? {}),
    network: {
      fixedNetwork: null,
      fixedSubnet: null,
      fixedSubnetCidr: null,
      externalNetwork: "external-1",
      masterLbEnabled: false,
      floatingIpEnabled: true,
      ...network,
    },
    template: {
      coe: "kubernetes",
      distro: "fedora-coreos",
      serverType: "vm",
      tlsDisabled: false,
      registryEnabled: false,
      insecureRegistry: null,
      networkDriver: "flannel",
      volumeDriver: null,
      dockerStorageDriver: null,
      apiserverPort: null,
      externalNetwork: "external-1",
      dnsNameservers: ["192.0.2.53"],
      httpProxy: null,
      httpsProxy: null,
      noProxy: null,
      ...template,
    },
  };
}

export function aNode(part: Partial<NodeFact> = {}): NodeFact {
  const index = part.index ?? "0";
  return {
    serverId: `server-${index}`,
    name: `prod-worker-${index}`,
    memberId: `member-${index}`,
    coming: false,
    renewalId: null,
    index,
    status: "ACTIVE",
    privateAddress: "10.0.0.10",
    publicAddress: null,
    zone: null,
    flavorId: null,
    imageId: null,
    ready: null,
    version: null,
    createdAt: null,
    ...part,
  };
}

export const someFacts: ClusterFacts = {
  networkId: "network-1",
  subnetId: "subnet-1",
  mastersSecurityGroupId: "sg-masters",
  workersSecurityGroupId: "sg-workers",
  mastersServerGroupId: "group-masters",
  apiPoolId: null,
  apiPortId: "port-api",
  apiBalancerId: null,
  apiPrivateAddress: "10.0.0.5",
  apiPublicAddress: "192.0.2.7",
};

export function aMember(part: Partial<Member> = {}): Member {
  const index = part.index ?? "0";
  return {
    index,
    status: "CREATE_COMPLETE",
    stackId: `member-${index}`,
    serverId: `server-${index}`,
    failed: false,
    signalled: true,
    ...part,
  };
}

export function aStack(part: Partial<HeatStack> & { part: HeatStack["part"] }): HeatStack {
  return {
    id: `stack-${part.part}`,
    name: `prod-${part.part}`,
    nodegroup:
      part.part === "cluster"
        ? null
        : part.part === "masters"
          ? { id: masterGroupId, name: "default-master" }
          : { id: workerGroupId, name: "default-worker" },
    status: "CREATE_COMPLETE",
    state: "ready",
    reason: null,
    count: part.part === "cluster" ? null : 1,
    version: "v1.34.1",
    members: part.part === "cluster" ? [] : [aMember()],
    resources: [],
    createdAt: null,
    generation: part.name ?? `prod-${part.part}`,
    ...part,
  };
}

export function anObservedGroup(part: Partial<ObservedNodegroup> = {}): ObservedNodegroup {
  return {
    key: { id: workerGroupId, name: "default-worker" },
    backendId: "stack-workers",
    state: "ready",
    reason: null,
    count: 1,
    addresses: [],
    version: null,
    nodes: [],
    ...part,
  };
}

export function aResource(part: Partial<StackResource>): StackResource {
  return {
    name: "server",
    type: "OS::Nova::Server",
    physicalId: "id-1",
    logicalId: part.name ?? "server",
    status: "CREATE_COMPLETE",
    action: "CREATE",
    state: "COMPLETE",
    reason: null,
    updatedAt: "2026-01-01T00:00:00Z",
    requiredBy: [],
    stack: { id: "stack-1", name: "stack" },
    parentResource: null,
    ...part,
  };
}

export function anObserved(part: Partial<HeatObserved> = {}): HeatObserved {
  const base: Observed = {
    backendId: null,
    state: "absent",
    reason: null,
    apiAddress: "https://192.0.2.7:6443",
    apiSilent: false,
    coeVersion: null,
    containerVersion: null,
    masterAddresses: [],
    nodegroups: [],
    progress: null,
    failures: [],
    leftovers: [],
  };
  return {
    ...base,
    stacks: [],
    facts: null,
    addons: undefined,
    nodes: undefined,
    silentSince: null,
    apiReachable: true,
    ...part,
  };
}
