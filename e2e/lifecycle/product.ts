// The product as its operator runs it: each role a process of its own, on ports and a database of this test alone.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "./until.ts";

/** `conductor-2`: a second process of the same role. */
export type Role = "console" | "api" | "conductor" | "conductor-2" | "sandbox";

export interface Product {
  /** Our REST API with /v1. */
  readonly apiUrl: string;
  /** Starts a role, or several in one process that goes by the first's name, and waits until all that listen answer. */
  start(role: Role, ...together: Role[]): Promise<void>;
  /** Ends a role without warning (SIGKILL). */
  kill(role: Role): Promise<void>;
  /** Ends all of it and removes its database. What the roles wrote is in the error when one of them ended by itself. */
  stop(): Promise<void>;
  /** All that a role has logged. */
  log(role: Role): string;
}

const root = join(import.meta.dirname, "../..");

/** A port that nobody listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** `env`: which cloud, in the variables of server/env.ts; API_PORT where the port must be a certain one, PORT of a console. */
export async function openProduct(env: Readonly<Record<string, string>>): Promise<Product> {
  const directory = mkdtempSync(join(tmpdir(), "jeroboam-product-"));
  const apiPort = Number(env["API_PORT"] ?? (await freePort()));
  const apiUrl = `http://127.0.0.1:${apiPort}`;
  const running = new Map<Role, ChildProcess>();
  const logFile = (role: Role) => join(directory, `${role}.log`);

  const start = async (role: Role, ...together: Role[]) => {
    const child = spawn(
      process.execPath,
      ["server/main.ts", ...[role, ...together].map((one) => one.replace(/-2$/, ""))],
      {
        cwd: root,
        env: {
          NODE_ENV: "test",
          PATH: process.env["PATH"] ?? "",
          DATABASE_URL: `file:${directory}/jeroboam.db`,
          API_PORT: String(apiPort),
          API_PUBLIC_URL: apiUrl,
          LOG_LEVEL: "info",
          ...env,
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const file = createWriteStream(logFile(role), { flags: "a" });
    child.stdout.pipe(file, { end: false });
    child.stderr.pipe(file, { end: false });
    running.set(role, child);
    const ports = {
      sandbox: Number(env["SANDBOX_PORT"]),
      console: Number(env["PORT"]),
      api: apiPort,
      conductor: null,
      "conductor-2": null,
    };
    for (const one of [role, ...together]) {
      const port = ports[one];
      if (port === null) continue;
      await until(`${one} answers`, 60_000, async () => {
        if (child.exitCode !== null)
          throw new Error(`${one} ended:\n${readFileSync(logFile(role), "utf8").slice(-4000)}`);
        return fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2000) }).then(
          () => true,
          () => false,
        );
      });
    }
  };

  const end = async (role: Role, signal: "SIGKILL" | "SIGTERM") => {
    const child = running.get(role);
    running.delete(role);
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };

  return {
    apiUrl: `${apiUrl}/v1`,
    start,
    kill: (role) => end(role, "SIGKILL"),
    stop: async () => {
      for (const role of [...running.keys()].toReversed()) await end(role, "SIGTERM");
      rmSync(directory, { recursive: true, force: true });
    },
    log: (role) => readFileSync(logFile(role), "utf8"),
  };
}
