// Lists that come in pages. Each page is one call; the next page's address is taken from the answer.
import { z } from "zod";
import type { Query, Request, Service } from "./session.ts";

const anyPage = z.record(z.string(), z.unknown());
const links = z.array(z.object({ rel: z.string(), href: z.string() }));
const nextLink = z.object({ next: z.string().nullish() });
const mostPages = 1000;

export interface ListRequest<T> extends Omit<Request, "method"> {
  /** Key of the list in the answer. */
  key: string;
  item: z.ZodType<T>;
  /** Rows wanted at most; absent = all. */
  limit?: number | undefined;
}

/** All rows, or the first `limit`. */
export async function list<T>(service: Service, { key, item, limit, ...request }: ListRequest<T>): Promise<T[]> {
  const rows: T[] = [];
  const page = anyPage.transform((body, ctx) => {
    const parsed = z.array(item).safeParse(body[key]);
    if (parsed.success) return { rows: parsed.data, next: nextPage(body, key) };
    for (const issue of parsed.error.issues) {
      ctx.addIssue({ code: "custom", message: issue.message, path: [key, ...issue.path] });
    }
    return z.NEVER;
  });
  let query: Query | undefined = request.query;
  const seen = new Set<string>();
  for (let count = 0; count < mostPages; count++) {
    const answer = await service.read({ ...request, query }, page);
    rows.push(...answer.rows);
    if (limit !== undefined && rows.length >= limit) return rows.slice(0, limit);
    // Only the query counts: behind a proxy the address itself may be one that cannot be reached from here.
    const next = answer.next?.split("?")[1];
    if (next === undefined || answer.rows.length === 0 || seen.has(next)) return rows;
    seen.add(next);
    query = queryOf(next);
  }
  return rows;
}

/** Nova, Neutron, Cinder, Octavia: `<key>_links`; Heat: `links`; Keystone: `links.next`; Glance and Barbican: `next`. */
function nextPage(body: Record<string, unknown>, key: string): string | null {
  const listed = links.safeParse(body[`${key}_links`]).data?.find((link) => link.rel === "next")?.href;
  const inList = links.safeParse(body["links"]).data?.find((link) => link.rel === "next")?.href;
  return (
    listed ?? inList ?? nextLink.safeParse(body["links"]).data?.next ?? nextLink.safeParse(body).data?.next ?? null
  );
}

function queryOf(text: string): Query {
  const all: Record<string, string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) (all[name] ??= []).push(value);
  return all;
}

/** Asks for many ids in addresses of bearable length. */
export async function inChunks<T>(
  ids: readonly string[] | undefined,
  ask: (ids: readonly string[] | undefined) => Promise<T[]>,
): Promise<T[]> {
  if (ids === undefined) return ask(undefined);
  const rows: T[] = [];
  for (let from = 0; from < ids.length; from += 100) rows.push(...(await ask(ids.slice(from, from + 100))));
  return rows;
}

export const looksLikeId = (text: string): boolean => /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text);
