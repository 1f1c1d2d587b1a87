// The resource types of our templates: each makes, reads and removes one thing of the sandbox's other services.
import { z } from "zod";
import { badRequest, Fault } from "../fault.ts";
import * as neutron from "../neutron.ts";
import * as nova from "../nova.ts";
import { addPart, balancerOf, createBalancer, deleteBalancer } from "../octavia.ts";
import { provokes } from "../scenarios.ts";
import { createVolume, deleteVolume } from "../storage.ts";
import { resourceId, tokenId, type World } from "../world.ts";
import type { Resource, Stack } from "./stack.ts";

export interface Making {
  world: World;
  stack: Stack;
  resource: Resource;
  who: { userId: string; projectId: string };
  /** Looks again at this resource: something that it waits for has happened. */
  wake(): void;
}

export type Progress = "ready" | "working" | { cls: string; message: string };

export interface ResourceType {
  /** Of a real cloud, until it may be ready. */
  seconds: number;
  /** Makes it; the answer is its physical id. A Fault becomes the resource's failure. */
  create(making: Making, properties: Record<string, unknown>): string;
  /** Asked when its time is over and at each wake. Absent: ready then. */
  progress?(making: Making): Progress;
  /** Removes it. Gone already is fine. */
  remove(making: Making): void;
  removeSeconds?: number;
  attribute(making: Making, name: string): unknown;
}

const text = z.string();
const optional = z
  .string()
  .nullish()
  .transform((value) => value ?? null);
const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const name = (making: Making) => `${making.stack.name}-${making.resource.name}-${making.stack.id.slice(0, 12)}`;
const nameOf = z.string().nullish();
const seen = (making: Making) => making.resource.physicalId ?? "";

const net: ResourceType = {
  seconds: 2,
  create: (making, properties) => {
    const wish = z.object({ name: nameOf, tags: list }).parse(properties);
    return neutron.createNetwork(making.world, making.who.projectId, {
      name: wish.name ?? name(making),
      tags: wish.tags,
    }).id;
  },
  remove: (making) => neutron.deleteNetwork(making.world, seen(making)),
  attribute: (making, attribute) => {
    const row = making.world.networks.get(seen(making));
    return attribute === "name"
      ? row?.name
      : attribute === "subnets"
        ? making.world.subnets.filter((each) => each.networkId === row?.id).map((each) => each.id)
        : null;
  },
};

const subnet: ResourceType = {
  seconds: 1,
  create: (making, properties) => {
    const wish = z
      .object({ name: nameOf, network: text, cidr: text, dns_nameservers: list, tags: list })
      .parse(properties);
    return neutron.createSubnet(making.world, making.who.projectId, {
      name: wish.name ?? name(making),
      networkId: wish.network,
      cidr: wish.cidr,
      dns: wish.dns_nameservers,
      tags: wish.tags,
    }).id;
  },
  remove: (making) => neutron.deleteSubnet(making.world, seen(making)),
  attribute: (making, attribute) => {
    const row = making.world.subnets.get(seen(making));
    return attribute === "cidr"
      ? row?.cidr
      : attribute === "gateway_ip"
        ? row?.gateway
        : attribute === "network_id"
          ? row?.networkId
          : null;
  },
};

const router: ResourceType = {
  seconds: 2,
  create: (making, properties) => {
    const wish = z
      .object({ name: nameOf, external_gateway_info: z.object({ network: text }).nullish(), tags: list })
      .parse(properties);
    const outside = wish.external_gateway_info
      ? neutron.findNetwork(making.world, making.who.projectId, wish.external_gateway_info.network)
      : undefined;
    if (wish.external_gateway_info && !outside?.external)
      throw badRequest(`Bad router request: Network ${wish.external_gateway_info.network} is not an external network.`);
    return neutron.createRouter(making.world, making.who.projectId, {
      name: wish.name ?? name(making),
      externalNetworkId: outside?.id ?? null,
      tags: wish.tags,
    }).id;
  },
  remove: (making) => neutron.deleteRouter(making.world, seen(making)),
  attribute: () => null,
};

const routerInterface: ResourceType = {
  seconds: 2,
  create: (making, properties) => {
    const wish = z.object({ router: text, subnet: text }).parse(properties);
    neutron.addInterface(making.world, wish.router, wish.subnet);
    return `${wish.router}:subnet_id=${wish.subnet}`;
  },
  remove: (making) => {
    const [routerId = "", subnetId = ""] = seen(making).split(":subnet_id=");
    neutron.removeInterface(making.world, routerId, subnetId);
  },
  attribute: () => null,
};

