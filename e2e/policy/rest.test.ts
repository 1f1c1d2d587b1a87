// Every route of the REST API as everybody who might call it, under each set of default policies. A route without a row
// fails; so does a refused request that leaves a trace in the database.
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readPolicies } from "../../server/auth/policy.ts";
import { buildApi } from "../../server/rest/app.ts";
import { routes } from "../../server/rest/routes.ts";
import type { Deps } from "../../server/services/deps.ts";
import { testDatabase } from "../../server/testing/test-db.ts";
import { testDeps } from "../../server/testing/test-deps.ts";
import { receptions, type Reception, type Row } from "./audience.ts";
import { fingerprint, forgetAll, makeWorld, people, type Person, type World } from "./people.ts";

interface RestRow extends Row {
  body?: unknown;
  query?: string;
}

const ofCluster = { about: "cluster" } as const;
const part = { about: "part" } as const;
const cluster = { cluster_template_id: "{template}", keypair: "mykey" };
const template = { coe: "kubernetes", image_id: "fedora-coreos-41", external_network_id: "public" };
const resize = { node_count: 3 };
const patch = [{ op: "replace", path: "/node_count", value: 3 }];
const quota = { project_id: "{project}", resource: "Cluster", hard_limit: 7 };

const patchTemplate = [{ op: "replace", path: "/name", value: "new" }];
/** The template is of another project. */
const create = { audience: "members", but: { other: "missing", admin: "missing" } } as const;
const federation = { hostcluster_id: "{cluster}", properties: {} };

const table: Record<string, RestRow> = {
  "GET /v1/clusters": { audience: "readers" },
  "GET /v1/clusters/detail": { audience: "readers" },
  "POST /v1/clusters": { ...create, body: cluster },
  "GET /v1/clusters/:cluster": { ...ofCluster, audience: "readers", node: true },
  "PATCH /v1/clusters/:cluster": { ...ofCluster, audience: "members", body: patch },
  "DELETE /v1/clusters/:cluster": { ...ofCluster, audience: "members" },
  "POST /v1/clusters/:cluster/actions/resize": { ...ofCluster, audience: "members", body: resize },
  "POST /v1/clusters/:cluster/actions/upgrade": {
    ...ofCluster,
    audience: "members",
    body: { cluster_template: "{template}" },
  },
  "POST /v1/clusters/:cluster/actions/drop": { audience: "admins" },
  "POST /v1/clusters/:cluster/bootstrap": { audience: "nobody", body: { proof: "x", csr: "x" } },
  "GET /v1/clusters/:cluster/nodegroups": { ...part, audience: "readers" },
  "GET /v1/clusters/:cluster/nodegroups/:nodegroup": { ...part, audience: "readers" },
  "POST /v1/clusters/:cluster/nodegroups": { ...part, audience: "members", body: { name: "more" } },
  "PATCH /v1/clusters/:cluster/nodegroups/:nodegroup": {
    ...part,
    audience: "members",
    body: [{ op: "replace", path: "/max_node_count", value: 5 }],
  },
  "DELETE /v1/clusters/:cluster/nodegroups/:nodegroup": { ...part, audience: "members" },
  "GET /v1/clustertemplates": { audience: "readers" },
  "GET /v1/clustertemplates/detail": { audience: "readers" },
  "POST /v1/clustertemplates": { audience: "members", body: template },
  "GET /v1/clustertemplates/:template": { ...part, audience: "readers" },
  "PATCH /v1/clustertemplates/:template": {
    ...part,
    audience: "members",
    body: patchTemplate,
  },
  "DELETE /v1/clustertemplates/:template": { ...part, audience: "members" },
  "GET /v1/certificates/:cluster": { ...ofCluster, audience: "watcher", node: true },
  "GET /v1/certificates/:cluster/:type": { ...ofCluster, audience: "watcher", node: true },
  "POST /v1/certificates": {
    ...ofCluster,
    audience: "creator",
    node: true,
    body: { cluster_uuid: "{cluster}", csr: "x" },
    // In a body an unknown cluster is bad input, 400.
    but: { other: "in", otherNode: "in" },
  },
  "PATCH /v1/certificates/:cluster": { ...ofCluster, audience: "members" },
  // In the caller's own project, also for administrators: the trust is made from the caller's token.
  "PATCH /v1/credentials/:cluster": { ...ofCluster, audience: "members only", but: { admin: "missing" } },
  "GET /v1/quotas": { audience: "admins" },
  "POST /v1/quotas": { audience: "admins", body: quota },
  // A quota's project is in its path: another one's is refused by name.
  "GET /v1/quotas/:project/:resource": { audience: "readers", but: { other: "forbidden" } },
  "PATCH /v1/quotas/:project/:resource": { audience: "admins", body: quota, none: true },
  "DELETE /v1/quotas/:project/:resource": { audience: "admins", none: true },
  "GET /v1/stats": { audience: "readers" },
  "GET /v1/mservices": { audience: "admins" },
  "GET /v1/federations": { audience: "readers" },
  "GET /v1/federations/detail": { audience: "readers" },
  "POST /v1/federations": { audience: "members", body: federation },
  "GET /v1/federations/:federation": { audience: "readers", none: true },
  "PATCH /v1/federations/:federation": { audience: "members", none: true, body: patchTemplate },
  "DELETE /v1/federations/:federation": { audience: "members", none: true },
  "GET /v1/bays": { audience: "readers" },
  "GET /v1/bays/detail": { audience: "readers" },
  "POST /v1/bays": { ...create, body: { baymodel_id: "{template}" } },
  "GET /v1/bays/:cluster": { ...ofCluster, audience: "readers", node: true },
  "PATCH /v1/bays/:cluster": { ...ofCluster, audience: "members", body: patch },
  "DELETE /v1/bays/:cluster": { ...ofCluster, audience: "members" },
  "GET /v1/baymodels": { audience: "readers" },
  "GET /v1/baymodels/detail": { audience: "readers" },
  "POST /v1/baymodels": { audience: "members", body: template },
  "GET /v1/baymodels/:template": { ...part, audience: "readers" },
  "PATCH /v1/baymodels/:template": { ...part, audience: "members", body: patchTemplate },
  "DELETE /v1/baymodels/:template": { ...part, audience: "members" },
};

