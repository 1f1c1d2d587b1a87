// What is true of the whole installation, whichever process asks.
import { hasCode, type Db } from "./client.ts";

const where = { id: "this" };

/** The sealed value that every process must be able to open; null = none was written yet. */
export async function getKeyProof(db: Db): Promise<string | null> {
  return (await db.prisma.installation.findUnique({ where }))?.keyProof ?? null;
}

/** The database's own time. SQLite's is that of this host: all that work on one file share it. */
export async function databaseTime(db: Db): Promise<Date> {
  const rows =
    db.dialect === "sqlite"
      ? await db.prisma.$queryRaw<{ now: string }[]>`SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now') AS "now"`
      : await db.prisma.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS "now"`;
  const [row] = rows;
  if (!row) throw new Error("the database tells no time");
  return new Date(row.now);
}

/** Writes it, if nobody else was faster. */
export async function insertKeyProof(db: Db, keyProof: string): Promise<void> {
  try {
    await db.prisma.installation.create({ data: { ...where, keyProof } });
  } catch (error) {
    if (!hasCode(error, "P2002")) throw error;
  }
}

/** An authority whose key is sealed in its row, whichever; null = there is none. */
export async function anySealedAuthority(db: Db, sealedPrefix: string): Promise<{ id: string; key: string } | null> {
  return db.prisma.certificateAuthority.findFirst({
    where: { key: { startsWith: sealedPrefix } },
    select: { id: true, key: true },
  });
}
