// JSON patches: the rules that templates, clusters and node groups share (magnum-api 6.3).
import { beforeEach, describe, expect, test } from "vitest";
import { latest, openDoor, refused } from "../testing/door.ts";

const door = openDoor();
let template: string;
const patch = (steps: unknown, as = "member") => door.patch(`/v1/clustertemplates/${template}`, steps, { as });
const words = { name: "k8s", labels: { a: "1" }, imageId: "x" };

beforeEach(async () => {
  template = await door.template(words);
});

const step = (op: string, path: string, value?: unknown) => ({ op, path, ...(value === undefined ? {} : { value }) });

describe("a patch", () => {
  test.each([
    [{ name: "x" }, /attribute patch\. .*Value not a valid list/],
    [["x"], /Expected an object/],
    [[step("move", "/name", "x")], /attribute 0\.op\.|Value should be one of: add, replace, remove/],
    [[step("replace", "name", "x")], /Value should match the pattern/],
    [[step("replace", "/labels/a.b", "x")], /Value should match the pattern/],
    [[step("replace", "/uuid", "x")], "'/uuid' is an internal attribute and can not be updated"],
    [[step("replace", "/project_id", "x")], "'/project_id' is an internal attribute and can not be updated"],
    [[step("remove", "/coe")], "'/coe' is a mandatory attribute and can not be removed"],
    [[step("remove", "/external_network_id")], /is a mandatory attribute and can not be removed/],
    [[step("replace", "/name")], "'add' and 'replace' operations needs value"],
    [[step("add", "/name", null)], "'add' and 'replace' operations needs value"],
    [[step("add", "/foo", 1)], "Adding a new attribute /foo to the root of the resource is not allowed."],
    [[step("add", "/name", "x")], "The attribute /name has existed, please use 'replace' operation instead."],
    [[step("replace", "/nope", 1)], /^Couldn't apply patch .* Reason: can't replace a non-existent object 'nope'/],
    [[step("remove", "/labels/z")], /can't remove a non-existent object 'z'/],
    [[step("replace", "/labels", "{'a'")], /^Couldn't apply patch/],
    [[step("replace", "/labels", "['a']")], /Expected an object/],
    [[step("replace", "/labels/a/b", "x")], /^Couldn't apply patch/],
    [[step("replace", "/apiserver_port", "80")], /Value: '80'. Value should be greater or equal to 1024/],
    [[step("replace", "/tls_disabled", "maybe")], /Value should be a boolean/],
    [[step("replace", "/name", { a: 1 })], /Wrong type\. Expected a string/],
    [[step("replace", "/__proto__", "x")], /non-existent object '__proto__'/],
  ])("%j is refused", async (steps, detail) => {
    expect(await patch(steps)).toEqual(refused(400, detail));
    expect((await door.call(`/v1/clustertemplates/${template}`)).json).toMatchObject({
      name: "k8s",
      labels: { a: "1" },
    });
  });

  test("is held against its form before anything is looked up", async () => {
    for (const collection of ["clusters", "clustertemplates"]) {
      expect((await door.patch(`/v1/${collection}/none`, { name: "x" })).status).toBe(400);
      expect((await door.patch(`/v1/${collection}/none`, [])).status).toBe(404);
    }
  });

  test("that is empty changes nothing", async () => {
    expect((await patch([])).json).toMatchObject({ name: "k8s", updated_at: null });
    const id = await door.cluster("CREATE_COMPLETE");
    expect((await door.patch(`/v1/clusters/${id}`, [])).status).toBe(202);
  });
});

// What needs the cloud for its checks (image, flavor, networks) is told in templates.test.ts.
describe("values of a template that need no look-up", () => {
  test("0 and false are values", async () => {
    const { json } = await patch([step("replace", "/public", false), step("replace", "/hidden", "False")]);
    expect(json).toMatchObject({ public: false, hidden: false });
  });

  test("are coerced as in a creation (E12)", async () => {
    const { json } = await patch([step("replace", "/public", "yes"), step("replace", "/name", 7)], "admin");
    expect(json).toMatchObject({ public: true, name: "7" });
  });

  test("are added and taken away", async () => {
    expect((await patch([step("add", "/tags", "a,b")])).json).toMatchObject({ tags: "a,b" });
    expect((await patch([step("remove", "/tags")])).json).toMatchObject({ tags: null });
  });
});

describe("health of a cluster", () => {
  const health = (id: string, value: unknown) =>
    door.patch(`/v1/clusters/${id}`, [
      step("replace", "/health_status", "UNHEALTHY"),
      step("replace", "/health_status_reason", value),
    ]);

  test.each([
    ["{'api': 'ok', 'web-0.Ready': 'False', 'nodes': True, 'n': 3, 'x': None}", null],
    [`{"api": "ok", "web-0.Ready": "False"}`, { api: "ok", "web-0.Ready": "False" }],
    ["{u'api': u'it\\'s ok'}", { api: "it's ok" }],
    [
      { api: "ok", n: 1 },
      { api: "ok", n: "1" },
    ],
  ])("%j is read as Python's text, as JSON, and as an object (E11)", async (value, expected) => {
    const id = await door.cluster("CREATE_COMPLETE");
    const answer = await health(id, value);
    if (expected === null) return expect(answer).toEqual(refused(400, /health_status_reason\.x/));
    expect(answer.status).toBe(202);
    expect((await door.call(`/v1/clusters/${id}`)).json).toMatchObject({
      status: "CREATE_COMPLETE",
      health_status: "UNHEALTHY",
      health_status_reason: expected,
    });
  });

  test("is taken in every state but deleting, and moves none (E14)", async () => {
    for (const status of ["UPDATE_IN_PROGRESS", "UPDATE_FAILED", "CREATE_IN_PROGRESS"] as const) {
      const id = await door.cluster(status);
      expect((await health(id, "{'api': 'down'}")).status).toBe(202);
      expect((await door.call(`/v1/clusters/${id}`)).json).toMatchObject({ status, health_status: "UNHEALTHY" });
    }
    expect(await health(await door.cluster("DELETE_IN_PROGRESS"), "{}")).toEqual(refused(400, /DELETE_IN_PROGRESS/));
  });

  test("has three words", async () => {
    const id = await door.cluster("CREATE_COMPLETE");
    expect(await door.patch(`/v1/clusters/${id}`, [step("replace", "/health_status", "FINE")])).toEqual(
      refused(400, /Value should be one of: HEALTHY, UNHEALTHY, UNKNOWN/),
    );
  });
});

describe("a cluster", () => {
  test("takes nothing but size and health", async () => {
    const id = await door.cluster("CREATE_COMPLETE", { cluster: { labels: { a: "1" } } });
    const url = `/v1/clusters/${id}`;
    expect(await door.patch(url, [step("replace", "/name", "x"), step("add", "/labels/b", "2")])).toEqual(
      refused(400, /^cannot change cluster property\(ies\) name, labels\.$/),
    );
    // Heat sends these: refused as ever (E10).
    for (const [path, value] of [
      ["/master_count", 3],
      ["/create_timeout", 5],
    ] as const)
      expect((await door.patch(url, [step("replace", path, value)])).status).toBe(400);
    expect((await door.patch(url, [step("add", "/discovery_url", "http://x")])).status).toBe(400);
    // What it is already may be sent, also as text.
    for (const value of [60, "60"])
      expect((await door.patch(url, [step("replace", "/create_timeout", value)])).status).toBe(202);
    for (const path of ["/stack_id", "/api_address", "/cluster_id", "/trust_id", "/ca_cert_ref"])
      expect(await door.patch(url, [step("replace", path, "x")])).toEqual(refused(400, /internal attribute/));
    expect(await door.patch(url, [step("remove", "/cluster_template_id")])).toEqual(refused(400, /mandatory/));
  });

  test("takes its size as number and as text; taken away it is 1", async () => {
    for (const [change, count] of [
      [step("replace", "/node_count", 5), 5],
      [step("replace", "/node_count", "4"), 4],
      [step("remove", "/node_count"), 1],
    ] as const) {
      const id = await door.cluster("CREATE_COMPLETE", { workers: 3 });
      const answer = await door.patch(`/v1/clusters/${id}`, [change]);
      expect([answer.status, answer.json]).toEqual([202, { uuid: id }]);
      expect((await door.call(`/v1/clusters/${id}`)).json).toMatchObject({
        status: "UPDATE_IN_PROGRESS",
        node_count: count,
      });
    }
  });
});

describe("a node group", () => {
  const group = async () =>
    `/v1/clusters/${await door.cluster("CREATE_COMPLETE", { workers: 2 })}/nodegroups/default-worker`;

  test("takes bounds, labels and taints of nodes, and answers what it is then", async () => {
    const url = await group();
    const bounds = [step("replace", "/min_node_count", 1), step("add", "/max_node_count", "3")];
    const answer = await door.patch(url, bounds, { version: latest });
    expect([answer.status, answer.json]).toEqual([
      202,
      expect.objectContaining({ min_node_count: 1, max_node_count: 3 }),
    ]);
    const open = await door.patch(url, [step("remove", "/max_node_count")], { version: latest });
    expect(open.json).toMatchObject({ min_node_count: 1, max_node_count: null });
    const marks = [
      step("add", "/node_labels", "{'tier': 'web'}"),
      step("add", "/node_taints", "[{'key': 'gpu', 'effect': 'NoSchedule'}]"),
    ];
    expect((await door.patch(url, marks, { version: latest })).json).toMatchObject({
      node_labels: { tier: "web" },
      node_taints: [{ key: "gpu", effect: "NoSchedule" }],
    });
    const none = [step("remove", "/node_labels"), step("remove", "/node_taints")];
    expect((await door.patch(url, none, { version: latest })).json).toMatchObject({
      node_labels: null,
      node_taints: null,
    });
  });

  test.each([
    "/name",
    "/node_count",
    "/role",
    "/labels",
    "/flavor_id",
    "/is_default",
    "/status",
    "/version",
    "/cluster_id",
  ])("does not take %s", async (path) => {
    expect(await door.patch(await group(), [step("replace", path, "x")], { version: latest })).toEqual(
      refused(400, `'${path}' is an internal attribute and can not be updated`),
    );
  });
});
