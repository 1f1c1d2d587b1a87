// A plain OpenStack client for tests and measurements. It shares nothing with the product's own clients: what checks them
// must not be made of them.
import { z } from "zod";

export interface Credentials {
  /** Keystone with /v3. */
  authUrl: string;
  user: { id: string } | { name: string; domain: string };
  password: string;
  scope: { project: string; domain: string } | { domain: string } | { trust: string };
}

export interface Session {
  authUrl: string;
  token: string;
  userId: string;
  /** Null for a token that is for a domain. */
  projectId: string | null;
  /** Address of a service by its type, without a slash at its end; Keystone's is `authUrl`. */
  at(type: string): string;
}

const tokenBody = z.object({
  token: z.object({
    user: z.object({ id: z.string() }),
    project: z.object({ id: z.string() }).optional(),
    catalog: z
      .array(z.object({ type: z.string(), endpoints: z.array(z.object({ interface: z.string(), url: z.string() })) }))
      .default([]),
  }),
});

/** Exchanges a password for a token. Throws HttpError as `call` does. */
export async function signIn({ authUrl, user, password, scope }: Credentials): Promise<Session> {
  const who = "id" in user ? user : { name: user.name, domain: { name: user.domain } };
  const response = await call("POST", `${authUrl}/auth/tokens`, null, {
    auth: {
      identity: { methods: ["password"], password: { user: { ...who, password } } },
      scope: keystoneScope(scope),
    },
  });
  const { token } = tokenBody.parse(await response.json());
  return {
    authUrl,
    token: z.string().parse(response.headers.get("X-Subject-Token")),
    userId: token.user.id,
    projectId: token.project?.id ?? null,
    at(type) {
      const service = token.catalog.find((entry) => entry.type === type);
      const endpoint = service?.endpoints.find((entry) => entry.interface === "public");
      if (!endpoint) throw new Error(`The catalogue has no service of type ${type}.`);
      return endpoint.url.replace(/\/$/, "");
    },
  };
}

function keystoneScope(scope: Credentials["scope"]): object {
  if ("trust" in scope) return { "OS-TRUST:trust": { id: scope.trust } };
  if ("project" in scope) return { project: { name: scope.project, domain: { name: scope.domain } } };
  return { domain: { name: scope.domain } };
}

export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const attempts = 20;
const pauseMs = 3000;

/**
 * One request. Services that have just started, or whose machine is busy, answer 5xx now and then: those, and lost
 * connections, are asked again for a minute. Throws HttpError for 4xx.
 */
export async function call(
  method: string,
  url: string,
  session: Session | null,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const raw = body instanceof Uint8Array;
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(url, {
      method,
      headers: {
        "Content-Type": raw ? "application/octet-stream" : "application/json",
        ...(session && { "X-Auth-Token": session.token }),
        ...headers,
      },
      ...(body !== undefined && { body: raw ? new Uint8Array(body) : JSON.stringify(body) }),
      signal: AbortSignal.timeout(120_000),
    }).catch((error: unknown) => String(error));
    if (typeof answer !== "string" && answer.ok) return answer;
    const problem = typeof answer === "string" ? answer : `${String(answer.status)} ${await answer.text()}`;
    const status = typeof answer === "string" ? 0 : answer.status;
    if ((status !== 0 && status < 500) || attempt === attempts)
      throw new HttpError(status, `${method} ${url}: ${problem}`);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** The array under `key` of a GET's answer. */
export async function list<T>(session: Session, url: string, key: string, item: z.ZodType<T>): Promise<T[]> {
  const body = z.record(z.string(), z.unknown()).parse(await (await call("GET", url, session)).json());
  return z.array(item).parse(body[key]);
}

/** The object under `key` of an answer. */
export async function read<T>(response: Response, key: string, item: z.ZodType<T>): Promise<T> {
  return item.parse(z.record(z.string(), z.unknown()).parse(await response.json())[key]);
}
