// One credential's token, kept fresh: made at first use, renewed beside the work before it ends, and after a 401 where the
// credential can sign in again.
import type { Secret } from "../../server/domain/secret.ts";
import type { CatalogService, Credential, IssuedToken, TokenInfo } from "./cloud.ts";
import { OpenStackError, isOpenStackError } from "./error.ts";
import { parseAnswer } from "./http.ts";
import type { Answer, Call, Connection } from "./http.ts";
import { authenticate, describeToken } from "./token.ts";
import type { z } from "zod";

export interface SessionOptions {
  connection: Connection;
  /** Keystone with /v3. */
  authUrl: string;
  source: { credential: Credential } | { token: Secret; info?: TokenInfo | undefined };
  interface: "public" | "internal" | "admin";
  region: string | null;
  signal?: AbortSignal | undefined;
  now?: () => number;
}

export type Session = ReturnType<typeof openSession>;

/** Official service types, each with the other names that catalogs use for it (service-types authority). */
export const serviceAliases: Readonly<Record<string, readonly string[]>> = {
  "block-storage": ["volumev3", "block-store", "volume"],
  "container-infrastructure-management": ["container-infra", "container-infrastructure"],
  orchestration: [],
  compute: [],
  network: [],
  image: [],
  identity: [],
  "load-balancer": [],
  "key-manager": [],
};

/** Before its end a token is renewed while it still serves, so that nobody waits for the new one. */
const renewalMs = 300_000;
/** So near its end a token might not outlast a call. */
const lastMs = 60_000;
/** A renewal that was refused is tried again, while the token before serves on. */
const renewalRetryMs = 10_000;

/** A request within a service: `path` is appended to the service's address. */
export interface Request extends Omit<Call, "service" | "url" | "token" | "signal"> {
  path: string;
  query?: Query | undefined;
}

export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

export function openSession(options: SessionOptions) {
  const now = options.now ?? (() => performance.now());
  const { connection, authUrl, source, signal } = options;
  let held: { token: Promise<IssuedToken>; renewAt: number; endsAt: number } | null = null;

  function obtain(): Promise<IssuedToken> {
    if ("credential" in source) return authenticate(connection, authUrl, source.credential, signal);
    if (source.info) return Promise.resolve({ ...source.info, token: source.token });
    return describeToken(connection, authUrl, { bearer: source.token, subject: source.token }, signal).then((info) => ({
      ...info,
      token: source.token,
    }));
  }

  /** A rescoped token ends with the one that it was made from, so only real credentials are asked again. */
  const canRenew = "credential" in source && source.credential.kind !== "token";

  function current(): Promise<IssuedToken> {
    const before = held;
    if (before === null || (canRenew && now() >= before.endsAt)) return hold(obtain());
    if (canRenew && now() >= before.renewAt) {
      before.renewAt = now() + renewalRetryMs;
      obtain().then(
        (issued) => held === before && void hold(Promise.resolve(issued)),
        () => {},
      );
    }
    return before.token;
  }

  function hold(token: Promise<IssuedToken>): Promise<IssuedToken> {
    const mine = { token, renewAt: Number.POSITIVE_INFINITY, endsAt: Number.POSITIVE_INFINITY };
    held = mine;
    token.then(
      (issued) => {
        // The lifetime counts from now: Keystone's clock and ours may differ.
        const lifetime = issued.expiresAt.getTime() - issued.issuedAt.getTime();
        mine.renewAt = now() + Math.max(lifetime - renewalMs, lifetime / 2);
        mine.endsAt = now() + Math.max(lifetime - lastMs, lifetime / 2);
      },
      () => {
        if (held === mine) held = null;
      },
    );
    return token;
  }

  /** Carries a call out with the current token, and once more with a new one after a 401. */
  async function withToken(call: Omit<Call, "token" | "signal">): Promise<Answer> {
    const issued = await current();
    try {
      return await connection.send({ ...call, token: issued.token, signal });
    } catch (error) {
      if (!canRenew || !isOpenStackError(error, "unauthorized")) throw error;
      const latest = held ? await held.token : null;
      if (!latest || latest.token.reveal() === issued.token.reveal()) held = null;
      return connection.send({ ...call, token: (await current()).token, signal });
    }
  }

  async function endpoint(serviceType: string): Promise<string | null> {
    const { catalog } = await current();
    return findEndpoint(catalog, serviceType, options.interface, options.region);
  }

  /** Requests to one service. `address` turns the catalog's URL into the root of its API. */
  function service(type: string, address: (url: string) => string) {
    const base = async (operation: string): Promise<string> => {
      const url = type === "identity" ? authUrl : await endpoint(type);
      if (url !== null) return address(url);
      throw new OpenStackError(`This cloud has no ${type} service${options.region ? ` in ${options.region}` : ""}.`, {
        service: type,
        operation,
        kind: "no_service",
        status: null,
        requestId: null,
        retryable: false,
      });
    };
    const send = async ({ path, query, ...request }: Request): Promise<Answer> => {
      const url = `${await base(request.operation)}${path}${queryText(query)}`;
      return withToken({ ...request, service: type, url });
    };
    return {
      send,
      async read<T>(request: Omit<Request, "method">, schema: z.ZodType<T>): Promise<T> {
        return parseAnswer(await send({ ...request, method: "GET" }), schema, { service: type, ...request });
      },
      async write<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
        return parseAnswer(await send(request), schema, { service: type, ...request });
      },
    };
  }

  return { current, endpoint, service, connection, authUrl };
}

export type Service = ReturnType<Session["service"]>;

export function findEndpoint(
  catalog: readonly CatalogService[],
  serviceType: string,
  interfaceName: string,
  region: string | null,
): string | null {
  for (const type of typesLike(serviceType)) {
    for (const service of catalog) {
      if (service.type !== type) continue;
      const endpoint = service.endpoints.find(
        (each) =>
          (each.interface === interfaceName || each.interface === `${interfaceName}URL`) &&
          (region === null || each.region === region),
      );
      if (endpoint) return endpoint.url.replace(/\/+$/, "");
    }
  }
  return null;
}

/** The type itself first, then the other names of the same service. */
function typesLike(serviceType: string): readonly string[] {
  const family = Object.entries(serviceAliases).find(([type, others]) => [type, ...others].includes(serviceType));
  return family ? [...new Set([serviceType, family[0], ...family[1]])] : [serviceType];
}

export function officialType(catalogType: string): string {
  return Object.entries(serviceAliases).find(([, others]) => others.includes(catalogType))?.[0] ?? catalogType;
}

/** An address with a version in it is left alone; else the version is appended. */
export const versioned = (version: string) => (url: string) =>
  /\/v\d+(\.\d+)?(\/|$)/.test(new URL(url).pathname) ? url : `${url}/${version}`;

export function queryText(query: Query | undefined): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  const text = search.toString();
  return text === "" ? "" : `?${text}`;
}
