import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { Secret } from "../../server/domain/secret.ts";
import { fedoraCoreosPair as pair } from "../kubernetes-fedora-coreos/driver.ts";
import { proofSecret, writeProof } from "../node-proof.ts";
import { heatVariables, nodeVariables, parseNodeEnv } from "../kubernetes/node-env.ts";
import { renderClusterTemplate } from "./cluster-template.ts";
import { resolveHot } from "./hot.ts";
import { readIgnitionFile } from "./ignition.ts";
import { memberFile, renderMember, renderNodeStack } from "./node-template.ts";
import { aDesired, aGroup, someFacts, workerGroupId } from "./testing/desired.ts";
import type { DesiredPart } from "./testing/desired.ts";

const Resource = z.object({ type: z.string(), properties: z.record(z.string(), z.unknown()).default({}) });
const Resources = z.record(z.string(), Resource);

const shared = (part: DesiredPart = {}) => {
  const template = renderClusterTemplate(aDesired(part), pair.coe);
  return { resources: Resources.parse(template.resources), outputs: template.outputs };
};
const node = (part: DesiredPart = {}, role: "master" | "worker" = "worker", facts = someFacts, joins = false) => {
  const want = aDesired(part);
  const group = want.nodegroups.find((one) => (one.role === "master") === (role === "master")) ?? aGroup({ role });
  return Resources.parse(renderMember(pair, want, group, facts, joins).resources);
};

test("a cluster without a network gets network, subnet, router; one with a network gets none of them", () => {
  expect(Object.keys(shared().resources)).toEqual(
    expect.arrayContaining(["network", "subnet", "router", "router_interface"]),
  );
  expect(shared({ labels: { fixed_subnet_cidr: "10.7.0.0/22" } }).resources["subnet"]?.properties["cidr"]).toBe(
    "10.7.0.0/22",
  );
  const given = shared({ network: { fixedNetwork: "net", fixedSubnet: "sub", fixedSubnetCidr: "192.0.2.0/24" } });
  expect(Object.keys(given.resources).filter((name) => /^(network|subnet|router)/.test(name))).toEqual([]);
  expect(given.outputs["network_id"]).toEqual({ value: "net" });
});

test("a single master's port, and with it the API address, is there before the master", () => {
  const { resources, outputs } = shared();
  expect(resources["api_port"]?.type).toBe("OS::Neutron::Port");
  expect(resources["api_floating"]?.properties["port_id"]).toEqual({ get_resource: "api_port" });
  expect(outputs["api_address"]).toEqual({ value: { get_attr: ["api_floating", "floating_ip_address"] } });
  expect(node({}, "master")["port"]).toBeUndefined();
});

test("several masters share a balancer, reachable as the labels say", () => {
  const part = {
    network: { masterLbEnabled: true },
    labels: { master_lb_allowed_cidrs: "192.0.2.0/24", octavia_provider: "ovn" },
  };
  const { resources } = shared(part);
  expect(resources["api_listener"]?.properties["allowed_cidrs"]).toEqual(["192.0.2.0/24", "10.0.0.0/24"]);
  expect(resources["api_pool"]?.properties["lb_algorithm"]).toBe("SOURCE_IP_PORT");
  expect(resources["api_port"]).toBeUndefined();
  const off = shared({
    network: { masterLbEnabled: true },
    labels: { master_lb_floating_ip_enabled: "false", octavia_lb_healthcheck: "False" },
  });
  expect(off.resources["api_floating"]).toBeUndefined();
  expect(off.resources["api_monitor"]).toBeUndefined();
  expect(off.outputs["api_address"]).toEqual(off.outputs["api_private_address"]);
  expect(
    node(part, "master", { ...someFacts, apiPortId: null, apiPoolId: "pool" })["api_member"]?.properties,
  ).toMatchObject({ pool: "pool", protocol_port: 6443 });
});

test("from anywhere only the API is open; everything else is between the two groups", () => {
  const open = (part: DesiredPart) =>
    Object.values(shared(part).resources)
      .filter((resource) => resource.type === "OS::Neutron::SecurityGroupRule")
      .filter(
        ({ properties }) => properties["remote_group"] === undefined && properties["remote_ip_prefix"] === undefined,
      );
  expect(open({}).map(({ properties }) => [properties["port_range_min"], properties["port_range_max"]])).toEqual([
    [6443, 6443],
  ]);
  expect(open({ network: { masterLbEnabled: true } })).toEqual([]);
  // This provider keeps the client's address, so the rule must let clients in.
  expect(open({ network: { masterLbEnabled: true }, labels: { octavia_provider: "ovn" } }).length).toBe(1);
});

test("volumes, zone, image and floating address follow their switches", () => {
  const plain = node({ network: { floatingIpEnabled: false } });
  expect(Object.keys(plain).toSorted()).toEqual(["port", "ready", "ready_handle", "server"]);
  expect(plain["server"]?.properties["image"]).toBe("image-1");
  const full = node(
    {
      labels: { boot_volume_size: "30", boot_volume_type: "fast", etcd_volume_size: "5", availability_zone: "az2" },
      dockerVolumeSizeGib: 12,
    },
    "master",
    { ...someFacts, apiPortId: null },
  );
  expect(full["boot_volume"]?.properties).toMatchObject({
    size: 30,
    volume_type: "fast",
    image: "image-1",
    availability_zone: "az2",
  });
  expect(full["etcd_volume"]?.properties["size"]).toBe(5);
  expect(full["docker_volume"]?.properties["size"]).toBe(12);
  expect(full["server"]?.properties).not.toHaveProperty("image");
  expect(full["server"]?.properties["availability_zone"]).toBe("az2");
  expect(node({ labels: { etcd_volume_size: "5" } })["etcd_volume"]).toBeUndefined();
});

