import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox } from "../../drivers/sandbox/main.ts";
import { openLog } from "../../server/log.ts";
import { describeDoors } from "./doors.ts";

describeDoors("the sandbox", async () => {
  const directory = mkdtempSync(join(tmpdir(), "doors-sandbox-"));
  const sandbox = await startSandbox({
    host: "127.0.0.1",
    port: 0,
    statePath: join(directory, "sandbox.db"),
    speed: 200,
    apiUrl: "http://127.0.0.1:1/v1",
    log: openLog("error", "sandbox"),
  });
  return {
    env: { SANDBOX_PORT: new URL(sandbox.url).port },
    person: { user: "demo", password: "demo", project: "demo" },
    close: async () => {
      await sandbox.close();
      rmSync(directory, { recursive: true });
    },
  };
});
