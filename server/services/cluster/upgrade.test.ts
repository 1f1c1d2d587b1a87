// Upgrades as both doors ask for them: what is taken, what stays, and what is refused why.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getCluster } from "../../db/cluster.ts";
import { listNodegroups } from "../../db/nodegroup.ts";
import { lastOperation } from "../../db/operation.ts";
import type { ClusterTemplate } from "../../domain/cluster-template.ts";
import type { Labels } from "../../domain/labels.ts";
import { openTestCloud, type TestCloud } from "../../testing/test-cloud.ts";
import { testClock } from "../../testing/test-context.ts";
import { testDatabase } from "../../testing/test-db.ts";
import { aDriver } from "../../testing/test-deps.ts";
import { openCloudStage, type CloudStage } from "../testing/cloud-stage.ts";
import { previewUpgrade, upgradeCluster, type UpgradeWish } from "./upgrade.ts";

const database = testDatabase();
let cloud: TestCloud;
let stage: CloudStage;

beforeAll(async () => {
  cloud = await openTestCloud();
  stage = await openCloudStage(database.db, cloud, aDriver({ can: { upgrade: true } }), testClock(new Date()));
});
afterAll(() => cloud.close());

const at = (kube_tag: string, more: Labels = {}): Labels => ({ kube_tag, ...more });
const target = (labels: Labels, given: Partial<ClusterTemplate> = {}) => stage.template({ labels, ...given });
const upgrade = (id: string, clusterTemplate: string, more: Partial<UpgradeWish> = {}) =>
  upgradeCluster(stage.deps, stage.member, id, { clusterTemplate, ...more });
const preview = (id: string, clusterTemplate: string, more: Partial<UpgradeWish> = {}) =>
  previewUpgrade(stage.deps, stage.member, id, { clusterTemplate, ...more });
