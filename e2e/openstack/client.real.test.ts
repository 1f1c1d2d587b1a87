// The real `openstack coe` against our API on a real OpenStack: what people and operators do with a cluster from its template
// to its end. Every command and option is tried over the sandbox, in e2e/clients; rotation.real.test.ts rotates.
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { openShell } from "../clients/openstack.ts";
import type { Shell } from "../clients/openstack.ts";
import { mask, properties } from "../clients/table.ts";
import { kubernetesIsBuilt } from "../kubernetes/api-server.ts";
import { kubectl } from "../kubernetes/kubectl.ts";
import { signingRequest } from "../kubernetes/signing-request.ts";
import { inventory } from "../lifecycle/inventory.ts";
import type { Inventory } from "../lifecycle/inventory.ts";
import { isGone, reaches } from "../lifecycle/lifecycle.ts";
import { magnum } from "../lifecycle/magnum.ts";
import type { Magnum } from "../lifecycle/magnum.ts";
import { openProduct } from "../lifecycle/product.ts";
import type { Product } from "../lifecycle/product.ts";
import { openstackTarget } from "../lifecycle/target.ts";
import type { Prepared } from "../lifecycle/target.ts";
import { list } from "./session.ts";
import { containerInfra, password, settings } from "./settings.ts";

const minute = 60_000;

