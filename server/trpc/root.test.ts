import Fastify, { type FastifyInstance } from "fastify";
import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RequestContext } from "../auth/context.ts";
import { DomainError } from "../domain/error.ts";
import type { Deps } from "../services/deps.ts";
import { aProject, writeCluster, writeTemplate } from "../testing/builders.ts";
import { testContext, type TestPerson } from "../testing/test-context.ts";
import { testDatabase } from "../testing/test-db.ts";
import { testDeps } from "../testing/test-deps.ts";
import { createContext, isSameOrigin, type TrpcContext } from "./context.ts";
import { appRouter, createCaller } from "./root.ts";

const database = testDatabase();
const project = aProject();
let deps: Deps;
let people: Record<string, RequestContext>;
let id: string;
let template: string;

beforeAll(async () => {
  deps = testDeps(database.db);
  const person = (given: TestPerson) => testContext({ projectId: project, ...given, clouds: deps.clouds });
  people = {
    member: person({ userId: "owner" }),
    colleague: person({ userId: "colleague" }),
    reader: person({ userId: "reader", roles: ["reader"] }),
    nobody: person({ userId: "nobody", roles: [] }),
    other: person({ userId: "owner", projectId: aProject() }),
  };
  template = await writeTemplate(database.db, scope(), { name: "k8s", labels: { a: "1", b: "2" } });
  id = await aCluster();
});

const scope = () => {
  if (!people["member"]) throw new Error("people are there after beforeAll");
  return people["member"].scope;
};
const aCluster = (name = "web-1") =>
  writeCluster(database.db, scope(), {
    cluster: {
      name,
      clusterTemplateId: template,
      userId: "owner",
      userName: "Ada",
      labels: { a: "1", b: "3", c: "4" },
    },
  });

/** The procedures as that person would call them; a stranger has no session. */
function as(name: string) {
  const context: TrpcContext = {
    deps,
    requestId: "req-1",
    session: null,
    sameOrigin: true,
    keepSession: () => {},
    inProject: async () => {
      const known = people[name];
      if (!known) throw new DomainError("unauthenticated", "Your session has ended.");
      return known;
    },
  };
  return createCaller(context);
}

// Who gets what of every procedure is in e2e/policy.
describe("history", () => {
  test("another project's history of our cluster is empty", async () => {
    expect((await as("other").cluster.operations({ project, id })).rows).toEqual([]);
    expect((await as("other").cluster.events({ project, id })).rows).toEqual([]);
    expect((await as("member").cluster.events({ project, id })).rows).toHaveLength(1);
  });
});

describe("a cluster's page", () => {
  test("has template, node groups, label differences and the running operation, also while the cloud is silent", async () => {
    const view = await as("member").cluster.get({ project, id });
    expect(view).toMatchObject({
      name: "web-1",
      template: { id: template, name: "k8s" },
      labelDifference: { added: { c: "4" }, overridden: { b: "2" }, skipped: {} },
      names: { keypair: undefined, flavor: "m1.small" },
      operation: { kind: "create", outcome: "running" },
    });
    expect(view.nodegroups.map((group) => group.name)).toEqual(["default-master", "default-worker"]);
  });

  test("says of every action why it is not possible now", async () => {
    const { can } = await as("member").cluster.get({ project, id });
    expect(can).toMatchObject({
      delete: null,
      setLocked: null,
      resize: "The cluster is still being built.",
      retry: "The cluster is still being built.",
      upgrade: "This kind of cluster cannot be upgraded in place.",
      getConfig: "The cluster's API has no address yet.",
    });
    const reader = (await as("reader").cluster.get({ project, id })).can;
    expect(reader.delete).toBe("You have the role reader here, which does not allow this: it needs member.");
    const colleague = (await as("colleague").cluster.get({ project, id })).can;
    expect(colleague.getConfig).toBe("Certificates belong to the person who made the cluster: Ada.");
  });

  test("lists count all groups of statuses, whatever is filtered", async () => {
    const list = await as("member").cluster.list({ project, groups: ["ready"] });
    expect(list).toMatchObject({ rows: [], total: 0, counts: { working: 1, ready: 0 }, quota: { used: 1, limit: 20 } });
  });

  test("options that cannot be had say so one by one", async () => {
    const options = await as("member").cloud.options({ project });
    expect(options.flavors).toEqual({ ok: false, error: expect.stringContaining("does not answer at the moment") });
    expect(options.loadBalancer).toBe(false);
  });
});

