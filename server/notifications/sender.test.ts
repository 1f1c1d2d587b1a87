import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../testing/test-context.ts";
import { connect, type Db } from "../db/client.ts";
import { acceptChange } from "../db/cluster-change.ts";
import { countOutgoing } from "../db/outbox.ts";
import { projectScope, type ProjectScope } from "../db/scope.ts";
import { aProject, anOperation, writeCluster } from "../testing/builders.ts";
import { testDatabase } from "../testing/test-db.ts";
import type { Channel, Notification } from "./channel.ts";
import { notificationMetrics } from "./metrics.ts";
import { senderDefaults, startSender, type SenderOptions } from "./sender.ts";
import { signature, webhookChannel } from "./webhook.ts";

const secret = "sixteen letters or more";
const quick: SenderOptions = { ...senderDefaults, idleMs: 5, pauseMs: 5, pauseLimitMs: 20 };

interface Delivery {
  headers: IncomingHttpHeaders;
  body: string;
  notification: Notification;
}

/** A receiver that keeps what it gets and answers what `answer` says. */
class Receiver {
  readonly deliveries: Delivery[] = [];
  answer: (delivery: Delivery) => number = () => 204;
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const delivery = { headers: request.headers, body, notification: JSON.parse(body) };
      this.deliveries.push(delivery);
      response.writeHead(this.answer(delivery)).end();
    });
  });

  async listen(port = 0): Promise<string> {
    this.#server.listen(port, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/hook`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }
}

