// Events by HTTP POST. The signature lets the receiver tell them from anybody else's: HMAC-SHA256 of the body.
import { createHmac } from "node:crypto";
import { Refused, type Channel } from "./channel.ts";

export interface WebhookSettings {
  url: string;
  /** Null = not signed. */
  secret: string | null;
}

const timeoutMs = 10_000;
/** The body itself is at fault; every other status speaks of the receiver. */
const refusals = new Set([400, 413, 415, 422]);

export function webhookChannel({ url, secret }: WebhookSettings): Channel {
  return {
    name: "webhook",
    async send(notification) {
      const body = JSON.stringify(notification);
      const answer = await fetch(url, {
        method: "POST",
        body,
        headers: {
          "content-type": "application/json",
          "user-agent": "jeroboam",
          "x-jeroboam-event": notification.event_type,
          "x-jeroboam-delivery": notification.message_id,
          ...(secret === null ? {} : { "x-jeroboam-signature": signature(secret, body) }),
        },
        // Elsewhere nobody agreed to read it.
        redirect: "manual",
        signal: AbortSignal.timeout(timeoutMs),
      });
      await answer.body?.cancel();
      if (answer.ok) return;
      if (refusals.has(answer.status)) throw new Refused(`the webhook refuses the event with ${answer.status}`);
      throw new Error(`the webhook answers ${answer.status}`);
    },
    close: async () => {},
  };
}

/** `sha256=<hex>`. */
export const signature = (secret: string, body: string): string =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
