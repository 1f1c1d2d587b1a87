// The driver at the sandbox: from nothing to a cluster whose API answers, through its changes, to nothing. The same is
// tried at real services in e2e/openstack/driver.real.test.ts.
import { randomUUID } from "node:crypto";
import { afterAll, expect, test } from "vitest";
import { fedoraCoreosPair } from "../kubernetes-fedora-coreos/driver.ts";
import { proofRoot, proofSecret, writeProof } from "../node-proof.ts";
import { heatDriver } from "./driver.ts";
import { converge } from "./testing/converge.ts";
import { openSandboxSite } from "./testing/sandbox-site.ts";

const { services, owner, cloud, clouds, credential, group, aCluster, go, inventory, close } = await openSandboxSite();
afterAll(close);

test("a cluster comes up with its add-ons, changes size, loses the named node and leaves nothing", async () => {
  const before = await inventory();
  let want = await aCluster();
  const { last, history } = await go(want);
  expect(last).toMatchObject({
    state: "ready",
    failures: [],
    apiAddress: expect.stringMatching(/^https:\/\/127\..*:16443$/),
  });
  expect(history.some((line) => line.includes("applyAddons"))).toBe(true);
  expect(last.progress).toMatchObject({ done: last.progress?.total });
  expect(last.masterAddresses.length).toBe(1);
  const [master, workers] = last.nodegroups;
  expect(master).toMatchObject({ state: "ready", count: 1, version: "v1.34.1" });
  expect(workers?.nodes.map((node) => [node.index, node.status])).toEqual([
    ["0", "ACTIVE"],
    ["1", "ACTIVE"],
  ]);
  expect(await heatDriver(fedoraCoreosPair).health(want, last)).toMatchObject({
    status: "HEALTHY",
    reason: { api: "ok" },
  });
  expect((await go(want)).history).toEqual([expect.stringMatching(/^ready {2}/)]);

  want = { ...want, nodegroups: [await group({ role: "master" }), await group({ count: 3 })] };
  const grown = (await go(want)).last.nodegroups[1]?.nodes ?? [];
  expect(grown.length).toBe(3);
  const victim = grown[0]?.serverId ?? "";
  want = { ...want, nodegroups: [await group({ role: "master" }), await group({ count: 2, remove: [victim] })] };
  expect((await go(want)).last.nodegroups[1]?.nodes.map((node) => node.index)).toEqual(["1", "2"]);

  const preview = await heatDriver(fedoraCoreosPair).previewDelete(owner, want);
  expect(preview.removes.filter((one) => one.type === "server").length).toBe(3);
  expect(preview.blocks).toEqual([]);
  expect((await heatDriver(fedoraCoreosPair).resources(owner, want.key)).length).toBe(3);

  expect((await go({ ...want, deleting: true })).last.state).toBe("absent");
  expect(await inventory()).toEqual(before);
});

test("whatever index Heat gives, each member that it makes comes with a proof of its own, the one that we derive", async () => {
  const begun = services.proofs.length;
  const sized = async (count: number, remove: string[] = []) =>
    go({ ...first, nodegroups: [await group({ role: "master" }), await group({ count, remove })] });
  const first = await aCluster();
  const seen = [await go(first), await sized(3, ["0"]), await sized(1, ["1", "2"]), await sized(3)];
  const members = new Map(
    seen.flatMap(({ last }) =>
      last.nodegroups.flatMap(({ key, nodes }) => nodes.map(({ memberId }) => [memberId ?? "", key.id] as const)),
    ),
  );
  expect(seen.at(-1)?.last.nodegroups[1]?.nodes.map(({ index }) => index)).toEqual(["3", "4", "5"]);
  const { trusteePassword } = first.credential;
  const derived = [...members].map(([id, nodegroupId]) =>
    writeProof({
      nodegroupId,
      id,
      secret: proofSecret(proofRoot(trusteePassword, first.key.id, nodegroupId), id),
    }).reveal(),
  );
  expect(services.proofs.slice(begun).toSorted()).toEqual(derived.toSorted());
  expect(new Set(derived).size).toBe(7);
  await go({ ...first, deleting: true });
});

