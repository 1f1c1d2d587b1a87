// The sandbox is only worth what its truth is worth: it is held to the same contract as real services
// (e2e/openstack/cloud.real.test.ts).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { cloudContract } from "../openstack/contract.ts";
import { startSandbox } from "./cloud.ts";
import type { Sandbox } from "./cloud.ts";
import { sandboxSettings } from "./testing/settings.ts";

const directory = mkdtempSync(join(tmpdir(), "jeroboam-sandbox-"));
let sandbox: Sandbox | null = null;
afterAll(async () => {
  await sandbox?.close();
  rmSync(directory, { recursive: true });
});

cloudContract(async () => {
  const statePath = join(directory, "sandbox.db");
  sandbox = await startSandbox({ port: 0, statePath, speed: 200, apiUrl: "http://127.0.0.1:9511/v1" });
  return { settings: sandboxSettings(sandbox.url), user: { name: "demo", password: "demo" } };
});
