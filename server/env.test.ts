import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EnvError, readEnv } from "./env.ts";

const cloud = {
  OS_AUTH_URL: "https://keystone.example.org:5000",
  OS_USERNAME: "jeroboam",
  OS_PASSWORD: "word",
  OS_PROJECT_NAME: "service",
  TRUSTEE_DOMAIN_NAME: "magnum",
  TRUSTEE_DOMAIN_ADMIN_NAME: "trustee_domain_admin",
  TRUSTEE_DOMAIN_ADMIN_PASSWORD: "word",
};

describe("settings", () => {
  it("without a cloud the sandbox is the cloud", () => {
    const env = readEnv({ SANDBOX_PORT: "15500" });
    expect(env.sandbox).toBe(true);
    expect(env.openstack.authUrl).toBe("http://127.0.0.1:15500/identity/v3");
    expect(env).toMatchObject({ port: 3000, apiPort: 9511, apiPublicUrl: "http://127.0.0.1:9511" });
  });

  it("an empty variable is one that is not set", () => {
    expect(readEnv({ OS_AUTH_URL: "", PORT: "" })).toMatchObject({ sandbox: true, port: 3000 });
  });

  it("the sandbox, whose passwords everybody knows, is for this machine only unless told otherwise", () => {
    for (const HOST of ["127.0.0.1", "127.3.0.4", "::1", "localhost"]) expect(readEnv({ HOST }).host).toBe(HOST);
    for (const HOST of ["0.0.0.0", "::", "192.0.2.7", "console.example", "127.example"]) {
      expect(() => readEnv({ HOST })).toThrow(/^HOST is .* SANDBOX_OPEN_TO_NETWORK=true to let in whoever/);
      expect(readEnv({ HOST, SANDBOX_OPEN_TO_NETWORK: "true" }).host).toBe(HOST);
      expect(readEnv({ HOST, ...cloud }).host).toBe(HOST);
    }
  });

  it("proxies are trusted by address or range, and none unless named", () => {
    expect(readEnv({}).trustedProxies).toEqual([]);
    const named = readEnv({ TRUSTED_PROXIES: "10.0.0.0/8, 192.0.2.1,2001:db8::/32" }).trustedProxies;
    expect(named).toEqual(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32"]);
  });

  it("sessions end after an hour without use and twelve in all, or as set", () => {
    expect(readEnv({}).session).toEqual({ idleMs: 3_600_000, longestMs: 43_200_000 });
    const set = readEnv({ SESSION_IDLE_MINUTES: "15", SESSION_HOURS: "0.5" }).session;
    expect(set).toEqual({ idleMs: 900_000, longestMs: 1_800_000 });
    expect(readEnv({ SESSION_IDLE_MINUTES: "0" }).session.idleMs).toBeNull();
  });

  it("audit events are sent nowhere unless a bus or a webhook is named, and kept for a year", () => {
    expect(readEnv({})).toMatchObject({ notifications: { bus: null, webhook: null }, auditRetentionDays: 365 });
    const env = readEnv({
      NOTIFICATION_URL: "rabbit://guest:guest@bus.example:5672//",
      NOTIFICATION_TOPICS: "notifications, audit",
      NOTIFICATION_WEBHOOK_URL: "https://hook.example/a?b=c",
      AUDIT_RETENTION_DAYS: "0",
    });
    expect(env.notifications).toEqual({
      bus: {
        url: "amqp://guest:guest@bus.example:5672//",
        exchange: "magnum",
        topics: ["notifications", "audit"],
        durable: false,
      },
      webhook: { url: "https://hook.example/a?b=c", secret: null },
    });
    expect(env.auditRetentionDays).toBe(0);
  });

  it("the identity address gets exactly one /v3", () => {
    expect(readEnv(cloud).openstack.authUrl).toBe("https://keystone.example.org:5000/v3");
    expect(readEnv({ ...cloud, OS_AUTH_URL: `${cloud.OS_AUTH_URL}/v3/` }).openstack.authUrl).toBe(
      "https://keystone.example.org:5000/v3",
    );
  });

  it.each([
    [{ PORT: "seventy" }, /^PORT: /],
    [{ DATABASE_URL: "mysql://x" }, /^DATABASE_URL: must be file:<path> or postgresql:/],
    [{ SECRETS_KEY: "short" }, /^SECRETS_KEY: must be 32 bytes in base64$/],
    [{ NOTIFICATION_URL: "https://bus.example" }, /^NOTIFICATION_URL: must be amqp:\/\//],
    [{ NOTIFICATION_TOPICS: " , " }, /^NOTIFICATION_TOPICS: must name a topic$/],
    [{ NOTIFICATION_WEBHOOK_URL: "ftp://x" }, /^NOTIFICATION_WEBHOOK_URL: must be an http/],
    [{ NOTIFICATION_WEBHOOK_SECRET: "short" }, /^NOTIFICATION_WEBHOOK_SECRET: must have at least 16/],
    [{ AUDIT_RETENTION_DAYS: "1.5" }, /^AUDIT_RETENTION_DAYS: must be a whole number/],
    [{ POLICY_DEFAULTS: "old" }, /^POLICY_DEFAULTS: .*secure.*legacy/],
    [{ TRUSTED_PROXIES: "proxy.example" }, /^TRUSTED_PROXIES: must be addresses or ranges/],
    [{ TRUSTED_PROXIES: "10.0.0.0/33" }, /^TRUSTED_PROXIES: must be addresses or ranges/],
    [{ SESSION_IDLE_MINUTES: "-1" }, /^SESSION_IDLE_MINUTES: /],
    [{ SESSION_HOURS: "0" }, /^SESSION_HOURS: /],
    [{ CERT_MANAGER: "vault" }, /^CERT_MANAGER: .*sealed.*barbican/],
    [{ ...cloud, OS_PASSWORD: undefined }, /^OS_PASSWORD must be set/],
    [{ ...cloud, TRUSTEE_DOMAIN_NAME: undefined }, /^TRUSTEE_DOMAIN_NAME or TRUSTEE_DOMAIN_ID must be set/],
    [{ OS_CLOUD: "x", OS_CLIENT_CONFIG_FILE: "/nonexistent/clouds.yaml" }, /there is no|cannot be read/],
  ])("a wrong value stops the start with one line that names it: %j", (variables, line) => {
    expect(() => readEnv(variables)).toThrow(EnvError);
    expect(() => readEnv(variables)).toThrow(line);
  });

  it("OS_CLOUD reads clouds.yaml", () => {
    const file = join(mkdtempSync(join(tmpdir(), "env-")), "clouds.yaml");
    writeFileSync(
      file,
      "clouds:\n  here: {auth: {auth_url: 'http://127.0.0.1:5000', username: u, password: p, project_id: abc}, region_name: R1, verify: false}\n",
    );
    const { openstack } = readEnv({ ...cloud, OS_AUTH_URL: undefined, OS_CLOUD: "here", OS_CLIENT_CONFIG_FILE: file });
    expect(openstack).toMatchObject({ username: "u", project: { id: "abc" }, region: "R1", insecure: true });
    expect(() => readEnv({ OS_CLOUD: "there", OS_CLIENT_CONFIG_FILE: file })).toThrow(/no cloud named there/);
  });
});
