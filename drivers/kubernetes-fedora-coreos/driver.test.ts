import { expect, test } from "vitest";
import { driverRegistry } from "../registry.ts";
import { aDesired, aGroup } from "../heat/testing/desired.ts";
import type { DesiredPart } from "../heat/testing/desired.ts";
import { labelCatalog, labelTypes } from "../../server/domain/label-catalog.ts";
import { valuesOf } from "../../server/domain/testing/label-values.ts";
import { networkPlan } from "../heat/network.ts";
import { kubernetesFedoraCoreos as driver } from "./driver.ts";

const problems = (part: DesiredPart) => driver.accepts(aDesired(part));
const fields = (part: DesiredPart) => problems(part).map((problem) => problem.field);
const masters = (count: number) => ({ nodegroups: [aGroup({ role: "master", count }), aGroup()] });

test("an ordinary cluster is accepted", () => {
  expect(problems({})).toEqual([]);
  expect(problems({ ...masters(3), network: { masterLbEnabled: true } })).toEqual([]);
});

const refusedWishes: [string, DesiredPart, string][] = [
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
];
test.each(refusedWishes)("%s is refused and the field is named", (_, part, field) => {
  expect(fields(part)).toContain(field);
  for (const problem of problems(part)) expect(problem.message.length).toBeGreaterThan(10);
});

test("each label of the catalogue is honoured, refused by name, or has no effect and says so", () => {
  const honoured = new Set<string>(driver.labels);
  for (const { key } of labelCatalog) {
    const value = labelTypes[key].kind === "boolean" ? "true" : (valuesOf(key).right[0] ?? "");
    const want = aDesired({ labels: { [key]: value }, network: { masterLbEnabled: true } });
    const told = [...driver.accepts(want), ...driver.warns(want)].filter(({ field }) => field === `labels.${key}`);
    if (!honoured.has(key)) expect([key, told.length]).toEqual([key, 1]);
  }
});

test.each([
  { kube_dashboard_enabled: "False" },
  { auto_healing_enabled: "0" },
  { auto_scaling_enabled: "no", min_node_count: "1", max_node_count: "5" },
  { tiller_enabled: "off", heapster_enabled: "false", audit_log_enabled: "false" },
  { etcd_blockdevice_size: "0" },
  { container_runtime: "containerd", something_of_the_users_own: "1" },
  { auto_healing_enabled: "True", auto_healing_controller: "magnum-auto-healer" },
])("a switch in its off position, and a wish that is met, is nothing to talk about: %j", (labels) => {
  const want = aDesired({ labels });
  expect([driver.accepts(want), driver.warns(want)]).toEqual([[], []]);
});

test.each([
  { autoscaler_tag: "v1.21.0-x.0" },
  { calico_tag: "v3.13.2", calico_ipv4pool: "10.100.0.0/16", calico_ipv4pool_ipip: "CrossSubnet" },
  { heat_container_agent_tag: "train-stable-2", use_podman: "true", hyperkube_prefix: "docker.io/rancher/" },
  { monitoring_enabled: "false", prometheus_adapter_enabled: "true", monitoring_retention_days: "3" },
  { grafana_admin_passwd: "secret", oidc_client_id: "console", audit_log_max_age: "30" },
  { containerd_tarball_url: "https://example.org/containerd.tar.gz" },
])("a label that only details what is not there is accepted, with a warning that names it: %j", (labels) => {
  const want = aDesired({ labels });
  expect(driver.accepts(want)).toEqual([]);
  const named = Object.keys(labels).filter((key) => !/_enabled$/.test(key) || key === "prometheus_adapter_enabled");
  expect(driver.warns(want).map(({ field }) => field)).toEqual(named.map((key) => `labels.${key}`));
});

test.each([
  ["cinder_csi_enabled", "True"],
  ["keystone_auth_enabled", "1"],
  ["auto_scaling_enabled", "true"],
  ["audit_log_enabled", "true"],
  ["ingress_controller", "octavia"],
  ["oidc_issuer_url", "https://sso.example.org/"],
  ["api_master_lb_allowed_cidrs", "192.0.2.0/24"],
])("a wish that cannot be honoured is refused by name: %s=%s", (key, value) => {
  expect(fields({ labels: { [key]: value }, network: { masterLbEnabled: true } })).toEqual([`labels.${key}`]);
});

