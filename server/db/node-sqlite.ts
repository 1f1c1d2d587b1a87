// Prisma on Node's own SQLite. One connection for the process: SQLite lets one writer in at a time anyway, and a queue
// in front of it keeps other queries out of a transaction that is open.
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import {
  ColumnTypeEnum,
  DriverAdapterError,
  type ArgType,
  type ColumnType,
  type IsolationLevel,
  type SqlDriverAdapter,
  type SqlDriverAdapterFactory,
  type SqlQuery,
  type SqlResultSet,
  type Transaction,
} from "@prisma/driver-adapter-utils";

const names = { provider: "sqlite", adapterName: "node-sqlite" } as const;
const preparedLimit = 500;

/** How long a statement waits for another connection's transaction before it fails. */
const patienceMs = 8000;

interface Prepared {
  statement: StatementSync;
  columns: string[];
  declared: string[];
}

/** For `new PrismaClient({ adapter })`. `path` is a file's path or `:memory:`. */
export function nodeSqlite(path: string, waitMs = patienceMs): SqlDriverAdapterFactory {
  return { ...names, connect: async () => connection(path, waitMs) };
}

function connection(path: string, waitMs: number): SqlDriverAdapter {
  // Waiting is done outside of SQLite, where it does not stop the whole process: see `patiently`.
  const database = new DatabaseSync(path, { timeout: 0, enableForeignKeyConstraints: true });
  database.exec("PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY");
  const prepared = new Map<string, Prepared>();
  const patiently = patience(waitMs);
  const queue = turnstile(patiently);

  function prepare(sql: string): Prepared {
    const known = prepared.get(sql);
    if (known) return known;
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    const columns = statement.columns();
    const entry = {
      statement,
      columns: columns.map((column) => column.name),
      declared: columns.map((column) => column.type ?? ""),
    };
    if (prepared.size >= preparedLimit) prepared.clear();
    prepared.set(sql, entry);
    return entry;
  }

  const read = (query: SqlQuery): SqlResultSet =>
    guarded(() => {
      const { statement, columns, declared } = prepare(query.sql);
      const rows: unknown[][] = statement.all(...bind(query)).map((row) => Object.values(row));
      const columnTypes = declared.map((type, index) => columnType(type, rows, index));
      return {
        columnNames: columns,
        columnTypes,
        rows: rows.map((row) => row.map((value, index) => fitting(fromSqlite(value), columnTypes[index]))),
      };
    });
  const write = (query: SqlQuery): number =>
    guarded(() => Number(prepare(query.sql).statement.run(...bind(query)).changes));

  return {
    ...names,
    queryRaw: (query) => queue.inTurn(() => read(query)),
    executeRaw: (query) => queue.inTurn(() => write(query)),
    executeScript: (script) => queue.inTurn(() => guarded(() => database.exec(script))),
    async startTransaction(isolation?: IsolationLevel): Promise<Transaction> {
      if (isolation !== undefined && isolation !== "SERIALIZABLE")
        throw new DriverAdapterError({ kind: "InvalidIsolationLevel", level: isolation });
      const leave = await queue.enter();
      try {
        // The write lock at once: one that is asked for after a read fails when another process wrote in between.
        await patiently(() => guarded(() => database.exec("BEGIN IMMEDIATE")));
      } catch (error) {
        leave();
        throw error;
      }
      const end = async (sql: string) => {
        try {
          if (database.isTransaction) guarded(() => database.exec(sql));
        } finally {
          leave();
        }
      };
      return {
        ...names,
        options: { usePhantomQuery: true },
        queryRaw: async (query) => read(query),
        executeRaw: async (query) => write(query),
        commit: () => end("COMMIT"),
        rollback: () => end("ROLLBACK"),
      };
    },
    async dispose() {
      prepared.clear();
      if (database.isOpen) database.close();
    },
  };
}

/** Lets one in at a time, in the order of asking. */
function turnstile(patiently: Patiently) {
  let last: Promise<void> = Promise.resolve();
  async function enter(): Promise<() => void> {
    const before = last;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    await before;
    return resolve;
  }
  return {
    enter,
    async inTurn<T>(work: () => T): Promise<T> {
      const leave = await enter();
      try {
        return await patiently(work);
      } finally {
        leave();
      }
    },
  };
}

type Patiently = <T>(work: () => T) => Promise<T>;

