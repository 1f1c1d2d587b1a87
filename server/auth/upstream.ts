import { isOpenStackError } from "../../drivers/openstack/error.ts";
import { DomainError } from "../domain/error.ts";

/** What to throw when the identity service failed, in words for people; anything else comes back as it is. */
export function identityFailure(error: unknown): unknown {
  if (!isOpenStackError(error)) return error;
  const { service, operation, status, requestId, message } = error;
  const upstream = { service, operation, status, requestId, message };
  if (error.kind === "unavailable" || error.kind === "timeout" || error.kind === "rate_limited")
    return new DomainError("cloud_unavailable", "The cloud's identity service does not answer at the moment.", {
      remedy: "Try again in a minute.",
      upstream,
    });
  return new DomainError("cloud_refused", `The cloud's identity service refused to ${operation}.`, { upstream });
}
