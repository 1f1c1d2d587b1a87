// The connection to the database. `Db` is what every function of this folder takes first; nothing outside this folder
// looks inside it.
import { PrismaPg } from "@prisma/adapter-pg";
import type { AuditChannel } from "../domain/audit.ts";
import { PrismaClient as PostgresqlClient } from "./generated/postgresql/client.ts";
import { type Prisma, PrismaClient as SqliteClient } from "./generated/sqlite/client.ts";
import { nodeSqlite } from "./node-sqlite.ts";

export type Dialect = "sqlite" | "postgresql";

/** One type for both clients: SQLite's is the stricter, so what it accepts works on both. */
export type Tx = Prisma.TransactionClient;

export interface Db {
  readonly dialect: Dialect;
  readonly prisma: SqliteClient;
  /** Where audit events are to be sent: each gets a place in the outbox, written with the event. */
  readonly channels: readonly AuditChannel[];
  /** All or nothing. `work` awaits nothing but the database: on SQLite everybody else waits. */
  transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** `url`: `file:<path>` or `postgresql://...`. Connects lazily; call `migrate` first. */
export function connect(url: string, { channels = [] }: { channels?: readonly AuditChannel[] } = {}): Db {
  const dialect = dialectOf(url);
  const transactionOptions = { maxWait: 15_000, timeout: 15_000 };
  const prisma =
    dialect === "sqlite"
      ? new SqliteClient({ adapter: nodeSqlite(sqlitePath(url)), transactionOptions })
      : sameShape(
          new PostgresqlClient({ adapter: new PrismaPg({ connectionString: url, max: 10 }), transactionOptions }),
        );
  return {
    dialect,
    prisma,
    channels,
    async transaction(work) {
      for (let attempt = 1; ; attempt++)
        try {
          return await prisma.$transaction(work);
        } catch (error) {
          // PostgreSQL gives up one of two transactions that wait for each other; its work was undone.
          if (!hasCode(error, "P2034") || attempt === 3) throw error;
        }
    },
    async ping() {
      await prisma.$queryRaw`SELECT 1`;
    },
    close: () => prisma.$disconnect(),
  };
}

export const dialectOf = (url: string): Dialect => (/^postgres(ql)?:/.test(url) ? "postgresql" : "sqlite");
export const sqlitePath = (url: string): string => url.replace(/^file:/, "");

/** Is this Prisma's error of that code, such as P2002 for a value that exists already? */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

/** Both clients are generated from one schema; only their nominal types differ. */
function sameShape(client: PostgresqlClient): SqliteClient {
  const untyped: unknown = client;
  return untyped as SqliteClient;
}

/** Waits for a turn that lasts until the transaction ends. On SQLite the transaction itself is that turn. */
export async function takeTurn(db: Db, tx: Tx, subject: string): Promise<void> {
  if (db.dialect === "postgresql") await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${subject}, 0))`;
}
