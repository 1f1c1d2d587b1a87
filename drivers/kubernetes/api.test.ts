// Whoever owns a cluster may answer from its API whatever they like: no answer costs more than it may.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Secret } from "../../server/domain/secret.ts";
import { aDesired } from "../heat/testing/desired.ts";
import { serve, type LocalServer } from "../openstack/testing/local-server.ts";
import { kubeApi } from "./api.ts";
import { kubernetesHealth } from "./health.ts";

let folder: string;
let pem: { cert: string; key: string };
let server: LocalServer;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "jeroboam-api-"));
  const file = (name: string) => join(folder, name);
  const subject = ["-subj", "/CN=hostile", "-addext", "subjectAltName=IP:127.0.0.1"];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", file("key")];
  execFileSync("openssl", ["req", "-x509", ...key, "-out", file("cert"), "-days", "1", ...subject], { stdio: "pipe" });
  pem = { cert: readFileSync(file("cert"), "utf8"), key: readFileSync(file("key"), "utf8") };
});
afterEach(() => server.close());
afterAll(() => rmSync(folder, { recursive: true }));

/** The API of a cluster of two nodes. */
async function hostile(respond: (path: string, response: ServerResponse) => void, timeoutMs = 5000) {
  server = await serve(
    ({ url }, response) => respond(url, response),
    "https",
    (listener) => createServer(pem, listener),
  );
  const keyPem = new Secret(pem.key);
  return kubeApi({ address: server.url, caPem: pem.cert, certPem: pem.cert, keyPem, nodes: 2 }, timeoutMs);
}
const refusal = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
const node = (name: string, more = {}) => ({ metadata: { name }, status: {}, ...more });

/** Writes for ever, as fast as it is read; counts. */
function flood(response: ServerResponse, status: number): { sent: () => number } {
  let sent = 0;
  const part = "x".repeat(64 * 1024);
  response.writeHead(status);
  const write = () => {
    while (!response.destroyed && response.write(part)) sent += part.length;
    if (!response.destroyed) response.once("drain", write);
  };
  write();
  return { sent: () => sent };
}

describe("an answer of a cluster's API", () => {
  test.each([200, 500])("without end (%i) is left as soon as it is too long", async (status) => {
    let flooding = { sent: () => 0 };
    const api = await hostile((_path, response) => (flooding = flood(response, status)));
    const error = await refusal(api.nodes());
    expect(error).toMatchObject({ name: "KubeError", status });
    expect(String(error).length).toBeLessThan(500);
    expect(flooding.sent()).toBeLessThan(16 * 1024 * 1024);
  });

  test("that trickles for ever is left when its time is over", async () => {
    const api = await hostile((_path, response) => {
      const trickle = setInterval(() => response.write("x"), 20);
      response.on("close", () => clearInterval(trickle));
    }, 300);
    expect(await refusal(api.readyz())).toMatchObject({ name: "KubeError", status: null });
  });

  test("that sends us elsewhere is not followed", async () => {
    const api = await hostile((_path, response) => {
      response.writeHead(302, { location: `${server.url}/elsewhere` }).end();
    });
    expect(await refusal(api.readyz())).toMatchObject({ status: 302 });
    expect(server.seen.map(({ url }) => url)).toEqual(["/readyz"]);
  });

  test("that is nested thousands of times is refused before anything walks through it", async () => {
    const deep = `{"items":[{"metadata":{"name":"a"},"status":{},"spec":{"taints":[{"key":"a","effect":"b","x":${"[".repeat(50_000)}${"]".repeat(50_000)}}]}}]}`;
    const api = await hostile((_path, response) => response.end(deep));
    expect(await refusal(api.nodes())).toMatchObject({ message: expect.stringContaining("nested too deep") });
  });

  test.each([
    ["a name longer than Kubernetes has them", node("n".repeat(5_000))],
    ["a version of a megabyte", node("a", { status: { nodeInfo: { kubeletVersion: "v".repeat(100_000) } } })],
  ])("with %s is no answer", async (_what, item) => {
    const api = await hostile((_path, response) => response.end(JSON.stringify({ items: [item] })));
    expect(await refusal(api.nodes())).toBeInstanceOf(Error);
  });

  test("as health is short whatever it says: a reason of 300 characters without control characters", async () => {
    await hostile((_path, response) =>
      response.writeHead(500).end(`[-]etcd failed\u0007\u001b[31m${"x".repeat(20_000)}`),
    );
    const want = aDesired({
      pki: { revision: "1", caPem: pem.cert },
      admin: { certPem: pem.cert, keyPem: new Secret(pem.key) },
    });
    const seen = { apiAddress: server.url, apiReachable: true } as Parameters<typeof kubernetesHealth>[1];
    const { reason } = await kubernetesHealth(want, seen);
    expect(reason["api"]).toMatch(/^GET \/readyz answered 500: \[-\]etcd failed \[31mx+$/);
    expect(reason["api"]?.length).toBeLessThan(350);
  });
});
