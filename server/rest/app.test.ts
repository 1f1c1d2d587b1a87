import type { FastifyInstance } from "fastify";
import { beforeAll, describe, expect, test } from "vitest";
import type { RequestContext } from "../auth/context.ts";
import { DomainError } from "../domain/error.ts";
import type { Deps } from "../services/deps.ts";
import { aProject, writeCluster, writeTemplate } from "../testing/builders.ts";
import { testContext, type TestPerson } from "../testing/test-context.ts";
import { testDatabase } from "../testing/test-db.ts";
import { testDeps } from "../testing/test-deps.ts";
import { buildApi } from "./app.ts";

const database = testDatabase();
const projectId = aProject();
const ours = { projectId, userId: "owner" };
const member = testContext({ ...ours, door: "api" });
let people: Record<string, RequestContext>;
let app: FastifyInstance;
let deps: Deps;
let cluster: string;
let template: string;

beforeAll(async () => {
  deps = testDeps(database.db);
  // Keystone is not here: these tests are about what comes behind the gate.
  const apiContext = async (token: string | undefined) => {
    const known = token === undefined ? undefined : people[token];
    if (!known) throw new DomainError("unauthenticated", "Not known.");
    return known;
  };
  app = buildApi({ ...deps, auth: { ...deps.auth, apiContext } });
  template = await writeTemplate(database.db, member.scope, { name: "k8s" });
  cluster = await writeCluster(database.db, member.scope, {
    cluster: { name: "web.1", clusterTemplateId: template, userId: "owner", labels: { a: "1" } },
    workers: 3,
  });
  const person = (given: TestPerson) => testContext({ ...given, door: "api", clouds: deps.clouds });
  people = {
    member: person(ours),
    reader: person({ projectId, userId: "r", roles: ["reader"] }),
    nobody: person({ projectId, userId: "n", roles: [] }),
    other: person({}),
    admin: person({ roles: ["admin", "member", "reader"], userId: "root" }),
    node: person({ ...ours, nodeOf: cluster }),
  };
});

interface Call {
  method?: "GET" | "POST" | "PATCH" | "DELETE" | "PUT";
  as?: string | null;
  version?: string;
  body?: string | object;
  headers?: Record<string, string>;
}

async function call(url: string, { method = "GET", as = "member", version, body, headers = {} }: Call = {}) {
  const answer = await app.inject({
    method,
    url,
    headers: {
      ...(as === null ? {} : { "x-auth-token": as }),
      ...(version === undefined ? {} : { "openstack-api-version": version }),
      ...headers,
    },
    ...(body === undefined ? {} : { payload: body }),
  });
  const text = answer.body;
  const json: unknown = text !== "" && answer.headers["content-type"] === "application/json" ? JSON.parse(text) : null;
  return { status: answer.statusCode, headers: answer.headers, text, json };
}

describe("discovery", () => {
  test("needs no token, and every answer has a request id of its own", async () => {
    const [root, v1, health] = await Promise.all(["/", "/v1", "/healthcheck"].map((url) => call(url, { as: null })));
    expect(root?.json).toMatchObject({
      versions: [{ id: "v1", status: "CURRENT", min_version: "1.1", max_version: "1.14" }],
    });
    expect(v1?.json).toMatchObject({ id: "v1", clusters: [{ rel: "self" }, { rel: "bookmark" }] });
    expect(health?.text).toBe("OK");
    for (const answer of [root, v1, health])
      expect(answer?.headers["x-openstack-request-id"]).toMatch(/^req-[0-9a-f-]{36}$/);
  });

  test("links are to where the client came in", async () => {
    const { json } = await call("/", { as: null, headers: { host: "coe.example", "x-forwarded-proto": "https" } });
    expect(json).toMatchObject({ versions: [{ links: [{ href: "https://coe.example/v1/" }] }] });
  });
});

