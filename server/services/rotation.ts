// New keys for a cluster that exists: its certificate authorities, and its identity at the cloud.
import type { RequestContext } from "../auth/context.ts";
import { DomainError } from "../domain/error.ts";
import type { Deps } from "./deps.ts";

/**
 * Starts the replacement of all four authorities; the conductor carries it through the phases. `what` is id or name.
 * Throws tls_disabled, not_supported_by_driver, operation_not_allowed_now, invalid_input where nodes cannot be replaced.
 */
export function rotateCa(_deps: Deps, _ctx: RequestContext, what: string): Promise<{ id: string }> {
  return Promise.reject(notYet(what));
}

/**
 * Gives the cluster a new identity, delegated by the caller, who becomes its owner. `what` is id or name.
 * Throws delegation_failed, not_supported_by_driver, operation_not_allowed_now.
 */
export function rotateCredential(_deps: Deps, _ctx: RequestContext, what: string): Promise<{ id: string }> {
  return Promise.reject(notYet(what));
}

const notYet = (what: string) =>
  new DomainError("not_supported_by_driver", `Rotation of cluster ${what} is not supported by driver.`);
