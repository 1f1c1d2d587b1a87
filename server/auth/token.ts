// The gate of the REST API: X-Auth-Token, validated at Keystone with the service user. What Keystone said is believed
// for a minute when something is read, not at all when something is changed, and never past the token's end.
import { createHash } from "node:crypto";
import { Secret } from "../domain/secret.ts";
import type { TokenInfo } from "../../drivers/openstack/cloud.ts";
import { findTrustee } from "../db/credential.ts";
import { DomainError } from "../domain/error.ts";
import type { AskOrKnown } from "./last-known.ts";
import { makeContext, type AuthDeps, type RequestContext } from "./context.ts";
import type { Regions } from "./region.ts";
import { identityFailure } from "./upstream.ts";

/** What a request wants to do; Keystone's answer may be older for the one than for the other. */
export type Aim = "read" | "change";

export const believedMs: Record<Aim, number> = { read: 60_000, change: 0 };
/** While Keystone is away, at the console and for reading. */
export const lastKnownMs = 60 * 60_000;
/** A wrong token is asked for again soon, but not by each of a thousand requests a second. */
export const disbelievedMs = 5_000;
const capacity = 20_000;

/** A token's owner, and whose it is if it is a cluster's own. */
export interface Identified {
  info: TokenInfo;
  trustee: { clusterId: string | null; projectId: string; region: string } | null;
}

export interface Tokens {
  /**
   * Null = not valid. Throws cloud_unavailable; with `orLastKnown` and for reading only when Keystone did not say the
   * token valid within the hour. Concurrent calls for one token are one call to Keystone.
   */
  identify(token: Secret, aim: Aim, options?: { orLastKnown?: boolean }): Promise<Identified | null>;
  /** Takes over what Keystone has just said when it issued the token. */
  remember(token: Secret, info: TokenInfo): void;
  /** The token was revoked by us. */
  forget(token: Secret): void;
}

interface Heard {
  answer: Identified | null;
  at: number;
}

export function openTokens({ db, clouds, clock }: AuthDeps, askOrKnown: AskOrKnown): Tokens {
  const known = new Map<string, Heard>();
  const asking = new Map<string, Promise<Identified | null>>();

  function keep(key: string, answer: Identified | null): void {
    known.delete(key);
    known.set(key, { answer, at: clock.now().getTime() });
    for (const oldest of known.keys()) {
      if (known.size <= capacity) break;
      known.delete(oldest);
    }
  }

  /** A positive answer of the last `ms`, of a token that has not ended since; for refusals another time counts. */
  function counts({ answer, at }: Heard, ms: number): boolean {
    const now = clock.now().getTime();
    return answer ? now - at < ms && now < answer.info.expiresAt.getTime() : now - at < disbelievedMs;
  }

  async function ask(key: string, token: Secret): Promise<Identified | null> {
    try {
      const info = await clouds.identity.validate(token);
      const answer = info ? { info, trustee: await trusteeOf(info) } : null;
      keep(key, answer);
      return answer;
    } catch (error) {
      throw identityFailure(error);
    }
  }

  /** A cluster comes with its trust, or as the trustee itself, without any scope. */
  const trusteeOf = (info: TokenInfo) =>
    info.trust
      ? findTrustee(db, { trusteeUserId: info.trust.trusteeId, trustId: info.trust.id })
      : info.project
        ? null
        : findTrustee(db, { trusteeUserId: info.user.id, trustId: null });

  return {
    async identify(token, aim, { orLastKnown = false } = {}) {
      const key = keyOf(token);
      const heard = known.get(key);
      if (heard && counts(heard, believedMs[aim])) return heard.answer;
      const isFallback = orLastKnown && aim === "read" && heard?.answer && counts(heard, lastKnownMs);
      return askOrKnown(
        () => {
          const running = asking.get(key) ?? ask(key, token).finally(() => asking.delete(key));
          asking.set(key, running);
          return running;
        },
        isFallback ? { value: heard.answer } : null,
      );
    },
    remember: (token, info) => keep(keyOf(token), { info, trustee: null }),
    forget: (token) => void known.delete(keyOf(token)),
  };
}

const keyOf = (token: Secret): string => createHash("sha256").update(token.reveal()).digest("base64");

const noToken = () => new DomainError("unauthenticated", "The request you have made requires authentication.");

/** Throws unauthenticated for a token that is missing or not valid, forbidden for one without a project. */
export async function apiContext(
  deps: AuthDeps & { tokens: Tokens; regions: Regions },
  token: string | undefined,
  requestId: string,
  aim: Aim,
): Promise<RequestContext> {
  if (!token) throw noToken();
  const secret = new Secret(token);
  const identified = await deps.tokens.identify(secret, aim);
  if (!identified) throw noToken();
  const { info, trustee } = identified;
  // A trustee whose cluster is gone, or not there yet, is nobody.
  if (trustee && trustee.clusterId === null) throw noToken();
  const project = info.project
    ? { id: info.project.id, name: info.project.name, domainId: info.project.domain.id }
    : trustee
      ? { id: trustee.projectId, name: trustee.projectId, domainId: null }
      : null;
  if (!project)
    throw new DomainError("forbidden", "The token is not scoped to a project.", {
      remedy: "Ask Keystone for a token of the project that you want to work in.",
    });
  return makeContext(deps, {
    door: "api",
    requestId,
    token: secret,
    tokenInfo: info,
    project,
    region: trustee?.region ?? (await deps.regions.own()),
    clusterIdOfTrustee: trustee?.clusterId ?? null,
  });
}
