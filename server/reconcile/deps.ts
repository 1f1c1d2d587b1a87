import type { ClusterDriver } from "../../drivers/driver.ts";
import type { Clouds } from "../../drivers/openstack/cloud.ts";
import type { Clock } from "../clock.ts";
import type { Db } from "../db/client.ts";
import type { Env } from "../env.ts";
import type { Logger } from "../log.ts";
import type { Secrets } from "../secrets.ts";

/** What the conductor needs of the process: a part of Runtime. */
export interface ConductorDeps {
  env: Pick<Env, "apiPublicUrl" | "sandbox" | "sandboxSpeed" | "certManager"> & {
    openstack: Pick<Env["openstack"], "insecure" | "caPem">;
  };
  db: Db;
  log: Logger;
  clock: Clock;
  /** Why this process must take no work now, in plain words; null = it may. Absent = it always may. */
  unfit?: () => string | null;
  secrets: Secrets;
  drivers: readonly ClusterDriver[];
  clouds: Clouds;
  /** Told when a round wrote something, so that screens served by this process are at once up to date. */
  changes: { nudge(): void };
}
