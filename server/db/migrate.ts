// Brings a database up to the newest migration. Each one runs in a transaction with its own entry in the list of what
// ran, and processes that start together wait for one another.
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { z } from "zod";
import { dialectOf, sqlitePath, type Dialect } from "./client.ts";
import { EnvError } from "../env.ts";
import { migrations } from "./generated/migrations.ts";

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

const Applied = z.array(z.object({ name: z.string(), checksum: z.string() }));

const createList =
  'CREATE TABLE IF NOT EXISTS "_migration" ("name" TEXT NOT NULL PRIMARY KEY, "checksum" TEXT NOT NULL, "appliedAt" TEXT NOT NULL)';
const readList = 'SELECT "name", "checksum" FROM "_migration"';
const advisoryLock = 7_272_746;

/**
 * Applies what is missing and returns its names. Creates a SQLite file that does not exist, readable by its owner only.
 * Throws when an applied migration was edited, or when the database is newer than this program. May be repeated.
 */
export async function migrate(url: string, known: Record<Dialect, [string, string][]> = migrations): Promise<string[]> {
  const dialect = dialectOf(url);
  const list = known[dialect].map(([name, sql]) => ({
    name,
    sql,
    checksum: createHash("sha256").update(sql).digest("hex"),
  }));
  return dialect === "sqlite" ? migrateSqlite(sqlitePath(url), list) : migratePostgresql(url, list);
}

function missing(list: readonly Migration[], rows: unknown): Migration[] {
  const applied = new Map(Applied.parse(rows).map((row) => [row.name, row.checksum]));
  for (const name of applied.keys())
    if (!list.some((migration) => migration.name === name))
      throw new EnvError(`the database has migration ${name}, which this version does not know: start a newer version`);
  return list.filter((migration) => {
    const checksum = applied.get(migration.name);
    if (checksum !== undefined && checksum !== migration.checksum)
      throw new EnvError(`migration ${migration.name} was edited after it had been applied`);
    return checksum === undefined;
  });
}

function migrateSqlite(path: string, list: readonly Migration[]): string[] {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, "a", 0o600));
  const database = new DatabaseSync(path, { timeout: 30_000 });
  try {
    // Neither works inside a transaction.
    database.exec("PRAGMA foreign_keys = OFF");
    enableWal(database);
    database.exec("BEGIN IMMEDIATE");
    try {
      database.exec(createList);
      const todo = missing(list, database.prepare(readList).all());
      for (const { name, sql, checksum } of todo) {
        database.exec(sql.replaceAll(/^PRAGMA .*$/gm, ""));
        database.prepare('INSERT INTO "_migration" VALUES (?, ?, ?)').run(name, checksum, new Date().toISOString());
      }
      const dangling = todo.length > 0 ? database.prepare("PRAGMA foreign_key_check").all().length : 0;
      if (dangling > 0) throw new EnvError(`the migrations would leave ${dangling} rows that refer to nothing`);
      database.exec("COMMIT");
      return todo.map((migration) => migration.name);
    } catch (error) {
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  } finally {
    database.close();
  }
}

/** Changing the journal's mode does not wait for others as statements do: who comes second finds it changed. */
function enableWal(database: DatabaseSync): void {
  for (let attempt = 1; ; attempt++)
    try {
      database.exec("PRAGMA journal_mode = WAL");
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
    }
}

async function migratePostgresql(url: string, list: readonly Migration[]): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("SELECT pg_advisory_lock($1)", [advisoryLock]);
    await client.query(createList);
    const todo = missing(list, (await client.query(readList)).rows);
    for (const { name, sql, checksum } of todo) {
      await client.query("BEGIN");
      try {
        await client.query(sql);
        await client.query('INSERT INTO "_migration" VALUES ($1, $2, $3)', [name, checksum, new Date().toISOString()]);
        await client.query("COMMIT");
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      }
    }
    return todo.map((migration) => migration.name);
  } finally {
    // Ends the session, and with it the lock.
    await client.end();
  }
}
