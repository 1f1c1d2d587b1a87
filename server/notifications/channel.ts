// What a way of sending audit events must be able to do, and how an event looks on all of them.
import { hostname } from "node:os";
import { eventTypeOf, priorityOf, type AuditChannel, type CadfEvent } from "../domain/audit.ts";

/** An event as Magnum's notifier words it. */
export interface Notification {
  /** The event's own id, also when it is sent again. */
  message_id: string;
  publisher_id: string;
  event_type: string;
  priority: "INFO" | "ERROR";
  payload: CadfEvent;
  /** UTC, as oslo.messaging writes it: `2026-01-02 03:04:05.678000`. */
  timestamp: string;
}

export interface Channel {
  readonly name: AuditChannel;
  /**
   * Resolves when the receiver has it; may be repeated. Throws Refused when the receiver does not want this one,
   * anything else when it cannot be reached or cannot take any.
   */
  send(notification: Notification): Promise<void>;
  close(): Promise<void>;
}

/** The receiver answers, and does not take this event: others may go on. */
export class Refused extends Error {
  override readonly name = "Refused";
}

export function notificationOf(event: CadfEvent): Notification {
  return {
    message_id: event.id,
    publisher_id: `magnum.${hostname()}`,
    event_type: eventTypeOf(event),
    priority: priorityOf(event),
    payload: event,
    timestamp: `${event.eventTime.slice(0, -1).replace("T", " ")}000`,
  };
}