describe("around every route", () => {
  test("without a token: 401 in Keystone's shape and where to get one", async () => {
    for (const as of [null, "wrong"]) {
      const { status, headers, json } = await call("/v1/clusters", { as });
      expect(status).toBe(401);
      expect(headers["www-authenticate"]).toMatch(/^Keystone uri="http/);
      expect(json).toEqual({
        error: { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." },
      });
    }
  });

  test("versions are answered in the server's own words", async () => {
    const { headers } = await call("/v1/clusters", { version: "container-infra 1.9" });
    expect(headers).toMatchObject({
      "openstack-api-version": "container-infrastructure-management 1.9",
      "openstack-api-maximum-version": "container-infrastructure-management 1.14",
      vary: "OpenStack-API-Version",
      "content-type": "application/json",
    });
  });

  test("a version that nobody serves: 406 which still names the one that was asked for", async () => {
    const { status, headers, json } = await call("/v1/clusters", { version: "container-infra 1.99" });
    expect(status).toBe(406);
    expect(headers["openstack-api-version"]).toBe("container-infrastructure-management 1.99");
    expect(json).toMatchObject({ errors: [{ code: "magnum.microversion-unsupported" }] });
    const unreadable = await call("/v1/clusters", { version: "1.9" });
    expect(unreadable.status).toBe(406);
    expect(unreadable.headers["openstack-api-version"]).toBeUndefined();
  });

  test.each([
    ["GET", "/v1/nope", 404, "Not Found"],
    ["PUT", "/v1/clusters", 405, "Method Not Allowed"],
    ["GET", "/v1/certificates", 405, "Method Not Allowed"],
    ["DELETE", "/v1/clusters", 405, "Method Not Allowed"],
  ] as const)("%s %s is %i", async (method, url, status, title) => {
    const answer = await call(url, { method });
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ errors: [{ code: "", status, title, detail: "" }] });
  });

  test("a trailing slash, a missing /v1, and parameters that nobody knows make no difference", async () => {
    for (const url of ["/v1/clusters/", "/clusters", `/v1/clusters?limit=5&cachebuster=1`, "/v1/clusters/?limit=1"])
      expect((await call(url)).status, url).toBe(200);
    expect((await call(`/v1/clusters/${cluster}/`)).status).toBe(200);
  });

  test.each([
    ["text/plain", "a=b", 415, "Unknown mimetype: text/plain"],
    ["application/json", "{", 400, "Request is not in valid JSON format"],
    ["application/json", "", 400, 'Missing argument: "cluster"'],
    ["application/json; charset=utf-8", '{"foo":1}', 400, "Unknown attribute for argument cluster: foo"],
  ])("a body of %s %j is refused with %i", async (type, body, status, detail) => {
    const answer = await call("/v1/clusters", { method: "POST", body, headers: { "content-type": type } });
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ errors: [{ code: "client", status, detail }] });
  });

  test("a bug is 500 with the request's id and nothing from inside", async () => {
    const broken = buildApi({
      ...deps,
      auth: { ...deps.auth, apiContext: () => Promise.reject(new Error("secret detail")) },
    });
    const answer = await broken.inject({ url: "/v1/clusters", headers: { "x-auth-token": "member" } });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).toContain(String(answer.headers["x-openstack-request-id"]));
    expect(answer.body).not.toContain("secret detail");
  });

  test("an outage of the cloud is 503 and says which service", async () => {
    const body = { cluster_template_id: "k8s", name: "web-2" };
    const answer = await call("/v1/clusters", { method: "POST", body });
    expect(answer.status).toBe(503);
    expect(answer.json).toMatchObject({
      errors: [{ code: "server", detail: expect.stringMatching(/does not answer/) }],
    });
  });
});

