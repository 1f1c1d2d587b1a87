// Browser sessions. `id` is the SHA-256 of the cookie's value and `tokens` is sealed: who reads the database can
// neither become the person nor use their tokens.
import { z } from "zod";
import type { Db } from "./client.ts";
import { json } from "./tables.ts";

const ListedProject = z.object({ id: z.string(), name: z.string(), domainName: z.string() });
export type ListedProject = z.infer<typeof ListedProject>;
/** A list that cannot be read is none: Keystone is asked for another. */
const listedColumn = json(z.array(ListedProject));

export interface StoredSession {
  id: string;
  userId: string;
  userName: string;
  domainId: string;
  domainName: string;
  region: string;
  /** Sealed. */
  tokens: string;
  lastProjectId: string | null;
  createdAt: Date;
  expiresAt: Date;
  /** When its person last did something. */
  usedAt: Date | null;
  /** As Keystone last listed them; null = never yet. */
  listed: { projects: readonly ListedProject[]; at: Date } | null;
}

export async function createSession(db: Db, { listed, ...session }: StoredSession): Promise<void> {
  await db.prisma.session.create({ data: { ...session, ...listedColumns(listed) } });
}

/** Null when there is none, when it is over, or when it was not used for `idleMs` (null = that is no matter). */
export async function getSession(db: Db, id: string, now: Date, idleMs: number | null): Promise<StoredSession | null> {
  const row = await db.prisma.session.findFirst({ where: alive(id, now, idleMs) });
  if (!row) return null;
  const { projects, projectsAt, ...session } = row;
  const parsed = listedColumn.safeParse(projects);
  return { ...session, listed: projectsAt && parsed.success ? { projects: parsed.data, at: projectsAt } : null };
}

/** Remembers where the person is. False when the session is gone. */
export async function touchSession(
  db: Db,
  id: string,
  change: { region?: string; lastProjectId?: string },
): Promise<boolean> {
  return (await db.prisma.session.updateMany({ where: { id }, data: change })).count === 1;
}

/** The person did something. Written once a minute at most; what has ended does not come back. */
export async function noteUse(db: Db, id: string, now: Date, idleMs: number | null): Promise<void> {
  const minuteAgo = new Date(now.getTime() - 60_000);
  await db.prisma.session.updateMany({
    where: { AND: [alive(id, now, idleMs), { OR: [{ usedAt: null }, { usedAt: { lte: minuteAgo } }] }] },
    data: { usedAt: now },
  });
}

export async function rememberProjects(
  db: Db,
  id: string,
  listed: NonNullable<StoredSession["listed"]>,
): Promise<void> {
  await db.prisma.session.updateMany({ where: { id }, data: listedColumns(listed) });
}

/** Replaces the tokens if they are still `before`; false when another request was faster or the session is gone. */
export async function replaceTokens(db: Db, id: string, before: string, tokens: string): Promise<boolean> {
  return (await db.prisma.session.updateMany({ where: { id, tokens: before }, data: { tokens } })).count === 1;
}

/** May be repeated. */
export async function deleteSession(db: Db, id: string): Promise<void> {
  await db.prisma.session.deleteMany({ where: { id } });
}

export async function deleteExpiredSessions(db: Db, now: Date): Promise<void> {
  await db.prisma.session.deleteMany({ where: { expiresAt: { lte: now } } });
}

const alive = (id: string, now: Date, idleMs: number | null) => ({
  id,
  expiresAt: { gt: now },
  ...(idleMs === null ? {} : { OR: [{ usedAt: null }, { usedAt: { gt: new Date(now.getTime() - idleMs) } }] }),
});

const listedColumns = (listed: StoredSession["listed"]) => ({
  projects: JSON.stringify(listed?.projects ?? []),
  projectsAt: listed?.at ?? null,
});
