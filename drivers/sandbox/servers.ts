// What Nova decides: servers, their states, what they need and what they leave.
import { randomUUID } from "node:crypto";
import { Fault, uuid } from "./core.ts";
import type { Caller, Core } from "./core.ts";
import type { Networking } from "./networking.ts";
import type { Server } from "./model.ts";
import { limitFor } from "./quota.ts";
import { asksFor, scenarios } from "./scenarios.ts";
import type { Volumes } from "./volumes.ts";

export interface ServerWish {
  name: string;
  flavor: string;
  image: string | null;
  keyName: string | null;
  zone: string | null;
  userData: string | null;
  metadata: Record<string, string>;
  networks: { port?: string | undefined; uuid?: string | undefined; fixed_ip?: string | undefined }[];
  securityGroups: string[];
  serverGroup: string | null;
  bootVolume: string | null;
}

export type Servers = ReturnType<typeof openServers>;

export function openServers(core: Core, net: Networking, volumes: Volumes) {
  const { state } = core;
  const of = (projectId: string) =>
    state.servers.filter((one) => one.projectId === projectId && one.status !== "DELETED");

  function get(id: string, caller: Caller | null): Server {
    const found = state.servers.get(id);
    if (!found || (caller && !caller.isAdmin && found.projectId !== caller.projectId))
      throw new Fault(404, "InstanceNotFound", `Instance ${id} could not be found.`);
    return found;
  }

  const flavorOf = (idOrName: string) =>
    state.flavors.get(idOrName) ?? state.flavors.find((one) => one.name === idOrName);

  function usage(projectId: string) {
    const flavors = of(projectId).map((one) => state.flavors.get(one.flavorId));
    return {
      instances: flavors.length,
      cores: flavors.reduce((sum, one) => sum + (one?.vcpus ?? 0), 0),
      ram: flavors.reduce((sum, one) => sum + (one?.ram ?? 0), 0),
      serverGroups: state.serverGroups.filter((one) => one.projectId === projectId).length,
    };
  }

  function checkQuota(projectId: string, name: string, need: { instances: number; cores: number; ram: number }): void {
    const used = usage(projectId);
    for (const resource of ["instances", "cores", "ram"] as const) {
      const limit = limitFor(core, "compute", projectId, resource);
      const forced = resource === "cores" && asksFor("quotaExceeded", name);
      if (forced || (limit >= 0 && used[resource] + need[resource] > limit))
        throw new Fault(
          403,
          "TooManyInstances",
          `Quota exceeded for ${resource}: Requested ${need[resource]}, but already used ${forced ? limit : used[resource]} of ${limit} ${resource}`,
        );
    }
  }

  function create(caller: Caller, projectId: string, wish: ServerWish): Server {
    const flavor = flavorOf(wish.flavor);
    if (!flavor) throw new Fault(400, "FlavorNotFound", `Flavor ${wish.flavor} could not be found.`);
    const image = wish.image === null ? undefined : state.images.get(wish.image);
    if (wish.image !== null && !image) throw new Fault(400, "ImageNotFound", `Image ${wish.image} could not be found.`);
    if (image && flavor.disk > 0 && image.minDisk > flavor.disk)
      throw new Fault(
        400,
        "FlavorDiskSmallerThanMinDisk",
        `Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is ${flavor.disk * 2 ** 30} bytes, minimum size is ${image.minDisk * 2 ** 30} bytes.`,
      );
    if (image && image.minRam > flavor.ram)
      throw new Fault(400, "FlavorMemoryTooSmall", "Flavor's memory is too small for requested image.");
    if (wish.image === null && wish.bootVolume === null)
      throw new Fault(400, "BadRequest", "Invalid imageRef provided.");
    if (
      wish.keyName !== null &&
      !state.keypairs.find((one) => one.userId === caller.userId && one.name === wish.keyName)
    )
      throw new Fault(400, "KeypairNotFound", `Invalid key_name provided.`);
    if (wish.zone !== null && wish.zone !== "nova")
      throw new Fault(400, "InvalidAvailabilityZone", `The requested availability zone is not available`);
    if (wish.userData !== null && wish.userData.length > 65535)
      throw new Fault(
        400,
        "BadRequest",
        `Invalid input for field/attribute user_data. Value: too long. '...' is too long`,
      );
    for (const group of wish.serverGroup === null ? [] : [wish.serverGroup])
      if (!state.serverGroups.get(group))
        throw new Fault(400, "InstanceGroupNotFound", `Instance group ${group} could not be found.`);
    checkQuota(projectId, wish.name, { instances: 1, cores: flavor.vcpus, ram: flavor.ram });

    const id = uuid();
    const ownPortIds: string[] = [];
    const networks =
      wish.networks.length > 0
        ? wish.networks
        : [{ uuid: state.networks.find((one) => one.projectId === projectId)?.id }];
    const portIds = networks.map((one) => {
      if (one.port !== undefined) {
        const port = state.ports.get(one.port);
        if (!port) throw new Fault(400, "PortNotFound", `Port id ${one.port} could not be found.`);
        if (port.deviceId !== "") throw new Fault(400, "PortInUse", `Port ${one.port} is still in use.`);
        return port.id;
      }
      const network = state.networks.get(one.uuid ?? "");
      if (!network) throw new Fault(400, "NetworkNotFound", `Network ${one.uuid ?? ""} could not be found.`);
      const made = net.createPort(projectId, caller, {
        network_id: network.id,
        ...(one.fixed_ip === undefined ? {} : { fixed_ips: [{ ip_address: one.fixed_ip }] }),
      });
      ownPortIds.push(made.id);
      return made.id;
    });
    for (const port of portIds) {
      const row = state.ports.get(port);
      if (row) state.ports.change(row, { deviceId: id, deviceOwner: "compute:nova" });
    }
    if (wish.bootVolume !== null) volumes.attach(wish.bootVolume, id);
    const slow = flavor.name === scenarios.slowServer.values[0] ? 10 : asksFor("slow", wish.name) ? 4 : 1;
    const row = state.servers.save({
      id,
      name: wish.name,
      projectId,
      userId: caller.userId,
      flavorId: flavor.id,
      imageId: wish.image,
      keyName: wish.keyName,
      userData: wish.userData,
      metadata: wish.metadata,
      zone: wish.zone ?? "nova",
      portIds,
      ownPortIds,
      volumeIds: wish.bootVolume === null ? [] : [wish.bootVolume],
      serverGroupId: wish.serverGroup,
      securityGroups: wish.securityGroups,
      status: "BUILD",
      taskState: "scheduling",
      fault: null,
      createdAt: core.now(),
      updatedAt: core.now(),
      launchedAt: null,
      dueAt: core.after(1),
      host: `sandbox-${1 + (state.servers.size % 4)}`,
    });
    row.metadata = { ...wish.metadata };
    buildSeconds.set(id, 7 * slow);
    core.wake();
    return row;
  }
  /** How long the rest of a build takes; a restart may forget it. */
  const buildSeconds = new Map<string, number>();

  function remove(id: string): void {
    const row = state.servers.get(id);
    if (!row || row.taskState === "deleting") return;
    state.servers.change(row, { taskState: "deleting", dueAt: core.after(3), updatedAt: core.now() });
    core.wake();
  }

  function gone(row: Server): void {
    for (const id of row.portIds)
      if (row.ownPortIds.includes(id)) net.deletePort(id);
      else net.detachPort(id);
    for (const volume of state.volumes.filter((one) => one.attachments.some((each) => each.serverId === row.id)))
      volumes.detach(volume.id);
    state.nodes.remove(row.id);
    state.servers.remove(row.id);
  }

  function attachVolume(id: string, volumeId: string): string {
    const row = get(id, null);
    const volume = volumes.get(volumeId, null);
    if (volume.status !== "available")
      throw new Fault(
        400,
        "InvalidVolume",
        `Invalid volume: volume ${volumeId} status must be 'available' or 'downloading'. Currently in '${volume.status}' status`,
      );
    volumes.attach(volumeId, id);
    state.servers.change(row, { volumeIds: [...row.volumeIds, volumeId] });
    return volumeId;
  }
  function detachVolume(id: string, volumeId: string): void {
    const row = state.servers.get(id);
    if (row) state.servers.change(row, { volumeIds: row.volumeIds.filter((one) => one !== volumeId) });
    volumes.detach(volumeId);
  }

  const noHost = (row: Server) => state.flavors.get(row.flavorId)?.name === scenarios.noHost.values[0];

  function step(row: Server, now: number): void {
    if (row.taskState === "deleting") return gone(row);
    const due = (taskState: string, seconds: number) =>
      state.servers.change(row, { taskState, dueAt: core.after(seconds), updatedAt: now });
    switch (row.taskState) {
      case "scheduling":
        if (noHost(row)) {
          state.servers.change(row, {
            status: "ERROR",
            taskState: null,
            dueAt: null,
            updatedAt: now,
            fault: { code: 500, message: "No valid host was found. ", created: now },
          });
          return;
        }
        due("networking", 1);
        return;
      case "networking":
        for (const id of row.portIds) net.attachPort(id, row.id, row.zone);
        due("spawning", buildSeconds.get(row.id) ?? 7);
        return;
      default:
        buildSeconds.delete(row.id);
        state.servers.change(row, {
          status: "ACTIVE",
          taskState: null,
          dueAt: null,
          launchedAt: row.launchedAt ?? now,
          updatedAt: now,
        });
    }
  }

  function advance(now: number): number | null {
    let next: number | null = null;
    for (const row of state.servers.all()) {
      while (row.dueAt !== null && row.dueAt <= now && state.servers.get(row.id)) {
        step(row, now);
        if (row.taskState === "deleting") break;
      }
      if (row.dueAt !== null && state.servers.get(row.id)) next = Math.min(next ?? Infinity, row.dueAt);
    }
    return next;
  }

  function createServerGroup(caller: Caller, projectId: string, name: string, policies: string[]) {
    const limit = limitFor(core, "compute", projectId, "server_groups");
    if (limit >= 0 && usage(projectId).serverGroups + 1 > limit)
      throw new Fault(403, "Forbidden", "Quota exceeded, too many server groups.");
    return state.serverGroups.save({ id: randomUUID(), name, projectId, userId: caller.userId, policies });
  }

  return { get, of, flavorOf, usage, create, remove, attachVolume, detachVolume, createServerGroup, advance };
}
