// One HTTP front for all services: each has its own path, its own way of refusing, and takes the same tokens.
import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { digest, Fault } from "./core.ts";
import type { Caller, Core } from "./core.ts";

/** How a service says no: status and body. */
export type FaultBody = (fault: Fault, core: Core) => { type?: string; body: string };

export interface Service {
  /** `/compute/v2.1` */
  prefix: string;
  faults: FaultBody;
  /** Further headers of each answer, given the request's. */
  headers?: (request: FastifyRequest, requestId: string) => Record<string, string>;
}

export interface Call {
  caller: Caller;
  /** The project of the token; a Fault for tokens without one. */
  project: string;
  param(name: string): string;
  /** First value, or null. */
  query(name: string): string | null;
  queryAll(name: string): string[];
  search: URLSearchParams;
  /** The body through a schema; what does not fit is a 400 that names the field. */
  body<T>(schema: z.ZodType<T>): T;
  rawBody: unknown;
  header(name: string): string | null;
  /** Path and query as they came. */
  target: string;
}

/** Status and body; a bare value is 200. */
export class Reply {
  readonly status: number;
  readonly value: unknown;
  readonly headers: Record<string, string>;
  constructor(status: number, value: unknown = null, headers: Record<string, string> = {}) {
    this.status = status;
    this.value = value;
    this.headers = headers;
  }
}

export type Handler = (call: Call) => unknown;
export interface Routes {
  get(path: string, handler: Handler): void;
  post(path: string, handler: Handler): void;
  put(path: string, handler: Handler): void;
  patch(path: string, handler: Handler): void;
  delete(path: string, handler: Handler): void;
  /** Nobody need be signed in. */
  open(method: "GET" | "POST" | "HEAD", path: string, handler: Handler): void;
}

export type Authenticate = (token: string) => Caller | null;

const nobody: Caller = { userId: "", projectId: null, domainId: null, roles: [], isAdmin: false };

export function addService(
  app: FastifyInstance,
  core: Core,
  authenticate: Authenticate,
  service: Service,
  define: (routes: Routes) => void,
): void {
  void app.register(
    (scope, _options, done) => {
      const refuse = (reply: FastifyReply, fault: Fault) => {
        const { type = "application/json", body } = service.faults(fault, core);
        if (fault.status === 401) void reply.header("WWW-Authenticate", `Keystone uri="${core.url()}/identity/v3"`);
        if (fault.status === 413) void reply.header("Retry-After", "0");
        return reply.code(fault.status).type(type).send(body);
      };
      scope.setErrorHandler((error, _request, reply) => {
        if (error instanceof Fault) return refuse(reply, error);
        const status = z.looseObject({ statusCode: z.number() }).safeParse(error).data?.statusCode ?? 500;
        if (status >= 500)
          core.log.warn(
            { service: service.prefix, error: error instanceof Error ? (error.stack ?? "") : String(error) },
            "sandbox failed",
          );
        return refuse(
          reply,
          status < 500
            ? new Fault(status, "BadRequest", error instanceof Error ? error.message : "bad request")
            : new Fault(500, "InternalError", "An unexpected error prevented the server from fulfilling your request."),
        );
      });
      scope.setNotFoundHandler((_request, reply) =>
        refuse(reply, new Fault(404, "NotFound", "The resource could not be found.")),
      );
      scope.addHook("onRequest", async (request, reply) => {
        const id = `req-${randomUUID()}`;
        void reply.headers({ "X-Openstack-Request-Id": id, ...service.headers?.(request, id) });
      });
      const route = (method: string, path: string, handler: Handler, guarded: boolean) => {
        scope.route({
          method,
          url: path,
          exposeHeadRoute: method === "GET",
          handler: async (request, reply) => {
            const token = headerOf(request, "x-auth-token");
            const caller = token === null ? null : authenticate(token);
            if (guarded && !caller)
              throw new Fault(401, "Unauthorized", "The request you have made requires authentication.");
            const value = await handler(callOf(request, caller ?? nobody));
            core.state.flush();
            if (value instanceof Reply) {
              void reply.code(value.status).headers(value.headers);
              if (value.value === null) return reply.removeHeader("content-type").send();
              if (typeof value.value === "string" && value.headers["Content-Type"] !== undefined)
                return reply.send(value.value);
              return reply.type("application/json").send(JSON.stringify(value.value));
            }
            return reply.type("application/json").send(JSON.stringify(value));
          },
        });
      };
      define({
        get: (path, handler) => route("GET", path, handler, true),
        post: (path, handler) => route("POST", path, handler, true),
        put: (path, handler) => route("PUT", path, handler, true),
        patch: (path, handler) => route("PATCH", path, handler, true),
        delete: (path, handler) => route("DELETE", path, handler, true),
        open: (method, path, handler) => route(method, path, handler, false),
      });
      done();
    },
    { prefix: service.prefix },
  );
}

