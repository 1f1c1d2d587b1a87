// The product in a process of its own over an empty directory, for measuring; its ports are away from the usual ones.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import superjson from "superjson";
import { cleanEnv } from "../support/clean-env.ts";
import { until } from "./report.ts";

export const ports = { console: 3931, api: 3932, sandbox: 3933 };
export const consoleUrl = `http://127.0.0.1:${ports.console}`;

export interface Product {
  databaseUrl: string;
  stop(): Promise<void>;
}

/** No roles = all. Resolves when it is ready; `folder` keeps its data over a restart. */
export async function startProduct(roles: readonly string[] = [], folder?: string): Promise<Product> {
  const data = folder ?? mkdtempSync(join(tmpdir(), "jeroboam-bench-"));
  const databaseUrl = `file:${join(data, "jeroboam.db")}`;
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "server/main.ts", ...roles], {
    stdio: ["ignore", "ignore", "inherit"],
    env: {
      ...cleanEnv(),
      NODE_ENV: "production",
      DATABASE_URL: databaseUrl,
      PORT: String(ports.console),
      API_PORT: String(ports.api),
      SANDBOX_PORT: String(ports.sandbox),
      SANDBOX_SPEED: "20",
      LOG_LEVEL: "error",
    },
  });
  await until(() => answers(`${consoleUrl}/readyz`, child), 120_000);
  return {
    databaseUrl,
    async stop() {
      await ended(child);
      if (folder === undefined) rmSync(data, { recursive: true, force: true });
    },
  };
}

async function answers(url: string, child: ChildProcess): Promise<true | null> {
  if (child.exitCode !== null) throw new Error(`the product ended with ${child.exitCode}`);
  return fetch(url).then(
    (answer) => (answer.ok ? true : null),
    () => null,
  );
}

export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return Promise.resolve();
  return new Promise((done) => {
    child.on("exit", () => done());
    child.kill("SIGTERM");
  });
}

/** A session as a browser has it. */
export async function session(
  user: string,
): Promise<{ cookie: string; query(path: string, input: object): Promise<Response> }> {
  const answer = await fetch(`${consoleUrl}/api/trpc/session.signIn`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: consoleUrl },
    body: superjson.stringify({ domain: "Default", user, password: user }),
  });
  if (!answer.ok) throw new Error(`sign-in: ${answer.status} ${await answer.text()}`);
  const cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  return {
    cookie,
    query: (path, input) =>
      fetch(`${consoleUrl}/api/trpc/${path}?input=${encodeURIComponent(superjson.stringify(input))}`, {
        headers: { cookie },
      }),
  };
}
