// New clusters at a cloud that answers (magnum-api 7.1, 11), and what refuses them (magnum-api 3).
import { beforeAll, describe, expect, test } from "vitest";
import { aDriver } from "../../testing/test-deps.ts";
import { at, latest, openDoor, refused } from "../testing/door.ts";

const door = openDoor({ cloud: true, drivers: [aDriver({ can: { upgrade: true, rotateCa: true } })] });
const path = "/v1/clusters";
let template: string;
let bare: string;

beforeAll(async () => {
  const body = { coe: "kubernetes", image_id: "fedora-coreos-38", external_network_id: "public" };
  const flavors = { flavor_id: "m1.small", master_flavor_id: "m1.small" };
  const labels = { a: "1", b: "2" };
  template = String(
    (await door.post("/v1/clustertemplates", { ...body, ...flavors, labels, name: "k8s" })).json["uuid"],
  );
  bare = String((await door.post("/v1/clustertemplates", { ...body, name: "bare" })).json["uuid"]);
});

describe("a new cluster", () => {
  test("is accepted with its id alone, and there with both node groups before that is answered (E3)", async () => {
    const answer = await door.post(path, { cluster_template_id: "k8s" });
    expect([answer.status, Object.keys(answer.json)]).toEqual([202, ["uuid"]]);
    const url = `${path}/${String(answer.json["uuid"])}`;
    expect((await door.call(url)).json).toMatchObject({
      name: expect.stringMatching(/^[a-z]+-\d{1,2}-cluster$/),
      status: "CREATE_IN_PROGRESS",
      cluster_template_id: template,
      node_count: 1,
      master_count: 1,
      create_timeout: 60,
      labels: { a: "1", b: "2" },
      flavor_id: "m1.small",
      merge_labels: false,
      health_status: null,
      health_status_reason: {},
      project_id: door.projectId,
    });
    const groups = await door.call(`${url}/nodegroups`, { version: latest });
    expect(groups.json["nodegroups"]).toMatchObject([
      { name: "default-master", role: "master", is_default: true, status: "CREATE_IN_PROGRESS" },
      { name: "default-worker", role: "worker", is_default: true },
    ]);
  });

  test("of Heat, with all its nulls, of Horizon, all text, and of gophercloud mean the same", async () => {
    const shown = async (body: object) => {
      const { status, json, text } = await door.post(
        path,
        { cluster_template_id: template, name: "same", ...body },
        { version: latest },
      );
      expect(status, text).toBe(202);
      const {
        uuid: _u,
        links: _l,
        created_at: _c,
        user_id: _i,
        ...rest
      } = (await door.call(`${path}/${String(json["uuid"])}`)).json;
      return rest;
    };
    const heat = { keypair: null, node_count: 1, master_count: 1, discovery_url: null, create_timeout: 60 };
    const horizon = {
      keypair: "",
      node_count: "1",
      master_count: "1",
      create_timeout: "60",
      floating_ip_enabled: "True",
      docker_volume_size: "",
      labels: {},
    };
    const plain = await shown({});
    expect(await shown(heat)).toEqual(plain);
    expect(await shown(horizon)).toEqual(plain);
    expect(await shown({ create_timeout: null, master_count: null, labels: null })).toEqual({
      ...plain,
      create_timeout: null,
    });
  });

  test("inherits, replaces or merges labels, and tells the difference with the template's values (E26)", async () => {
    const labelled = async (body: object) => {
      const { json } = await door.post(path, { cluster_template_id: template, ...body });
      return (await door.call(`${path}/${String(json["uuid"])}`)).json;
    };
    expect(await labelled({ labels: { b: 3, c: true } })).toMatchObject({
      labels: { b: "3", c: "True" },
      labels_added: { c: "True" },
      labels_overridden: { b: "2" },
      labels_skipped: { a: "1" },
    });
    expect(await labelled({ labels: { b: "3" }, merge_labels: "yes" })).toMatchObject({
      labels: { a: "1", b: "3" },
      labels_skipped: {},
    });
  });

  test("may have no workers, also without a version (E36)", async () => {
    expect((await door.post(path, { cluster_template_id: template, node_count: 0 })).status).toBe(202);
    expect((await door.post(path, { cluster_template_id: template, node_count: 0 }, { version: at(9) })).status).toBe(
      400,
    );
  });

  test.each([
    [{}, 400, "Invalid input for field/attribute cluster_template_id. Value: 'None'. Mandatory field missing."],
    [
      { cluster_template_id: "k8s", name: "" },
      400,
      /name\. Value: ''\. Value should have a minimum character requirement of 1/,
    ],
    [{ cluster_template_id: "k8s", name: "1a" }, 400, /Value should match the pattern/],
    [{ cluster_template_id: "k8s", name: "a".repeat(243) }, 400, /maximum character requirement of 242/],
    [
      { cluster_template_id: "k8s", node_count: -1 },
      400,
      "Invalid input for field/attribute node_count. Value: '-1'. Value should be greater or equal to 0",
    ],
    [{ cluster_template_id: "k8s", node_count: "two" }, 400, /node_count\. Value: 'two'\. Wrong type/],
    [{ cluster_template_id: "k8s", master_count: 0 }, 400, /Value should be greater or equal to 1/],
    [{ cluster_template_id: "k8s", master_count: 2 }, 400, /^master nodegroup size of 2 is invalid, size /],
    [
      { cluster_template_id: "k8s", master_count: 3, master_lb_enabled: false },
      400,
      "master_count must be 1 when master_lb_enabled is False",
    ],
    [{ cluster_template_id: "k8s", floating_ip_enabled: "maybe" }, 400, /Value should be a boolean/],
    [
      { cluster_template_id: "k8s", stack_id: "x" },
      400,
      "Invalid input for field/attribute stack_id. Value: 'x'. Cannot set read only field.",
    ],
    [{ cluster_template_id: "k8s", foo: 1 }, 400, "Unknown attribute for argument cluster: foo"],
    [{ cluster_template_id: "k8s", flavor_id: "aaa" }, 400, "Unable to find flavor aaa."],
    [{ cluster_template_id: "k8s", master_flavor_id: "aaa" }, 400, "Unable to find flavor aaa."],
    [{ cluster_template_id: "k8s", fixed_network: "none" }, 400, "Unable to find fixed network none."],
    [{ cluster_template_id: "k8s", fixed_subnet: "none" }, 400, "Unable to find fixed subnet none."],
    [{ cluster_template_id: "k8s", keypair: "none" }, 404, "Unable to find keypair none."],
    [{ cluster_template_id: "none" }, 404, "ClusterTemplate none could not be found."],
    [{ cluster_template_id: "bare" }, 400, /^Unable to find flavor None\.|flavor/],
  ] as const)("of %j is %i", async (body, status, detail) => {
    expect(await door.post(path, body, { version: latest })).toEqual(refused(status, detail));
  });

  test("ignores what answers say and nobody can set", async () => {
    const body = {
      cluster_template_id: template,
      uuid: "x",
      status: "y",
      health_status: "HEALTHY",
      faults: {},
      labels_added: {},
    };
    const { status, json } = await door.post(path, body);
    expect([status, json["uuid"] === "x"]).toEqual([202, false]);
  });

  test("beyond the quota is 403, counting every cluster (E27)", async () => {
    const count = await door.database.db.prisma.cluster.count({ where: { projectId: door.projectId } });
    const url = `/v1/quotas/${door.projectId}/Cluster`;
    const quota = { project_id: door.projectId, hard_limit: count };
    const { status, text } = await door.post("/v1/quotas", quota, { as: "admin" });
    expect(status, text).toBe(201);
    expect(await door.post(path, { cluster_template_id: template })).toEqual(
      refused(
        403,
        `Resource limit exceeded: You have reached the maximum clusters per project, ${count}. You may delete a cluster to make room for a new one.`,
      ),
    );
    expect(await door.post("/v1/quotas", quota, { as: "admin" })).toEqual(
      refused(409, `Quota for project ${door.projectId} already exists for resource Cluster.`),
    );
    expect((await door.call(url, { method: "DELETE", as: "admin" })).status).toBe(204);
    expect(await door.post("/v1/quotas", { project_id: "none", hard_limit: 1 }, { as: "admin" })).toEqual(
      refused(404, "The project_id none could not be found."),
    );
  });

  test("from a hidden template is 403 but for administrators", async () => {
    await door.patch(`/v1/clustertemplates/${bare}`, [{ op: "replace", path: "/hidden", value: true }], {
      as: "admin",
    });
    expect(
      await door.post(path, { cluster_template_id: bare, flavor_id: "m1.small", master_flavor_id: "m1.small" }),
    ).toEqual(refused(403, "Not authorized."));
  });
});

