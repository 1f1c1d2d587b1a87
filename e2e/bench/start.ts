// Cold start as a newcomer has it: a fresh clone, an empty home, `npm start`, the first page. `here`: this directory as it is.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { cleanEnv } from "../support/clean-env.ts";
import { consoleUrl, ended, ports } from "./product.ts";
import { print, timed, until } from "./report.ts";

export async function benchStart(where: "clone" | "here" = "clone"): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "jeroboam-clone-"));
  const cwd = where === "here" ? process.cwd() : join(folder, "jeroboam");
  const home = join(folder, "home");
  mkdirSync(home);
  if (where === "clone") execFileSync("git", ["clone", "--quiet", process.cwd(), cwd]);
  const settings = join(homedir(), ".npmrc");
  const env = {
    ...cleanEnv(),
    HOME: home,
    npm_config_cache: join(home, ".npm"),
    // Which registry this machine uses is no part of what is measured.
    ...(existsSync(settings) ? { npm_config_userconfig: settings } : {}),
    DATABASE_URL: `file:${join(folder, "jeroboam.db")}`,
    PORT: String(ports.console),
    API_PORT: String(ports.api),
    SANDBOX_PORT: String(ports.sandbox),
  };
  const firstPage = async () => {
    const child = spawn("npm", ["start"], { cwd, env, stdio: ["ignore", "ignore", "inherit"], detached: true });
    const page = () =>
      fetch(`${consoleUrl}/login`).then(
        (answer) => (answer.ok ? true : null),
        () => null,
      );
    const { ms } = await timed(() =>
      until(
        () => (child.exitCode === null ? page() : Promise.reject(new Error("npm start ended before it served a page"))),
        900_000,
      ),
    );
    // npm hands no signal on to what it started: the whole group is stopped.
    if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await ended(child);
    await until(async () => ((await page()) === null ? true : null), 30_000);
    return ms / 1000;
  };
  try {
    const cold = where === "clone" ? [await firstPage()] : [];
    const warm = [await firstPage(), ...(where === "clone" ? [await firstPage(), await firstPage()] : [])];
    print("npm start to the first page", [
      ...(cold.length > 0 ? [{ what: "fresh clone, empty home", unit: "s", values: cold }] : []),
      { what: "again, everything there", unit: "s", values: warm },
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
