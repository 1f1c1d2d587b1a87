// `npm run bench`: how fast it is, as a report; nothing here fails on time. Words choose parts:
// start, list, latency, hostile, conductor; --few is quick, for seeing that they run.
import { node, prepare, run, say } from "../../server/prepare.mjs";

try {
  await prepare({ build: true });
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
process.exit(
  await run(node(), ["--disable-warning=ExperimentalWarning", "e2e/bench/bench.ts", ...process.argv.slice(2)]),
);
