// The resource types that the sandbox knows, each on the service that it is about.
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { Fault, hexId, randomWord } from "../core.ts";
import type { Core } from "../core.ts";
import { HeatFailure, physicalName } from "./handler.ts";
import type { Context, Handler, Properties } from "./handler.ts";
import { pythonJson } from "./template.ts";
import { limitFor } from "../quota.ts";
import { asksFor } from "../scenarios.ts";

const word = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .transform((value) => (value === null || value === "" ? undefined : value));
const number = z.coerce.number();
const tags = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? undefined);

function read<T>(schema: z.ZodType<T>, props: Properties): T {
  const parsed = schema.safeParse(props);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new HeatFailure(
    "StackValidationFailed",
    `Property error: properties.${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
  );
}

const networkId = (core: Core, idOrName: string | undefined): string => {
  const found = core.state.networks.get(idOrName ?? "") ?? core.state.networks.find((one) => one.name === idOrName);
  if (!found)
    throw new HeatFailure(
      "StackValidationFailed",
      `Property error: properties.network: Error validating value '${idOrName ?? ""}': Unable to find network with name or id '${idOrName ?? ""}'`,
    );
  return found.id;
};
const subnetId = (core: Core, idOrName: string | undefined): string | undefined =>
  idOrName === undefined
    ? undefined
    : ((core.state.subnets.get(idOrName) ?? core.state.subnets.find((one) => one.name === idOrName))?.id ?? idOrName);
const groupId = (core: Core, idOrName: string): string =>
  (core.state.securityGroups.get(idOrName) ?? core.state.securityGroups.find((one) => one.name === idOrName))?.id ??
  idOrName;

const id = (ctx: Context) => ctx.row.physicalId ?? "";
const project = (ctx: Context) => ctx.stack.projectId;

const net: Handler = {
  seconds: 1,
  create(ctx, props) {
    const wish = read(z.object({ name: word, tags }), props);
    ctx.row.physicalId = ctx.services.net.createNetwork(project(ctx), {
      name: wish.name ?? physicalName(ctx),
      ...(wish.tags ? { tags: wish.tags } : {}),
    }).id;
  },
  remove: (ctx) => ctx.services.net.deleteNetwork(id(ctx)),
  attribute: (ctx, name) => {
    const row = ctx.core.state.networks.get(id(ctx));
    const all: Record<string, unknown> = {
      name: row?.name,
      status: "ACTIVE",
      subnets: ctx.services.net.subnetsOf(id(ctx)).map((one) => one.id),
      mtu: row?.mtu,
      tenant_id: row?.projectId,
    };
    return all[name];
  },
  attributes: ["name", "status", "subnets", "mtu"],
};

const subnet: Handler = {
  seconds: 1,
  create(ctx, props) {
    const wish = read(z.object({
      name: word, network: word, network_id: word, cidr: z.string(), dns_nameservers: z.array(z.string()).nullish(), gateway_ip: z.string().nullish(),
      enable_dhcp: z.coerce.boolean().nullish(), allocation_pools: z.array(z.object({ start: z.string(), end: z.string() })).nullish(), tags,
    }), props); // prettier-ignore
    ctx.row.physicalId = ctx.services.net.createSubnet(project(ctx), ctx.caller, {
      name: wish.name ?? physicalName(ctx), network_id: networkId(ctx.core, wish.network ?? wish.network_id), cidr: wish.cidr, tags: wish.tags,
      dns_nameservers: wish.dns_nameservers ?? undefined, gateway_ip: wish.gateway_ip ?? undefined, enable_dhcp: wish.enable_dhcp ?? undefined,
      allocation_pools: wish.allocation_pools ?? undefined,
    }).id; // prettier-ignore
  },
  remove(ctx) {
    if (asksFor("deleteFailure", ctx.stack.name) && ctx.row.data["refused"] !== true) {
      ctx.row.data = { ...ctx.row.data, refused: true };
      throw new Fault(
        409,
        "SubnetInUse",
        `Unable to complete operation on subnet ${id(ctx)}: One or more ports have an IP allocation from this subnet.`,
      );
    }
    ctx.services.net.deleteSubnet(id(ctx));
  },
  attribute: (ctx, name) => {
    const row = ctx.core.state.subnets.get(id(ctx));
    const all: Record<string, unknown> = {
      name: row?.name,
      cidr: row?.cidr,
      gateway_ip: row?.gatewayIp,
      network_id: row?.networkId,
      dns_nameservers: row?.dnsNameservers,
      ip_version: 4,
      enable_dhcp: row?.enableDhcp,
    };
    return all[name];
  },
  attributes: ["name", "cidr", "gateway_ip", "network_id"],
};

const router: Handler = {
  seconds: 2,
  create(ctx, props) {
    const wish = read(
      z.object({ name: word, external_gateway_info: z.object({ network: word }).nullish(), tags }),
      props,
    );
    const outside = wish.external_gateway_info?.network;
    ctx.row.physicalId = ctx.services.net.createRouter(project(ctx), {
      name: wish.name ?? physicalName(ctx),
      ...(wish.tags ? { tags: wish.tags } : {}),
      externalNetworkId: outside === undefined ? null : networkId(ctx.core, outside),
    }).id;
  },
  remove: (ctx) => ctx.services.net.deleteRouter(id(ctx)),
  attribute: (ctx, name) =>
    name === "external_gateway_info"
      ? { external_fixed_ips: ctx.core.state.routers.get(id(ctx))?.externalFixedIps }
      : ctx.core.state.routers.get(id(ctx))?.name,
};

const routerInterface: Handler = {
  seconds: 2,
  create(ctx, props) {
    const wish = read(z.object({ router: word, router_id: word, subnet: word, subnet_id: word }), props);
    const owner = ctx.core.state.routers.get(wish.router ?? wish.router_id ?? "");
    if (!owner)
      throw new Fault(404, "RouterNotFound", `Router ${wish.router ?? wish.router_id ?? ""} could not be found`);
    const inside = subnetId(ctx.core, wish.subnet ?? wish.subnet_id) ?? "";
    ctx.services.net.addInterface(owner, inside);
    ctx.row.physicalId = `${owner.id}:subnet_id=${inside}`;
  },
  remove(ctx) {
    const [owner = "", inside = ""] = id(ctx).split(":subnet_id=");
    const row = ctx.core.state.routers.get(owner);
    if (row && ctx.services.net.interfacesOf(owner).some((port) => port.fixedIps.some((ip) => ip.subnet_id === inside)))
      ctx.services.net.removeInterface(row, inside);
  },
};

const port: Handler = {
  seconds: 1,
  create(ctx, props) {
    const wish = read(z.object({
      name: word, network: word, network_id: word, fixed_ips: z.array(z.object({ subnet: word, subnet_id: word, ip_address: word })).nullish(),
      security_groups: z.array(z.string()).nullish(), allowed_address_pairs: z.array(z.object({ ip_address: z.string() })).nullish(),
      device_owner: word, tags,
    }), props); // prettier-ignore
    ctx.row.physicalId = ctx.services.net.createPort(project(ctx), ctx.caller, {
      name: wish.name ?? physicalName(ctx), network_id: networkId(ctx.core, wish.network ?? wish.network_id), tags: wish.tags,
      fixed_ips: wish.fixed_ips?.map((ip) => ({ subnet_id: subnetId(ctx.core, ip.subnet ?? ip.subnet_id), ip_address: ip.ip_address })),
      security_groups: wish.security_groups?.map((one) => groupId(ctx.core, one)), allowed_address_pairs: wish.allowed_address_pairs ?? undefined,
      device_owner: wish.device_owner,
    }).id; // prettier-ignore
  },
  update(ctx, props, before) {
    const basics = ["name", "security_groups", "allowed_address_pairs", "tags"];
    if (
      Object.keys({ ...props, ...before }).some(
        (key) => !basics.includes(key) && JSON.stringify(props[key]) !== JSON.stringify(before[key]),
      )
    )
      return "replace";
    const row = ctx.core.state.ports.get(id(ctx));
    const wish = read(
      z.object({
        security_groups: z.array(z.string()).nullish(),
        allowed_address_pairs: z.array(z.object({ ip_address: z.string() })).nullish(),
      }),
      props,
    );
    if (row)
      ctx.core.state.ports.change(row, {
        ...(wish.security_groups
          ? { securityGroupIds: wish.security_groups.map((one) => groupId(ctx.core, one)) }
          : {}),
        ...(wish.allowed_address_pairs ? { allowedAddressPairs: wish.allowed_address_pairs } : {}),
      });
    return undefined;
  },
  remove: (ctx) => ctx.services.net.deletePort(id(ctx)),
  attribute: (ctx, name) => {
    const row = ctx.core.state.ports.get(id(ctx));
    const all: Record<string, unknown> = {
      name: row?.name, fixed_ips: row?.fixedIps ?? [], mac_address: row?.mac, network_id: row?.networkId, device_id: row?.deviceId, status: row?.status,
      security_groups: row?.securityGroupIds, subnets: row?.fixedIps.map((ip) => ({ id: ip.subnet_id })),
    }; // prettier-ignore
    return all[name];
  },
  attributes: ["name", "fixed_ips", "mac_address", "network_id", "status"],
};

const floating: Handler = {
  seconds: 1.5,
  create(ctx, props) {
    const wish = read(
      z.object({ floating_network: word, floating_network_id: word, port_id: word, fixed_ip_address: word }),
      props,
    );
    const outside = networkId(ctx.core, wish.floating_network ?? wish.floating_network_id);
    if (asksFor("addressesGone", ctx.stack.name))
      throw new Fault(409, "IpAddressGenerationFailure", `No more IP addresses available on network ${outside}.`);
    ctx.row.physicalId = ctx.services.net.createFloatingIp(project(ctx), ctx.caller, {
      floating_network_id: outside, port_id: wish.port_id, fixed_ip_address: wish.fixed_ip_address,
    }).id; // prettier-ignore
  },
  update(ctx, props, before) {
    if (JSON.stringify(props["floating_network"]) !== JSON.stringify(before["floating_network"])) return "replace";
    const row = ctx.core.state.floatingIps.get(id(ctx));
    if (row) ctx.services.net.associate(row, read(z.object({ port_id: word }), props).port_id ?? null);
    return undefined;
  },
  remove: (ctx) => ctx.core.state.floatingIps.remove(id(ctx)),
  attribute: (ctx, name) => {
    const row = ctx.core.state.floatingIps.get(id(ctx));
    const all: Record<string, unknown> = {
      floating_ip_address: row?.address,
      fixed_ip_address: row?.fixedIp,
      port_id: row?.portId,
      floating_network_id: row?.networkId,
      status: row && ctx.services.net.floatingStatus(row),
    };
    return all[name];
  },
  attributes: ["floating_ip_address", "fixed_ip_address", "port_id", "status"],
};

const floatingAssociation: Handler = {
  seconds: 1,
  create(ctx, props) {
    const wish = read(z.object({ floatingip_id: z.string(), port_id: z.string(), fixed_ip_address: word }), props);
    const row = ctx.core.state.floatingIps.get(wish.floatingip_id);
    if (!row) throw new Fault(404, "FloatingIPNotFound", `Floating IP ${wish.floatingip_id} could not be found`);
    ctx.services.net.associate(row, wish.port_id, wish.fixed_ip_address);
    ctx.row.physicalId = row.id;
  },
  remove(ctx) {
    const row = ctx.core.state.floatingIps.get(id(ctx));
    if (row) ctx.services.net.associate(row, null);
  },
};

const RuleWish = z.object({
  direction: z.string().default("ingress"), ethertype: z.string().default("IPv4"), protocol: word, port_range_min: number.nullish(), port_range_max: number.nullish(),
  remote_ip_prefix: word, remote_group: word, remote_group_id: word, remote_mode: word, description: word,
}); // prettier-ignore
const ruleOf = (wish: z.infer<typeof RuleWish>) => ({
  direction: wish.direction, ethertype: wish.ethertype, protocol: wish.protocol ?? null, portMin: wish.port_range_min ?? null, portMax: wish.port_range_max ?? null,
  remoteIpPrefix: wish.remote_ip_prefix ?? null, remoteGroupId: wish.remote_group ?? wish.remote_group_id ?? null, description: wish.description ?? "",
}); // prettier-ignore

const securityGroup: Handler = {
  seconds: 1,
  create(ctx, props) {
    const wish = read(z.object({ name: word, description: word, rules: z.array(RuleWish).nullish(), tags }), props);
    const group = ctx.services.net.createSecurityGroup(project(ctx), {
      name: wish.name ?? physicalName(ctx),
      description: wish.description,
      tags: wish.tags,
    });
    ctx.row.physicalId = group.id;
    for (const rule of wish.rules ?? []) ctx.services.net.createRule(group, ruleOf(rule));
  },
  update(ctx, props) {
    const wish = read(z.object({ name: word, description: word }), props);
    const row = ctx.core.state.securityGroups.get(id(ctx));
    if (row)
      ctx.core.state.securityGroups.change(row, {
        name: wish.name ?? row.name,
        description: wish.description ?? row.description,
      });
  },
  remove(ctx) {
    const row = ctx.core.state.securityGroups.get(id(ctx));
    if (row) ctx.services.net.deleteSecurityGroup(row);
  },
  attribute: (ctx, name) => (name === "name" ? ctx.core.state.securityGroups.get(id(ctx))?.name : undefined),
};

const securityGroupRule: Handler = {
  seconds: 0.3,
  create(ctx, props) {
    const wish = read(RuleWish.extend({ security_group: z.string() }), props);
    const group = ctx.core.state.securityGroups.get(groupId(ctx.core, wish.security_group));
    if (!group) throw new Fault(404, "SecurityGroupNotFound", `Security group ${wish.security_group} does not exist`);
    ctx.row.physicalId = ctx.services.net.createRule(group, ruleOf(wish)).id;
  },
  remove: (ctx) => ctx.core.state.securityGroupRules.remove(id(ctx)),
};

const serverGroup: Handler = {
  seconds: 0.5,
  create(ctx, props) {
    const wish = read(z.object({ name: word, policies: z.array(z.string()).default(["anti-affinity"]) }), props);
    ctx.row.physicalId = ctx.services.servers.createServerGroup(
      ctx.caller,
      project(ctx),
      wish.name ?? physicalName(ctx),
      wish.policies,
    ).id;
  },
  remove: (ctx) => ctx.core.state.serverGroups.remove(id(ctx)),
};

const ServerWish = z.object({
  name: word, flavor: z.string(), image: word, key_name: word, availability_zone: word, networks: z.array(z.object({ port: word, network: word, uuid: word, subnet: word, fixed_ip: word })).nullish(),
  user_data: z.unknown().optional(), metadata: z.record(z.string(), z.unknown()).nullish(), scheduler_hints: z.object({ group: word }).nullish(), security_groups: z.array(z.string()).nullish(),
  block_device_mapping_v2: z.array(z.looseObject({ volume_id: word, boot_index: z.unknown().optional() })).nullish(),
}); // prettier-ignore
const server: Handler = {
  create(ctx, props) {
    const wish = read(ServerWish, props);
    const image =
      wish.image === undefined
        ? null
        : ((ctx.core.state.images.get(wish.image) ?? ctx.core.state.images.find((one) => one.name === wish.image))
            ?.id ?? wish.image);
    ctx.row.physicalId = ctx.services.servers.create(ctx.caller, project(ctx), {
      name: wish.name ?? physicalName(ctx), flavor: wish.flavor, image, keyName: wish.key_name ?? null, zone: wish.availability_zone ?? null,
      userData: typeof wish.user_data === "string" && wish.user_data !== "" ? Buffer.from(wish.user_data, "utf8").toString("base64") : null,
      metadata: Object.fromEntries(Object.entries(wish.metadata ?? {}).map(([key, value]) => [key, typeof value === "string" ? value : pythonJson(value)])),
      networks: (wish.networks ?? []).map((one) => ({ port: one.port, uuid: one.network ?? one.uuid, fixed_ip: one.fixed_ip })),
      securityGroups: wish.security_groups ?? [], serverGroup: wish.scheduler_hints?.group ?? null,
      bootVolume: wish.block_device_mapping_v2?.find((one) => one.volume_id !== undefined)?.volume_id ?? null,
    }).id; // prettier-ignore
  },
  ready(ctx) {
    const row = ctx.core.state.servers.get(id(ctx));
    if (!row)
      throw new HeatFailure(
        "NotFound",
        `Instance ${id(ctx)} could not be found. (HTTP 404) (Request-ID: req-${hexId()})`,
      );
    if (row.status === "ERROR")
      throw new HeatFailure(
        "ResourceInError",
        `Went to status ERROR due to "Message: ${row.fault?.message ?? "Unknown"}, Code: ${row.fault?.code ?? "Unknown"}"`,
      );
    return row.status === "ACTIVE";
  },
  update(ctx, props, before) {
    const ignored = [
      "name",
      "metadata",
      ...(props["user_data_update_policy"] === "IGNORE" ? ["user_data"] : []),
      "user_data_update_policy",
    ];
    if (
      Object.keys({ ...props, ...before }).some(
        (key) => !ignored.includes(key) && JSON.stringify(props[key]) !== JSON.stringify(before[key]),
      )
    )
      return "replace";
    const row = ctx.core.state.servers.get(id(ctx));
    const wish = read(z.object({ name: word }), props);
    if (row && wish.name !== undefined) ctx.core.state.servers.change(row, { name: wish.name });
    return undefined;
  },
  remove: (ctx) => ctx.services.servers.remove(id(ctx)),
  gone: (ctx) => ctx.core.state.servers.get(id(ctx)) === undefined,
  attribute(ctx, name) {
    const row = ctx.core.state.servers.get(id(ctx));
    const ports = (row?.portIds ?? []).flatMap((one) => ctx.core.state.ports.get(one) ?? []);
    switch (name) {
      case "name":
        return row?.name;
      case "first_address":
        return ports[0]?.fixedIps[0]?.ip_address ?? "";
      case "networks":
        return Object.fromEntries(
          ports.map((one) => [
            ctx.core.state.networks.get(one.networkId)?.name ?? one.networkId,
            one.fixedIps.map((ip) => ip.ip_address),
          ]),
        );
      case "instance_name":
        return `instance-${id(ctx).slice(0, 8)}`;
      case "show":
        return { id: id(ctx), name: row?.name, status: row?.status };
      default:
        return undefined;
    }
  },
  attributes: ["name", "first_address", "networks", "instance_name"],
};

const volume: Handler = {
  create(ctx, props) {
    const wish = read(
      z.object({
        name: word,
        size: number.nullish(),
        volume_type: word,
        availability_zone: word,
        metadata: z.record(z.string(), z.unknown()).nullish(),
        image: word,
        description: word,
      }),
      props,
    );
    ctx.row.physicalId = ctx.services.volumes.create(ctx.caller, project(ctx), {
      name: wish.name ?? physicalName(ctx), size: wish.size ?? 0, type: wish.volume_type, zone: wish.availability_zone, description: wish.description, imageId: wish.image,
      metadata: Object.fromEntries(Object.entries(wish.metadata ?? {}).map(([key, value]) => [key, String(value)])),
    }).id; // prettier-ignore
  },
  ready(ctx) {
    const row = ctx.core.state.volumes.get(id(ctx));
    if (!row)
      throw new HeatFailure(
        "NotFound",
        `Volume ${id(ctx)} could not be found. (HTTP 404) (Request-ID: req-${hexId()})`,
      );
    if (row.status === "error") throw new HeatFailure("ResourceInError", `Went to status error due to "Unknown"`);
    return row.status === "available" || row.status === "in-use";
  },
  remove(ctx) {
    const row = ctx.core.state.volumes.get(id(ctx));
    if (!row) return undefined;
    // Somebody else lets go of it first: the server, or the attachment.
    if (["detaching", "creating", "attaching"].includes(row.status)) return "wait";
    if (row.status === "in-use") ctx.services.volumes.detach(row.id);
    if (row.status === "detaching" || row.status === "in-use") return "wait";
    ctx.services.volumes.remove(row.id);
    return undefined;
  },
  gone: (ctx) => ctx.core.state.volumes.get(id(ctx)) === undefined,
  attribute: (ctx, name) => {
    const row = ctx.core.state.volumes.get(id(ctx));
    const all: Record<string, unknown> = {
      size: String(row?.size ?? ""),
      status: row?.status,
      display_name: row?.name,
      volume_type: row?.type,
      availability_zone: row?.zone,
    };
    return all[name];
  },
  attributes: ["size", "status", "display_name", "volume_type"],
};

const volumeAttachment: Handler = {
  create(ctx, props) {
    const wish = read(z.object({ instance_uuid: z.string(), volume_id: z.string() }), props);
    ctx.services.servers.attachVolume(wish.instance_uuid, wish.volume_id);
    ctx.row.physicalId = wish.volume_id;
    ctx.row.data = { server: wish.instance_uuid };
  },
  ready: (ctx) => ctx.core.state.volumes.get(id(ctx))?.status === "in-use",
  remove: (ctx) => ctx.services.servers.detachVolume(String(ctx.row.data["server"]), id(ctx)),
  gone: (ctx) => ["available", undefined].includes(ctx.core.state.volumes.get(id(ctx))?.status),
};

/** A balancer that is being changed refuses further changes: Heat tries again. */
function patiently(action: () => void): void | "wait" {
  try {
    action();
  } catch (error) {
    if (error instanceof Fault && error.status === 409 && /immutable|Invalid state/.test(error.message)) return "wait";
    throw error;
  }
}
const balancerOf = (ctx: Context) => {
  const { state } = ctx.core;
  const part =
    state.listeners.get(id(ctx)) ??
    state.pools.get(id(ctx)) ??
    state.members.get(id(ctx)) ??
    state.monitors.get(id(ctx));
  return state.balancers.get(part?.balancerId ?? id(ctx));
};
const settled = (ctx: Context) => {
  const row = balancerOf(ctx);
  if (row?.provisioningStatus === "ERROR")
    throw new HeatFailure("ResourceInError", `Went to status ERROR due to "Unknown"`);
  return row?.provisioningStatus === "ACTIVE";
};

const balancer: Handler = {
  create(ctx, props) {
    const wish = read(
      z.object({
        name: word,
        description: word,
        vip_subnet: word,
        vip_network: word,
        vip_address: word,
        provider: word,
        tags,
      }),
      props,
    );
    ctx.row.physicalId = ctx.services.balancing.create(ctx.caller, project(ctx), {
      name: wish.name ?? physicalName(ctx), description: wish.description, tags: wish.tags, vip_subnet_id: subnetId(ctx.core, wish.vip_subnet),
      vip_network_id: wish.vip_network === undefined ? undefined : networkId(ctx.core, wish.vip_network), vip_address: wish.vip_address, provider: wish.provider,
    }).id; // prettier-ignore
  },
  ready: settled,
  remove: (ctx) =>
    ctx.core.state.balancers.get(id(ctx)) ? patiently(() => ctx.services.balancing.remove(id(ctx), true)) : undefined,
  gone: (ctx) => ctx.core.state.balancers.get(id(ctx)) === undefined,
  attribute: (ctx, name) => {
    const row = ctx.core.state.balancers.get(id(ctx));
    const all: Record<string, unknown> = {
      vip_address: row?.vipAddress,
      vip_port_id: row?.vipPortId,
      vip_subnet_id: row?.vipSubnetId,
      provisioning_status: row?.provisioningStatus,
      operating_status: row?.operatingStatus,
    };
    return all[name];
  },
  attributes: ["vip_address", "vip_port_id", "vip_subnet_id"],
};
const part = (
  kind: "listeners" | "pools" | "members" | "monitors",
  make: (ctx: Context, props: Properties) => string,
): Handler => ({
  create: (ctx, props) => patiently(() => void (ctx.row.physicalId = make(ctx, props))),
  ready: settled,
  update: () => "replace",
  remove: (ctx) =>
    ctx.core.state[kind].get(id(ctx)) ? patiently(() => ctx.services.balancing.removePart(kind, id(ctx))) : undefined,
});
const listener = part("listeners", (ctx, props) => {
  const wish = read(
    z.object({
      name: word,
      loadbalancer: z.string(),
      protocol: z.string(),
      protocol_port: number,
      allowed_cidrs: z.array(z.string()).nullish(),
      default_pool: word,
      connection_limit: number.nullish(),
      tags,
    }),
    props,
  );
  return ctx.services.balancing.createListener(project(ctx), {
    name: wish.name ?? physicalName(ctx), loadbalancer_id: wish.loadbalancer, protocol: wish.protocol, protocol_port: wish.protocol_port, allowed_cidrs: wish.allowed_cidrs,
    default_pool_id: wish.default_pool, tags: wish.tags,
  }).id; // prettier-ignore
});
const pool = part("pools", (ctx, props) => {
  const wish = read(
    z.object({ name: word, listener: word, loadbalancer: word, protocol: z.string(), lb_algorithm: z.string(), tags }),
    props,
  );
  return ctx.services.balancing.createPool(project(ctx), {
    name: wish.name ?? physicalName(ctx),
    listener_id: wish.listener,
    loadbalancer_id: wish.loadbalancer,
    protocol: wish.protocol,
    lb_algorithm: wish.lb_algorithm,
    tags: wish.tags,
  }).id;
});
const member = part("members", (ctx, props) => {
  const wish = read(
    z.object({
      pool: z.string(),
      address: z.string(),
      protocol_port: number,
      subnet: word,
      weight: number.nullish(),
      tags,
    }),
    props,
  );
  return ctx.services.balancing.createMember(project(ctx), wish.pool, {
    name: physicalName(ctx),
    address: wish.address,
    protocol_port: wish.protocol_port,
    subnet_id: subnetId(ctx.core, wish.subnet),
    weight: wish.weight ?? undefined,
    tags: wish.tags,
  }).id;
});
const monitor = part("monitors", (ctx, props) => {
  const wish = read(
    z.object({
      pool: z.string(),
      type: z.string(),
      delay: number,
      timeout: number,
      max_retries: number,
      url_path: word,
      tags,
    }),
    props,
  );
  return ctx.services.balancing.createMonitor(project(ctx), {
    pool_id: wish.pool,
    type: wish.type,
    delay: wish.delay,
    timeout: wish.timeout,
    max_retries: wish.max_retries,
    url_path: wish.url_path,
    tags: wish.tags,
  }).id;
});

export interface Signal {
  status: string;
  reason: string;
  data: unknown;
}
export const signalsOf = (row: { data: Record<string, unknown> }): Record<string, Signal> =>
  z
    .record(z.string(), z.object({ status: z.string(), reason: z.string(), data: z.unknown() }))
    .catch({})
    .parse(row.data["signals"]);

const waitHandle: Handler = {
  seconds: 0.2,
  create(ctx) {
    ctx.row.physicalId = hexId();
    ctx.row.data = { token: `gAAAAAB${randomBytes(99).toString("base64url")}`, signals: {} };
  },
  attribute(ctx, name) {
    const { stack, row, core } = ctx;
    const endpoint = `${core.url()}/orchestration/v1/${stack.projectId}/stacks/${stack.name}/${stack.id}/resources/${row.name}/signal`;
    const token = String(row.data["token"] ?? "");
    const all: Record<string, unknown> = {
      endpoint,
      token,
      curl_cli: `curl -i -X POST -H 'X-Auth-Token: ${token}' -H 'Content-Type: application/json' -H 'Accept: application/json' ${endpoint}`,
      signal: "null",
    };
    return row.physicalId === null ? undefined : all[name];
  },
  attributes: ["endpoint", "curl_cli", "signal", "token"],
};

const waitCondition: Handler = {
  create(ctx) {
    ctx.row.physicalId = "";
  },
  ready(ctx, props) {
    const wish = read(z.object({ handle: z.string(), timeout: number, count: number.default(1) }), props);
    const handle = ctx.core.state.resources.find(
      (one) => one.physicalId === wish.handle && one.type.endsWith("WaitConditionHandle"),
    );
    const signals = handle ? Object.values(signalsOf(handle)) : [];
    const failed = signals.filter((one) => one.status !== "SUCCESS");
    if (failed.length > 0) throw new HeatFailure("WaitConditionFailure", failed.map((one) => one.reason).join(";"));
    if (signals.length >= wish.count) return true;
    const limit = asksFor("waitTimeout", ctx.stack.name)
      ? (Math.min(wish.timeout, 300) * 1000) / ctx.core.speed
      : wish.timeout * 1000;
    if (ctx.core.now() > (ctx.row.startedAt ?? ctx.core.now()) + limit)
      throw new HeatFailure("WaitConditionTimeout", `${signals.length} of ${wish.count} received`);
    return false;
  },
  attribute(ctx, name) {
    if (name !== "data") return undefined;
    const handle = ctx.core.state.resources.find((one) => one.physicalId === ctx.row.properties["handle"]);
    return pythonJson(
      Object.fromEntries(Object.entries(handle ? signalsOf(handle) : {}).map(([key, one]) => [key, one.data])),
    );
  },
  attributes: ["data"],
};

const softwareConfig: Handler = {
  seconds: 0.2,
  create: (ctx) => void (ctx.row.physicalId = hexId()),
  attribute: (ctx, name) => ctx.row.properties[name],
};
const randomString: Handler = {
  seconds: 0.1,
  create(ctx, props) {
    ctx.row.physicalId = physicalName(ctx);
    ctx.row.data = { value: randomWord(read(z.object({ length: number.default(32) }), props).length) };
  },
  attribute: (ctx, name) => (name === "value" ? ctx.row.data["value"] : undefined),
  reference: (ctx) => ctx.row.data["value"],
  attributes: ["value"],
};
const value: Handler = {
  create: (ctx) => void (ctx.row.physicalId = physicalName(ctx)),
  update: () => undefined,
  attribute: (ctx, name) => (name === "value" ? ctx.row.properties["value"] : undefined),
  attributes: ["value"],
};
const none: Handler = { create: (ctx) => void (ctx.row.physicalId = physicalName(ctx)), update: () => undefined };

export const handlers: Readonly<Record<string, Handler>> = {
  "OS::Neutron::Net": net,
  "OS::Neutron::Subnet": subnet,
  "OS::Neutron::Router": router,
  "OS::Neutron::RouterInterface": routerInterface,
  "OS::Neutron::Port": port,
  "OS::Neutron::FloatingIP": floating,
  "OS::Neutron::FloatingIPAssociation": floatingAssociation,
  "OS::Neutron::SecurityGroup": securityGroup,
  "OS::Neutron::SecurityGroupRule": securityGroupRule,
  "OS::Nova::Server": server,
  "OS::Nova::ServerGroup": serverGroup,
  "OS::Cinder::Volume": volume,
  "OS::Cinder::VolumeAttachment": volumeAttachment,
  "OS::Octavia::LoadBalancer": balancer,
  "OS::Octavia::Listener": listener,
  "OS::Octavia::Pool": pool,
  "OS::Octavia::PoolMember": member,
  "OS::Octavia::HealthMonitor": monitor,
  "OS::Heat::WaitConditionHandle": waitHandle,
  "OS::Heat::WaitCondition": waitCondition,
  "OS::Heat::SoftwareConfig": softwareConfig,
  "OS::Heat::RandomString": randomString,
  "OS::Heat::Value": value,
  "OS::Heat::None": none,
};

export const stackLimit = (core: Core, projectId: string): number =>
  limitFor(core, "orchestration", projectId, "stacks");
