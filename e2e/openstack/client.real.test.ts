// The real `openstack coe` against our API on a real OpenStack: what people do with a cluster from its template to its end.
// Every command and option is tried over the sandbox, in e2e/clients.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openShell } from "../clients/openstack.ts";
import type { Shell } from "../clients/openstack.ts";
import { properties } from "../clients/table.ts";
import { kubernetesIsBuilt } from "../kubernetes/api-server.ts";
import { kubectl } from "../kubernetes/kubectl.ts";
import { isGone, reaches } from "../lifecycle/lifecycle.ts";
import { magnum } from "../lifecycle/magnum.ts";
import type { Magnum } from "../lifecycle/magnum.ts";
import { openProduct } from "../lifecycle/product.ts";
import type { Product } from "../lifecycle/product.ts";
import { openstackTarget } from "../lifecycle/target.ts";
import type { Prepared } from "../lifecycle/target.ts";
import { containerInfra, password, settings } from "./settings.ts";

const minute = 60_000;

describe.skipIf(!kubernetesIsBuilt())("openstack coe on a real OpenStack", () => {
  let product: Product;
  let cloud: Prepared;
  let shell: Shell;
  let api: Magnum;

  beforeAll(async () => {
    const target = openstackTarget(() => "the program");
    product = await openProduct({ ...target.env, API_PORT: containerInfra.port });
    await product.start("api", "conductor");
    cloud = await target.prepare();
    api = magnum(product.apiUrl, cloud.person);
    shell = openShell(cloud.name, { authUrl: settings.authUrl, password });
  }, 5 * minute);

  afterAll(async () => {
    shell?.remove();
    await product?.stop();
    await cloud?.remove();
  }, 5 * minute);

  const until = (status: string) => reaches(api, "told", status, 12 * minute, cloud.nodes);
  const nodes = async () => {
    const config = readFileSync(join(shell.folder, "config"), "utf8");
    return (await kubectl(config, "get", "nodes", "--no-headers")).trim().split("\n");
  };

  it(
    "makes a cluster, whose config works with kubectl",
    async () => {
      const template = ["--coe", "kubernetes", "--image", "fedora-coreos-38", "--external-network", "public"];
      const sizes = ["--flavor", "m1.small", "--master-flavor", "m1.small", "--labels", "kube_tag=v1.34.1"];
      await shell.print("coe cluster template create", "told", ...template, ...sizes, "--keypair", "mykey");
      const accepted = await shell.print("coe cluster create", "told", "--cluster-template", "told");
      expect(accepted).toMatch(/^Request to create cluster [0-9a-f-]{36} accepted\n$/);
      await until("CREATE_COMPLETE");
      expect(properties(await shell.table("coe cluster show", "told"))).toMatchObject({
        status: "CREATE_COMPLETE",
        stack_id: "<uuid>",
        api_address: expect.stringMatching(/^https:\/\/<address>:6443$/),
        coe_version: "v1.34.1",
        node_count: "1",
        master_count: "1",
      });
      await shell.print("coe cluster config", "told");
      expect(await nodes()).toHaveLength(2);
    },
    14 * minute,
  );

  it(
    "gives it a node group, resizes that and takes it away",
    async () => {
      const args = ["--node-count", "1", "--max-nodes", "2", "--role", "gpu"];
      await shell.print("coe nodegroup create", "told", "pool", ...args);
      await until("UPDATE_COMPLETE");
      expect(await nodes()).toHaveLength(3);
      await shell.print("coe cluster resize", "told", "2", "--nodegroup", "pool");
      await until("UPDATE_COMPLETE");
      expect(await nodes()).toHaveLength(4);
      await shell.print("coe nodegroup delete", "told", "pool");
      await until("UPDATE_COMPLETE");
      const listed = await shell.table("coe nodegroup list", "told");
      expect(listed.rows.map(({ name }) => name).toSorted()).toEqual(["default-master", "default-worker"]);
    },
    25 * minute,
  );

  it(
    "deletes it",
    async () => {
      await shell.print("coe cluster delete", "told");
      await isGone(api, "told", 8 * minute);
      expect(await shell.print("coe cluster template delete", "told")).toContain("has been accepted");
    },
    10 * minute,
  );
});
