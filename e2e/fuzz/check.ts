// One request against the world: what must hold of its answer, and of what is stored afterwards.
import { routes } from "../../server/rest/routes.ts";
import { Errors, Unauthorized } from "../../server/rest/schemas/answer.ts";
import type { Request } from "./requests.ts";
import type { World } from "./world.ts";

/** Words of the inside: frames, libraries, tables, messages of the engine. */
const inner =
  /\bat [\w.<>]+ \(|\.[cm]?[jt]s:\d+|node_modules|node:internal|prisma|sqlite|ZodError|TypeError|RangeError|Cannot read prop|is not a function|is not iterable|\[object Object\]|DomainError/i;

const patienceMs = 30_000;

const patterns = routes.map((route) => ({
  route,
  pattern: new RegExp(`^${route.path.replaceAll(/:\w+/g, "[^/]+")}/?$`),
}));

/** What is stored, as of the last change that was accepted. */
export interface Known {
  digest: Map<string, string>;
  writes: number;
}

/** Tables that differ. */
export const difference = (before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] =>
  [...after.keys()].filter((table) => before.get(table) !== after.get(table));

export interface Told {
  status: number;
  /** It was accepted, and something was written. */
  wrote: boolean;
}

/** Throws with what is wrong. */
export async function check(world: World, known: Known, request: Request): Promise<Told> {
  const { method, url, headers, payload, as } = request;
  const token = as === "nobody" ? {} : { "x-auth-token": world.tokens[as] };
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${patienceMs / 1000} s`)), patienceMs);
  let answer;
  try {
    answer = await Promise.race([
      late,
      world.app.inject({
        // inject's types know the usual methods only, all of which are generated here.
        method: methods.find((one) => one === method) ?? "GET",
        url,
        headers: { ...headers, ...token },
        ...(payload === undefined ? {} : { payload }),
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
  const { statusCode: status, body } = answer;
  if (status >= 500) throw new Error(`${status}: ${body.slice(0, 500)}\n${world.trouble()}`);
  const found = inner.exec(body)?.[0];
  if (found !== undefined && !said(request, found)) throw new Error(`"${found}" in the answer: ${body.slice(0, 500)}`);
  if (!/^req-[0-9a-f-]{36}$/.test(String(answer.headers["x-openstack-request-id"])))
    throw new Error(`${status} without a request id`);
  if (method !== "HEAD") shape(method, url, status, body);

  const writes = await world.writes();
  const accepted = status < 400 && ["POST", "PATCH", "DELETE"].includes(method);
  let wrote = false;
  if (writes !== known.writes) {
    const digest = await world.digest();
    const changed = difference(known.digest, digest);
    if (!accepted && changed.length > 0) throw new Error(`${status}, and ${changed.join(", ")} changed`);
    wrote = accepted && changed.length > 0;
    known.digest = digest;
    known.writes = await world.writes();
    const broken = await world.broken();
    if (broken !== null) throw new Error(`${status}, and then ${broken}`);
  }
  return { status, wrote };
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"] as const;

/** Did the request bring this word itself? Refusals repeat what they refuse. */
const said = ({ url, headers, payload = "" }: Request, word: string): boolean =>
  [safe(url), payload, ...Object.values(headers)].some((text) => text.toLowerCase().includes(word.toLowerCase()));

function safe(url: string): string {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
}

function shape(method: string, url: string, status: number, body: string): void {
  if (status >= 400) {
    const parsed: unknown = JSON.parse(body);
    const { success } = (status === 401 ? Unauthorized : Errors).safeParse(parsed);
    if (!success) throw new Error(`${status} in another shape: ${body.slice(0, 500)}`);
    return;
  }
  // Dots, also encoded ones, are gone before the request is thrown.
  const path = new URL(url, "http://localhost").pathname;
  const route = patterns.find((one) => one.route.method === method && one.pattern.test(path))?.route;
  const schema = route?.atFirst?.status === status ? route.atFirst.schema : route?.success.schema;
  if (!schema || body === "") return;
  const parsed = schema.safeParse(JSON.parse(body));
  if (!parsed.success) throw new Error(`${status} not as documented: ${parsed.error.message.slice(0, 500)}`);
}