describe("by its older name", () => {
  test("a bay at 1.1 is answered whole with 201, from 1.2 on by its id", async () => {
    const first = await door.post("/v1/bays", { baymodel_id: template, name: "bay-1", bay_create_timeout: 30 });
    expect(first.status).toBe(201);
    expect(first.json).toMatchObject({
      name: "bay-1",
      baymodel_id: template,
      bay_create_timeout: 30,
      status: "CREATE_IN_PROGRESS",
    });
    const second = await door.post("/v1/bays", { baymodel_id: template }, { version: at(2) });
    expect([second.status, Object.keys(second.json)]).toEqual([202, ["uuid"]]);
    expect(await door.post("/v1/bays", { cluster_template_id: template })).toEqual(
      refused(400, /^Unknown attribute for argument bay: cluster_template_id\n.* baymodel_id\. /),
    );
  });

  test("a baymodel is made, with its address", async () => {
    const { status, json, headers } = await door.post("/v1/baymodels", {
      coe: "kubernetes",
      image_id: "fedora-coreos-38",
    });
    expect([status, headers["location"]]).toEqual([201, `http://localhost:80/v1/baymodels/${String(json["uuid"])}`]);
  });
});

describe("a node group that is new", () => {
  test("is answered with 202 and every key, which it keeps", async () => {
    const wish = { cluster_template_id: template, labels: { a: "1" } };
    const id = String((await door.post(path, wish)).json["uuid"]);
    await door.settle(id, "CREATE_COMPLETE");
    const url = `${path}/${id}/nodegroups`;
    const body = {
      name: "pool",
      node_count: "2",
      min_node_count: 1,
      max_node_count: null,
      role: "gateway",
      flavor_id: "m1.medium",
      labels: { b: 2 },
      merge_labels: true,
      is_default: true,
      node_labels: { tier: "web" },
      node_taints: [{ key: "gpu", value: "x", effect: "NoSchedule" }],
    };
    const answer = await door.post(url, body, { version: latest });
    expect(answer.status, answer.text).toBe(202);
    expect(answer.json).toMatchObject({
      name: "pool",
      node_count: 2,
      min_node_count: 1,
      max_node_count: null,
      role: "gateway",
      flavor_id: "m1.medium",
      labels: { a: "1", b: "2" },
      labels_added: { b: "2" },
      // A third default group would hide the real one (E15).
      is_default: false,
      node_labels: { tier: "web" },
      node_taints: [{ key: "gpu", value: "x", effect: "NoSchedule" }],
      status: "CREATE_IN_PROGRESS",
      cluster_id: id,
      links: [
        { href: `http://localhost:80/v1/clusters/${id}/nodegroups/${String(answer.json["uuid"])}`, rel: "self" },
        {},
      ],
    });
    expect((await door.call(`${url}/pool`, { version: latest })).json).toEqual(answer.json);
    expect((await door.call(`${path}/${id}`)).json).toMatchObject({ status: "UPDATE_IN_PROGRESS", node_count: 3 });
    expect(await door.post(url, { name: "pool" }, { version: latest })).toEqual(
      refused(409, /^A node group with name pool already exists in the cluster /),
    );
    expect((await door.call(`${url}/pool`, { method: "DELETE", version: latest })).status).toBe(204);
  });

  test("has the cluster's labels where it brings none, and none where it brings an empty map", async () => {
    const wish = { cluster_template_id: template, labels: { a: "1" } };
    const id = String((await door.post(path, wish)).json["uuid"]);
    await door.settle(id, "CREATE_COMPLETE");
    const labelsOf = async (name: string, more: object) => {
      const body = { name, min_node_count: null, max_node_count: null, ...more };
      const answer = await door.post(`${path}/${id}/nodegroups`, body, { version: latest });
      return answer.json["labels"] ?? answer.text;
    };
    expect(await labelsOf("absent", {})).toEqual({ a: "1" });
    expect(await labelsOf("null", { labels: null })).toEqual({ a: "1" });
    expect(await labelsOf("empty", { labels: {} })).toEqual({});
    expect(await labelsOf("unbounded", { labels: { b: 1 }, node_count: 2, max_node_count: 0 })).toEqual({ b: "1" });
  });
});

