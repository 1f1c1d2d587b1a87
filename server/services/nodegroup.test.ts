// Node groups as both doors ask for them, with flavors, images and limits of a sandbox cloud.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getCluster } from "../db/cluster.ts";
import { listNodegroups } from "../db/nodegroup.ts";
import type { NodegroupCreate } from "../domain/nodegroup.ts";
import { openTestCloud, type TestCloud } from "../testing/test-cloud.ts";
import { testClock } from "../testing/test-context.ts";
import { testDatabase } from "../testing/test-db.ts";
import { aDriver } from "../testing/test-deps.ts";
import { createNodegroup, deleteNodegroup, updateNodegroup } from "./nodegroup.ts";
import { openCloudStage, type CloudStage } from "./testing/cloud-stage.ts";

const database = testDatabase();
let cloud: TestCloud;
let stage: CloudStage;

beforeAll(async () => {
  cloud = await openTestCloud();
  stage = await openCloudStage(database.db, cloud, aDriver(), testClock(new Date()));
});
afterAll(() => cloud.close());

const create = (id: string, input: NodegroupCreate) => createNodegroup(stage.deps, stage.member, id, input);
const cluster = (id: string) => getCluster(database.db, stage.scope, id);
const group = async (id: string, name: string) =>
  (await listNodegroups(database.db, stage.scope, id)).find((each) => each.name === name);

describe("creating", () => {
  test("takes what is not said from the cluster, and shows both at work at once", async () => {
    const id = await stage.cluster({ labels: { kube_tag: "v1.34.1", mine: "1" } });
    const { group: made, cluster: after, labelDifference } = await create(id, { name: "more" });
    expect(made).toMatchObject({
      role: "worker",
      isDefault: false,
      nodeCount: 1,
      minNodeCount: 0,
      maxNodeCount: null,
      flavorId: "m1.small",
      imageId: "fedora-coreos-38",
      labels: { kube_tag: "v1.34.1", mine: "1" },
      status: "CREATE_IN_PROGRESS",
    });
    expect(after).toMatchObject({ status: "UPDATE_IN_PROGRESS", nodeCount: 3 });
    expect(labelDifference).toEqual({ added: {}, overridden: {}, skipped: {} });
  });

  test("resolves flavor and image, and keeps the names as they were given", async () => {
    const id = await stage.cluster();
    await create(id, { name: "big", flavorId: "m1.large", imageId: "fedora-coreos-38", nodeCount: 2 });
    expect(await group(id, "big")).toMatchObject({ flavorId: "m1.large", imageId: "fedora-coreos-38", nodeCount: 2 });
    const row = await database.db.prisma.nodeGroup.findFirstOrThrow({ where: { clusterId: id, name: "big" } });
    expect(JSON.parse(row.facts)).toMatchObject({ flavor: { name: "m1.large", vcpus: 4 }, ownImage: true });
  });

  test.each([
    ["no map is the cluster's", undefined, false, { a: "1", b: "2" }],
    ["an empty map is a choice", {}, false, {}],
    ["a map alone stands for itself", { b: "3" }, false, { b: "3" }],
    ["a map that is merged lies over the cluster's", { b: "3" }, true, { a: "1", b: "3" }],
  ])("labels: %s", async (_, labels, mergeLabels, kept) => {
    const id = await stage.cluster({ labels: { a: "1", b: "2" } });
    await create(id, { name: "pool", mergeLabels, ...(labels ? { labels } : {}) });
    expect((await group(id, "pool"))?.labels).toEqual(kept);
  });

  const refusals: [why: string, input: Partial<NodegroupCreate>, reason: string, message: RegExp][] = [
    [
      "a taken name",
      { name: "default-worker" },
      "conflict",
      /^A node group with name default-worker already exists in the cluster web-1\.$/,
    ],
    [
      "another control plane",
      { role: "master" },
      "invalid_input",
      /^Creating master nodegroups is currently not supported\.$/,
    ],
    ["fewer nodes than the minimum", { minNodeCount: 2 }, "conflict", /^min_node_count for pool is invalid/],
    [
      "more nodes than the maximum",
      { nodeCount: 3, maxNodeCount: 2 },
      "conflict",
      /^max_node_count for pool is invalid/,
    ],
    ["a minimum above the maximum", { nodeCount: 5, minNodeCount: 4, maxNodeCount: 3 }, "conflict", /^min_node_count/],
    ["a reserved label", { nodeLabels: { "node-role.kubernetes.io/control-plane": "" } }, "conflict", /reserved/],
    ["a label that nodes cannot have", { nodeLabels: { "a b": "" } }, "conflict", /^node_labels for pool is invalid/],
    [
      "a taint of another effect",
      { nodeTaints: [{ key: "a", effect: "Never" }] },
      "conflict",
      /node_taints\[0\]\.effect must be one of/,
    ],
    [
      "a taint without key",
      { nodeTaints: [{ effect: "NoSchedule" }] },
      "conflict",
      /node_taints\[0\]\.key is required/,
    ],
    ["an unknown flavor", { flavorId: "m9.none" }, "flavor_not_found", /^Unable to find flavor m9\.none\.$/],
    ["an unknown image", { imageId: "nothing" }, "image_not_found", /^Image nothing could not be found\.$/],
    ["an image of another distribution", { imageId: "ubuntu-mesos" }, "invalid_input", /os_distro ubuntu/],
    ["an unknown zone", { labels: { availability_zone: "mars" } }, "zone_not_found", /mars/],
    ["nodes newer than the control plane", { labels: { kube_tag: "v1.35.0" } }, "label_refused", /must not be newer/],
    ["nodes that are far older", { labels: { kube_tag: "v1.30.0" } }, "label_refused", /3 minors older at most/],
    ["more than the project may have", { nodeCount: 500 }, "cloud_quota_exceeded", /quota is too small/],
  ];
  test.each(refusals)("%s is refused, and nothing is written", async (_, input, reason, message) => {
    const id = await stage.cluster();
    await expect(create(id, { name: "pool", ...input })).rejects.toMatchObject({
      reason,
      message: expect.stringMatching(message),
    });
    expect(await cluster(id)).toMatchObject({ status: "CREATE_COMPLETE", generation: 1 });
  });

  test("needs the cluster's API to have an address", async () => {
    const id = await stage.cluster({ apiAddress: null });
    await expect(create(id, { name: "pool" })).rejects.toMatchObject({
      reason: "conflict",
      message: "Cluster API address is not available yet",
    });
  });

  test("of a maximum of 0 means no maximum", async () => {
    const id = await stage.cluster();
    await create(id, { name: "pool", nodeCount: 3, maxNodeCount: 0 });
    expect(await group(id, "pool")).toMatchObject({ nodeCount: 3, maxNodeCount: 0 });
  });

  test.each(["DELETE_IN_PROGRESS", "CREATE_FAILED", "ROLLBACK_IN_PROGRESS"] as const)(
    "is refused in %s",
    async (status) => {
      const id = await stage.cluster({ status });
      await expect(create(id, { name: "pool" })).rejects.toMatchObject({ reason: "operation_not_allowed_now" });
    },
  );

  test("needs the right, and administrators reach every project's clusters", async () => {
    const id = await stage.cluster();
    const as = (ctx: CloudStage["member"]) => createNodegroup(stage.deps, ctx, id, { name: "pool" });
    await expect(as(stage.reader)).rejects.toMatchObject({ reason: "forbidden" });
    expect((await as(stage.admin)).group.projectId).toBe(stage.scope.projectId);
  });
});

