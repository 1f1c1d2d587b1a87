// docs/cloud-setup.md on a real Keystone: its commands make what the product needs, with the fewest roles, and `npm run check`
// tells what is missing.
import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openClouds } from "../../drivers/openstack/clouds.ts";
import { checkCloud, type Finding } from "../../server/check/cloud.ts";
import { readEnv } from "../../server/env.ts";
import { commands } from "../documents/read.ts";
import { isCloudSetup } from "../documents/tried.ts";
import { freePort } from "../lifecycle/product.ts";
import { until } from "../lifecycle/until.ts";
import { cleanEnv } from "../support/clean-env.ts";
import { call, signIn } from "./session.ts";
import { password, settings } from "./settings.ts";

/** Beside what `up` made, and gone afterwards. */
const own = randomBytes(4).toString("hex");
const domain = `magnum-${own}`;
const user = `jeroboam-${own}`;
const serviceType = `container-infra-${own}`;
const passwords = { SERVICE_PASSWORD: `s-${own}`, TRUSTEE_PASSWORD: `t-${own}` };

const written = commands("docs/cloud-setup.md")
  .filter(isCloudSetup)
  .map(({ text }) => text);

async function openstack(line: string): Promise<string> {
  const env = {
    ...cleanEnv(),
    ...passwords,
    OS_AUTH_URL: settings.authUrl,
    OS_IDENTITY_API_VERSION: "3",
    OS_USERNAME: "admin",
    OS_PASSWORD: password,
    OS_PROJECT_NAME: "admin",
    OS_USER_DOMAIN_NAME: "Default",
    OS_PROJECT_DOMAIN_NAME: "Default",
  };
  return (await promisify(execFile)("/bin/bash", ["-ec", line], { env, timeout: 120_000 })).stdout;
}

/** The document's own names belong to what `up` made. */
const renamed = (line: string) =>
  line
    .replaceAll("magnum", domain)
    .replaceAll("jeroboam", user)
    .replaceAll("container-infra", serviceType)
    .replaceAll("https://containers.example.org:9511", "http://127.0.0.1:9511");

/** What is not in order, by what it is about, with these variables besides those of the document's users. */
async function problems(variables: Record<string, string> = {}): Promise<Record<string, Finding>> {
  const env = readEnv({
    OS_AUTH_URL: settings.authUrl,
    OS_REGION_NAME: "RegionOne",
    OS_USERNAME: user,
    OS_PASSWORD: passwords.SERVICE_PASSWORD,
    OS_PROJECT_NAME: "service",
    TRUSTEE_DOMAIN_NAME: domain,
    TRUSTEE_DOMAIN_ADMIN_NAME: "trustee_domain_admin",
    TRUSTEE_DOMAIN_ADMIN_PASSWORD: passwords.TRUSTEE_PASSWORD,
    ...variables,
  });
  const clouds = openClouds(env.openstack);
  try {
    const findings = (await checkCloud(env, clouds)).filter(({ state }) => state !== "ok");
    return Object.fromEntries(findings.map((finding) => [finding.what, finding]));
  } finally {
    clouds.close();
  }
}

/** Everything here is on loopback, which nodes of a real cloud would not reach. */
const loopback = ["API for nodes"];
const others = (found: Record<string, Finding>) => Object.keys(found).filter((what) => !loopback.includes(what));

beforeAll(async () => {
  for (const line of written) await openstack(renamed(line));
});
afterAll(async () => {
  for (const line of [
    `openstack user delete ${user}`,
    `openstack service delete ${serviceType}`,
    `openstack domain set --disable ${domain}`,
    `openstack domain delete ${domain}`,
  ])
    await openstack(line);
});

describe("what docs/cloud-setup.md has an administrator do", () => {
  it("is enough for the product, but for quotas of named projects", async () => {
    expect(others(await problems())).toEqual(["projects for quotas"]);
  });

  it("says which roles more is needed for", async () => {
    const role = (word: string, name: string) =>
      openstack(`openstack role ${word} ${name} --project service --project-domain Default --user ${user}`);
    expect(others(await problems({ CERT_MANAGER: "barbican" }))).toContain("keys of clusters");
    await role("add", "creator");
    expect(others(await problems({ CERT_MANAGER: "barbican" }))).toEqual(["projects for quotas"]);
    await role("remove", "creator");
    await role("add", "admin");
    await role("remove", "service");
    expect(others(await problems())).toEqual([]);
    await role("add", "service");
    await role("remove", "admin");
  });

  it("is no more than is needed", async () => {
    const role = (word: string, name: string) =>
      openstack(`openstack role ${word} ${name} --project service --project-domain Default --user ${user}`);
    await role("add", "member");
    await role("remove", "service");
    expect((await problems())["tokens of others"]).toMatchObject({
      state: "failed",
      seen: expect.stringMatching(/403/),
    });
    await role("add", "service");
    await role("remove", "member");

    const adminRole = (word: string, name: string) =>
      openstack(
        `openstack role ${word} ${name} --domain ${domain} --user trustee_domain_admin --user-domain ${domain}`,
      );
    await adminRole("add", "member");
    await adminRole("remove", "admin");
    expect((await problems())["users of the trustee domain"]).toMatchObject({
      state: "failed",
      seen: expect.stringMatching(/403/),
    });
    await adminRole("add", "admin");
    await adminRole("remove", "member");
  });
});

