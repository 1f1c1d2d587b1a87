// The driver's own client and add-ons against a real Kubernetes API: what no stand-in can prove is that every object is
// accepted, that applying twice changes nothing, and that foreign fields are taken over.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fedoraCoreosPair } from "../../drivers/kubernetes-fedora-coreos/driver.ts";
import { addonObjects } from "../../drivers/kubernetes/addons.ts";
import { kubeApi } from "../../drivers/kubernetes/api.ts";
import { aDesired, anObserved } from "../../drivers/heat/testing/desired.ts";
import type { DesiredPart } from "../../drivers/heat/testing/desired.ts";
import { Secret } from "../../server/domain/secret.ts";
import { adminLeaf, makeAuthorities } from "../../server/pki/ca.ts";
import { kubernetesIsBuilt, startApiServer } from "./api-server.ts";
import type { ApiServer } from "./api-server.ts";

const { addons, health } = fedoraCoreosPair.coe;
const network = ["flannel"];

describe.skipIf(!kubernetesIsBuilt())("add-ons at a real Kubernetes API", () => {
  let server: ApiServer;
  let want: (part?: DesiredPart) => ReturnType<typeof aDesired>;
  let stranger: ReturnType<typeof aDesired>["admin"];

  beforeAll(async () => {
    const now = new Date();
    const authorities = await makeAuthorities({ id: aDesired().key.id, name: "prod" }, now);
    const other = await makeAuthorities({ id: aDesired().key.id, name: "other" }, now);
    const ca = authorities.kubernetes;
    const credential = async (from: typeof ca) => {
      const leaf = await adminLeaf(from, now);
      return { certPem: leaf.certPem, keyPem: new Secret(leaf.keyPem) };
    };
    const admin = await credential(ca);
    stranger = await credential(other.kubernetes);
    want = (part = {}) => aDesired({ pki: { revision: "1", caPem: ca.certPem }, admin, ...part });
    server = await startApiServer({ ca, serviceAccount: authorities["service-account"], port: 16543, etcdPort: 12479 });
  }, 180_000);
  afterAll(async () => {
    await server.stop();
  });

  it("has none at first, and none is another answer than silence", async () => {
    expect(await addons.applied(want(), server.url)).toBeNull();
    expect(await addons.applied(want(), "https://127.0.0.1:1")).toBeUndefined();
    expect(await addons.applied(want({ admin: stranger }), server.url)).toBeUndefined();
  });

  it.each(network)("takes every object of %s and DNS, twice, and then says the revision", async (networkDriver) => {
    const wish = want({ template: { networkDriver } });
    await addons.apply(wish, server.url);
    await addons.apply(wish, server.url);
    expect(await addons.applied(wish, server.url)).toBe(addons.revision(wish));
    expect(addonObjects(wish).length).toBeGreaterThan(8);
  });

  it("a changed label is applied over what is there", async () => {
    const wish = want({ labels: { coredns_tag: "v1.11.3", container_infra_prefix: "registry.example/coe" } });
    expect(addons.revision(wish)).not.toBe(addons.revision(want()));
    await addons.apply(wish, server.url);
    expect(await addons.applied(wish, server.url)).toBe(addons.revision(wish));
    const access = {
      address: server.url,
      nodes: 9,
      caPem: wish.pki.caPem,
      certPem: wish.admin?.certPem ?? "",
      keyPem: wish.admin?.keyPem ?? new Secret(""),
    };
    expect(await kubeApi(access).version()).toMatch(/^v1\./);
  });

  it("brings kube-proxy, which kubeadm made, to the release of the control plane and leaves the rest of it", async () => {
    const wish = want();
    const metadata = { namespace: "kube-system", name: "kube-proxy" };
    const matchLabels = { "k8s-app": "kube-proxy" };
    const api = kubeApi({
      address: server.url,
      nodes: 9,
      caPem: wish.pki.caPem,
      certPem: wish.admin?.certPem ?? "",
      keyPem: wish.admin?.keyPem ?? new Secret(""),
    });
    const container = { name: "kube-proxy", image: "registry.k8s.io/kube-proxy:v1.20.0", command: ["kube-proxy"] };
    await api.apply({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata,
      spec: {
        selector: { matchLabels },
        template: { metadata: { labels: matchLabels }, spec: { hostNetwork: true, containers: [container] } },
      },
    });
    const newer = want({ labels: { kube_tag: "v1.35.2" } });
    expect(addons.revision(newer)).not.toBe(addons.revision(wish));
    await addons.apply(newer, server.url);
    expect(await api.daemonSetImage("kube-system", "kube-proxy", "kube-proxy")).toBe(
      "registry.k8s.io/kube-proxy:v1.35.2",
    );
    await addons.apply(newer, server.url);
    expect(await api.daemonSetImage("kube-system", "no-such", "kube-proxy")).toBeNull();
  });

  it("tells health: ready without nodes, refused with a foreign certificate, unknown when nobody can reach it", async () => {
    const seen = anObserved({ apiAddress: server.url });
    expect(await health(want(), seen)).toEqual({
      status: "HEALTHY",
      answered: true,
      reason: { api: "ok" },
      nodes: {},
    });
    expect(await health(want({ admin: stranger }), seen)).toMatchObject({ status: "UNHEALTHY", answered: true });
    expect(await health(want(), anObserved({ apiAddress: server.url, apiReachable: false }))).toEqual({
      status: "UNKNOWN",
      answered: false,
      reason: { api: "The cluster prod is not accessible." },
      nodes: {},
    });
  });
});
