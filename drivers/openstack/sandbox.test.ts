// The sandbox is only worth what its truth is worth: it is held to the same contract as real services
// (e2e/openstack/cloud.real.test.ts).
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { startSandbox } from "../sandbox/main.ts";
import { cloudContract } from "./contract.ts";

const domain = { name: "Default" };
const directory = mkdtempSync(join(tmpdir(), "jeroboam-sandbox-"));
let stop: () => Promise<void> = () => Promise.resolve();
afterAll(async () => {
  await stop();
  rmSync(directory, { recursive: true });
});

cloudContract(async () => {
  const sandbox = await startSandbox({
    host: "127.0.0.1",
    port: 0,
    statePath: join(directory, "sandbox.db"),
    speed: 200,
    apiUrl: "http://127.0.0.1:9511/v1",
  });
  stop = () => sandbox.close();
  return {
    settings: {
      authUrl: `${sandbox.url}/identity/v3`,
      username: "jeroboam",
      password: "jeroboam",
      userDomain: domain,
      project: { name: "service", domain },
      region: null,
      interface: "public",
      trustee: {
        domain: { name: "magnum" },
        admin: { name: "trustee_domain_admin", domain: { name: "magnum" } },
        adminPassword: "trustee_domain_admin",
      },
    },
    user: { name: "demo", password: "demo" },
  };
});
