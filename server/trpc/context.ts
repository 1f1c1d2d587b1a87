import { randomUUID } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { RequestContext } from "../auth/context.ts";
import { readSessionCookie, writeSessionCookie } from "../auth/cookie.ts";
import type { Aim } from "../auth/token.ts";
import type { Deps } from "../services/deps.ts";

export interface TrpcContext {
  deps: Deps;
  requestId: string;
  /** Value of the session cookie, null without one. */
  session: string | null;
  /** Does the request come from our own pages, or from something that is no browser? */
  sameOrigin: boolean;
  /** Address of the browser. */
  from: string;
  /** Calls that came in one request. */
  calls: number;
  /** A page is being opened, which only a person does; scripts of pages ask by themselves as well. */
  opensPage: boolean;
  /** Sets or removes (null) the session cookie. */
  keepSession(value: string | null, expiresAt?: Date): void;
  /** The caller in a project, as the session stands now. Throws unauthenticated, forbidden. */
  enter(projectId: string, aim: Aim): Promise<RequestContext>;
  /** The same, asked once a request. */
  inProject(projectId: string, aim: Aim): Promise<RequestContext>;
}

export interface FromHttp {
  req: FastifyRequest;
  res: FastifyReply;
  info: { calls: readonly unknown[] };
}

/** From an HTTP request, or for a server component from its cookies alone. */
export async function createContext(deps: Deps, given: FromHttp | { cookie: string }): Promise<TrpcContext> {
  const requestId = `req-${randomUUID()}`;
  const http = "req" in given ? given : null;
  const secure = deps.env.publicUrl.startsWith("https:");
  const cookies = "req" in given ? given.req.headers.cookie : given.cookie;
  const session = readSessionCookie(cookies, { secure });
  const entered = new Map<string, Promise<RequestContext>>();
  void http?.res.header("x-request-id", requestId).header("cache-control", "no-store");
  const enter = (projectId: string, aim: Aim) => deps.auth.sessions.context(session, projectId, requestId, aim);
  return {
    deps,
    requestId,
    session,
    sameOrigin: http ? isSameOrigin(http.req, deps.env.publicUrl) : true,
    from: http?.req.ip ?? "",
    calls: http?.info.calls.length ?? 1,
    opensPage: http === null,
    keepSession(value, expiresAt) {
      if (!http) throw new Error("a server component cannot set cookies");
      void http.res.header("set-cookie", writeSessionCookie(value, { secure, ...(expiresAt ? { expiresAt } : {}) }));
    },
    enter,
    inProject(projectId, aim) {
      const key = `${aim} ${projectId}`;
      const known = entered.get(key) ?? enter(projectId, aim);
      entered.set(key, known);
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
