// The loop itself, on the real clock: leases, nudges, stopping.
import { beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../testing/test-context.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import type { Conductor } from "./conductor.ts";
import { loopDefaults, startLoop, type LoopOptions } from "./loop.ts";
import { openStage, type Stage } from "./testing/stage.ts";

onEveryDatabase((database) => {
  let stage: Stage;
  beforeEach(async () => {
    await database.db.prisma.cluster.deleteMany();
    await database.db.prisma.credential.deleteMany();
    stage = openStage(database.db, { real: systemClock });
    stage.world.buildMs = 50;
  });

  const start = (conductor: Conductor, options: Partial<LoopOptions> = {}) =>
    startLoop(conductor, { ...loopDefaults, idleMs: 50, ...options });
  const isReady = (id: string) =>
    vi.waitFor(async () => expect((await stage.see(id))?.status).toBe("CREATE_COMPLETE"), {
      timeout: 20_000,
      interval: 20,
    });
  const leases = () => database.db.prisma.cluster.count({ where: { leaseOwner: { not: null } } });
  /** Observations of every cluster wait until they are let go. */
  const hold = () => {
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    stage.world.onObserve = () => {
      enter();
      return released;
    };
    return { entered, release };
  };

  it("two conductors bring clusters up together and never work on the same one at once", async () => {
    const loops = [start(stage.conductor()), start(stage.conductor())];
    const ids = await Promise.all(Array.from({ length: 8 }, () => stage.cluster()));
    for (const id of ids) await isReady(id);
    await Promise.all(loops.map((loop) => loop.stop()));
    expect(stage.world.collisions).toBe(0);
    expect([...stage.world.made.values()].every((count) => count === 1)).toBe(true);
    expect(await leases()).toBe(0);
  });

  it("looks at once when it is nudged", async () => {
    const loop = start(stage.conductor(), { idleMs: 3_600_000 });
    const id = await stage.cluster();
    loop.nudge();
    await vi.waitFor(() => expect(stage.world.calls).toContain("survey"), { timeout: 5000 });
    await isReady(id);
    await loop.stop();
  });

  it("lets passes end when it is stopped, and claims nothing more", async () => {
    const { entered, release } = hold();
    const loop = start(stage.conductor());
    await stage.cluster();
    await entered;
    const stopped = loop.stop();
    const second = await stage.cluster();
    release();
    await stopped;
    expect(await leases()).toBe(0);
    expect((await stage.see(second))?.progress).toBeNull();
    const row = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id: second } });
    expect(row.seenBackend).toBeNull();
  });

  it("gives back the lease of a pass that does not end in time, and what that pass finds later is not written", async () => {
    const { entered, release } = hold();
    const loop = start(stage.conductor(), { graceMs: 20 });
    const id = await stage.cluster();
    await entered;
    await loop.stop();
    expect(await leases()).toBe(0);
    release();
    stage.world.onObserve = () => Promise.resolve();
    const another = start(stage.conductor());
    await isReady(id);
    await another.stop();
    expect([...stage.world.made.values()].every((count) => count === 1)).toBe(true);
  });

  it("keeps the lease of a pass that takes longer than the lease", async () => {
    const { entered, release } = hold();
    const slow = { ...stage.conductor(), leaseMs: 150 };
    const loops = [start(slow)];
    const id = await stage.cluster();
    await entered;
    loops.push(start({ ...stage.conductor(), leaseMs: 150 }));
    const first = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
    await vi.waitFor(
      async () => {
        const row = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
        expect((row.leaseUntil?.getTime() ?? 0) - (first.leaseUntil?.getTime() ?? 0)).toBeGreaterThan(450);
      },
      { timeout: 10_000, interval: 20 },
    );
    expect(stage.world.calls.filter((call) => call === "observe")).toHaveLength(1);
    release();
    stage.world.onObserve = () => Promise.resolve();
    await isReady(id);
    await Promise.all(loops.map((loop) => loop.stop()));
    expect(stage.world.collisions).toBe(0);
  });

  it("a cluster that comes due again while its round waits for others is not given up when that round ends", async () => {
    const [slow, quick] = [await stage.cluster(), await stage.cluster()];
    const seen: string[] = [];
    const [slowGate, quickGate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    stage.world.onObserve = (id) => {
      seen.push(id);
      const first = seen.filter((one) => one === id).length === 1;
      if (id === slow && first) return slowGate.promise;
      return id === quick && !first ? quickGate.promise : Promise.resolve();
    };
    const times = (id: string, count: number) =>
      vi.waitFor(() => expect(seen.filter((one) => one === id).length).toBeGreaterThanOrEqual(count), 5000);
    const loop = start(stage.conductor());
    await times(quick, 2);
    slowGate.resolve();
    await times(slow, 2);
    quickGate.resolve();
    await isReady(quick);
    await loop.stop();
  });

  it("claims no more than it works on: what a killed conductor had not begun is another's at once", async () => {
    const { entered } = hold();
    const killed = { ...stage.conductor(), leaseMs: 3_600_000 };
    const ids: string[] = [];
    for (let n = 0; n < 12; n++) ids.push(await stage.cluster());
    const loop = start(killed, { concurrency: 4, graceMs: 0 });
    await entered;
    expect(await leases()).toBe(4);
    stage.world.onObserve = () => Promise.resolve();
    const other = start(stage.conductor());
    const made = () => database.db.prisma.cluster.count({ where: { status: "CREATE_COMPLETE" } });
    await vi.waitFor(async () => expect(await made()).toBe(8), { timeout: 20_000, interval: 20 });
    await Promise.all([loop.stop(), other.stop()]);
  });

  it("clusters whose own API never answers keep no other cluster waiting", async () => {
    const { promise: silence, resolve: speak } = Promise.withResolvers<void>();
    const before = stage.world.health;
    const silent = new Set<string>();
    stage.world.health = async (want, seen) => {
      if (silent.has(want.key.id)) await silence;
      return before(want, seen);
    };
    const loop = start(stage.conductor(), { concurrency: 2 });
    for (let n = 0; n < 6; n++) silent.add(await stage.cluster());
    // Every one of them is asked at its end, and none of these questions ends.
    await vi.waitFor(() => expect(stage.world.calls.filter((call) => call === "health")).toHaveLength(6), {
      timeout: 20_000,
      interval: 20,
    });
    await isReady(await stage.cluster());
    speak();
    await loop.stop();
  });

  it("leaves a pass that hangs to another conductor", async () => {
    const { entered } = hold();
    const hung = start({ ...stage.conductor(), leaseMs: 100 }, { passMs: 50, graceMs: 0 });
    const id = await stage.cluster();
    await entered;
    stage.world.onObserve = () => Promise.resolve();
    stage.world.busy.clear();
    const another = start(stage.conductor());
    await isReady(id);
    await Promise.all([hung.stop(), another.stop()]);
  });
});
