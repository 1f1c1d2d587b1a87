// One error class for everything that a caller could understand. `reason` is closed: server/errors.ts gives each its
// kind and its REST status, and a reason without a row there does not compile.
export const reasons = [
  // request
  "invalid_input",
  "unauthenticated",
  "forbidden",
  "not_found",
  "conflict",
  // templates
  "template_not_found",
  "template_ambiguous",
  "template_in_use",
  "template_hidden",
  "publish_refused",
  // clusters and node groups
  "cluster_not_found",
  "cluster_ambiguous",
  "nodegroup_not_found",
  "nodegroup_ambiguous",
  "operation_not_allowed_now",
  "not_supported_by_driver",
  "quota_exceeded",
  "cloud_quota_exceeded",
  "label_refused",
  // what OpenStack has or has not
  "image_not_found",
  "image_without_distro",
  "image_not_readable",
  "flavor_not_found",
  "flavor_zero_disk",
  "network_not_found",
  "subnet_not_found",
  "external_network_not_found",
  "network_ambiguous",
  "image_ambiguous",
  "keypair_not_found",
  "volume_type_not_found",
  "zone_not_found",
  "driver_not_found",
  // certificates and identities
  "certificate_invalid",
  "certificate_forbidden",
  "tls_disabled",
  "delegation_failed",
  "bad_credentials",
  "too_many_attempts",
  // quotas
  "quota_not_found",
  "quota_exists",
  // what is behind us
  "database_unavailable",
  "cloud_unavailable",
  "cloud_refused",
] as const;

export type Reason = (typeof reasons)[number];

export interface ErrorDetails {
  /** Wire name of the input that is wrong: `name`, `labels.kube_tag`. */
  field?: string;
  /** All wrong inputs, when there are several. */
  problems?: readonly { field: string; message: string }[];
  /** What the person can do now, one sentence. */
  remedy?: string;
  /** When the same may be tried again, in seconds from now. */
  retryAfterSeconds?: number;
  /** The other side's own words, and its request id. */
  upstream?: { service: string; operation: string; status: number | null; message: string; requestId: string | null };
}

/** Thrown for what a caller could understand; anything else thrown is a bug and shown as one. */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly reason: Reason;
  readonly details: ErrorDetails;

  constructor(reason: Reason, message: string, details: ErrorDetails = {}) {
    super(message);
    this.reason = reason;
    this.details = details;
  }
}