const database = testDatabase();
const known = new Map<string, World["contexts"][keyof World["contexts"]]>();
let app: FastifyInstance;
let real: Deps;

beforeAll(() => {
  real = testDeps(database.db);
  // People come with a token of ours that says who they are; whoever has none meets the real gate.
  const apiContext: typeof real.auth.apiContext = async (token, requestId, aim) => {
    const person = token === undefined ? undefined : known.get(token);
    return person ?? real.auth.apiContext(undefined, requestId, aim);
  };
  app = buildApi({ ...real, auth: { ...real.auth, apiContext } });
});
beforeEach(() => forgetAll(database.db));
afterAll(() => app.close());

const key = ({ method, path }: { method: string; path: string }) => `${method} ${path}`;

test("every route has a row, and every row is a route", () => {
  expect(Object.keys(table).toSorted()).toEqual(routes.map(key).toSorted());
});

describe.each(["secure", "legacy"] as const)("by the %s defaults", (defaults) => {
  const policies = readPolicies(null, defaults);

  test.each(routes.map((route) => [key(route), route] as const))("%s", async (name, { method, path }) => {
    const row = table[name];
    if (!row) return;
    let world: World | null = null;
    let before = "";
    const seen: Partial<Record<Person, Reception>> = {};
    const answers: string[] = [];
    for (const person of people) {
      if (!world) {
        world = await makeWorld(real, policies, "api");
        before = await fingerprint(database.db);
      }
      known.clear();
      for (const [who, context] of Object.entries(world.contexts)) known.set(who, context);
      const { body, query = "" } = row;
      const answer = await app.inject({
        method,
        url: filled(path, world) + query,
        headers: {
          "openstack-api-version": `container-infra ${path.startsWith("/v1/bay") ? "1.10" : "latest"}`,
          ...(person === "stranger" ? {} : { "x-auth-token": person }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { payload: filled(JSON.stringify(body), world) }),
      });
      seen[person] = receptionOf(answer.statusCode, `${person}: ${answer.body}`);
      answers.push(`${person}: ${answer.statusCode} ${answer.body.slice(0, 300)}`);
      const unchanged = (await fingerprint(database.db)) === before;
      if (seen[person] !== "in") expect(unchanged, `${person} left a trace`).toBe(true);
      if (!unchanged) world = null;
    }
    expect(seen, answers.join("\n")).toEqual(receptions(row, defaults, true));
  });
});

function filled(text: string, { cluster, template, project }: World): string {
  return text
    .replaceAll(/:cluster\b|\{cluster\}|:bay\b/g, cluster)
    .replaceAll(/:template\b|\{template\}|:baymodel\b/g, template)
    .replaceAll(/:project\b|\{project\}/g, project)
    .replaceAll(/:nodegroup\b/g, "default-worker")
    .replaceAll(/:resource\b/g, "Cluster")
    .replaceAll(/:type\b/g, "kubernetes")
    .replaceAll(/:federation\b/g, "fleet");
}

function receptionOf(status: number, answer: string): Reception {
  // 503: the request went through to the cloud, which nobody answers for here.
  expect([200, 201, 202, 204, 400, 401, 403, 404, 406, 409, 503], answer).toContain(status);
  if (status === 401) return "unknown";
  if (status === 403) return "forbidden";
  return status === 404 ? "missing" : "in";
}
