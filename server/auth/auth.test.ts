// Sessions, the API's gate and delegated credentials at the sandbox's Keystone: the lines that a real one is held to as
// well (e2e/openstack/auth.real.test.ts).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox } from "../../drivers/sandbox/main.ts";
import { readEnv } from "../env.ts";
import { identityContract } from "../testing/identity-contract.ts";
import { silentLog } from "../testing/test-context.ts";

identityContract(async () => {
  const directory = mkdtempSync(join(tmpdir(), "jeroboam-sandbox-"));
  const sandbox = await startSandbox({
    host: "127.0.0.1",
    port: 0,
    statePath: join(directory, "sandbox.db"),
    speed: 100,
    apiUrl: "http://127.0.0.1:9511/v1",
    log: silentLog,
  });
  const { port } = new URL(sandbox.url);
  return {
    settings: readEnv({ DATABASE_URL: "file:unused.db", SANDBOX_PORT: port }).openstack,
    password: "demo",
    close: async () => {
      await sandbox.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
});
