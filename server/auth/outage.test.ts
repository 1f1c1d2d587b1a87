// What people and clients are told while Keystone does not answer: that, and nothing about their credentials.
import { createServer } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openClouds } from "../../drivers/openstack/clouds.ts";
import type { Clouds } from "../../drivers/openstack/cloud.ts";
import { readEnv } from "../env.ts";
import { silentLog, testClock, testSecrets } from "../testing/test-context.ts";
import { testDatabase } from "../testing/test-db.ts";
import { openAuth, type Auth } from "./auth.ts";
import { readPolicies } from "./policy.ts";

describe("while Keystone does not answer", () => {
  const database = testDatabase();
  const server = createServer((_request, response) => response.writeHead(503).end("down for maintenance"));
  let clouds: Clouds;
  let auth: Auth;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const port = typeof address === "object" && address ? address.port : 0;
    clouds = openClouds(readEnv({ DATABASE_URL: "file:unused.db", SANDBOX_PORT: String(port) }).openstack);
    auth = openAuth(
      {
        db: database.db,
        clouds,
        secrets: testSecrets(),
        clock: testClock(),
        log: silentLog,
        policies: readPolicies(null),
      },
      { region: "RegionOne", session: { idleMs: null, longestMs: 3_600_000 } },
    );
  });
  afterAll(() => {
    clouds.close();
    server.close();
  });

  it.each<[string, () => Promise<unknown>]>([
    [
      "signing in",
      () => auth.sessions.signIn({ domain: "Default", user: "demo", password: "secret", from: "192.0.2.1" }),
    ],
    ["a request with a token", () => auth.apiContext("some-token", "req-1", "read")],
  ])("%s says that the cloud does not answer, not that the credentials are wrong", async (_what, attempt) => {
    const refusal = await attempt().catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      reason: "cloud_unavailable",
      details: { upstream: { service: "identity", status: 503 }, remedy: expect.any(String) },
    });
    expect(JSON.stringify(refusal) + String(refusal)).not.toMatch(/secret|some-token/);
  });

  it("forgets the outage as soon as Keystone answers again", async () => {
    await expect(auth.apiContext("some-token", "req-1", "read")).rejects.toMatchObject({ reason: "cloud_unavailable" });
    server.removeAllListeners("request");
    server.on("request", (request, response) => {
      const issued = request.method === "POST";
      response.writeHead(issued ? 201 : 404, {
        "content-type": "application/json",
        "x-subject-token": "service-token",
      });
      const domain = { id: "default", name: "Default" };
      const token = {
        user: { id: "s", name: "jeroboam", domain },
        project: { id: "p", name: "service", domain },
        roles: [],
        methods: ["password"],
        issued_at: "2026-01-01T00:00:00Z",
        expires_at: "2099-01-01T00:00:00Z",
        catalog: [],
      };
      response.end(
        JSON.stringify(
          issued ? { token } : { error: { code: 404, message: "Could not find token.", title: "Not Found" } },
        ),
      );
    });
    await expect(auth.apiContext("some-token", "req-1", "read")).rejects.toMatchObject({ reason: "unauthenticated" });
  });
});
