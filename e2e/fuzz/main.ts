import { parseArgs } from "node:util";
import { fuzzFraming } from "./framing.ts";
import { dialects } from "../../server/testing/databases.ts";
import { fuzz } from "./fuzz.ts";

const help = `npm run fuzz -- [options]
  --requests 100000   generated requests, half of them on each database where there are two
  --framed 3000       requests over sockets, with broken framing
  --seed N            printed by each run; the same seed throws the same`;

const { values } = parseArgs({
  options: {
    help: { type: "boolean", default: false },
    requests: { type: "string", default: "100000" },
    framed: { type: "string", default: "3000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
  },
});
if (values.help) {
  console.log(help);
  process.exit(0);
}
const seed = Number(values.seed);
console.log(`seed ${seed}`);
const told = (statuses: ReadonlyMap<number, number>) =>
  [...statuses]
    .toSorted(([a], [b]) => a - b)
    .map(([status, times]) => `${status}: ${times.toLocaleString("en")}`)
    .join(", ");
const failures: string[] = [];
const each = Math.ceil(Number(values.requests) / dialects.length);
for (const dialect of dialects) {
  const { requests, statuses, written, reads, failure } = await fuzz({ requests: each, seed, dialect });
  console.log(
    `${requests.toLocaleString("en")} generated requests on ${dialect} (${told(statuses)}); ${written.toLocaleString("en")} wrote, ${reads.toLocaleString("en")} answers of every reader afterwards`,
  );
  if (failure !== null) failures.push(failure);
}
const framed = await fuzzFraming({ requests: Number(values.framed), seed });
console.log(
  `${framed.requests.toLocaleString("en")} over sockets with broken framing (${told(framed.statuses)}; 0 = closed without a word)`,
);
if (framed.failure !== null) failures.push(framed.failure);
for (const failure of failures) console.error(failure);
console.log(failures.length === 0 ? "everything held" : "something did not hold");
process.exit(failures.length === 0 ? 0 : 1);
