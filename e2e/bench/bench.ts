// The parts of the report, one after another; a part that breaks is told and the others go on. `--few`: with few rows, to see
// that each runs to its end.
import { benchConductor } from "./conductor.ts";
import { benchHostile } from "./hostile.ts";
import { benchLatency } from "./latency.ts";
import { benchList } from "./list.ts";
import { benchStart } from "./start.ts";

const parts: Record<string, { whole: () => Promise<void>; few: () => Promise<void> }> = {
  start: { whole: benchStart, few: () => benchStart("here") },
  list: { whole: benchList, few: () => benchList(30, 2) },
  latency: { whole: benchLatency, few: () => benchLatency(1) },
  hostile: { whole: benchHostile, few: () => benchHostile(3, 1) },
  conductor: { whole: benchConductor, few: () => benchConductor(1, 0.05) },
};
const few = process.argv.includes("--few");
const wanted = process.argv.slice(2).filter((word) => !["--few", "--help"].includes(word));
const unknown = wanted.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(", ")}: choose among ${Object.keys(parts).join(", ")}.`);
  process.exit(1);
}
if (process.argv.includes("--help")) {
  console.log(`npm run bench [-- parts] [--few]\n  Parts: ${Object.keys(parts).join(", ")}. None: all of them.`);
  process.exit(0);
}
for (const [name, part] of Object.entries(parts)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  await part[few ? "few" : "whole"]().catch((error: unknown) => {
    console.error(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
}
