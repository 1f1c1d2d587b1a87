import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openClouds } from "../../drivers/openstack/clouds.ts";
import { describeFindings } from "../check.ts";
import { Secret } from "../domain/secret.ts";
import { readEnv, type Env, type OpenStackSettings } from "../env.ts";
import { openTestCloud, type TestCloud } from "../testing/test-cloud.ts";
import { checkAtStart } from "./at-start.ts";
import { checkCloud, type Finding } from "./cloud.ts";

const trustee = {
  OS_PROJECT_NAME: "service",
  TRUSTEE_DOMAIN_NAME: "magnum",
  TRUSTEE_DOMAIN_ADMIN_NAME: "trustee_domain_admin",
  TRUSTEE_DOMAIN_ADMIN_PASSWORD: "trustee_domain_admin",
};
const outside = { apiPublicUrl: "https://containers.example.org", certManager: "sealed" } as const;
let cloud: TestCloud;
beforeAll(async () => {
  cloud = await openTestCloud();
});
afterAll(() => cloud.close());

/** What is not in order, by what it is about; with the settings of somebody who made a mistake. */
async function problems(
  wrong: Partial<OpenStackSettings> = {},
  given: Partial<Env> = {},
): Promise<Record<string, Omit<Finding, "what">>> {
  const openstack = { ...cloud.settings, ...wrong };
  const clouds = openClouds(openstack);
  try {
    const findings = await checkCloud({ ...outside, ...given, openstack }, clouds);
    const bad = findings.filter(({ state }) => state !== "ok");
    return Object.fromEntries(bad.map(({ what, ...finding }) => [what, finding]));
  } finally {
    clouds.close();
  }
}

test("a cloud that is set up has nothing to mend, and keeps nothing of the check", async () => {
  const before = await cloud.clouds.identity.trustees.list();
  expect(await problems({}, { apiPublicUrl: "http://127.0.0.1:1" })).toEqual({
    "API for nodes": expect.objectContaining({ state: "warning" }),
  });
  expect(await cloud.clouds.identity.trustees.list()).toEqual(before);
  expect(await cloud.clouds.service().keystone.listTrusts()).toEqual([]);
});

test("keys in Barbican are tried with a secret that goes again", async () => {
  expect(Object.keys(await problems({}, { certManager: "barbican" }))).toEqual(["own entry in the catalogue"]);
});

test("a wrong password of the service user is named, and what hangs on it is left open", async () => {
  const found = await problems({ password: "wrong" });
  expect(found["service user"]).toMatchObject({ state: "failed", seen: expect.stringContaining("answers 401") });
  expect(found["service user"]?.mend).toContain("OS_PASSWORD");
  expect(found["tokens of others"]).toMatchObject({ state: "unknown", mend: null });
  expect(Object.values(found).filter(({ state }) => state === "failed")).toHaveLength(1);
});

test("a service user without rights is told which role it lacks", async () => {
  const domain = { name: "Default" };
  const found = await problems({ username: "demo", password: "demo", project: { name: "demo", domain } });
  expect(found["tokens of others"]).toMatchObject({ state: "failed", seen: expect.stringContaining("answers 403") });
  expect(found["tokens of others"]?.mend).toContain("role service");
  expect(found["projects for quotas"]).toMatchObject({ state: "warning" });
});

test("a wrong password of the trustee domain's admin is named", async () => {
  const found = await problems({ trustee: { ...cloud.settings.trustee, adminPassword: "wrong" } });
  expect(found["trustee domain admin"]).toMatchObject({
    state: "failed",
    seen: expect.stringContaining("answers 401"),
  });
  expect(found["trustee domain admin"]?.mend).toContain("TRUSTEE_DOMAIN_");
  expect(found["trusts that Heat hands on"]).toMatchObject({ state: "unknown" });
});

test("an address that nodes cannot reach, a region that is not there and another API in the catalogue are told", async () => {
  const found = await problems({ region: "Elsewhere" }, { apiPublicUrl: "http://[::1]:9511" });
  expect(found["API for nodes"]?.mend).toContain("API_PUBLIC_URL");
  expect(found["services of the cloud"]).toMatchObject({ state: "failed", seen: "there is no region Elsewhere" });
  expect((await problems())["own entry in the catalogue"]?.seen).toBe(
    "it is http://127.0.0.1:1/v1, and API_PUBLIC_URL makes it https://containers.example.org/v1",
  );
});

test("a cloud that does not answer is one failure", async () => {
  const found = await problems({ authUrl: "http://127.0.0.1:1/v3" });
  expect(found["service user"]?.seen).toContain("does not answer");
  expect(found["trustee domain admin"]).toMatchObject({ state: "failed" });
});

test("a user that a killed check left is removed by the next one, and one that is in use is not", async () => {
  const { trustees } = cloud.clouds.identity;
  const left = (at: number) => `check-${at}-${randomUUID()}`;
  const [old, young] = [left(Date.now() - 3_600_000), left(Date.now())];
  for (const name of [old, young]) await trustees.create({ name, password: new Secret("unused") });
  await problems();
  expect([await trustees.find(old), (await trustees.find(young))?.name]).toEqual([null, young]);
});

test("at the start each of them is a line of the log, with what to do", async () => {
  const lines: string[] = [];
  const log = pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) });
  const env = readEnv({
    OS_AUTH_URL: cloud.settings.authUrl,
    OS_USERNAME: "jeroboam",
    OS_PASSWORD: "wrong",
    ...trustee,
  });
  const clouds = openClouds(env.openstack);
  await checkAtStart({ env, clouds, log });
  clouds.close();
  expect(lines.some((line) => /"level":50,.*cloud: service user: .*answers 401.*Check OS_AUTH_URL/.test(line))).toBe(
    true,
  );
  expect(lines.filter((line) => line.includes("wrong"))).toEqual([]);
});

test("a finding is a line, and what to do about it another", () => {
  expect(
    describeFindings([
      { what: "a", state: "ok", seen: "fine", mend: null },
      { what: "bcd", state: "failed", seen: "gone", mend: "Mend it." },
    ]),
  ).toEqual(["ok       a    fine", "NOT OK   bcd  gone", "              -> Mend it."]);
});
