// `npm run test:openstack`: brings a real OpenStack and a real kube-apiserver up, runs e2e/**/*.real.test.ts against them, and
// closes with one line that counts. What it started it stops, unless KEEP=1. Where this machine cannot do it (no apt, not
// root), it says so and passes. Names of test files may follow. No dependency, any Node from 20.9.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asksForHelp, node, prepare, root, say } from "../../server/prepare.mjs";

if (asksForHelp()) {
  console.log(`npm run test:openstack [-- words]
  Words: only files e2e/**/*.real.test.ts with one of them in their path. None: all of them.
  KEEP=1 leaves the cloud running; JEROBOAM_OPENSTACK_STATE: where it is kept.`);
  process.exit(0);
}

const skippedStatus = 77; // of up and build
const minutes = 60_000;
const limits = { up: 20 * minutes, build: 25 * minutes, test: 50 * minutes, down: 3 * minutes };

/** Resolves to the exit status; past the limit the program and all that it started are ended. */
function run(program, args, { limit, env = {} }) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: "inherit",
      detached: true,
    });
    const end = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // it has ended by itself
      }
    };
    const timer = setTimeout(() => {
      say(`${program} takes longer than ${limit / minutes} minutes: ended`);
      end("SIGKILL");
    }, limit);
    const pass = () => end("SIGTERM");
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, pass);
    child.on("error", reject);
    child.on("exit", (code) => {
      clearTimeout(timer);
      for (const signal of ["SIGINT", "SIGTERM"]) process.off(signal, pass);
      resolve(code ?? 1);
    });
  });
}

function close({ passed = 0, failed = 0, skipped = 0 }) {
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exit(failed > 0 ? 1 : 0);
}

const script = (name) => join(root, "e2e", name);
const work = mkdtempSync(join(tmpdir(), "jeroboam-openstack-"));
let started = false;
let result = { failed: 1 };
try {
  await prepare({ build: false });
  const alreadyUp =
    (await run("/bin/sh", ["-c", `'${script("openstack/status")}' >/dev/null 2>&1`], { limit: limits.down })) === 0;
  started = !alreadyUp;
  const up = await run(script("openstack/up"), [], { limit: limits.up });
  if (up === skippedStatus) result = { skipped: 1 };
  else if (up !== 0) throw new Error("the control plane did not come up");
  else {
    const built = await run("nice", [script("kubernetes/build")], { limit: limits.build });
    if (built === skippedStatus) say("no kube-apiserver: the tests that need one are skipped");
    else if (built !== 0) throw new Error("the kube-apiserver could not be built");
    const report = join(work, "report.json");
    const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", "e2e/openstack/vitest.config.ts"];
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const code = await run(node(), [...vitest, ...reporters, ...process.argv.slice(2)], { limit: limits.test });
    const json = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : {};
    result = { passed: json.numPassedTests ?? 0, failed: json.numFailedTests ?? 0, skipped: json.numPendingTests ?? 0 };
    // A runner that broke without a failed test is a failure all the same.
    if (code !== 0 && result.failed === 0) result.failed = 1;
  }
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  result = { ...result, failed: Math.max(result.failed ?? 0, 1) };
} finally {
  rmSync(work, { recursive: true, force: true });
  if (started && process.env.KEEP !== "1") await run(script("openstack/down"), [], { limit: limits.down });
}
close(result);
