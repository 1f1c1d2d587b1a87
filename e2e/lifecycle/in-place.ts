// The only control plane node of a cluster without a balancer, seen from outside: it is upgraded and gets other authorities
// where it is, while its workers are replaced.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ask } from "../kubernetes/ask.ts";
import { signingRequest } from "../kubernetes/signing-request.ts";
import { inventory } from "./inventory.ts";
import type { Inventory } from "./inventory.ts";
import { isGone, reaches } from "./lifecycle.ts";
import { kubernetesTemplate, magnum } from "./magnum.ts";
import type { Magnum } from "./magnum.ts";
import { openProduct } from "./product.ts";
import type { Product } from "./product.ts";
import type { CloudTarget, Prepared } from "./target.ts";

const minute = 60_000;

const Nodes = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({ nodeInfo: z.object({ kubeletVersion: z.string() }) }),
    }),
  ),
});

/** `skip`: this machine has not what the nodes need. */
export function describeInPlace(name: string, openTarget: () => Promise<CloudTarget>, skip = false): void {
  describe.skipIf(skip)(`the only control plane node on ${name}`, () => {
    let product: Product;
    let cloud: Prepared;
    let api: Magnum;
    let before: Inventory;
    let id = "";
    let server = "";
    const templates: string[] = [];

    /** Versions by node name, as a config of now sees them. */
    const nodes = async () => {
      const { csr, keyPem } = await signingRequest("O=system:masters, CN=admin");
      const config = { caPem: await api.ca(id), leaf: { certPem: await api.sign(id, csr), keyPem } };
      const { items } = Nodes.parse(JSON.parse((await ask(`${server}/api/v1/nodes`, config)).body));
      return new Map(items.map((node) => [node.metadata.name, node.status.nodeInfo.kubeletVersion]));
    };
    const names = (all: ReadonlyMap<string, string>, role: "master" | "worker") =>
      [...all.keys()].filter((each) => each.includes("master") === (role === "master"));

    beforeAll(async () => {
      const target = await openTarget();
      product = await openProduct(target.env);
      for (const role of [...target.roles, "api", "conductor"] as const) await product.start(role);
      cloud = await target.prepare();
      api = magnum(product.apiUrl, cloud.person);
      before = await inventory(cloud.person, cloud.trusteeAdmin);
      for (const tag of ["v1.34.2", "v1.35.2"])
        templates.push(
          await api.createTemplate({
            ...(await kubernetesTemplate(cloud.person, `alone-${tag}`)),
            master_lb_enabled: false,
            floating_ip_enabled: true,
            labels: { kube_tag: tag },
          }),
        );
      id = await api.createCluster({
        name: "alone",
        cluster_template_id: templates[0],
        master_count: 1,
        node_count: 1,
        create_timeout: 60,
      });
      server = (await reaches(api, id, "CREATE_COMPLETE", 12 * minute, cloud.nodes)).api_address ?? "";
    }, 14 * minute);

    afterAll(async () => {
      await product.stop();
      await cloud.remove();
    }, 5 * minute);

    it(
      "is upgraded where it is, and its workers are replaced afterwards",
      async () => {
        const old = await nodes();
        await api.upgrade(id, templates[1] ?? "");
        await reaches(api, id, "UPDATE_COMPLETE", 12 * minute, cloud.nodes);
        const now = await nodes();
        expect([...now.values()]).toEqual(["v1.35.2", "v1.35.2"]);
        expect(names(now, "master")).toEqual(names(old, "master"));
        expect(names(now, "worker")).not.toEqual(names(old, "worker"));
        expect((await api.findCluster(id))?.api_address).toBe(server);
      },
      13 * minute,
    );

    it(
      "gets other authorities where it is: at the end nothing of the first is believed",
      async () => {
        const [old, first] = [await nodes(), await api.ca(id)];
        const { csr, keyPem } = await signingRequest("O=system:masters, CN=admin");
        const certPem = await api.sign(id, csr);
        await api.rotateCa(id);
        await reaches(api, id, "UPDATE_COMPLETE", 25 * minute, cloud.nodes);
        const caPem = await api.ca(id);
        expect(caPem).not.toContain(first.trim());
        expect(names(await nodes(), "master")).toEqual(names(old, "master"));
        expect(
          (await ask(`${server}/api/v1/nodes`, { caPem, leaf: { certPem, keyPem } }).catch(() => null))?.status,
        ).not.toBe(200);
      },
      26 * minute,
    );

    it(
      "leaves nothing behind when the cluster is deleted",
      async () => {
        await api.deleteCluster(id);
        await isGone(api, id, 8 * minute);
        for (const template of templates) await api.deleteTemplate(template);
        expect(await inventory(cloud.person, cloud.trusteeAdmin)).toEqual(before);
      },
      9 * minute,
    );
  });
}
