// The product as `npm start` runs it, on an empty database in a folder that goes with the process.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "jeroboam-e2e-"));
const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "server/main.ts"], {
  stdio: "inherit",
  env: { ...process.env, DATABASE_URL: `file:${join(folder, "jeroboam.db")}` },
});
for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => child.kill(signal));
child.on("exit", (code) => {
  rmSync(folder, { recursive: true, force: true });
  process.exit(code ?? 1);
});
