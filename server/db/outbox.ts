// Audit events that still have to be sent. A row goes when the receiver has its event; a sender that dies in between
// leaves it, so that an event may arrive twice, with one id, and never gets lost.
import { Prisma } from "./generated/sqlite/client.ts";
import type { AuditChannel, CadfEvent } from "../domain/audit.ts";
import { eventOf } from "./audit.ts";
import type { Db } from "./client.ts";

export interface Outgoing {
  seq: number;
  channel: AuditChannel;
  /** How often it was taken, this time included. */
  attempts: number;
  event: CadfEvent;
}

/**
 * Takes up to `n` events that are due and keeps others from them until `leaseMs` has passed. Only the oldest unsent one
 * of each cluster: the next one follows when that is settled, so that a listener sees a cluster's events in their order.
 * One statement: two senders never take the same.
 */
export async function takeOutgoing(
  db: Db,
  channel: AuditChannel,
  n: number,
  leaseMs: number,
  now: Date,
): Promise<Outgoing[]> {
  const until = new Date(now.getTime() + leaseMs);
  const skipLocked = db.dialect === "postgresql" ? Prisma.sql`FOR UPDATE OF o SKIP LOCKED` : Prisma.empty;
  const taken = await db.prisma.$queryRaw<{ seq: number | bigint; eventId: string; attempts: number | bigint }[]>`
    WITH due AS MATERIALIZED (
      SELECT o."seq" FROM "Outbox" o
       WHERE o."channel" = ${channel} AND o."nextAttemptAt" <= ${now}
         AND NOT EXISTS (
           SELECT 1 FROM "Outbox" e
            WHERE e."channel" = o."channel" AND e."clusterId" = o."clusterId" AND e."seq" < o."seq")
       ORDER BY o."seq" LIMIT ${n} ${skipLocked})
    UPDATE "Outbox" SET "nextAttemptAt" = ${until}, "attempts" = "attempts" + 1
     WHERE "seq" IN (SELECT "seq" FROM due)
    RETURNING "seq", "eventId", "attempts"`;
  const events = await db.prisma.auditEvent.findMany({
    where: { id: { in: taken.map((row) => row.eventId) } },
  });
  const known = new Map(events.map((event) => [event.id, event]));
  return taken
    .flatMap((row): Outgoing[] => {
      const event = known.get(row.eventId);
      return event ? [{ seq: Number(row.seq), channel, attempts: Number(row.attempts), event: eventOf(event) }] : [];
    })
    .toSorted((a, b) => a.seq - b.seq);
}

/** The receiver has them. */
export async function removeOutgoing(db: Db, seqs: readonly number[]): Promise<void> {
  await db.prisma.outbox.deleteMany({ where: { seq: { in: [...seqs] } } });
}

/** They were not sent: due again at `next`. */
export async function postponeOutgoing(db: Db, seqs: readonly number[], error: string, next: Date): Promise<void> {
  await db.prisma.outbox.updateMany({
    where: { seq: { in: [...seqs] } },
    data: { nextAttemptAt: next, lastError: error.slice(0, 500) },
  });
}

/** Events that wait to be sent. */
export async function countOutgoing(db: Db, channel: AuditChannel): Promise<number> {
  return db.prisma.outbox.count({ where: { channel } });
}
