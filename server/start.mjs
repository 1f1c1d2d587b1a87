// `npm start` and `npm run dev`: installs what is missing, prepares, builds, and starts everything on this machine.
// Runs on any Node from 20.9 and needs no package before it has installed them; the product itself then runs on the
// Node that package.json pins.
import { asksForHelp, prepare, run, say, node } from "./prepare.mjs";

const dev = process.argv.includes("--dev");
const words = process.argv.slice(2).filter((word) => word !== "--dev");

try {
  await prepare({ build: !dev && (words.length === 0 || words.includes("console")) });
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
if (!asksForHelp()) say("starting");
process.exit(
  await run(node(), ["--disable-warning=ExperimentalWarning", "server/main.ts", ...words], {
    env: { NODE_ENV: dev ? "development" : (process.env.NODE_ENV ?? "production"), NEXT_TELEMETRY_DISABLED: "1" },
    forwardSignals: true,
  }),
);
