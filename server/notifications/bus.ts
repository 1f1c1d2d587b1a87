// Events on RabbitMQ, as oslo.messaging's notifier of Magnum puts them there: topic exchange, routing key
// `<topic>.info` or `<topic>.error`, envelope 2.0. A queue of that name is made, so that nothing is lost before the
// first listener comes.
import type { ChannelModel, ConfirmChannel } from "amqplib";
import type { Channel, Notification } from "./channel.ts";

export interface BusSettings {
  /** amqp:// or amqps://, with user, password and virtual host. */
  url: string;
  exchange: string;
  topics: readonly string[];
  /** As the cloud's other services declare theirs (`amqp_durable_queues`): RabbitMQ refuses a difference. */
  durable: boolean;
}

interface Link {
  connection: ChannelModel;
  channel: ConfirmChannel;
  /** Ids that the broker gave back: no queue wanted them. */
  returned: Set<string>;
}

const timeoutMs = 10_000;

export function busChannel(settings: BusSettings): Channel {
  let link: Promise<Link> | null = null;

  const connected = (): Promise<Link> => {
    if (link) return link;
    const opening = open(settings, () => {
      if (link === opening) link = null;
    });
    link = opening;
    opening.catch(() => {
      if (link === opening) link = null;
    });
    return opening;
  };

  /** What does not answer is left: the next event finds a new connection, or none. */
  const abandon = async () => {
    const old = link;
    link = null;
    await old?.then(({ connection }) => closeQuietly(connection)).catch(() => {});
  };

  return {
    name: "bus",
    async send(notification) {
      const open = await connected();
      const sent = settings.topics.map((topic) => publish(open, settings.exchange, topic, notification));
      try {
        await Promise.all(sent);
      } catch (error) {
        await Promise.allSettled(sent);
        await abandon();
        throw error;
      }
    },
    close: abandon,
  };
}

async function open(settings: BusSettings, onEnd: () => void): Promise<Link> {
  // Loaded where it is used: most installations have no message bus to tell.
  const { connect } = await import("amqplib");
  const connection = await connect(settings.url, {
    timeout: timeoutMs,
    clientProperties: { connection_name: "jeroboam" },
  });
  // Told by the promises of those who wait; without a listener it would end the process.
  connection.on("error", onEnd).on("close", onEnd);
  try {
    await declare(connection, settings);
    const channel = await connection.createConfirmChannel();
    const returned = new Set<string>();
    channel.on("error", onEnd).on("close", onEnd);
    channel.on("return", (message) => returned.add(String(message.properties.messageId)));
    return { connection, channel, returned };
  } catch (error) {
    await closeQuietly(connection);
    throw error;
  }
}

/** Exchange and queues as they are, or as oslo.messaging would make them. */
async function declare(connection: ChannelModel, { exchange, topics, durable }: BusSettings): Promise<void> {
  const look = (what: (channel: ConfirmChannel) => Promise<unknown>) => exists(connection, what);
  const channel = await connection.createChannel();
  channel.on("error", () => {});
  if (!(await look((probe) => probe.checkExchange(exchange))))
    await channel.assertExchange(exchange, "topic", { durable, autoDelete: false });
  for (const topic of topics)
    for (const queue of [`${topic}.info`, `${topic}.error`]) {
      if (!(await look((probe) => probe.checkQueue(queue))))
        await channel.assertQueue(queue, { durable, autoDelete: false });
      await channel.bindQueue(queue, exchange, queue);
    }
  await channel.close();
}

/** Looking for what is not there ends the channel, so each look has its own. */
async function exists(connection: ChannelModel, look: (channel: ConfirmChannel) => Promise<unknown>): Promise<boolean> {
  const channel = await connection.createConfirmChannel();
  let missing = false;
  channel.on("error", (error: { code?: number }) => {
    missing = error.code === 404;
  });
  try {
    await look(channel);
    await channel.close();
    return true;
  } catch (error) {
    if (missing || (error instanceof Error && "code" in error && error.code === 404)) return false;
    throw error;
  }
}

/** Resolves when the broker has said that it keeps the message. */
async function publish(link: Link, exchange: string, topic: string, notification: Notification): Promise<void> {
  const { channel, returned } = link;
  const messageId = `${notification.message_id}:${topic}`;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(() => reject(new Error("the message bus does not confirm")), timeoutMs);
  // Whoever waits hears it from the callback; a broker that goes away calls nobody back.
  const gone = () => reject(new Error("the message bus went away"));
  channel.once("close", gone);
  try {
    channel.publish(
      exchange,
      `${topic}.${notification.priority.toLowerCase()}`,
      Buffer.from(JSON.stringify(envelope(notification))),
      { contentType: "application/json", contentEncoding: "utf-8", persistent: true, mandatory: true, messageId },
      (error: unknown) => {
        if (error) reject(error instanceof Error ? error : new Error("the message bus did not take the event"));
        else if (returned.delete(messageId)) reject(new Error(`the message bus has no queue for ${topic}`));
        else resolve();
      },
    );
    await promise;
  } finally {
    clearTimeout(timer);
    channel.off("close", gone);
  }
}

/** oslo.messaging's envelope. Its listeners drop what comes twice in a row by `_unique_id`. */
export const envelope = (notification: Notification) => ({
  "oslo.version": "2.0",
  "oslo.message": JSON.stringify({ ...notification, _unique_id: notification.message_id.replaceAll("-", "") }),
});

async function closeQuietly(connection: ChannelModel): Promise<void> {
  try {
    await connection.close();
  } catch {
    // It is closed already, which is what was wanted.
  }
}
