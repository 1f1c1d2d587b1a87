// The gate of the REST API: X-Auth-Token, validated at Keystone with the service user. What Keystone said is believed
// for five minutes at most, and never past the token's end.
import { createHash } from "node:crypto";
import { Secret } from "../domain/secret.ts";
import type { TokenInfo } from "../../drivers/openstack/cloud.ts";
import { findTrustee } from "../db/credential.ts";
import { DomainError } from "../domain/error.ts";
import { makeContext, type AuthDeps, type RequestContext } from "./context.ts";
import type { Regions } from "./region.ts";
import { identityFailure } from "./upstream.ts";

const believedMs = 5 * 60_000;
/** A wrong token is asked for again soon, but not by each of a thousand requests a second. */
const disbelievedMs = 5_000;
const capacity = 20_000;

/** A token's owner, and whose node it is if it is a node. */
export interface Identified {
  info: TokenInfo;
  node: { clusterId: string | null; projectId: string; region: string } | null;
}

export interface Tokens {
  /** Null = not valid. Throws cloud_unavailable. Concurrent calls for one token are one call to Keystone. */
  identify(token: Secret): Promise<Identified | null>;
  /** Takes over what Keystone has just said when it issued the token. */
  remember(token: Secret, info: TokenInfo): void;
  /** The token was revoked by us. */
  forget(token: Secret): void;
}

export function openTokens({ db, clouds, clock }: AuthDeps): Tokens {
  const known = new Map<string, { answer: Identified | null; until: number }>();
  const asking = new Map<string, Promise<Identified | null>>();

  function keep(key: string, answer: Identified | null): void {
    const now = clock.now().getTime();
    const until = answer ? Math.min(now + believedMs, answer.info.expiresAt.getTime()) : now + disbelievedMs;
    known.delete(key);
    known.set(key, { answer, until });
    for (const oldest of known.keys()) {
      if (known.size <= capacity) break;
      known.delete(oldest);
    }
  }

  async function ask(key: string, token: Secret): Promise<Identified | null> {
    try {
      const info = await clouds.identity.validate(token);
      const answer = info ? { info, node: await nodeOf(info) } : null;
      keep(key, answer);
      return answer;
    } catch (error) {
      throw identityFailure(error);
    }
  }

  /** A node comes with a trust, or as the trustee itself, without any scope. */
  const nodeOf = (info: TokenInfo) =>
    info.trust
      ? findTrustee(db, { trusteeUserId: info.trust.trusteeId, trustId: info.trust.id })
      : info.project
        ? null
        : findTrustee(db, { trusteeUserId: info.user.id, trustId: null });

  return {
    async identify(token) {
      const key = keyOf(token);
      const cached = known.get(key);
      if (cached && cached.until > clock.now().getTime()) return cached.answer;
      const running = asking.get(key) ?? ask(key, token).finally(() => asking.delete(key));
      asking.set(key, running);
      return running;
    },
    remember: (token, info) => keep(keyOf(token), { info, node: null }),
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
): Promise<RequestContext> {
  if (!token) throw noToken();
  const secret = new Secret(token);
  const identified = await deps.tokens.identify(secret);
  if (!identified) throw noToken();
  const { info, node } = identified;
  // A trustee whose cluster is gone, or not there yet, is nobody.
  if (node && node.clusterId === null) throw noToken();
  const project = info.project
    ? { id: info.project.id, name: info.project.name, domainId: info.project.domain.id }
    : node
      ? { id: node.projectId, name: node.projectId, domainId: null }
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
    region: node?.region ?? (await deps.regions.own()),
    clusterIdOfTrustee: node?.clusterId ?? null,
  });
}
