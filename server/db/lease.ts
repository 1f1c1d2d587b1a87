// Which conductor works on which due cluster, of all projects. Only server/reconcile imports this file.
import { Prisma } from "./generated/sqlite/client.ts";
import type { Db } from "./client.ts";

/**
 * Takes up to `n` due clusters whose lease is free or over, and returns their ids. Projects take turns: first comes whose
 * project has the fewest in work, among those who is due the longest, so that a project with hundreds of them holds up no
 * other one. One statement: two conductors never take the same cluster. The list is MATERIALIZED because PostgreSQL may
 * otherwise run the inner query more than once and take more than `n`.
 */
export async function claimDue(db: Db, owner: string, n: number, leaseMs: number, now: Date): Promise<string[]> {
  const until = new Date(now.getTime() + leaseMs);
  const skipLocked = db.dialect === "postgresql" ? Prisma.sql`FOR UPDATE OF "Cluster" SKIP LOCKED` : Prisma.empty;
  const free = Prisma.sql`"nextReconcileAt" <= ${now} AND ("leaseUntil" IS NULL OR "leaseUntil" < ${now})`;
  const rows = await db.prisma.$queryRaw<{ id: string }[]>`
    WITH busy AS (
      SELECT "projectId", COUNT(*) AS "held" FROM "Cluster" WHERE "leaseUntil" >= ${now} GROUP BY "projectId"),
    queued AS (
      SELECT "id", "projectId", ROW_NUMBER() OVER (PARTITION BY "projectId" ORDER BY "nextReconcileAt") AS "place"
        FROM "Cluster" WHERE ${free}),
    due AS MATERIALIZED (
      SELECT "Cluster"."id" FROM "Cluster"
        JOIN queued ON queued."id" = "Cluster"."id" LEFT JOIN busy ON busy."projectId" = queued."projectId"
       WHERE ${free}
       ORDER BY queued."place" + COALESCE(busy."held", 0), "nextReconcileAt" LIMIT ${n} ${skipLocked})
    UPDATE "Cluster" SET "leaseOwner" = ${owner}, "leaseUntil" = ${until}
     WHERE "id" IN (SELECT "id" FROM due)
    RETURNING "id"`;
  return rows.map((row) => row.id);
}

/** Extends the leases that are still ours and returns whose those are. */
export async function renewLease(
  db: Db,
  owner: string,
  ids: readonly string[],
  leaseMs: number,
  now: Date,
): Promise<string[]> {
  const mine = { id: { in: [...ids] }, leaseOwner: owner, leaseUntil: { gte: now } };
  await db.prisma.cluster.updateMany({
    where: mine,
    data: { leaseUntil: new Date(now.getTime() + leaseMs) },
  });
  const rows = await db.prisma.cluster.findMany({ where: mine, select: { id: true } });
  return rows.map((row) => row.id);
}

/** Gives back every lease of a conductor that stops; the clusters stay due. */
export async function releaseLeases(db: Db, owner: string): Promise<void> {
  await db.prisma.cluster.updateMany({ where: { leaseOwner: owner }, data: { leaseOwner: null, leaseUntil: null } });
}

/** When the next cluster comes due or loses its lease; null = there is none. */
export async function nextDueAt(db: Db): Promise<Date | null> {
  const [free, leased] = await Promise.all([
    db.prisma.cluster.aggregate({ where: { leaseUntil: null }, _min: { nextReconcileAt: true } }),
    db.prisma.cluster.aggregate({ where: { leaseUntil: { not: null } }, _min: { leaseUntil: true } }),
  ]);
  const times = [free._min.nextReconcileAt, leased._min.leaseUntil].flatMap((time) => (time ? [time.getTime()] : []));
  return times.length > 0 ? new Date(Math.min(...times)) : null;
}
