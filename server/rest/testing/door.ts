// The REST API as tests come to it: HTTP in, answers out, each of which is held against the schema that documents it.
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, expect } from "vitest";
import type { z } from "zod";
import type { RequestContext } from "../../auth/context.ts";
import { DomainError } from "../../domain/error.ts";
import type { ClusterStatus } from "../../domain/cluster-status.ts";
import type { Deps } from "../../services/deps.ts";
import { aProject, writeCluster, writeTemplate } from "../../testing/builders.ts";
import { openTestCloud, type TestCloud } from "../../testing/test-cloud.ts";
import { testContext, type TestPerson } from "../../testing/test-context.ts";
import { testDatabase, type dialects, type TestDatabase } from "../../testing/test-db.ts";
import { testDeps } from "../../testing/test-deps.ts";
import { buildApi } from "../app.ts";
import { routes } from "../routes.ts";
import { Errors, Unauthorized } from "../schemas/answer.ts";

export const latest = "container-infra latest";
/** `at(9)` asks for 1.9. */
export const at = (minor: number) => `container-infra 1.${minor}`;

export interface Call {
  method?: "GET" | "POST" | "PATCH" | "DELETE" | "PUT" | "HEAD" | "OPTIONS";
  /** Name of a person; null = no token. */
  as?: string | null;
  /** Absent = no header, so 1.1. */
  version?: string;
  body?: string | object;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: Record<string, unknown>;
  text: string;
  /** {} where the answer is no object. */
  json: Record<string, unknown>;
  /** Of the first error, in Magnum's words. */
  detail: string;
  /** What ours say besides of what it is about; null = the words name it themselves. */
  about: string | null;
}

type Drivers = NonNullable<NonNullable<Parameters<typeof testDeps>[1]>["drivers"]>;
type Given = NonNullable<Parameters<typeof writeCluster>[2]>;

export interface Door {
  readonly app: FastifyInstance;
  readonly deps: Deps;
  readonly database: TestDatabase;
  /** The member's. */
  readonly projectId: string;
  /** What the work asks of the cloud, as `service: operation` in alphabetical order; only with `cloud`. */
  asks(work: () => Promise<unknown>): Promise<string[]>;
  call(url: string, call?: Call): Promise<Answer>;
  post(url: string, body: object, call?: Call): Promise<Answer>;
  patch(url: string, steps: unknown, call?: Call): Promise<Answer>;
  template(given?: Parameters<typeof writeTemplate>[2]): Promise<string>;
  /** A cluster of the member's in a status. */
  cluster(status: ClusterStatus, given?: Given): Promise<string>;
  /** Lets a node of the cluster ask, as the person `node`; not with `cloud`. */
  node(clusterId: string): void;
  /** Puts a cluster and its groups into a status, as the conductor would have. */
  settle(id: string, status: ClusterStatus): Promise<void>;
}

/**
 * For the tests of one file. People: member (who owns what is made here), colleague, reader, nobody (no role), other
 * (another project), admin. With `cloud` there is a sandbox behind, and the people are its own: member (demo), reader,
 * other, admin.
 */
export function openDoor({
  cloud = false,
  drivers,
  dialect = "sqlite",
}: { cloud?: boolean; drivers?: Drivers; dialect?: (typeof dialects)[number] } = {}): Door {
  const database = testDatabase(dialect);
  let opened: {
    app: FastifyInstance;
    deps: Deps;
    owner: RequestContext;
    tokens: Map<string, string>;
    node(id: string): void;
  } | null = null;
  let sandbox: TestCloud | null = null;
  const door = () => {
    if (!opened) throw new Error("the door is open only while tests run");
    return opened;
  };

  beforeAll(async () => {
    if (cloud) {
      sandbox = await openTestCloud();
      opened = await withCloud(database, sandbox, drivers);
    } else opened = withoutCloud(database, drivers);
  });
  afterAll(async () => {
    await opened?.app.close();
    await sandbox?.close();
  });

  async function call(url: string, { method = "GET", as = "member", version, body, headers = {} }: Call = {}) {
    const { app, tokens } = door();
    const answer = await app.inject({
      method,
      url,
      headers: {
        ...(as === null ? {} : { "x-auth-token": tokens.get(as) ?? as }),
        ...(version === undefined ? {} : { "openstack-api-version": version }),
        ...headers,
      },
      ...(body === undefined ? {} : { payload: body }),
    });
    const text = answer.body;
    const isJson = text !== "" && answer.headers["content-type"] === "application/json";
    const parsed: unknown = isJson ? JSON.parse(text) : {};
    const status = answer.statusCode;
    if (isJson) schemaFor(method, url, status)?.parse(parsed);
    const json = typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
    return {
      status,
      headers: answer.headers,
      text,
      json,
      ...(status < 400 ? { detail: "", about: null } : refusalIn(parsed)),
    };
  }

  async function settle(id: string, status: ClusterStatus): Promise<void> {
    const { prisma } = database.db;
    const apiAddress = status === "CREATE_IN_PROGRESS" ? null : "https://192.0.2.1:6443";
    await prisma.cluster.update({ where: { id }, data: { status, apiAddress } });
    await prisma.nodeGroup.updateMany({ where: { clusterId: id }, data: { status } });
  }

  return {
    get app() {
      return door().app;
    },
    get deps() {
      return door().deps;
    },
    get projectId() {
      return door().owner.project.id;
    },
    database,
    async asks(work) {
      const before = sandbox?.asked.length ?? 0;
      await work();
      return (sandbox?.asked.slice(before) ?? []).toSorted();
    },
    call,
    post: (url, body, more = {}) => call(url, { method: "POST", body, ...more }),
    patch: (url, steps, more = {}) => call(url, { method: "PATCH", body: JSON.stringify(steps), ...withType(more) }),
    template: (given) => writeTemplate(database.db, door().owner.scope, { userId: door().owner.user.id, ...given }),
    settle,
    node: (clusterId) => door().node(clusterId),
    async cluster(status, given = {}) {
      const { owner } = door();
      const id = await writeCluster(database.db, owner.scope, {
        ...given,
        cluster: { userId: owner.user.id, ...given.cluster },
      });
      await settle(id, status);
      return id;
    },
  };
}

