// What each service means by an answer of 4xx or 5xx. Every one has its own shape of body; shapes seen on the Zed
// services are named in error-body.test.ts.
import { z } from "zod";
import type { OpenStackErrorKind } from "./error.ts";

const text = z.string().trim().min(1);
const inner = z.looseObject({ message: text });
const shapes = z.union([
  // Keystone, Heat, keystonemiddleware: {error: {message}}
  z.looseObject({ error: inner }).transform((body) => body.error.message),
  // Neutron: {NeutronError: {type, message, detail}}
  z.looseObject({ NeutronError: inner }).transform((body) => body.NeutronError.message),
  z.looseObject({ NeutronError: text }).transform((body) => body.NeutronError),
  // Octavia (WSME): {faultcode, faultstring}
  z.looseObject({ faultstring: text }).transform((body) => body.faultstring),
  // Placement, Magnum: {errors: [{title, detail}]}
  z
    .looseObject({ errors: z.array(z.looseObject({ detail: text })).min(1) })
    .transform((body) => body.errors[0]?.detail ?? ""),
  // Barbican: {code, title, description}
  z.looseObject({ description: text, title: text }).transform((body) => body.description),
  // Glance and other WSGI filters: {code, title, message}
  z.looseObject({ message: text }).transform((body) => body.message),
  z.looseObject({ explanation: text }).transform((body) => body.explanation),
  // Nova, Cinder: {<name of the fault>: {code, message}}
  z
    .record(z.string(), z.unknown())
    .transform((body) => Object.values(body).flatMap((value) => inner.safeParse(value).data?.message ?? [])[0])
    .pipe(text),
]);

const neutronType = z.looseObject({ NeutronError: z.looseObject({ type: z.string() }) });
const longest = 2000;

/** The service's own sentence, one line, tags taken out. Null when the body holds none. */
export function errorText(body: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return clean(withoutTags(body));
  }
  const found = shapes.safeParse(value);
  return found.success ? clean(withoutTags(found.data)) : null;
}

/** HTML of a proxy or of Glance: what stands in its body, or its title. Other text is taken as it is. */
function withoutTags(body: string): string {
  if (!/<(?:html|body|h1|br|p)\b/i.test(body)) return body;
  const inside = (/<body[^>]*>([\s\S]*)<\/body>/i.exec(body)?.[1] ?? body).replace(
    /<(script|style|title)\b[\s\S]*?<\/\1>/gi,
    " ",
  );
  const plain = (html: string) => html.replace(/<[^>]+>/g, " ").trim();
  return plain(inside.replace(/<h1\b[\s\S]*?<\/h1>/gi, " ")) || plain(inside);
}

function clean(sentence: string): string | null {
  const line = sentence
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#0?39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
  if (line === "") return null;
  return line.length > longest ? `${line.slice(0, longest)}...` : line;
}

/** Quotas come as 403 (Nova, Heat, Octavia), 409 (Neutron) or 413 (Cinder, Glance): the words tell. */
export function errorKind(status: number, message: string, body: string): OpenStackErrorKind {
  if ([403, 409, 413].includes(status) && isQuota(message, body)) return "quota";
  switch (status) {
    case 401:
      return "unauthorized";
    case 403:
      return "forbidden";
    case 404:
    case 410:
      return "not_found";
    case 408:
    case 504:
      return "timeout";
    case 409:
    case 412:
    case 423:
      return "conflict";
    case 429:
      return "rate_limited";
    default:
      return status >= 500 ? "unavailable" : "bad_request";
  }
}

function isQuota(message: string, body: string): boolean {
  if (/quota (?:exceeded|has been met)|exceed\w*\b[^.]*\bquota|maximum (?:stacks|number of)/i.test(message))
    return true;
  try {
    return neutronType.safeParse(JSON.parse(body)).data?.NeutronError.type === "OverQuota";
  } catch {
    return false;
  }
}