describe("an upgrade", () => {
  const upgrade = (id: string, body: object) => door.post(`${path}/${id}/actions/upgrade`, body, { version: latest });

  test("is held against the state before it is answered (E4)", async () => {
    const wish = { cluster_template_id: template };
    const id = String((await door.post(path, wish)).json["uuid"]);
    for (const status of [
      "CREATE_IN_PROGRESS",
      "CREATE_FAILED",
      "UPDATE_FAILED",
      "UPDATE_IN_PROGRESS",
      "DELETE_FAILED",
    ] as const) {
      await door.settle(id, status);
      expect(await upgrade(id, { cluster_template: template })).toEqual(
        refused(400, new RegExp(`^Upgrading a cluster when status is "${status}" is not supported\\.`)),
      );
    }
  });

  test("goes forward only, one minor version at a time, and pools follow their cluster", async () => {
    const body = {
      coe: "kubernetes",
      image_id: "fedora-coreos-38",
      external_network_id: "public",
      flavor_id: "m1.small",
      master_flavor_id: "m1.small",
    };
    for (const [name, kube_tag] of [
      ["v30", "v1.30.1"],
      ["v31", "v1.31.1"],
      ["v33", "v1.33.1"],
    ])
      await door.post("/v1/clustertemplates", { ...body, name, labels: { kube_tag } });
    const id = String((await door.post(path, { cluster_template_id: "v31" })).json["uuid"]);
    await door.settle(id, "CREATE_COMPLETE");
    expect(await upgrade(id, { cluster_template: "v30" })).toEqual(
      refused(400, /^Received invalid tag for kube_tag: going from v1\.31\.1 to v1\.30\.1 is a downgrade/),
    );
    expect((await upgrade(id, { cluster_template: "v33" })).status).toBeGreaterThanOrEqual(400);
  });
});
