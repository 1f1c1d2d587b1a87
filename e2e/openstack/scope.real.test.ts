// Tokens of a real Keystone that have no project: what policies call scopes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { policyDefaults } from "../../server/auth/policy-defaults.ts";
import { readEnv } from "../../server/env.ts";
import { openLog } from "../../server/log.ts";
import { buildApi } from "../../server/rest/app.ts";
import { routes } from "../../server/rest/routes.ts";
import { openRuntime, type Runtime } from "../../server/runtime.ts";
import { openstackTarget } from "../lifecycle/target.ts";
import { password, settings } from "./settings.ts";

/** A token of the administrator's in a scope of Keystone's own words; none = unscoped. */
async function token(scope: object | null): Promise<string> {
  const user = { name: "admin", domain: { name: "Default" }, password };
  const identity = { methods: ["password"], password: { user } };
  const answer = await fetch(`${settings.authUrl}/auth/tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ auth: { identity, ...(scope ? { scope } : { scope: "unscoped" }) } }),
  });
  expect(answer.status, await answer.text()).toBe(201);
  return answer.headers.get("x-subject-token") ?? "";
}

describe.each(policyDefaults)("by the %s defaults", (defaults) => {
  const directory = mkdtempSync(join(tmpdir(), "scope-"));
  let runtime: Runtime;
  let api: FastifyInstance;

  beforeAll(async () => {
    const database = `file:${join(directory, "scope.db")}`;
    const env = readEnv({ ...openstackTarget().env, DATABASE_URL: database, POLICY_DEFAULTS: defaults });
    runtime = await openRuntime(env, openLog("error", "scope"));
    api = buildApi(runtime);
  });
  afterAll(async () => {
    await api.close();
    await runtime.stop();
    rmSync(directory, { recursive: true });
  });

  it.each([
    ["the whole system", { system: { all: true } }],
    ["nothing", null],
  ])("an administrator's token of %s is refused with 403 on every route that asks for one", async (_what, scope) => {
    const held = await token(scope);
    for (const { method, path } of routes.filter((route) => !route.open)) {
      const answer = await api.inject({ method, url: path, headers: { "x-auth-token": held } });
      expect([method, path, answer.statusCode]).toEqual([method, path, 403]);
    }
  });

  it("one of a project is let in", async () => {
    const held = await token({ project: { name: "admin", domain: { name: "Default" } } });
    const answer = await api.inject({ url: "/v1/mservices", headers: { "x-auth-token": held } });
    expect(answer.statusCode).toBe(200);
  });
});
