import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Secret } from "../../server/domain/secret.ts";
import type { CatalogService, TokenInfo } from "./cloud.ts";
import { OpenStackError } from "./error.ts";
import { openConnection } from "./http.ts";
import { inChunks, list } from "./pages.ts";
import { openSession } from "./session.ts";
import { json, serve } from "./testing/local-server.ts";
import type { LocalServer } from "./testing/local-server.ts";

const named = { id: "1", name: "one" };
const info = (catalog: CatalogService[]): TokenInfo => ({
  user: { ...named, domain: named },
  project: null,
  domain: null,
  roles: [],
  methods: [],
  issuedAt: new Date(),
  expiresAt: new Date(Date.now() + 3_600_000),
  trust: null,
  applicationCredential: null,
  catalog,
});

let upstream: LocalServer;
afterEach(() => upstream.close());

/** A service of which page n (by marker) is `page(n)`. */
async function serviceOf(page: (marker: number, base: string) => unknown) {
  upstream = await serve((request, response) => {
    const marker = Number(new URL(request.url, upstream.url).searchParams.get("marker") ?? 0);
    json(response, 200, page(marker, upstream.url));
  });
  const session = openSession({
    connection: openConnection(),
    authUrl: upstream.url,
    source: {
      token: new Secret("t0ken"),
      info: info([
        {
          type: "compute",
          name: "nova",
          endpoints: [{ interface: "public", region: "R", url: `${upstream.url}/v2.1` }],
        },
      ]),
    },
    interface: "public",
    region: null,
  });
  return session.service("compute", (url) => url);
}
const row = z.object({ id: z.number() }).transform((wire) => wire.id);
const request = {
  operation: "list things",
  path: "/things",
  query: { tags: ["a", "b"], limit: 2 },
  key: "things",
  item: row,
};
const rows = (marker: number) => (marker < 4 ? [{ id: marker + 1 }, { id: marker + 2 }] : [{ id: 5 }]);

describe("a list in pages", () => {
  it.each([
    [
      "Nova, Neutron, Cinder, Octavia",
      (href: string) => ({
        things_links: [
          { rel: "previous", href: "x" },
          { rel: "next", href },
        ],
      }),
    ],
    ["Heat", (href: string) => ({ links: [{ rel: "next", href }] })],
    ["Keystone", (href: string) => ({ links: { self: "x", previous: null, next: href } })],
    ["Glance", (href: string) => ({ first: "/v2/things", next: new URL(href).pathname + new URL(href).search })],
  ])("of %s is read to its end, at the address that we know", async (_of, links) => {
    const service = await serviceOf((marker) => ({
      things: rows(marker),
      ...(marker < 4
        ? links(`https://inside.example:1234/v2.1/things?limit=2&marker=${marker + 2}&tags=a&tags=b`)
        : {}),
    }));
    expect(await list(service, request)).toEqual([1, 2, 3, 4, 5]);
    expect(upstream.seen.map((one) => one.url)).toEqual([
      "/v2.1/things?tags=a&tags=b&limit=2",
      "/v2.1/things?limit=2&marker=2&tags=a&tags=b",
      "/v2.1/things?limit=2&marker=4&tags=a&tags=b",
    ]);
    expect(upstream.seen.every((one) => one.headers["x-auth-token"] === "t0ken")).toBe(true);
  });

  it("is not read further than was asked for", async () => {
    const service = await serviceOf((marker, base) => ({
      things: rows(marker),
      things_links: [{ rel: "next", href: `${base}/things?marker=${marker + 2}` }],
    }));
    expect(await list(service, { ...request, limit: 3 })).toEqual([1, 2, 3]);
    expect(upstream.seen.length).toBe(2);
  });

  it("ends when the service gives the same page for ever, or an empty one", async () => {
    const same = await serviceOf(() => ({ things: [{ id: 1 }], next: "/things?marker=1" }));
    expect(await list(same, request)).toEqual([1, 1]);
    await upstream.close();
    const empty = await serviceOf((marker) => ({ things: [], next: `/things?marker=${marker + 1}` }));
    expect(await list(empty, request)).toEqual([]);
    expect(upstream.seen.length).toBe(1);
  });

  it("names the row and the field that is not as promised", async () => {
    const service = await serviceOf(() => ({ things: [{ id: 1 }, { id: "two" }] }));
    const error: unknown = await list(service, request).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(OpenStackError);
    expect(String(error)).toMatch(/compute, list things: field things\.1\.id: /);
  });
});

describe("many ids", () => {
  it("are asked for a hundred at a time", async () => {
    const ids = Array.from({ length: 250 }, (_, index) => String(index));
    const sizes: number[] = [];
    const all = await inChunks(ids, (some) => {
      sizes.push(some?.length ?? -1);
      return Promise.resolve([...(some ?? [])]);
    });
    expect(sizes).toEqual([100, 100, 50]);
    expect(all).toEqual(ids);
  });

  it("are not asked for when there are none", async () => {
    expect(await inChunks([], () => Promise.reject(new Error("asked")))).toEqual([]);
    upstream = await serve(() => {});
  });
});
