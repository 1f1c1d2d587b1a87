// Audit events on a real RabbitMQ, heard by oslo.messaging's own listener.
import { connect as connectBus, type ChannelModel } from "amqplib";
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect as connectTcp, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { pino } from "pino";
import { Registry } from "prom-client";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { systemClock } from "../../server/testing/test-context.ts";
import { connect, type Db } from "../../server/db/client.ts";
import { acceptChange, requestDeletion } from "../../server/db/cluster-change.ts";
import { countOutgoing } from "../../server/db/outbox.ts";
import { claimDue } from "../../server/db/lease.ts";
import { record, type RecordedOutcome } from "../../server/db/reconcile.ts";
import { projectScope, type ProjectScope } from "../../server/db/scope.ts";
import { busChannel, type BusSettings } from "../../server/notifications/bus.ts";
import { notificationMetrics } from "../../server/notifications/metrics.ts";
import { senderDefaults, startSender } from "../../server/notifications/sender.ts";
import { aProject, anOperation, anOutcome, writeCluster } from "../../server/testing/builders.ts";
import { testDatabase } from "../../server/testing/test-db.ts";

const broker = { host: "127.0.0.1", port: 5672 };
const brokerUrl = `amqp://guest:guest@${broker.host}:${broker.port}/`;

/** The way to the broker, which can be cut and opened again. */
class Way {
  #server: Server | null = null;
  #sockets = new Set<Socket>();
  port = 0;
  /** Bytes of the broker's answers are held back: it takes messages and confirms none. */
  deaf = false;

  async open(): Promise<void> {
    const server = createServer((near) => {
      const far = connectTcp(broker);
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket
          .on("error", () => {})
          .on("close", () => {
            this.#sockets.delete(socket);
            near.destroy();
            far.destroy();
          });
      }
      near.pipe(far);
      far.on("data", (chunk) => {
        if (!this.deaf) near.write(chunk);
      });
    });
    server.listen(this.port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    this.port = typeof address === "object" && address ? address.port : 0;
    this.#server = server;
  }

  async cut(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = null;
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(server, "close");
  }
}

const Heard = z.object({
  priority: z.string(),
  publisher_id: z.string(),
  event_type: z.string(),
  payload: z.object({ action: z.string(), outcome: z.string(), id: z.string() }).loose(),
  metadata: z.object({ message_id: z.string(), timestamp: z.string() }),
});
type Heard = z.infer<typeof Heard>;

