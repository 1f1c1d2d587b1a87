// Clusters of one project that are made at the same moment, each with a load balancer, at a cloud that refuses now and then
// what it would take a moment later: all of them come up without anybody's help.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isGone, reaches } from "./lifecycle.ts";
import { kubernetesTemplate, magnum } from "./magnum.ts";
import type { Magnum } from "./magnum.ts";
import { openProduct } from "./product.ts";
import type { Product } from "./product.ts";
import type { CloudTarget, Prepared } from "./target.ts";

const minute = 60_000;

/** `names`: of the clusters, in which words stand for what goes wrong in the sandbox. */
export function describeTogether(
  name: string,
  openTarget: () => Promise<CloudTarget>,
  names: readonly string[],
  skip = false,
): void {
  describe.skipIf(skip)(`clusters of one project that are made at once on ${name}`, () => {
    let product: Product;
    let cloud: Prepared;
    let api: Magnum;
    let ids: string[] = [];
    let limitMs = minute;

    beforeAll(async () => {
      const target = await openTarget();
      limitMs = names.length * target.patience * 20_000;
      product = await openProduct(target.env);
      for (const role of [...target.roles, "api", "conductor"] as const) await product.start(role);
      cloud = await target.prepare();
      api = magnum(product.apiUrl, cloud.person);
    }, 5 * minute);

    afterAll(async () => {
      await product.stop();
      await cloud.remove();
    }, 5 * minute);

    it(
      "all come up with their balancers, whatever was refused in passing",
      async () => {
        const template = await api.createTemplate(await kubernetesTemplate(cloud.person, "together"));
        const wish = { cluster_template_id: template, node_count: 1, master_count: 1 };
        ids = await Promise.all(names.map((each) => api.createCluster({ name: each, ...wish })));
        const ends = await Promise.allSettled(
          ids.map((id) => reaches(api, id, "CREATE_COMPLETE", limitMs, cloud.nodes)),
        );
        const failed = ends.flatMap((end, index) =>
          end.status === "rejected" ? [`${names[index]}: ${String(end.reason)}`] : [],
        );
        expect(failed).toEqual([]);
      },
      30 * minute,
    );

    it(
      "and go again",
      async () => {
        await Promise.all(ids.map((id) => api.deleteCluster(id)));
        await Promise.all(ids.map((id) => isGone(api, id, limitMs)));
      },
      30 * minute,
    );
  });
}
