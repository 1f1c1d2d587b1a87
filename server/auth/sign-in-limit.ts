// How often passwords may be tried. Every replica counts in the same rows, before Keystone is asked: what must wait
// reaches neither Keystone nor its own lockout of the account.
import { createHash } from "node:crypto";
import { Counter, register } from "prom-client";
import { fold } from "../db/column.ts";
import { claimTry, settleTry, type CountRule } from "../db/sign-in-count.ts";
import { DomainError } from "../domain/error.ts";
import { parseRange, rangeText } from "../domain/ip-range.ts";
import type { AuthDeps } from "./context.ts";

export interface Try {
  /** As it was typed. */
  domain: string;
  user: string;
  /** Address of the browser. */
  from: string;
}

/** Of one account from one address: who guesses waits longer and longer. */
export const ownLimit = { free: 5, longestWaitMs: 300_000 };
/** Of one address, whatever the account: an office behind one address makes more mistakes than a person. */
export const addressLimit = { free: 20, longestWaitMs: 300_000 };
/**
 * Of one account from addresses where it did not sign in lately: many strangers together get no further than one every
 * half minute, and its owner at a new address waits no longer than that between two tries.
 */
export const accountLimit = { free: 20, longestWaitMs: 30_000 };

const outcomes = new Counter({
  name: "jeroboam_sign_ins_total",
  help: "Sign-ins at the console by how they ended: accepted, wrong, waiting, unanswered",
  labelNames: ["outcome"] as const,
  registers: [register],
});

/**
 * Lets `attempt` ask Keystone unless too many failed, and keeps the count and the record. Throws too_many_attempts with
 * `retryAfterSeconds`, and what `attempt` throws: bad_credentials is a failure, anything else counts for nothing.
 */
export async function limited<T>(
  { db, clock, log }: Pick<AuthDeps, "db" | "clock" | "log">,
  given: Try,
  attempt: () => Promise<T>,
): Promise<T> {
  const [own, ...shared] = rulesOf(given);
  const claimed = await claimTry(db, own, shared, clock.now());
  if (typeof claimed === "number") {
    outcomes.inc({ outcome: "waiting" });
    throw tooMany(claimed);
  }
  // Names are cut: what is typed there is not always a name, and never longer than one.
  const record = { domain: given.domain.slice(0, 64), user: given.user.slice(0, 64), from: given.from };
  try {
    const result = await attempt();
    await settleTry(db, claimed, own.key, clock.now());
    outcomes.inc({ outcome: "accepted" });
    log.info(record, "signed in");
    return result;
  } catch (error) {
    if (error instanceof DomainError && error.reason === "bad_credentials") {
      outcomes.inc({ outcome: "wrong" });
      const { failures, waitMs } = claimed;
      log.warn({ ...record, failures, nextTryAfterSeconds: seconds(waitMs) }, "sign-in refused");
    } else {
      await settleTry(db, claimed, null, clock.now());
      outcomes.inc({ outcome: "unanswered" });
    }
    throw error;
  }
}

function rulesOf({ domain, user, from }: Try): [CountRule, CountRule, CountRule] {
  const account = [alike(domain), alike(user)];
  const address = networkOf(from);
  const key = (...parts: string[]) => createHash("sha256").update(JSON.stringify(parts)).digest("hex");
  return [
    { key: key("own", ...account, address), ...ownLimit },
    { key: key("address", address), ...addressLimit },
    { key: key("account", ...account), ...accountLimit },
  ];
}

/**
 * The same for names that Keystone's database may take for one: many tell neither case nor accents apart, and leave out
 * what cannot be seen.
 */
const alike = (name: string): string =>
  fold(name)
    .normalize("NFKD")
    .replaceAll(/[\p{M}\p{C}\p{Z}]/gu, "");

/** Who has one address of IPv6 has its whole network of 64 bits. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [plain = ""] = address.split("%");
  const network = parseRange(`${plain}/64`);
  return network ? rangeText(network) : plain;
}

const seconds = (ms: number) => Math.ceil(ms / 1000);

function tooMany(waitMs: number): DomainError {
  const retryAfterSeconds = seconds(waitMs);
  const wait = retryAfterSeconds < 90 ? `${retryAfterSeconds}\u00a0s` : `${Math.ceil(retryAfterSeconds / 60)} minutes`;
  return new DomainError("too_many_attempts", "Too many sign-ins have failed, so this one was not looked at.", {
    remedy: `Try again in ${wait}.`,
    retryAfterSeconds,
  });
}
