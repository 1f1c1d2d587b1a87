import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { freePort } from "../../e2e/lifecycle/product.ts";
import { openClouds, type CloudSettings } from "../../drivers/openstack/clouds.ts";
import { startSandbox } from "../../drivers/sandbox/main.ts";
import { sandboxSettings } from "../../drivers/sandbox/testing/settings.ts";
import { silentLog } from "../testing/test-context.ts";
import { keepSignedIn, type SignIns } from "./sign-ins.ts";

let folder: string;
let ends: (() => unknown)[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jeroboam-sign-ins-"));
  ends = [];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
  rmSync(folder, { recursive: true, force: true });
});

async function cloudAt(port: number): Promise<void> {
  const statePath = join(folder, "sandbox.db");
  const apiUrl = "http://127.0.0.1:1/v1";
  const sandbox = await startSandbox({ host: "127.0.0.1", port, statePath, speed: 100, apiUrl, log: silentLog });
  ends.push(() => sandbox.close());
}

function begin(settings: CloudSettings): { signIns: SignIns; lines: string[] } {
  const lines: string[] = [];
  const clouds = openClouds(settings, { attempts: 1 });
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(line) });
  const signIns = keepSignedIn(clouds, log, { leastMs: 20, mostMs: 50 });
  ends.push(() => clouds.close());
  ends.push(() => signIns.stop());
  return { signIns, lines };
}

it("says at start which identity of the service cannot sign in and why, once, without its password", async () => {
  const port = await freePort();
  await cloudAt(port);
  const right = sandboxSettings(`http://127.0.0.1:${port}`);
  const { signIns, lines } = begin({
    ...right,
    password: "not-it",
    trustee: { ...right.trustee, adminPassword: "nor-this" },
  });
  await vi.waitFor(() => {
    expect(signIns.service()).toBe("The service user cannot sign in at the cloud: name or password is wrong.");
    expect(signIns.trusteeAdmin()).toBe(
      "The trustee domain's admin cannot sign in at the cloud: name or password is wrong.",
    );
  }, 10_000);
  const one = begin({ ...right, password: "not-it" });
  await vi.waitFor(() => expect(one.signIns.trusteeAdmin()).toBeNull(), 10_000);
  expect(one.signIns.service()).toMatch(/^The service user cannot/);
  expect(lines).toHaveLength(2);
  expect(lines.join("")).toMatch(/OS_PASSWORD[^]*TRUSTEE_DOMAIN_/);
  expect(lines.join("")).not.toMatch(/not-it|nor-this/);
});

it("is tried again until it can: a cloud that comes later than we do is found by itself", async () => {
  const port = await freePort();
  const { signIns, lines } = begin(sandboxSettings(`http://127.0.0.1:${port}`));
  await vi.waitFor(() => expect(signIns.service()).toMatch(/identity service does not answer/), 10_000);
  await cloudAt(port);
  await vi.waitFor(() => expect([signIns.service(), signIns.trusteeAdmin()]).toEqual([null, null]), 20_000);
  expect(lines.filter((line) => line.includes("is signed in now."))).toHaveLength(2);
});