describe("the sender of a webhook", () => {
  const database = testDatabase();
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const metrics = notificationMetrics(new Registry());
  const stops: (() => Promise<void>)[] = [];
  let db: Db;
  let scope: ProjectScope;
  let receiver: Receiver;

  beforeEach(async () => {
    db = connect(database.url, { channels: ["webhook"] });
    await db.prisma.outbox.deleteMany({});
    scope = projectScope(aProject(), "RegionOne");
    receiver = new Receiver();
    lines.length = 0;
    metrics.sent.reset();
    metrics.failed.reset();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    await db.close();
    await receiver.close();
  });

  const start = (channel: Channel, options: Partial<SenderOptions> = {}, own: Db = db) => {
    const sender = startSender({ db: own, clock: systemClock, log, metrics }, channel, { ...quick, ...options });
    stops.push(() => sender.stop());
    return sender;
  };
  const resize = (id: string, name = id) =>
    acceptChange(db, scope, id, new Date(), () => ({
      status: "UPDATE_IN_PROGRESS",
      operation: anOperation({ kind: "resize" }),
      event: { level: "info", message: `Resized ${name}.` },
    }));
  const sentAll = () => expect.poll(() => countOutgoing(db, "webhook"), { timeout: 10_000, interval: 5 }).toBe(0);
  const ids = () => receiver.deliveries.map((delivery) => delivery.notification.message_id);
  const told = (message: string) => lines.filter((line) => line.includes(message)).length;

  it("posts each event with its id, its kind and a signature of the body", async () => {
    const url = await receiver.listen();
    const id = await writeCluster(db, scope);
    start(webhookChannel({ url, secret }));
    await sentAll();
    const [delivery] = receiver.deliveries;
    expect(receiver.deliveries).toHaveLength(1);
    expect(delivery?.notification).toMatchObject({
      event_type: "magnum.cluster.create",
      priority: "INFO",
      payload: { action: "create", outcome: "pending", target: { id, name: "web-1" } },
    });
    expect(delivery?.headers).toMatchObject({
      "content-type": "application/json",
      "x-jeroboam-event": "magnum.cluster.create",
      "x-jeroboam-delivery": delivery?.notification.payload.id,
      "x-jeroboam-signature": signature(secret, delivery?.body ?? ""),
    });
    expect((await metrics.sent.get()).values).toMatchObject([{ value: 1 }]);
  });

  it("sends unsigned where no secret is set", async () => {
    const url = await receiver.listen();
    await writeCluster(db, scope);
    start(webhookChannel({ url, secret: null }));
    await sentAll();
    expect(receiver.deliveries[0]?.headers).not.toHaveProperty("x-jeroboam-signature");
  });

  it("loses nothing while the receiver is away, keeps the order of a cluster, and says so once", async () => {
    const url = await receiver.listen();
    await receiver.close();
    const clusters = [await writeCluster(db, scope), await writeCluster(db, scope), await writeCluster(db, scope)];
    start(webhookChannel({ url, secret }));
    for (let n = 0; n < 3; n++) for (const id of clusters) await resize(id);
    await expect.poll(async () => (await metrics.failed.get()).values[0]?.value ?? 0).toBeGreaterThan(10);
    expect(await countOutgoing(db, "webhook")).toBe(12);
    expect((await metrics.queued.get()).values).toMatchObject([{ value: 12 }]);

    receiver = new Receiver();
    await receiver.listen(Number(new URL(url).port));
    await sentAll();
    expect(receiver.deliveries).toHaveLength(12);
    expect(new Set(ids()).size).toBe(12);
    for (const id of clusters) {
      const own = receiver.deliveries.flatMap(({ notification: { payload } }) =>
        payload.target.id === id ? [payload] : [],
      );
      expect(own.map((payload) => payload.eventTime)).toEqual(own.map((payload) => payload.eventTime).toSorted());
      expect(own.map((payload) => payload.action)).toEqual(["create", "update", "update", "update"]);
    }
    await expect.poll(() => told("sent again")).toBe(1);
    expect(told("cannot be sent")).toBe(1);
  });

  it.each([500, 503, 429, 404, 401, 302])("tries again after an answer of %i", async (status) => {
    const url = await receiver.listen();
    let answers = 0;
    receiver.answer = () => (answers++ < 3 ? status : 200);
    await writeCluster(db, scope);
    start(webhookChannel({ url, secret }));
    await sentAll();
    expect(new Set(ids()).size).toBe(1);
    expect(receiver.deliveries).toHaveLength(4);
  });

  it("lets other clusters' events pass one that the receiver refuses, and tries that again later", async () => {
    const url = await receiver.listen();
    const [bad, good] = [await writeCluster(db, scope), await writeCluster(db, scope)];
    let refusing = true;
    receiver.answer = ({ notification }) => (refusing && notification.payload.target.id === bad ? 422 : 200);
    start(webhookChannel({ url, secret }));
    for (let n = 0; n < 5; n++) await resize(good);
    await expect.poll(() => countOutgoing(db, "webhook"), { timeout: 10_000 }).toBe(1);
    expect(told("was refused")).toBe(1);
    expect(told("cannot be sent")).toBe(0);
    refusing = false;
    await sentAll();
  });

  it("sends an event again, with the same id, when it died between sending and noting it", async () => {
    const url = await receiver.listen();
    await writeCluster(db, scope);
    const channel = webhookChannel({ url, secret });
    const death = Promise.withResolvers<void>();
    start(
      {
        ...channel,
        async send(notification) {
          await channel.send(notification);
          await death.promise;
        },
      },
      { leaseMs: 50 },
    );
    await expect.poll(() => receiver.deliveries.length).toBe(1);
    expect(await countOutgoing(db, "webhook")).toBe(1);
    start(channel);
    await sentAll();
    expect(receiver.deliveries).toHaveLength(2);
    expect(new Set(ids()).size).toBe(1);
    death.reject(new Error("the process is gone"));
  });

  it("shares the work among several senders, each event sent once and in order", async () => {
    const url = await receiver.listen();
    const clusters = [];
    for (let n = 0; n < 8; n++) clusters.push(await writeCluster(db, scope));
    for (const id of clusters) for (let n = 0; n < 5; n++) await resize(id);
    const second = connect(database.url);
    for (const own of [db, second, db, second]) start(webhookChannel({ url, secret }), { batch: 3 }, own);
    await sentAll();
    expect(receiver.deliveries).toHaveLength(48);
    expect(new Set(ids()).size).toBe(48);
    stops.unshift(() => second.close());
    for (const id of clusters) {
      const times = receiver.deliveries.flatMap(({ notification: { payload } }) =>
        payload.target.id === id ? [payload.eventTime] : [],
      );
      expect(times).toEqual(times.toSorted());
    }
  });
});
