// Asks two servers of Magnum's API the same and tells where their answers part. Ids, times and links' hosts are not compared.
import type { Asked } from "./magnum-requests.ts";
import { newest } from "./magnum-requests.ts";

export interface Side {
  /** Without /v1 and without a slash at its end. */
  root: string;
  tokens: Record<"member" | "admin" | "stranger", string>;
  /** What `{name}` in paths and bodies stands for. */
  known: Map<string, string>;
  /** Words that differ between the two and mean the same. `at` as in Difference. */
  translate(text: string, at: string): string;
}

export interface Difference {
  /** `status`, `header NAME`, or `body` with the path of a value in it. */
  at: string;
  theirs: string | undefined;
  ours: string | undefined;
}

const compared = [
  "content-type",
  "location",
  "openstack-api-version",
  "openstack-api-minimum-version",
  "openstack-api-maximum-version",
  "vary",
  "www-authenticate",
  "x-openstack-request-id",
];

const filled = (text: string, { known }: Side) =>
  text.replaceAll(/\{(\w+)\}/g, (all, name: string) => known.get(name) ?? all);

const patienceMs = 60_000;

/** All that is compared of an answer, by where it stands. */
export async function ask(side: Side, asked: Asked): Promise<Map<string, string>> {
  const deadline = Date.now() + (asked.patient === true ? patienceMs : 0);
  for (;;) {
    const answer = await once(side, asked);
    if (answer.get("status") !== "404" || Date.now() > deadline) return answer;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function once(side: Side, asked: Asked): Promise<Map<string, string>> {
  const { method = "GET", path, as = "member", version = newest, body, contentType } = asked;
  const text = body === undefined ? undefined : filled(typeof body === "string" ? body : JSON.stringify(body), side);
  const response = await fetch(side.root + filled(path, side), {
    method,
    redirect: "manual",
    headers: {
      Accept: "application/json",
      ...(as !== "nobody" && { "X-Auth-Token": side.tokens[as] }),
      ...(version !== null && { "OpenStack-API-Version": version }),
      ...(text !== undefined && { "Content-Type": contentType ?? "application/json" }),
    },
    ...(text !== undefined && { body: text }),
    signal: AbortSignal.timeout(120_000),
  }).catch(() => null);
  // Its web server ends the connection when the program under it breaks.
  if (response === null) return new Map([["status", "500 no answer"]]);
  const answer = await response.text();
  const parsed = json(answer);
  if (asked.keep !== undefined && parsed !== null && typeof parsed === "object" && "uuid" in parsed)
    side.known.set(asked.keep, String(parsed.uuid));
  const seen = new Map([["status", String(response.status)]]);
  for (const name of compared) {
    const value = response.headers.get(name);
    if (value !== null) seen.set(`header ${name}`, masked(side, value, `header ${name}`));
  }
  flatten(parsed, "body", (at, value) => seen.set(at, masked(side, value, at)));
  return seen;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function flatten(value: unknown, at: string, put: (at: string, value: string) => void): void {
  if (value === null || typeof value !== "object" || Object.keys(value).length === 0) put(at, JSON.stringify(value));
  else for (const [key, one] of Object.entries(value)) flatten(one, `${at}.${key}`, put);
}

const masked = (side: Side, text: string, at: string): string =>
  side
    .translate(text.replaceAll(side.root, "ROOT"), at)
    .replaceAll(/req-[0-9a-f-]{36}/g, "REQUEST")
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "UUID")
    .replaceAll(/\b[0-9a-f]{32}\b/g, "ID")
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00/g, "TIME")
    .replaceAll(/\b[a-z]{2,7}-\d{1,2}-(?=cluster|template)/g, "GENERATED-")
    .replaceAll(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g, "PEM");

/** Ours name the field where Magnum's words leave it out, and tell all that is wrong: this is what is left without. */
export function inMagnumsWords(text: string, at: string): string {
  if (at !== "body.errors.0.title" && at !== "body.errors.0.detail") return text;
  const first = text.replace(/ \(1 of \d+ problems\)"$|\\n.*"$/, '"');
  return first.replace(/ \([a-z_.]+\)(?=\.|"$)/, "");
}

/** Where one refuses what the other does, the rest of the answers is not comparable. */
export function differences(theirs: Map<string, string>, ours: Map<string, string>): Difference[] {
  const refused = (answer: Map<string, string>) => (answer.get("status") ?? "") >= "4";
  if (refused(theirs) !== refused(ours)) return [{ at: "status", theirs: outcome(theirs), ours: outcome(ours) }];
  const places = [...new Set([...theirs.keys(), ...ours.keys()])];
  return places.flatMap((at) =>
    theirs.get(at) === ours.get(at) ? [] : [{ at, theirs: theirs.get(at), ours: ours.get(at) }],
  );
}

const outcome = (answer: Map<string, string>) =>
  [answer.get("status"), answer.get("body.errors.0.detail") ?? ""].join(" ").trim();

export const told = ({ at, theirs, ours }: Difference): string => `${at}: theirs ${theirs ?? "-"}, ours ${ours ?? "-"}`;
