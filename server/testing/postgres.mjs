// A throw-away PostgreSQL for tests, where its programs are installed (Debian's postgresql package). Everything is in a
// temporary directory and goes with `stop`. Run by itself it prints DATABASE_URL's value and stops on SIGTERM or Ctrl-C.
import { execFile, spawn } from "node:child_process";
import { chownSync, existsSync, fstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** The folder that holds initdb and postgres, newest version first; null = not installed. */
export function findPostgres() {
  const debian = "/usr/lib/postgresql";
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...versions.map((version) => join(debian, version, "bin")),
    ...(process.env.PATH ?? "").split(delimiter),
  ];
  return folders.find((folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres"))) ?? null;
}

/** Starts one on a free port of loopback. Null = no PostgreSQL here. */
export async function startPostgres() {
  const bin = findPostgres();
  if (bin === null) return null;
  const identity = await unprivileged();
  const directory = mkdtempSync(join(tmpdir(), "jeroboam-postgres-"));
  if (identity.uid !== undefined) chownSync(directory, identity.uid, identity.gid);
  const data = join(directory, "data");
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    // Names sort by their bytes, as in SQLite.
    const options = ["-D", data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"];
    await execute(join(bin, "initdb"), options, { ...identity, cwd: directory });
    const port = await freePort();
    const settings = {
      listen_addresses: "127.0.0.1",
      port,
      unix_socket_directories: "",
      fsync: "off",
      max_connections: 200,
    };
    const server = spawn(
      join(bin, "postgres"),
      ["-D", data, ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])],
      { ...identity, cwd: directory, stdio: ["ignore", "ignore", "pipe"] },
    );
    let log = "";
    server.stderr.on("data", (text) => (log = (log + text).slice(-20_000)));
    const ended = new Promise((resolve) => server.on("close", resolve));
    const stop = async () => {
      // "Immediate": there is nothing to save.
      server.kill("SIGQUIT");
      await ended;
      remove();
    };
    const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
    const ready = () => log.includes("ready to accept connections");
    for (const end = Date.now() + 30_000; !ready(); await new Promise((resolve) => setTimeout(resolve, 50)))
      if (server.exitCode !== null || Date.now() > end) {
        await stop();
        throw new Error(`PostgreSQL did not start:\n${log}`);
      }
    return { url, stop };
  } catch (error) {
    remove();
    throw error;
  }
}

/** PostgreSQL refuses to run as root: it runs as the user of its package then. */
async function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const number = async (option) => Number((await execute("id", [option, "postgres"])).stdout);
  return { uid: await number("-u"), gid: await number("-g") };
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const postgres = await startPostgres();
  if (postgres === null) {
    console.error("There is no PostgreSQL on this machine.");
    process.exit(1);
  }
  console.log(postgres.url);
  const leave = () => void postgres.stop().then(() => process.exit(0));
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, leave);
  // Whoever started it through a pipe may end without a word.
  const input = fstatSync(0);
  if (input.isFIFO() || input.isSocket()) process.stdin.on("end", leave).resume();
}
