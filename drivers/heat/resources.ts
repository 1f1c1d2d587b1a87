// The back end's objects for people: the tree of the Resources tab and the preview of a deletion.
import type { ClusterKey, DeletePreview, Desired, ResourceNode } from "../driver.ts";
import type { Cloud, StackResource, StackSummary } from "../openstack/cloud.ts";
import { isLeaf } from "./failures.ts";
import { clusterTag, stackTag } from "./names.ts";
import { memberFile } from "./node-template.ts";
import { networkPlan } from "./network.ts";

const clusterStacks = (cloud: Cloud, key: ClusterKey) =>
  cloud.heat.listStacks({ tags: [stackTag, clusterTag(key.id)] });

/** With the caller's own credential: what the caller may not see is not there. */
export async function resourceTree(cloud: Cloud, key: ClusterKey): Promise<ResourceNode[]> {
  const stacks = await clusterStacks(cloud, key);
  const titles = stacks.map(stackTitle);
  const trees = stacks.toReversed().map(async (stack) => {
    const title = stackTitle(stack);
    // While one generation takes the place of another, a group has several stacks.
    const shared = titles.filter((other) => other === title).length > 1;
    const resources = await cloud.heat.listResources(stack, { nestedDepth: 3 });
    return {
      name: shared ? `${title}, generation ${stack.name.split("-").at(-1) ?? ""}` : title,
      type: "OS::Heat::Stack",
      physicalId: stack.id,
      status: stack.status,
      reason: stack.state === "FAILED" ? stack.reason : null,
      updatedAt: stack.updatedAt ?? stack.createdAt,
      children: childrenOf(stack.id, resources),
    };
  });
  return Promise.all(trees);
}

function stackTitle(stack: StackSummary): string {
  const group = stack.tags.find((tag) => tag.startsWith("coe-nodegroup-name-"))?.slice("coe-nodegroup-name-".length);
  return group === undefined
    ? "Cluster network"
    : stack.tags.includes("coe-part-masters")
      ? `Control plane (${group})`
      : `Node group ${group}`;
}

function childrenOf(stackId: string, all: readonly StackResource[]): ResourceNode[] {
  return all
    .filter((resource) => resource.stack.id === stackId)
    .map((resource) => ({
      name: resource.type === memberFile ? `node ${resource.name}` : resource.name.replaceAll("_", " "),
      type: resource.type === memberFile ? "Node" : resource.type,
      physicalId: resource.physicalId,
      status: resource.status,
      reason: resource.state === "FAILED" ? resource.reason : null,
      updatedAt: resource.updatedAt,
      children: isLeaf(resource) || resource.physicalId === null ? [] : childrenOf(resource.physicalId, all),
    }));
}

/** What a deletion removes, leaves and trips over. Reads only. */
export async function previewDeletion(cloud: Cloud, want: Desired): Promise<DeletePreview> {
  const stacks = await clusterStacks(cloud, want.key);
  const lists = await Promise.all(stacks.map((stack) => cloud.heat.listResources(stack, { nestedDepth: 3 })));
  const resources = lists.flat().filter((resource) => isLeaf(resource) && resource.physicalId !== null);
  const removes = resources
    .filter((resource) => words[resource.type] !== undefined)
    .map((resource) => ({ type: words[resource.type] ?? "", name: nameOf(resource), id: resource.physicalId }));
  const networkId =
    want.network.fixedNetwork ?? resources.find((one) => one.type === "OS::Neutron::Net")?.physicalId ?? null;

  const volumes = await cloud.cinder.listVolumes({ metadata: { "cinder.csi.openstack.org/cluster": want.key.id } });
  const stays: DeletePreview["stays"] = volumes.map((volume) => ({
    type: "volume",
    name: volume.name,
    id: volume.id,
    why: "holds data of a workload: delete it by hand when it is no longer needed",
  }));
  if (want.network.fixedNetwork !== null)
    stays.push({
      type: "network",
      name: want.network.fixedNetwork,
      id: want.network.fixedNetwork,
      why: "was there before the cluster",
    });

  const blocks: DeletePreview["blocks"] = [];
  if (networkId !== null) {
    if (await cloud.octavia.available()) {
      const balancers = await cloud.octavia.listLoadBalancers({ vipNetworkId: networkId });
      for (const balancer of balancers)
        if (
          balancer.description.endsWith(` from cluster ${want.key.id}`) &&
          balancer.description.startsWith("Kubernetes ")
        )
          removes.push({ type: "load balancer of a Service", name: balancer.name, id: balancer.id });
    }
    if (networkPlan(want).ownNetwork) {
      const servers = new Set(resources.filter((one) => one.type === "OS::Nova::Server").map((one) => one.physicalId));
      for (const port of await cloud.neutron.listPorts({ networkId }))
        if (port.deviceOwner.startsWith("compute:") && !servers.has(port.deviceId))
          blocks.push({
            type: "server",
            name: port.name,
            id: port.deviceId,
            why: "is on the cluster's network and is not of this cluster",
          });
    }
  }
  return { removes, stays, blocks };
}

const words: Record<string, string> = {
  "OS::Nova::Server": "server",
  "OS::Nova::ServerGroup": "server group",
  "OS::Cinder::Volume": "volume",
  "OS::Neutron::Net": "network",
  "OS::Neutron::Subnet": "subnet",
  "OS::Neutron::Router": "router",
  "OS::Neutron::Port": "port",
  "OS::Neutron::FloatingIP": "floating IP",
  "OS::Neutron::SecurityGroup": "security group",
  "OS::Octavia::LoadBalancer": "load balancer",
};

const nameOf = (resource: StackResource): string =>
  resource.parentResource !== null && /^\d+$/.test(resource.parentResource)
    ? `${/-(m|master)-[0-9a-f]{8}\b/.test(resource.stack.name) ? "master" : "node"} ${resource.parentResource} ${resource.name.replaceAll("_", " ")}`
    : resource.name.replaceAll("_", " ");