describe("clusters", () => {
  test("are listed short, with links and the sum of workers", async () => {
    const { json } = await call("/v1/clusters", { version: "container-infra 1.12" });
    expect(json).toEqual({
      clusters: [
        {
          uuid: cluster,
          name: "web.1",
          cluster_template_id: template,
          keypair: "mykey",
          node_count: 3,
          master_count: 1,
          docker_volume_size: null,
          labels: { a: "1" },
          master_flavor_id: "m1.small",
          flavor_id: "m1.small",
          create_timeout: 60,
          links: [
            { href: `http://localhost:80/v1/clusters/${cluster}`, rel: "self" },
            { href: `http://localhost:80/clusters/${cluster}`, rel: "bookmark" },
          ],
          stack_id: null,
          status: "CREATE_IN_PROGRESS",
          health_status: null,
          merge_labels: false,
        },
      ],
    });
  });

  test("are shown by id, by hex digits and by a name with a dot in it", async () => {
    for (const what of [cluster, cluster.replaceAll("-", "").toUpperCase(), "web.1"]) {
      const { json } = await call(`/v1/clusters/${what}`, { version: "container-infra latest" });
      expect(json).toMatchObject({
        uuid: cluster,
        stack_id: null,
        cluster_id: null,
        labels_added: { a: "1" },
        labels_overridden: {},
        labels_skipped: {},
        health_status_reason: {},
        node_addresses: [],
        created_at: "2026-01-02T03:04:05.678000+00:00",
        updated_at: null,
      });
    }
  });

  test("that failed say which node groups are at fault, on show only", async () => {
    const id = await writeCluster(database.db, member.scope, {
      cluster: { name: "broken", clusterTemplateId: template },
    });
    await database.db.prisma.cluster.update({ where: { id }, data: { status: "CREATE_FAILED" } });
    await database.db.prisma.nodeGroup.updateMany({
      where: { clusterId: id, role: "worker" },
      data: { status: "CREATE_FAILED", statusReason: "No valid host was found." },
    });
    expect((await call(`/v1/clusters/${id}`)).json).toMatchObject({
      faults: { "default-worker": "No valid host was found." },
    });
    expect((await call("/v1/clusters/detail")).text).not.toContain("faults");
    expect((await call(`/v1/clusters/${cluster}`)).text).not.toContain("faults");
  });

  test("unknown ones are 404 with the whole name in the message", async () => {
    const { status, json } = await call("/v1/clusters/no.such");
    expect(status).toBe(404);
    expect(json).toMatchObject({
      errors: [
        { code: "client", title: "Cluster no.such could not be found", detail: "Cluster no.such could not be found." },
      ],
    });
  });

  test("pages link to the next one below /v1 until they are not full", async () => {
    const first = await call("/v1/clusters?limit=1&sort_key=name&sort_dir=desc");
    const { next } = first.json as { next: string };
    expect(next).toMatch(/\/v1\/clusters\?sort_key=name&sort_dir=desc&limit=1&marker=[0-9a-f-]{36}$/);
    const second = await call(next.replace("http://localhost:80", ""));
    const names = [first, second].flatMap(({ json }) =>
      (json as { clusters: { name: string }[] }).clusters.map((each) => each.name),
    );
    expect(names).toEqual(["web.1", "broken"]);
    expect((await call("/v1/clusters?limit=10")).json).not.toHaveProperty("next");
  });

  test.each([
    ["limit=0", 400, "Limit must be positive"],
    ["sort_key=node_count", 400, 'The sort_key value "node_count" is an invalid field for sorting'],
    ["sort_dir=up", 400, "Invalid sort direction: up. Acceptable values are 'asc' or 'desc'"],
    ["marker=abc", 400, /marker/],
    ["marker=00000000-0000-4000-8000-000000000000", 404, /could not be found/],
  ])("a list with %s is %i", async (query, status, detail) => {
    const answer = await call(`/v1/clusters?${query}`);
    expect(answer.status).toBe(status);
    const { errors } = answer.json as { errors: { detail: string }[] };
    expect(errors[0]?.detail).toMatch(detail);
  });

  test("an unknown template is a bad request before 1.10 and not found since", async () => {
    const body = { cluster_template_id: "nope" };
    expect((await call("/v1/clusters", { method: "POST", body })).status).toBe(400);
    expect((await call("/v1/clusters", { method: "POST", body, version: "container-infra latest" })).status).toBe(404);
  });

  test("deleting is 204 with nothing in it, and 204 again", async () => {
    const id = await writeCluster(database.db, member.scope, { cluster: { clusterTemplateId: template } });
    for (let attempt = 1; attempt <= 2; attempt++) {
      const answer = await call(`/v1/clusters/${id}`, {
        method: "DELETE",
        headers: { "content-type": "application/octet-stream", accept: "*/*" },
      });
      expect([answer.status, answer.text, answer.headers["content-type"]]).toEqual([204, "", undefined]);
    }
    expect((await call(`/v1/clusters/${id}`)).json).toMatchObject({ status: "DELETE_IN_PROGRESS" });
  });
});