test("names that other programs read are kept", () => {
  const want = aDesired();
  const [master = aGroup(), worker = aGroup()] = want.nodegroups;
  const stack = renderNodeStack(pair, want, worker, { name: "prod-w", facts: someFacts, joins: false });
  expect(Resources.parse(stack.template.resources)["kube_minions"]?.type).toBe("OS::Heat::ResourceGroup");
  expect(
    Resources.parse(
      renderNodeStack(pair, want, master, { name: "prod-m", facts: someFacts, joins: false }).template.resources,
    )["kube_masters"]?.type,
  ).toBe("OS::Heat::ResourceGroup");
  expect(JSON.parse(stack.files[memberFile] ?? "").outputs["OS::stack_id"]).toEqual({
    value: { get_resource: "server" },
  });
  expect(stack.template.outputs["server_ids"]).toMatchObject({ value: { get_attr: ["kube_minions", "refs_map"] } });
});

test("what proofs are made from is a hidden parameter of each stack, and nothing of the trust is in any text", () => {
  const want = aDesired();
  const told = [...Object.keys(nodeVariables), ...Object.keys(heatVariables)];
  expect(told.filter((name) => /TRUST|AUTH_URL|PASSWORD|^OS_/.test(name))).toEqual([]);
  for (const group of want.nodegroups) {
    const stack = renderNodeStack(pair, want, group, { name: "prod", facts: someFacts, joins: false });
    const member = z
      .object({ parameters: z.record(z.string(), z.object({ hidden: z.boolean().optional() })) })
      .parse(JSON.parse(stack.files[memberFile] ?? ""));
    for (const { proof_root: root } of [stack.template.parameters, member.parameters])
      expect(root).toMatchObject({ hidden: true });
    expect(Object.keys({ ...stack.template.parameters, ...member.parameters }).toSorted()).toEqual([
      "count",
      "generation",
      "index",
      "kube_version",
      "name",
      "proof_root",
      "removal",
      "server_group",
    ]);
    const { trusteeUserId, trustId, trusteePassword } = want.credential;
    const server = node({}, group.role === "master" ? "master" : "worker")["server"];
    const userData = String(
      resolveHot(server?.properties["user_data"], { param: () => "", resource: () => "", attr: () => "" }),
    );
    const files = ["/etc/coe/node.env", "/etc/coe/heat.env", "/usr/local/bin/coe-node"].map((path) =>
      readIgnitionFile(userData, path),
    );
    for (const text of [JSON.stringify(stack), ...files])
      for (const secret of [trusteeUserId, trustId, trusteePassword.reveal()]) expect(text).not.toContain(secret);
    expect(files.join("")).not.toMatch(/trustee|OS-TRUST|auth\/tokens/i);
  }
});

test("what a node reads is what the cluster is, whatever its name and proxies hold", () => {
  const name = 'it\'s "$HOME" `id` \\n %41 @@heat.env@@';
  const server = node({ key: { id: aDesired().key.id, name }, template: { httpProxy: "http://proxy:3128/?a='b'" } })[
    "server"
  ];
  const userData = resolveHot(server?.properties["user_data"], {
    param: (key) => ({ index: "3", name: "prod-3", proof_root: "5eed", "OS::stack_id": "member-3" })[key],
    resource: (key) => `id-of-${key}`,
    attr: (key, path) => (key === "ready_handle" ? `http://heat/%3A/${path.join()}` : "10.0.0.9"),
  });
  const text = ["/etc/coe/node.env", "/etc/coe/heat.env"]
    .map((path) => readIgnitionFile(String(userData), path))
    .join("");
  expect(parseNodeEnv(text)).toMatchObject({
    CLUSTER_NAME: name,
    HTTP_PROXY: "http://proxy:3128/?a='b'",
    ROLE: "worker",
    INDEX: "3",
    NODE_NAME: "prod-3",
    NODE_PROOF: writeProof({
      nodegroupId: workerGroupId,
      id: "member-3",
      secret: proofSecret(new Secret("5eed"), "member-3"),
    }).reveal(),
    SIGNAL_URL: "http://heat/%3A/endpoint",
    NODE_ADDRESS: "10.0.0.9",
    API_ADDRESS: "10.0.0.5",
    API_PUBLIC_ADDRESS: "192.0.2.7",
    DNS_SERVICE_IP: "10.254.0.10",
    ETCD_VOLUME: "",
    NODE_LABELS: "magnum.openstack.org/role=worker,magnum.openstack.org/nodegroup=default-worker",
  });
});

test("user data stays far below Nova's 65535 bytes of base64", () => {
  const server = node({}, "master")["server"];
  expect(JSON.stringify(server?.properties["user_data"]).length).toBeLessThan(40_000);
});

test("a living node is never replaced by a change of its user data", () => {
  expect(node()["server"]?.properties).toMatchObject({ user_data_format: "RAW", user_data_update_policy: "IGNORE" });
});

test("whatever a node group is called, Heat's reader of YAML takes the node's template and reads the same", () => {
  const name = "a\u007f\u0080\u0085\u2028\ufeff\ufffe\r\n😀é'$(id)b";
  const group = aGroup({ key: { id: workerGroupId, name } });
  const want = aDesired({ nodegroups: [aGroup({ role: "master" }), group] });
  const text =
    renderNodeStack(pair, want, group, { name: "n", facts: someFacts, joins: false }).files[memberFile] ?? "";
  expect(text).toMatch(/^[\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u);
  const read = z.object({ resources: Resources }).parse(parse(text)).resources;
  expect(read["server"]?.properties["metadata"]).toMatchObject({ "coe-nodegroup": name });
});