const cluster = (id: string) => getCluster(database.db, stage.scope, id);
const row = (id: string) => database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
const group = async (id: string, name: string) => {
  const found = (await listNodegroups(database.db, stage.scope, id)).find((each) => each.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  const { facts } = await database.db.prisma.nodeGroup.findUniqueOrThrow({ where: { id: found.id } });
  return { ...found, facts: JSON.parse(facts) };
};

describe("an upgrade of the cluster", () => {
  test("takes the new template with its version labels, for control plane and default workers", async () => {
    const labels = at("v1.33.1", { coredns_tag: "v1.10", mine: "1" });
    const id = await stage.cluster({ labels, pools: [{ name: "pool" }] });
    const to = await target(at("v1.34.0", { coredns_tag: "v1.11", theirs: "2" }));
    await upgrade(id, to, { maxBatchSize: 2 });
    expect(await cluster(id)).toMatchObject({
      status: "UPDATE_IN_PROGRESS",
      clusterTemplateId: to,
      labels: { kube_tag: "v1.34.0", coredns_tag: "v1.11", mine: "1" },
    });
    expect(await row(id)).toMatchObject({ maxBatch: 2, previous: null });
    for (const name of ["default-master", "default-worker"])
      expect(await group(id, name)).toMatchObject({
        status: "UPDATE_IN_PROGRESS",
        labels: { kube_tag: "v1.34.0", coredns_tag: "v1.11", mine: "1" },
        facts: { version: "v1.34.0" },
      });
    expect(await group(id, "pool")).toMatchObject({
      status: "CREATE_COMPLETE",
      labels,
      facts: { version: "v1.33.1" },
    });
    expect(await lastOperation(database.db, stage.scope, id)).toMatchObject({
      kind: "upgrade",
      changes: expect.objectContaining({ "default-master version": ["v1.33.1", "v1.34.0"] }),
    });
  });

  test("leaves version labels that people set themselves, but for Kubernetes' own", async () => {
    const template = await target(at("v1.33.1", { coredns_tag: "v1.10" }));
    const id = await stage.cluster({ template, labels: at("v1.33.9", { coredns_tag: "v1.10-patched" }) });
    await upgrade(id, await target(at("v1.34.0", { coredns_tag: "v1.11" })));
    expect((await cluster(id)).labels).toEqual({ kube_tag: "v1.34.0", coredns_tag: "v1.10-patched" });
  });

  test("takes the image, also without another version", async () => {
    const template = await target(at("v1.33.1"), { imageId: "fedora-coreos-38" });
    const id = await stage.cluster({ template, labels: at("v1.33.1") });
    await database.db.prisma.nodeGroup.updateMany({
      where: { clusterId: id },
      data: { facts: JSON.stringify({ ...stage.facts, image: { id: "older", name: "older", minDiskGib: 10 } }) },
    });
    await upgrade(id, template);
    expect((await group(id, "default-worker")).facts.image.name).toBe("fedora-coreos-38");
  });

  test("is undone on failure where the cluster is set so, or where it is asked for", async () => {
    const to = await target(at("v1.34.0"));
    const id = await stage.cluster({ labels: at("v1.33.1"), rollbackOnFailure: true });
    await upgrade(id, to);
    expect((await row(id)).previous).not.toBeNull();
    const other = await stage.cluster({ labels: at("v1.33.1"), rollbackOnFailure: true });
    await upgrade(other, to, { rollback: false });
    expect((await row(other)).previous).toBeNull();
  });

  test("of a named default group is one of the cluster", async () => {
    const id = await stage.cluster({ labels: at("v1.33.1") });
    await upgrade(id, await target(at("v1.34.0")), { nodegroup: "default-worker" });
    expect(await group(id, "default-master")).toMatchObject({ facts: { version: "v1.34.0" } });
  });

  const invalid = /^Cluster Template is not valid for upgrade: /;
  const refusals: [why: string, labels: Labels, given: Partial<ClusterTemplate>, reason: string, message: RegExp][] = [
    [
      "an older version",
      at("v1.32.9"),
      {},
      "invalid_input",
      /^Received invalid tag for kube_tag: going from v1\.33\.1 to v1\.32\.9 is a downgrade/,
    ],
    ["no version", at("latest"), {}, "invalid_input", /^Received invalid tag for kube_tag: latest is no version\.$/],
    ["two minor releases at once", at("v1.35.0"), {}, "conflict", invalid],
    ["another engine", at("v1.34.0"), { coe: "swarm" }, "conflict", invalid],
    ["another driver", at("v1.34.0"), { driver: "k8s_capi_helm_v1" }, "conflict", invalid],
    ["another network driver", at("v1.34.0"), { networkDriver: "calico" }, "conflict", invalid],
    ["another distribution", at("v1.34.0"), { imageId: "ubuntu-mesos" }, "conflict", invalid],
    ["nothing new", at("v1.33.1"), {}, "conflict", /nothing changes/],
  ];
  test.each(refusals)("to %s is refused, in the preview too", async (_, labels, given, reason, message) => {
    const id = await stage.cluster({ labels: at("v1.33.1") });
    const to = await target(labels, given);
    await expect(upgrade(id, to)).rejects.toMatchObject({ reason, message: expect.stringMatching(message) });
    expect(await cluster(id)).toMatchObject({ status: "CREATE_COMPLETE", generation: 1 });
    expect((await preview(id, to)).problems[0]?.message).toMatch(message);
  });

  test("that would leave a node group too far behind names it", async () => {
    const id = await stage.cluster({
      labels: at("v1.33.1"),
      pools: [{ name: "old", labels: at("v1.30.0") }],
    });
    await expect(upgrade(id, await target(at("v1.34.0")))).rejects.toThrow(/old would stay at v1\.30\.0/);
  });

  test("of nodes that cannot be replaced is made in place, and says that the API is away meanwhile", async () => {
    const asked: unknown[] = [];
    const driver = {
      ...aDriver({ can: { upgrade: true } }),
      replaceable: (_: unknown, group: { role: string }) =>
        group.role === "master" ? [{ field: "x", message: "y" }] : [],
      renewable: (before: { version: string | null }, __: unknown, after: { version: string | null }) => {
        asked.push([before.version, after.version]);
        return [];
      },
    };
    const id = await stage.cluster({ labels: at("v1.33.1") });
    const deps = { ...stage.deps, drivers: [driver] };
    const wish = { clusterTemplate: await target(at("v1.34.0")) };
    const shown = await previewUpgrade(deps, stage.member, id, wish);
    expect(shown.groups.map((group) => [group.role, group.replaced, group.inPlace])).toEqual([
      ["master", false, true],
      ["worker", true, false],
    ]);
    expect(shown.warnings.map((warning) => warning.message)).toContainEqual(
      expect.stringContaining("the cluster's API is away for some minutes"),
    );
    await upgradeCluster(deps, stage.member, id, wish);
    expect(asked).toContainEqual([null, "v1.34.0"]);
    expect(await cluster(id)).toMatchObject({ status: "UPDATE_IN_PROGRESS" });
  });

  test("in place is refused while the cluster's API has never answered, in the preview and for good", async () => {
    const stays = { field: "master_lb_enabled", message: "It cannot be replaced." };
    const driver = { ...aDriver({ can: { upgrade: true } }), replaceable: () => [stays] };
    const id = await stage.cluster({ labels: at("v1.33.1") });
    await database.db.prisma.cluster.update({ where: { id }, data: { healthStatus: "UNKNOWN" } });
    const deps = { ...stage.deps, drivers: [driver] };
    const wish = { clusterTemplate: await target(at("v1.34.0")) };
    const words = expect.stringContaining("has not answered this service yet") as unknown;
    const { problems } = await previewUpgrade(deps, stage.member, id, wish);
    expect(problems).toContainEqual({ field: "health_status", message: words });
    await expect(upgradeCluster(deps, stage.member, id, wish)).rejects.toMatchObject({ message: words });
  });

  test("of nodes that can be neither replaced nor changed in place is refused with a way out", async () => {
    const stuck = { field: "master_lb_enabled", message: "a single control plane node cannot be replaced" };
    const driver = { ...aDriver({ can: { upgrade: true } }), replaceable: () => [stuck], renewable: () => [stuck] };
    const id = await stage.cluster({ labels: at("v1.33.1") });
    const deps = { ...stage.deps, drivers: [driver] };
    const wish = { clusterTemplate: await target(at("v1.34.0")) };
    await expect(upgradeCluster(deps, stage.member, id, wish)).rejects.toMatchObject({
      reason: "invalid_input",
      message: stuck.message,
      details: { field: "master_lb_enabled", remedy: expect.stringContaining("master_lb_enabled") },
    });
  });

  test.each(["UPDATE_IN_PROGRESS", "UPDATE_FAILED", "DELETE_IN_PROGRESS"] as const)(
    "is refused in %s",
    async (status) => {
      const id = await stage.cluster({ status, labels: at("v1.33.1") });
      await expect(upgrade(id, await target(at("v1.34.0")))).rejects.toMatchObject({
        reason: "operation_not_allowed_now",
        message: expect.stringContaining(`Upgrading a cluster when status is "${status}" is not supported.`),
      });
    },
  );

  test("needs the right; an unknown template, group or a driver that cannot are told", async () => {
    const id = await stage.cluster({ labels: at("v1.33.1") });
    const to = await target(at("v1.34.0"));
    const wish = { clusterTemplate: to };
    await expect(upgradeCluster(stage.deps, stage.reader, id, wish)).rejects.toMatchObject({ reason: "forbidden" });
    await expect(upgrade(id, "nope")).rejects.toMatchObject({ reason: "template_not_found" });
    await expect(upgrade(id, to, { nodegroup: "nope" })).rejects.toMatchObject({ reason: "nodegroup_not_found" });
    const deps = { ...stage.deps, drivers: [aDriver()] };
    await expect(upgradeCluster(deps, stage.member, id, wish)).rejects.toMatchObject({
      reason: "not_supported_by_driver",
    });
    await upgradeCluster(stage.deps, stage.admin, id, wish);
  });
});

describe("an upgrade of one node group", () => {
  const pools = [{ name: "pool", labels: at("v1.33.1", { own: "1" }) }];

  test("follows the cluster to its template, and no other group with it", async () => {
    const template = await target(at("v1.34.0"));
    const id = await stage.cluster({ template, labels: at("v1.34.0"), pools });
    await upgrade(id, template, { nodegroup: "pool" });
    expect(await group(id, "pool")).toMatchObject({
      labels: { kube_tag: "v1.34.0", own: "1" },
      facts: { version: "v1.34.0" },
      status: "UPDATE_IN_PROGRESS",
    });
    expect(await group(id, "default-worker")).toMatchObject({ status: "CREATE_COMPLETE" });
  });

  test("to another template is refused in Magnum's words", async () => {
    const template = await target(at("v1.34.0"), { name: "k8s-134" });
    const id = await stage.cluster({ template, labels: at("v1.34.0"), pools });
    await expect(upgrade(id, await target(at("v1.34.1")), { nodegroup: "pool" })).rejects.toMatchObject({
      reason: "conflict",
      message: expect.stringMatching(
        /^Cluster Template is not valid for upgrade: Nodegroup pool can be upgraded only to match cluster's template \(/,
      ),
    });
  });

  test("leaves an image that was chosen for it", async () => {
    const template = await target(at("v1.34.0"));
    const facts = { ...stage.facts, ownImage: true, image: { id: "gpu", name: "gpu", minDiskGib: 10 } };
    const id = await stage.cluster({ template, labels: at("v1.34.0"), pools: [{ ...pools[0], facts }] });
    await upgrade(id, template, { nodegroup: "pool" });
    expect((await group(id, "pool")).facts.image.name).toBe("gpu");
  });
});

test("the preview says what is replaced, which labels change, and what is left behind", async () => {
  const id = await stage.cluster({ labels: at("v1.33.1"), pools: [{ name: "pool" }] });
  expect(await preview(id, await target(at("v1.34.0")), { maxBatchSize: 2 })).toMatchObject({
    problems: [],
    version: { from: "v1.33.1", to: "v1.34.0" },
    labels: [{ key: "kube_tag", from: "v1.33.1", to: "v1.34.0" }],
    groups: [
      { name: "default-master", nodes: 3, replaced: true },
      { name: "default-worker", nodes: 2, replaced: true },
    ],
    warnings: [
      { message: expect.stringContaining("replaced") },
      { message: expect.stringContaining("pool (v1.33.1)") },
    ],
    maxBatchSize: 2,
  });
  expect(await cluster(id)).toMatchObject({ status: "CREATE_COMPLETE", generation: 1 });
});
