// What the REST API does in a second: list, show, create and sign, of the api role as a process of its own, on each
// database that there is, beside a bare route on the same machine in the same minute.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { findPostgres, startPostgres } from "../../server/testing/postgres.mjs";
import { signingRequest } from "../kubernetes/signing-request.ts";
import { measureAgainst } from "./against.ts";
import { startApi, type ApiProduct } from "./api-product.ts";
import { createSeries } from "./create.ts";
import { heading, shoot, shown, type Load, type Pace } from "./load.ts";
import { print } from "./report.ts";

const help = `npm run bench:api -- [options]
  --database sqlite|postgresql|none  one of them; default: both where PostgreSQL is installed
  --sizes 10,1000,10000         clusters in the project
  --seconds 3 --runs 3          length and number of the measured runs, of which the median is shown
  --connections 10              requests at a time
  --only words                  what to measure: list,show,create,sign,wait
  --against URL                 measures a Magnum-compatible server as well; its token from OS_TOKEN or OS_AUTH_URL and
                                OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME
  --template ID                 of that server: makes clusters of it instead, one after another, and deletes them
  --clusters 10                 how many are made one after another, there and for the part wait
  --json file                   writes all numbers
  --cpu-profile folder          writes a CPU profile of the api process`;

const { values: given } = parseArgs({
  options: {
    database: { type: "string" },
    sizes: { type: "string", default: "10,1000,10000" },
    seconds: { type: "string", default: "3" },
    runs: { type: "string", default: "3" },
    connections: { type: "string", default: "10" },
    only: { type: "string", default: "list,show,create,sign,wait" },
    against: { type: "string" },
    template: { type: "string" },
    clusters: { type: "string", default: "10" },
    json: { type: "string" },
    "cpu-profile": { type: "string" },
    help: { type: "boolean", default: false },
  },
});

const pace: Pace = {
  seconds: Number(given.seconds),
  runs: Number(given.runs),
  connections: Number(given.connections),
};
const sizes = given.sizes.split(",").map(Number);
const only = new Set(given.only.split(","));
const count = Number(given.clusters);
const size = (clusters: number) => clusters.toLocaleString("en");

interface Report {
  database: string;
  loads: Load[];
  /** MiB of the api process: at rest, and after everything. */
  memory: { before: number; after: number };
}

async function measure(api: ApiProduct, database: string, csr: string): Promise<Report> {
  const { root, headers, clusterId, cpuSeconds } = api;
  const loads: Load[] = [];
  const note = (load: Load) => {
    loads.push(load);
    console.log(shown(load));
  };
  const shots = (paths: readonly string[]) => paths.map((path) => ({ path, headers }));
  const before = await api.memory();
  console.log(`\n${database}\n${heading()}`);
  const showPath = `/v1/clusters/${clusterId}`;
  const pagePath = "/v1/clusters?limit=20";
  if (only.has("list"))
    for (const clusters of sizes) {
      await api.grow(clusters);
      const page = Math.min(20, clusters);
      // Pages from all over the list: the last costs what the first does.
      const markers = await api.ids(Math.max(20, Math.floor(clusters / 25)));
      const pages = markers
        .filter((_, index) => index * Math.max(20, Math.floor(clusters / 25)) + page < clusters)
        .map((marker) => `${pagePath}&marker=${marker}`);
      note({
        ...(await shoot(root, `list of ${size(clusters)}, pages of 20`, shots([pagePath, ...pages]), pace, {
          cpuSeconds,
        })),
        rows: page,
      });
      const whole = Math.min(1000, clusters);
      note({
        ...(await shoot(root, `list of ${size(clusters)}, not paged (${size(whole)})`, shots(["/v1/clusters"]), pace, {
          cpuSeconds,
        })),
        rows: whole,
      });
      note({
        ...(await shoot(
          root,
          `detail of ${size(clusters)}, pages of 20`,
          shots(["/v1/clusters/detail?limit=20"]),
          pace,
          { cpuSeconds },
        )),
        rows: page,
      });
    }
  else await api.grow(Math.max(...sizes));
  if (only.has("show")) {
    note(await shoot(root, "show", shots([showPath]), pace, { cpuSeconds }));
    const body = async (path: string) => (await fetch(root + path, { headers })).text();
    const bodies = Object.fromEntries([
      ["/show", await body(showPath)],
      ["/page", await body(pagePath)],
    ]);
    const bare = await api.reference(bodies);
    note(await shoot(bare, "bare route with the bytes of show", [{ path: "/show" }], pace));
    note(await shoot(bare, "bare route with the bytes of a page", [{ path: "/page" }], pace));
  }
  if (only.has("sign")) {
    const body = JSON.stringify({ cluster_uuid: clusterId, csr });
    note(
      await shoot(root, "sign a certificate", [{ method: "POST", path: "/v1/certificates", headers, body }], pace, {
        cpuSeconds,
      }),
    );
  }
  if (only.has("create")) {
    const body = JSON.stringify({ cluster_template_id: api.templateId, node_count: 1 });
    const shot = { method: "POST" as const, path: "/v1/clusters", headers, body };
    note(
      await shoot(
        root,
        "create a cluster (with its trust)",
        [shot],
        { ...pace, connections: 4 },
        { amount: 40, cpuSeconds },
      ),
    );
  }
  const after = await api.memory();
  console.log(`resident memory: ${before.toFixed(0)} MiB at rest, ${after.toFixed(0)} MiB after all this`);
  flatness(loads);
  return { database, loads, memory: { before, after } };
}

