import { afterAll } from "vitest";
import { cloudContract } from "../openstack/contract.ts";
import { startSandbox } from "./cloud.ts";
import type { Sandbox } from "./cloud.ts";
import { sandboxSettings } from "./testing/settings.ts";

let sandbox: Sandbox | null = null;
afterAll(() => sandbox?.close());

cloudContract(async () => {
  sandbox = await startSandbox({ port: 0, speed: 200, apiUrl: "http://127.0.0.1:9511/v1" });
  return { settings: sandboxSettings(sandbox.url), user: { name: "demo", password: "demo" } };
});