/** Tries again while another connection, of this or another process, is writing. */
const patience =
  (waitMs: number): Patiently =>
  async (work) => {
    const giveUp = performance.now() + waitMs;
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50))
      try {
        return work();
      } catch (error) {
        const waiting = error instanceof DriverAdapterError && error.cause.kind === "SocketTimeout";
        if (!waiting || performance.now() > giveUp) throw error;
        await setTimeout(pauseMs * (0.5 + Math.random()));
      }
  };

const bind = (query: SqlQuery): SQLInputValue[] =>
  query.args.map((value, index) => toSqlite(value, query.argTypes[index]));

function toSqlite(value: unknown, type: ArgType | undefined): SQLInputValue {
  if (value === null || value === undefined) return null;
  if (typeof value === "boolean") return value ? 1 : 0;
  // One spelling for all times, so that text compares as time does.
  if (value instanceof Date) return time(value);
  if (typeof value === "string") {
    if (type?.scalarType === "datetime") return time(new Date(value));
    if (type?.scalarType === "bigint") return BigInt(value);
    if (type?.scalarType === "bytes") return Buffer.from(value, "base64");
    return value;
  }
  if (typeof value === "number" || typeof value === "bigint" || value instanceof Uint8Array) return value;
  throw new TypeError(`a ${typeof value} cannot be stored in SQLite`);
}

const time = (value: Date): string => value.toISOString().replace("Z", "+00:00");

const fromSqlite = (value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);

/**
 * SQLite keeps what it is given whatever a column declares. What does not fit its column is given on as a value that
 * fits its type and nothing else, so that Prisma reads the other rows, and who reads this one sees that it is damaged.
 */
function fitting(value: unknown, type: ColumnType | undefined): unknown {
  if (value === null) return null;
  if (type === ColumnTypeEnum.Int32) return typeof value === "number" && Number.isInteger(value) ? value : Number.NaN;
  if (type === ColumnTypeEnum.Boolean) return value === 0 || value === 1 ? value : null;
  const isText = type === ColumnTypeEnum.Text || type === ColumnTypeEnum.DateTime;
  return isText && value instanceof Uint8Array ? Buffer.from(value).toString() : value;
}

const declaredTypes: Readonly<Record<string, ColumnType>> = {
  INTEGER: ColumnTypeEnum.Int32,
  BIGINT: ColumnTypeEnum.Int64,
  BOOLEAN: ColumnTypeEnum.Boolean,
  DATETIME: ColumnTypeEnum.DateTime,
  REAL: ColumnTypeEnum.Double,
  DECIMAL: ColumnTypeEnum.Numeric,
  TEXT: ColumnTypeEnum.Text,
  JSONB: ColumnTypeEnum.Json,
  BLOB: ColumnTypeEnum.Bytes,
};

/** A counted or computed column declares nothing: its first value speaks for it. */
function columnType(declared: string, rows: readonly unknown[][], index: number): ColumnType {
  const known = declaredTypes[declared.toUpperCase()];
  if (known !== undefined) return known;
  const value = rows.find((row) => row[index] !== null)?.[index];
  if (typeof value === "string") return ColumnTypeEnum.Text;
  if (typeof value === "bigint") return ColumnTypeEnum.Int64;
  if (value instanceof Uint8Array) return ColumnTypeEnum.Bytes;
  return typeof value === "number" && !Number.isInteger(value) ? ColumnTypeEnum.Double : ColumnTypeEnum.Int32;
}

// Extended result codes of https://sqlite.org/rescode.html
const uniqueCodes = [2067, 1555];
const foreignKeyCodes = [787, 1811];
const notNullCode = 1299;
const busy = 5;

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error && "errcode" in error && typeof error.errcode === "number")
      throw new DriverAdapterError({
        originalCode: String(error.errcode),
        originalMessage: error.message,
        ...translated(error.errcode, error.message),
      });
    throw error;
  }
}

function translated(code: number, message: string): DriverAdapterError["cause"] {
  const fields = message
    .split("constraint failed: ")
    .at(1)
    ?.split(", ")
    .map((field) => field.split(".").at(-1) ?? field);
  const constraint = fields ? { constraint: { fields } } : {};
  if (uniqueCodes.includes(code)) return { kind: "UniqueConstraintViolation", ...constraint };
  if (foreignKeyCodes.includes(code)) return { kind: "ForeignKeyConstraintViolation", constraint: { foreignKey: {} } };
  if (code === notNullCode) return { kind: "NullConstraintViolation", ...constraint };
  if ((code & 0xff) === busy) return { kind: "SocketTimeout" };
  return { kind: "sqlite", extendedCode: code, message };
}
