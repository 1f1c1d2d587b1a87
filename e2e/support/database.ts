// The database of the product under test, as whoever edits it by hand comes to it.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { consolePort } from "./ports.ts";

export const databaseFolder = join(tmpdir(), `jeroboam-e2e-${consolePort}`);
export const databaseFile = join(databaseFolder, "jeroboam.db");

/** Throws unless it changed exactly one row. */
export function editRow(sql: string, ...values: SQLInputValue[]): void {
  const database = new DatabaseSync(databaseFile, { timeout: 10_000 });
  try {
    const { changes } = database.prepare(sql).run(...values);
    if (changes !== 1) throw new Error(`${sql}: ${changes} rows`);
  } finally {
    database.close();
  }
}
