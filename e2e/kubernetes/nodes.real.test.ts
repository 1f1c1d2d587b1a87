// What the conductor does to nodes, at a real Kubernetes API: taints are one list, evictions are asked for in the version
// that it knows, and a budget's refusal is its own.
import { afterAll, describe } from "vitest";
import { aDesired } from "../../drivers/heat/testing/desired.ts";
import { nodesContract } from "../../drivers/kubernetes/testing/nodes-contract.ts";
import { Secret } from "../../server/domain/secret.ts";
import { adminLeaf, makeAuthorities } from "../../server/pki/ca.ts";
import { kubernetesIsBuilt, startApiServer } from "./api-server.ts";
import type { ApiServer } from "./api-server.ts";

describe.skipIf(!kubernetesIsBuilt())("nodes at a real Kubernetes API", () => {
  let server: ApiServer | undefined;
  afterAll(() => server?.stop());

  nodesContract(async () => {
    const now = new Date();
    const authorities = await makeAuthorities({ id: aDesired().key.id, name: "prod" }, now);
    const { kubernetes: ca, "service-account": serviceAccount } = authorities;
    const { certPem, keyPem } = await adminLeaf(ca, now);
    server = await startApiServer({ ca, serviceAccount, port: 21143, etcdPort: 21179 });
    const admin = { certPem, keyPem: new Secret(keyPem) };
    return {
      want: aDesired({ pki: { revision: "1", caPem: ca.certPem }, admin }),
      address: server.url,
      controlPlane: false,
      policy: "policy/v1beta1",
    };
  });
});
