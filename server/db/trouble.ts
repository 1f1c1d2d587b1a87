// What the database's own failures mean to those who wait for an answer, found at one place for both databases: under
// Prisma, which has a hundred ways to say them.
import { DriverAdapterError } from "@prisma/driver-adapter-utils";
import type { IsolationLevel, SqlDriverAdapterFactory, SqlQuery, SqlQueryable } from "@prisma/driver-adapter-utils";
import { DomainError } from "../domain/error.ts";

/** `away`: it does not answer, or not us. `busy`: somebody else holds what is needed for too long. */
export type DatabaseTrouble = "away" | "busy" | "full" | "read-only" | "damaged";

const sentences: Record<DatabaseTrouble, string> = {
  away: "The service's database does not answer.",
  busy: "The service's database is busy.",
  full: "The service's database has no space left.",
  "read-only": "The service's database takes no changes.",
  damaged: "The service's database is damaged.",
};

/** For people and clients: what is wrong in plain words, nothing of where or how. */
export const unavailable = (trouble: DatabaseTrouble, cause?: unknown): DomainError =>
  Object.assign(
    new DomainError("database_unavailable", sentences[trouble], {
      remedy: "Try again in a minute; when it stays so, tell the operators of this service.",
    }),
    { cause },
  );

// Result codes of https://sqlite.org/rescode.html; the lowest byte is the class.
const sqliteTroubles: Readonly<Record<number, DatabaseTrouble>> = {
  5: "busy",
  6: "busy",
  8: "read-only",
  10: "away",
  11: "damaged",
  13: "full",
  14: "away",
  26: "damaged",
};

// SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html: a whole code, or its class of two letters.
const postgresTroubles: Readonly<Record<string, DatabaseTrouble>> = {
  "08": "away",
  "28": "away",
  "3D000": "away",
  "25006": "read-only",
  "53": "away",
  "53100": "full",
  "55P03": "busy",
  "57014": "busy",
  "57P": "away",
  "58": "away",
  XX001: "damaged",
  XX002: "damaged",
};

const adapterTroubles: Readonly<Record<string, DatabaseTrouble>> = {
  SocketTimeout: "busy",
  DatabaseNotReachable: "away",
  DatabaseDoesNotExist: "away",
  DatabaseAccessDenied: "away",
  AuthenticationFailed: "away",
  ConnectionClosed: "away",
  TlsConnectionError: "away",
  TooManyConnections: "busy",
};

/** What an error of a driver means; null = something else, such as a constraint or a bug. Looks at causes as well. */
export function troubleOf(error: unknown): DatabaseTrouble | null {
  if (error instanceof DriverAdapterError) {
    const { cause } = error;
    if (cause.kind === "postgres") return ofSqlState(cause.code);
    if (cause.kind === "sqlite") return sqliteTroubles[cause.extendedCode & 0xff] ?? null;
    return adapterTroubles[cause.kind] ?? null;
  }
  if (!(error instanceof Error)) return null;
  if ("errcode" in error && typeof error.errcode === "number") return sqliteTroubles[error.errcode & 0xff] ?? null;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  if (/^E[A-Z_]+$/.test(code)) return code === "ENOSPC" ? "full" : code === "EROFS" ? "read-only" : "away";
  // Of the pool and the client, which give no code.
  if (/^(Connection terminated|timeout exceeded when|Query read timeout|Client has encountered)/.test(error.message))
    return "away";
  return ofSqlState(code);
}

const ofSqlState = (code: string): DatabaseTrouble | null =>
  postgresTroubles[code] ?? postgresTroubles[code.slice(0, 3)] ?? postgresTroubles[code.slice(0, 2)] ?? null;

/** The same adapter, but what the database cannot do now is thrown as `unavailable`, after `tell` has heard of it. */
export function watched(
  factory: SqlDriverAdapterFactory,
  tell: (trouble: DatabaseTrouble) => void,
): SqlDriverAdapterFactory {
  async function tried<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const trouble = troubleOf(error);
      if (trouble === null) throw error;
      tell(trouble);
      throw unavailable(trouble, error);
    }
  }
  function watch<T extends SqlQueryable>(to: T): T {
    const [read, write] = [to.queryRaw.bind(to), to.executeRaw.bind(to)];
    return Object.assign(to, {
      queryRaw: (query: SqlQuery) => tried(() => read(query)),
      executeRaw: (query: SqlQuery) => tried(() => write(query)),
    });
  }
  const { provider, adapterName } = factory;
  return {
    provider,
    adapterName,
    async connect() {
      const adapter = watch(await tried(() => factory.connect()));
      const begin = adapter.startTransaction.bind(adapter);
      return Object.assign(adapter, {
        startTransaction: async (isolation?: IsolationLevel) => {
          const tx = watch(await tried(() => begin(isolation)));
          const commit = tx.commit.bind(tx);
          return Object.assign(tx, { commit: () => tried(commit) });
        },
      });
    },
  };
}
