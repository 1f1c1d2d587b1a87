// Discovery, headers and routing (magnum-api 1).
import type { FastifyInstance } from "fastify";
import { describe, expect, test } from "vitest";
import type { Env } from "../../env.ts";
import { buildApi } from "../app.ts";
import { at, latest, openDoor, refused } from "../testing/door.ts";

const door = openDoor();
const requestId = /^req-[0-9a-f-]{36}$/;
const service = "container-infrastructure-management";

describe("discovery", () => {
  test("GET / lists the versions, to anybody, without version headers", async () => {
    const { status, json, headers } = await door.call("/", { as: null, headers: { host: "coe.example:9511" } });
    expect([status, json]).toEqual([
      200,
      {
        name: "OpenStack Magnum API",
        description: "Magnum is an OpenStack project which aims to provide container cluster management.",
        versions: [
          {
            id: "v1",
            links: [{ href: "http://coe.example:9511/v1/", rel: "self" }],
            status: "CURRENT",
            max_version: "1.14",
            min_version: "1.1",
          },
        ],
      },
    ]);
    expect(headers["openstack-api-version"]).toBeUndefined();
    expect(headers["x-openstack-request-id"]).toMatch(requestId);
  });

  test("GET /v1 names every collection, with the versions that gophercloud looks for there (E31)", async () => {
    for (const url of ["/v1", "/v1/"]) {
      const { json } = await door.call(url, { as: null, version: latest, headers: { host: "coe.example" } });
      const pair = (path: string) => [
        { href: `http://coe.example/v1/${path}`, rel: "self" },
        { href: `http://coe.example/${path}`, rel: "bookmark" },
      ];
      expect(json).toEqual({
        id: "v1",
        media_types: [{ base: "application/json", type: "application/vnd.openstack.magnum.v1+json" }],
        links: [
          { href: "http://coe.example/v1/", rel: "self" },
          {
            href: "http://docs.openstack.org/developer/magnum/dev/api-spec-v1.html",
            rel: "describedby",
            type: "text/html",
          },
        ],
        clustertemplates: pair("clustertemplates/"),
        clusters: pair("clusters/"),
        quotas: pair("quotas/"),
        certificates: pair("certificates/"),
        mservices: pair("mservices/"),
        stats: pair("stats/"),
        federations: pair("federations/"),
        nodegroups: pair("clusters/{cluster_id}/nodegroups"),
        credentials: pair("credentials/"),
        versions: [expect.objectContaining({ id: "v1", max_version: "1.14" })],
      });
    }
    const old = await door.call("/v1", { as: null, version: at(10) });
    expect(old.json).toHaveProperty("baymodels");
  });

  test("GET /healthcheck says OK in plain text", async () => {
    const { text, headers } = await door.call("/healthcheck", { as: null });
    expect([text, headers["content-type"]]).toEqual(["OK", expect.stringContaining("text/plain")]);
  });
});

describe("links", () => {
  const linksOf = async (app: FastifyInstance, headers: Record<string, string>) => {
    const answer = await app.inject({ url: "/v1", headers });
    return answer.json<{ links: { href: string }[] }>().links[0]?.href;
  };
  const forwarded = { "x-forwarded-host": "coe.example", "x-forwarded-proto": "https" };
  const given = (env: Partial<Env>) => buildApi({ ...door.deps, env: { ...door.deps.env, ...env } });

  test.each([
    [{ host: "coe.example" }, "http://coe.example/v1/"],
    [{ host: "10.0.0.7:9511", ...forwarded }, "http://10.0.0.7:9511/v1/"],
    [{ host: "evil.example/path?" }, "http://127.0.0.1:9511/v1/"],
  ])("are to where the client came in, while nothing else is configured: %j", async (headers, expected) => {
    expect(await linksOf(door.app, headers)).toBe(expected);
    const id = await door.template();
    const { json } = await door.call(`/v1/clustertemplates/${id}`, { headers });
    const root = expected.slice(0, -"/v1/".length);
    expect(json["links"]).toEqual([
      { href: `${root}/v1/clustertemplates/${id}`, rel: "self" },
      { href: `${root}/clustertemplates/${id}`, rel: "bookmark" },
    ]);
  });

  test("are as a proxy forwards them only where that proxy is trusted", async () => {
    const behind = given({ trustedProxies: ["127.0.0.0/8"] });
    expect(await linksOf(behind, { host: "10.0.0.7:9511", ...forwarded })).toBe("https://coe.example/v1/");
    expect(await linksOf(behind, { host: "10.0.0.7:9511", "x-forwarded-host": "evil.example/path?" })).toBe(
      "http://127.0.0.1:9511/v1/",
    );
    await behind.close();
  });

  test("are as configured where that is, whatever a request says about its host", async () => {
    const configured = given({
      apiPublicUrl: "https://containers.example.org:9511",
      apiPublicUrlIsSet: true,
      trustedProxies: ["127.0.0.0/8"],
    });
    for (const headers of [{ host: "evil.example" }, { host: "evil.example", ...forwarded }])
      expect(await linksOf(configured, headers)).toBe("https://containers.example.org:9511/v1/");
    await configured.close();
  });
});

