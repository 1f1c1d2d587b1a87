// The connection to the database. `Db` is what every function of this folder takes first; nothing outside this folder
// looks inside it.
import { PrismaPg } from "@prisma/adapter-pg";
import type { AuditChannel } from "../domain/audit.ts";
import { PrismaClient as PostgresqlClient } from "./generated/postgresql/client.ts";
import { Prisma, PrismaClient as SqliteClient } from "./generated/sqlite/client.ts";
import { nodeSqlite } from "./node-sqlite.ts";
import { toColumns } from "./tables.ts";
import { unavailable, watched, type DatabaseTrouble } from "./trouble.ts";

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
  /** Throws database_unavailable when it cannot be read. Cheap however often it is called. */
  ping(): Promise<void>;
  /** Throws database_unavailable when it cannot be read and written, or could not a moment ago. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

export interface ConnectOptions {
  channels?: readonly AuditChannel[];
  /** SQLite: how long a statement waits for another process' transaction. */
  waitMs?: number;
}

/** `url`: `file:<path>` or `postgresql://...`. Connects lazily; call `migrate` first. */
export function connect(url: string, { channels = [], waitMs }: ConnectOptions = {}): Db {
  const dialect = dialectOf(url);
  const transactionOptions = { maxWait: 15_000, timeout: 15_000 };
  const health = openHealth();
  const prisma = fitting(
    dialect === "sqlite"
      ? new SqliteClient({ adapter: watched(nodeSqlite(sqlitePath(url), waitMs), health.tell), transactionOptions })
      : sameShape(
          new PostgresqlClient({
            // A server that is gone without a word must not hold up requests for minutes.
            adapter: watched(
              new PrismaPg({
                connectionString: url,
                max: 10,
                keepAlive: true,
                connectionTimeoutMillis: 5000,
                query_timeout: 20_000,
              }),
              health.tell,
            ),
            transactionOptions,
          }),
        ),
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
          // It waited too long for its turn, or for a row that another one holds.
          if (hasCode(error, "P2028")) throw unavailable("busy", error);
          // PostgreSQL gives up one of two transactions that wait for each other; its work was undone.
          if (!hasCode(error, "P2034") || attempt === 3) throw error;
        }
    },
    ping: oftenAsked(async () => {
      await prisma.$queryRaw`SELECT 1`;
    }),
    probe: oftenAsked(async () => {
      const trouble = health.recent();
      if (trouble !== null) throw unavailable(trouble);
      await prisma.installation.updateMany({ data: { probes: { increment: 1 } } });
    }),
    close: () => prisma.$disconnect(),
  };
}

/** How long a write that failed counts: a small one may find room where others do not. */
const memoryMs = 15_000;

/** What writes have met lately. A damaged database stays so. */
function openHealth() {
  let last: { trouble: DatabaseTrouble; at: number } | null = null;
  return {
    tell(trouble: DatabaseTrouble): void {
      if (last?.trouble !== "damaged" && trouble !== "away" && trouble !== "busy")
        last = { trouble, at: performance.now() };
    },
    recent: (): DatabaseTrouble | null =>
      last && (last.trouble === "damaged" || performance.now() - last.at < memoryMs) ? last.trouble : null,
  };
}

/** Asked again within a second, the answer is the one before: anybody may ask. */
function oftenAsked(ask: () => Promise<void>): () => Promise<void> {
  let known: { at: number; answer: Promise<void> } | null = null;
  return () => {
    if (!known || performance.now() - known.at >= 1000) known = { at: performance.now(), answer: ask() };
    return known.answer;
  };
}

export const dialectOf = (url: string): Dialect => (/^postgres(ql)?:/.test(url) ? "postgresql" : "sqlite");
export const sqlitePath = (url: string): string => url.replace(/^file:/, "");

/** Is this Prisma's error of that code, such as P2002 for a value that exists already? */
export const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && "code" in error && error.code === code;

const writes: ReadonlySet<PropertyKey> = new Set([
  "create",
  "createMany",
  "createManyAndReturn",
  "update",
  "updateMany",
  "updateManyAndReturn",
  "upsert",
]);
/** The parts of a write that hold columns. */
const parts = ["data", "create", "update"];

const models = new Map<PropertyKey, string>(
  Object.values(Prisma.ModelName).map((model) => [model.charAt(0).toLowerCase() + model.slice(1), model]),
);

/**
 * Every write of this client and of its transactions goes through the schemas that reading goes through. A proxy rather
 * than Prisma's own extensions, which every read would wait for as well.
 */
function fitting<C extends Tx>(client: C): C {
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      const model = models.get(name);
      if (model !== undefined && typeof value === "object" && value !== null) return fittingWrites(model, value);
      if (typeof value !== "function") return value;
      if (name !== "$transaction") return value.bind(target) as unknown;
      return (work: unknown, ...options: unknown[]) =>
        Reflect.apply(value, target, [
          typeof work === "function" ? (tx: Tx): unknown => work(fitting(tx)) : work,
          ...options,
        ]) as unknown;
    },
  });
}

const fittingWrites = (model: string, delegate: object): object =>
  new Proxy(delegate, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function" || !writes.has(name)) return value;
      return (args: object) =>
        Reflect.apply(value, target, [
          Object.fromEntries(
            Object.entries(args).map(([part, given]: [string, unknown]) => [
              part,
              parts.includes(part) ? toColumns(model, given) : given,
            ]),
          ),
        ]) as unknown;
    },
  });

/** Both clients are generated from one schema; only their nominal types differ. */
function sameShape(client: PostgresqlClient): SqliteClient {
  const untyped: unknown = client;
  return untyped as SqliteClient;
}

/** Waits for a turn that lasts until the transaction ends. On SQLite the transaction itself is that turn. */
export async function takeTurn(db: Db, tx: Tx, subject: string): Promise<void> {
  if (db.dialect === "postgresql") await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${subject}, 0))`;
}
