// Labels at the door: read by their types wherever they come in, held against the cloud before anything is accepted.
import { beforeAll, describe, expect, test } from "vitest";
import { kubernetesFedoraCoreos } from "../../drivers/kubernetes-fedora-coreos/driver.ts";
import { labelCatalog } from "../../server/domain/label-catalog.ts";
import { labelProblem } from "../../server/domain/label-reader.ts";
import { valuesOf } from "../../server/domain/testing/label-values.ts";
import { latest, openDoor, refused, type Answer } from "../../server/rest/testing/door.ts";
import realTemplates from "./real-templates.json" with { type: "json" };

const door = openDoor({ cloud: true, drivers: [kubernetesFedoraCoreos] });
const body = {
  coe: "kubernetes",
  image_id: "fedora-coreos-38",
  external_network_id: "public",
  flavor_id: "m1.small",
  master_flavor_id: "m1.small",
};
const cluster = (more: object) =>
  door.post("/v1/clusters", { cluster_template_id: "plain", keypair: "mykey", ...more }, { version: latest });
const template = (more: object) => door.post("/v1/clustertemplates", { ...body, ...more });
let made: string;

beforeAll(async () => {
  expect((await template({ name: "plain" })).status).toBe(201);
  made = String((await cluster({ name: "made" })).json["uuid"]);
  await door.settle(made, "CREATE_COMPLETE");
});

const wrongOnes = (pick: (values: readonly string[]) => string | undefined) =>
  Object.fromEntries(labelCatalog.map(({ key }) => [key, pick(valuesOf(key).wrong) ?? "\u0001"]));
const nodegroup = (name: string, labels: object) =>
  door.post(`/v1/clusters/${made}/nodegroups`, { name, labels }, { version: latest });

const titles = ({ json }: Answer): string[] =>
  Array.isArray(json["errors"]) ? json["errors"].map((each: { title: string }) => each.title) : [];

describe.each([
  ["a template", (labels: object) => template({ labels })],
  ["a cluster", (labels: object) => cluster({ labels })],
  ["a node group", (labels: object) => nodegroup("more", labels)],
])("labels of %s", (_, send) => {
  test.each([0, 1, 2])("are refused by name, all at once, when their types cannot read them (%i)", async (index) => {
    const labels = wrongOnes((values) => values.filter((value) => !value.includes("\u0000"))[index % 2]);
    const answer = await send(labels);
    expect(answer.status).toBe(400);
    for (const { key } of labelCatalog)
      expect(
        titles(answer).some((title) => title.includes(`label ${key} `)),
        key,
      ).toBe(true);
  });

  test("that their types can read are not refused for their form", async () => {
    for (const index of [0, 1]) {
      const labels = Object.fromEntries(labelCatalog.map(({ key }) => [key, valuesOf(key).right[index] ?? ""]));
      const { text } = await send(labels);
      for (const { key } of labelCatalog)
        expect(text).not.toContain(`label ${key} ${labelProblem(key, valuesOf(key).wrong[0] ?? "")}`);
    }
  });
});

describe("what the cloud can answer is asked before the request is accepted", () => {
  test.each([
    [{ labels: { boot_volume_size: 20, boot_volume_type: "none" } }, /there is no none \(boot_volume_type\)\./],
    [{ labels: { docker_volume_type: "none" } }, /there is no none \(docker_volume_type\)\./],
    [{ labels: { availability_zone: "none" } }, /no availability zone none to use/],
    [
      { labels: { octavia_provider: "none" }, master_lb_enabled: true },
      /provider none in this cloud \(octavia_provider\)\./,
    ],
    [{ fixed_network: "public" }, /Unable to find fixed network public: it is an external network/],
    [{ labels: { fixed_subnet_cidr: "2001:db8::/64" } }, /fixed_subnet_cidr must be an IPv4 range/],
    [{ labels: { flannel_network_cidr: "10.0.0.0/8" } }, /flannel_network_cidr must not overlap/],
    [
      { labels: { master_lb_allowed_cidrs: "," }, master_lb_enabled: true },
      /master_lb_allowed_cidrs must be network ranges/,
    ],
    [{ labels: { min_node_count: 2 } }, /min_node_count must not be greater than node_count, 1/],
    [{ labels: { max_node_count: 2 }, node_count: 3 }, /max_node_count must not be less than node_count, 3/],
  ])("%j", async (more, words) => {
    const { status, json } = await cluster(more);
    expect(status).toBe(400);
    expect(JSON.stringify(json)).toMatch(words);
  });

  test("and what is there is accepted", async () => {
    const labels = {
      boot_volume_size: 20,
      boot_volume_type: "fast",
      octavia_provider: "ovn",
      availability_zone: "nova",
    };
    const { status, text } = await cluster({ labels, master_lb_enabled: true });
    expect(status, text).toBe(202);
  });
});