const port: ResourceType = {
  seconds: 1,
  create: (making, properties) => {
    const wish = z
      .object({
        name: nameOf,
        network: optional,
        network_id: optional,
        fixed_ips: z.array(z.object({ subnet: optional, subnet_id: optional })).nullish(),
        security_groups: list,
      })
      .parse(properties);
    const inside = wish.fixed_ips?.[0];
    return neutron.createPort(making.world, making.who.projectId, {
      name: wish.name ?? name(making),
      networkId: wish.network ?? wish.network_id ?? "",
      subnetId: inside?.subnet ?? inside?.subnet_id ?? null,
      securityGroups: wish.security_groups,
    }).id;
  },
  remove: (making) => neutron.deletePort(making.world, seen(making)),
  attribute: (making, attribute) => {
    const row = making.world.ports.get(seen(making));
    if (attribute === "fixed_ips") return row ? [{ ip_address: row.address, subnet_id: row.subnetId }] : [];
    return attribute === "mac_address" ? row?.mac : attribute === "network_id" ? row?.networkId : null;
  },
};

const floatingIp: ResourceType = {
  seconds: 2,
  create: (making, properties) => {
    const wish = z.object({ floating_network: text, port_id: optional, description: optional }).parse(properties);
    return neutron.createFloatingIp(making.world, making.who.projectId, {
      networkId: wish.floating_network,
      portId: wish.port_id,
      description: wish.description ?? "",
    }).id;
  },
  remove: (making) => making.world.floatingIps.delete(seen(making)),
  attribute: (making, attribute) => {
    const row = making.world.floatingIps.get(seen(making));
    return attribute === "floating_ip_address"
      ? row?.address
      : attribute === "fixed_ip_address"
        ? making.world.ports.get(row?.portId ?? "")?.address
        : null;
  },
};

const securityGroup: ResourceType = {
  seconds: 1,
  create: (making, properties) => {
    const wish = z.object({ name: nameOf, description: optional }).parse(properties);
    return neutron.createSecurityGroup(making.world, making.who.projectId, {
      name: wish.name ?? name(making),
      description: wish.description ?? "",
    }).id;
  },
  remove: (making) => neutron.deleteSecurityGroup(making.world, seen(making)),
  attribute: () => null,
};

/** Things that are kept only as long as the stack is, and that nothing else here looks at. */
const plain = (seconds: number, attribute: ResourceType["attribute"] = () => null): ResourceType => ({
  seconds,
  create: () => resourceId(),
  remove: () => undefined,
  attribute,
});

const serverGroup: ResourceType = {
  seconds: 1,
  create: (making, properties) => {
    const wish = z.object({ name: nameOf, policies: list }).parse(properties);
    return making.world.serverGroups.put({
      id: resourceId(),
      name: wish.name ?? name(making),
      projectId: making.who.projectId,
      policy: wish.policies[0] ?? "soft-anti-affinity",
    }).id;
  },
  remove: (making) => making.world.serverGroups.delete(seen(making)),
  attribute: () => null,
};

const server: ResourceType = {
  seconds: 3,
  create: (making, properties) => {
    const wish = z
      .object({
        name: nameOf,
        flavor: text,
        image: optional,
        key_name: optional,
        availability_zone: optional,
        user_data: optional,
        networks: z.array(z.object({ port: optional })).default([]),
        metadata: z.record(z.string(), z.unknown()).default({}),
        block_device_mapping_v2: z.array(z.object({ volume_id: optional })).nullish(),
      })
      .parse(properties);
    const metadata = Object.fromEntries(Object.entries(wish.metadata).map(([key, value]) => [key, String(value)]));
    const made = nova.createServer(
      making.world,
      making.who,
      {
        name: wish.name ?? name(making),
        flavor: wish.flavor,
        image: wish.image,
        keyName: wish.key_name,
        zone: wish.availability_zone,
        userData: wish.user_data,
        portIds: wish.networks.flatMap((each) => each.port ?? []),
        volumeIds: (wish.block_device_mapping_v2 ?? []).flatMap((each) => each.volume_id ?? []),
        metadata,
      },
      () => making.wake(),
    );
    return made.id;
  },
  progress: (making) => {
    const row = making.world.servers.get(seen(making));
    if (!row) return { cls: "NotFound", message: `Instance ${seen(making)} could not be found.` };
    if (row.status === "ERROR")
      return {
        cls: "ResourceInError",
        message: `Went to status ERROR due to "Message: ${row.fault ?? ""}, Code: 500"`,
      };
    return row.status === "ACTIVE" ? "ready" : "working";
  },
  removeSeconds: 2,
  remove: (making) => nova.deleteServer(making.world, seen(making)),
  attribute: (making, attribute) => {
    const row = making.world.servers.get(seen(making));
    return attribute === "name"
      ? row?.name
      : attribute === "first_address"
        ? making.world.ports.find((each) => each.deviceId === row?.id)?.address
        : null;
  },
};

