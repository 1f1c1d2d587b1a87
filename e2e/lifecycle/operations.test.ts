// Node groups, an upgrade and a rollback of a living cluster, asked for at the REST API and carried out in the sandbox.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { call, list } from "../openstack/session.ts";
import { inventory } from "./inventory.ts";
import { growth, isGone } from "./lifecycle.ts";
import { kubernetesTemplate, magnum, type Magnum } from "./magnum.ts";
import { openProduct, type Product } from "./product.ts";
import { sandboxTarget, type CloudTarget, type Prepared } from "./target.ts";
import { until } from "./until.ts";

const minute = 60_000;

const Group = z.object({
  uuid: z.string(),
  name: z.string(),
  status: z.string().nullable(),
  node_count: z.int(),
  version: z.string().nullish(),
  stack_id: z.string().nullable(),
  status_reason: z.string().nullish(),
});

describe("operations on the sandbox", () => {
  let product: Product;
  let target: CloudTarget;
  let cloud: Prepared;
  let api: Magnum;
  let before: Awaited<ReturnType<typeof inventory>>;
  let id = "";

  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const version = { "OpenStack-API-Version": "container-infra latest" };
    const answer = await call(method, `${product.apiUrl}/clusters/${id}${path}`, cloud.person, body, version);
    const text = await answer.text();
    return text === "" ? null : JSON.parse(text);
  };
  const groups = async () => {
    const rows = z
      .object({ nodegroups: z.array(z.object({ uuid: z.string() })) })
      .parse(await ask("GET", "/nodegroups"));
    return Promise.all(rows.nodegroups.map(async ({ uuid }) => Group.parse(await ask("GET", `/nodegroups/${uuid}`))));
  };
  const statuses = async () => Object.fromEntries((await groups()).map((group) => [group.name, group.status]));
  const servers = () =>
    list(
      cloud.person,
      `${cloud.person.at("compute")}/servers`,
      "servers",
      z.object({ id: z.string(), name: z.string() }),
    );
  const template = async (kubeTag: string) => {
    const shared = await kubernetesTemplate(cloud.person, `kubernetes-${kubeTag}`);
    return api.createTemplate({
      ...shared,
      labels: { master_lb_floating_ip_enabled: "true", kube_tag: kubeTag },
    });
  };
  /** Waits until nothing moves any more, and answers what it came to. */
  const ends = async (status: string) => {
    const cluster = await until(`the cluster ends in ${status}`, 8 * minute, async () => {
      const now = await api.findCluster(id);
      return now?.status.endsWith("_IN_PROGRESS") ? null : now;
    });
    expect(cluster.status, cluster.status_reason ?? "").toBe(status);
    return cluster;
  };

  beforeAll(async () => {
    target = await sandboxTarget();
    product = await openProduct(target.env);
    for (const role of [...target.roles, "api", "conductor"] as const) await product.start(role);
    cloud = await target.prepare();
    api = magnum(product.apiUrl, cloud.person);
    before = await inventory(cloud.person, cloud.trusteeAdmin);
    id = await api.createCluster({
      name: "operations",
      cluster_template_id: await template("v1.33.1"),
      node_count: 2,
      create_timeout: 30,
    });
    await ends("CREATE_COMPLETE");
  }, 8 * minute);

  afterAll(async () => {
    await product.stop();
    await cloud.remove();
  }, minute);

  it(
    "a node group comes, one that fails is told by its name while another goes, and goes itself",
    async () => {
      await ask("POST", "/nodegroups", { name: "pool", node_count: 1 });
      await ends("UPDATE_COMPLETE");
      expect(await statuses()).toMatchObject({ pool: "CREATE_COMPLETE" });
      await ask("POST", "/nodegroups", { name: "bad", node_count: 1, flavor_id: "fail.nohost" });
      await ask("DELETE", "/nodegroups/pool");
      await ends("UPDATE_FAILED");
      expect(await statuses()).toEqual({
        "default-master": "CREATE_COMPLETE",
        "default-worker": "CREATE_COMPLETE",
        bad: "CREATE_FAILED",
      });
      expect((await groups()).find((group) => group.name === "bad")?.status_reason).toMatch(/No valid host/);
      await ask("DELETE", "/nodegroups/bad");
      await ends("UPDATE_COMPLETE");
      expect(Object.keys(await statuses())).toEqual(["default-master", "default-worker"]);
    },
    10 * minute,
  );

  it(
    "an upgrade replaces every node, with none missing meanwhile",
    async () => {
      const old = await servers();
      await ask("POST", "/actions/upgrade", { cluster_template: await template("v1.34.1"), max_batch_size: 1 });
      let fewest = old.length;
      await until("the upgrade ends", 8 * minute, async () => {
        fewest = Math.min(fewest, (await servers()).length);
        const status = (await api.findCluster(id))?.status;
        return status !== "UPDATE_IN_PROGRESS" && status;
      });
      expect((await api.findCluster(id))?.status).toBe("UPDATE_COMPLETE");
      const now = await servers();
      expect(now).toHaveLength(old.length);
      expect(now.filter((server) => old.some((each) => each.id === server.id))).toEqual([]);
      expect(fewest).toBe(old.length);
      expect((await groups()).map((group) => group.version)).toEqual(["v1.34.1", "v1.34.1"]);
    },
    10 * minute,
  );

  it(
    "a growth that the cloud refuses is undone when asked for with rollback",
    async () => {
      await call(
        "PATCH",
        `${product.apiUrl}/clusters/${id}?rollback=true`,
        cloud.person,
        [{ op: "replace", path: "/node_count", value: 60 }],
        { "OpenStack-API-Version": "container-infra latest" },
      );
      const { status_reason: reason } = await ends("ROLLBACK_COMPLETE");
      expect(reason).toMatch(/quota/i);
      expect((await groups()).find((group) => group.name === "default-worker")).toMatchObject({
        node_count: 2,
        status: "ROLLBACK_COMPLETE",
      });
      expect(await servers()).toHaveLength(3);
    },
    10 * minute,
  );

  it(
    "deletion leaves nothing of it",
    async () => {
      await api.deleteCluster(id);
      await isGone(api, id, 5 * minute);
      expect(growth(before, await inventory(cloud.person, cloud.trusteeAdmin))).toEqual({});
    },
    6 * minute,
  );
});
