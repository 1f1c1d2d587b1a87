// Rotations of a living cluster, seen from outside: what happens to configs that people fetched before, in the middle and
// after, and to the cluster's identity at the cloud.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { ask } from "../kubernetes/ask.ts";
import { signingRequest } from "../kubernetes/signing-request.ts";
import { inventory, trustees } from "./inventory.ts";
import type { Inventory } from "./inventory.ts";
import { growth, isGone, reaches } from "./lifecycle.ts";
import { kubernetesTemplate, magnum } from "./magnum.ts";
import type { Magnum } from "./magnum.ts";
import { openProduct } from "./product.ts";
import type { Product } from "./product.ts";
import type { CloudTarget, Prepared } from "./target.ts";
import { until } from "./until.ts";

const minute = 60_000;

/** What a kubeconfig holds: whom to trust, and a client certificate. */
interface Config {
  caPem: string;
  leaf: { certPem: string; keyPem: string };
}

const Nodes = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string() }),
      status: z.object({ conditions: z.array(z.object({ type: z.string(), status: z.string() })) }),
    }),
  ),
});

const certificates = (pem: string) => pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

/** `skip`: this machine has not what the nodes need. */
export function describeRotation(
  name: string,
  openTarget: () => Promise<CloudTarget>,
  { masters, skip = false }: { masters: number; skip?: boolean },
): void {
  describe.skipIf(skip)(`a rotation on ${name}`, () => {
    let product: Product;
    let cloud: Prepared;
    let api: Magnum;
    let before: Inventory;
    let template = "";
    let id = "";
    let server = "";
    /** Fetched before any rotation. */
    let oldest: Config;
    /** Fetched when the new authority had begun to sign. */
    let newest: Config;

    const fetchConfig = async (): Promise<Config> => {
      const { csr, keyPem } = await signingRequest("O=system:masters, CN=admin");
      const caPem = await api.ca(id);
      return { caPem, leaf: { certPem: await api.sign(id, csr), keyPem } };
    };
    /** Null = it works; else why not. */
    const whyNot = async ({ caPem, leaf }: Config): Promise<string | null> => {
      try {
        const { status } = await ask(`${server}/api/v1/nodes`, { caPem, leaf });
        return status === 200 ? null : `the API answered ${status}`;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    };
    const nodes = async ({ caPem, leaf }: Config) => {
      const { body } = await ask(`${server}/api/v1/nodes`, { caPem, leaf });
      return Nodes.parse(JSON.parse(body)).items.map((node) => ({
        name: node.metadata.name,
        ready: node.status.conditions.some((one) => one.type === "Ready" && one.status === "True"),
      }));
    };

    beforeAll(async () => {
      const target = await openTarget();
      product = await openProduct(target.env);
      for (const role of [...target.roles, "api", "conductor"] as const) await product.start(role);
      cloud = await target.prepare();
      api = magnum(product.apiUrl, cloud.person);
      before = await inventory(cloud.person, cloud.trusteeAdmin);
      template = await api.createTemplate(await kubernetesTemplate(cloud.person, "rotation"));
      id = await api.createCluster({
        name: "rotation",
        cluster_template_id: template,
        master_count: masters,
        node_count: 1,
        create_timeout: 60,
      });
      const cluster = await reaches(api, id, "CREATE_COMPLETE", 12 * minute, cloud.nodes);
      server = cluster.api_address ?? "";
      oldest = await fetchConfig();
    }, 14 * minute);

    afterAll(async () => {
      await product.stop();
      await cloud.remove();
    }, 5 * minute);

    it(
      "of the authorities lets configs from its beginning work until the old one is dropped, and later ones for good",
      async () => {
        expect(await whyNot(oldest)).toBeNull();
        const names = (await nodes(oldest)).map((node) => node.name);
        const [old] = certificates(oldest.caPem);
        await api.rotateCa(id);
        const early = await fetchConfig();
        expect(certificates(early.caPem)).toHaveLength(2);
        expect(certificates(early.caPem)[0]).toBe(old);

        const refusals: string[] = [];
        let late: Config | null = null;
        await until("the rotation is over", 25 * minute, async () => {
          const pem = certificates(await api.ca(id));
          const dropping = pem.length === 1;
          if (!late && pem[0] !== old) late = await fetchConfig();
          for (const [who, config] of [
            ["early", dropping ? null : early],
            ["late", late],
          ] as const) {
            if (!config) continue;
            const why = await whyNot(config);
            if (why !== null && (await stillRefused(config, why))) refusals.push(`${who}: ${why}`);
          }
          const cluster = await api.findCluster(id);
          if (cluster?.status.endsWith("FAILED"))
            throw new Error(
              [`${cluster.status}: ${cluster.status_reason ?? ""}`, ...(cloud.nodes?.problems ?? [])].join("\n"),
            );
          return cluster?.status === "UPDATE_COMPLETE";
        });
        expect(refusals).toEqual([]);
        expect(late).not.toBeNull();
        newest = late ?? oldest;
        expect(await whyNot(newest)).toBeNull();
        expect(await whyNot(oldest)).not.toBeNull();
        expect(await whyNot({ ...early, caPem: newest.caPem })).not.toBeNull();
        expect(certificates(await api.ca(id))).toEqual([certificates(newest.caPem)[0]]);

        const now = await nodes(newest);
        expect(now).toHaveLength(masters + 1);
        expect(now.every((node) => node.ready)).toBe(true);
        expect(now.filter((node) => names.includes(node.name))).toEqual([]);
      },
      28 * minute,
    );

    /** A connection through a balancer to a node that just went is not a refusal: asked again, it works. */
    const stillRefused = async (config: Config, why: string): Promise<boolean> => {
      if (!/ECONN|socket|hang up|no answer|503/.test(why)) return true;
      for (let again = 0; again < 20; again++) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        if ((await whyNot(config)) === null) return false;
      }
      return true;
    };

    it(
      "of the credential gives every node a new one, and keeps the old trust for Heat's sake only",
      async () => {
        const names = (await nodes(newest)).map((node) => node.name);
        await api.rotateCredential(id);
        await reaches(api, id, "UPDATE_COMPLETE", 10 * minute, cloud.nodes);
        const now = await nodes(newest);
        expect(now).toHaveLength(masters + 1);
        expect(now.filter((node) => names.includes(node.name))).toEqual([]);
        const users = (await trustees(cloud.trusteeAdmin)).filter((user) => user.name?.startsWith(id));
        expect(users).toHaveLength(2);
        expect(growth(before, await inventory(cloud.person, cloud.trusteeAdmin))).toMatchObject({
          trusts: 2,
          servers: masters + 1,
        });
      },
      12 * minute,
    );

    it(
      "leaves nothing behind when the cluster is deleted",
      async () => {
        await api.deleteCluster(id);
        await isGone(api, id, 8 * minute);
        await api.deleteTemplate(template);
        expect(await inventory(cloud.person, cloud.trusteeAdmin)).toEqual(before);
        const users = (await trustees(cloud.trusteeAdmin)).filter((user) => user.name?.startsWith(id));
        expect(users).toEqual([]);
      },
      9 * minute,
    );
  });
}
