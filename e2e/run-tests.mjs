// `npm test`: every check that CI runs, from a fresh clone on a machine with Node and npm only. It installs what is
// missing, runs types, lint, format, unit, integration and end-to-end tests and the benchmarks' parts with few rows, and closes
// with one line that counts them.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { asksForHelp, node, prepare, root, run, say } from "../server/prepare.mjs";
import { runClients } from "./clients/run.mjs";

const parts = ["types", "lint", "format", "unit", "clients", "e2e", "bench"];
const only = new Set(process.argv.slice(2).filter((word) => word !== "--help"));
const unknown = [...only].filter((part) => !parts.includes(part));
if (unknown.length > 0 || asksForHelp()) {
  console.log(`npm test [-- parts]\n  Parts: ${parts.join(", ")}. None: all of them.`);
  if (unknown.length > 0) say(`there is no part ${unknown.join(", ")}`);
  process.exit(unknown.length > 0 ? 2 : 0);
}
const wanted = (part) => {
  if (!parts.includes(part)) throw new Error(`the list of parts lacks ${part}`);
  return only.size === 0 || only.has(part);
};
const work = mkdtempSync(join(tmpdir(), "jeroboam-test-"));
const total = { passed: 0, failed: 0, skipped: 0 };
const onPath = (program) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

/** Debian packages by the program that they bring; without apt or root the tests that need one say so and skip. */
const programs = {
  chromium: "chromium",
  kubectl: "kubernetes-client",
  shellcheck: "shellcheck",
  "ignition-validate": "ignition",
  openssl: "openssl",
  curl: "curl",
};

async function installPrograms() {
  const missing = Object.keys(programs).filter((program) => !onPath(program) && !existsSync(`/usr/bin/${program}`));
  if (!onPath("initdb") && !existsSync("/usr/lib/postgresql")) missing.push("postgresql");
  if (missing.length === 0) return;
  const packages = missing.map((program) => programs[program] ?? program);
  if (process.getuid?.() === 0 && onPath("apt-get")) {
    say(`installing ${packages.join(", ")}`);
    const env = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
    await run("apt-get", ["update", "-qq"], { quiet: true, env });
    if (
      (await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { quiet: true, env })) !==
      0
    )
      say("some packages could not be installed: the tests that need them will be skipped");
    return;
  }
  say(`not installed here, their tests are skipped: ${missing.join(", ")} (Debian: apt install ${packages.join(" ")})`);
  if (missing.includes("chromium")) await run(node(), ["node_modules/@playwright/test/cli.js", "install", "chromium"]);
}

async function check(name, program, args) {
  const began = Date.now();
  const code = await run(program, args, { quiet: true });
  total[code === 0 ? "passed" : "failed"] += 1;
  say(`${name}: ${code === 0 ? "passed" : "FAILED"} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
}

/** A throw-away PostgreSQL for the tests that run on both databases; null where there is none. */
async function startPostgres() {
  const child = spawn(node(), ["server/testing/postgres.mjs"], { cwd: root, stdio: ["pipe", "pipe", "inherit"] });
  const url = await new Promise((resolve) => {
    let text = "";
    child.stdout.on("data", (data) => {
      text += data;
      const found = text.match(/postgres(?:ql)?:\/\/\S+/);
      if (found) resolve(found[0]);
    });
    child.on("exit", () => resolve(null));
    child.on("error", () => resolve(null));
  });
  return {
    url,
    stop: () =>
      new Promise((done) => (child.exitCode !== null ? done() : (child.on("exit", done), child.kill("SIGTERM")))),
  };
}

async function unit() {
  const postgres = await startPostgres();
  if (postgres.url === null) say("no PostgreSQL here: the database tests run on SQLite alone");
  const report = join(work, "unit.json");
  const code = await run(
    node(),
    ["node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${report}`],
    { env: postgres.url ? { TEST_POSTGRES_URL: postgres.url } : {} },
  );
  await postgres.stop();
  count(code, report, (json) => ({
    passed: json.numPassedTests,
    failed: json.numFailedTests,
    skipped: json.numPendingTests,
  }));
}

async function endToEnd() {
  const report = join(work, "e2e.json");
  const code = await run(node(), ["node_modules/@playwright/test/cli.js", "test", "--reporter=list,json"], {
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: report },
  });
  count(code, report, ({ stats }) => ({
    passed: stats.expected + stats.flaky,
    failed: stats.unexpected,
    skipped: stats.skipped,
  }));
}

async function clients() {
  const found = await runClients();
  for (const key of Object.keys(total)) total[key] += found[key];
}

/** Each part of each benchmark runs to its end, with few rows; what it measures is nobody's business here. */
async function benches() {
  const quick = ["--sizes", "10,30", "--seconds", "1", "--runs", "1", "--connections", "2", "--clusters", "2"];
  for (const part of ["start", "list", "latency", "hostile"])
    await check(`bench ${part}`, node(), ["e2e/bench/bench.ts", "--few", part]);
  for (const part of ["list", "show", "create", "sign", "wait"])
    await check(`bench:api ${part}`, node(), ["e2e/bench/api.ts", ...quick, "--only", part]);
}

function count(code, report, read) {
  const found = existsSync(report)
    ? read(JSON.parse(readFileSync(report, "utf8")))
    : { passed: 0, failed: 0, skipped: 0 };
  // A runner that broke without a failed test is a failure all the same.
  if (code !== 0 && found.failed === 0) found.failed = 1;
  for (const key of Object.keys(total)) total[key] += found[key] ?? 0;
}

try {
  await prepare({ build: wanted("e2e") || wanted("bench") });
  await installPrograms();
  if (wanted("types")) await check("types", node(), ["node_modules/ts7/bin/tsc", "--noEmit", "-p", "."]);
  if (wanted("lint"))
    await check("lint", node(), [
      "node_modules/eslint/bin/eslint.js",
      ".",
      "--max-warnings=0",
      "--ignore-pattern",
      "server/lint/fixtures",
    ]);
  if (wanted("format"))
    await check("format", node(), ["node_modules/prettier/bin/prettier.cjs", "--check", "--log-level=warn", "."]);
  if (wanted("unit")) await unit();
  if (wanted("clients")) await clients();
  if (wanted("e2e")) await endToEnd();
  if (wanted("bench")) await benches();
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  total.failed += 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
