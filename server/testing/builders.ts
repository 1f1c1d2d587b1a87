// Valid values for tests: each test states only what matters to it.
import { randomUUID } from "node:crypto";
import type { Db } from "../db/client.ts";
import { createClusterRecord, type ClusterToCreate, type NewCluster, type NewNodegroup } from "../db/cluster-change.ts";
import { insertTemplate } from "../db/cluster-template.ts";
import type { NewOperation } from "../db/operation.ts";
import type { RecordedOutcome } from "../db/reconcile.ts";
import type { ProjectScope } from "../db/scope.ts";
import { templateDefaults, type ClusterTemplate } from "../domain/cluster-template.ts";
import type { ClusterFacts, NodeGroupFacts } from "../domain/facts.ts";
import { defaultMaster, defaultWorker } from "../domain/nodegroup.ts";

export const testTime = new Date("2026-01-02T03:04:05.678Z");

/** A project id that no other test uses. */
export const aProject = (): string => randomUUID().replaceAll("-", "");

export function aTemplate(given: Partial<ClusterTemplate> = {}): ClusterTemplate {
  return {
    ...templateDefaults,
    id: randomUUID(),
    name: "k8s-small",
    projectId: aProject(),
    userId: "user-1",
    coe: "kubernetes",
    imageId: "fedora-coreos-41",
    flavorId: "m1.small",
    masterFlavorId: "m1.small",
    externalNetworkId: "public",
    networkDriver: "flannel",
    clusterDistro: "fedora-coreos",
    driver: "k8s_fedora_coreos_v1",
    createdAt: testTime,
    updatedAt: null,
    ...given,
  };
}

export function someFacts(given: Partial<ClusterFacts> = {}): ClusterFacts {
  return {
    template: {
      name: "k8s-small",
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
      externalNetwork: "public",
      dnsNameservers: ["8.8.8.8"],
      httpProxy: null,
      httpsProxy: null,
      noProxy: null,
    },
    network: { fixedNetwork: null, fixedSubnet: null, fixedSubnetCidr: null, externalNetwork: "net-public" },
    services: ["compute", "network", "orchestration"],
    ...given,
  };
}

export const someNodegroupFacts = (): NodeGroupFacts => ({
  flavor: { id: "flavor-small", name: "m1.small", vcpus: 1, ramMib: 2048, diskGib: 20 },
  image: { id: "image-1", name: "fedora-coreos-41", minDiskGib: 10 },
  nodeRevision: "1",
  version: null,
});

export function aNewCluster(given: Partial<NewCluster> = {}): NewCluster {
  return {
    id: randomUUID(),
    name: "web-1",
    userId: "user-1",
    userName: "Ada",
    region: "RegionOne",
    clusterTemplateId: randomUUID(),
    driver: "k8s_fedora_coreos_v1",
    coe: "kubernetes",
    keypair: "mykey",
    masterFlavorId: "m1.small",
    flavorId: "m1.small",
    dockerVolumeSizeGib: null,
    labels: {},
    createTimeoutMinutes: 60,
    discoveryUrl: null,
    fixedNetwork: null,
    fixedSubnet: null,
    floatingIpEnabled: true,
    masterLbEnabled: false,
    tlsDisabled: false,
    locked: false,
    rollbackOnFailure: false,
    facts: someFacts(),
    ...given,
  };
}

export function aNodegroup(given: Partial<NewNodegroup> = {}): NewNodegroup {
  return {
    id: randomUUID(),
    name: defaultWorker,
    role: "worker",
    isDefault: true,
    nodeCount: 1,
    minNodeCount: 0,
    maxNodeCount: null,
    flavorId: "m1.small",
    imageId: "fedora-coreos-41",
    dockerVolumeSizeGib: null,
    labels: {},
    nodeLabels: null,
    nodeTaints: null,
    facts: someNodegroupFacts(),
    ...given,
  };
}

export const anOperation = (given: Partial<NewOperation> = {}): NewOperation => ({
  id: randomUUID(),
  kind: "create",
  userId: "user-1",
  userName: "Ada",
  requestId: "req-1",
  door: "console",
  changes: {},
  ...given,
});

/** What createClusterRecord takes; `masters` and `workers` count nodes of the default groups. */
export function aClusterToCreate(
  given: Omit<Partial<ClusterToCreate>, "cluster"> & {
    cluster?: Partial<NewCluster>;
    masters?: number;
    workers?: number;
  } = {},
): ClusterToCreate {
  const { cluster, masters = 1, workers = 1, ...rest } = given;
  return {
    cluster: aNewCluster(cluster),
    nodegroups: [
      aNodegroup({ name: defaultMaster, role: "master", nodeCount: masters, minNodeCount: 1 }),
      aNodegroup({ nodeCount: workers }),
    ],
    authorities: [],
    credentialId: null,
    operation: anOperation(),
    event: { level: "info", message: "Creation was requested." },
    idempotencyKey: null,
    quotaLimit: 1000,
    deadlineAt: null,
    now: testTime,
    ...rest,
  };
}

/** Writes a template of the project and a cluster of it; returns the cluster's id. */
export async function writeCluster(
  db: Db,
  scope: ProjectScope,
  given: Parameters<typeof aClusterToCreate>[0] = {},
): Promise<string> {
  const clusterTemplateId = given.cluster?.clusterTemplateId ?? (await writeTemplate(db, scope));
  const input = aClusterToCreate({ ...given, cluster: { ...given.cluster, clusterTemplateId } });
  return (await createClusterRecord(db, scope, input)).id;
}

/** Writes a template of the project; returns its id. */
export async function writeTemplate(
  db: Db,
  scope: ProjectScope,
  given: Partial<ClusterTemplate> = {},
): Promise<string> {
  const template = aTemplate({ projectId: scope.projectId, ...given });
  await insertTemplate(db, scope, template);
  return template.id;
}

/** What a round found: a cluster on its way, a minute before the next one. */
export function anOutcome(given: Partial<RecordedOutcome> = {}): RecordedOutcome {
  return {
    generation: 1,
    settled: false,
    status: "CREATE_IN_PROGRESS",
    statusReason: null,
    failure: null,
    progress: null,
    stackId: null,
    apiAddress: null,
    coeVersion: null,
    containerVersion: null,
    masterAddresses: [],
    nodeAddresses: [],
    nodegroups: [],
    nodes: null,
    members: null,
    events: [],
    ended: null,
    repair: false,
    seenBackend: null,
    failures: 0,
    deadlineAt: null,
    nextReconcileAt: new Date(testTime.getTime() + 60_000),
    ...given,
  };
}
