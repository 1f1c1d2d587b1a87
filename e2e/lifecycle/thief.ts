// A thief with everything that is found on a node: its user data, and so what Ignition writes to its disk. Against the
// product from outside, on every cloud of ours.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { NodeEnv } from "../../drivers/kubernetes/node-env.ts";
import { signingRequest } from "../kubernetes/signing-request.ts";
import { list } from "../openstack/session.ts";
import type { Session } from "../openstack/session.ts";
import { readNodeEnv } from "../openstack/stand-in-node.ts";
import { isGone, reaches } from "./lifecycle.ts";
import { kubernetesTemplate, magnum } from "./magnum.ts";
import type { Magnum } from "./magnum.ts";
import { openProduct } from "./product.ts";
import type { Product } from "./product.ts";
import type { CloudTarget, Prepared } from "./target.ts";
import { until } from "./until.ts";

const minute = 60_000;

const Server = z.object({ name: z.string(), "OS-EXT-SRV-ATTR:user_data": z.string().nullish() });

/** `enterAsAdmin`: somebody who may read user data. */
export function describeThief(
  name: string,
  openTarget: () => Promise<CloudTarget>,
  enterAsAdmin: (person: Session) => Promise<Session>,
): void {
  describe(`what a thief finds on a node, on ${name}`, () => {
    let product: Product;
    let cloud: Prepared;
    let api: Magnum;
    let admin: Session;
    let template = "";
    let id = "";
    let loot: NodeEnv[] = [];

    beforeAll(async () => {
      const target = await openTarget();
      product = await openProduct(target.env);
      for (const role of [...target.roles, "api", "conductor"] as const) await product.start(role);
      cloud = await target.prepare();
      admin = await enterAsAdmin(cloud.person);
      api = magnum(product.apiUrl, cloud.person);
      template = await api.createTemplate(await kubernetesTemplate(cloud.person, "thief"));
      id = await api.createCluster({ name: "thief", cluster_template_id: template, node_count: 2 });
      await reaches(api, id, "CREATE_COMPLETE", 12 * minute, cloud.nodes);
      loot = await userData();
    }, 15 * minute);

    afterAll(async () => {
      await product.stop();
      await cloud.remove();
    }, 5 * minute);

    async function userData(): Promise<NodeEnv[]> {
      const url = `${admin.at("compute")}/servers/detail?all_tenants=1&project_id=${cloud.person.projectId ?? ""}`;
      const response = await fetch(url, {
        headers: { "X-Auth-Token": admin.token, "X-OpenStack-Nova-API-Version": "2.3" },
      });
      const { servers } = z.object({ servers: z.array(Server) }).parse(await response.json());
      return servers.map((server) =>
        readNodeEnv(Buffer.from(server["OS-EXT-SRV-ATTR:user_data"] ?? "", "base64").toString("utf8")),
      );
    }
    const worker = () => {
      const found = loot.find((env) => env.ROLE === "worker");
      if (!found) throw new Error("there is no worker");
      return found;
    };
    /** All that could be a secret, or half of one. */
    const words = () =>
      [...new Set(Object.values(worker()).flatMap((value) => [value, ...value.split(".")]))].filter(
        (word) => word.length >= 8 && !/[\s:,]/.test(word),
      );

    async function send(method: string, url: string, body?: unknown, token?: string): Promise<Response> {
      return fetch(url, {
        method,
        headers: {
          "Content-Type": "application/json",
          "OpenStack-API-Version": "container-infra latest",
          ...(token === undefined ? {} : { "X-Auth-Token": token }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    }
    const bootstrap = async (proof: string, subject = "CN=thief") =>
      send("POST", `${product.apiUrl}/clusters/${id}/bootstrap`, { proof, csr: (await signingRequest(subject)).csr });

    it(
      "opens nothing of the cloud: no word is a password, and no token is good for the project",
      async () => {
        const { authUrl, projectId } = cloud.person;
        const scope = { project: { id: projectId } };
        const tokens = `${authUrl}/auth/tokens`;
        for (const word of words()) {
          const rescope = { auth: { identity: { methods: ["token"], token: { id: word } }, scope } };
          expect((await send("POST", tokens, rescope)).status, word).toBeGreaterThanOrEqual(400);
          for (const who of words()) {
            const password = { user: { id: who, password: word } };
            const login = { auth: { identity: { methods: ["password"], password } } };
            if (who !== word) expect((await send("POST", tokens, login)).status).toBeGreaterThanOrEqual(400);
          }
          const stacks = await send("GET", `${cloud.person.at("orchestration")}/stacks`, undefined, word);
          expect(stacks.status, "stacks").toBeGreaterThanOrEqual(400);
          const servers = await send("GET", `${cloud.person.at("compute")}/servers`, undefined, word);
          // Heat's signal token is one of a project of its own, where there is nothing.
          if (servers.ok) expect(await servers.json()).toMatchObject({ servers: [] });
        }
      },
      5 * minute,
    );

    it(
      "opens nothing of our API as a token",
      async () => {
        const { csr } = await signingRequest("O=system:nodes, CN=system:node:other");
        for (const word of words())
          for (const [method, path, body] of [
            ["GET", `clusters/${id}`, undefined],
            ["GET", `certificates/${id}`, undefined],
            ["POST", "certificates", { cluster_uuid: id, csr }],
            ["DELETE", `clusters/${id}`, undefined],
          ] as const) {
            const answer = await send(method, `${product.apiUrl}/${path}`, body, word);
            expect([400, 401, 403, 404], `${method} ${path}`).toContain(answer.status);
          }
      },
      minute,
    );

    it("is no second time what it was for one start, and somebody who tries is told of", async () => {
      for (const env of loot) {
        const answer = await bootstrap(env.NODE_PROOF, `O=system:nodes, CN=system:node:${env.NODE_NAME}`);
        expect(answer.status).toBe(409);
        expect(await answer.text()).toContain(`The proof of node ${env.NODE_NAME} was used with another key before`);
        await until("a warning in the log", 10_000, async () =>
          product.log("api").includes("somebody else has asked with the proof of a node"),
        );
      }
    });

    it("makes no other proof: of another group, of another member, of the control plane", async () => {
      const parts = (env: NodeEnv) => env.NODE_PROOF.split(".");
      const [group = "", member = "", secret = ""] = parts(worker());
      const [masters = "", master = ""] = parts(loot.find((env) => env.ROLE === "master") ?? worker());
      for (const forged of [
        [masters, member, secret],
        [masters, master, secret],
        [group, master, secret],
        [group, crypto.randomUUID(), secret],
      ])
        expect((await bootstrap(forged.join("."))).status).toBe(403);
    });

    it("gets no keys for a server that says that it is of the control plane", async () => {
      const server = { server_id: crypto.randomUUID() };
      expect((await send("POST", `${product.apiUrl}/clusters/${id}/bootstrap`, server)).status).toBe(400);
    });

    it(
      "is worth nothing when the cluster has another credential, and the new nodes' is spent as well",
      async () => {
        const before = loot;
        await api.rotateCredential(id);
        await reaches(api, id, "UPDATE_COMPLETE", 20 * minute, cloud.nodes);
        for (const env of before) expect((await bootstrap(env.NODE_PROOF)).status).toBe(403);
        loot = await userData();
        const proofs = new Set([...before, ...loot].map((env) => env.NODE_PROOF));
        expect(proofs.size).toBe(before.length + loot.length);
        for (const env of loot) expect((await bootstrap(env.NODE_PROOF)).status).toBe(409);
      },
      22 * minute,
    );

    it(
      "is worth nothing when the cluster is gone",
      async () => {
        await api.deleteCluster(id);
        await isGone(api, id, 8 * minute);
        for (const env of loot) expect((await bootstrap(env.NODE_PROOF)).status).toBe(403);
        await api.deleteTemplate(template);
        expect(
          await list(cloud.person, `${cloud.person.at("compute")}/servers`, "servers", z.object({ id: z.string() })),
        ).toEqual([]);
      },
      10 * minute,
    );
  });
}
