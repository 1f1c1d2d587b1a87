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

test("an outage of the cloud is 503 and says which service", async () => {
  const body = { cluster_template_id: "k8s", name: "web-2" };
  const answer = await call("/v1/clusters", { method: "POST", body });
  expect(answer.status).toBe(503);
  expect(answer.json).toMatchObject({
    errors: [{ code: "server", detail: expect.stringMatching(/does not answer/) }],
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
