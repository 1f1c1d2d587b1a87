// Cluster templates at a cloud that answers: defaults, look-ups, changes (magnum-api 6, 11).
import { describe, expect, test } from "vitest";
import { latest, openDoor, refused } from "../testing/door.ts";

const door = openDoor({ cloud: true });
const minimal = { coe: "kubernetes", image_id: "fedora-coreos-38" };
const path = "/v1/clustertemplates";
const step = (op: string, at: string, value?: unknown) => ({ op, path: at, ...(value === undefined ? {} : { value }) });

async function made(more: object = {}): Promise<string> {
  const { status, json, text } = await door.post(path, { ...minimal, external_network_id: "public", ...more });
  expect(status, text).toBe(201);
  return String(json["uuid"]);
}

describe("a new template", () => {
  test("is answered whole, with Magnum's defaults, and where it is", async () => {
    const { status, json, headers } = await door.post(path, minimal);
    expect(status).toBe(201);
    expect(headers["location"]).toBe(`http://localhost:80/v1/clustertemplates/${String(json["uuid"])}`);
    expect(headers["x-openstack-request-id"]).toMatch(/^req-/);
    expect(json).toMatchObject({
      name: expect.stringMatching(/^[a-z]+-\d{1,2}-template$/),
      image_id: "fedora-coreos-38",
      flavor_id: null,
      network_driver: "flannel",
      volume_driver: null,
      cluster_distro: "fedora-coreos",
      driver: "k8s_fedora_coreos_v1",
      server_type: "vm",
      labels: {},
      public: false,
      hidden: false,
      tls_disabled: false,
      registry_enabled: false,
      master_lb_enabled: false,
      floating_ip_enabled: true,
      tags: null,
      project_id: door.projectId,
      updated_at: null,
    });
  });

  test("of the command line, with its nulls, and of Horizon, all text, mean the same", async () => {
    const cli = {
      ...minimal,
      keypair_id: null,
      fixed_network: null,
      labels: {},
      public: false,
      server_type: null,
      docker_volume_size: null,
      driver: null,
    };
    const horizon = {
      ...minimal,
      keypair_id: "",
      fixed_network: "",
      labels: {},
      public: "False",
      server_type: "vm",
      docker_volume_size: "",
      name: "",
    };
    const [a, b] = [await door.post(path, cli), await door.post(path, horizon)];
    const same = ({ uuid: _u, name: _n, links: _l, created_at: _c, ...rest }: Record<string, unknown>) => rest;
    expect([a.status, b.status]).toEqual([201, 201]);
    expect(same(a.json)).toEqual(same(b.json));
  });

  test("may name a keypair that is not there, and ignores an id and a distro of the client's", async () => {
    const { status, json } = await door.post(path, { ...minimal, keypair_id: "none", uuid: "x", cluster_distro: "y" });
    expect([status, json["keypair_id"], json["cluster_distro"]]).toEqual([201, "none", "fedora-coreos"]);
  });

  test("may be named by a driver (E35: what is refused is refused by type)", async () => {
    expect((await door.post(path, { ...minimal, driver: "k8s_fedora_coreos_v1" })).status).toBe(201);
    expect(await door.post(path, { ...minimal, driver: "nope" })).toEqual(
      refused(400, "Cluster driver (nope) not supported."),
    );
  });

  test("keeps labels as text, JSON's booleans in Python's words (E29)", async () => {
    const { json } = await door.post(path, { ...minimal, labels: { a: 1, b: true, c: 1.5, d: "x" } });
    expect(json["labels"]).toEqual({ a: "1", b: "True", c: "1.5", d: "x" });
    expect((await door.post(path, { ...minimal, labels: null })).json["labels"]).toEqual({});
  });

  test.each([
    [{ coe: "kubernetes" }, 400, "Invalid input for field/attribute image_id. Value: 'None'. Mandatory field missing."],
    [{ image_id: "x" }, 400, "Invalid input for field/attribute coe. Value: 'None'. Mandatory field missing."],
    [{ ...minimal, coe: "nomad" }, 400, /Value should be one of: kubernetes/],
    [{ ...minimal, coe: "swarm" }, 400, "Cluster type (vm, fedora-coreos, swarm) not supported."],
    [{ ...minimal, server_type: "bm" }, 400, "Cluster type (bm, fedora-coreos, kubernetes) not supported."],
    [{ ...minimal, server_type: "lxd" }, 400, /Value should be one of: vm, bm/],
    [{ ...minimal, name: "x".repeat(256) }, 400, /maximum character requirement of 255/],
    [{ ...minimal, image_id: "none" }, 400, "Image none could not be found."],
    [{ ...minimal, image_id: "cirros-plain" }, 400, "Image cirros-plain doesn't contain os_distro field."],
    [{ ...minimal, flavor_id: "none" }, 400, "Unable to find flavor none."],
    [{ ...minimal, master_flavor_id: "none" }, 400, "Unable to find flavor none."],
    [{ ...minimal, external_network_id: "none" }, 400, "Unable to find external network none."],
    [{ ...minimal, fixed_network: "none" }, 400, "Unable to find fixed network none."],
    [{ ...minimal, fixed_subnet: "none" }, 400, "Unable to find fixed subnet none."],
    [
      { ...minimal, network_driver: "weave" },
      400,
      "Network driver type weave is not supported, expecting a flannel/calico/cilium/unspecified network driver.",
    ],
    [
      { ...minimal, volume_driver: "rexray" },
      400,
      "Volume driver type rexray is not supported, expecting a cinder/unspecified volume driver.",
    ],
    [
      { ...minimal, docker_storage_driver: "devicemapper", docker_volume_size: 2 },
      400,
      "docker volume size 2 GB is not valid, expecting minimum value 3GB for devicemapper storage driver.",
    ],
    [
      { ...minimal, dns_nameserver: "dns.example" },
      400,
      /^Invalid input for field\/attribute dns_nameserver\. Value: 'dns\.example'\. Expected a single dns address or comma separated dns list/,
    ],
    [{ ...minimal, dns_nameserver: "2001:db8::1" }, 400, /Expected a single dns address/],
    [{ ...minimal, apiserver_port: 1023 }, 400, /greater or equal to 1024/],
    [{ ...minimal, docker_volume_size: 0 }, 400, /greater or equal to 1/],
    [{ ...minimal, labels: { boot_volume_size: "big" } }, 400, /boot_volume_size/],
    [{ ...minimal, labels: { a: null } }, 400, /attribute labels\.a\. Value: 'None'/],
    [{ ...minimal, labels: { a: {} } }, 400, /attribute labels\.a/],
    [{ ...minimal, labels: [] }, 400, /attribute labels\. .*Expected an object/],
    [{ ...minimal, tls_disabled: "maybe" }, 400, /Value should be a boolean/],
    [
      { ...minimal, created_at: "x" },
      400,
      "Invalid input for field/attribute created_at. Value: 'x'. Cannot set read only field.",
    ],
    [{ ...minimal, foo: 1 }, 400, "Unknown attribute for argument cluster_template: foo"],
    [{ ...minimal, public: true }, 403, "Not authorized to set public or hidden flag for cluster template."],
    [{ ...minimal, hidden: true }, 403, "Not authorized to set public or hidden flag for cluster template."],
  ] as const)("of %j is %i", async (body, status, detail) => {
    expect(await door.post(path, body, { version: latest })).toEqual(refused(status, detail));
  });
});

