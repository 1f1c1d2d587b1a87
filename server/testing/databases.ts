// Real databases, for tests and for programs that try the product: a SQLite file, or a database in the PostgreSQL that
// TEST_POSTGRES_URL names.
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import type { Db } from "../db/client.ts";

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