test("three masters behind a balancer with volumes; deleted while it is still coming up", async () => {
  const before = await inventory();
  const want = await aCluster({
    nodegroups: [await group({ role: "master", count: 3 }), await group({ count: 1, dockerVolumeSizeGib: 5 })],
    network: { masterLbEnabled: true },
    labels: { etcd_volume_size: "5", boot_volume_size: "20" },
  });
  const { last } = await go(want);
  expect(last).toMatchObject({ state: "ready" });
  expect(last.facts?.apiBalancerId).not.toBeNull();
  expect(await inventory()).toMatchObject({ servers: 4, balancers: 1, volumes: 3 * 2 + 2 });
  await go({ ...want, deleting: true });

  const other = await aCluster({ network: { masterLbEnabled: true } });
  await converge(heatDriver(fedoraCoreosPair), cloud, other, { until: ["creating"], pollMs: 50 });
  expect((await go({ ...other, deleting: true })).last.state).toBe("absent");
  expect(await inventory()).toEqual(before);
});

test("a worker that fails is named with its reason; a repair replaces that one only", async () => {
  const want = await aCluster({
    nodegroups: [await group({ role: "master" }), await group({ count: 2, flavorName: "fail.once" })],
  });
  const broken = (await go(want)).last;
  expect(broken.state).toBe("failed");
  expect(broken.failures[0]).toMatchObject({
    path: ["default-worker", "worker 0", "setup"],
    reason: expect.stringMatching(/^phase /),
  });
  const sound = broken.stacks
    .flatMap((stack) => (stack.part === "workers" ? stack.members : []))
    .filter((member) => !member.failed);
  const repaired = (await go({ ...want, repair: true })).last;
  expect(repaired.state).toBe("ready");
  const indexes = repaired.nodegroups[1]?.nodes.map((node) => node.index);
  expect(indexes).toEqual(expect.arrayContaining(sound.map((member) => member.index)));
  expect(indexes).not.toContain("0");
  expect((await go({ ...want, deleting: true })).last.state).toBe("absent");
});

test("Nova's own words reach the failure, with the place", async () => {
  const want = await aCluster({
    nodegroups: [await group({ role: "master" }), await group({ count: 1, flavorName: "fail.nohost" })],
  });
  const { last } = await go(want);
  expect(last).toMatchObject({ state: "failed", reason: expect.stringContaining("No valid host") });
  expect(last.failures).toEqual([
    expect.objectContaining({ path: ["default-worker", "worker 0", "server"], type: "OS::Nova::Server" }),
  ]);
  expect(last.nodegroups.map((one) => one.state)).toEqual(["ready", "failed"]);
  await go({ ...want, deleting: true });
});

test("a cluster whose API never answers here is ready at once when its nodes say so, one that has answered after half a minute", async () => {
  const want = await aCluster();
  await go(want);
  // An authority that did not sign what the API shows: nobody can speak to it.
  const unheard = { ...want, pki: { ...services.rotate("2").pki, revision: "1" } };
  services.rotate("1");
  let now = Date.now();
  const driver = heatDriver(fedoraCoreosPair, () => new Date(now));
  const look = async () => {
    const { state, apiSilent, progress } = await driver.observe(cloud, unheard, await driver.survey(cloud));
    return [state, apiSilent, progress?.now];
  };
  expect(await look()).toEqual(["ready", true, null]);
  const heard = await driver.observe(cloud, want, await driver.survey(cloud));
  expect(heard).toMatchObject({ state: "ready", apiSilent: false });
  expect(await look()).toEqual(["updating", false, "the Kubernetes API to answer"]);
  now += 30_000;
  expect(await look()).toEqual(["ready", true, null]);
  await go({ ...want, deleting: true });
});