test.each<[string, DesiredPart, string]>([
  ["pods in the nodes' range", { labels: { flannel_network_cidr: "10.0.0.0/16" } }, "labels.flannel_network_cidr"],
  [
    "services in the pods'",
    { labels: { service_cluster_ip_range: "10.100.32.0/20" } },
    "labels.service_cluster_ip_range",
  ],
  [
    "nodes in the default range of services",
    { labels: { fixed_subnet_cidr: "10.254.7.0/24" } },
    "labels.fixed_subnet_cidr",
  ],
  [
    "the default range of pods in the given subnet's",
    { network: { fixedNetwork: "n", fixedSubnet: "s", fixedSubnetCidr: "10.100.0.0/20" } },
    "labels.flannel_network_cidr",
  ],
  ["a range of nodes that is too small", { labels: { fixed_subnet_cidr: "10.9.0.0/29" } }, "labels.fixed_subnet_cidr"],
  [
    "a range of pods that is too small",
    { labels: { flannel_network_cidr: "10.9.0.0/23" } },
    "labels.flannel_network_cidr",
  ],
  [
    "a range of services that is too small",
    { labels: { service_cluster_ip_range: "10.9.0.0/29" } },
    "labels.service_cluster_ip_range",
  ],
  [
    "a range of services that is too large",
    { labels: { service_cluster_ip_range: "11.0.0.0/8" } },
    "labels.service_cluster_ip_range",
  ],
  ["nodes of IPv6", { labels: { fixed_subnet_cidr: "2001:db8::/64" } }, "labels.fixed_subnet_cidr"],
  ["pods of IPv6", { labels: { flannel_network_cidr: "2001:db8::/48" } }, "labels.flannel_network_cidr"],
  [
    "a client range of IPv6 at a balancer of IPv4",
    { labels: { master_lb_allowed_cidrs: "2001:db8::/48" }, network: { masterLbEnabled: true } },
    "labels.master_lb_allowed_cidrs",
  ],
  [
    "an admission plugin that is gone",
    { labels: { admission_control_list: "PodSecurityPolicy" } },
    "labels.admission_control_list",
  ],
])("%s is refused, and what to change is named", (_, part, field) => {
  expect(fields(part)).toEqual([field]);
});

test("an allowed range that cannot be read never opens the API to everywhere", () => {
  for (const master_lb_allowed_cidrs of [",", " ", "banana", "192.0.2.0/33"]) {
    const want = aDesired({ labels: { master_lb_allowed_cidrs }, network: { masterLbEnabled: true } });
    expect([master_lb_allowed_cidrs, networkPlan(want).allowedCidrs]).toEqual([
      master_lb_allowed_cidrs,
      ["10.0.0.0/24"],
    ]);
  }
});

test("every text of the driver is a whole sentence that names its field", () => {
  const wishes: DesiredPart[] = [
    ...labelCatalog.flatMap(({ key }) =>
      [...valuesOf(key).right, ...valuesOf(key).wrong].flatMap((value) => [
        { labels: { [key]: value } },
        { labels: { [key]: value }, network: { masterLbEnabled: true } },
      ]),
    ),
    ...refusedWishes.map(([, part]) => part),
  ];
  const told = wishes
    .map(aDesired)
    .flatMap((want) => [
      ...want.labels.problems(),
      ...driver.accepts(want),
      ...driver.warns(want),
      ...want.nodegroups.flatMap((group) => driver.replaceable(want, group)),
    ]);
  expect(told.length).toBeGreaterThan(labelCatalog.length);
  for (const { field, message } of told) {
    expect(message).toMatch(/^[A-Z].*[^.]\.$/s);
    expect(message).toContain(field.replace(/^labels\./, ""));
  }
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

test("the only master is changed in place where its server stays as it is, and refused with the reason where not", () => {
  const want = aDesired();
  const before = aGroup({ role: "master", nodeRevision: "4", version: "v1.33.1" });
  const change = (part: Parameters<typeof aGroup>[0]) =>
    driver.renewable(before, want, { ...before, ...aGroup({ role: "master", nodeRevision: "4", ...part }) });
  expect(change({ version: "v1.34.1" })).toEqual([]);
  expect(change({ image: { id: "image-2", minDiskGib: 10 } }).map(({ field }) => field)).toEqual(["image_id"]);
  expect(change({ flavor: { ...before.flavor, id: "m1.large" } }).map(({ field }) => field)).toEqual([
    "master_flavor_id",
  ]);
  expect(change({ labels: { etcd_volume_size: "9" } }).map(({ field }) => field)).toEqual(["docker_volume_size"]);
  expect(driver.renewable({ ...before, nodeRevision: "3" }, want, before)).toEqual([
    { field: "master_lb_enabled", message: expect.stringContaining("was made before") },
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