/** Over a database of its own: what is made here is really made. */
async function waiting(api: ApiProduct, database: string): Promise<void> {
  const asker = { base: `${api.root}/v1`, headers: api.headers };
  const rest = await createSeries(asker, api.templateId, count);
  await api.conduct();
  const busy = await createSeries(asker, api.templateId, count);
  const what = (when: string) => `create, request to 202, ${when}`;
  print(`${database}: clusters made one after another`, [
    { what: what("at rest"), unit: "ms", values: rest.ms },
    { what: what(`while ${count} others are being made`), unit: "ms", values: busy.ms },
  ]);
}

/** What a row costs in the longest list beside the shortest with as many rows an answer. */
function flatness(loads: readonly Load[]): void {
  const costs = (form: string) =>
    loads.filter(({ what, rows }) => what.startsWith("list of") && what.includes(form) && (rows ?? 0) >= 10);
  const perRow = ({ cpu = NaN, rows = 1 }: Load) => cpu / rows;
  const paged = costs("pages of 20").map(perRow);
  if (paged.length < 2) return;
  const whole = costs("not paged").map(perRow);
  const told = (values: number[]) => `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)} us`;
  console.log(
    `a listed row costs the processor ${told(paged)} in pages of 20, ${told(whole)} where all are asked for at once`,
  );
}

async function main(): Promise<void> {
  const { csr } = await signingRequest("O=system:masters, CN=bench");
  const wanted = given.database
    ? [given.database].filter((name) => name !== "none")
    : findPostgres()
      ? ["sqlite", "postgresql"]
      : ["sqlite"];
  const reports: Report[] = [];
  for (const database of wanted) {
    const postgres = database === "postgresql" ? await startPostgres() : null;
    if (database === "postgresql" && !postgres) throw new Error("There is no PostgreSQL on this machine.");
    const profile = given["cpu-profile"];
    const withApi = async (work: (api: ApiProduct) => Promise<void>) => {
      const api = await startApi(postgres?.url ?? null, profile ? ["--cpu-prof", `--cpu-prof-dir=${profile}`] : []);
      await work(api).finally(() => api.stop());
    };
    try {
      // First, while the database is empty: a conductor would look after all that is in it.
      if (only.has("wait")) await withApi((api) => waiting(api, database));
      if (["list", "show", "create", "sign"].some((part) => only.has(part)))
        await withApi(async (api) => void reports.push(await measure(api, database, csr)));
    } finally {
      await postgres?.stop();
    }
  }
  if (given.against) {
    const { loads, refused } = await measureAgainst(
      given.against,
      csr,
      pace,
      given.template ? { templateId: given.template, count } : null,
    );
    if (loads.length > 0) console.log(`\n${given.against}\n${heading()}`);
    for (const load of loads) console.log(shown(load));
    for (const what of refused) console.log(`not measured: ${what}`);
    reports.push({ database: given.against, loads, memory: { before: NaN, after: NaN } });
  }
  if (given.json) writeFileSync(given.json, `${JSON.stringify(reports, null, 2)}\n`);
}

if (given.help) console.log(help);
else await main();
