// The product as `npm start` runs it, over the sandbox, on an empty database in a folder that goes with the process.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { cleanEnv } from "./clean-env.ts";
import { databaseFile, databaseFolder } from "./database.ts";
import { apiPort, consolePort, sandboxPort } from "./ports.ts";

rmSync(databaseFolder, { recursive: true, force: true });
mkdirSync(databaseFolder, { mode: 0o700 });
const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "server/main.ts"], {
  stdio: "inherit",
  env: {
    ...cleanEnv(),
    NODE_ENV: "production",
    DATABASE_URL: `file:${databaseFile}`,
    PORT: String(consolePort),
    API_PORT: String(apiPort),
    SANDBOX_PORT: String(sandboxPort),
    SANDBOX_SPEED: "20",
    LOG_LEVEL: "warn",
  },
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal));
// A test runner that is killed says nothing any more: nobody is left to stop this.
const parent = process.ppid;
setInterval(() => {
  if (process.ppid !== parent) child.kill("SIGTERM");
}, 1000).unref();
child.on("exit", (code) => {
  rmSync(databaseFolder, { recursive: true, force: true });
  process.exit(code ?? 1);
});
