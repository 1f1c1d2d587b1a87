// `npm run bench:api`: how fast the REST API is, as one table; nothing here fails on time. See --help.
import { node, prepare, run, say } from "../../server/prepare.mjs";

try {
  await prepare({ build: false });
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
process.exit(
  await run(node(), ["--disable-warning=ExperimentalWarning", "e2e/bench/api.ts", ...process.argv.slice(2)]),
);