describe.skipIf(!kubernetesIsBuilt())("openstack coe on a real OpenStack", () => {
  let product: Product;
  let cloud: Prepared;
  let shell: Shell;
  let admin: Shell;
  let api: Magnum;
  let before: Inventory;

  beforeAll(async () => {
    const target = openstackTarget(() => "the program");
    product = await openProduct({ ...target.env, API_PORT: containerInfra.port });
    await product.start("api", "conductor");
    cloud = await target.prepare();
    api = magnum(product.apiUrl, cloud.person);
    before = await inventory(cloud.person, cloud.trusteeAdmin);
    shell = openShell(cloud.name, { authUrl: settings.authUrl, password });
    admin = openShell("admin", { authUrl: settings.authUrl, password });
  }, 5 * minute);

  afterAll(async () => {
    shell?.remove();
    admin?.remove();
    await product?.stop();
    await cloud?.remove();
  }, 5 * minute);

  const until = (status: string) => reaches(api, "told", status, 12 * minute, cloud.nodes);
  const show = async () => properties(await shell.table("coe cluster show", "told"));
  const servers = async () => {
    const server = z.object({ id: z.string() });
    return (await list(cloud.person, `${cloud.person.at("compute")}/servers`, "servers", server)).map(({ id }) => id);
  };
  /** Name and version of each that is ready, by the config that was fetched. */
  const nodes = async () => {
    const config = readFileSync(join(shell.folder, "config"), "utf8");
    const printed = await kubectl(config, "get", "nodes", "--no-headers");
    return [...printed.matchAll(/^(\S+)\s+Ready\s.*\s(v\S+)\s*$/gm)].map(([, name, version]) => ({ name, version }));
  };

  it("takes two templates and the wish for a cluster", async () => {
    const base = ["--coe", "kubernetes", "--image", "fedora-coreos-38", "--external-network", "public"];
    const sizes = ["--flavor", "m1.small", "--master-flavor", "m1.small", "--keypair", "mykey"];
    // A control plane node behind a load balancer can be replaced; the conductor and kubectl ask from outside.
    const balanced = ["--master-lb-enabled", "--labels", "master_lb_floating_ip_enabled=true"];
    for (const version of ["v1.33.5", "v1.34.1"])
      await shell.print(
        "coe cluster template create",
        `told-${version}`,
        ...[...base, ...sizes, ...balanced, "--labels", `kube_tag=${version}`],
      );
    const listed = await shell.table("coe cluster template list");
    expect(listed.rows.map(({ name }) => name).toSorted()).toEqual(["told-v1.33.5", "told-v1.34.1"]);
    const args = ["--cluster-template", "told-v1.33.5", "--master-count", "1", "--node-count", "1"];
    const accepted = await shell.print("coe cluster create", "told", ...args);
    expect(accepted).toMatch(/^Request to create cluster [0-9a-f-]{36} accepted\n$/);
  });

  it("tells operators of quotas, numbers and conductors while that is made", async () => {
    const project = cloud.person.projectId ?? "";
    const of = ["--project-id", project, "--resource", "Cluster"];
    await admin.print("coe quotas create", ...of, "--hard-limit", "1");
    expect(properties(await shell.table("coe quotas show", ...of))).toMatchObject({ hard_limit: "1" });
    const second = await shell.run("coe cluster create", "second", "--cluster-template", "told-v1.33.5");
    expect(second.exitCode).toBe(1);
    expect(second.stderr).toMatch(/^Resource limit exceeded: .* maximum clusters per project, 1 \(HTTP 403\)/);
    expect((await admin.table("coe quotas list", "--all-tenants")).rows).toEqual([
      { project_id: project, resource: "Cluster", hard_limit: "1" },
    ]);
    await admin.print("coe quotas delete", ...of);
    expect(properties(await admin.table("coe stats list", project))).toEqual({ clusters: "1", nodes: "2" });
    const services = (await admin.table("coe service list")).rows;
    expect(services).toMatchObject([{ binary: "magnum-conductor", state: "up", disabled: "False" }]);
    const refused = await shell.run("coe service list");
    expect(refused.stderr).toMatch(/^Policy doesn't allow magnum-service:get_all to be performed.* \(HTTP 403\)/);
  });

  it(
    "makes it, and shows it and lists it",
    async () => {
      await until("CREATE_COMPLETE");
      expect(await show()).toMatchObject({
        status: "CREATE_COMPLETE",
        stack_id: "<uuid>",
        api_address: expect.stringMatching(/^https:\/\/<address>:6443$/),
        coe_version: "v1.33.5",
        master_lb_enabled: "True",
        node_count: "1",
        master_count: "1",
      });
      const { rows } = await shell.table("coe cluster list");
      expect(rows.map(({ uuid: _, health_status: __, ...row }) => row)).toEqual([
        { name: "told", keypair: "mykey", node_count: "1", master_count: "1", status: "CREATE_COMPLETE" },
      ]);
    },
    13 * minute,
  );

  it("lets its owner in: config for kubectl, the authority, a certificate for a request", async () => {
    await shell.print("coe cluster config", "told");
    expect(await nodes()).toHaveLength(2);
    const authority = new X509Certificate(await shell.print("coe ca show", "told"));
    const file = join(shell.folder, "request.pem");
    writeFileSync(file, (await signingRequest("O=developers, CN=somebody")).csr);
    const certificate = new X509Certificate(await shell.print("coe ca sign", "told", file));
    expect(certificate.subject.split("\n").toSorted()).toEqual(["CN=somebody", "O=developers"]);
    expect(certificate.verify(authority.publicKey)).toBe(true);
  });

  it(
    "gives it a node group and, at the same time, a worker more; grows the group",
    async () => {
      const args = ["--node-count", "1", "--max-nodes", "2", "--role", "gpu"];
      await shell.print("coe nodegroup create", "told", "pool", ...args);
      await shell.print("coe cluster resize", "told", "2");
      await until("UPDATE_COMPLETE");
      expect(await nodes()).toHaveLength(4);
      await shell.print("coe cluster resize", "told", "2", "--nodegroup", "pool");
      await until("UPDATE_COMPLETE");
      expect(await nodes()).toHaveLength(5);
      const listed = await shell.table("coe nodegroup list", "told", "--role", "gpu");
      expect(listed.rows).toMatchObject([{ name: "pool", node_count: "2", status: "UPDATE_COMPLETE" }]);
    },
    15 * minute,
  );

  it(
    "takes both away again",
    async () => {
      await shell.print("coe nodegroup delete", "told", "pool");
      await until("UPDATE_COMPLETE");
      await shell.print("coe cluster update", "told", "replace", "node_count=1", "--rollback");
      await until("UPDATE_COMPLETE");
      const listed = await shell.table("coe nodegroup list", "told");
      expect(listed.rows.map(({ name }) => name).toSorted()).toEqual(["default-master", "default-worker"]);
      expect(await nodes()).toHaveLength(2);
      expect(await servers()).toHaveLength(2);
    },
    15 * minute,
  );

  it(
    "upgrades it to a template of a newer version, which replaces every server",
    async () => {
      const [old, oldNodes] = [await servers(), await nodes()];
      expect(oldNodes.map(({ version }) => version)).toEqual(["v1.33.5", "v1.33.5"]);
      const printed = await shell.print("coe cluster upgrade", "told", "told-v1.34.1", "--max-batch-size", "1");
      expect(printed.trim()).toBe("Request to upgrade cluster told has been accepted.");
      await until("UPDATE_COMPLETE");
      expect(await show()).toMatchObject({ status: "UPDATE_COMPLETE", coe_version: "v1.34.1" });
      const now = await servers();
      expect(now).toHaveLength(2);
      expect(now.filter((id) => old.includes(id))).toEqual([]);
      const nowNodes = await nodes();
      expect(nowNodes.map(({ version }) => version)).toEqual(["v1.34.1", "v1.34.1"]);
      expect(nowNodes.filter(({ name }) => oldNodes.some((node) => node.name === name))).toEqual([]);
    },
    15 * minute,
  );

  it(
    "deletes it, and nothing is left",
    async () => {
      const printed = await shell.print("coe cluster delete", "told");
      expect(mask(printed.trim())).toBe("Request to delete cluster told has been accepted.");
      await isGone(api, "told", 8 * minute);
      expect(await inventory(cloud.person, cloud.trusteeAdmin)).toEqual(before);
      const deleted = await shell.print("coe cluster template delete", "told-v1.33.5", "told-v1.34.1");
      expect(deleted.match(/has been accepted/g)).toHaveLength(2);
      expect(cloud.nodes?.problems).toEqual([]);
    },
    10 * minute,
  );
});
