// Browser sessions. `id` is the SHA-256 of the cookie's value and `tokens` is sealed: who reads the database can
// neither become the person nor use their tokens.
import type { Db } from "./client.ts";

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
}

export async function createSession(db: Db, session: StoredSession): Promise<void> {
  await db.prisma.session.create({ data: session });
}

/** Null when there is none, or when it is over. */
export async function getSession(db: Db, id: string, now: Date): Promise<StoredSession | null> {
  return db.prisma.session.findFirst({ where: { id, expiresAt: { gt: now } } });
}

/** Remembers where the person is. False when the session is gone. */
export async function touchSession(
  db: Db,
  id: string,
  change: { region?: string; lastProjectId?: string },
): Promise<boolean> {
  return (await db.prisma.session.updateMany({ where: { id }, data: change })).count === 1;
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
