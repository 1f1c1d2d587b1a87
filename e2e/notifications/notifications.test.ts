// The audit trail on its way out of the whole product: roles in processes of their own, a conductor that is killed, and a
// receiver that comes late.
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { signature } from "../../server/notifications/webhook.ts";
import { isGone, reaches } from "../lifecycle/lifecycle.ts";
import { kubernetesTemplate, magnum, type Magnum } from "../lifecycle/magnum.ts";
import { freePort, openProduct, type Product } from "../lifecycle/product.ts";
import { sandboxTarget, type Prepared } from "../lifecycle/target.ts";
import { until } from "../lifecycle/until.ts";
import { call } from "../openstack/session.ts";

const minute = 60_000;
const secret = "sixteen letters or more";

const Body = z.object({
  message_id: z.string(),
  event_type: z.string(),
  payload: z.object({
    outcome: z.string(),
    eventTime: z.string(),
    initiator: z.object({ user_id: z.string(), project_id: z.string(), domain_id: z.string().nullable() }),
    target: z.object({ id: z.string(), name: z.string() }),
  }),
});

const heard: z.infer<typeof Body>[] = [];
let receiver: Server | null = null;
let port: number;
let product: Product;
let cloud: Prepared;
let api: Magnum;

async function listen(): Promise<void> {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const genuine = request.headers["x-jeroboam-signature"] === signature(secret, body);
      if (genuine) heard.push(Body.parse(JSON.parse(body)));
      response.writeHead(genuine ? 204 : 403).end();
    });
  });
  receiver.listen(port, "127.0.0.1");
  await once(receiver, "listening");
}

/** What was heard, each event once, in the order of its first arrival. */
const words = () =>
  [...new Map(heard.toReversed().map((each) => [each.message_id, each])).values()]
    .toReversed()
    .map(({ event_type, payload }) => `${event_type.replace("magnum.cluster.", "")} ${payload.outcome}`);

const hears = (expected: readonly string[]) =>
  until(`the receiver hears ${expected.length} events`, minute, async () => words().length >= expected.length);

beforeAll(async () => {
  port = await freePort();
  const target = await sandboxTarget();
  product = await openProduct({
    ...target.env,
    NOTIFICATION_WEBHOOK_URL: `http://127.0.0.1:${port}/audit`,
    NOTIFICATION_WEBHOOK_SECRET: secret,
  });
  for (const role of ["sandbox", "api", "conductor"] as const) await product.start(role);
  cloud = await target.prepare();
  api = magnum(product.apiUrl, cloud.person);
}, 3 * minute);

afterAll(async () => {
  await product.stop();
  receiver?.closeAllConnections();
  receiver?.close();
}, minute);

it(
  "a receiver that was away, and a conductor that was killed, miss nothing of a cluster's life",
  async () => {
    const template = await api.createTemplate({
      ...(await kubernetesTemplate(cloud.person, "audited")),
      master_lb_enabled: false,
    });
    const id = await api.createCluster({ name: "audited", cluster_template_id: template, node_count: 1 });
    await reaches(api, id, "CREATE_COMPLETE", 3 * minute);
    await until("the conductor says that nobody listens", minute, async () =>
      product.log("conductor").includes("notifications cannot be sent"),
    );
    const ready = await fetch(new URL("/readyz", product.apiUrl));
    expect(ready.status).toBe(200);
    await product.kill("conductor");

    await listen();
    await product.start("conductor");
    const created = ["create pending", "create success"];
    await hears(created);
    expect(words()).toEqual(created);

    const version = { "OpenStack-API-Version": "container-infra latest" };
    await call("POST", `${product.apiUrl}/clusters/${id}/actions/resize`, cloud.person, { node_count: 2 }, version);
    await reaches(api, id, "UPDATE_COMPLETE", 3 * minute);
    await api.deleteCluster(id);
    await isGone(api, id, 3 * minute);
    const all = [...created, "update pending", "update success", "delete pending", "delete success"];
    await hears(all);
    expect(words()).toEqual(all);
    for (const { payload } of heard) {
      expect(payload.target).toMatchObject({ id, name: "audited" });
      expect(payload.initiator).toMatchObject({
        project_id: cloud.person.projectId,
        user_id: heard[0]?.payload.initiator.user_id,
      });
      expect(payload.initiator.domain_id).not.toBeNull();
    }
    expect(product.log("conductor").match(/notifications cannot be sent/g)).toHaveLength(1);
  },
  8 * minute,
);
