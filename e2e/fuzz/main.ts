import { parseArgs } from "node:util";
import { fuzzFraming } from "./framing.ts";
import { fuzz } from "./fuzz.ts";

const help = `npm run fuzz -- [options]
  --requests 100000   generated requests
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
const generated = await fuzz({ requests: Number(values.requests), seed });
console.log(`${generated.requests.toLocaleString("en")} generated requests (${told(generated.statuses)})`);
const framed = await fuzzFraming({ requests: Number(values.framed), seed });
console.log(
  `${framed.requests.toLocaleString("en")} over sockets with broken framing (${told(framed.statuses)}; 0 = closed without a word)`,
);
const failures = [generated.failure, framed.failure].filter((failure) => failure !== null);
for (const failure of failures) console.error(failure);
console.log(failures.length === 0 ? "everything held" : "something did not hold");
process.exit(failures.length === 0 ? 0 : 1);
