import { expect, test } from "vitest";
import { driverRegistry } from "../registry.ts";
import { aDesired, aGroup } from "../heat/testing/desired.ts";
import type { DesiredPart } from "../heat/testing/desired.ts";
import { labelCatalog } from "../../server/domain/label-catalog.ts";
import { kubernetesFedoraCoreos as driver } from "./driver.ts";

const problems = (part: DesiredPart) => driver.accepts(aDesired(part));
const fields = (part: DesiredPart) => problems(part).map((problem) => problem.field);
const masters = (count: number) => ({ nodegroups: [aGroup({ role: "master", count }), aGroup()] });

test("an ordinary cluster is accepted", () => {
  expect(problems({})).toEqual([]);
  expect(problems({ ...masters(3), network: { masterLbEnabled: true } })).toEqual([]);
});

test.each<[string, DesiredPart, string]>([
  ["an even control plane", { ...masters(2), network: { masterLbEnabled: true } }, "master_count"],
  ["several masters without one address", masters(3), "master_lb_enabled"],
  ["a balancer where the cloud has none", { network: { masterLbEnabled: true }, services: [] }, "master_lb_enabled"],
  [
    "a network of its own without a way out",
    { network: { externalNetwork: null, floatingIpEnabled: false } },
    "external_network_id",
  ],
  ["a network without a subnet", { network: { fixedNetwork: "net" } }, "fixed_subnet"],
  ["no TLS", { template: { tlsDisabled: true } }, "tls_disabled"],
  ["a network driver that is not made here", { template: { networkDriver: "cilium" } }, "network_driver"],
  ["a volume driver", { template: { volumeDriver: "cinder" } }, "volume_driver"],
  ["a version that cannot be read", { labels: { kube_tag: "v1.23.3-rancher1" } }, "labels.kube_tag"],
  ["a version of long ago", { labels: { kube_tag: "v1.18.2" } }, "labels.kube_tag"],
  ["flags that are none", { labels: { kubeapi_options: "v=2; rm -rf" } }, "labels.kubeapi_options"],
  [
    "a flavor without disk and no boot volume",
    { nodegroups: [aGroup({ role: "master" }), aGroup({ flavor: { id: "f", vcpus: 1, ramMib: 1, diskGib: 0 } })] },
    "labels.boot_volume_size",
  ],
  [
    "a flavor whose disk the image does not fit on",
    { nodegroups: [aGroup({ role: "master" }), aGroup({ flavor: { id: "f", vcpus: 1, ramMib: 1, diskGib: 1 } })] },
    "flavor_id",
  ],
  ["a boot volume that is too small for the image", { labels: { boot_volume_size: "5" } }, "labels.boot_volume_size"],
  [
    "allowed ranges without a balancer",
    { labels: { master_lb_allowed_cidrs: "192.0.2.0/24" } },
    "labels.master_lb_allowed_cidrs",
  ],
  ["pod ranges that do not fit", { labels: { flannel_network_subnetlen: "16" } }, "labels.flannel_network_subnetlen"],
])("%s is refused and the field is named", (_, part, field) => {
  expect(fields(part)).toContain(field);
  for (const problem of problems(part)) expect(problem.message.length).toBeGreaterThan(10);
});

test("each label of the catalogue is either honoured or refused by name; a switch in our position is fine", () => {
  const honoured = new Set(driver.labels);
  const word: Record<string, string> = {
    boolean: "true",
    integer: "30",
    cidr: "10.9.0.0/16",
    "cidr-list": "10.0.0.0/8",
    url: "http://x/y",
    sha256: "0".repeat(64),
    "version-tag": "v1.31.1",
    string: "--v=2",
  };
  for (const fact of labelCatalog) {
    const value = fact.values?.find((one) => one !== "") ?? word[fact.type] ?? "x";
    const refused = fields({ labels: { [fact.key]: value }, network: { masterLbEnabled: true } });
    if (!honoured.has(fact.key) && fact.key !== "container_runtime") expect(refused).toContain(`labels.${fact.key}`);
  }
  for (const key of [
    "kube_dashboard_enabled",
    "auto_healing_enabled",
    "auto_scaling_enabled",
    "monitoring_enabled",
    "tiller_enabled",
    "keystone_auth_enabled",
  ])
    expect(fields({ labels: { [key]: "False" } })).toEqual([]);
  const ownHealer = { auto_healing_enabled: "True", auto_healing_controller: "magnum-auto-healer" };
  expect(fields({ labels: ownHealer })).toEqual([]);
  expect(fields({ labels: { container_runtime: "containerd", something_of_the_users_own: "1" } })).toEqual([]);
});

test("the footprint counts what the templates make", () => {
  const part = {
    network: { masterLbEnabled: true },
    labels: { etcd_volume_size: "5" },
    nodegroups: [aGroup({ role: "master", count: 3 }), aGroup({ count: 2, dockerVolumeSizeGib: 10 })],
  };
  expect(driver.footprint(aDesired(part))).toEqual({
    servers: 5,
    vcpus: 5,
    ramMib: 5 * 2048,
    volumes: 5,
    volumeGib: 3 * 5 + 2 * 10,
    networks: 1,
    subnets: 1,
    routers: 1,
    ports: 7,
    securityGroups: 2,
    serverGroups: 2,
    floatingIps: 6,
    loadBalancers: 1,
  });
  expect(driver.footprint(aDesired())).toMatchObject({ floatingIps: 3, ports: 4, loadBalancers: 0, volumes: 0 });
});

test("every group's nodes can be replaced, but the only master of a cluster without a balancer", () => {
  const [master, worker] = aDesired().nodegroups;
  if (!master || !worker) throw new Error("a cluster has both");
  expect(driver.replaceable(aDesired(), worker)).toEqual([]);
  expect(driver.replaceable(aDesired({ network: { masterLbEnabled: true } }), master)).toEqual([]);
  expect(driver.replaceable(aDesired(), master)).toEqual([
    { field: "master_lb_enabled", message: expect.stringContaining("template with master_lb_enabled") },
  ]);
});

test("two drivers for one kind of cluster stop the start", () => {
  expect(driverRegistry([driver]).byType({ serverType: "vm", distro: "fedora-coreos", coe: "kubernetes" })).toBe(
    driver,
  );
  expect(driverRegistry([driver]).byName("k8s_fedora_coreos_v1")).toBe(driver);
  expect(driverRegistry([driver]).byType({ serverType: "bm", distro: "fedora", coe: "kubernetes" })).toBeNull();
  expect(() => driverRegistry([driver, { ...driver, name: "other" }])).toThrow(
    "both serve vm/fedora-coreos/kubernetes",
  );
});
