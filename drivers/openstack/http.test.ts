import { createServer as createSecureServer } from "node:https";
import "reflect-metadata";
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator } from "@peculiar/x509";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { Secret } from "../../server/domain/secret.ts";
import { OpenStackError } from "./error.ts";
import { openConnection, parseAnswer } from "./http.ts";
import type { Call, CallRecord, Connection, ConnectionOptions } from "./http.ts";
import { json, serve } from "./testing/local-server.ts";
import type { LocalServer, Respond } from "./testing/local-server.ts";

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

async function server(respond: Respond): Promise<LocalServer> {
  const made = await serve(respond);
  open.push(made);
  return made;
}
function connection(options: ConnectionOptions = {}): Connection {
  const made = openConnection({ retryDelayMs: 1, ...options });
  open.push(made);
  return made;
}
const get = (url: string, more: Partial<Call> = {}): Call => ({
  service: "compute",
  operation: "list servers",
  method: "GET",
  url,
  ...more,
});
const post = (url: string, more: Partial<Call> = {}): Call => ({
  service: "orchestration",
  operation: "create stack",
  method: "POST",
  url,
  body: {},
  ...more,
});

async function refusal(call: Promise<unknown>): Promise<OpenStackError> {
  const answer: unknown = await call.catch((error: unknown) => error);
  if (answer instanceof OpenStackError) return answer;
  throw new Error(`expected a refusal, got ${JSON.stringify(answer)}`);
}

describe("a second try", () => {
  it.each([502, 503, 504, 429])("follows a read that was answered by %i", async (status) => {
    const upstream = await server((_request, response) =>
      upstream.seen.length < 3 ? json(response, status, {}) : json(response, 200, { ok: true }),
    );
    const answer = await connection().send(get(upstream.url));
    expect(answer.text).toBe('{"ok":true}');
    expect(upstream.seen.length).toBe(3);
  });

  it("comes four times at most, and then the service's words are the error", async () => {
    const upstream = await server((_request, response) =>
      json(response, 503, { error: { message: "Down for maintenance." } }, { "x-openstack-request-id": "req-7" }),
    );
    const error = await refusal(connection().send(get(upstream.url)));
    expect(error).toMatchObject({
      kind: "unavailable",
      status: 503,
      message: "Down for maintenance.",
      requestId: "req-7",
      retryable: true,
    });
    expect(error).toMatchObject({ service: "compute", operation: "list servers" });
    expect(upstream.seen.length).toBe(4);
  });

  it("never follows a write that may have been carried out", async () => {
    const upstream = await server((request, response) =>
      request.url === "/cut" ? response.destroy() : json(response, 503, {}),
    );
    expect((await refusal(connection().send(post(upstream.url)))).status).toBe(503);
    expect((await refusal(connection().send(post(`${upstream.url}/cut`)))).kind).toBe("unavailable");
    expect((await refusal(connection().send(get(upstream.url, { method: "PATCH", body: {} })))).status).toBe(503);
    expect(upstream.seen.length).toBe(3);
  });

  it("follows a write that says of itself that it may be repeated, and one that a limiter has turned away", async () => {
    const upstream = await server((request, response) => {
      if (upstream.seen.length % 2 === 0) json(response, 200, {});
      else if (request.url === "/limited") json(response, 429, {});
      else response.destroy();
    });
    expect((await connection().send(post(upstream.url, { repeatable: true }))).status).toBe(200);
    expect((await connection().send(post(`${upstream.url}/limited`))).status).toBe(200);
    expect(upstream.seen.length).toBe(4);
  });

  it("follows a write that could not even be sent", async () => {
    const gone = await serve(() => {});
    await gone.close();
    const calls: CallRecord[] = [];
    const error = await refusal(connection({ onCall: (call) => calls.push(call) }).send(post(gone.url)));
    expect(error).toMatchObject({ kind: "unavailable", status: null, retryable: true });
    expect(error.message).toBe("orchestration, create stack: no connection (ECONNREFUSED)");
    expect(calls.map((call) => call.attempt)).toEqual([1, 2, 3, 4]);
  });

  it("waits as long as the service asks for, and not at all when that is too long", async () => {
    const upstream = await server((request, response) => {
      const wait = request.url === "/long" ? "3600" : "1";
      if (upstream.seen.length === 1 || request.url === "/long") json(response, 429, {}, { "Retry-After": wait });
      else json(response, 200, {});
    });
    const started = performance.now();
    await connection().send(get(upstream.url));
    expect(performance.now() - started).toBeGreaterThan(990);
    expect((await refusal(connection().send(get(`${upstream.url}/long`)))).kind).toBe("rate_limited");
    expect(upstream.seen.length).toBe(3);
  });

  it("of a deletion finds nothing left, and that is what was wanted", async () => {
    const upstream = await server((_request, response) =>
      upstream.seen.length === 1 ? response.destroy() : json(response, 404, { itemNotFound: { message: "gone" } }),
    );
    await connection().send(get(upstream.url, { method: "DELETE" }));
    expect((await refusal(connection().send(get(upstream.url, { method: "DELETE" })))).kind).toBe("not_found");
  });
});

describe("time", () => {
  it("runs out for a service that does not answer, and nobody waits for it four times", async () => {
    const upstream = await server((request, response) => {
      if (request.url === "/half") response.writeHead(200).write("{");
    });
    const slow = connection({ timeoutMs: 60 });
    const error = await refusal(slow.send(get(upstream.url)));
    expect(error).toMatchObject({ kind: "timeout", status: null, retryable: true });
    expect((await refusal(slow.send(get(`${upstream.url}/half`)))).kind).toBe("timeout");
    expect(upstream.seen.length).toBe(2);
  });

  it("ends with the caller's signal, also between two tries", async () => {
    const upstream = await server((request, response) => {
      if (request.url === "/busy") json(response, 503, {});
    });
    for (const path of ["", "/busy"]) {
      const stop = new AbortController();
      const call = connection({ retryDelayMs: 60_000 }).send(get(upstream.url + path, { signal: stop.signal }));
      setTimeout(() => stop.abort(), 60);
      expect(await refusal(call)).toMatchObject({ kind: "cancelled", retryable: false });
    }
  });
});

