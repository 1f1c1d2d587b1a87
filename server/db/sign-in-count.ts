// How often signing in failed lately, by whatever is counted. One row for each key, the same for all replicas.
import { type Db, takeTurn } from "./client.ts";

export interface CountRule {
  /** 64 characters, whatever is counted. */
  key: string;
  /** Failures before the first wait. */
  free: number;
  /** The wait is a second after those, then doubles up to this. */
  longestWaitMs: number;
}

/** What a try counts for, from `claimTry` on until `settleTry`. */
export interface ClaimedTry {
  keys: readonly string[];
  /** Of whoever tries, in a row and with this one. */
  failures: number;
  /** How long the next try has to wait should this one fail. */
  waitMs: number;
}

/** Failures are forgotten when there was no other for this long. */
const memoryMs = 3_600_000;
/** Who signed in from an address within this time is no stranger there. */
export const acquaintanceMs = 30 * 24 * 3_600_000;
/** More rows than this are not kept: the oldest go. */
const mostRows = 100_000;

/**
 * Counts a try as failed before it is made, so that a hundred at once are counted one after the other. A number is
 * returned in place of a claim when it must wait: milliseconds. `own` is the count of this account at this address;
 * where it succeeded lately, what strangers did (`shared`) is not held against it.
 */
export async function claimTry(
  db: Db,
  own: CountRule,
  shared: readonly CountRule[],
  now: Date,
): Promise<ClaimedTry | number> {
  return db.transaction(async (tx) => {
    const rules = [own, ...shared].toSorted((a, b) => (a.key < b.key ? -1 : 1));
    for (const { key } of rules) await takeTurn(db, tx, `sign-in ${key}`);
    const found = await tx.signInCount.findMany({ where: { key: { in: rules.map(({ key }) => key) } } });
    const rows = new Map(found.map((row) => [row.key, row]));
    const known = (rows.get(own.key)?.succeededAt ?? new Date(0)) > new Date(now.getTime() - acquaintanceMs);
    const counted = known ? [own] : rules;
    const wait = Math.max(...counted.map(({ key }) => (rows.get(key)?.blockedUntil ?? now).getTime() - now.getTime()));
    if (wait > 0) return wait;
    const waits = await Promise.all(
      counted.map(async ({ key, free, longestWaitMs }) => {
        const row = rows.get(key);
        const failures = (row && now.getTime() - row.lastAt.getTime() < memoryMs ? row.failures : 0) + 1;
        const waitMs = failures < free ? 0 : Math.min(longestWaitMs, 1000 * 2 ** Math.min(failures - free, 30));
        const count = { failures, lastAt: now, blockedUntil: new Date(now.getTime() + waitMs) };
        await tx.signInCount.upsert({ where: { key }, create: { key, ...count }, update: count });
        return { key, failures, waitMs };
      }),
    );
    return {
      keys: counted.map(({ key }) => key),
      failures: waits.find(({ key }) => key === own.key)?.failures ?? 1,
      waitMs: Math.max(...waits.map(({ waitMs }) => waitMs)),
    };
  });
}

/** The try was no failure: it succeeded (`as`: the key of its own count starts anew), or nobody judged it (null). */
export async function settleTry(db: Db, claimed: ClaimedTry, as: string | null, now: Date): Promise<void> {
  const others = claimed.keys.filter((key) => key !== as);
  await db.transaction(async (tx) => {
    await tx.signInCount.updateMany({
      where: { key: { in: others } },
      data: { failures: { decrement: 1 }, blockedUntil: now },
    });
    if (as !== null)
      await tx.signInCount.updateMany({
        where: { key: as },
        data: { failures: 0, blockedUntil: now, lastAt: now, succeededAt: now },
      });
  });
}

/** Takes out what counts no longer, and the oldest beyond what is kept. */
export async function pruneSignInCounts(db: Db, now: Date, most = mostRows): Promise<void> {
  const forgotten = { lte: new Date(now.getTime() - memoryMs) };
  const strangers = [{ succeededAt: null }, { succeededAt: { lt: new Date(now.getTime() - acquaintanceMs) } }];
  await db.prisma.signInCount.deleteMany({ where: { lastAt: forgotten, blockedUntil: { lte: now }, OR: strangers } });
  const beyond = await db.prisma.signInCount.findFirst({
    orderBy: { lastAt: "desc" },
    skip: most,
    select: { lastAt: true },
  });
  if (beyond) await db.prisma.signInCount.deleteMany({ where: { lastAt: { lte: beyond.lastAt } } });
}
