// `npm run storm`: kills conductors and the REST API at random moments while clusters are made, changed and deleted, and
// reports what was lost or doubled. Words: number of kills (150), seed, databases (postgresql, sqlite; both by default).
import { asksForHelp, node, prepare, run, say } from "../../server/prepare.mjs";

const words = process.argv.slice(2).filter((word) => word !== "--help");
const unknown = words.find((word, at) => !(at < 2 ? /^\d+$/ : /^(postgresql|sqlite)$/).test(word));
if (unknown !== undefined) {
  say(`there is no ${unknown} here: npm run storm [-- <kills> [<seed> [postgresql|sqlite]]]`);
  process.exit(2);
}
if (asksForHelp()) {
  console.log("npm run storm [-- <kills> [<seed> [postgresql|sqlite]]]");
  process.exit(0);
}
try {
  await prepare({ build: false });
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
process.exit(await run(node(), ["--disable-warning=ExperimentalWarning", "e2e/crash/main.ts", ...words]));
