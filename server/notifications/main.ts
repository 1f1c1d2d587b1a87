// The conductor's part in the audit trail: sends what waits in the outbox, and forgets what is old.
import type { Clock } from "../clock.ts";
import { pruneAudit } from "../db/audit.ts";
import type { Db } from "../db/client.ts";
import type { Env } from "../env.ts";
import type { Logger } from "../log.ts";
import { busChannel } from "./bus.ts";
import type { Channel } from "./channel.ts";
import { notificationMetrics } from "./metrics.ts";
import { senderDefaults, startSender, type SenderOptions } from "./sender.ts";
import { webhookChannel } from "./webhook.ts";

export interface NotificationDeps {
  env: Pick<Env, "notifications" | "auditRetentionDays">;
  db: Db;
  clock: Clock;
  log: Logger;
}

const hourMs = 3_600_000;

/** A receiver that is away holds nothing up: this starts, and is ready, without it. */
export function startNotifications(
  deps: NotificationDeps,
  options: Partial<SenderOptions> = {},
): { stop(): Promise<void> } {
  const { bus, webhook } = deps.env.notifications;
  const channels: Channel[] = [...(bus ? [busChannel(bus)] : []), ...(webhook ? [webhookChannel(webhook)] : [])];
  const metrics = notificationMetrics();
  const senders = channels.map((channel) =>
    startSender({ ...deps, metrics }, channel, { ...senderDefaults, ...options }),
  );
  const forgetting = startForgetting(deps);
  return {
    async stop() {
      await Promise.all([...senders.map((sender) => sender.stop()), forgetting.stop()]);
    },
  };
}

function startForgetting({ env, db, clock, log }: NotificationDeps): { stop(): Promise<void> } {
  const days = env.auditRetentionDays;
  if (days === 0) return { stop: async () => {} };
  let busy: Promise<void> | null = null;
  const forget = async () => {
    try {
      const removed = await pruneAudit(db, new Date(clock.now().getTime() - days * 24 * hourMs));
      if (removed > 0) log.info({ removed, days }, "old events of the audit trail were removed");
    } catch (error) {
      log.error({ err: error }, "old events of the audit trail could not be removed");
    }
  };
  const run = () => {
    busy ??= forget().finally(() => {
      busy = null;
    });
  };
  run();
  const timer = setInterval(run, hourMs);
  timer.unref();
  return {
    async stop() {
      clearInterval(timer);
      await busy;
    },
  };
}
