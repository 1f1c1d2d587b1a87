// The real `openstack` client against the product on the sandbox. Installs Debian's packages where it may; where this
// machine cannot (no apt, not root) it says so and skips. By itself it closes with one line that counts; `npm test` takes
// the numbers of `runClients`. No dependency, any Node from 20.9.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { node, prepare, run, say } from "../../server/prepare.mjs";

const packages = ["python3-openstackclient", "python3-magnumclient"];
const files = ["/usr/bin/openstack", "/usr/lib/python3/dist-packages/magnumclient"];
const installed = () => files.every((file) => existsSync(file));
const onPath = (program) =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));

async function install() {
  if (installed()) return true;
  const instead = `the tests of the openstack client are skipped (Debian: apt install ${packages.join(" ")})`;
  if (process.getuid?.() !== 0 || !onPath("apt-get")) {
    say(`${packages.join(" and ")} are not here and cannot be installed without root and apt: ${instead}`);
    return false;
  }
  say(`installing ${packages.join(", ")}`);
  const env = { DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  await run("apt-get", ["update", "-qq"], { quiet: true, env });
  await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], { quiet: true, env });
  if (!installed()) say(`${packages.join(" and ")} could not be installed: ${instead}`);
  return installed();
}

/** Runs all of it, or the files that are named. Resolves to `{passed, failed, skipped}`. */
export async function runClients(names = []) {
  if (!(await install())) return { passed: 0, failed: 0, skipped: 1 };
  const work = mkdtempSync(join(tmpdir(), "jeroboam-clients-"));
  try {
    const report = join(work, "report.json");
    const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", "e2e/clients/vitest.config.ts"];
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const code = await run(node(), [...vitest, ...reporters, ...names]);
    const json = existsSync(report) ? JSON.parse(readFileSync(report, "utf8")) : {};
    const failed = json.numFailedTests ?? 0;
    // A runner that broke without a failed test is a failure all the same.
    return {
      passed: json.numPassedTests ?? 0,
      failed: code !== 0 && failed === 0 ? 1 : failed,
      skipped: json.numPendingTests ?? 0,
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await prepare({ build: false });
  const { passed, failed, skipped } = await runClients(process.argv.slice(2));
  console.log(`${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`);
  process.exit(failed > 0 ? 1 : 0);
}