describe("notifications on RabbitMQ", () => {
  const database = testDatabase();
  const lines: string[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const metrics = notificationMetrics(new Registry());
  const stops: (() => Promise<void>)[] = [];
  let db: Db;
  let scope: ProjectScope;
  let settings: BusSettings;
  let way: Way;
  let admin: ChannelModel;

  beforeEach(async () => {
    db = connect(database.url, { channels: ["bus"] });
    await db.prisma.outbox.deleteMany({});
    lines.length = 0;
    scope = projectScope(aProject(), "RegionOne");
    way = new Way();
    await way.open();
    const name = `jeroboam-test-${randomBytes(4).toString("hex")}`;
    const url = `amqp://guest:guest@127.0.0.1:${way.port}/`;
    settings = { url, exchange: name, topics: [name], durable: false };
    admin = await connectBus(brokerUrl);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
    await way.cut();
    const channel = await admin.createChannel();
    for (const topic of settings.topics)
      for (const level of ["info", "error"]) await channel.deleteQueue(`${topic}.${level}`);
    await channel.deleteExchange(settings.exchange);
    await admin.close();
    await db.close();
  });

  const start = () => {
    const options = { ...senderDefaults, idleMs: 20, pauseMs: 20, pauseLimitMs: 200 };
    const sender = startSender({ db, clock: systemClock, log, metrics }, busChannel(settings), options);
    stops.push(() => sender.stop());
  };
  const sentAll = () => expect.poll(() => countOutgoing(db, "bus"), { timeout: 30_000 }).toBe(0);
  const told = (message: string) => lines.filter((line) => line.includes(message)).length;
  const event = { level: "info", message: "Something was requested." } as const;
  const resize = (id: string) =>
    acceptChange(db, scope, id, new Date(), () => ({
      status: "UPDATE_IN_PROGRESS",
      operation: anOperation({ kind: "resize" }),
      event,
    }));
  const finish = async (id: string, status: RecordedOutcome["status"], generation: number) => {
    const now = new Date();
    expect(await claimDue(db, "conductor-1", 1, 30_000, now)).toEqual([id]);
    const outcome = status.endsWith("_COMPLETE") ? ("done" as const) : ("failed" as const);
    const ended = { outcome, reason: null };
    const found = anOutcome({
      status,
      generation,
      settled: true,
      stackId: "stack-1",
      ended,
      nextReconcileAt: new Date(0),
    });
    await record(db, "conductor-1", id, found, now);
  };

  /** Starts oslo.messaging's listener; answers what it hears. */
  async function listen(): Promise<Heard[]> {
    const heard: Heard[] = [];
    const program = `${import.meta.dirname}/listener.py`;
    const url = brokerUrl.replace("amqp:", "rabbit:");
    const child = spawn("/usr/bin/python3", [program, url, settings.exchange, settings.topics[0] ?? ""], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    stops.push(() => end(child));
    const ready = Promise.withResolvers<void>();
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said: unknown = JSON.parse(line);
      const parsed = Heard.safeParse(said);
      if (parsed.success) heard.push(parsed.data);
      else ready.resolve();
    });
    child.on("exit", (code) => ready.reject(new Error(`the listener ended with ${code}`)));
    await ready.promise;
    return heard;
  }

  it("are heard by oslo.messaging's listener: create, update, delete, and failures as errors", async () => {
    const heard = await listen();
    start();
    const id = await writeCluster(db, scope, { now: new Date() });
    await finish(id, "CREATE_COMPLETE", 1);
    await resize(id);
    await finish(id, "UPDATE_FAILED", 2);
    await requestDeletion(db, scope, id, new Date(), () => ({ operation: anOperation({ kind: "delete" }), event }));
    await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(5);
    // Two queues, one for each level: their listener does not keep the order between them, the events' times do.
    const inOrder = heard.toSorted((a, b) => a.metadata.timestamp.localeCompare(b.metadata.timestamp));
    expect(inOrder.map(({ event_type, payload, priority }) => `${event_type} ${payload.outcome} ${priority}`)).toEqual([
      "magnum.cluster.create pending INFO",
      "magnum.cluster.create success INFO",
      "magnum.cluster.update pending INFO",
      "magnum.cluster.update failure ERROR",
      "magnum.cluster.delete pending INFO",
    ]);
    for (const each of heard) {
      expect(each.publisher_id).toMatch(/^magnum\./);
      expect(each.metadata.message_id).toBe(each.payload.id);
      expect(each.metadata.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    }
  });

  it("wait in the broker for the first listener", async () => {
    start();
    await writeCluster(db, scope);
    await sentAll();
    const heard = await listen();
    await expect.poll(() => heard.length, { timeout: 20_000 }).toBe(1);
  });

  it("are not lost while the broker is away, stay in order, and the log has one line", async () => {
    start();
    const id = await writeCluster(db, scope);
    await sentAll();
    await way.cut();
    for (let n = 0; n < 5; n++) await resize(id);
    await expect.poll(async () => (await metrics.failed.get()).values[0]?.value ?? 0).toBeGreaterThan(3);
    expect(await countOutgoing(db, "bus")).toBe(5);
    await way.open();
    await sentAll();
    expect(told("cannot be sent")).toBe(1);
    await expect.poll(() => told("sent again")).toBe(1);
    expect(lines.join("")).not.toContain("guest");

    const channel = await admin.createChannel();
    const times: string[] = [];
    for (;;) {
      const message = await channel.get(`${settings.topics[0]}.info`, { noAck: true });
      if (!message) break;
      expect(message.properties).toMatchObject({ contentType: "application/json", deliveryMode: 2 });
      const envelope = z
        .object({ "oslo.version": z.literal("2.0"), "oslo.message": z.string() })
        .parse(JSON.parse(message.content.toString("utf8")));
      const { _unique_id, message_id, timestamp } = z
        .object({ _unique_id: z.string(), message_id: z.string(), timestamp: z.string() })
        .parse(JSON.parse(envelope["oslo.message"]));
      expect(_unique_id).toBe(message_id.replaceAll("-", ""));
      times.push(timestamp);
    }
    expect(times.length).toBeGreaterThanOrEqual(6);
    expect(times).toEqual(times.toSorted());
  });

  it("are sent again, with their ids, when the broker took them and its word did not come", async () => {
    start();
    await writeCluster(db, scope);
    await sentAll();
    way.deaf = true;
    await writeCluster(db, scope);
    const queue = `${settings.topics[0]}.info`;
    const channel = await admin.createChannel();
    await expect.poll(async () => (await channel.checkQueue(queue)).messageCount, { timeout: 20_000 }).toBe(2);
    expect(await countOutgoing(db, "bus")).toBe(1);
    way.deaf = false;
    await way.cut();
    await way.open();
    await sentAll();
    const ids: string[] = [];
    for (let message = await channel.get(queue); message; message = await channel.get(queue, { noAck: true }))
      ids.push(String(message.properties.messageId));
    expect(ids.length).toBe(3);
    expect(new Set(ids).size).toBe(2);
  });

  it("use exchange and queues as they are, also where the cloud keeps them durable", async () => {
    const channel = await admin.createChannel();
    await channel.assertExchange(settings.exchange, "topic", { durable: true });
    await channel.assertQueue(`${settings.topics[0]}.info`, { durable: true });
    start();
    await writeCluster(db, scope);
    await sentAll();
    expect((await channel.checkQueue(`${settings.topics[0]}.info`)).messageCount).toBe(1);
  });

  it("are declared anew when somebody deleted the queue", async () => {
    start();
    await writeCluster(db, scope);
    await sentAll();
    const channel = await admin.createChannel();
    await channel.deleteQueue(`${settings.topics[0]}.info`);
    await writeCluster(db, scope);
    await sentAll();
    expect((await channel.checkQueue(`${settings.topics[0]}.info`)).messageCount).toBe(1);
  });
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGKILL");
  await once(child, "exit");
}
