// What a cluster may do in its owner's name after the request is over: a user of its own in the trustee domain, and a
// trust of the owner to that user (magnum-api 16.3). Made while the owner's token is at hand, removed with the cluster.
import { randomBytes, randomUUID } from "node:crypto";
import type { TrustAccess, TrusteeDomain, User } from "../../drivers/openstack/cloud.ts";
import { isOpenStackError, orNull } from "../../drivers/openstack/error.ts";
import {
  closeCredential,
  completeCredential,
  getSpareCredential,
  insertIntent,
  orphanCredentials,
  removeCredential,
  trusteeIsShared,
  type StoredCredential,
} from "../db/credential.ts";
import { DomainError } from "../domain/error.ts";
import { Secret } from "../domain/secret.ts";
import type { AuthDeps, RequestContext } from "./context.ts";
import { identityFailure } from "./upstream.ts";

type Deps = Pick<AuthDeps, "db" | "clouds" | "secrets" | "clock" | "log">;

const sealedAs = (id: string) => `credential:${id}`;

/**
 * Makes trustee and trust for a cluster that is about to be written and returns the credential's id. `roles`: those to
 * delegate (TRUSTEE_ROLES); empty = the caller's own, without admin where they have others. When the cluster is not
 * written after all, call `discardDelegation`; a crash leaves a row that the sweeper finds. Throws delegation_failed
 * when the caller's token cannot delegate, cloud_unavailable. May be repeated for the same cluster.
 */
export function delegate(
  deps: Deps,
  ctx: RequestContext,
  clusterId: string,
  roles: readonly string[],
): Promise<string> {
  return make(deps, ctx, randomUUID(), `${clusterId}_${ctx.project.id}`, roles);
}

/**
 * A further trustee and trust for a cluster that has one, by another name, so that both live side by side until nothing
 * needs the older one. As `delegate` otherwise: what is not attached is to be discarded.
 */
export function delegateAnew(
  deps: Deps,
  ctx: RequestContext,
  clusterId: string,
  roles: readonly string[],
): Promise<string> {
  const id = randomUUID();
  return make(deps, ctx, id, `${clusterId}_${ctx.project.id}_${id}`, roles);
}

async function make(
  deps: Deps,
  ctx: RequestContext,
  id: string,
  name: string,
  roles: readonly string[],
): Promise<string> {
  const { db, clouds, secrets, clock } = deps;
  refuseWeakTokens(ctx);
  const delegated = rolesToDelegate(ctx.roles, roles);
  const password = randomBytes(32).toString("base64url");
  await insertIntent(db, ctx.scope, {
    id,
    region: ctx.region,
    trusteeName: name,
    trusteePassword: secrets.seal(password, sealedAs(id)),
    now: clock.now(),
  });
  try {
    const trustee = await createTrustee(clouds.identity.trustees, name, new Secret(password));
    await completeCredential(db, ctx.scope, id, { trusteeUserId: trustee.id });
    const trust = await createTrust(ctx, trustee.id, delegated);
    await completeCredential(db, ctx.scope, id, { trustId: trust });
    return id;
  } catch (error) {
    await discardDelegation(deps, id);
    throw identityFailure(error);
  }
}

/** One of that name is what an attempt left that ended half way; nobody knows its password any more. */
async function createTrustee(trustees: TrusteeDomain, name: string, password: Secret): Promise<User> {
  try {
    return await trustees.create({ name, password });
  } catch (error) {
    if (!isOpenStackError(error, "conflict")) throw error;
    const left = await trustees.find(name);
    if (left) await trustees.delete(left.id);
    return trustees.create({ name, password });
  }
}

async function createTrust(ctx: RequestContext, trusteeUserId: string, roles: readonly string[]): Promise<string> {
  try {
    return (await ctx.cloud().keystone.createTrust({ trusteeUserId, roles })).id;
  } catch (error) {
    if (isOpenStackError(error) && ["forbidden", "unauthorized", "bad_request", "not_found"].includes(error.kind)) {
      const { service, operation, status, requestId, message } = error;
      throw new DomainError("delegation_failed", "The cloud refused to let the cluster act in your name.", {
        remedy: "Sign in with your password, and check that you still have your roles in the project.",
        upstream: { service, operation, status, requestId, message },
      });
    }
    throw error;
  }
}

function refuseWeakTokens(ctx: RequestContext): void {
  const remedy = "Use a token that was made with your password.";
  if (ctx.trust)
    throw new DomainError(
      "delegation_failed",
      "A token that was made through a trust cannot hand its rights on to a cluster.",
      { remedy },
    );
  if (ctx.tokenInfo.applicationCredential?.restricted)
    throw new DomainError(
      "delegation_failed",
      "A token of a restricted application credential cannot hand its rights on to a cluster.",
      { remedy: "Use a token that was made with your password, or an unrestricted application credential." },
    );
}

