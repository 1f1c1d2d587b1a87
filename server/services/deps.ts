import type { ClusterDriver } from "../../drivers/driver.ts";
import type { Clouds } from "../../drivers/openstack/cloud.ts";
import type { Auth } from "../auth/auth.ts";
import type { ChangeFeed } from "../changes.ts";
import type { Clock } from "../clock.ts";
import type { Db } from "../db/client.ts";
import type { Env } from "../env.ts";
import type { Logger } from "../log.ts";
import type { KeyStore } from "../pki/key-store.ts";
import type { Secrets } from "../secrets.ts";

/** What services need of the process: a part of Runtime, so that tests can build it without starting one. */
export interface Deps {
  env: Env;
  db: Db;
  auth: Auth;
  log: Logger;
  clock: Clock;
  secrets: Secrets;
  /** Private keys of clusters' authorities. */
  keys: KeyStore;
  drivers: readonly ClusterDriver[];
  clouds: Clouds;
  changes: ChangeFeed;
}
