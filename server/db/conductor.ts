import type { Db } from "./client.ts";
import type { CloudScope } from "./scope.ts";

export interface ConductorRow {
  id: number;
  host: string;
  reportCount: number;
  disabledReason: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** Every conductor that reported within a week (Magnum's mservices). */
export async function listConductors(db: Db, _scope: CloudScope): Promise<ConductorRow[]> {
  return db.prisma.conductor.findMany({ orderBy: { id: "asc" } });
}

/** Says that a conductor lives (Magnum's mservices), and why it takes no work; null = it does. */
export async function heartbeat(db: Db, host: string, now: Date, disabledReason: string | null = null): Promise<void> {
  await db.prisma.conductor.upsert({
    where: { host },
    create: { host, reportCount: 1, disabledReason, createdAt: now, updatedAt: now },
    update: { reportCount: { increment: 1 }, disabledReason, updatedAt: now },
  });
}
