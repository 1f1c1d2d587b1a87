import { randomUUID } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { RequestContext } from "../auth/context.ts";
import { readSessionCookie, writeSessionCookie } from "../auth/cookie.ts";
import type { Deps } from "../services/deps.ts";

export interface TrpcContext {
  deps: Deps;
  requestId: string;
  /** Value of the session cookie, null without one. */
  session: string | null;
  /** Does the request come from our own pages, or from something that is no browser? */
  sameOrigin: boolean;
  /** Sets or removes (null) the session cookie. */
  keepSession(value: string | null, expiresAt?: Date): void;
  /** The caller in a project; asked once a request. Throws unauthenticated, forbidden. */
  inProject(projectId: string): Promise<RequestContext>;
}

/** From an HTTP request, or for a server component from its cookies alone. */
export async function createContext(
  deps: Deps,
  from: { req: FastifyRequest; res: FastifyReply } | { cookie: string },
): Promise<TrpcContext> {
  const requestId = `req-${randomUUID()}`;
  const session = readSessionCookie("req" in from ? from.req.headers.cookie : from.cookie);
  const entered = new Map<string, Promise<RequestContext>>();
  if ("req" in from) void from.res.header("x-request-id", requestId).header("cache-control", "no-store");
  return {
    deps,
    requestId,
    session,
    sameOrigin: "req" in from ? isSameOrigin(from.req, deps.env.publicUrl) : true,
    keepSession(value, expiresAt) {
      if (!("req" in from)) throw new Error("a server component cannot set cookies");
      const secure = deps.env.publicUrl.startsWith("https:");
      void from.res.header("set-cookie", writeSessionCookie(value, { secure, ...(expiresAt ? { expiresAt } : {}) }));
    },
    inProject(projectId) {
      const known = entered.get(projectId) ?? deps.auth.sessions.context(session, projectId, requestId);
      entered.set(projectId, known);
      return known;
    },
  };
}

/** Browsers say where a request comes from; what says nothing is no browser and holds no cookie by accident. */
export function isSameOrigin({ headers }: Pick<FastifyRequest, "headers">, publicUrl: string): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const { origin } = headers;
  if (origin === undefined) return true;
  if (origin === new URL(publicUrl).origin) return true;
  return URL.canParse(origin) && new URL(origin).host === headers.host;
}
