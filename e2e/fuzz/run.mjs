// `npm run fuzz`: throws 100,000 generated requests at the REST API, then some thousands with broken framing.
// --requests N, --seed N (printed by each run; the same seed throws the same).
import { node, prepare, run, say } from "../../server/prepare.mjs";

try {
  await prepare({ build: false });
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
process.exit(
  await run(node(), ["--disable-warning=ExperimentalWarning", "e2e/fuzz/main.ts", ...process.argv.slice(2)]),
);