const withType = (call: Call): Call => ({
  ...call,
  headers: { "content-type": "application/json", ...call.headers },
});

function withoutCloud(database: TestDatabase, drivers: Drivers | undefined) {
  const projectId = aProject();
  const deps = testDeps(database.db, drivers ? { drivers } : {});
  const person = (given: TestPerson) => testContext({ ...given, door: "api", clouds: deps.clouds, clock: deps.clock });
  const people: Record<string, RequestContext> = {
    member: person({ projectId, userId: "owner" }),
    colleague: person({ projectId, userId: "colleague" }),
    reader: person({ projectId, userId: "reader", roles: ["reader"] }),
    nobody: person({ projectId, userId: "nobody", roles: [] }),
    other: person({ userId: "other" }),
    admin: person({ userId: "root", roles: ["admin", "member", "reader"] }),
  };
  // Keystone is not here: these tests are about what comes behind the gate.
  const apiContext = async (token: string | undefined) => {
    const known = token === undefined ? undefined : people[token];
    if (!known) throw new DomainError("unauthenticated", "Not known.");
    return known;
  };
  const app = buildApi({ ...deps, auth: { ...deps.auth, apiContext } });
  return {
    app,
    deps,
    owner: person({ projectId, userId: "owner" }),
    tokens: new Map<string, string>(),
    node: (id: string) => {
      people["node"] = person({ projectId, userId: "owner", nodeOf: id });
    },
  };
}

async function withCloud(database: TestDatabase, { clouds, token }: TestCloud, drivers: Drivers | undefined) {
  const deps = testDeps(database.db, { clouds, clock: { now: () => new Date() }, ...(drivers ? { drivers } : {}) });
  const member = await token("demo", "demo");
  const others = [
    ["reader", await token("reader", "demo")],
    ["other", await token("other", "other")],
    ["admin", await token("admin", "admin")],
  ] as const;
  const tokens = new Map<string, string>([
    ["member", member.token],
    ...others.map(([name, each]) => [name, each.token] as const),
  ]);
  const owner = testContext({ projectId: member.projectId, userId: member.userId, door: "api", clouds });
  const node = () => {
    throw new Error("nodes ask only where there is no cloud");
  };
  return { app: buildApi(deps), deps, owner, tokens, node };
}

const patterns = routes.map((route) => ({
  route,
  pattern: new RegExp(`^(/v1)?${route.path.slice(3).replaceAll(/:\w+/g, "[^/]+")}/?$`),
}));

/** What documents this answer; undefined for what has no schema. */
function schemaFor(method: string, url: string, status: number): z.ZodType | undefined {
  if (status === 401) return Unauthorized;
  if (status >= 400) return Errors;
  const path = url.split("?")[0] ?? "";
  const found = patterns.find(({ route, pattern }) => route.method === method && pattern.test(path))?.route;
  return found?.atFirst?.status === status ? found.atFirst.schema : found?.success.schema;
}

function refusalIn(body: unknown): Pick<Answer, "detail" | "about"> {
  const parsed = Errors.safeParse(body);
  const [first] = parsed.success ? parsed.data.errors : [];
  const text = first === undefined ? "" : "detail" in first ? first.detail : first.description;
  const about = / \(([a-z_.]+)\)(?=\.|$)/m.exec(text);
  return { detail: about ? text.replace(about[0], "") : text, about: about?.[1] ?? null };
}

/** Of an answer whose code matters as much as its words. */
export const refused = (status: number, detail: string | RegExp) =>
  expect.objectContaining({
    status,
    detail: typeof detail === "string" ? detail : expect.stringMatching(detail),
  });
