// What Octavia decides: balancers and their parts, immutable while anything on them changes.
import { Fault, uuid } from "./core.ts";
import type { Caller, Core } from "./core.ts";
import type { Balancer, Listener, Member, Monitor, Pool } from "./model.ts";
import type { Networking } from "./networking.ts";
import { limitFor } from "./quota.ts";
import { asksFor } from "./scenarios.ts";

export type Balancing = ReturnType<typeof openBalancing>;

export const missing = (kind: string, id: string): Fault => new Fault(404, "Client", `${kind} ${id} not found.`);
const invalid = (text: string) => new Fault(400, "Client", `Validation failure: ${text}`);

export function openBalancing(core: Core, net: Networking) {
  const { state } = core;

  const base = (
    projectId: string,
    name: string | undefined,
    description: string | undefined,
    tags: string[] | undefined,
  ) => ({
    id: uuid(),
    name: name ?? "",
    description: description ?? "",
    projectId,
    provisioningStatus: "PENDING_CREATE",
    operatingStatus: "OFFLINE",
    adminStateUp: true,
    tags: tags ?? [],
    createdAt: core.now(),
    updatedAt: core.now(),
  });
  function quota(projectId: string, name: string, used: number): void {
    const limit = limitFor(core, "load-balancer", projectId, name);
    if (limit >= 0 && used + 1 > limit) throw new Fault(403, "Client", "Quota has been met for resources: " + name);
  }
  const mine = (rows: { projectId: string }[], projectId: string) =>
    rows.filter((row) => row.projectId === projectId).length;

  /** A change of any part takes the whole balancer: PENDING_UPDATE until it is done. */
  function lock(id: string): Balancer {
    const row = state.balancers.get(id);
    if (!row) throw missing("Load Balancer", id);
    if (!["ACTIVE", "ERROR"].includes(row.provisioningStatus) || row.provisioningStatus === "ERROR")
      throw new Fault(409, "Client", `Load Balancer ${id} is immutable and cannot be updated.`);
    state.balancers.change(row, {
      provisioningStatus: "PENDING_UPDATE",
      dueAt: core.after(1.5),
      updatedAt: core.now(),
    });
    core.wake();
    return row;
  }

  function create(
    caller: Caller,
    projectId: string,
    wish: {
      name?: string | undefined;
      description?: string | undefined;
      tags?: string[] | undefined;
      vip_subnet_id?: string | undefined;
      vip_network_id?: string | undefined;
      vip_port_id?: string | undefined;
      vip_address?: string | undefined;
      provider?: string | undefined;
    },
  ): Balancer {
    if (!wish.vip_subnet_id && !wish.vip_network_id && !wish.vip_port_id)
      throw invalid("VIP must contain one of: vip_port_id, vip_network_id, vip_subnet_id.");
    const provider = wish.provider ?? "amphora";
    if (!["amphora", "ovn"].includes(provider))
      throw new Fault(501, "Client", `Provider '${provider}' is not enabled.`);
    const subnet =
      wish.vip_subnet_id === undefined
        ? net.subnetsOf(wish.vip_network_id ?? "")[0]
        : state.subnets.get(wish.vip_subnet_id);
    if (!subnet) throw new Fault(400, "Client", `Subnet ${wish.vip_subnet_id ?? wish.vip_network_id ?? ""} not found.`);
    quota(projectId, "load_balancer", mine(state.balancers.all(), projectId));
    const row = base(projectId, wish.name, wish.description, wish.tags);
    const port = net.createPort(projectId, caller, {
      name: `octavia-lb-${row.id}`,
      network_id: subnet.networkId,
      fixed_ips: [{ subnet_id: subnet.id, ip_address: wish.vip_address }],
      device_id: `lb-${row.id}`,
      device_owner: "Octavia",
    });
    core.wake();
    return state.balancers.save({
      ...row,
      balancerId: row.id,
      vipAddress: port.fixedIps[0]?.ip_address ?? "",
      vipPortId: port.id,
      vipSubnetId: subnet.id,
      vipNetworkId: subnet.networkId,
      provider,
      flavorId: null,
      zone: null,
      dueAt: core.after(15),
    });
  }

  const partsOf = (id: string) => [
    ...state.listeners.filter((one) => one.balancerId === id),
    ...state.pools.filter((one) => one.balancerId === id),
    ...state.members.filter((one) => one.balancerId === id),
    ...state.monitors.filter((one) => one.balancerId === id),
  ];

  function remove(id: string, cascade: boolean): void {
    const row = state.balancers.get(id);
    if (!row) throw missing("Load Balancer", id);
    if (row.provisioningStatus.startsWith("PENDING"))
      throw new Fault(409, "Client", `Invalid state ${row.provisioningStatus} of loadbalancer resource ${id}`);
    if (!cascade && partsOf(id).length > 0) throw invalid(`Cannot delete Load Balancer ${id} - it has children`);
    state.balancers.change(row, { provisioningStatus: "PENDING_DELETE", dueAt: core.after(4), updatedAt: core.now() });
    core.wake();
  }

  function createListener(
    projectId: string,
    wish: {
      name?: string | undefined;
      description?: string | undefined;
      tags?: string[] | undefined;
      loadbalancer_id: string;
      protocol: string;
      protocol_port: number;
      default_pool_id?: string | null | undefined;
      allowed_cidrs?: string[] | null | undefined;
      connection_limit?: number | undefined;
    },
  ): Listener {
    if (
      state.listeners.find((one) => one.balancerId === wish.loadbalancer_id && one.protocolPort === wish.protocol_port)
    )
      throw new Fault(
        409,
        "Client",
        `Another Listener on this Load Balancer is already using protocol_port ${wish.protocol_port}`,
      );
    quota(projectId, "listener", mine(state.listeners.all(), projectId));
    lock(wish.loadbalancer_id);
    return state.listeners.save({
      ...base(projectId, wish.name, wish.description, wish.tags),
      balancerId: wish.loadbalancer_id,
      protocol: wish.protocol,
      protocolPort: wish.protocol_port,
      defaultPoolId: wish.default_pool_id ?? null,
      allowedCidrs: wish.allowed_cidrs ?? null,
      connectionLimit: wish.connection_limit ?? -1,
    });
  }

  function createPool(
    projectId: string,
    wish: {
      name?: string | undefined;
      description?: string | undefined;
      tags?: string[] | undefined;
      loadbalancer_id?: string | undefined;
      listener_id?: string | undefined;
      protocol: string;
      lb_algorithm: string;
    },
  ): Pool {
    const listener = wish.listener_id === undefined ? undefined : state.listeners.get(wish.listener_id);
    if (wish.listener_id !== undefined && !listener) throw missing("Listener", wish.listener_id);
    const balancerId = listener?.balancerId ?? wish.loadbalancer_id;
    if (balancerId === undefined) throw invalid("Must provide at least one of: loadbalancer_id, listener_id");
    if (listener?.defaultPoolId) throw new Fault(409, "Client", `Listener ${listener.id} already has a default pool.`);
    quota(projectId, "pool", mine(state.pools.all(), projectId));
    lock(balancerId);
    const row = state.pools.save({
      ...base(projectId, wish.name, wish.description, wish.tags),
      balancerId,
      protocol: wish.protocol,
      algorithm: wish.lb_algorithm,
      listenerId: listener?.id ?? null,
    });
    if (listener) state.listeners.change(listener, { defaultPoolId: row.id });
    return row;
  }

  function createMember(
    projectId: string,
    poolId: string,
    wish: {
      name?: string | undefined;
      tags?: string[] | undefined;
      address: string;
      protocol_port: number;
      subnet_id?: string | null | undefined;
      weight?: number | undefined;
      backup?: boolean | undefined;
    },
  ): Member {
    const pool = state.pools.get(poolId);
    if (!pool) throw missing("Pool", poolId);
    if (
      state.members.find(
        (one) => one.poolId === poolId && one.address === wish.address && one.protocolPort === wish.protocol_port,
      )
    )
      throw new Fault(
        409,
        "Client",
        `Another member on this pool is already using ip ${wish.address} on protocol_port ${wish.protocol_port}`,
      );
    quota(projectId, "member", mine(state.members.all(), projectId));
    lock(pool.balancerId);
    return state.members.save({
      ...base(projectId, wish.name, "", wish.tags),
      balancerId: pool.balancerId,
      poolId,
      address: wish.address,
      protocolPort: wish.protocol_port,
      subnetId: wish.subnet_id ?? null,
      weight: wish.weight ?? 1,
      backup: wish.backup ?? false,
    });
  }

  function createMonitor(
    projectId: string,
    wish: {
      name?: string | undefined;
      tags?: string[] | undefined;
      pool_id: string;
      type: string;
      delay: number;
      timeout: number;
      max_retries: number;
      max_retries_down?: number | undefined;
      url_path?: string | null | undefined;
    },
  ): Monitor {
    const pool = state.pools.get(wish.pool_id);
    if (!pool) throw missing("Pool", wish.pool_id);
    if (state.monitors.find((one) => one.poolId === pool.id))
      throw new Fault(409, "Client", "This pool already has a health monitor");
    quota(projectId, "health_monitor", mine(state.monitors.all(), projectId));
    lock(pool.balancerId);
    return state.monitors.save({
      ...base(projectId, wish.name, "", wish.tags),
      balancerId: pool.balancerId,
      poolId: pool.id,
      type: wish.type,
      delay: wish.delay,
      timeout: wish.timeout,
      maxRetries: wish.max_retries,
      maxRetriesDown: wish.max_retries_down ?? 3,
      urlPath: wish.url_path ?? null,
    });
  }

  /** Removes a listener, pool, member or monitor. */
  function removePart(kind: "listeners" | "pools" | "members" | "monitors", id: string): void {
    const balancerId = state[kind].get(id)?.balancerId;
    if (balancerId === undefined) return;
    lock(balancerId);
    if (kind === "pools") {
      for (const one of state.members.filter((each) => each.poolId === id)) state.members.remove(one.id);
      for (const one of state.monitors.filter((each) => each.poolId === id)) state.monitors.remove(one.id);
      for (const one of state.listeners.filter((each) => each.defaultPoolId === id))
        state.listeners.change(one, { defaultPoolId: null });
    }
    if (kind === "listeners")
      for (const one of state.pools.filter((each) => each.listenerId === id))
        state.pools.change(one, { listenerId: null });
    state[kind].remove(id);
  }

  function settle(row: Balancer, now: number): void {
    if (row.provisioningStatus === "PENDING_DELETE") {
      for (const table of [state.listeners, state.pools, state.members, state.monitors])
        for (const one of table.all()) if (one.balancerId === row.id) table.remove(one.id);
      net.deletePort(row.vipPortId, true);
      state.balancers.remove(row.id);
      return;
    }
    if (row.provisioningStatus === "PENDING_CREATE" && asksFor("balancerError", row.name)) {
      state.balancers.change(row, {
        provisioningStatus: "ERROR",
        operatingStatus: "ERROR",
        dueAt: null,
        updatedAt: now,
      });
      return;
    }
    const port = state.ports.get(row.vipPortId);
    if (port) state.ports.change(port, { status: "ACTIVE" });
    state.balancers.change(row, {
      provisioningStatus: "ACTIVE",
      operatingStatus: "ONLINE",
      dueAt: null,
      updatedAt: now,
    });
    const up = { provisioningStatus: "ACTIVE", operatingStatus: "ONLINE" };
    for (const one of state.listeners.all()) if (one.balancerId === row.id) state.listeners.change(one, up);
    for (const one of state.pools.all()) if (one.balancerId === row.id) state.pools.change(one, up);
    for (const one of state.monitors.all()) if (one.balancerId === row.id) state.monitors.change(one, up);
    for (const one of state.members.all())
      if (one.balancerId === row.id)
        state.members.change(one, {
          ...up,
          operatingStatus: state.monitors.find((each) => each.poolId === one.poolId) ? "ONLINE" : "NO_MONITOR",
        });
  }

  function advance(now: number): number | null {
    let next: number | null = null;
    for (const row of state.balancers.all()) {
      if (row.dueAt === null) continue;
      if (row.dueAt <= now) settle(row, now);
      else next = Math.min(next ?? Infinity, row.dueAt);
    }
    return next;
  }

  return { create, remove, createListener, createPool, createMember, createMonitor, removePart, partsOf, advance };
}
