import Fastify, { type FastifyInstance } from "fastify";
import { fastifyTRPCPlugin } from "@trpc/server/adapters/fastify";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { RequestContext } from "../auth/context.ts";
import { DomainError } from "../domain/error.ts";
import type { Deps } from "../services/deps.ts";
import { stillThereMs } from "../services/watch.ts";
import { aProject, writeCluster, writeTemplate } from "../testing/builders.ts";
import { testContext, type TestPerson } from "../testing/test-context.ts";
import { testDatabase } from "../testing/test-db.ts";
import { testDeps } from "../testing/test-deps.ts";
import { aTrpcContext } from "../testing/test-trpc.ts";
import { createContext, isSameOrigin } from "./context.ts";
import { trpcPlugin } from "./plugin.ts";
import { createCaller } from "./root.ts";

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
  const context = aTrpcContext(deps, async () => {
    const known = people[name];
    if (!known) throw new DomainError("unauthenticated", "Your session has ended.");
    return known;
  });
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
    app = Fastify({ routerOptions: { maxParamLength: 5000 } });
    const plugin = trpcPlugin(deps, async (from) => ({
      ...(await createContext(deps, from)),
      inProject: async (wanted: string) => {
        const known = people[wanted];
        if (!known) throw new Error("secret: the handle is 0x1234");
        return known;
      },
    }));
    await app.register(fastifyTRPCPlugin, plugin);
  });
  afterAll(() => app.close());

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

  const signIn = { domain: "Default", user: "demo", password: "guess" };

  test("a password is tried alone: no batch holds two, nor one beside another call", async () => {
    for (const paths of ["session.signIn,session.signIn", "session.stay,session.signIn"]) {
      const answer = await app.inject({
        method: "POST",
        url: `/api/trpc/${paths}?batch=1`,
        headers: { "content-type": "application/json", host: "console.example" },
        payload: JSON.stringify({ 0: { json: signIn }, 1: { json: signIn } }),
      });
      expect(answer.body).toContain("must be sent alone");
      expect(answer.body).not.toContain("cloud_unavailable");
    }
    const many = Array<string>(21).fill("session.options").join(",");
    expect((await app.inject({ url: `/api/trpc/${many}?batch=1` })).statusCode).toBe(400);
  });

  test("too many wrong passwords are told apart from wrong ones, and when to try again is said twice", async () => {
    const tooMany = new DomainError("too_many_attempts", "Too many sign-ins have failed.", { retryAfterSeconds: 17 });
    const sessions = { ...deps.auth.sessions, signIn: () => Promise.reject(tooMany) };
    const blocked = Fastify();
    await blocked.register(fastifyTRPCPlugin, trpcPlugin({ ...deps, auth: { ...deps.auth, sessions } }));
    const answer = await blocked.inject({
      method: "POST",
      url: "/api/trpc/session.signIn",
      headers: { "content-type": "application/json" },
      payload: JSON.stringify({ json: signIn }),
    });
    expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([429, "17"]);
    expect(errorOf(answer).data).toMatchObject({ reason: "too_many_attempts", retryAfterSeconds: 17 });
    await blocked.close();
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
    aTrpcContext(deps, async () => people["member"] ?? Promise.reject(new Error())),
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

describe("watching", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] }));
  afterEach(() => void vi.useRealTimers());

  /** Watches as a member, to whom the gate later says something else. */
  async function watching() {
    const { member } = people;
    if (!member) throw new Error("people are there after beforeAll");
    let gate = () => Promise.resolve(member);
    const stop = new AbortController();
    const caller = createCaller(
      aTrpcContext(deps, () => gate()),
      { signal: stop.signal },
    );
    const events = (await caller.cluster.watch({ project }))[Symbol.asyncIterator]();
    return {
      next: () => events.next(),
      close: () => stop.abort(),
      gateSays(answer: () => Promise<RequestContext>) {
        gate = answer;
      },
    };
  }

  test.each([
    [
      "signing out",
      () => Promise.reject(new DomainError("unauthenticated", "Your session has ended.")),
      "UNAUTHORIZED",
    ],
    ["being put out of the project", () => Promise.reject(new DomainError("forbidden", "no role")), "FORBIDDEN"],
    ["losing the role", async () => people["nobody"] ?? Promise.reject(new Error()), "FORBIDDEN"],
  ])("ends within ten seconds of %s, and says so", async (_what, answer, code) => {
    const stream = await watching();
    const ended = expect(stream.next()).rejects.toMatchObject({ code });
    await vi.advanceTimersByTimeAsync(stillThereMs);
    stream.gateSays(answer);
    await vi.advanceTimersByTimeAsync(stillThereMs);
    await ended;
  });

  test("goes on while the session does", async () => {
    const stream = await watching();
    const next = stream.next();
    for (let round = 0; round < 5; round++) await vi.advanceTimersByTimeAsync(stillThereMs);
    const changed = await aCluster("web-3");
    deps.changes.nudge();
    expect((await next).value).toEqual([expect.any(String), { clusterIds: [changed] }, expect.anything()]);
    stream.close();
  });
});
