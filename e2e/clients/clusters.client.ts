import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kubectl } from "../kubernetes/kubectl.ts";
import { hasKubectl } from "./kubectl.ts";
import { expectAllRun, openShell } from "./openstack.ts";
import { mask, properties } from "./table.ts";
import { enter, watchAs } from "./waiting.ts";
import type { Watch } from "./waiting.ts";

const shell = openShell("demo");
let watch: Watch;
beforeAll(async () => {
  watch = watchAs(await enter("demo"));
});
afterAll(() => shell.remove());

const uuid = "[0-9a-f]{8}-[0-9a-f-]{27}";
/** The last line that a table-less command prints. */
const said = (text: string) => mask(text.trim());

describe("openstack coe cluster", () => {
  it("create: with every option, labels merged with the template's", async () => {
    const args = [
      ...["--cluster-template", "kubernetes-volumes", "--keypair", "mykey"],
      ...["--master-count", "1", "--node-count", "2", "--timeout", "30", "--docker-volume-size", "8"],
      ...["--master-flavor", "m1.large", "--flavor", "m1.small"],
      ...["--fixed-network", "demo-net", "--fixed-subnet", "demo-subnet"],
      ...["--floating-ip-enabled", "--master-lb-disabled", "--discovery-url", "https://discovery.example/1"],
      ...["--merge-labels", "--labels", "etcd_volume_size=6", "--labels", "team=blue"],
    ];
    const accepted = await shell.print("coe cluster create", "full", ...args);
    expect(accepted).toMatch(new RegExp(`^Request to create cluster ${uuid} accepted\n$`));
  });

  it("create: with a template alone; either switch of the load balancer sends `false` in this client", async () => {
    const args = ["--cluster-template", "kubernetes-ha", "--master-lb-enabled", "--floating-ip-disabled"];
    const healer = ["--labels", "auto_healing_enabled=true", "--labels", "auto_healing_controller=magnum-auto-healer"];
    const accepted = await shell.print("coe cluster create", "bare", ...args, ...healer, "--node-count", "0");
    expect(said(accepted)).toBe("Request to create cluster <uuid> accepted");
  });

  it("create: a wrong wish is refused with the contract's words", async () => {
    const args = ["--cluster-template", "kubernetes-dev", "--keypair", "nobodys"];
    const refused = await shell.run("coe cluster create", "never", ...args);
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^Unable to find keypair nobodys.* \(HTTP 404\)/);
  });

  it("show: the whole of it, once it is up", async () => {
    await watch.until("full", "CREATE_COMPLETE");
    const printed = await shell.table("coe cluster show", "full");
    expect(printed.columns).toEqual(["Field", "Value"]);
    const shown = properties(printed);
    expect(shown).toEqual({
      status: "CREATE_COMPLETE",
      health_status: expect.stringMatching(/^(None|HEALTHY)$/),
      cluster_template_id: "<uuid>",
      node_addresses: "['<address>', '<address>']",
      uuid: "<uuid>",
      stack_id: "<uuid>",
      status_reason: "None",
      created_at: "<time>",
      updated_at: "<time>",
      coe_version: expect.stringMatching(/^v1\.\d+\.\d+$/),
      labels: "{'boot_volume_size': '20', 'etcd_volume_size': '6', 'team': 'blue'}",
      labels_overridden: "{'etcd_volume_size': '5'}",
      labels_skipped: "{}",
      labels_added: "{'team': 'blue'}",
      fixed_network: "demo-net",
      fixed_subnet: "demo-subnet",
      floating_ip_enabled: "True",
      faults: "",
      keypair: "mykey",
      api_address: "https://<address>:6443",
      master_addresses: "['<address>']",
      master_lb_enabled: "False",
      create_timeout: "30",
      node_count: "2",
      discovery_url: "https://discovery.example/1",
      docker_volume_size: "8",
      master_count: "1",
      container_version: "None",
      name: "full",
      master_flavor_id: "m1.large",
      flavor_id: "m1.small",
      health_status_reason: expect.stringMatching(/^\{.*\}$/),
      project_id: "<id>",
    });
  });

  it("list: seven columns, sorted, and by page", async () => {
    await watch.until("bare", "CREATE_COMPLETE");
    const columns = ["uuid", "name", "keypair", "node_count", "master_count", "status", "health_status"];
    const listed = await shell.table("coe cluster list", "--sort-key", "name", "--sort-dir", "asc");
    expect(listed.columns).toEqual(columns);
    const mine = listed.rows.filter(({ name }) => name === "full" || name === "bare");
    expect(mine.map(({ uuid: _, health_status: __, ...row }) => row)).toEqual([
      { name: "bare", keypair: "None", node_count: "0", master_count: "1", status: "CREATE_COMPLETE" },
      { name: "full", keypair: "mykey", node_count: "2", master_count: "1", status: "CREATE_COMPLETE" },
    ]);
    const page = await shell.table("coe cluster list", "--sort-key", "name", "--sort-dir", "asc", "--limit", "1");
    expect(page.rows.map(({ uuid }) => uuid)).toEqual([listed.rows[0]?.["uuid"]]);
  });

  it("config: writes a kubeconfig with which kubectl sees every node", async () => {
    const printed = await shell.print("coe cluster config", "full", "--use-certificate");
    expect(printed.trim()).toBe(`export KUBECONFIG=${shell.folder}/config`);
    const config = readFileSync(join(shell.folder, "config"), "utf8");
    expect(config).toMatch(/^current-context: default$/m);
    expect(config).toMatch(/^\s+server: https:\/\/127\.\d+\.\d+\.\d+:6443$/m);
    if (!hasKubectl()) return console.log("kubectl is not installed: the config was not tried with it");
    const nodes = (await kubectl(config, "get", "nodes", "--no-headers")).trim().split("\n");
    expect(nodes).toHaveLength(3);
    for (const node of nodes) expect(node).toMatch(/^full-\S+\s+Ready\s/);
  });

  it("config: overwrites what is there only when told to", async () => {
    const refused = await shell.run("coe cluster config", "full");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^File \S+\/config exists, aborting\./);
    await shell.print("coe cluster config", "full", "--force", "--output-certs");
    const pem = (name: string) => readFileSync(join(shell.folder, `${name}.pem`), "utf8");
    expect(pem("key")).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/);
    expect(pem("cert")).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
    expect(pem("ca")).toMatch(/^-----BEGIN CERTIFICATE-----\n/);
  });

  it("config: with Keystone tokens instead of a certificate", async () => {
    const folder = join(shell.folder, "keystone");
    mkdirSync(folder);
    await shell.print("coe cluster config", "full", "--use-keystone", "--dir", folder);
    const config = readFileSync(join(folder, "config"), "utf8");
    expect(config).toMatch(/^current-context: openstackuser@kubernetes$/m);
    expect(config).toMatch(/certificate-authority-data: \S{100,}/);
    expect(config).not.toContain("client-key-data");
  });

  it("update: the number of nodes, which ends in UPDATE_COMPLETE", async () => {
    const printed = await shell.print("coe cluster update", "full", "replace", "node_count=3", "--rollback");
    expect(printed.trim()).toBe("Request to update cluster full has been accepted.");
    await watch.until("full", "UPDATE_COMPLETE");
    expect(properties(await shell.table("coe cluster show", "full"))).toMatchObject({
      status: "UPDATE_COMPLETE",
      node_count: "3",
      node_addresses: "['<address>', '<address>', '<address>']",
    });
  });

  it("update: health, where somebody else looks after it", async () => {
    const health = ["health_status=UNHEALTHY", "health_status_reason=api=down"];
    await shell.print("coe cluster update", "bare", "replace", ...health);
    const shown = properties(await shell.table("coe cluster show", "bare"));
    expect(shown).toMatchObject({ health_status: "UNHEALTHY", health_status_reason: "{'api': 'down'}" });
    expect(shown["status"]).toBe("CREATE_COMPLETE");
  });

  it("update: what cannot be changed is named", async () => {
    const refused = await shell.run("coe cluster update", "full", "replace", "labels=a=b");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^cannot change cluster property\(ies\) labels.* \(HTTP 400\)/);
  });

  it("resize: up, then down by a chosen server", async () => {
    const up = await shell.print("coe cluster resize", "full", "4");
    expect(up.trim()).toBe("Request to resize cluster full has been accepted.");
    await watch.until("full", "UPDATE_COMPLETE");
    const before = await watch.servers(/^full-/);
    expect(before).toHaveLength(5);

    const victim = (await watch.servers(/^full-.*-node-/))[1] ?? "";
    const args = ["full", "3", "--nodes-to-remove", victim, "--nodegroup", "default-worker"];
    await shell.print("coe cluster resize", ...args);
    await watch.until("full", "UPDATE_COMPLETE");
    expect(await watch.servers(/^full-/)).toEqual(before.filter((id) => id !== victim));
  });

  it("resize: of the control plane is refused", async () => {
    const refused = await shell.run("coe cluster resize", "full", "3", "--nodegroup", "default-master");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^Resizing the master nodegroup is not supported by this driver.* \(HTTP 400\)/);
  });

  describe("upgrade", () => {
    const basic = ["--coe", "kubernetes", "--image", "fedora-coreos-38", "--external-network", "public"];
    const sizes = ["--flavor", "m1.small", "--master-flavor", "m1.small", "--master-lb-enabled"];
    const template = (name: string, version: string) =>
      shell.print("coe cluster template create", name, ...basic, ...sizes, "--labels", `kube_tag=${version}`);

    it("moves to another template's version, some nodes at a time", async () => {
      await template("series-33", "v1.33.5");
      await template("series-34", "v1.34.1");
      await shell.print("coe cluster create", "moving", "--cluster-template", "series-33", "--node-count", "2");
      await watch.until("moving", "CREATE_COMPLETE");
      expect(properties(await shell.table("coe cluster show", "moving"))).toMatchObject({ coe_version: "v1.33.5" });

      const printed = await shell.print("coe cluster upgrade", "moving", "series-34", "--max-batch-size", "2");
      expect(printed.trim()).toBe("Request to upgrade cluster moving has been accepted.");
      await watch.until("moving", "UPDATE_COMPLETE");
      expect(properties(await shell.table("coe cluster show", "moving"))).toMatchObject({
        status: "UPDATE_COMPLETE",
        coe_version: "v1.34.1",
        labels: "{'kube_tag': 'v1.34.1'}",
        node_count: "2",
        master_count: "1",
      });
    });

    it("never goes back", async () => {
      const args = ["moving", "series-33", "--nodegroup", "default-worker"];
      const refused = await shell.run("coe cluster upgrade", ...args);
      expect(refused.exitCode).toBe(1);
      expect(refused.stderr).toMatch(/^Received invalid tag for kube_tag.* \(HTTP 400\)/);
    });
  });

  it("delete: several at once, and they are gone", async () => {
    const printed = await shell.print("coe cluster delete", "full", "bare", "moving");
    expect(printed.trim().split("\n")).toEqual([
      "Request to delete cluster full has been accepted.",
      "Request to delete cluster bare has been accepted.",
      "Request to delete cluster moving has been accepted.",
    ]);
    for (const name of ["full", "bare", "moving"]) await watch.gone(name);
    expect(await watch.servers(/^full-/)).toEqual([]);
    const refused = await shell.run("coe cluster show", "full");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^Cluster full could not be found.* \(HTTP 404\)/);
  });

  it("runs every command and option that the client has for clusters", () => expectAllRun("coe cluster"));
});
