// The stacks of masters and workers: a ResourceGroup of one member template. The group's name, its type and the member's
// `OS::stack_id` are read by the stock cluster-autoscaler and magnum-auto-healer (drivers.md 2.1).
import type { LabelKey } from "../../server/domain/label-catalog.ts";
import type { Desired, NodegroupWish } from "../driver.ts";
import { flow } from "../flow.ts";
import { heatEnvPath } from "../kubernetes/node-env.ts";
import { getAttr, getParam, getResource } from "./hot.ts";
import type { Hot } from "./hot.ts";
import { renderIgnition } from "./ignition.ts";
import { clusterTag, nodegroupNameTag, nodegroupTag } from "./names.ts";
import { networkPlan } from "./network.ts";
import { nodePort, templateVersion } from "./cluster-template.ts";
import type { Template } from "./cluster-template.ts";
import type { ClusterFacts, NodeSite, Pair } from "./pair.ts";
import { heatEnvPlaceholder, heatUserData } from "./user-data.ts";

export const memberFile = "coe-node.yaml";
export const groupResource = { masters: "kube_masters", workers: "kube_minions" } as const;

export interface NodeStack {
  template: Template;
  /** Nested templates by file name. */
  files: Record<string, string>;
}

/** Volumes of a node by switch; sizes in GiB, 0 = none. */
export function nodeVolumes(
  want: { labels: Desired["labels"]; dockerVolumeSizeGib: number | null },
  group: NodegroupWish,
) {
  const label = <K extends LabelKey>(key: K) => group.labels.get(key) ?? want.labels.get(key);
  return {
    boot: { size: label("boot_volume_size") ?? 0, type: label("boot_volume_type") ?? null },
    etcd: {
      size: group.role === "master" ? (label("etcd_volume_size") ?? 0) : 0,
      type: label("etcd_volume_type") ?? null,
    },
    docker: {
      size: group.dockerVolumeSizeGib ?? want.dockerVolumeSizeGib ?? 0,
      type: label("docker_volume_type") ?? null,
    },
  };
}

/** Seconds that Heat waits for a node: the stack's own limit, within what wait conditions allow. */
const waitSeconds = (want: Desired) =>
  want.createTimeoutMinutes === 0 ? 43200 : Math.min((want.createTimeoutMinutes ?? 60) * 60, 43200);

/** `begins`: the first member begins the cluster. */
export const memberSite = (pair: Pair, want: Desired, begins: boolean): NodeSite => ({
  binaryDir: pair.binaryDir,
  firstIndex: begins ? "0" : null,
  waitSeconds: waitSeconds(want),
});

export function renderNodeStack(
  pair: Pair,
  want: Desired,
  group: NodegroupWish,
  { name, facts, joins }: { name: string; facts: ClusterFacts; joins: boolean },
): NodeStack {
  const part = group.role === "master" ? "masters" : "workers";
  const own = groupResource[part];
  const resources: Record<string, Hot> = {};
  if (part === "workers")
    resources["server_group"] = {
      type: "OS::Nova::ServerGroup",
      properties: { name, policies: ["soft-anti-affinity"] },
    };
  resources[own] = {
    type: "OS::Heat::ResourceGroup",
    properties: {
      count: getParam("count"),
      removal_policies: [{ resource_list: getParam("removal") }],
      resource_def: {
        type: memberFile,
        properties: {
          index: "%index%",
          name: `${name}-%index%`,
          server_group: part === "masters" ? facts.mastersServerGroupId : getResource("server_group"),
          proof_root: getParam("proof_root"),
        },
      },
    },
  };
  const output = (attribute: string): Hot => ({ value: getAttr(own, "attributes", attribute) });
  return {
    template: {
      heat_template_version: templateVersion,
      description: `Node group ${group.key.name} of cluster ${want.key.name} (${want.key.id})`,
      parameters: {
        count: { type: "number", description: "Nodes in this group", constraints: [{ range: { min: 0 } }] },
        removal: { type: "comma_delimited_list", default: [], description: "Server ids or indexes to remove" },
        proof_root: { type: "string", hidden: true, description: "What the proofs of the nodes are made from" },
        generation: { type: "string", default: "", description: "What these nodes have become in place" },
        kube_version: { type: "string", default: pair.coe.version(want, group), description: "Version of these nodes" },
      },
      resources,
      outputs: {
        server_ids: { value: getAttr(own, "refs_map"), description: "Server id by member index" },
        private_addresses: output("private_address"),
        public_addresses: output("public_address"),
        [own]: { value: getAttr(own, networkPlan(want).nodeFloating ? "public_address" : "private_address") },
        [`${own}_private`]: { value: getAttr(own, "private_address") },
      },
    },
    files: { [memberFile]: flow(renderMember(pair, want, group, facts, joins)) },
  };
}

/**
 * One node. Its reference id is the server's, so that callers may name victims by server id. `joins`: others began the
 * cluster, so that no member of this stack does.
 */
