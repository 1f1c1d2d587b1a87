import { expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { aDesired, aGroup } from "../heat/testing/desired.ts";
import type { DesiredPart } from "../heat/testing/desired.ts";
import { judge } from "./health.ts";
import { fillTemplate, nodeFiles, nodeLabels, nodeValues } from "./node.ts";
import { tenthAddress } from "./settings.ts";
import { parseKubeTag } from "./versions.ts";

const site = { binaryDir: "/usr/local/bin", firstIndex: "0", waitSeconds: 3600 };

function configuration(part: DesiredPart, file = "kubeadm-init.yaml") {
  const want = aDesired(part);
  const group = want.nodegroups.find((one) => one.role === (file.startsWith("kubeadm") ? "master" : "worker"));
  if (!group) throw new Error("no such group");
  const found = nodeFiles(want, group, site).files.find((one) => one.path.endsWith(file));
  const text = z.string().parse(found?.content).replaceAll("@CERT_SANS@", '"192.0.2.7"');
  // What YAML calls printable (1.2, 5.1), and no end of a line but ours.
  expect(text).toMatch(/^[\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u);
  return parseAllDocuments(text).map((document) => z.record(z.string(), z.any()).parse(document.toJS()));
}

test("kubeadm gets the configuration format of its version, with flags in that format's shape", () => {
  const labels = { kubeapi_options: "--v=2 --profiling=false", etcd_tag: "3.5.21-0" };
  const [init, cluster, kubelet] = configuration({ labels: { ...labels, kube_tag: "v1.31.1" } });
  expect(init).toMatchObject({ apiVersion: "kubeadm.k8s.io/v1beta4", skipPhases: ["addon/coredns"] });
  expect(cluster).toMatchObject({
    kubernetesVersion: "v1.31.1",
    apiServer: {
      extraArgs: [
        { name: "v", value: "2" },
        { name: "profiling", value: "false" },
      ],
    },
    etcd: { local: { dataDir: "/var/lib/etcd/data", imageTag: "3.5.21-0" } },
  });
  expect(kubelet).toMatchObject({ kind: "KubeletConfiguration", cgroupDriver: "systemd" });
  const [oldInit, oldCluster] = configuration({ labels: { ...labels, kube_tag: "v1.30.4" } });
  expect(oldInit).toMatchObject({ apiVersion: "kubeadm.k8s.io/v1beta3" });
  expect(oldCluster).toMatchObject({ apiServer: { extraArgs: { v: "2", profiling: "false" } } });
  expect(configuration({ labels: { kube_tag: "v1.30.4" } }, "kubeadm-join.yaml")[0]).toMatchObject({
    kind: "JoinConfiguration",
  });
});

test("whatever a label holds, every reader of YAML takes the configuration and reads the same", () => {
  const value = "\ufffe😀é\\{{x}}#";
  for (const kube_tag of ["v1.30.4", "v1.34.1"]) {
    const [, cluster] = configuration({ labels: { kube_tag, kubeapi_options: `--a=${value}` } });
    const given = z.object({ apiServer: z.object({ extraArgs: z.unknown() }) }).parse(cluster).apiServer.extraArgs;
    expect(given).toEqual(kube_tag === "v1.30.4" ? { a: value } : [{ name: "a", value }]);
  }
});

test("hosts without a proxy are separated by commas alone, as units and programs read them", () => {
  const want = aDesired({ template: { noProxy: ".example.org, 192.0.2.0/24,\n10.1.2.3" } });
  expect(nodeValues(want, aGroup(), site).NO_PROXY).toMatch(/^\.example\.org,192\.0\.2\.0\/24,10\.1\.2\.3,\S+$/);
});

test("control plane nodes keep kubeadm's own taint besides those of their group", () => {
  const group = aGroup({ role: "master", nodeTaints: [{ key: "dedicated", value: "control", effect: "NoExecute" }] });
  const taints = [
    { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
    { key: "dedicated", value: "control", effect: "NoExecute" },
  ];
  for (const kube_tag of ["v1.30.4", "v1.34.1"])
    for (const file of ["kubeadm-init.yaml", "kubeadm-join.yaml"])
      expect(configuration({ nodegroups: [group], labels: { kube_tag } }, file)[0]).toMatchObject({
        nodeRegistration: { taints },
        patches: { directory: "/etc/coe/patches" },
      });
});

test("a worker's kubelet uses the certificate that it was given, and no anonymous callers", () => {
  expect(configuration({}, "/kubelet.yaml")[0]).toMatchObject({
    authentication: { anonymous: { enabled: false } },
    tlsCertFile: "/var/lib/kubelet/pki/coe-node.crt",
    clusterDNS: ["10.254.0.10"],
  });
});

test.each([
  ["10.254.0.0/16", "10.254.0.10"],
  ["10.60.16.0/20", "10.60.16.10"],
  ["10.254.7.9/16", "10.254.0.10"],
])("the DNS service of %s is %s", (range, address) => {
  expect(tenthAddress(range)).toBe(address);
});

test("versions are vX.Y.Z or refused", () => {
  expect(parseKubeTag("v1.31.1")).toEqual({ major: 1, minor: 31, patch: 1 });
  for (const tag of ["1.31.1", "v1.31", "v1.23.3-rancher1", "latest", "v1.31.1\n"])
    expect(parseKubeTag(tag)).toBeNull();
});

test("a blank without a value stops the rendering", () => {
  expect(() => fillTemplate("{{missing}}", {})).toThrow("missing");
});

test("a node that is not ready counts after ten minutes", () => {
  const node = (name: string, status: string, born: string) => ({
    metadata: { name, creationTimestamp: born },
    status: { conditions: [{ type: "Ready", status }], nodeInfo: { kubeletVersion: "v1.34.1" } },
  });
  const now = new Date("2026-01-01T01:00:00Z");
  const old = "2026-01-01T00:00:00Z";
  expect(judge("ok", [node("a", "True", old)], now)).toEqual({
    status: "HEALTHY",
    answered: true,
    reason: { api: "ok", "a.Ready": "True" },
    nodes: { a: { ready: true, version: "v1.34.1" } },
  });
  expect(judge("ok", [node("a", "False", old)], now).status).toBe("UNHEALTHY");
  expect(judge("ok", [node("a", "Unknown", "2026-01-01T00:55:00Z")], now).status).toBe("HEALTHY");
  expect(judge("[-]etcd failed", [], now).status).toBe("UNHEALTHY");
});

test("a node group's name becomes a label value that Kubernetes takes", () => {
  const labels = nodeLabels(aGroup({ key: { id: "x", name: "größe, 2 (big)_" }, role: "gpu worker" }));
  expect(labels).toBe("magnum.openstack.org/role=gpu-worker,magnum.openstack.org/nodegroup=gr--e--2--big");
});
