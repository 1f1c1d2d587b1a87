// Octavia v2 over HTTP.
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { Fault, seconds } from "./core.ts";
import type { Core } from "./core.ts";
import { missing } from "./balancing.ts";
import type { Balancing } from "./balancing.ts";
import { addService, page, Reply, titledFault } from "./http.ts";
import type { Authenticate, Call, FaultBody } from "./http.ts";
import type { Balancer, Listener, Member, Monitor, Pool } from "./model.ts";
import { limitsFor, setLimits } from "./quota.ts";

const faults: FaultBody = (fault, core) =>
  fault.status === 401
    ? titledFault(fault, core)
    : {
        body: JSON.stringify({
          faultcode: fault.status < 500 ? "Client" : "Server",
          faultstring: fault.message,
          debuginfo: null,
        }),
      };

export function serveOctavia(app: FastifyInstance, core: Core, authenticate: Authenticate, balancing: Balancing): void {
  const { state } = core;
  addService(app, core, authenticate, { prefix: "/load-balancer", faults }, (routes) => {
    const link = () => [{ href: `${core.url()}/load-balancer/v2`, rel: "self" }];
    const versions = () => ({
      versions: Array.from({ length: 27 }, (_, n) => ({
        id: `v2.${n}`, status: n === 26 ? "CURRENT" : "SUPPORTED", updated: "2022-08-29T00:00:00Z", links: link(),
      })),
    }); // prettier-ignore
    routes.open("GET", "/", versions);
    routes.open("GET", "/v2", versions);
  });
  // Octavia leaves the zone out; it means UTC.
  const stamp = (ms: number) => seconds(ms).slice(0, -1);
  const shared = (row: Balancer | Listener | Pool | Member | Monitor) => ({
    id: row.id, name: row.name, provisioning_status: row.provisioningStatus, operating_status: row.operatingStatus, admin_state_up: row.adminStateUp,
    project_id: row.projectId, tenant_id: row.projectId, created_at: stamp(row.createdAt), updated_at: stamp(row.updatedAt), tags: row.tags,
  }); // prettier-ignore
  const ids = (rows: { id: string }[]) => rows.map(({ id }) => ({ id }));
  const balancerView = (row: Balancer) => ({
    ...shared(row), description: row.description, vip_address: row.vipAddress, vip_port_id: row.vipPortId, vip_subnet_id: row.vipSubnetId,
    vip_network_id: row.vipNetworkId, additional_vips: [], listeners: ids(state.listeners.filter((one) => one.balancerId === row.id)),
    pools: ids(state.pools.filter((one) => one.balancerId === row.id)), provider: row.provider, flavor_id: row.flavorId, vip_qos_policy_id: null,
    availability_zone: row.zone,
  }); // prettier-ignore
  const listenerView = (row: Listener) => ({
    ...shared(row), description: row.description, protocol: row.protocol, protocol_port: row.protocolPort, connection_limit: row.connectionLimit,
    default_tls_container_ref: null, sni_container_refs: [], default_pool_id: row.defaultPoolId, l7policies: [], insert_headers: {},
    loadbalancers: [{ id: row.balancerId }], timeout_client_data: 50000, timeout_member_connect: 5000, timeout_member_data: 50000,
    timeout_tcp_inspect: 0, client_ca_tls_container_ref: null, client_authentication: "NONE", client_crl_container_ref: null,
    allowed_cidrs: row.allowedCidrs,
  }); // prettier-ignore
  const poolView = (row: Pool) => ({
    ...shared(row), description: row.description, protocol: row.protocol, lb_algorithm: row.algorithm, session_persistence: null,
    loadbalancers: [{ id: row.balancerId }], listeners: row.listenerId === null ? [] : [{ id: row.listenerId }],
    healthmonitor_id: state.monitors.find((one) => one.poolId === row.id)?.id ?? null,
    members: ids(state.members.filter((one) => one.poolId === row.id)), tls_enabled: false,
  }); // prettier-ignore
  const memberView = (row: Member) => ({
    ...shared(row), address: row.address, protocol_port: row.protocolPort, weight: row.weight, backup: row.backup, subnet_id: row.subnetId,
    monitor_address: null, monitor_port: null,
  }); // prettier-ignore
  const monitorView = (row: Monitor) => ({
    ...shared(row), type: row.type, delay: row.delay, timeout: row.timeout, max_retries: row.maxRetries, max_retries_down: row.maxRetriesDown,
    http_method: row.type.startsWith("HTTP") ? "GET" : null, url_path: row.urlPath, expected_codes: null, pools: [{ id: row.poolId }],
  }); // prettier-ignore

  addService(app, core, authenticate, { prefix: "/load-balancer/v2/lbaas", faults }, (routes) => {
    const mayUse = (call: Call, write: boolean) => {
      const { isAdmin, roles } = call.caller;
      const enough = write
        ? ["load-balancer_member", "load-balancer_admin"]
        : ["load-balancer_member", "load-balancer_admin", "load-balancer_observer", "member", "reader"];
      if (!isAdmin && !roles.some((role) => enough.includes(role)))
        throw new Fault(403, "Client", "Policy does not allow this request to be performed.");
    };
    const control = new Set(["limit", "marker", "fields", "sort"]);
    function listing<T extends { id: string; projectId: string }>(
      call: Call,
      key: string,
      path: string,
      rows: T[],
      view: (row: T) => Record<string, unknown>,
    ) {
      mayUse(call, false);
      const names = [...new Set(call.search.keys())].filter((name) => !control.has(name));
      const fits = rows.filter((row) => {
        if (row.projectId !== call.project && !call.caller.isAdmin) return false;
        const seen = view(row);
        return names.every((name) => seen[name] === undefined || String(seen[name]) === call.query(name));
      });
      const cut = page(call, fits, { badMarker: (marker) => missing("Marker", marker) });
      return {
        [key]: cut.rows.map(view),
        [`${key}_links`]:
          cut.next === null ? [] : [{ rel: "next", href: `${core.url()}/load-balancer/v2/lbaas/${path}?${cut.next}` }],
      };
    }
    function one<T extends { id: string; projectId: string }>(
      call: Call,
      kind: string,
      table: { get(id: string): T | undefined },
      name = "id",
    ): T {
      mayUse(call, false);
      const row = table.get(call.param(name));
      if (!row || (row.projectId !== call.project && !call.caller.isAdmin)) throw missing(kind, call.param(name));
      return row;
    }
    const own = (call: Call) => {
      mayUse(call, true);
      return call.project;
    };
    const words = {
      name: z.string().optional(),
      description: z.string().optional(),
      tags: z.array(z.string()).optional(),
    };
    const done = <T>(value: T): T => {
      core.wake();
      return value;
    };
    routes.get("/loadbalancers", (call) =>
      listing(call, "loadbalancers", "loadbalancers", state.balancers.all(), balancerView),
    );
    routes.get("/loadbalancers/:id", (call) => ({
      loadbalancer: balancerView(one(call, "Load Balancer", state.balancers)),
    }));
    routes.get("/loadbalancers/:id/status", (call) => ({
      statuses: { loadbalancer: balancerView(one(call, "Load Balancer", state.balancers)) },
    }));
    routes.post("/loadbalancers", (call) => {
      const id = z
        .string()
        .nullish()
        .transform((value) => value ?? undefined);
      const { loadbalancer: wish } = call.body(
        z.object({
          loadbalancer: z.object({
            ...words,
            vip_subnet_id: id,
            vip_network_id: id,
            vip_port_id: id,
            vip_address: id,
            provider: id,
          }),
        }),
      );
      return done(new Reply(201, { loadbalancer: balancerView(balancing.create(call.caller, own(call), wish)) }));
    });
    routes.delete("/loadbalancers/:id", (call) => {
      own(call);
      balancing.remove(one(call, "Load Balancer", state.balancers).id, /^(true|1)$/i.test(call.query("cascade") ?? ""));
      return done(new Reply(204));
    });
    routes.get("/listeners", (call) => listing(call, "listeners", "listeners", state.listeners.all(), listenerView));
    routes.get("/listeners/:id", (call) => ({ listener: listenerView(one(call, "Listener", state.listeners)) }));
    routes.post("/listeners", (call) => {
      const { listener: wish } = call.body(z.object({
        listener: z.object({
          ...words, loadbalancer_id: z.string(), protocol: z.string(), protocol_port: z.int().min(1).max(65535), default_pool_id: z.string().nullish(),
          allowed_cidrs: z.array(z.string()).nullish(), connection_limit: z.int().optional(),
        }),
      })); // prettier-ignore
      return done(new Reply(201, { listener: listenerView(balancing.createListener(own(call), wish)) }));
    });
    routes.delete("/listeners/:id", (call) => {
      own(call);
      balancing.removePart("listeners", one(call, "Listener", state.listeners).id);
      return done(new Reply(204));
    });
    routes.get("/pools", (call) => listing(call, "pools", "pools", state.pools.all(), poolView));
    routes.get("/pools/:id", (call) => ({ pool: poolView(one(call, "Pool", state.pools)) }));
    routes.post("/pools", (call) => {
      const { pool: wish } = call.body(z.object({
        pool: z.object({ ...words, loadbalancer_id: z.string().optional(), listener_id: z.string().optional(), protocol: z.string(), lb_algorithm: z.string() }),
      })); // prettier-ignore
      return done(new Reply(201, { pool: poolView(balancing.createPool(own(call), wish)) }));
    });
    routes.delete("/pools/:id", (call) => {
      own(call);
      balancing.removePart("pools", one(call, "Pool", state.pools).id);
      return done(new Reply(204));
    });
    routes.get("/pools/:pool/members", (call) => {
      const pool = one(call, "Pool", state.pools, "pool");
      return listing(
        call,
        "members",
        `pools/${pool.id}/members`,
        state.members.filter((row) => row.poolId === pool.id),
        memberView,
      );
    });
    routes.get("/pools/:pool/members/:id", (call) => ({ member: memberView(one(call, "Member", state.members)) }));
    routes.post("/pools/:pool/members", (call) => {
      const { member: wish } = call.body(z.object({
        member: z.object({ ...words, address: z.string(), protocol_port: z.int(), subnet_id: z.string().nullish(), weight: z.int().optional(), backup: z.boolean().optional() }),
      })); // prettier-ignore
      return done(
        new Reply(201, {
          member: memberView(balancing.createMember(own(call), one(call, "Pool", state.pools, "pool").id, wish)),
        }),
      );
    });
    routes.delete("/pools/:pool/members/:id", (call) => {
      own(call);
      balancing.removePart("members", one(call, "Member", state.members).id);
      return done(new Reply(204));
    });
    routes.get("/healthmonitors", (call) =>
      listing(call, "healthmonitors", "healthmonitors", state.monitors.all(), monitorView),
    );
    routes.get("/healthmonitors/:id", (call) => ({
      healthmonitor: monitorView(one(call, "Health Monitor", state.monitors)),
    }));
    routes.post("/healthmonitors", (call) => {
      const { healthmonitor: wish } = call.body(z.object({
        healthmonitor: z.object({
          ...words, pool_id: z.string(), type: z.string(), delay: z.int(), timeout: z.int(), max_retries: z.int(), max_retries_down: z.int().optional(),
          url_path: z.string().nullish(),
        }),
      })); // prettier-ignore
      return done(new Reply(201, { healthmonitor: monitorView(balancing.createMonitor(own(call), wish)) }));
    });
    routes.delete("/healthmonitors/:id", (call) => {
      own(call);
      balancing.removePart("monitors", one(call, "Health Monitor", state.monitors).id);
      return done(new Reply(204));
    });
    const quotaFor = (call: Call) => {
      if (call.param("id") !== call.project && !call.caller.isAdmin)
        throw new Fault(403, "Client", "Policy does not allow this request to be performed.");
      return { quota: { ...limitsFor(core, "load-balancer", call.param("id")), l7policy: -1, l7rule: -1 } };
    };
    routes.get("/quotas/:id", quotaFor);
    routes.put("/quotas/:id", (call) => {
      if (!call.caller.isAdmin) throw new Fault(403, "Client", "Policy does not allow this request to be performed.");
      setLimits(
        core,
        "load-balancer",
        call.param("id"),
        call.body(z.object({ quota: z.record(z.string(), z.number()) })).quota,
      );
      return quotaFor(call);
    });
    routes.get("/providers", () => ({
      providers: [
        { name: "amphora", description: "The Octavia Amphora driver." },
        { name: "ovn", description: "The Octavia OVN driver." },
      ],
    }));
    routes.get("/flavors", () => ({ flavors: [], flavors_links: [] }));
    routes.get("/availabilityzones", () => ({ availability_zones: [] }));
  });
}
