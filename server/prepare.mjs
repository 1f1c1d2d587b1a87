// What has to be there before anything runs: packages, generated database clients, the built console. Each part is
// made when it is missing or older than what it is made from. No dependency, any Node from 20.9.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamps = join(root, "node_modules/.jeroboam");

export const say = (text) => console.log(`jeroboam: ${text}`);
export const node = () => join(root, "node_modules/node/bin/node");

/** Runs a program to its end in the project's folder; resolves to its exit code. Its output is shown, or kept. */
export function run(program, args, { env = {}, quiet = false, forwardSignals = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: root,
      env: { ...process.env, PATH: `${join(root, "node_modules/.bin")}:${process.env.PATH ?? ""}`, ...env },
      stdio: quiet ? ["ignore", "pipe", "pipe"] : "inherit",
      shell: process.platform === "win32",
    });
    let output = "";
    child.stdout?.on("data", (data) => (output += data));
    child.stderr?.on("data", (data) => (output += data));
    const pass = (signal) => child.kill(signal);
    if (forwardSignals) for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, pass);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (quiet && code !== 0) process.stderr.write(output);
      resolve(code ?? (signal ? 1 : 0));
    });
  });
}

/** Whether the caller's user only wants to know the words that it takes. */
export const asksForHelp = () => process.argv.includes("--help");

/**
 * Installs, generates and (when asked) builds what is missing or stale. Throws with one line that says what failed. Who
 * asks for help gets the packages only.
 */
export async function prepare({ build }) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 9))
    throw new Error(`Node ${process.versions.node} is too old: 20.9 or newer is needed`);
  if (asksForHelp() && existsSync(node())) return;
  await made("packages", ["package.json", "package-lock.json"], existsSync(node()), async () => {
    say("installing packages (a minute or two the first time)");
    const npm = process.env.npm_execpath;
    const args = ["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
    await must(npm ? await run(process.execPath, [npm, ...args]) : await run("npm", args), "npm ci");
  });
  await made("database", ["prisma"], existsSync(join(root, "server/db/generated/migrations.ts")), async () => {
    say("preparing the database clients");
    await must(await run(node(), ["prisma/generate.ts"], { quiet: true }), "prisma/generate.ts");
  });
  if (!build) return;
  await made(
    "console",
    ["app", "public", "server/domain", "server/trpc", "next.config.ts", "postcss.config.mjs", "package-lock.json"],
    existsSync(join(root, ".next/BUILD_ID")),
    async () => {
      say("building the console (about half a minute)");
      await must(
        await run(node(), ["node_modules/next/dist/bin/next", "build"], {
          quiet: true,
          env: { NODE_ENV: "production", NEXT_TELEMETRY_DISABLED: "1" },
        }),
        "next build",
      );
    },
  );
}

async function must(code, what) {
  if ((await code) !== 0) throw new Error(`${what} failed; its output is above`);
}

/** Runs `make` unless it ran to its end before on exactly these sources. */
async function made(name, sources, present, make) {
  const sum = createHash("sha256");
  for (const source of sources) addTo(sum, join(root, source));
  const stamp = join(stamps, name);
  const digest = sum.digest("hex");
  if (present && existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  rmSync(stamp, { force: true });
  await make();
  mkdirSync(stamps, { recursive: true });
  writeFileSync(stamp, digest);
}

function addTo(sum, path) {
  if (!existsSync(path)) return;
  if (!statSync(path).isDirectory()) {
    sum.update(path.slice(root.length)).update("\0").update(readFileSync(path)).update("\0");
    return;
  }
  for (const entry of readdirSync(path).sort())
    if (entry !== ".gen" && !entry.includes(".test.")) addTo(sum, join(path, entry));
}
