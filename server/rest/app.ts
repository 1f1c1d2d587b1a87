// The Magnum REST API at the root of its own listener: one table of routes, and around it request ids, identity,
// versions and errors, in this order.
import { randomUUID } from "node:crypto";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { RequestContext } from "../auth/context.ts";
import type { Env } from "../env.ts";
import { isDeeper } from "../domain/json.ts";
import { addHealthEndpoints, type Readiness } from "../health-endpoints.ts";
import { dataHeaders } from "../security-headers.ts";
import type { Deps } from "../services/deps.ts";
import { ApiRefusal, errorAnswer, warningHeader } from "./errors.ts";
import { negotiate, since, versionHeaders } from "./microversion.ts";
import { openApiText } from "./openapi.ts";
import type { ApiAnswer } from "./request.ts";
import { routes } from "./routes.ts";
import { rootDocument, v1Document } from "./wire/version.ts";

/** Nobody needs to be known for these. */
const open = /^\/(healthcheck|healthz|readyz|metrics)?\/?$|^\/v1\/?$|^\/v1\/openapi\.json\/?$/;

const requestIdHeader = "x-openstack-request-id";

/** What is answered is for who asked, now. */
const always = { ...dataHeaders, "cache-control": "no-store" };

export function buildApi(deps: Deps & { readiness?: Readiness }): FastifyInstance {
  const app: FastifyInstance = Fastify({
    genReqId: () => `req-${randomUUID()}`,
    bodyLimit: 1 << 20,
    trustProxy: deps.env.trustedProxies,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 },
    // Addresses that cannot be decoded are refused before any hook.
    frameworkErrors: (error, request, reply) =>
      void refuse(error, request, reply.headers(always).header(requestIdHeader, request.id)),
    // A first part other than v1 is read as if /v1 stood in front (magnum-api 1.5).
    rewriteUrl: ({ url = "/" }) => (/^\/v1([/?]|$)/.test(url) || open.test(pathOf(url)) ? url : `/v1${url}`),
  });
  const root = (request: FastifyRequest) => publicRoot(deps.env, request);

  app.decorateRequest("caller");
  acceptBodies(app);
  app.addHook("onRequest", async (request, reply) => {
    void reply.headers(always).header(requestIdHeader, request.id);
    if (open.test(pathOf(request.url)) || request.routeOptions.config.isOpen) return;
    const aim = request.method === "GET" || request.method === "HEAD" ? "read" : "change";
    request.caller = await deps.auth.apiContext(first(request.headers["x-auth-token"]), request.id, aim);
  });
  app.addHook("onResponse", async (request, reply) => {
    const { method, id, caller } = request;
    deps.log.info(
      {
        requestId: id,
        // A global id that the client sent is for finding its request again, never echoed.
        globalId: globalId(request),
        method,
        path: pathOf(request.url),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
        userId: caller?.user.id,
        projectId: caller?.project.id,
      },
      "request",
    );
  });
  async function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const answer = errorAnswer(error, request.id, deps.env.openstack.authUrl);
    if (answer.unexpected) deps.log.error({ err: error, requestId: request.id }, "request failed");
    const version = versionOf(request, error);
    return reply
      .headers({ ...answer.headers, ...(version === null ? {} : versionHeaders(version)) })
      .code(answer.status)
      .header("content-type", "application/json")
      .send(bytes(answer.body));
  }
  app.setErrorHandler(refuse);
  app.setNotFoundHandler(async (request, reply) => {
    const allowed = methodsOf(pathOf(request.url));
    if (allowed === null) throw new ApiRefusal(404, "", "Not Found");
    void reply.header("allow", allowed);
    if (request.method === "OPTIONS") return reply.code(204).send();
    throw new ApiRefusal(405, "", "Method Not Allowed");
  });

  app.get("/", async (request, reply) => json(reply, { status: 200, body: rootDocument(root(request)) }));
  app.get("/v1", async (request, reply) => {
    const { minor } = negotiate(first(request.headers["openstack-api-version"]));
    return json(reply.headers(versionHeaders(`1.${minor}`)), { status: 200, body: v1Document(root(request), minor) });
  });
  app.get("/v1/openapi.json", async (_request, reply) =>
    reply.header("content-type", "application/json").send(openApiText(deps.env.apiPublicUrl)),
  );
  app.get("/healthcheck", async (_request, reply) => reply.type("text/plain").send("OK"));
  addHealthEndpoints(app, deps.readiness ?? { checks: {}, stopping: false });

  for (const route of routes) {
    const { method, path, since: from, until, operation, body } = route;
    app.route<{ Params: Record<string, string> }>({
      method,
      url: path,
      config: { ignoresBody: body === undefined, isOpen: route.open === true },
      handler: async (request, reply) => {
        const version = negotiate(first(request.headers["openstack-api-version"]));
        since(version, from, operation);
        if (until !== undefined && version.minor > until) throw new ApiRefusal(404, "", "Not Found");
        // Addresses are UTF-8, so this is the only way in for what no database keeps.
        if (request.url.includes("%00")) throw new ApiRefusal(400, "The address must not hold NUL.");
        const asked = {
          deps,
          version,
          root: root(request),
          param: (name: string) => request.params[name] ?? "",
          query: request.query,
          body: request.body,
          from: request.ip,
        };
        const answer = route.open
          ? await route.handle(asked)
          : await route.handle({ ...asked, ctx: callerOf(request) });
        return json(reply.headers(versionHeaders(`1.${version.minor}`)), answer);
      },
    });
  }
  return app;
}

