// Real databases for tests: a SQLite file of its own for each test file, and the same tests on PostgreSQL where
// TEST_POSTGRES_URL names one (the test command starts one where it is installed).
import { afterAll, beforeAll, describe } from "vitest";
import { connect, type Db } from "../db/client.ts";
import { migrate } from "../db/migrate.ts";
import { dialects, emptyDatabase } from "./databases.ts";

export { dialects, emptyDatabase };

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
