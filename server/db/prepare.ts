// Before anything works on a database: is it there, is it one, is it whole, is it as this program needs it?
import { execFile } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { EnvError } from "../env.ts";
import { dialectOf, sqlitePath } from "./client.ts";
import { migrate } from "./migrate.ts";
import { troubleOf, type DatabaseTrouble } from "./trouble.ts";

export interface Prepared {
  /** Names of the migrations that were applied now. */
  migrations: string[];
  /** SQLite: milliseconds that the look at the file took, null = there was not time enough for all of it. */
  checkedMs?: number | null;
}

/** Without user and password. */
const nameOf = (url: string): string => {
  if (dialectOf(url) === "sqlite") return sqlitePath(url);
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
};

const advice: Record<DatabaseTrouble, string> = {
  away: "cannot be opened: check DATABASE_URL, and that the database runs and lets this host in",
  busy: "is held by another program: end that one, then start again",
  full: "has no space left: make room, then start again",
  "read-only": "takes no changes: make its file and folder writable, or name the primary in DATABASE_URL",
  damaged: "is damaged, or is no database: put a backup in its place",
};

/**
 * Looks at the file (SQLite), and migrates. Throws an EnvError of one line when the database cannot be used. `limitMs`
 * bounds the look at a large file: its speed is that of reading it.
 */
export async function prepareDatabase(url: string, limitMs = 10_000): Promise<Prepared> {
  try {
    const check = dialectOf(url) === "sqlite" ? await quickCheck(sqlitePath(url), limitMs) : null;
    if (check?.problem)
      throw new EnvError(`the database ${nameOf(url)} ${advice.damaged} (${check.problem.replaceAll(/\s+/g, " ")})`);
    return { migrations: await migrate(url), ...(check ? { checkedMs: check.ms } : {}) };
  } catch (error) {
    const trouble = troubleOf(error);
    if (trouble === null) throw error;
    const said = error instanceof Error && error.message !== "" ? ` (${error.message.split("\n")[0]})` : "";
    throw new EnvError(`the database ${nameOf(url)} ${advice[trouble]}${said}`);
  }
}

/** In a process of its own: SQLite cannot be stopped in the middle of a statement otherwise. */
const program = `
  const { DatabaseSync } = require("node:sqlite");
  try {
    const database = new DatabaseSync(process.argv[1], { readOnly: true, timeout: 5000 });
    const [row] = database.prepare("PRAGMA quick_check(1)").all();
    process.stdout.write(String(row.quick_check));
  } catch (error) {
    if (![11, 26].includes(error.errcode & 0xff)) process.exit(1);
    process.stdout.write(error.message);
  }`;

async function quickCheck(
  path: string,
  limitMs: number,
): Promise<{ problem: string | null; ms: number | null } | null> {
  if (!existsSync(path) || statSync(path).size === 0) return null;
  const started = performance.now();
  try {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "-e", program, path],
      { timeout: limitMs, killSignal: "SIGKILL" },
    );
    return { problem: stdout === "ok" ? null : stdout, ms: Math.round(performance.now() - started) };
  } catch {
    // Not in time, or held by somebody: migrating tells what else there may be to tell.
    return { problem: null, ms: null };
  }
}
