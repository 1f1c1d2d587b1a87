import { Counter, Gauge, register, type Registry } from "prom-client";

export interface NotificationMetrics {
  queued: Gauge<"channel">;
  sent: Counter<"channel">;
  failed: Counter<"channel">;
}

let made: NotificationMetrics | undefined;

/** On the process' registry; made once however many senders run in it. */
export function notificationMetrics(registry: Registry = register): NotificationMetrics {
  const labelNames = ["channel"] as const;
  const registers = [registry];
  made ??= {
    queued: new Gauge({
      name: "jeroboam_notifications_queued",
      help: "Audit events that wait to be sent",
      labelNames,
      registers,
    }),
    sent: new Counter({
      name: "jeroboam_notifications_sent_total",
      help: "Audit events that the receiver confirmed",
      labelNames,
      registers,
    }),
    failed: new Counter({
      name: "jeroboam_notifications_failed_total",
      help: "Attempts to send an audit event that failed",
      labelNames,
      registers,
    }),
  };
  return made;
}
