// `npm run check` says of each thing that the product needs of its cloud whether it is there, and how to mend it.
import { openClouds } from "../drivers/openstack/clouds.ts";
import { checkCloud, type Finding } from "./check/cloud.ts";
import { EnvError, readEnv } from "./env.ts";

const help = `npm run check
  Tries what the cloud of OS_* or OS_CLOUD has to allow, by the variables of npm start. Ends with 1 when something failed.`;

const marks: Record<Finding["state"], string> = { ok: "ok", warning: "warning", failed: "NOT OK", unknown: "unknown" };

/** A line each, and another for what to do. */
export function describeFindings(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ what }) => what.length));
  return findings.flatMap(({ what, state, seen, mend }) => [
    `${marks[state].padEnd(8)} ${what.padEnd(width)}  ${seen}`,
    ...(mend === null ? [] : [`${" ".repeat(width + 9)}  -> ${mend}`]),
  ]);
}

async function check(): Promise<void> {
  const env = readEnv(process.env);
  if (env.sandbox) throw new EnvError("no cloud is configured (OS_AUTH_URL or OS_CLOUD): the sandbox needs no check");
  const clouds = openClouds(env.openstack);
  try {
    const findings = await checkCloud(env, clouds);
    for (const line of describeFindings(findings)) console.log(line);
    const count = (state: Finding["state"]) => findings.filter((finding) => finding.state === state).length;
    console.log(`${count("ok")} ok, ${count("warning")} warnings, ${count("failed") + count("unknown")} not ok`);
    process.exitCode = count("failed") > 0 ? 1 : 0;
  } finally {
    clouds.close();
  }
}

if (import.meta.main) {
  const words = process.argv.slice(2);
  if (words.length > 0) {
    console.log(help);
    process.exitCode = words.join() === "--help" ? 0 : 2;
  } else
    await check().catch((error: unknown) => {
      if (!(error instanceof EnvError)) throw error;
      console.error(`jeroboam: ${error.message}`);
      process.exitCode = 1;
    });
}