function callOf(request: FastifyRequest, caller: Caller): Call {
  const params = z.record(z.string(), z.string()).parse(request.params ?? {});
  const search = new URL(request.url, "http://sandbox").searchParams;
  return {
    caller,
    get project() {
      if (caller.projectId === null) throw new Fault(403, "Forbidden", "The token is not scoped to a project.");
      return caller.projectId;
    },
    param: (name) => params[name] ?? "",
    query: (name) => search.get(name),
    queryAll: (name) => search.getAll(name),
    search,
    rawBody: request.body,
    target: request.url,
    header: (name) => headerOf(request, name),
    body(schema) {
      const parsed = schema.safeParse(request.body);
      if (parsed.success) return parsed.data;
      const issue = parsed.error.issues[0];
      const path = issue?.path ?? [];
      throw new Fault(
        400,
        "BadRequest",
        `Invalid input for field/attribute ${path.join(".") || "body"}. ${issue?.message ?? ""}`,
      );
    },
  };
}

function headerOf(request: FastifyRequest, name: string): string | null {
  const found = request.headers[name.toLowerCase()];
  return (Array.isArray(found) ? found[0] : found) ?? null;
}

export const tokenId = (token: string): string => digest(token);

/** `{key: {code, message}}`, the key by status: Nova and Cinder. */
const words: Readonly<Record<number, string>> = {
  400: "badRequest",
  403: "forbidden",
  404: "itemNotFound",
  409: "conflictingRequest",
  413: "overLimit",
  500: "computeFault",
};
export const namedFault: FaultBody = (fault) =>
  fault.status === 401
    ? titledFault(fault, undefined)
    : {
        type: "application/json; charset=UTF-8",
        body: JSON.stringify({
          [words[fault.status] ?? "computeFault"]: { code: fault.status, message: fault.message },
        }),
      };

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  413: "Request Entity Too Large",
  500: "Internal Server Error",
};
export const titleOf = (status: number): string => titles[status] ?? "Error";
/** Keystone's, and that of the token filter in front of every service. */
export const titledFault = (fault: Fault, _core: unknown): { body: string } => ({
  body: JSON.stringify({ error: { code: fault.status, message: fault.message, title: titleOf(fault.status) } }),
});

export interface Page<T> {
  rows: T[];
  next: string | null;
}

/** Cuts a list by `limit` and `marker`; `next` is the query of the following page. */
export function page<T extends { id: string }>(
  call: Call,
  rows: T[],
  options: { most?: number; usual?: number; badMarker: (marker: string) => Fault },
): Page<T> {
  const asked = call.query("limit");
  if (asked !== null && !/^\d+$/.test(asked)) throw new Fault(400, "BadRequest", `limit param must be an integer`);
  const limit = Math.min(
    asked === null || Number(asked) === 0 ? (options.usual ?? 1000) : Number(asked),
    options.most ?? 1000,
  );
  const marker = call.query("marker");
  let from = 0;
  if (marker !== null) {
    const at = rows.findIndex((row) => row.id === marker);
    if (at < 0) throw options.badMarker(marker);
    from = at + 1;
  }
  const some = rows.slice(from, from + limit);
  const last = some.at(-1);
  if (last === undefined || from + limit >= rows.length) return { rows: some, next: null };
  const query = new URLSearchParams(call.search);
  query.set("limit", String(limit));
  query.set("marker", last.id);
  return { rows: some, next: query.toString() };
}