const volume: ResourceType = {
  seconds: 3,
  create: (making, properties) => {
    const wish = z
      .object({
        name: nameOf,
        size: z.coerce.number(),
        volume_type: optional,
        metadata: z.record(z.string(), z.string()).nullish(),
      })
      .parse(properties);
    return createVolume(making.world, making.who.projectId, {
      name: wish.name ?? name(making),
      size: wish.size,
      type: wish.volume_type,
      metadata: wish.metadata ?? {},
    }).id;
  },
  progress: (making) => {
    const row = making.world.volumes.get(seen(making));
    if (!row) return { cls: "NotFound", message: `Volume ${seen(making)} could not be found.` };
    if (provokes(making.stack.name, "fail-volume")) {
      making.world.volumes.put({ ...row, status: "error" });
      return { cls: "ResourceInError", message: 'Went to status error due to "Unknown"' };
    }
    if (row.status === "creating") making.world.volumes.put({ ...row, status: "available" });
    return "ready";
  },
  remove: (making) => deleteVolume(making.world, seen(making)),
  attribute: (making, attribute) => (attribute === "size" ? making.world.volumes.get(seen(making))?.size : null),
};

const volumeAttachment: ResourceType = {
  seconds: 2,
  create: (making, properties) => {
    const wish = z.object({ instance_uuid: text, volume_id: text }).parse(properties);
    nova.attachVolume(making.world, wish.instance_uuid, wish.volume_id);
    return `${wish.instance_uuid}/${wish.volume_id}`;
  },
  remove: (making) => {
    const [serverId = "", volumeId = ""] = seen(making).split("/");
    nova.detachVolume(making.world, serverId, volumeId);
  },
  attribute: () => null,
};

const balancer: ResourceType = {
  seconds: 12,
  create: (making, properties) => {
    const wish = z
      .object({ name: nameOf, description: optional, vip_subnet: optional, vip_network: optional, provider: optional })
      .parse(properties);
    const inside = wish.vip_subnet === null ? undefined : making.world.subnets.get(wish.vip_subnet);
    return createBalancer(making.world, making.who.projectId, {
      name: wish.name ?? name(making),
      description: wish.description ?? "",
      networkId: inside?.networkId ?? wish.vip_network ?? "",
      subnetId: inside?.id ?? null,
      provider: wish.provider ?? "amphora",
    }).id;
  },
  progress: (making) => {
    const row = making.world.balancers.get(seen(making));
    if (!row) return { cls: "NotFound", message: `Load Balancer ${seen(making)} not found.` };
    const broken = provokes(making.stack.name, "fail-lb");
    if (row.provisioning === "PENDING_CREATE")
      making.world.balancers.put({ ...row, provisioning: broken ? "ERROR" : "ACTIVE" });
    return broken ? { cls: "ResourceInError", message: 'Went to status ERROR due to "Unknown"' } : "ready";
  },
  removeSeconds: 3,
  remove: (making) => deleteBalancer(making.world, seen(making)),
  attribute: (making, attribute) => {
    const row = making.world.balancers.get(seen(making));
    return (
      { vip_address: row?.vipAddress, vip_port_id: row?.vipPortId, vip_subnet_id: row?.vipSubnetId }[attribute] ?? null
    );
  },
};

/** A part of a balancer; `parent` is the property that names what it belongs to. */
function balancerPart(
  kind: "listener" | "pool" | "member" | "monitor",
  parent: string,
  alternative?: string,
): ResourceType {
  return {
    seconds: kind === "monitor" ? 1 : 2,
    create: (making, properties) => {
      const owner = z
        .string()
        .parse(properties[parent] ?? (alternative === undefined ? undefined : properties[alternative]));
      const balancerId = balancerOf(making.world, owner);
      if (balancerId === undefined) throw new Fault(404, `${owner} not found.`);
      const wish = z
        .object({ name: nameOf, protocol_port: z.coerce.number().nullish(), address: optional })
        .parse(properties);
      return addPart(making.world, {
        name: wish.name ?? name(making),
        projectId: making.who.projectId,
        kind,
        balancerId,
        parentId: owner,
        port: wish.protocol_port ?? null,
        address: wish.address,
      }).id;
    },
    remove: (making) => making.world.balancerParts.delete(seen(making)),
    attribute: () => null,
  };
}

export const Signals = z.array(z.object({ id: z.string(), status: z.string(), reason: z.string(), data: z.unknown() }));

