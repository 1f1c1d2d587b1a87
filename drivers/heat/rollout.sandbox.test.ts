// New generations at the sandbox: upgrades, node groups, authorities and credentials change for real, and what is served
// goes on. The rules themselves are in rollout.test.ts, the same at real services in e2e/openstack/rollout.real.test.ts.
import { afterAll, afterEach, expect, test } from "vitest";
import type { Desired, Observed } from "../driver.ts";
import { readLabels } from "../../server/domain/label-reader.ts";
import { fedoraCoreosPair } from "../kubernetes-fedora-coreos/driver.ts";
import { heatDriver } from "./driver.ts";
import type { HeatObserved } from "./observed.ts";
import type { Round } from "./testing/converge.ts";
import { openSandboxSite } from "./testing/sandbox-site.ts";

const { owner, services, delegate, group, aCluster, go, inventory, close } = await openSandboxSite();
afterAll(close);

const before = await inventory();
afterEach(() => {
  services.rotate("1");
});

/** What was seen on the way, and which steps were taken, each repetition once. */
function journal() {
  const steps: string[] = [];
  const seen: HeatObserved[] = [];
  const each = ({ seen: now, steps: [step] }: Round<HeatObserved>) => {
    seen.push(now);
    if (step && steps.at(-1) !== step.kind) steps.push(step.kind);
  };
  return { steps, seen, each };
}
const groupOf = (seen: Observed, name: string) => seen.nodegroups.find((one) => one.key.name === name);
const idsOf = (seen: Observed, name: string) => groupOf(seen, name)?.nodes.map((node) => node.serverId) ?? [];
const health = (want: Desired, seen: HeatObserved) => heatDriver(fedoraCoreosPair).health(want, seen);
const stacksOf = (want: Desired) => owner.heat.listStacks({ tags: [`coe-cluster-${want.key.id}`] });

async function remove(want: Desired): Promise<void> {
  expect((await go({ ...want, deleting: true })).last.state).toBe("absent");
  expect(await inventory()).toEqual(before);
}

test("an upgrade of 3 + 2 in batches of 1 replaces every node, control plane first, and leaves no old ones", async () => {
  const want = await aCluster({
    network: { masterLbEnabled: true },
    nodegroups: [await group({ role: "master", count: 3 }), await group({ count: 2 })],
  });
  const old = (await go(want)).last;
  expect(old.coeVersion).toBe("v1.34.1");
  const after = { ...want, labels: readLabels({ kube_tag: "v1.35.2" }) };
  const { steps, seen, each } = journal();
  const { last } = await go(after, { each });

  expect(last).toMatchObject({ state: "ready", coeVersion: "v1.35.2" });
  expect(last.nodegroups.map((one) => [one.count, one.version, one.nodes.length])).toEqual([
    [3, "v1.35.2", 3],
    [2, "v1.35.2", 2],
  ]);
  for (const name of ["default-master", "default-worker"])
    expect(idsOf(last, name).filter((id) => idsOf(old, name).includes(id))).toEqual([]);
  expect((await stacksOf(want)).length).toBe(3);
  expect(await health(after, last)).toMatchObject({ status: "HEALTHY" });
  expect(Object.keys((await health(after, last)).nodes).length).toBe(5);

  expect(steps.filter((step) => step === "leave").length).toBe(3);
  expect(steps.filter((step) => step === "drain").length).toBe(5);
  const count = (name: string, one: HeatObserved) => groupOf(one, name)?.nodes.length ?? 0;
  expect(Math.max(...seen.map((one) => count("default-master", one)))).toBe(4);
  expect(Math.max(...seen.map((one) => count("default-worker", one)))).toBe(3);
  const ready = (one: HeatObserved, name: string) => groupOf(one, name)?.nodes.filter((node) => node.ready).length ?? 0;
  const known = seen.filter((one) => one.nodes !== undefined);
  expect(Math.min(...known.map((one) => ready(one, "default-worker")))).toBeGreaterThanOrEqual(2);
  // As long as there are old nodes the group has their version and is being worked on.
  const between = seen.filter((one) => one.stacks.length > 3);
  expect(new Set(between.map((one) => one.state))).toEqual(new Set(["updating"]));
  expect(between[0]?.coeVersion).toBe("v1.34.1");
  expect(new Set(between.map((one) => one.progress?.now))).toContain("the replacement of worker 2 of 2");
  await remove(after);
});

