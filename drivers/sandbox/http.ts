// One listener for all services: who is asking, request ids, and refusals in each service's own shape.
import { randomUUID } from "node:crypto";
import Fastify, { type FastifyInstance, type FastifyRequest } from "fastify";
import { z } from "zod";
import { Fault, faultBody, type Service } from "./fault.ts";
import type { Token, World } from "./world.ts";

export interface Caller {
  userId: string;
  projectId: string;
  roles: readonly string[];
  admin: boolean;
  token: Token;
}

export type App = FastifyInstance;

const prefixes: [prefix: string, service: Service][] = [
  ["/identity", "identity"],
  ["/compute", "compute"],
  ["/network", "network"],
  ["/image", "image"],
  ["/volume", "volume"],
  ["/orchestration", "orchestration"],
  ["/load-balancer", "load-balancer"],
  ["/key-manager", "key-manager"],
];

export const serviceOf = (url: string): Service =>
  prefixes.find(([prefix]) => url === prefix || url.startsWith(`${prefix}/`) || url.startsWith(`${prefix}?`))?.[1] ??
  "identity";

export function buildApp(): App {
  const app = Fastify({ bodyLimit: 16 << 20, routerOptions: { ignoreTrailingSlash: true, maxParamLength: 500 } });
  // Clients send bodies of other types, or none at all with a JSON type.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => {
    const text = String(body);
    if (text.trim() === "") return done(null, {});
    try {
      done(null, JSON.parse(text));
    } catch {
      done(new Fault(400, "Malformed JSON in request body."));
    }
  });
  app.addHook("onSend", async (request, reply, payload) => {
    const id = `req-${randomUUID()}`;
    reply.header("x-openstack-request-id", id);
    if (serviceOf(request.url) === "compute") reply.header("x-compute-request-id", id);
    return payload;
  });
  app.setErrorHandler((error, request, reply) => {
    const fault =
      error instanceof Fault
        ? error
        : error instanceof z.ZodError
          ? new Fault(
              400,
              `Invalid input for field ${error.issues[0]?.path.join("/") ?? ""}: ${error.issues[0]?.message ?? ""}`,
            )
          : new Fault(statusOf(error), error instanceof Error ? error.message : String(error));
    const { type, body } = faultBody(serviceOf(request.url), fault);
    return reply.code(fault.status).type(type).send(body);
  });
  app.setNotFoundHandler((request, reply) => {
    const { type, body } = faultBody(serviceOf(request.url), new Fault(404, "The resource could not be found."));
    return reply.code(404).type(type).send(body);
  });
  return app;
}

const statusOf = (error: unknown): number =>
  typeof error === "object" && error !== null && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : 500;

/** The token's row while it is valid. */
export function liveToken(world: World, id: unknown): Token | undefined {
  if (typeof id !== "string") return undefined;
  const token = world.tokens.get(id);
  if (!token || Date.parse(token.expiresAt) <= Date.now()) return undefined;
  if (token.trustId !== null && !world.trusts.get(token.trustId)) return undefined;
  return world.users.get(token.userId)?.enabled ? token : undefined;
}

/** Who calls a service that works on projects. Throws 401 without a valid token, 403 without a project. */
export function callerOf(world: World, request: FastifyRequest): Caller {
  const token = liveToken(world, request.headers["x-auth-token"]);
  if (!token) throw new Fault(401, "The request you have made requires authentication.");
  if (token.projectId === null) throw new Fault(403, "This action needs a token of a project.");
  return {
    userId: token.userId,
    projectId: token.projectId,
    roles: token.roles,
    admin: token.roles.includes("admin"),
    token,
  };
}

/** Writing needs more than the reader role. */
export function writerOf(world: World, request: FastifyRequest): Caller {
  const caller = callerOf(world, request);
  if (!caller.roles.some((role) => role === "member" || role === "admin"))
    throw new Fault(403, "Policy doesn't allow this action to be performed.", "PolicyNotAuthorized");
  return caller;
}

export const queryOf = (request: FastifyRequest): Record<string, string> => {
  const found: Record<string, string> = {};
  for (const [name, value] of new URL(request.url, "http://sandbox").searchParams)
    found[name] = found[name] === undefined ? value : `${found[name]},${value}`;
  return found;
};

export const paramOf = (request: FastifyRequest, name: string): string => {
  const params: unknown = request.params;
  const value: unknown = typeof params === "object" && params !== null ? Reflect.get(params, name) : undefined;
  return typeof value === "string" ? value : "";
};

/** Newest first by creation, with `limit` and `marker` and the link to the next page. */
export function pageOf<T extends { id: string }>(
  key: string,
  rows: T[],
  query: Record<string, string>,
  url: string,
  render: (row: T) => unknown,
): Record<string, unknown> {
  const limit = Math.min(Number(query["limit"] ?? 1000) || 1000, 1000);
  const at = query["marker"] === undefined ? 0 : rows.findIndex((row) => row.id === query["marker"]) + 1;
  const page = rows.slice(at, at + limit);
  const last = page.at(-1);
  const rest = Object.entries(query).filter(([name]) => name !== "marker");
  return {
    [key]: page.map(render),
    ...(last && at + limit < rows.length
      ? {
          [`${key}_links`]: [
            { rel: "next", href: `${url}?${new URLSearchParams([...rest, ["marker", last.id]]).toString()}` },
          ],
        }
      : {}),
  };
}