describe("connections", () => {
  it("are kept for what may be repeated; a write that may not has its own", async () => {
    const upstream = await server((_request, response) => json(response, 200, {}));
    const pool = connection();
    for (const call of [get(upstream.url), get(upstream.url), post(upstream.url), get(upstream.url)])
      await pool.send(call);
    expect(upstream.seen.map((request) => request.socket)).toEqual([0, 0, 1, 0]);
  });

  it("that were closed while they were kept cost a read one attempt, however many there are", async () => {
    const used = new Set<number>();
    const upstream = await server((request, response) => {
      if (used.has(request.socket)) response.destroy();
      else setTimeout(() => json(response, 200, {}), 20);
      used.add(request.socket);
    });
    const attempts: number[] = [];
    const pool = connection({ retryDelayMs: 1, onCall: ({ attempt }) => void attempts.push(attempt) });
    await Promise.all(Array.from({ length: 6 }, () => pool.send(get(upstream.url))));
    expect(used.size).toBe(6);
    await pool.send(get(upstream.url));
    expect(attempts.slice(6)).toEqual([1, 2]);
  });

  it("are not more than allowed at once", async () => {
    const upstream = await server((_request, response) => void setTimeout(() => json(response, 200, {}), 5));
    const pool = connection({ maxSockets: 3 });
    await Promise.all(Array.from({ length: 20 }, () => pool.send(get(upstream.url))));
    expect(new Set(upstream.seen.map((request) => request.socket)).size).toBe(3);
  });

  it("follow a redirect within the service, whatever host it names", async () => {
    const stranger = await server((_request, response) => json(response, 200, { stolen: true }));
    const upstream = await server((request, response) =>
      request.url === "/stacks/one"
        ? json(response, 302, {}, { Location: `${stranger.url}/stacks/one/1?a=b` })
        : json(response, 200, { at: request.url, token: request.headers["x-auth-token"] }),
    );
    const answer = await connection().send(get(`${upstream.url}/stacks/one`, { token: new Secret("t0ken") }));
    expect(JSON.parse(answer.text)).toEqual({ at: "/stacks/one/1?a=b", token: "t0ken" });
    expect(stranger.seen).toEqual([]);
  });

  it("over TLS need the cloud's CA, or the word that nobody checks", async () => {
    const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        name: "CN=local cloud",
        keys,
        signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
        notBefore: new Date(Date.now() - 60_000),
        notAfter: new Date(Date.now() + 3_600_000),
        extensions: [
          new BasicConstraintsExtension(true),
          new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }]),
        ],
      },
      crypto,
    );
    const der = Buffer.from(await crypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
    const key = `-----BEGIN PRIVATE KEY-----\n${der}\n-----END PRIVATE KEY-----\n`;
    const caPem = certificate.toString("pem");
    const upstream = await serve(
      (_request, response) => json(response, 200, {}),
      "https",
      (listener) => createSecureServer({ key, cert: caPem }, listener),
    );
    open.push(upstream);
    expect((await refusal(connection({ attempts: 1 }).send(get(upstream.url)))).kind).toBe("unavailable");
    for (const options of [{ caPem }, { insecure: true }]) {
      expect((await connection(options).send(get(upstream.url))).status).toBe(200);
      expect((await connection(options).send(post(upstream.url))).status).toBe(200);
    }
  });
});

describe("secrets", () => {
  it("reach the service, and neither errors nor records", async () => {
    const upstream = await server((request, response) =>
      json(response, 400, { error: { message: `bad ${request.body} of ${request.headers["x-auth-token"]}` } }),
    );
    const calls: CallRecord[] = [];
    const call = post(upstream.url, {
      token: new Secret("t0ken"),
      body: { user: { password: new Secret("hunter22") }, plain: 1 },
    });
    const error = await refusal(connection({ onCall: (record) => calls.push(record) }).send(call));
    expect(upstream.seen[0]?.body).toBe('{"user":{"password":"hunter22"},"plain":1}');
    expect(upstream.seen[0]?.headers["x-auth-token"]).toBe("t0ken");
    expect(error.message).toBe('bad {"user":{"password":"[secret]"},"plain":1} of [secret]');
    expect(JSON.stringify(calls) + JSON.stringify(error)).not.toMatch(/hunter22|t0ken/);
    expect(calls).toEqual([
      {
        service: "orchestration",
        operation: "create stack",
        method: "POST",
        status: 400,
        requestId: null,
        durationMs: expect.any(Number),
        attempt: 1,
      },
    ]);
  });
});

describe("an answer that is not what the API promises", () => {
  it("names service, operation and field, and not the value", async () => {
    const upstream = await server((request, response) =>
      request.url === "/html" ? response.end("<html>welcome</html>") : json(response, 200, { servers: [{ id: 5 }] }),
    );
    const schema = z.object({ servers: z.array(z.object({ id: z.string() })) });
    const read = async (path: string) => {
      const call = get(upstream.url + path);
      return parseAnswer(await connection().send(call), schema, call);
    };
    const error = await refusal(read(""));
    expect(error.kind).toBe("unexpected_answer");
    expect(error.message).toMatch(/^compute, list servers: field servers\.0\.id: /);
    expect((await refusal(read("/html"))).message).toBe("compute, list servers: the answer is not JSON");
  });
});