describe("over HTTP", () => {
  let app: FastifyInstance;
  beforeAll(async () => {
    app = Fastify();
    await app.register(fastifyTRPCPlugin, {
      prefix: "/api/trpc",
      trpcOptions: {
        router: appRouter,
        createContext: async ({ req, res }: Parameters<typeof toContext>[0]) => ({
          ...(await toContext({ req, res })),
          inProject: async (wanted: string) => {
            const known = people[wanted];
            if (!known) throw new Error("secret: the handle is 0x1234");
            return known;
          },
        }),
      },
    });
  });
  afterAll(() => app.close());
  const toContext = (from: Extract<Parameters<typeof createContext>[1], { req: unknown }>) => createContext(deps, from);

  const post = (path: string, input: object, headers: Record<string, string> = {}) =>
    app.inject({
      method: "POST",
      url: `/api/trpc/${path}`,
      headers: { "content-type": "application/json", host: "console.example", ...headers },
      payload: JSON.stringify({ json: input }),
    });

  interface Answer {
    error: { json: { message: string; data: Record<string, unknown> } };
  }
  const errorOf = (answer: { body: string }) => (JSON.parse(answer.body) as Answer).error.json;

  test("wrong input names each field as the wire does, and what is allowed", async () => {
    const wish = {
      project: "member",
      clusterTemplateId: template,
      idempotencyKey: "12345678",
      name: "1x",
      nodeCount: -1,
    };
    const answer = await post("cluster.create", wish);
    expect(answer.statusCode).toBe(400);
    const { data } = errorOf(answer);
    expect(data).toMatchObject({
      reason: "invalid_input",
      problems: [
        { field: "name", message: expect.stringContaining("must start with a letter") },
        { field: "node_count", message: "must be 0 or more" },
      ],
      requestId: expect.stringMatching(/^req-/),
    });
  });

  test("a refusal carries reason, remedy and the request's id, which the header repeats", async () => {
    const answer = await post("cluster.delete", { project: "member", id, name: "nope" });
    const { message, data } = errorOf(answer);
    expect(message).toBe("Type the cluster's name, web-1, to delete it.");
    expect(data).toMatchObject({ reason: "invalid_input", field: "name", requestId: answer.headers["x-request-id"] });
  });

  test("a bug shows nothing from inside", async () => {
    const answer = await post("cluster.retry", { project: "unknown", id });
    expect(answer.statusCode).toBe(500);
    expect(errorOf(answer).message).toBe("Something failed on our side.");
    expect(answer.body).not.toContain("0x1234");
    expect(answer.body).not.toContain("stack");
  });

  test("writes from another site are refused, from our own pages and from programs they are not", async () => {
    const refused = [
      { "sec-fetch-site": "cross-site", origin: "https://evil.example" },
      { "sec-fetch-site": "same-site", origin: "https://blog.console.example" },
      { "sec-fetch-site": "cross-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
    ];
    for (const headers of refused) {
      const answer = await post("session.signOut", {}, headers);
      expect(answer.statusCode, JSON.stringify(headers)).toBe(403);
    }
    const accepted = [
      {},
      { "sec-fetch-site": "same-origin", origin: "http://console.example" },
      { origin: "https://console.example" },
    ];
    for (const headers of accepted) {
      const answer = await post("session.signOut", {}, headers);
      expect(answer.statusCode, JSON.stringify(headers)).toBe(200);
    }
  });

  test("signing out takes the cookie away", async () => {
    const answer = await post("session.signOut", {});
    expect(answer.headers["set-cookie"]).toMatch(
      /^jeroboam_session=; Path=\/; HttpOnly; SameSite=Lax; Expires=Thu, 01 Jan 1970/,
    );
  });

  test("a session that is none is no session", async () => {
    const answer = await app.inject({ url: "/api/trpc/session.get", headers: { cookie: "jeroboam_session=abc" } });
    expect(JSON.parse(answer.body)).toMatchObject({ result: { data: { json: null } } });
  });
});

test("the address that people were given counts as our own behind a proxy", () => {
  const headers = { origin: "https://console.example", host: "10.0.0.1:3000" };
  expect(isSameOrigin({ headers }, "https://console.example/")).toBe(true);
  expect(isSameOrigin({ headers }, "http://127.0.0.1:3000")).toBe(false);
});

test("what changes in the project reaches who watches, with a number to go on from", async () => {
  const stop = new AbortController();
  const events = await createCaller(
    {
      deps,
      requestId: "r",
      session: null,
      sameOrigin: true,
      keepSession: () => {},
      inProject: async () => people["member"] ?? Promise.reject(new Error()),
    },
    { signal: stop.signal },
  ).cluster.watch({ project });
  const iterator = events[Symbol.asyncIterator]();
  const next = iterator.next();
  const changed = await aCluster("web-2");
  deps.changes.nudge();
  const seen = await next;
  stop.abort();
  await iterator.return?.();
  expect(seen.value).toEqual([expect.stringMatching(/^\d+$/), { clusterIds: [changed] }, expect.anything()]);
});

test("watching ends with the session, and says so", async () => {
  const ending = testContext({ projectId: project, clock: { now: () => new Date(Date.now() - 3_600_000 + 50) } });
  const stop = new AbortController();
  const events = await createCaller(
    {
      deps: { ...deps, clock: { now: () => new Date() } },
      requestId: "r",
      session: null,
      sameOrigin: true,
      keepSession: () => {},
      inProject: async () => ending,
    },
    { signal: stop.signal },
  ).cluster.watch({ project });
  await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
});
