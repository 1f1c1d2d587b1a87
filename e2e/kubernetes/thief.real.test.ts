// What a thief can do at a real Kubernetes API with what a worker gets for its proof, however cleverly it was asked for.
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:https";
import { z } from "zod";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { adminLeaf, makeAuthorities } from "../../server/pki/ca.ts";
import type { KeyAndCertificate } from "../../server/pki/ca.ts";
import { readRequest, signNode } from "../../server/pki/csr.ts";
import { ask } from "./ask.ts";
import { kubernetesIsBuilt, startApiServer } from "./api-server.ts";
import type { ApiServer } from "./api-server.ts";
import { signingRequest } from "./signing-request.ts";

const node = { name: "web-node-0", addresses: ["10.0.0.7"] };

/** Kubernetes takes the last common name, and every organisation. */
const greedy = [
  "O=system:nodes, CN=system:node:web-node-0, CN=system:kube-controller-manager",
  "O=system:masters, O=system:nodes, CN=admin",
  "O=system:nodes, CN=system:node:web-master-0",
];

describe.skipIf(!kubernetesIsBuilt())("a thief with a worker's certificate at a real Kubernetes API", () => {
  let server: ApiServer;
  let ca: KeyAndCertificate;
  let admin: KeyAndCertificate;

  beforeAll(async () => {
    const authorities = await makeAuthorities({ id: crypto.randomUUID(), name: "thief" }, new Date());
    ca = authorities.kubernetes;
    admin = await adminLeaf(ca, new Date());
    server = await startApiServer({ ca, serviceAccount: authorities["service-account"], port: 21243, etcdPort: 21279 });
    for (const name of ["web-node-0", "web-master-0"])
      await as(admin, "POST", "/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name } });
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "treasure" }, stringData: { key: "gold" } };
    expect((await as(admin, "POST", "/api/v1/namespaces/default/secrets", secret)).status).toBe(201);
  });
  afterAll(() => server.stop());

  const as = (leaf: KeyAndCertificate, method: string, path: string, body?: unknown, contentType?: string) =>
    ask(`${server.url}${path}`, {
      caPem: ca.certPem,
      leaf,
      method,
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    });

  async function stolen(subject: string): Promise<KeyAndCertificate> {
    const { csr, keyPem } = await signingRequest(subject);
    return { certPem: await signNode(await readRequest(csr), node, ca, new Date(), 1), keyPem };
  }

  it.each(greedy)("is this one node and nobody else, though it asked for %s", async (subject) => {
    const leaf = await stolen(subject);
    const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
    const who = await as(leaf, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", review);
    // Older servers know no such review; the rights below say the same.
    if (who.status === 201) expect(who.body).toContain('"username":"system:node:web-node-0"');
    expect((await as(leaf, "GET", "/api/v1/nodes/web-node-0")).status).toBe(200);
    for (const path of [
      "/api/v1/secrets",
      "/api/v1/namespaces/default/secrets",
      "/api/v1/namespaces/default/secrets/treasure",
      "/api/v1/namespaces/kube-system/configmaps/kubeadm-config",
      "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    ])
      expect((await as(leaf, "GET", path)).status, path).toBe(403);
  });

  it("changes no other node, makes none, and gives itself no label of the control plane", async () => {
    const leaf = await stolen("CN=thief");
    const patch = (labels: Record<string, string>) => ({ metadata: { labels } });
    const type = "application/merge-patch+json";
    const change = (name: string, labels: Record<string, string>) =>
      as(leaf, "PATCH", `/api/v1/nodes/${name}`, patch(labels), type);
    expect((await change("web-node-0", { tier: "gold" })).status).toBe(200);
    expect((await change("web-master-0", { tier: "gold" })).status).toBe(403);
    expect((await change("web-node-0", { "node-role.kubernetes.io/control-plane": "" })).status).toBe(403);
    expect((await change("web-node-0", { "node-restriction.kubernetes.io/secure": "yes" })).status).toBe(403);
    const other = { apiVersion: "v1", kind: "Node", metadata: { name: "web-node-9" } };
    expect((await as(leaf, "POST", "/api/v1/nodes", other)).status).toBe(403);
    expect((await as(leaf, "DELETE", "/api/v1/nodes/web-master-0")).status).toBe(403);
  });

  it("cannot be taken for the API, nor for anything but the node", async () => {
    const leaf = await stolen("CN=thief");
    const certificate = new X509Certificate(leaf.certPem);
    for (const name of ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "web-master-0", "localhost"])
      expect(certificate.checkHost(name), name).toBeUndefined();
    for (const address of ["10.254.0.1", "127.0.0.1", "10.0.0.8"])
      expect(certificate.checkIP(address), address).toBeUndefined();
    const pretender = createServer({ cert: leaf.certPem, key: leaf.keyPem }, (_, response) => response.end("mine"));
    pretender.listen(0, "127.0.0.1");
    await once(pretender, "listening");
    const { port } = z.object({ port: z.number() }).parse(pretender.address());
    await expect(ask(`https://127.0.0.1:${port}/`, { caPem: ca.certPem, leaf: admin })).rejects.toThrow(/IP|altnames/);
    pretender.close();
  });

  it("signs nothing: it is no authority", async () => {
    const leaf = await stolen("CN=thief");
    const forged = await adminLeaf(leaf, new Date());
    const chain = { certPem: `${forged.certPem}${leaf.certPem}`, keyPem: forged.keyPem };
    expect((await as(chain, "GET", "/api/v1/namespaces")).status).toBe(401);
  });
});