/** Exported for its table of cases. Throws delegation_failed when a configured role is not the caller's. */
export function rolesToDelegate(own: readonly string[], configured: readonly string[]): string[] {
  if (configured.length === 0) {
    const others = own.filter((role) => role !== "admin");
    return others.length > 0 ? others : [...own];
  }
  const missing = configured.filter((role) => !own.includes(role));
  if (missing.length > 0)
    throw new DomainError(
      "delegation_failed",
      `A cluster needs roles that you do not have in this project: ${missing.join(", ")}.`,
      { remedy: "Ask the project's owner for these roles." },
    );
  return [...configured];
}

/** The stored credential as clouds.fromTrust takes it; null while it is not complete, and when it is closed. */
export function openDelegation(deps: Pick<Deps, "secrets">, stored: StoredCredential): TrustAccess | null {
  const { id, trusteeUserId, trustId, trusteePassword } = stored;
  if (trusteeUserId === null || trustId === null || trusteePassword === "") return null;
  return { trusteeUserId, trustId, trusteePassword: new Secret(deps.secrets.open(trusteePassword, sealedAs(id))) };
}

/**
 * Makes a retired credential useless for whoever has it: its trustee gets a password that nobody knows. The trust stays
 * until the cluster goes, since Heat's own access to the stacks that were made through it hangs on it: without it Heat
 * answers every update of them with a bare 500 (docs/adr/0006). May be repeated.
 */
export async function closeDelegation(deps: Deps, stored: StoredCredential): Promise<void> {
  const { clouds, db } = deps;
  try {
    if (stored.trusteeUserId !== null)
      await clouds.identity.trustees.setPassword(
        stored.trusteeUserId,
        new Secret(randomBytes(32).toString("base64url")),
      );
  } catch (error) {
    // Somebody removed the trustee: it opens nothing any more.
    if (!isOpenStackError(error, "not_found")) throw identityFailure(error);
  }
  await closeCredential(db, stored.id);
}

/**
 * Removes trust, trustee and row, in this order. What is gone already is fine, so it may be repeated after a crash at
 * any point. Throws when Keystone does not answer; the row then stays.
 */
export async function removeDelegation(deps: Deps, stored: StoredCredential): Promise<void> {
  const { clouds, db } = deps;
  try {
    const access = openDelegation(deps, stored);
    if (access) await endTrust(deps, stored, access);
    // Found by name as well: a crash may have come between making it and noting its id.
    const trusteeId = stored.trusteeUserId ?? (await clouds.identity.trustees.find(stored.trusteeName))?.id ?? null;
    // A later attempt for the same cluster took over the name.
    const shared = trusteeId !== null && (await trusteeIsShared(db, trusteeId, stored.id));
    if (trusteeId !== null && !shared) await clouds.identity.trustees.delete(trusteeId);
  } catch (error) {
    throw identityFailure(error);
  }
  await removeCredential(db, stored.id);
}

/** Only the trustor may delete a trust, and its trustee may act as the trustor. */
async function endTrust({ clouds, log }: Deps, stored: StoredCredential, access: TrustAccess): Promise<void> {
  try {
    await orNull(clouds.fromTrust(access, { region: stored.region }).keystone.deleteTrust(access.trustId));
  } catch (error) {
    // The trustor lost role or account, or trust and trustee are gone: deleting the trustee ends the trust as well.
    if (isOpenStackError(error, "unauthorized") || isOpenStackError(error, "forbidden"))
      log.info({ credentialId: stored.id, trustId: access.trustId }, "trust is left to go with its trustee");
    else throw error;
  }
}

/** Removes a credential that nobody uses (any more), and nothing else. Never throws: the sweeper tries again. */
export async function discardDelegation(deps: Deps, id: string): Promise<void> {
  try {
    const stored = await getSpareCredential(deps.db, id);
    if (stored) await removeDelegation(deps, stored);
  } catch (error) {
    deps.log.warn({ err: error, credentialId: id }, "delegated credential is left to the sweeper");
  }
}

/**
 * Removes what credentials name whose cluster was never written or is gone. `olderThanMs` must be longer than a create
 * request can take. Returns how many went. May be repeated; several conductors may do it at once.
 */
export async function sweepDelegations(deps: Deps, olderThanMs: number): Promise<number> {
  const before = new Date(deps.clock.now().getTime() - olderThanMs);
  let removed = 0;
  for (const stored of await orphanCredentials(deps.db, before))
    try {
      await removeDelegation(deps, stored);
      removed++;
    } catch (error) {
      deps.log.warn({ err: error, credentialId: stored.id }, "delegated credential could not be removed yet");
    }
  return removed;
}