describe("templates, quotas, stats", () => {
  test("templates are listed and shown with every documented key", async () => {
    const { json } = await call("/v1/clustertemplates/k8s");
    expect(json).toMatchObject({
      uuid: template,
      coe: "kubernetes",
      network_driver: "flannel",
      public: false,
      tags: null,
    });
    expect(Object.keys(json ?? {})).toHaveLength(37);
    expect((await call("/v1/clustertemplates/detail")).json).toMatchObject({ clustertemplates: [{ uuid: template }] });
  });

  test("one that clusters use is not deleted: 400, as Magnum has it", async () => {
    const { status, json } = await call("/v1/clustertemplates/k8s", { method: "DELETE" });
    expect(status).toBe(400);
    expect(json).toMatchObject({
      errors: [{ detail: `ClusterTemplate ${template} is referenced by one or multiple clusters.` }],
    });
  });

  test("a project without a quota row has the default, without id", async () => {
    expect((await call(`/v1/quotas/${projectId}/Cluster`)).json).toEqual({
      project_id: projectId,
      resource: "Cluster",
      hard_limit: 20,
    });
    expect((await call(`/v1/quotas/${projectId}/Cluster`, { as: "other" })).status).toBe(403);
  });

  test("stats count masters too, of the own project only but for administrators", async () => {
    expect((await call("/v1/stats", { as: "other" })).json).toEqual({ clusters: 0, nodes: 0 });
    expect((await call(`/v1/stats?project_id=${projectId}`, { as: "other" })).status).toBe(403);
    const { json } = await call(`/v1/stats?project_id=${projectId}`, { as: "admin" });
    expect(json).toMatchObject({ clusters: expect.any(Number) });
    expect((await call("/v1/stats?type=bay")).status).toBe(400);
  });
});

describe("changing a cluster", () => {
  const latest = "container-infra latest";
  async function ready(status = "CREATE_COMPLETE") {
    const id = await writeCluster(database.db, member.scope, {
      workers: 2,
      cluster: { clusterTemplateId: template, userId: "owner" },
    });
    await database.db.prisma.cluster.update({ where: { id }, data: { status } });
    await database.db.prisma.nodeGroup.updateMany({ where: { clusterId: id }, data: { status } });
    return id;
  }
  const patch = (id: string, body: unknown, version?: string, query = "") =>
    call(`/v1/clusters/${id}${query}`, { method: "PATCH", body: body as object, ...(version ? { version } : {}) });

  test("by PATCH sets the size, also written as text, and is accepted with the id", async () => {
    const id = await ready();
    const answer = await patch(id, [{ op: "replace", path: "/node_count", value: "5" }], latest, "/?rollback=True");
    expect([answer.status, answer.json]).toEqual([202, { uuid: id }]);
    expect((await call(`/v1/clusters/${id}`)).json).toMatchObject({ status: "UPDATE_IN_PROGRESS", node_count: 5 });
  });

  test("by PATCH to what it is changes nothing", async () => {
    const id = await ready();
    const steps = [
      { op: "replace", path: "/node_count", value: 2 },
      { op: "replace", path: "/create_timeout", value: 60 },
    ];
    for (const body of [[], steps]) expect((await patch(id, body)).status).toBe(202);
    expect((await call(`/v1/clusters/${id}`)).json).toMatchObject({ status: "CREATE_COMPLETE" });
  });

  test("by PATCH takes a healer's report in Python's words, also during an update, and moves no status", async () => {
    const id = await ready("UPDATE_IN_PROGRESS");
    const reason = "{'api': 'ok', 'web-1-0.Ready': 'False', 'nodes': True}";
    const body = [
      { op: "replace", path: "/health_status", value: "UNHEALTHY" },
      { op: "replace", path: "/health_status_reason", value: reason },
    ];
    expect((await patch(id, body)).status).toBe(202);
    expect((await call(`/v1/clusters/${id}`)).json).toMatchObject({
      status: "UPDATE_IN_PROGRESS",
      health_status: "UNHEALTHY",
      health_status_reason: { api: "ok", "web-1-0.Ready": "False", nodes: "True" },
    });
  });

  test("by PATCH to anything else is refused by name", async () => {
    const id = await ready();
    const answer = await patch(id, [{ op: "replace", path: "/name", value: "other" }]);
    expect(answer.json).toMatchObject({
      errors: [{ status: 400, detail: "cannot change cluster property(ies) name." }],
    });
    expect(
      (await patch(id, [{ op: "replace", path: "/node_count", value: 1 }], undefined, "?rollback=true")).status,
    ).toBe(400);
    expect((await patch("fooo", { a: 1 })).status).toBe(400);
    expect((await patch("fooo", [])).status).toBe(404);
  });

  test("in the wrong state is refused before it is answered", async () => {
    const id = await ready("UPDATE_FAILED");
    const answer = await patch(id, [{ op: "replace", path: "/node_count", value: 3 }]);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('Updating a cluster when status is \\"UPDATE_FAILED\\" is not supported.');
  });

  test("by resize needs 1.7, works on failed updates, and takes nodes to remove", async () => {
    const id = await ready("UPDATE_FAILED");
    const resize = (body: object, version: string) =>
      call(`/v1/clusters/${id}/actions/resize`, { method: "POST", body, version });
    const old = await resize({ node_count: 1 }, "container-infra 1.6");
    expect(old.json).toMatchObject({
      errors: [
        {
          status: 406,
          detail: "Version 1.6 was requested but the requested API resize is not supported for this version.",
        },
      ],
    });
    expect((await resize({ node_count: 0 }, "container-infra 1.9")).status).toBe(400);
    const answer = await resize({ node_count: 1, nodegroup: "default-worker" }, latest);
    expect([answer.status, answer.json]).toEqual([202, { uuid: id }]);
    const groups = await call(`/v1/clusters/${id}/nodegroups/`, { version: latest });
    expect(groups.json).toMatchObject({
      nodegroups: [
        { name: "default-master", role: "master" },
        { name: "default-worker", node_count: 1, status: "UPDATE_IN_PROGRESS" },
      ],
    });
    expect((await call(`/v1/clusters/${id}/nodegroups`, { version: "container-infra 1.8" })).status).toBe(406);
    const one = await call(`/v1/clusters/${id}/nodegroups/default-worker`, { version: latest });
    expect(one.json).toMatchObject({ cluster_id: id, min_node_count: 0, max_node_count: null, labels_added: {} });
  });

  test("by what no driver can do is a plain refusal", async () => {
    const id = await ready();
    for (const [method, url] of [
      ["PATCH", `/v1/certificates/${id}`],
      ["PATCH", `/v1/credentials/${id}`],
    ] as const) {
      const { status, json } = await call(url, {
        method,
        version: latest,
        headers: { "content-type": "application/octet-stream" },
      });
      expect(status, url).toBe(400);
      expect(json).toMatchObject({ errors: [{ detail: expect.stringMatching(/not supported/) }] });
    }
  });
});

