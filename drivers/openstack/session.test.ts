import { afterEach, describe, expect, it, vi } from "vitest";
import { Secret } from "../../server/domain/secret.ts";
import type { Credential } from "./cloud.ts";
import { openConnection } from "./http.ts";
import { findEndpoint, openSession, queryText, versioned } from "./session.ts";
import type { SessionOptions } from "./session.ts";
import { json, serve } from "./testing/local-server.ts";
import type { LocalServer } from "./testing/local-server.ts";

const named = { id: "1", name: "one" };
const credential: Credential = { kind: "password", user: { id: "1" }, password: new Secret("hunter22") };

let keystone: LocalServer;
afterEach(() => keystone.close());

/** A Keystone whose tokens are t1, t2, ... and live an hour, and a service that takes only those in `valid`. */
async function start(valid: Set<string>, options: Partial<SessionOptions> = {}, { refuse } = { refuse: 0 }) {
  let issued = 0;
  keystone = await serve((request, response) => {
    const wire = {
      token: {
        user: { ...named, domain: named },
        issued_at: "2026-01-01T00:00:00.000000Z",
        expires_at: "2026-01-01T01:00:00.000000Z",
        catalog: [
          {
            type: "compute",
            name: "nova",
            endpoints: [{ interface: "public", region: "R", url: `${keystone.url}/nova` }],
          },
        ],
      },
    };
    if (refuse-- > 0) json(response, 401, {});
    else if (request.url !== "/nova/x") {
      const token = request.method === "POST" ? `t${++issued}` : "mine";
      valid.add(token);
      json(response, 201, wire, { "X-Subject-Token": token });
    } else if (valid.has(String(request.headers["x-auth-token"]))) json(response, 200, { ok: true });
    else json(response, 401, { error: { message: "The request you have made requires authentication." } });
  });
  const session = openSession({
    connection: openConnection({ retryDelayMs: 1 }),
    authUrl: keystone.url,
    source: { credential },
    interface: "public",
    region: null,
    ...options,
  });
  const service = session.service("compute", (url) => url);
  return {
    session,
    ask: () => service.send({ operation: "ask", method: "GET", path: "/x" }),
    refuseNext: (times: number) => void (refuse = times),
  };
}
const signIns = () => keystone.seen.filter((request) => request.method === "POST").length;

describe("a session", () => {
  it("signs in once, at its first use, however many ask at the same time", async () => {
    const { ask } = await start(new Set());
    expect(keystone.seen.length).toBe(0);
    await Promise.all([ask(), ask(), ask()]);
    expect(signIns()).toBe(1);
  });

  it("renews its token some minutes before it ends, and lets nobody wait for that", async () => {
    let now = 1_000_000;
    const { session, ask } = await start(new Set(), { now: () => now });
    await ask();
    now += 56 * 60_000;
    const first = await session.current();
    expect(first.token.reveal()).toBe("t1");
    await vi.waitFor(async () => expect((await session.current()).token.reveal()).toBe("t2"));
    expect(signIns()).toBe(2);
  });

  it("goes on with its token while a renewal is refused", async () => {
    let now = 1_000_000;
    const { session, refuseNext } = await start(new Set(), { now: () => now });
    await session.current();
    now += 56 * 60_000;
    refuseNext(1);
    expect((await session.current()).token.reveal()).toBe("t1");
    await vi.waitFor(() => expect(signIns()).toBe(2));
    expect((await session.current()).token.reveal()).toBe("t1");
    now += 11_000;
    await session.current();
    await vi.waitFor(async () => expect((await session.current()).token.reveal()).toBe("t2"));
  });

  it("signs in again a minute before its token ends, by the time that passed here", async () => {
    let now = 1_000_000;
    const { session, ask } = await start(new Set(), { now: () => now });
    await ask();
    now += 54 * 60_000;
    await ask();
    expect(signIns()).toBe(1);
    now += 5.5 * 60_000;
    expect((await session.current()).token.reveal()).toBe("t2");
  });

  it("signs in again when its token was ended, and asks once more", async () => {
    const valid = new Set<string>();
    const { ask } = await start(valid);
    await ask();
    valid.clear();
    await Promise.all([ask(), ask()]);
    expect(signIns()).toBe(2);
  });

  it("does not do so for ever", async () => {
    const valid = new Set<string>();
    valid.add = () => valid;
    const { ask } = await start(valid);
    await expect(ask()).rejects.toMatchObject({ kind: "unauthorized", status: 401 });
    expect(signIns()).toBe(2);
  });

  it("tries again after a sign-in that failed", async () => {
    const { ask } = await start(new Set(), {}, { refuse: 1 });
    await expect(ask()).rejects.toMatchObject({ kind: "unauthorized", operation: "sign in" });
    await ask();
    expect(signIns()).toBe(2);
  });

  it("of a bare token reads the catalog by the token itself and never signs in", async () => {
    const valid = new Set<string>();
    const { ask } = await start(valid, { source: { token: new Secret("mine") } });
    await ask();
    valid.clear();
    await expect(ask()).rejects.toMatchObject({ kind: "unauthorized" });
    expect(signIns()).toBe(0);
  });

  it("says which service a cloud has not", async () => {
    const { session } = await start(new Set());
    const octavia = session.service("load-balancer", (url) => url);
    await expect(octavia.send({ operation: "list", method: "GET", path: "/" })).rejects.toMatchObject({
      kind: "no_service",
      message: "This cloud has no load-balancer service.",
    });
  });
});

describe("the catalog", () => {
  const at = (region: string, url: string, kind = "public") => ({ interface: kind, region, url });
  const catalog = [
    { type: "volumev3", name: "cinder", endpoints: [at("one", "https://one/v3/p/"), at("two", "https://two/v3/p")] },
    { type: "compute", name: "nova", endpoints: [at("one", "https://inner", "internal"), at("one", "https://outer")] },
  ];
  it("is read by any name of the service, by region and by interface", () => {
    expect(findEndpoint(catalog, "block-storage", "public", null)).toBe("https://one/v3/p");
    expect(findEndpoint(catalog, "volumev3", "public", "two")).toBe("https://two/v3/p");
    expect(findEndpoint(catalog, "compute", "internal", "one")).toBe("https://inner");
    expect(findEndpoint(catalog, "compute", "public", "two")).toBeNull();
    expect(findEndpoint(catalog, "image", "public", null)).toBeNull();
  });

  it("gives addresses with and without a version", () => {
    expect(versioned("v2.0")("http://x:9696")).toBe("http://x:9696/v2.0");
    expect(versioned("v2.0")("http://x/network/v2.0")).toBe("http://x/network/v2.0");
    expect(versioned("v2.1")("http://x/v2.1/0123")).toBe("http://x/v2.1/0123");
  });

  it("is asked with lists as repeated names and without what is not set", () => {
    expect(queryText({ id: ["1", "2"], name: undefined, external: true })).toBe("?id=1&id=2&external=true");
    expect(queryText(undefined)).toBe("");
  });
});
