// What Cinder decides: volumes, their states and attachments.
import { Fault, uuid } from "./core.ts";
import type { Caller, Core } from "./core.ts";
import type { Volume } from "./model.ts";
import { limitFor } from "./quota.ts";
import { asksFor } from "./scenarios.ts";

export type Volumes = ReturnType<typeof openVolumes>;

export function openVolumes(core: Core) {
  const { state } = core;
  const of = (projectId: string) => state.volumes.filter((one) => one.projectId === projectId);

  function get(id: string, caller: Caller | null): Volume {
    const found = state.volumes.get(id);
    if (!found || (caller && !caller.isAdmin && found.projectId !== caller.projectId))
      throw new Fault(404, "VolumeNotFound", `Volume ${id} could not be found.`);
    return found;
  }

  function create(
    caller: Caller,
    projectId: string,
    wish: {
      name?: string | undefined;
      size: number;
      type?: string | undefined;
      zone?: string | undefined;
      description?: string | undefined;
      metadata?: Record<string, string> | undefined;
      imageId?: string | undefined;
    },
  ): Volume {
    if (!Number.isInteger(wish.size) || wish.size < 1)
      throw new Fault(
        400,
        "InvalidInput",
        `Invalid input for field/attribute size. Value: ${wish.size}. ${wish.size} is less than the minimum of 1`,
      );
    const type = wish.type ?? "standard";
    if (!state.volumeTypes.find((one) => one.name === type || one.id === type))
      throw new Fault(404, "VolumeTypeNotFoundByName", `Volume type with name ${type} could not be found.`);
    const zone = wish.zone ?? "nova";
    if (zone !== "nova")
      throw new Fault(400, "InvalidInput", `Invalid input received: Availability zone '${zone}' is invalid.`);
    const mine = of(projectId);
    const most = limitFor(core, "volume", projectId, "volumes");
    if (most >= 0 && mine.length + 1 > most)
      throw new Fault(
        413,
        "VolumeLimitExceeded",
        `VolumeLimitExceeded: Maximum number of volumes allowed (${most}) exceeded for quota 'volumes'.`,
      );
    const space = limitFor(core, "volume", projectId, "gigabytes");
    const used = mine.reduce((sum, one) => sum + one.size, 0);
    if (space >= 0 && used + wish.size > space)
      throw new Fault(
        413,
        "VolumeSizeExceedsAvailableQuota",
        `VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota. Requested ${wish.size}G, quota is ${space}G and ${used}G has been consumed.`,
      );
    const row = state.volumes.save({
      id: uuid(),
      name: wish.name ?? "",
      projectId,
      userId: caller.userId,
      size: wish.size,
      type,
      status: "creating",
      zone,
      description: wish.description ?? null,
      metadata: wish.metadata ?? {},
      imageId: wish.imageId ?? null,
      bootable: wish.imageId !== undefined,
      attachments: [],
      becomes: asksFor("volumeError", wish.name) ? "error" : "available",
      dueAt: core.after(wish.imageId === undefined ? 3 : 8),
      createdAt: core.now(),
      updatedAt: core.now(),
    });
    core.wake();
    return row;
  }

  function remove(id: string): void {
    const row = state.volumes.get(id);
    if (!row || row.status === "deleting") return;
    if (!["available", "error", "error_deleting"].includes(row.status))
      throw new Fault(
        400,
        "InvalidVolume",
        `Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing and must not be migrating, attached, belong to a group, have snapshots or be disassociated from snapshots after volume transfer.`,
      );
    state.volumes.change(row, { status: "deleting", becomes: null, dueAt: core.after(2), updatedAt: core.now() });
    core.wake();
  }

  function attach(id: string, serverId: string): void {
    const row = get(id, null);
    const device = `/dev/vd${"bcdefgh"[state.volumes.filter((one) => one.attachments.some((each) => each.serverId === serverId)).length] ?? "z"}`;
    state.volumes.change(row, {
      status: "attaching",
      becomes: "in-use",
      dueAt: core.after(2),
      attachments: [{ id: uuid(), serverId, device, at: core.now() }],
      updatedAt: core.now(),
    });
    core.wake();
  }

  function detach(id: string): void {
    const row = state.volumes.get(id);
    if (!row || row.attachments.length === 0) return;
    state.volumes.change(row, {
      status: "detaching",
      becomes: "available",
      dueAt: core.after(1),
      attachments: [],
      updatedAt: core.now(),
    });
    core.wake();
  }

  function advance(now: number): number | null {
    let next: number | null = null;
    for (const row of state.volumes.all()) {
      if (row.dueAt === null) continue;
      if (row.dueAt > now) next = Math.min(next ?? Infinity, row.dueAt);
      else if (row.becomes === null) state.volumes.remove(row.id);
      else state.volumes.change(row, { status: row.becomes, dueAt: null, updatedAt: now });
    }
    return next;
  }

  return { get, of, create, remove, attach, detach, advance };
}