describe("changing a template", () => {
  const patch = (id: string, body: unknown, as = "member") =>
    call(`/v1/clustertemplates/${id}`, { method: "PATCH", body: body as object, as });

  test("by a new name is 200 with the whole object", async () => {
    const id = await writeTemplate(database.db, member.scope, { name: "old" });
    const { status, json } = await patch(id, [{ op: "replace", path: "/name", value: "new" }]);
    expect(status).toBe(200);
    expect(json).toMatchObject({ uuid: id, name: "new", coe: "kubernetes", updated_at: expect.any(String) });
  });

  test("that clusters use is one harmless thing at a time", async () => {
    const refused = await patch(template, [
      { op: "replace", path: "/name", value: "x" },
      { op: "replace", path: "/tags", value: "y" },
    ]);
    expect(refused.json).toMatchObject({
      errors: [{ status: 400, detail: `ClusterTemplate ${template} is referenced by one or multiple clusters.` }],
    });
    expect((await patch(template, [{ op: "replace", path: "/tags", value: "stable" }])).status).toBe(200);
  });

  test("into a public one is an administrator's", async () => {
    const id = await writeTemplate(database.db, member.scope, { name: "mine" });
    const body = [{ op: "replace", path: "/public", value: "True" }];
    const refused = await patch(id, body);
    expect(refused.json).toMatchObject({
      errors: [{ status: 403, detail: "Not authorized to set public or hidden flag for cluster template." }],
    });
    expect((await patch(id, body, "admin")).json).toMatchObject({ public: true });
    expect((await call(`/v1/clustertemplates/${id}`, { as: "other" })).status).toBe(200);
  });

  test("by a body that is no patch is 400 even where there is no template", async () => {
    expect((await patch("nope", { name: "x" })).status).toBe(400);
    expect((await patch("nope", [])).status).toBe(404);
  });
});

test("quotas are set, counted against, and taken back by administrators only", async () => {
  const id = aProject();
  await database.db.prisma.quota.create({
    data: { projectId: id, resource: "Cluster", hardLimit: 3, createdAt: new Date() },
  });
  const url = `/v1/quotas/${id}/Cluster`;
  const body = { project_id: id, resource: "Cluster", hard_limit: "0" };
  expect((await call(url, { method: "PATCH", body })).status).toBe(403);
  const changed = await call(url, { method: "PATCH", body, as: "admin" });
  expect([changed.status, changed.json]).toEqual([
    202,
    expect.objectContaining({ project_id: id, hard_limit: 0, resource: "Cluster" }),
  ]);
  expect((await call("/v1/quotas?all_tenants=True", { as: "admin" })).json).toMatchObject({
    quotas: [{ project_id: id, hard_limit: 0 }],
  });
  expect((await call(url, { method: "DELETE", as: "admin" })).status).toBe(204);
  expect((await call(url, { method: "DELETE", as: "admin" })).status).toBe(404);
  expect((await call("/v1/quotas", { method: "POST", body: { hard_limit: 5 }, as: "admin" })).json).toMatchObject({
    errors: [{ status: 400, detail: "Must provide a valid project ID." }],
  });
});

