import type { Clouds } from "../../drivers/openstack/cloud.ts";
import type { Env } from "../env.ts";
import type { Logger } from "../log.ts";
import { checkCloud } from "./cloud.ts";

/**
 * Tells the log what the cloud lacks, while the product starts: a line each, with what to do. Never throws; nobody waits
 * for it but who stops the process, since it removes what it made.
 */
export async function checkAtStart({ env, clouds, log }: { env: Env; clouds: Clouds; log: Logger }): Promise<void> {
  try {
    for (const { what, state, seen, mend } of await checkCloud(env, clouds))
      if (mend !== null)
        log[state === "failed" ? "error" : "warn"]({ check: what, mend }, `cloud: ${what}: ${seen}. ${mend}`);
  } catch (error) {
    log.error({ err: error }, "the check of the cloud broke");
  }
}