describe("changing", () => {
  const update = (id: string, name: string, input: Parameters<typeof updateNodegroup>[4]) =>
    updateNodegroup(stage.deps, stage.member, id, name, input);

  test("sets bounds, node labels and taints, of default groups too", async () => {
    const id = await stage.cluster();
    const { group: after } = await update(id, "default-worker", {
      minNodeCount: 1,
      maxNodeCount: 4,
      nodeLabels: { tier: "front" },
      nodeTaints: [{ key: "gpu", effect: "NoSchedule" }],
    });
    expect(after).toMatchObject({
      minNodeCount: 1,
      maxNodeCount: 4,
      nodeLabels: { tier: "front" },
      nodeTaints: [{ key: "gpu", value: null, effect: "NoSchedule" }],
      status: "UPDATE_IN_PROGRESS",
    });
    expect(await cluster(id)).toMatchObject({ status: "UPDATE_IN_PROGRESS" });
    await database.db.prisma.nodeGroup.updateMany({ where: { clusterId: id }, data: { status: "UPDATE_COMPLETE" } });
    expect((await update(id, "default-worker", { maxNodeCount: null, nodeLabels: null })).group).toMatchObject({
      maxNodeCount: null,
      nodeLabels: null,
    });
    expect((await update(id, "default-master", { minNodeCount: 1 })).group).toMatchObject({ minNodeCount: 1 });
  });

  test("of nothing changes nothing", async () => {
    const id = await stage.cluster();
    await update(id, "default-worker", {});
    expect(await cluster(id)).toMatchObject({ status: "CREATE_COMPLETE", generation: 1 });
  });

  test.each([
    [{ minNodeCount: 3 }, /^min_node_count for default-worker is invalid/],
    [{ maxNodeCount: 1 }, /^max_node_count for default-worker is invalid/],
  ])("bounds must hold the size: %j", async (input, message) => {
    const id = await stage.cluster();
    await expect(update(id, "default-worker", input)).rejects.toMatchObject({
      reason: "conflict",
      message: expect.stringMatching(message),
    });
  });

  test("labels and taints are refused on masters", async () => {
    const id = await stage.cluster();
    await expect(update(id, "default-master", { nodeLabels: { a: "b" } })).rejects.toMatchObject({
      reason: "conflict",
    });
  });

  test("waits for a group that is being made", async () => {
    const id = await stage.cluster();
    await create(id, { name: "pool" });
    await expect(update(id, "pool", { minNodeCount: 1 })).rejects.toMatchObject({
      reason: "operation_not_allowed_now",
      message: 'Updating a node group when status is "CREATE_IN_PROGRESS" is not supported.',
    });
  });
});

describe("deleting", () => {
  const remove = (id: string, name: string) => deleteNodegroup(stage.deps, stage.member, id, name);

  test("marks the group and its cluster, and may be repeated", async () => {
    const id = await stage.cluster({ pools: [{ name: "pool" }] });
    await remove(id, "pool");
    await remove(id, "pool");
    expect(await group(id, "pool")).toMatchObject({ status: "DELETE_IN_PROGRESS" });
    expect(await cluster(id)).toMatchObject({ status: "UPDATE_IN_PROGRESS", generation: 2 });
  });

  test("of a default group is refused in Magnum's words", async () => {
    const id = await stage.cluster();
    await expect(remove(id, "default-worker")).rejects.toThrow("Deleting a default nodegroup is not supported.");
  });

  test("of what is not there names it", async () => {
    const id = await stage.cluster();
    await expect(remove(id, "nope")).rejects.toMatchObject({
      reason: "nodegroup_not_found",
      message: "Nodegroup nope could not be found.",
    });
  });
});