const waitHandle: ResourceType = {
  seconds: 0.5,
  create: (making) => {
    const { world, stack } = making;
    const token = world.tokens.put({
      id: tokenId(),
      userId: stack.userId,
      methods: ["password"],
      issuedAt: world.now(),
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      projectId: stack.projectId,
      domainId: null,
      roles: ["heat_stack_user"],
      trustId: null,
      applicationCredentialId: null,
    });
    making.resource.data = { signals: [], token: token.id };
    return resourceId();
  },
  remove: (making) => {
    const token = making.resource.data["token"];
    if (typeof token === "string") making.world.tokens.delete(token);
  },
  attribute: (making, attribute) => {
    const { world, stack, resource } = making;
    const endpoint = `${world.url}/orchestration/v1/${stack.projectId}/stacks/${encodeURIComponent(stack.name)}/${stack.id}/resources/${resource.name}/signal`;
    const token = resource.data["token"];
    if (attribute === "endpoint") return endpoint;
    if (attribute === "token") return token;
    return attribute === "curl_cli"
      ? `curl -i -X POST -H 'X-Auth-Token: ${String(token)}' -H 'Content-Type: application/json' -H 'Accept: application/json' ${endpoint}`
      : null;
  },
};

const waitCondition: ResourceType = {
  seconds: 0,
  create: (making, properties) => {
    const seconds = z.coerce.number().parse(properties["timeout"] ?? 3600);
    making.resource.data = { deadline: Date.now() + (seconds * 1000) / making.world.options.speed };
    making.world.after(seconds + 0.1, () => making.wake());
    return resourceId();
  },
  progress: (making) => {
    const { resource } = making;
    const signals = signalsFor(making);
    const failed = signals.find((signal) => signal.status !== "SUCCESS");
    if (failed) return { cls: "WaitConditionFailure", message: failed.reason };
    const wanted = z.coerce.number().parse(resource.properties["count"] ?? 1);
    if (signals.length >= wanted) return "ready";
    const late = Number(resource.data["deadline"] ?? Infinity) <= Date.now();
    return late ? { cls: "WaitConditionTimeout", message: `${signals.length} of ${wanted} received` } : "working";
  },
  remove: () => undefined,
  attribute: (making, attribute) => (attribute === "data" ? signalData(signalsFor(making)) : null),
};

/** Signals of the handle that a condition watches. */
function signalsFor({ stack, resource }: Making): z.infer<typeof Signals> {
  const handle = Object.values(stack.resources).find(
    (each) =>
      each.type === "OS::Heat::WaitConditionHandle" &&
      each.physicalId !== null &&
      each.physicalId === resource.properties["handle"],
  );
  return Signals.parse(handle?.data["signals"] ?? []);
}

/** JSON as Python writes it. */
const signalData = (signals: z.infer<typeof Signals>) =>
  `{${signals.map((signal) => `${JSON.stringify(signal.id)}: ${JSON.stringify(signal.data)}`).join(", ")}}`;

export const resourceTypes: Readonly<Record<string, ResourceType>> = {
  "OS::Neutron::Net": net,
  "OS::Neutron::Subnet": subnet,
  "OS::Neutron::Router": router,
  "OS::Neutron::RouterInterface": routerInterface,
  "OS::Neutron::Port": port,
  "OS::Neutron::FloatingIP": floatingIp,
  "OS::Neutron::SecurityGroup": securityGroup,
  "OS::Neutron::SecurityGroupRule": plain(0.5),
  "OS::Nova::ServerGroup": serverGroup,
  "OS::Nova::Server": server,
  "OS::Cinder::Volume": volume,
  "OS::Cinder::VolumeAttachment": volumeAttachment,
  "OS::Octavia::LoadBalancer": balancer,
  "OS::Octavia::Listener": balancerPart("listener", "loadbalancer"),
  "OS::Octavia::Pool": balancerPart("pool", "listener", "loadbalancer"),
  "OS::Octavia::PoolMember": balancerPart("member", "pool"),
  "OS::Octavia::HealthMonitor": balancerPart("monitor", "pool"),
  "OS::Heat::WaitConditionHandle": waitHandle,
  "OS::Heat::WaitCondition": waitCondition,
  "OS::Heat::RandomString": plain(0.2, (making, attribute) =>
    attribute === "value" ? seen(making).replaceAll("-", "") : null,
  ),
  "OS::Heat::Value": plain(0, (making, attribute) =>
    attribute === "value" ? making.resource.properties["value"] : null,
  ),
  "OS::Heat::SoftwareConfig": plain(0.2, (making, attribute) =>
    attribute === "config" ? making.resource.properties["config"] : null,
  ),
};