describe("headers", () => {
  test("of every answer keep it from being framed, run, guessed at or kept", async () => {
    for (const url of ["/", "/v1/clusters", "/v1/clusters/none", "/nothing", "/v1/openapi.json", "/healthz", "/%zz"]) {
      const { headers } = await door.call(url, {});
      expect(headers, url).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
        "cache-control": "no-store",
      });
    }
  });

  test("of every /v1 answer name the version asked for, in the server's own words, and the range", async () => {
    const { headers } = await door.call("/v1/clusters", { version: "container-infra 1.9" });
    expect(headers).toMatchObject({
      "openstack-api-version": `${service} 1.9`,
      "openstack-api-minimum-version": `${service} 1.1`,
      "openstack-api-maximum-version": `${service} 1.14`,
      vary: "OpenStack-API-Version",
      "content-type": "application/json",
    });
  });

  test("name a request id of ours, also on errors, and do not echo the client's", async () => {
    const global = "req-11111111-1111-4111-8111-111111111111";
    for (const url of ["/", "/v1/clusters", "/v1/nope", "/v1/clusters/none"]) {
      const { headers } = await door.call(url, { headers: { "x-openstack-request-id": global } });
      expect(headers["x-openstack-request-id"]).toMatch(requestId);
      expect(headers["x-openstack-request-id"]).not.toBe(global);
    }
  });

  test("without a token: 401 in Keystone's shape, and where to get one", async () => {
    for (const as of [null, "unknown"]) {
      const { status, headers, json } = await door.call("/v1/clusters", { as });
      expect(status).toBe(401);
      expect(headers["www-authenticate"]).toMatch(/^Keystone uri="http/);
      expect(json).toEqual({
        error: { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." },
      });
    }
  });

  test("of an empty answer have no content type", async () => {
    const id = await door.template();
    const { status, text, headers } = await door.call(`/v1/clustertemplates/${id}`, { method: "DELETE" });
    expect([status, text, headers["content-type"]]).toEqual([204, "", undefined]);
  });

  test.each(["*/*", "application/json", "text/html", "application/xml;q=0.9"])(
    "Accept: %s is answered in JSON, with the whole text of errors",
    async (accept) => {
      const fine = await door.call("/v1/clusters", { headers: { accept } });
      expect([fine.status, fine.headers["content-type"]]).toEqual([200, "application/json"]);
      const wrong = await door.call("/v1/clusters", { version: at(99), headers: { accept } });
      expect(wrong).toEqual(refused(406, /^Version 1\.99 was requested/));
    },
  );
});

