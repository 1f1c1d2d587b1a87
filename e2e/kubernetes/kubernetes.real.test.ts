// What only a real Kubernetes can prove of the certificates and kubeconfigs that we make.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderKubeconfig } from "../../server/domain/kubeconfig.ts";
import { adminLeaf, clientLeaf, makeAuthorities } from "../../server/pki/ca.ts";
import type { KeyAndCertificate } from "../../server/pki/ca.ts";
import { signRequest } from "../../server/pki/csr.ts";
import { ask } from "./ask.ts";
import { kubernetesIsBuilt, startApiServer } from "./api-server.ts";
import type { ApiServer } from "./api-server.ts";
import { kubectl } from "./kubectl.ts";
import { signingRequest } from "./signing-request.ts";

const now = () => new Date();
const cluster = { id: "0f5d3c1e-4b7a-4a39-9a44-3f1f6a1f0d11", name: "real" };

const get = (server: ApiServer, ca: KeyAndCertificate, leaf: KeyAndCertificate | null, path: string) =>
  ask(`${server.url}${path}`, { caPem: ca.certPem, leaf });

async function signedLeaf(ca: KeyAndCertificate, subject: string): Promise<KeyAndCertificate> {
  const { csr, keyPem } = await signingRequest(subject);
  return { certPem: await signRequest(csr, ca, now(), 1), keyPem };
}

describe.skipIf(!kubernetesIsBuilt())("a real Kubernetes API with our authorities", () => {
  let server: ApiServer;
  let authorities: Awaited<ReturnType<typeof makeAuthorities>>;
  let ca: KeyAndCertificate;

  beforeAll(async () => {
    authorities = await makeAuthorities(cluster, now());
    ca = authorities.kubernetes;
    server = await startApiServer({ ca, serviceAccount: authorities["service-account"], port: 16443, etcdPort: 12379 });
  });
  afterAll(async () => {
    await server.stop();
  });

  it("accepts the conductor's own certificate as cluster admin", async () => {
    const answer = await get(server, ca, await adminLeaf(ca, now()), "/api/v1/namespaces");
    expect(answer.status).toBe(200);
    expect(answer.body).toContain("kube-system");
  });

  it("accepts a signed request and gives rights by its subject: system:masters all, system:nodes its own, others none", async () => {
    const asks = async (subject: string, path: string) =>
      (await get(server, ca, await signedLeaf(ca, subject), path)).status;
    expect(await asks("O=system:masters, CN=admin", "/api/v1/secrets")).toBe(200);
    expect(await asks("O=system:nodes, CN=system:node:worker-0", "/api/v1/nodes")).toBe(200);
    expect(await asks("O=system:nodes, CN=system:node:worker-0", "/api/v1/secrets")).toBe(403);
    expect(await asks("CN=somebody", "/api/v1/nodes")).toBe(403);
  });

  it("refuses certificates of another cluster's authority, of the other authorities, and expired ones", async () => {
    const stranger = (await makeAuthorities({ ...cluster, name: "stranger" }, now())).kubernetes;
    const subject = { commonName: "admin", organization: "system:masters" };
    const yesterday = new Date(Date.now() - 26 * 3_600_000);
    for (const leaf of [
      await adminLeaf(stranger, now()),
      await clientLeaf(authorities.etcd, subject, now(), 1),
      await clientLeaf(authorities["front-proxy"], subject, now(), 1),
      await clientLeaf(ca, subject, yesterday, 24),
    ])
      expect((await get(server, ca, leaf, "/api/v1/namespaces")).status).toBe(401);
    expect((await get(server, ca, null, "/api/v1/namespaces")).status).toBe(403);
  });

  it("works with the kubeconfig that we render and the real kubectl", async () => {
    const leaf = await signedLeaf(ca, "O=system:masters, CN=admin");
    const config = renderKubeconfig({ clusterName: cluster.name, server: server.url, caPem: ca.certPem, ...leaf });
    expect(await kubectl(config, "auth", "can-i", "*", "*")).toContain("yes");
    await kubectl(config, "create", "namespace", "made-by-kubectl");
    expect(await kubectl(config, "get", "namespaces", "-o", "name")).toContain("namespace/made-by-kubectl");
  });
});
