// `npm run fuzz`: throws 100,000 generated requests at the REST API over SQLite, and over PostgreSQL where it is installed,
// reads everything after each that was accepted, then throws some thousands with broken framing.
// --requests N, --seed N (printed by each run; the same seed throws the same).
import { asksForHelp, node, prepare, run, say } from "../../server/prepare.mjs";
import { startPostgres } from "../../server/testing/postgres.mjs";

try {
  await prepare({ build: false });
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
const postgres = asksForHelp() ? null : await startPostgres();
if (postgres === null && !asksForHelp()) say("no PostgreSQL here: SQLite alone");
const code = await run(
  node(),
  ["--disable-warning=ExperimentalWarning", "e2e/fuzz/main.ts", ...process.argv.slice(2)],
  { env: postgres ? { TEST_POSTGRES_URL: postgres.url } : {} },
);
await postgres?.stop();
process.exit(code);