describe("routing", () => {
  test("a trailing slash is the same everywhere", async () => {
    const id = await door.cluster("CREATE_COMPLETE");
    for (const path of [
      "/v1/clusters",
      "/v1/clusters/detail",
      `/v1/clusters/${id}`,
      `/v1/clusters/${id}/nodegroups`,
      `/v1/clusters/${id}/nodegroups/default-worker`,
      "/v1/clustertemplates",
      "/v1/stats",
    ])
      expect((await door.call(`${path}/`, { version: latest })).status, path).toBe(200);
    expect((await door.call("/v1/clusters/?limit=1")).status).toBe(200);
  });

  test("a first part that is not v1 is read as if /v1 stood in front", async () => {
    expect((await door.call("/clusters")).status).toBe(200);
    expect((await door.call("/clustertemplates/detail?limit=2")).status).toBe(200);
  });

  test("dots belong to names", async () => {
    await door.cluster("CREATE_COMPLETE", { cluster: { name: "c1.json" } });
    expect((await door.call("/v1/clusters/c1.json")).json).toMatchObject({ name: "c1.json" });
    expect(await door.call("/v1/clusters/c1.yaml")).toEqual(refused(404, "Cluster c1.yaml could not be found."));
  });

  test.each([
    ["GET", "/v1/nope", 404, "Not Found"],
    ["GET", "/v1/clusters/a/b", 404, "Not Found"],
    ["PUT", "/v1/clusters", 405, "Method Not Allowed"],
    ["PUT", "/v1/clusters/a", 405, "Method Not Allowed"],
    ["DELETE", "/v1/clusters", 405, "Method Not Allowed"],
    ["GET", "/v1/certificates", 405, "Method Not Allowed"],
    ["POST", "/v1/clusters/a", 405, "Method Not Allowed"],
    ["POST", "/v1/clusters/a/actions/reboot", 405, "Method Not Allowed"],
    ["GET", "/v1/clusters/a/actions/resize", 405, "Method Not Allowed"],
    ["DELETE", "/v1/stats", 405, "Method Not Allowed"],
  ] as const)("%s %s is %i", async (method, url, status, title) => {
    const answer = await door.call(url, { method, version: latest });
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({ errors: [{ code: "", status, title, detail: "" }] });
    expect(answer.headers["openstack-api-version"]).toBe(`${service} 1.14`);
  });

  test("405 and OPTIONS say which methods there are", async () => {
    const refusal = await door.call("/v1/clusters", { method: "PUT" });
    expect(refusal.headers["allow"]).toBe("GET, POST, HEAD, OPTIONS");
    const options = await door.call("/v1/clusters/a", { method: "OPTIONS" });
    expect([options.status, options.headers["allow"]]).toEqual([204, "GET, PATCH, DELETE, HEAD, OPTIONS"]);
    expect((await door.call("/v1/clusters", { method: "OPTIONS", as: null })).status).toBe(401);
  });

  test("HEAD is GET without the body", async () => {
    const { status, text, headers } = await door.call("/v1/clusters", { method: "HEAD" });
    expect([status, text, headers["content-type"]]).toEqual([200, "", "application/json"]);
    expect((await door.call("/v1/clusters/none", { method: "HEAD" })).status).toBe(404);
  });

  test.each([
    ["text/plain", "a=b", 415, "Unknown mimetype: text/plain"],
    ["application/x-www-form-urlencoded", "a=b", 415, "Unknown mimetype: application/x-www-form-urlencoded"],
    ["application/json", "{", 400, "Request is not in valid JSON format"],
    ["application/json", "", 400, 'Missing argument: "cluster"'],
    ["application/octet-stream", "", 400, 'Missing argument: "cluster"'],
    ["application/json", "null", 400, 'Missing argument: "cluster"'],
    ["application/json; charset=utf-8", '{"foo":1}', 400, /^Unknown attribute for argument cluster: foo\n/],
  ] as const)("a body of %s %j is refused with %i", async (type, body, status, detail) => {
    const answer = await door.call("/v1/clusters", { method: "POST", body, headers: { "content-type": type } });
    expect(answer).toEqual(refused(status, detail));
  });

  test.each([
    ["POST", "/v1/clustertemplates", "cluster_template"],
    ["POST", "/v1/certificates", "certificate"],
    ["POST", "/v1/quotas", "quota"],
    ["PATCH", "/v1/clusters/a", "patch"],
    ["PATCH", "/v1/clustertemplates/a", "patch"],
    ["PATCH", "/v1/quotas/a/Cluster", "quota"],
    ["POST", "/v1/clusters/a/actions/resize", "cluster_resize_req"],
    ["POST", "/v1/clusters/a/actions/upgrade", "cluster_upgrade_req"],
    ["POST", "/v1/clusters/a/nodegroups", "nodegroup"],
    ["PATCH", "/v1/clusters/a/nodegroups/b", "patch"],
  ] as const)("%s %s without a body misses %j", async (method, url, argument) => {
    expect(await door.call(url, { method, version: latest })).toEqual(refused(400, `Missing argument: "${argument}"`));
  });

  test("a body of more than 1 MiB is 413", async () => {
    const answer = await door.post("/v1/clusters", { cluster_template_id: "x".repeat(1 << 20) });
    expect(answer.status).toBe(413);
  });

  test("a bug is 500 with the request's id and nothing from inside", async () => {
    const apiContext = () => Promise.reject(new Error("secret detail"));
    const broken = buildApi({ ...door.deps, auth: { ...door.deps.auth, apiContext } });
    const answer = await broken.inject({ url: "/v1/clusters", headers: { "x-auth-token": "member" } });
    expect(answer.statusCode).toBe(500);
    expect(answer.body).toContain(String(answer.headers["x-openstack-request-id"]));
    expect(answer.body).not.toContain("secret detail");
  });
});
