// Empties the outbox of one channel. Any number may run: each event is one sender's for as long as its lease lasts.
import type { Clock } from "../clock.ts";
import type { Db } from "../db/client.ts";
import { countOutgoing, postponeOutgoing, removeOutgoing, takeOutgoing, type Outgoing } from "../db/outbox.ts";
import type { Logger } from "../log.ts";
import { notificationOf, Refused, type Channel } from "./channel.ts";
import type { NotificationMetrics } from "./metrics.ts";

export interface SenderOptions {
  /** Events that are on their way at the same moment, each of another cluster. */
  batch: number;
  /** Longer than any send lasts: after it the event is free for others. */
  leaseMs: number;
  /** Between looks at an empty outbox. */
  idleMs: number;
  /** First pause after a failure; doubled up to `pauseLimitMs`. */
  pauseMs: number;
  pauseLimitMs: number;
}

export const senderDefaults: SenderOptions = {
  batch: 20,
  leaseMs: 60_000,
  idleMs: 1000,
  pauseMs: 1000,
  pauseLimitMs: 60_000,
};

export interface SenderDeps {
  db: Db;
  clock: Clock;
  log: Logger;
  metrics: NotificationMetrics;
}

export function startSender(deps: SenderDeps, channel: Channel, options: SenderOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const running = run(deps, channel, options, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await running;
      await channel.close();
    },
  };
}

async function run(deps: SenderDeps, channel: Channel, options: SenderOptions, signal: AbortSignal): Promise<void> {
  const { db, clock, log, metrics } = deps;
  const labels = { channel: channel.name };
  let outages = 0;
  while (!signal.aborted) {
    let pause = options.idleMs;
    try {
      const taken = await takeOutgoing(db, channel.name, options.batch, options.leaseMs, clock.now());
      const trouble = await sendAll(deps, channel, taken, options, outages);
      metrics.queued.set(labels, await countOutgoing(db, channel.name));
      if (trouble !== null) {
        // One line for an outage, however long it is: the gauge tells the rest.
        if (outages === 0) log.warn({ ...labels, reason: trouble }, "notifications cannot be sent; they are kept");
        pause = backoff(options, outages++);
      } else if (taken.length > 0) {
        if (outages > 0) log.info(labels, "notifications are sent again");
        outages = 0;
        pause = 0;
      }
    } catch (error) {
      log.error({ ...labels, err: error }, "the outbox cannot be read");
      pause = options.pauseLimitMs;
    }
    if (pause > 0) await sleep(pause, signal);
  }
}

/** Sends each once. Returns why the channel takes nothing, null when it is well. */
async function sendAll(
  { db, clock, log, metrics }: SenderDeps,
  channel: Channel,
  taken: readonly Outgoing[],
  options: SenderOptions,
  outages: number,
): Promise<string | null> {
  const labels = { channel: channel.name };
  let trouble: string | null = null;
  await Promise.all(
    taken.map(async ({ seq, attempts, event }) => {
      try {
        await channel.send(notificationOf(event));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        metrics.failed.inc(labels);
        const refused = error instanceof Refused;
        if (!refused) trouble = reason;
        else if (attempts === 1) log.warn({ ...labels, reason, eventId: event.id }, "a notification was refused");
        const wait = backoff(options, refused ? attempts : outages);
        await postponeOutgoing(db, [seq], reason, new Date(clock.now().getTime() + wait));
        return;
      }
      // From here on a crash sends it once more.
      await removeOutgoing(db, [seq]);
      metrics.sent.inc(labels);
    }),
  );
  return trouble;
}

const backoff = ({ pauseMs, pauseLimitMs }: SenderOptions, failures: number): number =>
  Math.min(pauseMs * 2 ** Math.min(failures, 20), pauseLimitMs);

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const wake = () => resolve();
  signal.addEventListener("abort", wake, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener("abort", wake);
}
