// One table: what kind of refusal a reason is, and which status Magnum's REST API gives it (magnum-api 3). The
// irregular ones (400 where one expects 409, and the other way round) are Magnum's and stay.
import { isOpenStackError } from "../drivers/openstack/error.ts";
import { DomainError, type Reason } from "./domain/error.ts";

export type Kind = "input" | "unauthenticated" | "forbidden" | "missing" | "conflict" | "too_many" | "unavailable";

export const reasonTable = {
  invalid_input: { kind: "input", status: 400 },
  unauthenticated: { kind: "unauthenticated", status: 401 },
  forbidden: { kind: "forbidden", status: 403 },
  not_found: { kind: "missing", status: 404 },
  conflict: { kind: "conflict", status: 409 },
  template_not_found: { kind: "missing", status: 404 },
  template_ambiguous: { kind: "conflict", status: 409 },
  template_in_use: { kind: "conflict", status: 400 },
  template_hidden: { kind: "forbidden", status: 403 },
  publish_refused: { kind: "forbidden", status: 403 },
  cluster_not_found: { kind: "missing", status: 404 },
  cluster_ambiguous: { kind: "conflict", status: 409 },
  nodegroup_not_found: { kind: "missing", status: 404 },
  nodegroup_ambiguous: { kind: "conflict", status: 409 },
  operation_not_allowed_now: { kind: "conflict", status: 400 },
  not_supported_by_driver: { kind: "input", status: 400 },
  quota_exceeded: { kind: "forbidden", status: 403 },
  cloud_quota_exceeded: { kind: "forbidden", status: 403 },
  label_refused: { kind: "input", status: 400 },
  image_not_found: { kind: "input", status: 400 },
  image_without_distro: { kind: "input", status: 400 },
  image_not_readable: { kind: "forbidden", status: 403 },
  flavor_not_found: { kind: "input", status: 400 },
  flavor_zero_disk: { kind: "input", status: 400 },
  network_not_found: { kind: "input", status: 400 },
  subnet_not_found: { kind: "input", status: 400 },
  external_network_not_found: { kind: "input", status: 400 },
  network_ambiguous: { kind: "conflict", status: 409 },
  image_ambiguous: { kind: "conflict", status: 409 },
  keypair_not_found: { kind: "missing", status: 404 },
  volume_type_not_found: { kind: "input", status: 400 },
  zone_not_found: { kind: "input", status: 400 },
  driver_not_found: { kind: "input", status: 400 },
  certificate_invalid: { kind: "input", status: 400 },
  certificate_forbidden: { kind: "forbidden", status: 403 },
  tls_disabled: { kind: "input", status: 400 },
  delegation_failed: { kind: "forbidden", status: 403 },
  bad_credentials: { kind: "unauthenticated", status: 401 },
  too_many_attempts: { kind: "too_many", status: 429 },
  quota_not_found: { kind: "missing", status: 404 },
  quota_exists: { kind: "conflict", status: 409 },
  database_unavailable: { kind: "unavailable", status: 503 },
  cloud_unavailable: { kind: "unavailable", status: 503 },
  cloud_refused: { kind: "unavailable", status: 502 },
} as const satisfies Record<Reason, { kind: Kind; status: number }>;

/** Seconds after which what was unavailable may be asked for again: most outages last no longer, or much longer. */
export const retryAfterSeconds = 10;

/** For the header Retry-After: what the refusal itself says, or how long outages last. Null = it says nothing. */
export const retryAfterOf = ({ reason, details }: DomainError): number | null =>
  details.retryAfterSeconds ?? (reasonTable[reason].status === 503 ? retryAfterSeconds : null);

/**
 * The DomainError that stands for what was thrown: itself, or what an OpenStack service answered. Null = a bug.
 * Field and reason are known only where the call was made; this is for calls that nobody gave a meaning.
 */
export function asDomainError(error: unknown): DomainError | null {
  if (error instanceof DomainError) return error;
  if (!isOpenStackError(error) || error.kind === "cancelled" || error.kind === "unexpected_answer") return null;
  const { service, operation, status, requestId, message } = error;
  const upstream = { service, operation, status, requestId, message };
  switch (error.kind) {
    case "unauthorized":
      return new DomainError("unauthenticated", "The session at the cloud has ended.", { upstream });
    case "quota":
      return new DomainError("cloud_quota_exceeded", message, {
        upstream,
        remedy: "Free something that is no longer needed, or ask for a larger quota.",
      });
    case "unavailable":
    case "timeout":
    case "rate_limited":
    case "no_service":
      return new DomainError("cloud_unavailable", `${serviceWord(service)} does not answer at the moment.`, {
        upstream,
        remedy: "Try again in a minute; when it stays so, tell the operators of the cloud.",
      });
    case "bad_request":
    case "forbidden":
    case "not_found":
    case "conflict":
      return new DomainError("cloud_refused", `${serviceWord(service)} refused to ${operation}: ${message}`, {
        upstream,
      });
  }
}

const serviceWord = (service: string) => `The cloud's ${service.replaceAll("-", " ")} service`;