test("a group of its own flavor and zone comes, is labelled, shrinks by drained nodes, and goes", async () => {
  const want = await aCluster();
  await go(want);
  const pool = await group({
    key: { id: "cccccccc-0000-4000-8000-000000000003", name: "Büro pool_1" },
    isDefault: false,
    count: 3,
    flavorName: "m1.medium",
    labels: { availability_zone: "nova" },
    nodeLabels: { tier: "gold" },
  });
  const withPool = { ...want, nodegroups: [...want.nodegroups, pool] };
  const grown = (await go(withPool)).last;
  expect(groupOf(grown, pool.key.name)).toMatchObject({ state: "ready", count: 3 });
  expect(new Set(groupOf(grown, pool.key.name)?.nodes.map((node) => node.flavorId))).toEqual(new Set([pool.flavor.id]));
  expect(new Set(groupOf(grown, pool.key.name)?.nodes.map((node) => node.zone))).toEqual(new Set(["nova"]));
  const marks = fedoraCoreosPair.coe.nodes.marks(pool);
  expect([...(grown.nodes?.values() ?? [])].filter((node) => node.marks === marks).length).toBe(3);

  const { steps, each } = journal();
  const smaller = { ...want, nodegroups: [...want.nodegroups, { ...pool, count: 1 }] };
  const shrunk = (await go(smaller, { each })).last;
  expect(steps).toEqual(["drain", "resize", "forget"]);
  expect(groupOf(shrunk, pool.key.name)?.nodes.map((node) => node.index)).toEqual(["0"]);

  const gone = journal();
  const { last } = await go(want, { each: gone.each });
  expect(gone.steps).toEqual(["drain", "deleteStack", "forget"]);
  expect(last.nodegroups.map((one) => one.key.name)).toEqual(["default-master", "default-worker"]);
  expect(Object.keys((await health(want, last)).nodes).length).toBe(3);
  await remove(want);
});

test("authorities are replaced in three rollouts, and the API answers to those who trust both all the way", async () => {
  const want = await aCluster({
    network: { masterLbEnabled: true },
    nodegroups: [await group({ role: "master" }), await group({ count: 1 })],
  });
  await go(want);
  let last = want;
  for (const word of ["1+2", "2+1", "2"]) {
    const next = { ...want, ...services.rotate(word) };
    const { last: seen } = await go(next);
    expect(seen.state, word).toBe("ready");
    expect(await health(next, seen), word).toMatchObject({ status: "HEALTHY" });
    last = next;
  }
  const first = { ...want, ...services.rotate("1") };
  const seen = (await go(last)).last;
  expect(await health(first, seen)).toMatchObject({ status: "UNHEALTHY" });
  await remove(last);
});

test("a new credential comes to all nodes that can be replaced; a lone control plane node keeps working", async () => {
  const want = await aCluster();
  const old = (await go(want)).last;
  const after = { ...want, credential: await delegate(2) };
  const { last } = await go(after);
  expect(idsOf(last, "default-master")).toEqual(idsOf(old, "default-master"));
  expect(idsOf(last, "default-worker").filter((id) => idsOf(old, "default-worker").includes(id))).toEqual([]);
  expect(await health(after, last)).toMatchObject({ status: "HEALTHY" });
  await remove(after);
});

test("new nodes that fail stop the change with their reason; the old ones serve on, and going back removes the new", async () => {
  const want = await aCluster();
  const old = (await go(want)).last;
  const [master] = want.nodegroups;
  if (!master) throw new Error("there is a master");
  const broken = { ...want, nodegroups: [master, await group({ count: 2, flavorName: "fail.boot" })] };
  const { last: failed } = await go(broken);
  expect(failed).toMatchObject({ state: "failed", reason: expect.stringMatching(/^worker 0, setup: phase runtime: /) });
  expect(groupOf(failed, "default-worker")).toMatchObject({ state: "failed", count: 3 });
  const states = groupOf(failed, "default-worker")
    ?.nodes.filter((node) => node.ready)
    .map((node) => node.serverId);
  expect(states?.toSorted()).toEqual(idsOf(old, "default-worker").toSorted());

  const { steps, each } = journal();
  const { last } = await go(want, { each });
  expect(steps).toEqual(["deleteStack"]);
  expect(last.state).toBe("ready");
  expect(idsOf(last, "default-worker")).toEqual(idsOf(old, "default-worker"));

  // What fails once only is mended by a repair, and the rollout goes on to its end.
  const once = { ...want, nodegroups: [master, await group({ count: 2, flavorName: "fail.once" })] };
  expect((await go(once)).last.state).toBe("failed");
  const mended = (await go({ ...once, repair: true })).last;
  expect(mended.state).toBe("ready");
  expect(idsOf(mended, "default-worker").filter((id) => idsOf(old, "default-worker").includes(id))).toEqual([]);
  await remove(once);
});
