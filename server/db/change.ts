// The feed behind live screens: which clusters changed, in the order of commit.
import { takeTurn, type Db, type Tx } from "./client.ts";

export interface ChangeRow {
  seq: number;
  projectId: string;
  clusterId: string;
}

/** 0 when nothing changed yet. Of all projects: the feed hands each listener only its own. */
export async function latestSeq(db: Db): Promise<number> {
  const newest = await db.prisma.change.findFirst({ orderBy: { seq: "desc" }, select: { seq: true } });
  return newest?.seq ?? 0;
}

/** Rows after `seq`, oldest first, at most `limit`. */
export async function changesSince(db: Db, seq: number, limit = 2000): Promise<ChangeRow[]> {
  return db.prisma.change.findMany({
    where: { seq: { gt: seq } },
    orderBy: { seq: "asc" },
    take: limit,
    select: { seq: true, projectId: true, clusterId: true },
  });
}

/**
 * Notes a visible change; the last statement of its transaction. PostgreSQL counts at once but shows at commit: without
 * a turn a reader could see number 8 before 7 and never look back.
 */
export async function noteChange(
  db: Db,
  tx: Tx,
  subject: { projectId: string; clusterId: string },
  now: Date,
): Promise<void> {
  await takeTurn(db, tx, "jeroboam:change");
  await tx.change.create({ data: { projectId: subject.projectId, clusterId: subject.clusterId, at: now } });
}
