import { afterAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { expectAllRun, openShell } from "./openstack.ts";
import { properties } from "./table.ts";

// Not demo: other files make templates there.
const other = openShell("other");
const admin = openShell("admin");
afterAll(() => {
  other.remove();
  admin.remove();
});

const made = (name: string) => new RegExp(`^Request to create cluster template ${name} accepted$`, "m");
const basic = ["--coe", "kubernetes", "--image", "fedora-coreos-38", "--external-network", "public"];

/** What `show` prints of a template for which nothing was chosen that can be left out. */
const plain = {
  insecure_registry: "-",
  labels: "{}",
  updated_at: "-",
  floating_ip_enabled: "True",
  fixed_subnet: "-",
  master_flavor_id: "-",
  uuid: "<uuid>",
  no_proxy: "-",
  https_proxy: "-",
  tls_disabled: "False",
  keypair_id: "-",
  public: "False",
  http_proxy: "-",
  docker_volume_size: "-",
  server_type: "vm",
  external_network_id: "public",
  cluster_distro: "fedora-coreos",
  image_id: "fedora-coreos-38",
  volume_driver: "-",
  registry_enabled: "False",
  docker_storage_driver: "overlay2",
  apiserver_port: "-",
  name: "plain",
  created_at: "<time>",
  network_driver: "flannel",
  fixed_network: "-",
  coe: "kubernetes",
  flavor_id: "m1.medium",
  master_lb_enabled: "False",
  dns_nameserver: "8.8.8.8",
  hidden: "False",
  tags: "-",
};

describe("openstack coe cluster template", () => {
  it("create: with what is needed and no more, shows every property", async () => {
    const printed = await other.table("coe cluster template create", "plain", ...basic);
    expect(printed.columns).toEqual(["Field", "Value"]);
    expect(properties(printed)).toEqual(plain);
  });

  it("create: with every option for a person", async () => {
    const args = [
      ...["--keypair", "mykey", "--fixed-network", "other-net", "--fixed-subnet", "other-subnet"],
      ...["--network-driver", "calico", "--volume-driver", "cinder", "--dns-nameserver", "8.8.4.4,1.1.1.1"],
      ...["--flavor", "m1.small", "--master-flavor", "m1.large"],
      ...["--docker-volume-size", "5", "--docker-storage-driver", "devicemapper"],
      ...["--http-proxy", "http://proxy:3128", "--https-proxy", "http://proxy:3129", "--no-proxy", "10.0.0.0/8"],
      ...["--labels", "admission_control_list=NodeRestriction", "--labels", "boot_volume_size=20"],
      ...["--labels", "admission_control_list=LimitRanger"],
      ...["--registry-enabled", "--server-type", "vm", "--master-lb-enabled", "--floating-ip-disabled"],
      ...["--visible", "--tags", "gold,silver", "--tags", "gold"],
    ];
    const printed = await other.print("coe cluster template create", "full", ...basic, ...args);
    expect(printed).toMatch(made("full"));
    expect(printed).toMatch(/WARNING: Docker storage drivers .* are deprecated/);
    const shown = properties(await other.table("coe cluster template show", "full"));
    expect({ ...shown, tags: shown["tags"]?.split(",").toSorted() }).toEqual({
      ...plain,
      name: "full",
      keypair_id: "mykey",
      fixed_network: "other-net",
      fixed_subnet: "other-subnet",
      network_driver: "calico",
      volume_driver: "cinder",
      dns_nameserver: "8.8.4.4,1.1.1.1",
      flavor_id: "m1.small",
      master_flavor_id: "m1.large",
      docker_volume_size: "5",
      docker_storage_driver: "devicemapper",
      http_proxy: "http://proxy:3128",
      https_proxy: "http://proxy:3129",
      no_proxy: "10.0.0.0/8",
      // The client joins values of a key that is given twice.
      labels: "{'admission_control_list': 'NodeRestriction,LimitRanger', 'boot_volume_size': '20'}",
      registry_enabled: "True",
      master_lb_enabled: "True",
      floating_ip_enabled: "False",
      tags: ["gold", "silver"],
    });
  });

  it("create: an administrator publishes, and hides from others", async () => {
    const args = ["--public", "--hidden", "--tls-disabled", "--floating-ip-enabled"];
    const shown = properties(await admin.table("coe cluster template create", "hidden", ...basic, ...args));
    expect(shown).toEqual({ ...plain, name: "hidden", public: "True", hidden: "True", tls_disabled: "True" });
    const refused = await other.run("coe cluster template show", "hidden");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^ClusterTemplate hidden could not be found.* \(HTTP 404\)/);
  });

  it("create: a member may not publish, and reads why", async () => {
    const refused = await other.run("coe cluster template create", "mine", ...basic, "--public");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/Not authorized to set public or hidden flag for cluster template.* \(HTTP 403\)/);
  });

  it("list: three columns, more on demand, a page at a time, in both directions", async () => {
    const listed = await other.table("coe cluster template list");
    expect(listed.columns).toEqual(["uuid", "name", "tags"]);
    expect(listed.rows).toHaveLength(5);
    expect(listed.rows).toContainEqual(expect.objectContaining({ name: "plain", tags: "None" }));

    const args = ["--limit", "2", "--sort-key", "name", "--sort-dir", "desc", "--fields", "coe,server_type,public"];
    const sorted = await other.table("coe cluster template list", ...args);
    expect(sorted.columns).toEqual(["uuid", "name", "tags", "coe", "server_type", "public"]);
    expect(sorted.rows.map(({ uuid: _, ...row }) => row)).toEqual([
      { name: "plain", tags: "None", coe: "kubernetes", server_type: "vm", public: "False" },
      { name: "kubernetes-volumes", tags: "stateful", coe: "kubernetes", server_type: "vm", public: "True" },
    ]);
  });

  it("show: by uuid the same as by name, with types in JSON", async () => {
    const shape = z.looseObject({ uuid: z.string(), labels: z.record(z.string(), z.string()) });
    const byName = await other.json(shape, "coe cluster template show", "full");
    expect(byName).toMatchObject({ docker_volume_size: 5, registry_enabled: true, insecure_registry: "-" });
    expect(await other.json(shape, "coe cluster template show", byName.uuid)).toEqual(byName);
  });

  it("update: replaces, adds and removes", async () => {
    const replaced = ["plain", "replace", "docker_volume_size=7", "/tags=one,two", "labels=a=1,b=2"];
    expect(properties(await other.table("coe cluster template update", ...replaced))).toEqual({
      ...plain,
      docker_volume_size: "7",
      tags: "one,two",
      labels: "{'a': '1', 'b': '2'}",
      updated_at: "<time>",
    });
    const added = await other.table("coe cluster template update", "plain", "add", "keypair_id=mykey", "labels/c=3");
    expect(properties(added)).toMatchObject({ keypair_id: "mykey", labels: "{'a': '1', 'b': '2', 'c': '3'}" });
    const removed = ["plain", "remove", "docker_volume_size", "/tags", "keypair_id", "labels/a"];
    expect(properties(await other.table("coe cluster template update", ...removed))).toEqual({
      ...plain,
      labels: "{'b': '2', 'c': '3'}",
      updated_at: "<time>",
    });
  });

  it("update: what may not be removed is said", async () => {
    const refused = await other.run("coe cluster template update", "plain", "remove", "coe");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/'\/coe' is a mandatory attribute and can not be removed.* \(HTTP 400\)/);
  });

  it("delete: one after the other; one that is unknown does not stop the rest", async () => {
    const printed = await other.print("coe cluster template delete", "plain", "unknown", "full");
    expect(printed.split("\n").slice(0, 3)).toEqual([
      "Request to delete cluster template plain has been accepted.",
      expect.stringMatching(/^Delete for cluster template unknown failed: .*could not be found.*\(HTTP 404\)/),
      "Request to delete cluster template full has been accepted.",
    ]);
    await admin.print("coe cluster template delete", "hidden");
  });

  it("runs every command and option that the client has for templates", () => expectAllRun("coe cluster template"));
});
