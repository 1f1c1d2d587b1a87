import { describe, expect, it } from "vitest";
import type { ClusterTemplate } from "@/server/domain/cluster-template";
import { byField, emptyValues, fieldOfWire, fromCluster, problemsOf, toCreate, type WizardValues } from "./form";

const id = "5d9f2a3c-0b5d-4f0f-9a7d-6d1e2f3a4b5c";
const template: ClusterTemplate = {
  id,
  name: "kubernetes-1.32",
  coe: "kubernetes",
  imageId: "fedora-coreos",
  flavorId: "m1.small",
  masterFlavorId: "m1.medium",
  keypairId: null,
  externalNetworkId: "public",
  fixedNetwork: null,
  fixedSubnet: null,
  networkDriver: "calico",
  volumeDriver: "cinder",
  dnsNameserver: null,
  apiserverPort: null,
  dockerVolumeSizeGib: null,
  dockerStorageDriver: null,
  httpProxy: null,
  httpsProxy: null,
  noProxy: null,
  registryEnabled: false,
  insecureRegistry: null,
  labels: { kube_tag: "v1.32.4", auto_healing_enabled: "True" },
  tlsDisabled: false,
  public: true,
  hidden: false,
  serverType: "vm",
  masterLbEnabled: false,
  floatingIpEnabled: true,
  tags: null,
  driver: "k8s_fedora_coreos_v1",
  projectId: "p",
  userId: "u",
  clusterDistro: "fedora-coreos",
  createdAt: new Date(0),
  updatedAt: null,
};
const values = (given: Partial<WizardValues>): WizardValues => ({
  ...emptyValues,
  name: "web",
  clusterTemplateId: id,
  ...given,
});

describe("the request of the wizard", () => {
  it("holds nothing but name and template when nothing was touched", () => {
    expect(toCreate(values({}), template)).toEqual({ name: "web", clusterTemplateId: id });
  });

  it("leaves out what equals the template", () => {
    expect(
      toCreate(
        values({ flavorId: "m1.small", masterLbEnabled: false, labels: [{ key: "kube_tag", value: "v1.32.4" }] }),
        template,
      ),
    ).toEqual({ name: "web", clusterTemplateId: id });
  });

  it("merges its labels into the template's, own rows over fields", () => {
    const request = toCreate(
      values({
        bootVolumeSize: 20,
        labels: [
          { key: "boot_volume_size", value: "40" },
          { key: "X", value: "A,b=C " },
        ],
      }),
      template,
    );
    expect(request.labels).toEqual({ boot_volume_size: "40", X: "A,b=C " });
    expect(request.mergeLabels).toBe(true);
  });

  it("always says whether a balanced API is public", () => {
    expect(toCreate(values({ masterLbEnabled: true }), template).labels).toEqual({
      master_lb_floating_ip_enabled: "false",
    });
  });

  it("writes allowed ranges to the label that the driver reads", () => {
    const given = values({ masterLbEnabled: true, allowedCidrs: "192.0.2.0/24 2001:db8::/32" });
    expect(toCreate(given, template).labels?.["master_lb_allowed_cidrs"]).toBe("192.0.2.0/24,2001:db8::/32");
    expect(toCreate(given, { ...template, driver: "k8s_capi_helm_v1" }).labels?.["api_master_lb_allowed_cidrs"]).toBe(
      "192.0.2.0/24,2001:db8::/32",
    );
  });

  it("sends a range with autoscaling, one less and one more than the workers", () => {
    expect(toCreate(values({ autoScaling: true, nodeCount: 3 }), template).labels).toMatchObject({
      auto_scaling_enabled: "true",
      min_node_count: "2",
      max_node_count: "4",
    });
  });

  it("sends the complete list without a dropped label", () => {
    const request = toCreate(values({ dropped: ["auto_healing_enabled"] }), template);
    expect(request.labels).toEqual({ kube_tag: "v1.32.4" });
    expect(request.mergeLabels).toBe(false);
  });
});

describe("what the wizard refuses at once", () => {
  it.each<[string, Partial<WizardValues>, keyof WizardValues]>([
    ["a name that starts with a digit", { name: "1web" }, "name"],
    ["no template", { clusterTemplateId: "" }, "clusterTemplateId"],
    ["an even control plane", { masterCount: 2 }, "masterCount"],
    ["several control plane nodes without the balancer", { masterCount: 3 }, "masterCount"],
    ["a minimum above the workers", { autoScaling: true, nodeCount: 2, minNodes: 3 }, "minNodes"],
    ["a maximum below the workers", { autoScaling: true, nodeCount: 2, maxNodes: 1 }, "maxNodes"],
    ["an existing network that was not chosen", { networkMode: "existing" }, "fixedNetwork"],
    ["a range that is none", { nodeRange: "10.0.0.0" }, "nodeRange"],
    ["one wrong allowed range among good ones", { allowedCidrs: "10.0.0.0/8, nonsense" }, "allowedCidrs"],
    ["a label without a key", { labels: [{ key: "", value: "x" }] }, "labels"],
  ])("%s", (_what, given, field) => {
    expect(problemsOf(values(given), template)[field]).toEqual(expect.any(String));
  });

  it("nothing of an untouched form with name and template", () => {
    expect(problemsOf(values({}), template)).toEqual({});
  });
});

it("server's field names lead to fields of the form", () => {
  expect(fieldOfWire("flavor_id", template, [])).toBe("flavorId");
  expect(fieldOfWire("labels.boot_volume_size", template, [])).toBe("bootVolumeSize");
  expect(fieldOfWire("labels.calico_ipv4pool", template, [])).toBe("podRange");
  expect(fieldOfWire("labels.unheard_of", template, [])).toBe("labels");
  expect(fieldOfWire("", template, [])).toBeUndefined();
});

it("a copied cluster makes the same request again", () => {
  const request = toCreate(
    values({
      nodeCount: 4,
      masterCount: 3,
      masterLbEnabled: true,
      bootVolumeSize: 30,
      labels: [{ key: "own", value: "1" }],
    }),
    template,
  );
  const cluster = {
    ...template,
    labels: { ...template.labels, ...request.labels },
    keypair: null,
    masterCount: 3,
    nodeCount: 4,
    masterLbEnabled: true,
    createTimeoutMinutes: 60,
    rollbackOnFailure: false,
  };
  const copy = fromCluster(cluster as never, template);
  expect(toCreate(values(copy), template)).toEqual(request);
});

it("says all that is wrong with labels, and sends whoever gave a label of their own back to it", () => {
  const own = [
    { key: "availability_zone", value: "mars" },
    { key: "etcd_volume_size", value: "abc" },
  ];
  const said = [
    { field: "labels.availability_zone", message: "There is no availability zone mars to use" },
    { field: "labels.etcd_volume_size", message: "The label etcd_volume_size must be a whole number." },
  ];
  expect(byField(said, template, own)).toEqual({
    labels: ["There is no availability zone mars to use.", "The label etcd_volume_size must be a whole number."],
  });
  expect(Object.keys(byField(said, template, []))).toEqual(["zone", "labels"]);
});
