// Lists, paging and identifiers (magnum-api 5).
import { beforeAll, describe, expect, test } from "vitest";
import { latest, openDoor, refused, type Answer } from "../testing/door.ts";

const door = openDoor();
let cluster: string;

beforeAll(async () => {
  const ids: string[] = [];
  for (const name of ["b", "a", "c"]) ids.push(await door.cluster("CREATE_COMPLETE", { cluster: { name } }));
  cluster = ids[0] ?? "";
  const { prisma } = door.database.db;
  const worker = await prisma.nodeGroup.findFirstOrThrow({ where: { clusterId: cluster, role: "worker" } });
  const { seq: _, ...copy } = worker;
  for (const [name, role, count] of [
    ["pool", "worker", 5],
    ["edge", "gateway", 1],
  ] as const)
    await prisma.nodeGroup.create({
      data: {
        ...copy,
        id: crypto.randomUUID(),
        name,
        role,
        nodeCount: count,
        isDefault: false,
        minNodeCount: 1,
        maxNodeCount: 7,
      },
    });
});

const names = ({ json }: Answer, key: string) => {
  const rows = json[key];
  return Array.isArray(rows) ? rows.map((row: { name?: string }) => row.name) : [];
};
const nextOf = ({ json }: Answer) => String(json["next"]).replace(/^http:\/\/[^/]+/, "");

describe("pages", () => {
  test("link to the next one below /v1 until one is not full (E2)", async () => {
    const first = await door.call("/v1/clusters?limit=2&sort_key=name&sort_dir=desc");
    expect(first.json["next"]).toMatch(
      /^http:\/\/localhost:80\/v1\/clusters\?sort_key=name&sort_dir=desc&limit=2&marker=[0-9a-f-]{36}$/,
    );
    const second = await door.call(nextOf(first));
    expect([...names(first, "clusters"), ...names(second, "clusters")]).toEqual(["c", "b", "a"]);
    expect(second.json).not.toHaveProperty("next");
  });

  test("of details stay details", async () => {
    const first = await door.call("/v1/clusters/detail?limit=1");
    expect(nextOf(first)).toMatch(/^\/v1\/clusters\/detail\?/);
    expect((await door.call(nextOf(first))).json["clusters"]).toMatchObject([{ api_address: expect.any(String) }]);
  });

  test("that are exactly full have a next one, which is empty", async () => {
    const first = await door.call("/v1/clusters?limit=3");
    expect(names(await door.call(nextOf(first)), "clusters")).toEqual([]);
  });

  test("without a limit hold up to 1000, and no more where more is asked for", async () => {
    expect((await door.call("/v1/clusters?limit=5000")).json).not.toHaveProperty("next");
    expect(names(await door.call("/v1/clusters"), "clusters")).toEqual(["b", "a", "c"]);
  });

  test("of templates are sorted by every stored column, as Magnum's are", async () => {
    const answered = ["id", "links", "labels", "status"];
    const { json } = await door.call(`/v1/clustertemplates/${await door.template()}`);
    for (const column of Object.keys(json).filter((key) => !answered.includes(key)))
      expect((await door.call(`/v1/clustertemplates?sort_key=${column}&sort_dir=desc`)).status, column).toBe(200);
  });

  test("of templates are made the same way", async () => {
    const first = await door.call("/v1/clustertemplates?limit=1");
    expect(nextOf(first)).toMatch(/^\/v1\/clustertemplates\?sort_key=id&sort_dir=asc&limit=1&marker=/);
    expect((await door.call(nextOf(first))).status).toBe(200);
    expect(nextOf(await door.call("/v1/clustertemplates/detail?limit=1"))).toMatch(/clustertemplates\/detail/);
  });

  test.each([
    ["limit=0", 400, "Limit must be positive"],
    ["limit=-3", 400, "Limit must be positive"],
    ["limit=x", 400, /attribute limit\. Value: 'x'\./],
    ["sort_key=node_count", 400, 'The sort_key value "node_count" is an invalid field for sorting'],
    ["sort_key=master_count", 400, /invalid field for sorting/],
    ["sort_key=node_addresses", 400, /invalid field for sorting/],
    ["sort_key=toString", 400, /invalid field for sorting/],
    ["sort_dir=up", 400, "Invalid sort direction: up. Acceptable values are 'asc' or 'desc'"],
    ["marker=abc", 400, /Expected a UUID but received abc/],
    [
      "marker=00000000-0000-4000-8000-000000000000",
      404,
      "Cluster 00000000-0000-4000-8000-000000000000 could not be found.",
    ],
  ])("with %s are %i", async (query, status, detail) => {
    expect(await door.call(`/v1/clusters?${query}`)).toEqual(refused(status, detail));
    if (!query.startsWith("marker=0") && !query.includes("sort_key=n") && !query.includes("sort_key=m"))
      expect(await door.call(`/v1/clustertemplates?${query}`)).toEqual(refused(status, detail));
  });

  test.each([
    "id",
    "uuid",
    "name",
    "status",
    "stack_id",
    "cluster_template_id",
    "created_at",
    "updated_at",
    "health_status",
  ])("can be sorted by the stored column %s", async (key) => {
    for (const direction of ["asc", "desc"])
      expect(names(await door.call(`/v1/clusters?sort_key=${key}&sort_dir=${direction}`), "clusters")).toHaveLength(3);
  });
});

