// From rows to what drivers are shown: pure, and the same for a request that is being judged and for a cluster that the
// conductor works on.
import type { ClusterFacts, NodeGroupFacts } from "../server/domain/facts.ts";
import { readLabels } from "../server/domain/label-reader.ts";
import type { Labels } from "../server/domain/labels.ts";
import type { Desired, NodeTaint, Wish } from "./driver.ts";

export interface WishedCluster {
  name: string;
  keypair: string | null;
  labels: Labels;
  dockerVolumeSizeGib: number | null;
  createTimeoutMinutes: number | null;
  masterLbEnabled: boolean;
  floatingIpEnabled: boolean;
  facts: ClusterFacts;
}

export interface WishedNodegroup {
  id: string;
  name: string;
  role: string;
  isDefault: boolean;
  nodeCount: number;
  minNodeCount: number;
  maxNodeCount: number | null;
  dockerVolumeSizeGib: number | null;
  labels: Labels;
  nodesToRemove: readonly string[];
  nodeLabels: Readonly<Record<string, string>> | null;
  nodeTaints: readonly NodeTaint[] | null;
  facts: NodeGroupFacts;
}

/** What a cluster is to be, without identities: for `accepts` and `footprint`. */
export function wishOf(cluster: WishedCluster, nodegroups: readonly WishedNodegroup[]): Wish {
  const { facts } = cluster;
  return {
    name: cluster.name,
    template: facts.template,
    labels: readLabels(cluster.labels),
    network: {
      ...facts.network,
      masterLbEnabled: cluster.masterLbEnabled,
      floatingIpEnabled: cluster.floatingIpEnabled,
    },
    nodegroups: nodegroups.map((group) => ({
      key: { id: group.id, name: group.name },
      role: group.role,
      isDefault: group.isDefault,
      count: group.nodeCount,
      min: group.minNodeCount,
      max: group.maxNodeCount,
      flavor: group.facts.flavor,
      image: group.facts.image,
      dockerVolumeSizeGib: group.dockerVolumeSizeGib ?? cluster.dockerVolumeSizeGib,
      labels: readLabels(group.labels),
      nodeLabels: group.nodeLabels ?? {},
      nodeTaints: group.nodeTaints ?? [],
      nodeRevision: group.facts.nodeRevision,
      version: group.facts.version,
      remove: group.nodesToRemove,
    })),
    keypair: cluster.keypair,
    dockerVolumeSizeGib: cluster.dockerVolumeSizeGib,
    createTimeoutMinutes: cluster.createTimeoutMinutes,
    services: facts.services,
  };
}

/** The whole wish: what is to be, and the identities that nodes and the conductor use for it. */
export function desiredOf(
  cluster: WishedCluster & { id: string },
  nodegroups: readonly WishedNodegroup[],
  rest: Omit<Desired, keyof Wish | "key">,
): Desired {
  return { ...wishOf(cluster, nodegroups), key: { id: cluster.id, name: cluster.name }, ...rest };
}
