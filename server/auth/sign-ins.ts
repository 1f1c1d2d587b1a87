// The two identities that this service itself has at the cloud sign in at start, not with the first user, and are tried
// again for as long as they cannot.
import type { Clouds } from "../../drivers/openstack/cloud.ts";
import { isOpenStackError } from "../../drivers/openstack/error.ts";
import type { Logger } from "../log.ts";

export interface SignIns {
  /** What keeps the identity from signing in, in words for strangers; null = it is signed in. */
  service(): string | null;
  trusteeAdmin(): string | null;
  stop(): void;
}

export interface Pace {
  /** First pause after a failure; doubled up to `mostMs`. */
  leastMs: number;
  /** Between looks at an identity that is well: a password may be changed while we run. */
  mostMs: number;
}

export function keepSignedIn(
  clouds: Pick<Clouds, "service" | "identity">,
  log: Logger,
  pace: Pace = { leastMs: 2000, mostMs: 60_000 },
): SignIns {
  const service = keepOne(
    { who: "The service user", settings: "OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME and their domains" },
    () => clouds.service().whoAmI(),
    log,
    pace,
  );
  const trusteeAdmin = keepOne(
    { who: "The trustee domain's admin", settings: "TRUSTEE_DOMAIN_* of the domain and its admin" },
    () => clouds.identity.trustees.domainId(),
    log,
    pace,
  );
  return {
    service: service.problem,
    trusteeAdmin: trusteeAdmin.problem,
    stop() {
      service.stop();
      trusteeAdmin.stop();
    },
  };
}

function keepOne(
  { who, settings }: { who: string; settings: string },
  signIn: () => Promise<unknown>,
  log: Logger,
  { leastMs, mostMs }: Pace,
) {
  let problem: string | null = `${who} has not signed in yet.`;
  let told: string | null = null;
  let failures = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    try {
      await signIn();
      if (told !== null) log.info(`${who} is signed in now.`);
      problem = told = null;
      failures = 0;
    } catch (error) {
      if (stopped) return;
      failures++;
      problem = wordsFor(who, error);
      const reason = error instanceof Error ? error.message : String(error);
      if (problem !== told) log.error({ reason, settings }, problem);
      told = problem;
    }
    if (stopped) return;
    timer = setTimeout(() => void look(), failures === 0 ? mostMs : Math.min(mostMs, leastMs * 2 ** (failures - 1)));
    timer.unref();
  }

  void look();
  return {
    problem: () => problem,
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function wordsFor(who: string, error: unknown): string {
  if (isOpenStackError(error, "unauthorized")) return `${who} cannot sign in at the cloud: name or password is wrong.`;
  if (isOpenStackError(error, "forbidden") || isOpenStackError(error, "not_found"))
    return `${who} cannot sign in at the cloud: it lacks a role, or its project or domain is not there.`;
  return `${who} cannot sign in at the cloud: its identity service does not answer.`;
}