export function renderMember(
  pair: Pair,
  want: Desired,
  group: NodegroupWish,
  facts: ClusterFacts,
  joins: boolean,
): Template {
  const plan = networkPlan(want);
  const master = group.role === "master";
  const volumes = nodeVolumes(want, group);
  const zone = group.labels.get("availability_zone") ?? want.labels.get("availability_zone");
  const podCidr = pair.coe.podCidr(want);
  const resources: Record<string, Hot> = {};

  let port: Hot = facts.apiPortId;
  let address: Hot = facts.apiPrivateAddress;
  let floating: Hot = null;
  if (!master || facts.apiPortId === null) {
    const securityGroup = master ? facts.mastersSecurityGroupId : facts.workersSecurityGroupId;
    resources["port"] = nodePort(getParam("name"), facts.networkId, facts.subnetId, securityGroup, podCidr);
    port = getResource("port");
    address = getAttr("port", "fixed_ips", 0, "ip_address");
    if (plan.nodeFloating) {
      resources["floating"] = {
        type: "OS::Neutron::FloatingIP",
        properties: { floating_network: want.network.externalNetwork, port_id: port },
      };
      floating = getAttr("floating", "floating_ip_address");
    }
  } else floating = facts.apiPublicAddress;

  const volume = (key: string, { size, type }: { size: number; type: string | null }, image?: string) => {
    if (size > 0)
      resources[`${key}_volume`] = {
        type: "OS::Cinder::Volume",
        properties: {
          name: { list_join: ["-", [getParam("name"), key]] },
          size,
          ...(type === null ? {} : { volume_type: type }),
          ...(image === undefined ? {} : { image }),
          ...(zone === undefined ? {} : { availability_zone: zone }),
          metadata: { "coe-cluster": want.key.id },
        },
      };
    return size > 0;
  };
  const boots = volume("boot", volumes.boot, group.image.id);
  const attached = [
    volume("etcd", volumes.etcd) ? "etcd" : null,
    volume("docker", volumes.docker) ? "docker" : null,
  ].filter((key) => key !== null);

  resources["ready_handle"] = {
    type: "OS::Heat::WaitConditionHandle",
    properties: { signal_transport: "TOKEN_SIGNAL" },
  };
  const { files, units } = pair.coe.node(want, group, memberSite(pair, want, master && !joins));
  const userData = renderIgnition(
    [...files, { path: heatEnvPath, mode: 0o600, content: { encoded: heatEnvPlaceholder } }],
    units,
  );
  resources["server"] = {
    type: "OS::Nova::Server",
    properties: {
      name: getParam("name"),
      flavor: group.flavor.id,
      ...(boots
        ? {
            block_device_mapping_v2: [
              { volume_id: getResource("boot_volume"), boot_index: 0, delete_on_termination: false },
            ],
          }
        : { image: group.image.id }),
      ...(want.keypair === null ? {} : { key_name: want.keypair }),
      ...(zone === undefined ? {} : { availability_zone: zone }),
      networks: [{ port }],
      scheduler_hints: { group: getParam("server_group") },
      metadata: { "coe-cluster": want.key.id, "coe-nodegroup": group.key.name },
      user_data_format: "RAW",
      // A living node is never replaced because a text of ours or an address of Heat changed.
      user_data_update_policy: "IGNORE",
      user_data: heatUserData(userData, {
        INDEX: getParam("index"),
        NODE_NAME: getParam("name"),
        NODE_PROOF: nodeProof(group.key.id),
        SIGNAL_URL: getAttr("ready_handle", "endpoint"),
        SIGNAL_TOKEN: getAttr("ready_handle", "token"),
        NODE_ADDRESS: address,
        FLOATING_ADDRESS: floating,
        API_ADDRESS: facts.apiPrivateAddress,
        API_PUBLIC_ADDRESS: facts.apiPublicAddress,
        ETCD_VOLUME: attached.includes("etcd") ? getResource("etcd_volume") : null,
        DOCKER_VOLUME: attached.includes("docker") ? getResource("docker_volume") : null,
      }),
    },
  };
  for (const key of attached)
    resources[`${key}_attachment`] = {
      type: "OS::Cinder::VolumeAttachment",
      properties: { instance_uuid: getResource("server"), volume_id: getResource(`${key}_volume`) },
    };
  if (master && facts.apiPoolId !== null)
    resources["api_member"] = {
      type: "OS::Octavia::PoolMember",
      properties: {
        pool: facts.apiPoolId,
        address,
        protocol_port: pair.coe.apiPort(want),
        ...(facts.subnetId === null ? {} : { subnet: facts.subnetId }),
      },
    };
  resources["ready"] = {
    type: "OS::Heat::WaitCondition",
    properties: { handle: getResource("ready_handle"), timeout: waitSeconds(want), count: 1 },
    depends_on: ["server"],
  };
  return {
    heat_template_version: templateVersion,
    description: `A ${group.role} of cluster ${want.key.id}`,
    parameters: {
      index: { type: "string" },
      name: { type: "string" },
      server_group: { type: "string" },
      proof_root: { type: "string", hidden: true },
    },
    resources,
    outputs: {
      "OS::stack_id": { value: getResource("server") },
      private_address: { value: address },
      public_address: { value: floating ?? "" },
      name: { value: getParam("name") },
    },
  };
}

/** As node-proof.ts derives and writes it. The nested stack's id is new for each member, so no two nodes have the same. */
function nodeProof(nodegroupId: string): Hot {
  const id = getParam("OS::stack_id");
  const digest = (text: Hot): Hot => ({ digest: ["sha256", { list_join: ["", [getParam("proof_root"), text]] }] });
  return { list_join: [".", [nodegroupId, id, digest(digest(id))]] };
}

/** Tags of a stack: how it is found again, by us and by people. */
export const stackTags = (want: Desired, part: "cluster" | "masters" | "workers", group?: NodegroupWish): string[] => [
  "coe",
  clusterTag(want.key.id),
  `coe-part-${part}`,
  ...(group ? [nodegroupTag(group.key.id), nodegroupNameTag(group.key.name)] : []),
];
