// Node groups: what is refused, and how (magnum-api 8). New ones that are accepted need a cloud: cluster-create.test.ts.
import { describe, expect, test } from "vitest";
import { latest, openDoor, refused } from "../testing/door.ts";

const door = openDoor();
const path = (id: string) => `/v1/clusters/${id}/nodegroups`;

describe("a new node group", () => {
  test.each([
    [{}, 400, "Invalid input for field/attribute name. Value: 'None'. Mandatory field missing."],
    [{ name: "" }, 400, /minimum character requirement of 1/],
    [{ name: "p", foo: 1 }, 400, "Unknown attribute for argument nodegroup: foo"],
    [{ name: "p", project_id: "x" }, 400, /Cannot set read only field/],
    [{ name: "p", stack_id: "x" }, 400, /Cannot set read only field/],
    [{ name: "p", node_count: -1 }, 400, /greater or equal to 0/],
    [{ name: "p", role: "master" }, 400, "Creating master nodegroups is currently not supported."],
    [{ name: "default-worker" }, 409, /^A node group with name default-worker already exists in the cluster /],
    [{ name: "p", node_count: 1, min_node_count: 2 }, 409, /^min_node_count for p is invalid \(/],
    [{ name: "p", node_count: 3, max_node_count: 2 }, 409, /^max_node_count for p is invalid \(/],
    [{ name: "p", node_labels: { "kubernetes.io/x": "y" } }, 409, /^node_labels for p is invalid \(/],
    [{ name: "p", node_labels: "x" }, 400, /node_labels\. .*Expected an object/],
    [{ name: "p", node_taints: [{ effect: "NoSchedule" }] }, 409, /node_taints\[0\]\.key/],
    [{ name: "p", node_taints: [{ key: "a", effect: "Never" }] }, 409, /node_taints\[0\]\.effect must be one of/],
    [{ name: "p", node_taints: [{ key: "a", effect: "NoSchedule", x: 1 }] }, 409, /unknown key x/],
    [{ name: "p", node_taints: { key: "a" } }, 400, /node_taints\. .*Expected a list/],
  ])("of %j is %i", async (body, status, detail) => {
    const id = await door.cluster("CREATE_COMPLETE");
    expect(await door.post(path(id), body, { version: latest })).toEqual(refused(status, detail));
  });

  test("needs the cluster's API address: 409", async () => {
    const id = await door.cluster("CREATE_IN_PROGRESS");
    expect(await door.post(path(id), { name: "p" }, { version: latest })).toEqual(
      refused(409, "Cluster API address is not available yet"),
    );
  });
});

describe("default node groups", () => {
  test("are two, and show every key", async () => {
    const id = await door.cluster("CREATE_COMPLETE", { workers: 2, cluster: { labels: { a: "1" } } });
    const { json } = await door.call(path(id), { version: latest });
    expect(json["nodegroups"]).toMatchObject([{ name: "default-master" }, { name: "default-worker", node_count: 2 }]);
    expect((await door.call(`${path(id)}/default-master`, { version: latest })).json).toMatchObject({
      id: expect.any(Number),
      role: "master",
      is_default: true,
      cluster_id: id,
      labels_skipped: { a: "1" },
      merge_labels: false,
      node_labels: null,
      node_taints: null,
    });
  });

  test("cannot be deleted", async () => {
    const id = await door.cluster("CREATE_COMPLETE");
    for (const name of ["default-master", "default-worker"])
      expect(await door.call(`${path(id)}/${name}`, { method: "DELETE", version: latest })).toEqual(
        refused(400, "Deleting a default nodegroup is not supported."),
      );
  });

  test("of masters take bounds that have no effect (E24), but no labels", async () => {
    const id = await door.cluster("CREATE_COMPLETE");
    const url = `${path(id)}/default-master`;
    const bound = [{ op: "replace", path: "/min_node_count", value: 1 }];
    expect((await door.patch(url, bound, { version: latest })).status).toBe(202);
    const mark = [{ op: "add", path: "/node_labels", value: { a: "b" } }];
    expect((await door.patch(url, mark, { version: latest })).status).toBe(409);
  });
});

describe("a change", () => {
  test.each([
    [[{ op: "replace", path: "/min_node_count", value: 9 }], 409, /^min_node_count for default-worker is invalid \(/],
    [[{ op: "add", path: "/max_node_count", value: 1 }], 409, /^max_node_count for default-worker is invalid \(/],
    [[{ op: "replace", path: "/min_node_count", value: "x" }], 400, /min_node_count\. Value: 'x'/],
    [[{ op: "add", path: "/node_taints", value: "[{'key': 'a', 'effect': 'Never'}]" }], 409, /effect must be one of/],
    [{}, 400, /Value not a valid list/],
  ])("of %j is %i", async (steps, status, detail) => {
    const id = await door.cluster("CREATE_COMPLETE", { workers: 2 });
    expect(await door.patch(`${path(id)}/default-worker`, steps, { version: latest })).toEqual(refused(status, detail));
  });

  test("of one that is not there is 404", async () => {
    const id = await door.cluster("CREATE_COMPLETE");
    for (const method of ["GET", "DELETE"] as const)
      expect(await door.call(`${path(id)}/none`, { method, version: latest })).toEqual(
        refused(404, "Nodegroup none could not be found."),
      );
    expect(await door.patch(`${path(id)}/none`, [], { version: latest })).toEqual(refused(404, /none/));
  });
});
