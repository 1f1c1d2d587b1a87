// Real databases for tests: a SQLite file of its own for each test file, and the same tests on PostgreSQL where
// TEST_POSTGRES_URL names one (the test command starts one where it is installed).
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, describe } from "vitest";
import { connect, type Db } from "../db/client.ts";
import { migrate } from "../db/migrate.ts";

/** A database of its own with nothing in it. Returns its url and what removes it. */
export async function emptyDatabase(dialect: Db["dialect"]): Promise<{ url: string; remove(): Promise<void> }> {
  if (dialect === "sqlite") {
    const directory = mkdtempSync(join(tmpdir(), "jeroboam-db-"));
    return {
      url: `file:${join(directory, "test.db")}`,
      remove: async () => rmSync(directory, { recursive: true, force: true }),
    };
  }
  const server = process.env["TEST_POSTGRES_URL"];
  if (!server) throw new Error("TEST_POSTGRES_URL is not set");
  const name = `test_${randomBytes(8).toString("hex")}`;
  const ask = async (sql: string) => {
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  };
  await ask(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { url: url.href, remove: () => ask(`DROP DATABASE ${name} WITH (FORCE)`) };
}

export const dialects: readonly Db["dialect"][] = process.env["TEST_POSTGRES_URL"]
  ? ["sqlite", "postgresql"]
  : ["sqlite"];

export interface TestDatabase {
  readonly db: Db;
  readonly url: string;
}

/**
 * Runs a suite on each database: `onEveryDatabase((database) => { it("...", () => use(database.db)) })`. The database is
 * migrated, empty at first, and shared by the suite's tests: they work in projects of their own.
 */
export function onEveryDatabase(suite: (database: TestDatabase) => void): void {
  describe.each(dialects)("on %s", (dialect) => suite(testDatabase(dialect)));
}

/** A migrated database for the tests of the enclosing describe or file. */
export function testDatabase(dialect: Db["dialect"] = "sqlite"): TestDatabase {
  let opened: { db: Db; url: string; remove(): Promise<void> } | null = null;
  const need = () => {
    if (!opened) throw new Error("the database is open only while tests run");
    return opened;
  };
  beforeAll(async () => {
    const { url, remove } = await emptyDatabase(dialect);
    await migrate(url);
    opened = { db: connect(url), url, remove };
  });
  afterAll(async () => {
    if (!opened) return;
    await opened.db.close();
    await opened.remove();
  });
  return {
    get db() {
      return need().db;
    },
    get url() {
      return need().url;
    },
  };
}