describe("a change", () => {
  const patch = (id: string, ...steps: object[]) => door.patch(`${path}/${id}`, steps);

  test("of labels: as Python's text, as an object, and key by key", async () => {
    const id = await made({ labels: { a: "1", b: "2" } });
    expect(
      (await patch(id, step("replace", "/labels", "{'kube_tag': 'v1.31.1', 'n': 3, 't': True}"))).json,
    ).toMatchObject({
      labels: { kube_tag: "v1.31.1", n: "3", t: "True" },
    });
    expect((await patch(id, step("replace", "/labels", { a: "1", b: false }))).json).toMatchObject({
      labels: { a: "1", b: "False" },
    });
    const each = [step("add", "/labels/c", "3"), step("replace", "/labels/a", 9), step("remove", "/labels/b")];
    expect((await patch(id, ...each)).json).toMatchObject({ labels: { a: "9", c: "3" } });
    expect((await patch(id, step("remove", "/labels"))).json).toMatchObject({ labels: {} });
  });

  test("of values is looked up as in a creation, and taken away is as if it was never given", async () => {
    const id = await made({ flavor_id: "m1.small", docker_volume_size: 5 });
    expect(
      (await patch(id, step("replace", "/docker_volume_size", "7"), step("replace", "/master_lb_enabled", "True")))
        .json,
    ).toMatchObject({
      docker_volume_size: 7,
      master_lb_enabled: true,
    });
    expect(
      (await patch(id, step("remove", "/docker_volume_size"), step("remove", "/master_lb_enabled"))).json,
    ).toMatchObject({
      docker_volume_size: null,
      master_lb_enabled: false,
    });
    expect(await patch(id, step("replace", "/flavor_id", "none"))).toEqual(refused(400, "Unable to find flavor none."));
    expect(await patch(id, step("replace", "/network_driver", "weave"))).toEqual(
      refused(400, /^Network driver type weave/),
    );
    expect((await patch(id, step("add", "/keypair_id", "k"))).json).toMatchObject({ keypair_id: "k" });
  });

  test("of the image brings its distro (E13)", async () => {
    const id = await made();
    const answer = await patch(id, step("replace", "/image_id", "fedora-atomic-29"));
    // No driver here serves it; what matters is that the new distro was asked for.
    expect(answer).toEqual(refused(400, "Cluster type (vm, fedora-atomic, kubernetes) not supported."));
    expect((await patch(id, step("replace", "/cluster_distro", "other"))).json).toMatchObject({
      cluster_distro: "fedora-coreos",
    });
  });

  test("of one that clusters use is one harmless thing at a time; in use is 400 (E5)", async () => {
    const id = await made();
    await door.cluster("CREATE_COMPLETE", { cluster: { clusterTemplateId: id } });
    const inUse = refused(400, `ClusterTemplate ${id} is referenced by one or multiple clusters.`);
    expect((await patch(id, step("replace", "/name", "new"))).status).toBe(200);
    expect((await patch(id, step("add", "/tags", "stable"))).status).toBe(200);
    expect(await patch(id, step("replace", "/name", "a"), step("replace", "/tags", "b"))).toEqual(inUse);
    expect(await patch(id, step("replace", "/flavor_id", "m1.small"))).toEqual(inUse);
    expect(await patch(id, step("remove", "/tags"))).toEqual(inUse);
    expect(await door.call(`${path}/${id}`, { method: "DELETE" })).toEqual(inUse);
    const publish = [step("replace", "/public", true)];
    expect((await door.patch(`${path}/${id}`, publish, { as: "admin" })).json).toMatchObject({ public: true });
    const back = [step("replace", "/public", false)];
    expect(await door.patch(`${path}/${id}`, back, { as: "admin" })).toEqual(inUse);
    expect((await door.patch(`${path}/${id}`, [step("replace", "/hidden", true)], { as: "admin" })).status).toBe(200);
  });

  test("to what is there already is none, so that whole forms can be sent of one that clusters use (Horizon)", async () => {
    const id = await made({ name: "used", labels: { a: "1" }, driver: "k8s_fedora_coreos_v1" });
    await door.cluster("CREATE_COMPLETE", { cluster: { clusterTemplateId: id } });
    const form = [
      step("replace", "/coe", "kubernetes"),
      step("replace", "/image_id", "fedora-coreos-38"),
      step("replace", "/labels", "{'a': '1'}"),
      step("replace", "/public", "False"),
      step("remove", "/http_proxy"),
    ];
    const same = await patch(id, ...form);
    expect([same.status, same.json]).toEqual([200, expect.objectContaining({ name: "used", updated_at: null })]);
    expect((await patch(id, ...form, step("replace", "/name", "new"))).json).toMatchObject({ name: "new" });
    expect((await patch(id, ...form, step("replace", "/floating_ip_enabled", "False"))).status).toBe(400);
  });

  test("is seen by Heat to be complete (E9), which lists do not say", async () => {
    const id = await made();
    expect((await door.call(`${path}/${id}`)).json).toMatchObject({ status: "UPDATE_COMPLETE" });
    expect(JSON.stringify((await door.call(path)).json)).not.toContain("UPDATE_COMPLETE");
  });
});

test("publishing is an administrator's; members get 403", async () => {
  const id = await made();
  const steps = [step("replace", "/public", "True")];
  expect(await door.patch(`${path}/${id}`, steps)).toEqual(refused(403, /^Not authorized to set public/));
  expect((await door.post(path, { ...minimal, public: true }, { as: "admin" })).json).toMatchObject({ public: true });
});
