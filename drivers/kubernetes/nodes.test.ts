// What cannot be had of an API server that works; the rest is in testing/nodes-contract.ts.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { Secret } from "../../server/domain/secret.ts";
import { aDesired } from "../heat/testing/desired.ts";
import { annotations, kubernetesNodes } from "./nodes.ts";

const folder = mkdtempSync(join(tmpdir(), "jeroboam-nodes-"));
const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "key", "-out", "cert"];
execFileSync("openssl", ["req", "-x509", ...curve, "-subj", "/CN=api", "-addext", "subjectAltName=IP:127.0.0.1"], {
  cwd: folder,
  stdio: "pipe",
});
const [cert, key] = ["cert", "key"].map((name) => readFileSync(join(folder, name), "utf8"));
const said = new Map<string, string>();
const Patch = z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) });

/** One node with one pod, at an API whose webhooks never let an eviction come to an answer. */
const server = createServer({ cert, key }, (request, response) => {
  let body = "";
  request.on("data", (part: Buffer) => (body += part.toString()));
  request.on("end", () => {
    const { method, url = "" } = request;
    if (url.endsWith("/eviction")) return request.socket.destroy();
    if (method === "PATCH")
      for (const [name, value] of Object.entries(Patch.parse(JSON.parse(body)).metadata.annotations))
        said.set(name, value);
    const node = { metadata: { name: "w-0", annotations: Object.fromEntries(said) }, spec: { unschedulable: true } };
    const pod = { metadata: { name: "web", namespace: "default" }, status: { phase: "Running" } };
    const answer = url.startsWith("/api/v1/pods")
      ? { items: [pod] }
      : url === "/api/v1"
        ? { resources: [] }
        : { ...node, status: {} };
    return response.end(JSON.stringify(answer));
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

test("a drain ends when its time is over, also where no eviction is ever answered", async () => {
  const address = server.address();
  const at = `https://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const admin = { certPem: cert ?? "", keyPem: new Secret(key ?? "") };
  const want = aDesired({ pki: { revision: "1", caPem: cert ?? "" }, admin });
  const drain = (minute: number) =>
    kubernetesNodes.drain(want, at, "w-0", new Date(Date.parse("2026-01-02T03:00:00Z") + minute * 60_000));
  await expect(drain(0)).rejects.toThrow();
  await expect(drain(9)).rejects.toThrow();
  expect(said.has(annotations.drained)).toBe(false);
  await drain(10);
  expect(said.get(annotations.drained)).toBe("2026-01-02T03:10:00.000Z");
});
