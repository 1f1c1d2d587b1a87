// The long storm on each database that there is, as a report: see run.mjs.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../../server/testing/postgres.mjs";
import { sandboxTarget } from "../lifecycle/target.ts";
import { storm } from "./storm.ts";

const [kills = "150", seed = String(Date.now() % 1_000_000), ...names] = process.argv.slice(2);
const isWanted = (name: string) => names.length === 0 || names.includes(name);

const folder = mkdtempSync(join(tmpdir(), "jeroboam-storm-"));
const postgres = isWanted("postgresql") ? await startPostgres() : null;
const databases = [
  ...(postgres ? [["postgresql", postgres.url] as const] : []),
  ...(isWanted("sqlite") ? [["sqlite", `file:${join(folder, "storm.db")}`] as const] : []),
];
let failed = false;
try {
  for (const [name, databaseUrl] of databases) {
    console.log(`${name}: ${kills} kills over clusters, 8 at a time, seed ${seed}`);
    const report = await storm(await sandboxTarget(100), {
      clusters: 8,
      kills: Number(kills),
      lifeMs: { least: 500, most: 2500 },
      seed: Number(seed),
      limitMs: 600_000,
      databaseUrl,
      tell: (line) => console.log(`  ${line}`),
    });
    const { problems, ...numbers } = report;
    console.log(`${name}: ${JSON.stringify(numbers)}`);
    for (const problem of problems) console.log(`  PROBLEM: ${problem}`);
    console.log(`${name}: ${problems.length === 0 ? "nothing lost, nothing doubled" : `${problems.length} problems`}`);
    failed ||= problems.length > 0;
  }
} finally {
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
