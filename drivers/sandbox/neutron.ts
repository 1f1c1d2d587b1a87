// Neutron v2.0 over HTTP.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { rangeOf } from "./address.ts";
import { Fault, seconds } from "./core.ts";
import type { Core } from "./core.ts";
import { addService, page, Reply, titledFault } from "./http.ts";
import type { Authenticate, Call, FaultBody } from "./http.ts";
import type { FloatingIp, Network, Port, Router, SecurityGroup, SecurityGroupRule, Subnet } from "./model.ts";
import { notFound } from "./networking.ts";
import type { Networking } from "./networking.ts";
import { limitsFor, setLimits } from "./quota.ts";

const faults: FaultBody = (fault, core) =>
  fault.status === 401
    ? titledFault(fault, core)
    : { body: JSON.stringify({ NeutronError: { type: fault.type, message: fault.message, detail: "" } }) };

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
const common = {
  name: text,
  description: text,
  project_id: z.string().optional(),
  tenant_id: z.string().optional(),
  tags: z.array(z.string()).optional(),
};

export function serveNeutron(app: FastifyInstance, core: Core, authenticate: Authenticate, net: Networking): void {
  const { state } = core;
  const root = () => `${core.url()}/network/v2.0/`;
  const version = () => ({ id: "v2.0", status: "CURRENT", links: [{ rel: "self", href: root() }] });
  addService(app, core, authenticate, { prefix: "/network", faults }, (routes) => {
    routes.open("GET", "/", () => ({ versions: [version()] }));
  });

  const times = (row: {
    createdAt: number;
    updatedAt: number;
    projectId: string;
    tags: string[];
    description: string;
  }) => ({
    tenant_id: row.projectId,
    description: row.description,
    tags: row.tags,
    created_at: seconds(row.createdAt),
    updated_at: seconds(row.updatedAt),
    revision_number: 1,
    project_id: row.projectId,
  });
  const networkView = (row: Network) => ({
    id: row.id, name: row.name, admin_state_up: row.adminStateUp, mtu: row.mtu, status: "ACTIVE",
    subnets: net.subnetsOf(row.id).map((one) => one.id), shared: row.shared, availability_zone_hints: [],
    availability_zones: ["nova"], ipv4_address_scope: null, ipv6_address_scope: null, "router:external": row.external,
    port_security_enabled: true, qos_policy_id: null, dns_domain: "", ...times(row),
  }); // prettier-ignore
  const subnetView = (row: Subnet) => ({
    id: row.id, name: row.name, network_id: row.networkId, ip_version: row.ipVersion, subnetpool_id: null,
    enable_dhcp: row.enableDhcp, ipv6_ra_mode: null, ipv6_address_mode: null, gateway_ip: row.gatewayIp, cidr: row.cidr,
    allocation_pools: row.pools, host_routes: row.hostRoutes, dns_nameservers: row.dnsNameservers, service_types: [], ...times(row),
  }); // prettier-ignore
  const routerView = (row: Router) => ({
    id: row.id, name: row.name, admin_state_up: row.adminStateUp, status: "ACTIVE",
    external_gateway_info: row.externalNetworkId === null ? null
      : { network_id: row.externalNetworkId, external_fixed_ips: row.externalFixedIps, enable_snat: true },
    availability_zones: ["nova"], availability_zone_hints: [], routes: [], flavor_id: null, ...times(row),
  }); // prettier-ignore
  const portView = (row: Port) => ({
    id: row.id, name: row.name, network_id: row.networkId, mac_address: row.mac, admin_state_up: row.adminStateUp,
    status: row.status, device_id: row.deviceId, device_owner: row.deviceOwner, fixed_ips: row.fixedIps,
    allowed_address_pairs: row.allowedAddressPairs.map((pair) => ({ mac_address: pair.mac_address ?? row.mac, ip_address: pair.ip_address })),
    extra_dhcp_opts: [], security_groups: row.securityGroupIds, "binding:vnic_type": "normal", port_security_enabled: true,
    qos_policy_id: null, qos_network_policy_id: null, ...times(row),
  }); // prettier-ignore
  const floatingView = (row: FloatingIp) => {
    const port = row.portId === null ? undefined : state.ports.get(row.portId);
    const inside = port?.fixedIps[0]?.subnet_id;
    const router = state.routers.find((one) =>
      net.interfacesOf(one.id).some((own) => own.fixedIps.some((ip) => ip.subnet_id === inside)),
    );
    return {
      id: row.id, floating_ip_address: row.address, floating_network_id: row.networkId,
      router_id: port ? (router?.id ?? null) : null, port_id: row.portId, fixed_ip_address: row.fixedIp,
      status: net.floatingStatus(row), qos_policy_id: null, port_forwardings: [],
      port_details: port ? { name: port.name, network_id: port.networkId, mac_address: port.mac, admin_state_up: true,
        status: port.status, device_id: port.deviceId, device_owner: port.deviceOwner } : null,
      ...times(row),
    }; // prettier-ignore
  };
  const ruleView = (row: SecurityGroupRule) => ({
    id: row.id, tenant_id: row.projectId, security_group_id: row.securityGroupId, ethertype: row.ethertype,
    direction: row.direction, protocol: row.protocol, port_range_min: row.portMin, port_range_max: row.portMax,
    remote_ip_prefix: row.remoteIpPrefix, remote_address_group_id: null, normalized_cidr: row.remoteIpPrefix,
    remote_group_id: row.remoteGroupId, description: row.description, tags: [], created_at: seconds(row.createdAt),
    updated_at: seconds(row.createdAt), revision_number: 0, project_id: row.projectId,
  }); // prettier-ignore
  const groupView = (row: SecurityGroup) => ({
    id: row.id, name: row.name, stateful: true, shared: false,
    security_group_rules: state.securityGroupRules.filter((one) => one.securityGroupId === row.id).map(ruleView), ...times(row),
  }); // prettier-ignore

  const control = new Set([
    "fields",
    "limit",
    "marker",
    "sort_key",
    "sort_dir",
    "page_reverse",
    "tags",
    "tags-any",
    "not-tags",
  ]);
  /** Every parameter that is no control word is a filter by that attribute; several values mean any of them. */
  function filtered<T extends Record<string, unknown>>(call: Call, rows: T[]): T[] {
    const names = [...new Set(call.search.keys())].filter((name) => !control.has(name));
    const tags = call.query("tags")?.split(",");
    return rows.filter(
      (row) =>
        names.every((name) => {
          const wanted = call.queryAll(name);
          if (name === "fixed_ips" && Array.isArray(row["fixed_ips"])) {
            const all = z.array(z.record(z.string(), z.string())).parse(row["fixed_ips"]);
            return wanted.every((pair) => {
              const [key = "", value = ""] = pair.split("=");
              return all.some((ip) => ip[key] === value);
            });
          }
          const own = row[name];
          if (own === undefined) return true;
          if (Array.isArray(own)) return wanted.some((value) => own.includes(value));
          return wanted.some((value) => String(own ?? "").toLowerCase() === value.toLowerCase());
        }) &&
        (tags === undefined ||
          (Array.isArray(row["tags"]) && tags.every((tag) => Array.isArray(row["tags"]) && row["tags"].includes(tag)))),
    );
  }
  function listing<T extends { id: string } & Record<string, unknown>>(call: Call, key: string, rows: T[]): object {
    const sort = call.query("sort_key");
    const sorted =
      sort === null
        ? rows
        : rows.toSorted(
            (a, b) => String(a[sort]).localeCompare(String(b[sort])) * (call.query("sort_dir") === "desc" ? -1 : 1),
          );
    const all = filtered(call, sorted);
    const cut = page(call, all, {
      usual: 1000,
      badMarker: (marker) => new Fault(404, "HTTPNotFound", `The resource could not be found. ${marker}`),
    });
    const fields = call.queryAll("fields");
    const view = (row: T) =>
      fields.length === 0 ? row : Object.fromEntries(Object.entries(row).filter(([name]) => fields.includes(name)));
    const path = `${core.url()}${call.target.split("?")[0] ?? ""}`;
    return {
      [key]: cut.rows.map(view),
      ...(cut.next === null ? {} : { [`${key}_links`]: [{ rel: "next", href: `${path}?${cut.next}` }] }),
    };
  }
  const projectFor = (call: Call, wish: { project_id?: string | undefined; tenant_id?: string | undefined }) => {
    const wanted = wish.project_id ?? wish.tenant_id ?? call.project;
    if (wanted !== call.project && !call.caller.isAdmin)
      throw new Fault(403, "PolicyNotAuthorized", `(rule:create_network:tenant_id) is disallowed by policy`);
    return wanted;
  };
  /** A caller who may only look. */
  const mayWrite = (call: Call, action: string) => {
    const { isAdmin, roles } = call.caller;
    if (!isAdmin && !roles.includes("member"))
      throw new Fault(403, "PolicyNotAuthorized", `rule:${action} is disallowed by policy`);
  };

  addService(app, core, authenticate, { prefix: "/network/v2.0", faults }, (routes) => {
    routes.open("GET", "/", () => ({ resources: [] }));
    const own = <T extends { projectId: string }>(call: Call, rows: T[]) =>
      call.caller.isAdmin ? rows : rows.filter((row) => row.projectId === call.project);

    function collection<
      T extends {
        id: string;
        projectId: string;
        name?: string;
        description: string;
        updatedAt: number;
        tags: string[];
      },
    >(kind: {
      path: string;
      key: string;
      error: string;
      rows: (call: Call) => T[];
      view: (row: T) => Record<string, unknown> & { id: string };
      create: (call: Call, body: unknown) => T;
      update?: (call: Call, row: T, body: unknown) => void;
      remove: (row: T) => void;
      save: (row: T) => T;
    }): void {
      const plural = `${kind.key}s`;
      const get = (call: Call, write = false): T => {
        const id = call.param("id");
        const row = kind.rows(call).find((one) => one.id === id);
        if (!row || (write && row.projectId !== call.project && !call.caller.isAdmin)) throw notFound(kind.error, id);
        return row;
      };
      const bodyOf = (call: Call) =>
        call.body(z.object({ [kind.key]: z.record(z.string(), z.unknown()) }))[kind.key] ?? {};
      routes.get(`/${kind.path}`, (call) => listing(call, plural, kind.rows(call).map(kind.view)));
      routes.get(`/${kind.path}/:id`, (call) => ({ [kind.key]: kind.view(get(call)) }));
      routes.post(`/${kind.path}`, (call) => {
        mayWrite(call, `create_${kind.key}`);
        const made = kind.create(call, bodyOf(call));
        core.wake();
        return new Reply(201, { [kind.key]: kind.view(made) });
      });
      routes.put(`/${kind.path}/:id`, (call) => {
        mayWrite(call, `update_${kind.key}`);
        const row = get(call, true);
        const body = bodyOf(call);
        const basics = z.object({ name: z.string().optional(), description: z.string().optional() }).parse(body);
        if (basics.name !== undefined && "name" in row) row.name = basics.name;
        if (basics.description !== undefined) row.description = basics.description;
        kind.update?.(call, row, body);
        row.updatedAt = core.now();
        kind.save(row);
        core.wake();
        return { [kind.key]: kind.view(row) };
      });
      routes.delete(`/${kind.path}/:id`, (call) => {
        mayWrite(call, `delete_${kind.key}`);
        kind.remove(get(call, true));
        core.wake();
        return new Reply(204);
      });
      routes.put(`/${kind.path}/:id/tags`, (call) => {
        const row = get(call, true);
        row.tags = call.body(z.object({ tags: z.array(z.string()) })).tags;
        kind.save(row);
        return { tags: row.tags };
      });
    }
    const wish = <T>(schema: z.ZodType<T>, body: unknown): T => {
      const parsed = schema.safeParse(body);
      if (parsed.success) return parsed.data;
      const issue = parsed.error.issues[0];
      throw new Fault(
        400,
        "HTTPBadRequest",
        `Invalid input for ${issue?.path.join(".") ?? "body"}. Reason: ${issue?.message ?? ""}.`,
      );
    };

    collection<Network>({
      path: "networks", key: "network", error: "Network", view: networkView,
      rows: (call) => state.networks.filter((one) => net.visible(one, call.caller)),
      save: (row) => state.networks.save(row),
      create: (call, body) => {
        const { name, description, tags, "router:external": external, shared, ...rest } = wish(
          z.object({ ...common, "router:external": z.boolean().optional(), shared: z.boolean().optional() }), body);
        if ((external || shared) && !call.caller.isAdmin)
          throw new Fault(403, "PolicyNotAuthorized", `(rule:create_network and rule:create_network:router:external) is disallowed by policy`);
        return net.createNetwork(projectFor(call, rest), {
          ...(name === undefined ? {} : { name }), ...(description === undefined ? {} : { description }), ...(tags ? { tags } : {}),
          external: external ?? false, shared: shared ?? false });
      },
      remove: (row) => net.deleteNetwork(row.id),
    }); // prettier-ignore
    collection<Subnet>({
      path: "subnets", key: "subnet", error: "Subnet", view: subnetView,
      rows: (call) => state.subnets.filter((one) => {
        const network = state.networks.get(one.networkId);
        return network !== undefined && net.visible(network, call.caller);
      }),
      save: (row) => state.subnets.save(row),
      create: (call, body) => {
        const parsed = wish(z.object({
          ...common, network_id: z.string(), cidr: z.string(), gateway_ip: z.string().nullish(), enable_dhcp: z.boolean().optional(),
          dns_nameservers: z.array(z.string()).optional(), ip_version: z.int().optional(),
          allocation_pools: z.array(z.object({ start: z.string(), end: z.string() })).optional(),
          host_routes: z.array(z.object({ destination: z.string(), nexthop: z.string() })).optional(),
        }), body);
        return net.createSubnet(projectFor(call, parsed), call.caller, parsed);
      },
      update: (_call, row, body) => {
        const { dns_nameservers } = wish(z.object({ dns_nameservers: z.array(z.string()).optional() }), body);
        if (dns_nameservers) row.dnsNameservers = dns_nameservers;
      },
      remove: (row) => net.deleteSubnet(row.id),
    }); // prettier-ignore
    const Gateway = z.object({ network_id: z.string() }).nullish();
    collection<Router>({
      path: "routers", key: "router", error: "Router", view: routerView,
      rows: (call) => own(call, state.routers.all()),
      save: (row) => state.routers.save(row),
      create: (call, body) => {
        const parsed = wish(z.object({ ...common, external_gateway_info: Gateway }), body);
        return net.createRouter(projectFor(call, parsed), {
          ...(parsed.name === undefined ? {} : { name: parsed.name }), ...(parsed.tags ? { tags: parsed.tags } : {}),
          externalNetworkId: parsed.external_gateway_info?.network_id ?? null });
      },
      update: (_call, row, body) => {
        const { external_gateway_info: gateway } = wish(z.object({ external_gateway_info: Gateway.optional() }), body);
        if (gateway === undefined) return;
        const outside = gateway?.network_id ?? null;
        if (outside === row.externalNetworkId) return;
        row.externalNetworkId = outside;
        row.externalFixedIps = outside === null ? [] : net.gateway(outside);
      },
      remove: (row) => net.deleteRouter(row.id),
    }); // prettier-ignore
    const router = (call: Call): Router => {
      const found = own(call, state.routers.all()).find((one) => one.id === call.param("id"));
      if (!found) throw notFound("Router", call.param("id"));
      return found;
    };
    const InterfaceWish = z.object({ subnet_id: z.string().optional(), port_id: z.string().optional() });
    const subnetOf = (body: z.infer<typeof InterfaceWish>) =>
      body.subnet_id ?? state.ports.get(body.port_id ?? "")?.fixedIps[0]?.subnet_id ?? "";
    const interfaceView = (row: Router, port: Port) => ({
      id: row.id, tenant_id: row.projectId, port_id: port.id, network_id: port.networkId,
      subnet_id: port.fixedIps[0]?.subnet_id, subnet_ids: port.fixedIps.map((ip) => ip.subnet_id),
    }); // prettier-ignore
    routes.put("/routers/:id/add_router_interface", (call) => {
      const row = router(call);
      return interfaceView(row, net.addInterface(row, subnetOf(call.body(InterfaceWish))));
    });
    routes.put("/routers/:id/remove_router_interface", (call) => {
      const row = router(call);
      return interfaceView(row, net.removeInterface(row, subnetOf(call.body(InterfaceWish))));
    });
    const PortWish = z.object({
      ...common, network_id: z.string(), device_id: z.string().optional(), device_owner: z.string().optional(),
      fixed_ips: z.array(z.object({ subnet_id: z.string().optional(), ip_address: z.string().optional() })).optional(),
      security_groups: z.array(z.string()).optional(),
      allowed_address_pairs: z.array(z.object({ ip_address: z.string(), mac_address: z.string().optional() })).optional(),
    }); // prettier-ignore
    collection<Port>({
      path: "ports", key: "port", error: "Port", view: portView,
      rows: (call) => own(call, state.ports.all()),
      save: (row) => state.ports.save(row),
      create: (call, body) => {
        const parsed = wish(PortWish, body);
        return net.createPort(projectFor(call, parsed), call.caller, parsed);
      },
      update: (_call, row, body) => {
        const parsed = wish(PortWish.partial(), body);
        if (parsed.security_groups) row.securityGroupIds = parsed.security_groups;
        if (parsed.allowed_address_pairs) row.allowedAddressPairs = parsed.allowed_address_pairs;
      },
      remove: (row) => net.deletePort(row.id),
    }); // prettier-ignore
    const FloatingWish = z.object({
      ...common, floating_network_id: z.string(), port_id: z.string().nullish(), fixed_ip_address: z.string().optional(),
      floating_ip_address: z.string().optional(),
    }); // prettier-ignore
    collection<FloatingIp>({
      path: "floatingips", key: "floatingip", error: "FloatingIP", view: floatingView,
      rows: (call) => own(call, state.floatingIps.all()),
      save: (row) => state.floatingIps.save(row),
      create: (call, body) => {
        const parsed = wish(FloatingWish, body);
        return net.createFloatingIp(projectFor(call, parsed), call.caller, parsed);
      },
      update: (_call, row, body) => {
        const parsed = wish(FloatingWish.partial(), body);
        if (parsed.port_id !== undefined) net.associate(row, parsed.port_id, parsed.fixed_ip_address);
      },
      remove: (row) => state.floatingIps.remove(row.id),
    }); // prettier-ignore
    collection<SecurityGroup>({
      path: "security-groups", key: "security_group", error: "SecurityGroup", view: groupView,
      rows: (call) => {
        net.defaultSecurityGroup(call.project);
        return own(call, state.securityGroups.all());
      },
      save: (row) => state.securityGroups.save(row),
      create: (call, body) => {
        const parsed = wish(z.object({ ...common, name: z.string() }), body);
        return net.createSecurityGroup(projectFor(call, parsed), parsed);
      },
      remove: (row) => net.deleteSecurityGroup(row),
    }); // prettier-ignore
    routes.get("/security-group-rules", (call) =>
      listing(call, "security_group_rules", own(call, state.securityGroupRules.all()).map(ruleView)),
    );
    const rule = (call: Call) => {
      const row = own(call, state.securityGroupRules.all()).find((one) => one.id === call.param("id"));
      if (!row) throw notFound("SecurityGroupRule", call.param("id"));
      return row;
    };
    routes.get("/security-group-rules/:id", (call) => ({ security_group_rule: ruleView(rule(call)) }));
    routes.delete("/security-group-rules/:id", (call) => {
      state.securityGroupRules.remove(rule(call).id);
      return new Reply(204);
    });
    routes.post("/security-group-rules", (call) => {
      mayWrite(call, "create_security_group_rule");
      const Wish = z.object({
        security_group_rule: z.object({
          security_group_id: z.string(), direction: z.enum(["ingress", "egress"]), ethertype: z.string().default("IPv4"),
          protocol: z.union([z.string(), z.number()]).nullish(), port_range_min: z.coerce.number().nullish(), port_range_max: z.coerce.number().nullish(),
          remote_ip_prefix: z.string().nullish(), remote_group_id: z.string().nullish(), description: z.string().nullish(),
        }),
      }); // prettier-ignore
      const { security_group_rule: asked } = call.body(Wish);
      const group = own(call, state.securityGroups.all()).find((one) => one.id === asked.security_group_id);
      if (!group) throw notFound("SecurityGroup", asked.security_group_id);
      const made = net.createRule(group, {
        direction: asked.direction, ethertype: asked.ethertype, protocol: asked.protocol === null || asked.protocol === undefined ? null : String(asked.protocol),
        portMin: asked.port_range_min ?? null, portMax: asked.port_range_max ?? null, remoteIpPrefix: asked.remote_ip_prefix ?? null,
        remoteGroupId: asked.remote_group_id ?? null, description: asked.description ?? "",
      }); // prettier-ignore
      return new Reply(201, { security_group_rule: ruleView(made) });
    });

    const usedBy = (projectId: string): Record<string, number> => {
      const count = (rows: { projectId: string }[]) => rows.filter((row) => row.projectId === projectId).length;
      return {
        network: count(state.networks.all()), subnet: count(state.subnets.all()), port: count(state.ports.all()),
        router: count(state.routers.all()), floatingip: count(state.floatingIps.all()),
        security_group: count(state.securityGroups.all()), security_group_rule: count(state.securityGroupRules.all()),
      }; // prettier-ignore
    };
    const quotaOf = (call: Call): string => {
      const id = call.param("id");
      if (id !== call.project && !call.caller.isAdmin)
        throw new Fault(403, "PolicyNotAuthorized", "rule:get_quota is disallowed by policy");
      return id;
    };
    routes.get("/quotas/:id/details", (call) => {
      const id = quotaOf(call);
      const counts = usedBy(id);
      const quota = Object.entries(limitsFor(core, "network", id)).map(([name, limit]) => [
        name,
        { limit, used: counts[name] ?? 0, reserved: 0 },
      ]);
      return { quota: Object.fromEntries(quota) };
    });
    routes.get("/quotas/:id", (call) => ({ quota: limitsFor(core, "network", quotaOf(call)) }));
    routes.put("/quotas/:id", (call) => {
      if (!call.caller.isAdmin)
        throw new Fault(403, "PolicyNotAuthorized", "rule:update_quota is disallowed by policy");
      setLimits(
        core,
        "network",
        call.param("id"),
        call.body(z.object({ quota: z.record(z.string(), z.number()) })).quota,
      );
      return { quota: limitsFor(core, "network", call.param("id")) };
    });
    routes.get("/network-ip-availabilities/:id", (call) => {
      const row = state.networks.get(call.param("id"));
      // By policy for administrators; for others it does not exist.
      if (!row || !call.caller.isAdmin) throw new Fault(404, "HTTPNotFound", "The resource could not be found.");
      const size = (subnet: Subnet) => {
        const range = rangeOf(subnet.cidr);
        return range ? range.last - range.first - 1 : 0;
      };
      return {
        network_ip_availability: {
          network_id: row.id, network_name: row.name, tenant_id: row.projectId, project_id: row.projectId, subnet_ip_availability: [],
          total_ips: net.subnetsOf(row.id).reduce((sum, subnet) => sum + size(subnet), 0), used_ips: net.used(row.id).size,
        },
      }; // prettier-ignore
    });
    routes.get("/extensions", () => ({
      extensions: [
        "router",
        "external-net",
        "security-group",
        "quotas",
        "quota_details",
        "standard-attr-tag",
        "allowed-address-pairs",
        "network-ip-availability",
      ].map((alias) => ({ alias, name: alias, description: "", updated: "2018-01-01T00:00:00-00:00", links: [] })),
    }));
    routes.get("/availability_zones", () => ({
      availability_zones: ["network", "router"].map((resource) => ({ state: "available", resource, name: "nova" })),
    }));
  });
}
