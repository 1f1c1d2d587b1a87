// What a process has once: settings, database, log, clouds, drivers, the change feed. The one importer of concrete
// drivers. Everything else gets what it needs from here as a parameter.
import { mkdirSync } from "node:fs";
import { kubernetesFedoraCoreos } from "../drivers/kubernetes-fedora-coreos/driver.ts";
import { openClouds } from "../drivers/openstack/clouds.ts";
import { driverRegistry } from "../drivers/registry.ts";
import { openAuth } from "./auth/auth.ts";
import { keepSignedIn } from "./auth/sign-ins.ts";
import { loadPolicies, type Policies } from "./auth/policy.ts";
import { openChanges } from "./changes.ts";
import { openSharedClock, type SharedClock } from "./clock.ts";
import { changesSince, latestSeq } from "./db/change.ts";
import { connect, type Db } from "./db/client.ts";
import { databaseTime } from "./db/installation.ts";
import { prepareDatabase } from "./db/prepare.ts";
import { EnvError, type Env } from "./env.ts";
import type { Readiness } from "./health-endpoints.ts";
import type { Logger } from "./log.ts";
import { proveKey } from "./key-proof.ts";
import { openKeyStore } from "./pki/key-store.ts";
import { barbicanVault } from "./pki/vault.ts";
import { openSecrets, secretsKey } from "./secrets.ts";
import type { Deps } from "./services/deps.ts";

export interface Runtime extends Deps {
  unfit: () => string | null;
  policies: Policies;
  readiness: Readiness;
  stop(): Promise<void>;
}

/** Migrates and connects. Throws when the database or a setting is not usable. */
export async function openRuntime(env: Env, log: Logger): Promise<Runtime> {
  try {
    mkdirSync(env.dataDirectory, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new EnvError(`there can be no folder ${env.dataDirectory}: ${error instanceof Error ? error.message : ""}`);
  }
  const policies = loadPolicies(env.policyFile, env.policyDefaults);
  const { key, source } = secretsKey(env.secretsKey, env.dataDirectory);
  if (env.publicUrl.startsWith("https:") && env.trustedProxies.length === 0)
    log.warn(
      "PUBLIC_URL is https and TRUSTED_PROXIES is not set: all browsers count as one address for sign-in limits",
    );
  const secrets = openSecrets(key);
  const { migrations, checkedMs } = await prepareDatabase(env.databaseUrl);
  if (migrations.length > 0) log.info({ migrations }, "database migrated");
  if (checkedMs === null) log.warn("there was no time to look at all of the database's file: run PRAGMA quick_check");
  else if (checkedMs !== undefined) log.info({ ms: checkedMs }, "the database's file is whole");
  const { bus, webhook } = env.notifications;
  const db = connect(env.databaseUrl, {
    channels: [...(bus ? ["bus" as const] : []), ...(webhook ? ["webhook" as const] : [])],
  });
  await proveKey(db, secrets, source).catch(async (error: unknown) => {
    await db.close();
    throw error;
  });
  const { clock, stop: stopClock } = await keptClock(db, log);
  const clouds = openClouds(env.openstack);
  const auth = openAuth(
    { db, clouds, secrets, clock, log, policies },
    { region: env.openstack.region, session: env.session },
  );
  const signIns = keepSignedIn(clouds, log);
  const changes = openChanges({ latest: () => latestSeq(db), since: (seq) => changesSince(db, seq) }, (error) =>
    log.error({ err: error }, "change feed"),
  );
  return {
    env,
    db,
    policies,
    auth,
    log,
    clock,
    unfit: clock.problem,
    secrets,
    keys: openKeyStore(secrets, env.certManager, () => barbicanVault(clouds)),
    clouds,
    drivers: driverRegistry([kubernetesFedoraCoreos]).all,
    changes,
    readiness: {
      stopping: false,
      onProblem: (check, error) => log.warn({ err: error, check }, "not ready"),
      checks: {
        database: () => db.probe().then(() => null),
        clock: async () => clock.problem(),
        identity: async () => {
          const answer = await fetch(env.openstack.authUrl, { redirect: "manual", signal: AbortSignal.timeout(2500) });
          await answer.body?.cancel();
          return answer.ok || answer.status === 300 ? null : "does not answer as it should";
        },
        service_user: async () => signIns.service(),
        trustee_domain_admin: async () => signIns.trusteeAdmin(),
      },
    },
    async stop() {
      await changes.stop();
      stopClock();
      signIns.stop();
      clouds.close();
      await db.close();
    },
  };
}

const syncMs = 30_000;

/** The database's clock, looked at now and then. Says once that this host's own is wrong, and once that it is right again. */
async function keptClock(db: Db, log: Logger): Promise<{ clock: SharedClock; stop(): void }> {
  const clock = await openSharedClock(() => databaseTime(db));
  let said: string | null = null;
  const tell = () => {
    const problem = clock.problem();
    if (problem !== null && said === null) log.error({ reason: problem }, "this host takes no work: set its clock");
    if (problem === null && said !== null) log.info("this host's clock is right again");
    said = problem;
  };
  tell();
  const timer = setInterval(() => {
    clock.sync().then(tell, (error: unknown) => log.warn({ err: error }, "the database's clock could not be read"));
  }, syncMs);
  timer.unref();
  return { clock, stop: () => clearInterval(timer) };
}