test("services are those that report, up while they do", async () => {
  const now = deps.clock.now();
  await database.db.prisma.conductor.create({
    data: { host: "h1", reportCount: 3, createdAt: now, updatedAt: new Date(now.getTime() - 60_000) },
  });
  await database.db.prisma.conductor.create({
    data: { host: "h2", reportCount: 3, createdAt: now, updatedAt: new Date(now.getTime() - 200_000) },
  });
  expect((await call("/v1/mservices")).status).toBe(403);
  expect((await call("/v1/mservices", { as: "admin" })).json).toMatchObject({
    mservices: [
      { host: "h1", binary: "magnum-conductor", state: "up", report_count: 3 },
      { host: "h2", state: "down" },
    ],
  });
});

describe("who may", () => {
  // Expected status by person: member, reader, nobody (no role), other project's member, administrator, the cluster's node.
  const table: [method: "GET" | "POST" | "DELETE", path: string, expected: Record<string, number>, body?: object][] = [
    ["GET", "/v1/clusters", { reader: 200, nobody: 403, other: 200, admin: 200, node: 403 }],
    ["GET", "/v1/clusters/detail", { reader: 200, nobody: 403, other: 200, admin: 200, node: 403 }],
    ["GET", "/v1/clusters/{cluster}", { reader: 200, nobody: 403, other: 404, admin: 200, node: 200 }],
    ["DELETE", "/v1/clusters/{cluster}", { reader: 403, nobody: 403, other: 404, node: 403 }],
    ["POST", "/v1/clusters", { reader: 403, nobody: 403, node: 403 }, { cluster_template_id: "k8s" }],
    [
      "POST",
      "/v1/clusters/{cluster}/bootstrap",
      { member: 403, reader: 403, nobody: 403, other: 404, admin: 404 },
      { server_id: "x" },
    ],
    ["GET", "/v1/clustertemplates", { reader: 200, nobody: 403, other: 200, admin: 200, node: 403 }],
    ["GET", "/v1/clustertemplates/{template}", { reader: 200, nobody: 403, other: 404, admin: 200, node: 403 }],
    ["DELETE", "/v1/clustertemplates/{template}", { reader: 403, nobody: 403, other: 404, node: 403 }],
    ["POST", "/v1/clustertemplates", { reader: 403, nobody: 403, node: 403 }, { coe: "kubernetes", image_id: "x" }],
    ["GET", "/v1/certificates/{cluster}", { reader: 403, nobody: 403, other: 404 }],
    ["POST", "/v1/certificates", { reader: 403, nobody: 403, other: 400 }, { cluster_uuid: "{cluster}", csr: "x" }],
    ["GET", "/v1/quotas/{project}/Cluster", { reader: 200, nobody: 403, other: 403, admin: 200, node: 403 }],
    ["GET", "/v1/stats", { reader: 200, nobody: 403, other: 200, admin: 200, node: 403 }],
  ];
  const filled = (text: string) =>
    text.replaceAll("{cluster}", cluster).replaceAll("{template}", template).replaceAll("{project}", projectId);

  test.each(table)("%s %s", async (method, path, expected, body) => {
    const wish = { method, ...(body ? { body: JSON.parse(filled(JSON.stringify(body))) as object } : {}) };
    const seen: Record<string, number> = {};
    for (const as of Object.keys(expected)) seen[as] = (await call(filled(path), { ...wish, as })).status;
    expect(seen).toEqual(expected);
    expect((await call(filled(path), { ...wish, as: null })).status).toBe(401);
  });

  test("lists show another project nothing of ours", async () => {
    expect((await call("/v1/clusters", { as: "other" })).json).toEqual({ clusters: [] });
    const { clustertemplates } = (await call("/v1/clustertemplates", { as: "other" })).json as {
      clustertemplates: { public: boolean }[];
    };
    expect(clustertemplates.filter((each) => !each.public)).toEqual([]);
  });
});
