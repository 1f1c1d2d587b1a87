// A cluster from wish to nothing, seen from outside: our REST API on one side, the cloud's own APIs on the other. The same
// assertions hold for every cloud; where they do not, the sandbox is wrong.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderKubeconfig } from "../../server/domain/kubeconfig.ts";
import { kubectl } from "../kubernetes/kubectl.ts";
import { signingRequest } from "../kubernetes/signing-request.ts";
import { inventory, trustees } from "./inventory.ts";
import type { Inventory } from "./inventory.ts";
import { kubernetesTemplate, magnum } from "./magnum.ts";
import type { Magnum } from "./magnum.ts";
import { openProduct } from "./product.ts";
import type { Product } from "./product.ts";
import type { CloudTarget, Prepared } from "./target.ts";
import { until } from "./until.ts";

const minute = 60_000;

/** How many there are of each kind beyond what was there before. */
export function growth(before: Inventory, now: Inventory): Record<string, number> {
  const kinds = new Set([...Object.keys(before), ...Object.keys(now)]);
  const counts = [...kinds].map((kind) => [kind, (now[kind]?.length ?? 0) - (before[kind]?.length ?? 0)] as const);
  return Object.fromEntries(counts.filter(([, count]) => count !== 0));
}

/** Waits for a status; any status that ends in FAILED ends the waiting with the reason. */
export const reaches = (api: Magnum, id: string, status: string, limitMs: number, nodes: Prepared["nodes"] = null) =>
  until(`cluster is ${status}`, limitMs, async () => {
    const cluster = await api.findCluster(id);
    if (cluster?.status.endsWith("FAILED"))
      throw new Error([`${cluster.status}: ${cluster.status_reason ?? ""}`, ...(nodes?.problems ?? [])].join("\n"));
    return cluster?.status === status ? cluster : null;
  });

export const isGone = (api: Magnum, id: string, limitMs: number) =>
  until("cluster is gone", limitMs, async () => {
    const cluster = await api.findCluster(id);
    if (cluster?.status.endsWith("FAILED")) throw new Error(`${cluster.status}: ${cluster.status_reason ?? ""}`);
    return cluster === null;
  });

/** `skip`: this machine has not what the nodes need. */
export function describeLifecycle(name: string, openTarget: () => Promise<CloudTarget>, skip = false): void {
  describe.skipIf(skip)(`a cluster on ${name}`, () => {
    let product: Product;
    let cloud: Prepared;
    let api: Magnum;
    let before: Inventory;
    let template = "";
    let id = "";

    beforeAll(async () => {
      const target = await openTarget();
      product = await openProduct(target.env);
      for (const role of [...target.roles, "api", "conductor"] as const) await product.start(role);
      cloud = await target.prepare();
      api = magnum(product.apiUrl, cloud.person);
      before = await inventory(cloud.person, cloud.trusteeAdmin);
    }, 5 * minute);

    afterAll(async () => {
      await product.stop();
      await cloud.remove();
    }, 5 * minute);

    it(
      "comes up with three masters behind a load balancer, two workers and their volumes",
      async () => {
        template = await api.createTemplate(await kubernetesTemplate(cloud.person, "lifecycle"));
        id = await api.createCluster({
          name: "lifecycle",
          cluster_template_id: template,
          master_count: 3,
          node_count: 2,
          docker_volume_size: 10,
          labels: { etcd_volume_size: "5" },
          merge_labels: true,
        });
        const cluster = await reaches(api, id, "CREATE_COMPLETE", 12 * minute, cloud.nodes);
        expect(cloud.nodes?.problems ?? []).toEqual([]);
        expect(cluster.api_address).toMatch(/^https:\/\/127\.\d+\.\d+\.\d+:\d+$/);
        expect(cluster.master_addresses).toHaveLength(3);
        expect(cluster.node_addresses).toHaveLength(2);
      },
      13 * minute,
    );

    it("holds exactly what was asked for: servers, volumes, one balancer with one address, one trust", async () => {
      const found = growth(before, await inventory(cloud.person, cloud.trusteeAdmin));
      expect(found).toMatchObject({
        servers: 5,
        volumes: 8,
        "load balancers": 1,
        "floating ips": 1,
        networks: 1,
        trusts: 1,
      });
      const users = await trustees(cloud.trusteeAdmin);
      expect(users.filter((user) => user.name?.startsWith(id))).toHaveLength(1);
    });

    it("lets its owner in: the real kubectl sees five nodes, all ready", async () => {
      const cluster = await api.findCluster(id);
      const { csr, keyPem } = await signingRequest("O=system:masters, CN=admin");
      const [caPem, certPem] = [await api.ca(id), await api.sign(id, csr)];
      const server = cluster?.api_address ?? "";
      const config = renderKubeconfig({ clusterName: "lifecycle", server, caPem, certPem, keyPem });
      const nodes = (await kubectl(config, "get", "nodes", "--no-headers")).trim().split("\n");
      expect(nodes).toHaveLength(5);
      for (const node of nodes) expect(node).toMatch(/^\S+\s+Ready\s/);
    });

    it(
      "leaves nothing behind when it is deleted",
      async () => {
        await api.deleteCluster(id);
        await isGone(api, id, 8 * minute);
        await api.deleteTemplate(template);
        expect(await inventory(cloud.person, cloud.trusteeAdmin)).toEqual(before);
        const users = await trustees(cloud.trusteeAdmin);
        expect(users.filter((user) => user.name?.startsWith(id))).toEqual([]);
      },
      9 * minute,
    );
  });
}