function callerOf({ caller }: FastifyRequest): RequestContext {
  if (!caller) throw new Error("a route was reached without its caller being known");
  return caller;
}

/** Each path as a pattern, with the methods that it has. Actions that nobody knows are known paths (magnum-api 1.5). */
const patterns = [
  ...Map.groupBy(
    [
      ...routes,
      ...["/v1", "/", "/v1/openapi.json", "/healthcheck"].map((path) => ({ path, method: "GET" })),
      { path: "/v1/clusters/:cluster/actions/:action", method: "POST" },
    ],
    ({ path }) => path,
  ),
].map(([path, known]) => {
  const methods = known.map(({ method }) => method);
  const allow = [...methods, ...(methods.includes("GET") ? ["HEAD"] : []), "OPTIONS"].join(", ");
  return { pattern: new RegExp(`^${path.replaceAll(/:\w+/g, "[^/]+")}/?$`), allow };
});

/** For the header Allow; null = no such path. */
const methodsOf = (path: string): string | null => patterns.find(({ pattern }) => pattern.test(path))?.allow ?? null;

/** Levels of objects and lists. Nothing needs more than five. */
const deepest = 64;

/** JSON, or nothing at all; clients tell an empty answer by its missing content type. */
function acceptBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (request, body, done) => {
    const text = String(body);
    const type = request.headers["content-type"]?.split(";")[0]?.trim() ?? "";
    if (text === "" || request.routeOptions.config.ignoresBody) return done(null, undefined);
    if (type !== "application/json") return done(new ApiRefusal(415, `Unknown mimetype: ${type}`));
    try {
      const parsed: unknown = JSON.parse(text);
      if (!isDeeper(parsed, deepest)) return done(null, parsed);
    } catch {
      // Answered below.
    }
    return done(new ApiRefusal(400, "Request is not in valid JSON format"));
  });
}

function json(reply: FastifyReply, { status, body, headers = {}, warnings = [], type }: ApiAnswer): FastifyReply {
  void reply.code(status).headers(headers);
  if (warnings.length > 0) void reply.header("warning", warningHeader(warnings));
  if (body === undefined) return reply.send();
  if (type !== undefined) return reply.header("content-type", type).send(body);
  return reply.header("content-type", "application/json").send(bytes(body));
}

/** Fastify adds a charset to the type of a text; clients compare the whole word. */
const bytes = (body: unknown): Buffer => Buffer.from(JSON.stringify(body));

/** The version for the headers of an error; null when what was asked for could not be read. */
function versionOf(request: FastifyRequest, error: unknown): string | null {
  if (!/^\/v1([/?]|$)/.test(request.url)) return null;
  if (error instanceof ApiRefusal && error.version !== null) return error.version;
  try {
    return `1.${negotiate(first(request.headers["openstack-api-version"])).minor}`;
  } catch {
    return null;
  }
}

function globalId({ headers }: FastifyRequest): string | undefined {
  const given = first(headers[requestIdHeader]);
  return given !== undefined && /^req-[0-9a-f-]{36}$/.test(given) ? given : undefined;
}

/** As configured; where nothing is, as the client or a proxy that we trust names it, when that is a plain host. */
function publicRoot(
  { apiPublicUrl, apiPublicUrlIsSet }: Pick<Env, "apiPublicUrl" | "apiPublicUrlIsSet">,
  { host, protocol }: FastifyRequest,
): string {
  if (apiPublicUrlIsSet || !/^[\w.:[\]-]+$/.test(host) || !URL.canParse(`http://${host}`)) return apiPublicUrl;
  return `${protocol === "https" ? "https" : "http"}://${host}`;
}

const first = (value: string | string[] | undefined): string | undefined => (Array.isArray(value) ? value[0] : value);

const pathOf = (url: string): string => url.split("?")[0] ?? url;

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whatever is sent, of whatever type, is not looked at. */
    ignoresBody?: boolean;
    /** No token is looked at. */
    isOpen?: boolean;
  }
  interface FastifyRequest {
    /** Who asks; set by the gate, but not on open routes. */
    caller?: RequestContext;
  }
}