describe("a Keystone that lets no trust be handed on", () => {
  const home = mkdtempSync(join(tmpdir(), "jeroboam-keystone-"));
  const state = process.env["JEROBOAM_OPENSTACK_STATE"] ?? "/var/lib/jeroboam-openstack";
  let keystone: ChildProcess;
  let url = "";

  const start = async (trust: string) => {
    mkdirSync(join(home, ".keystone"), { recursive: true });
    cpSync(join(state, "home/.keystone"), join(home, ".keystone"), { recursive: true });
    const file = join(home, ".keystone/keystone.conf");
    writeFileSync(file, readFileSync(file, "utf8").replace("allow_redelegation = true", trust));
    const port = await freePort();
    url = `http://127.0.0.1:${port}/v3`;
    const args = ["--http-socket", `127.0.0.1:${port}`, "--wsgi-file", "/usr/bin/keystone-wsgi-public", "--need-app"];
    const more = ["--die-on-term", "--buffer-size", "65535", "--post-buffering", "65536"];
    keystone = spawn("uwsgi_python3", [...args, ...more, "--add-header", "Connection: close"], {
      cwd: "/",
      env: { ...cleanEnv(), HOME: home, PYTHONPATH: join(import.meta.dirname, "python"), LC_ALL: "C.UTF-8" },
      stdio: "ignore",
    });
    await until("Keystone answers", 120_000, async () =>
      fetch(url).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  };
  const stop = async () => {
    if (keystone.exitCode !== null) return;
    const gone = once(keystone, "exit");
    keystone.kill("SIGTERM");
    await gone;
  };
  afterAll(() => rmSync(home, { recursive: true }));

  it.each([
    ["max_redelegation_count = 0", ["projects for quotas", "trusts that Heat hands on"]],
    ["allow_redelegation = false", ["projects for quotas"]],
  ])("%s", async (trust, expected) => {
    await start(trust);
    try {
      const found = await problems({ OS_AUTH_URL: url });
      expect(others(found).toSorted()).toEqual(expected);
      if (expected.length > 1) expect(found["trusts that Heat hands on"]?.mend).toContain("max_redelegation_count");
    } finally {
      await stop();
    }
  });
});

describe("roles that people need", () => {
  const person = `person-${own}`;
  const project = `people-${own}`;
  beforeAll(async () => {
    await openstack(`openstack project create ${project} --domain Default`);
    await openstack(`openstack user create ${person} --domain Default --password ${password}`);
  });
  afterAll(async () => {
    await openstack(`openstack user delete ${person}`);
    await openstack(`openstack project delete ${project}`);
  });

  /** Whether the person of these roles may make a stack and a balancer. */
  const allowed = async () => {
    const { authUrl } = settings;
    const scope = { project, domain: "Default" };
    const session = await signIn({ authUrl, user: { name: person, domain: "Default" }, password, scope });
    const post = async (url: string, body: unknown) => {
      const headers = { "X-Auth-Token": session.token, "Content-Type": "application/json" };
      return fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    };
    const stacks = `${session.at("orchestration")}/stacks`;
    const template = { heat_template_version: "2021-04-16", resources: { word: { type: "OS::Heat::RandomString" } } };
    const stack = await post(stacks, { stack_name: person, template });
    if (stack.ok) await call("DELETE", `${stacks}/${person}`, session);
    // A network that is not there: refused for that, by whoever may have one.
    const balancer = await post(`${session.at("load-balancer")}/v2/lbaas/loadbalancers`, {
      loadbalancer: { name: person, vip_network_id: "00000000-0000-0000-0000-000000000000" },
    });
    return { stack: stack.status !== 403, balancer: balancer.status !== 403 };
  };

  it("are member, and load-balancer_member where Octavia has its own roles", async () => {
    const add = (role: string) =>
      openstack(`openstack role add ${role} --project ${project} --project-domain Default --user ${person}`);
    await add("member");
    expect(await allowed()).toEqual({ stack: true, balancer: false });
    await add("load-balancer_member");
    expect(await allowed()).toEqual({ stack: true, balancer: true });
  });
});
