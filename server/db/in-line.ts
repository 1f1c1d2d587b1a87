// Who is before whom where clusters of one project go one after another. Only server/reconcile imports this file.
import type { Db } from "./client.ts";
import { tables } from "./tables.ts";

export interface InLine {
  id: string;
  /** Null = its back end has not been seen yet. */
  stackId: string | null;
  /** The conductor's own note. */
  seenBackend: unknown;
}

/**
 * Clusters of a project and region that are being made with a load balancer, in the order in which they were asked for.
 * Left out is who was asked for before `since`, and who has trouble of its own: nobody waits for them.
 */
export async function balancersInLine(
  db: Db,
  { projectId, region }: { projectId: string; region: string },
  since: Date,
): Promise<InLine[]> {
  const rows = await db.prisma.cluster.findMany({
    where: {
      projectId,
      region,
      status: "CREATE_IN_PROGRESS",
      masterLbEnabled: true,
      deletionRequestedAt: null,
      createdAt: { gte: since },
      failures: { lt: 2 },
    },
    orderBy: { seq: "asc" },
    select: { id: true, stackId: true, seenBackend: true },
  });
  return rows.map((row) => ({ ...row, seenBackend: seenBackend.parse(row.seenBackend) }));
}

/** A note that cannot be read is none. */
const seenBackend = tables.Cluster.seenBackend.catch(null);