test("blanks around a key are no part of it", async () => {
  const { json } = await cluster({ labels: { kube_tag: "v1.33.1", " boot_volume_size": "20" } });
  const shown = await door.call(`/v1/clusters/${String(json["uuid"])}`);
  expect(shown.json["labels"]).toEqual({ kube_tag: "v1.33.1", boot_volume_size: "20" });
  expect(await template({ labels: { a: "1", "a ": "2" } })).toEqual(refused(400, "The label a is given twice."));
});

test("bounds that labels give are those of the default workers", async () => {
  const { json } = await cluster({ labels: { min_node_count: 1, max_node_count: "5" }, node_count: 2 });
  const url = `/v1/clusters/${String(json["uuid"])}/nodegroups/default-worker`;
  expect((await door.call(url, { version: latest })).json).toMatchObject({ min_node_count: 1, max_node_count: 5 });
});

describe("what a template would not do is said when it is made", () => {
  test.each([
    [{ network_driver: "calico" }, /The field network_driver must be flannel.* No cluster can be made/],
    [{ labels: { boot_volume_size: "5" } }, /boot_volume_size must be at least 10.* No cluster can be made/],
    [{ labels: { docker_volume_type: "none" } }, /there is no none \(docker_volume_type\)\. No cluster can be made/],
    [{ labels: { autoscaler_tag: "v1.21.0" } }, /^299 - "The label autoscaler_tag has no effect here/],
    [
      { labels: { "boot-volume-size": "20" } },
      /boot-volume-size is not in the catalogue.* Did you mean boot_volume_size\?"$/,
    ],
  ])("%j: in a header of the answer", async (more, words) => {
    const { status, headers, json } = await template(more);
    expect([status, headers["warning"]]).toEqual([
      201,
      expect.toSatisfy((lines) => [lines].flat().some((line) => words.test(line))),
    ]);
    const url = `/v1/clustertemplates/${String(json["uuid"])}`;
    const patched = await door.patch(url, [{ op: "replace", path: "/dns_nameserver", value: "192.0.2.53" }]);
    expect([patched.status, patched.headers["warning"]]).toEqual([200, headers["warning"]]);
  });

  test("and one that is all right says nothing", async () => {
    expect((await template({ labels: { kube_tag: "v1.33.1" } })).headers["warning"]).toBeUndefined();
  });

  test("the words of a label are no way out of the header", async () => {
    const { headers } = await template({ labels: { 'a"b\u00fc\\': "1" } });
    expect([headers["warning"]].flat()).toEqual([
      expect.stringMatching(/^299 - "[\x20-\x7e]*a\\"b\?\\\\[\x20-\x7e]*"$/),
    ]);
  });
});

test.each([
  ["http_proxy", "proxy.example.org:3128"],
  ["https_proxy", "http://proxy.example.org/path"],
  ["no_proxy", "a b,c"],
  ["insecure_registry", "http://192.0.2.5:5000"],
])("%s is held to what it is: not %s", async (field, value) => {
  const answer = await template({ [field]: value });
  expect([answer.status, titles(answer)]).toEqual([400, [expect.stringContaining(`The field ${field} must be `)]]);
});

test("proxies and registries as programs read them are taken", async () => {
  const site = { http_proxy: "http://user:secret@proxy.example.org:3128", https_proxy: "http://192.0.2.1:3128/" };
  const more = { no_proxy: "localhost, .example.org,192.0.2.0/24,::1", insecure_registry: "registry.example.org:5000" };
  const { status, text } = await template({ ...site, ...more });
  expect(status, text).toBe(201);
});

describe("templates of real clouds", () => {
  /** What they ask for and would not get here, by the first word of each problem. */
  const wishes = new Set(
    (
      "network_driver volume_driver kube_tag cinder_csi_enabled cloud_provider_enabled keystone_auth_enabled " +
      "metrics_server_enabled monitoring_enabled auto_scaling_enabled auto_healing_enabled audit_log_enabled " +
      "ingress_controller tiller_enabled admission_control_list"
    ).split(" "),
  );

  test.each(realTemplates)(
    "$name: can be made, and is refused only for what would not be there",
    async ({ name, template: given }) => {
      const { labels, ...fields } = given;
      const answer = await template({ name, ...fields, labels });
      expect(answer.status, answer.text).toBe(201);
      const refusal = await cluster({ cluster_template_id: name });
      const named = titles(refusal).map((title) => /^The (?:label|field) (\w+) /.exec(title)?.[1] ?? title);
      expect(named.filter((word) => !wishes.has(word))).toEqual([]);

      // The same without those wishes makes a cluster: names of versions and switches that are off are no hindrance.
      const kept = Object.fromEntries(Object.entries(labels).filter(([key]) => !wishes.has(key)));
      const plain = {
        ...fields,
        name: `${name}, reduced`,
        network_driver: "flannel",
        volume_driver: null,
        labels: kept,
      };
      expect((await template(plain)).status).toBe(201);
      const accepted = await cluster({ cluster_template_id: plain.name });
      expect(accepted.status, accepted.text).toBe(202);
    },
  );
});