describe("node groups", () => {
  const list = (query: string) => door.call(`/v1/clusters/${cluster}/nodegroups?${query}`, { version: latest });

  test("page and keep the role that was asked for (E22)", async () => {
    const first = await list("role=worker&limit=1");
    expect(names(first, "nodegroups")).toEqual(["default-worker"]);
    expect(nextOf(first)).toMatch(
      new RegExp(`^/v1/clusters/${cluster}/nodegroups\\?sort_key=id&sort_dir=asc&limit=1&role=worker&marker=`),
    );
    const second = await door.call(nextOf(first), { version: latest });
    expect(names(second, "nodegroups")).toEqual(["pool"]);
    expect(names(await door.call(nextOf(second), { version: latest }), "nodegroups")).toEqual([]);
  });

  test("are filtered by exactly that role", async () => {
    expect(names(await list("role=gateway"), "nodegroups")).toEqual(["edge"]);
    expect(names(await list("role=work"), "nodegroups")).toEqual([]);
    expect(names(await list(""), "nodegroups")).toEqual(["default-master", "default-worker", "pool", "edge"]);
  });

  test("are sorted, also by numbers, and refuse what no column is", async () => {
    expect(names(await list("sort_key=node_count&sort_dir=desc"), "nodegroups")[0]).toBe("pool");
    expect(names(await list("sort_key=name"), "nodegroups")[0]).toBe("default-master");
    expect(await list("sort_key=nope")).toEqual(refused(400, /invalid field for sorting/));
    const unknown = "00000000-0000-4000-8000-000000000000";
    expect(await list(`marker=${unknown}`)).toEqual(refused(404, `Nodegroup ${unknown} could not be found.`));
  });

  test("show their real bounds in lists (E6)", async () => {
    const { json } = await list("role=gateway");
    expect(json["nodegroups"]).toMatchObject([{ min_node_count: 1, max_node_count: 7, merge_labels: false }]);
    expect(JSON.stringify(json)).not.toContain("links");
  });

  test("answer to id, integer id and name", async () => {
    const one = (what: unknown) => door.call(`/v1/clusters/${cluster}/nodegroups/${String(what)}`, { version: latest });
    const { json } = await one("pool");
    expect((await one(json["uuid"])).json).toEqual(json);
    expect((await one(json["id"])).json).toEqual(json);
    expect(await one("detail")).toEqual(refused(404, "Nodegroup detail could not be found."));
  });
});

describe("names", () => {
  test("that several clusters have are 409", async () => {
    for (const _ of [1, 2]) await door.cluster("CREATE_COMPLETE", { cluster: { name: "twin" } });
    const sentence = "Multiple clusters exist with same name. Please use the cluster uuid instead.";
    expect(await door.call("/v1/clusters/twin")).toEqual(refused(409, sentence));
    expect(await door.call("/v1/clusters/twin", { method: "DELETE" })).toEqual(refused(409, sentence));
    expect(await door.patch("/v1/clusters/twin", [])).toEqual(refused(409, sentence));
  });

  test("that several templates have are 409", async () => {
    for (const _ of [1, 2]) await door.template({ name: "twins" });
    expect(await door.call("/v1/clustertemplates/twins")).toEqual(refused(409, /^Multiple .* exist with same name\./));
  });

  test("may look like ids (E21), and ids may be written without hyphens", async () => {
    const name = "abcdefabcdefabcdefabcdefabcdefab";
    const id = await door.cluster("CREATE_COMPLETE", { cluster: { name } });
    expect((await door.call(`/v1/clusters/${name}`)).json).toMatchObject({ uuid: id });
    expect((await door.call(`/v1/clusters/${id.replaceAll("-", "").toUpperCase()}`)).json).toMatchObject({ uuid: id });
  });
});

describe("parameters", () => {
  test("that nobody knows are left out where something is read (E20)", async () => {
    for (const url of [
      "/v1/clusters?all_projects=1&_=123",
      "/v1/clustertemplates?x=y",
      "/v1/stats?x=y",
      "/v1/quotas/p/Cluster?x=y",
    ])
      expect((await door.call(url, { as: "admin" })).status, url).toBe(200);
  });

  test("are refused where something is changed (E20)", async () => {
    const sentence = 'Unknown argument: "force"';
    expect(await door.call(`/v1/clusters/${cluster}?force=1`, { method: "DELETE" })).toEqual(refused(400, sentence));
    expect(await door.patch(`/v1/clusters/${cluster}?force=1`, [])).toEqual(refused(400, sentence));
    expect(await door.post("/v1/clustertemplates?force=1", { coe: "kubernetes", image_id: "x" })).toEqual(
      refused(400, sentence),
    );
  });

  test("given twice count once", async () => {
    expect(names(await door.call("/v1/clusters?limit=1&limit=2"), "clusters")).toHaveLength(1);
  });
});