test("nodes whose network's stack somebody deleted by hand are a failure at once, and can be deleted", async () => {
  const want = await aCluster({ nodegroups: [await group({ role: "master" }), await group({ count: 0 })] });
  const driver = heatDriver(fedoraCoreosPair);
  await go(want);
  const survey = await driver.survey(cloud);
  const stacks = survey.stacks.filter((stack) => !stack.tags.includes("coe-part-cluster"));
  const seen = await driver.observe(cloud, want, { ...survey, stacks });
  expect(seen).toMatchObject({ state: "failed", reason: expect.stringContaining("network is gone") });
  expect(driver.plan(want, seen, new Date())).toEqual([]);
  const deleting = { ...want, deleting: true };
  const [step] = driver.plan(deleting, await driver.observe(cloud, deleting, { ...survey, stacks }), new Date());
  expect(step).toMatchObject({ kind: "deleteStack" });
  await go(deleting);
});

test("each step carried out twice has the effect of once", async () => {
  const before = await inventory();
  const want = await aCluster({ key: { id: randomUUID(), name: "twice" } });
  const driver = heatDriver(fedoraCoreosPair);
  const each = async ({ steps }: { steps: readonly { kind: string }[] }) => {
    const seen = await driver.observe(cloud, want, await driver.survey(cloud));
    const again = driver.plan(want, seen, new Date())[0];
    if (steps[0]?.kind.startsWith("create") && again?.kind === steps[0].kind) await driver.apply(cloud, want, again);
  };
  await converge(driver, cloud, want, { pollMs: 50, each });
  expect((await owner.heat.listStacks({ tags: [`coe-cluster-${want.key.id}`] })).length).toBe(3);
  expect((await inventory())["servers"]).toBe((before["servers"] ?? 0) + 3);
  await go({ ...want, deleting: true });
});

test("a stack that was listed as being made and is complete when it is read is no finished cluster", async () => {
  const want = await aCluster({ key: { id: randomUUID(), name: "late" } });
  const driver = heatDriver(fedoraCoreosPair);
  const [step] = driver.plan(want, await driver.observe(cloud, want, await driver.survey(cloud)), new Date());
  if (!step) throw new Error("creation begins with the shared part");
  await driver.apply(cloud, want, step);
  const own = async () =>
    (await driver.survey(cloud)).stacks.find((stack) => stack.tags.some((tag) => tag.endsWith(want.key.id)));
  while ((await own())?.status !== "CREATE_COMPLETE");
  const survey = await driver.survey(cloud);
  const old = { ...survey, stacks: survey.stacks.map((stack) => ({ ...stack, status: "CREATE_IN_PROGRESS" })) };
  const seen = await driver.observe(cloud, want, old);
  expect(seen.state).toBe("creating");
  expect(driver.plan(want, seen, new Date()).map(({ kind }) => kind)).toContain("createNodes");
  await go({ ...want, deleting: true });
});

test("a stack of somebody else under our name is left alone and named", async () => {
  const want = await aCluster({ key: { id: randomUUID(), name: "taken" } });
  const driver = heatDriver(fedoraCoreosPair);
  const [step] = driver.plan(want, await driver.observe(cloud, want, await driver.survey(cloud)), new Date());
  if (step?.kind !== "createCluster") throw new Error("creation begins with the shared part");
  await owner.heat.createStack({
    name: step.name,
    template: { heat_template_version: "2018-08-31", resources: {} },
    tags: [],
  });
  expect(await driver.apply(cloud, want, step)).toMatchObject({
    kind: "stalled",
    reason: expect.stringContaining(step.name),
  });
});

test("a refused credential stalls with the remedy, instead of being tried for ever", async () => {
  const want = await aCluster();
  const stranger = clouds.fromTrust({ ...credential, trustId: "0".repeat(32) });
  const outcome = await heatDriver(fedoraCoreosPair).apply(stranger, want, {
    kind: "createCluster",
    name: "x",
    summary: "x",
  });
  expect(outcome).toMatchObject({ kind: "stalled", remedy: expect.stringContaining("credential") });
});
