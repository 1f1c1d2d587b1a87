// A sandbox cloud of a test's own, reached over HTTP as any cloud is.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clouds } from "../../drivers/openstack/cloud.ts";
import { openClouds } from "../../drivers/openstack/clouds.ts";
import { startSandbox } from "../../drivers/sandbox/main.ts";
import { Secret } from "../domain/secret.ts";
import { readEnv, type OpenStackSettings } from "../env.ts";
import { silentLog } from "./test-context.ts";

export interface TestCloud {
  /** As the product finds it. */
  settings: OpenStackSettings;
  clouds: Clouds;
  /** What was asked of it over `clouds` so far, as `service: operation`. */
  asked: readonly string[];
  /** A token of one of the sandbox's people, whose password is the name; scoped to the project of that name. */
  token(user: string, project: string): Promise<{ token: string; projectId: string; userId: string }>;
  close(): Promise<void>;
}

export async function openTestCloud(): Promise<TestCloud> {
  const directory = mkdtempSync(join(tmpdir(), "jeroboam-cloud-"));
  const sandbox = await startSandbox({
    host: "127.0.0.1",
    port: 0,
    statePath: join(directory, "sandbox.db"),
    speed: 100,
    apiUrl: "http://127.0.0.1:1/v1",
    log: silentLog,
  });
  const { port } = new URL(sandbox.url);
  const asked: string[] = [];
  const settings = readEnv({ DATABASE_URL: "file:unused.db", SANDBOX_PORT: port }).openstack;
  const clouds = openClouds(settings, {
    onCall: ({ service, operation }) => void asked.push(`${service}: ${operation}`),
  });
  return {
    settings,
    clouds,
    asked,
    async token(user, project) {
      const domain = { name: "Default" };
      const { token, ...info } = await clouds.identity.signIn({
        kind: "password",
        user: { name: user, domain },
        password: new Secret(user),
        scope: { project: { name: project, domain } },
      });
      return { token: token.reveal(), projectId: info.project?.id ?? "", userId: info.user.id };
    },
    async close() {
      clouds.close();
      await sandbox.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
