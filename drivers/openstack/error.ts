// The one error of every OpenStack client. Its message is the service's own words; it never holds tokens, request
// bodies or addresses with secrets in them.

export type OpenStackErrorKind =
  | "bad_request"
  /** 401: the token is not (or no longer) valid, or the password is wrong. */
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "conflict"
  /** Whatever status the service uses for it (Nova 403, Neutron 409, Cinder 413). */
  | "quota"
  | "rate_limited"
  /** 5xx, or no connection at all (`status` is null then). */
  | "unavailable"
  | "timeout"
  /** The caller's signal ended the call. */
  | "cancelled"
  /** The catalog has no such service in this region. */
  | "no_service"
  /** The service answered something that is not its API. */
  | "unexpected_answer";

export interface OpenStackErrorFields {
  /** Official service type: `compute`, `orchestration`, `identity`, ... */
  service: string;
  /** What was being done, in words without values: `create stack`. */
  operation: string;
  kind: OpenStackErrorKind;
  /** HTTP status, null when there was no answer. */
  status: number | null;
  /** The service's own id of the request, for its operators. */
  requestId: string | null;
  /** The same call may succeed later without anybody doing anything. */
  retryable: boolean;
}

export class OpenStackError extends Error implements OpenStackErrorFields {
  override readonly name = "OpenStackError";
  readonly service: string;
  readonly operation: string;
  readonly kind: OpenStackErrorKind;
  readonly status: number | null;
  readonly requestId: string | null;
  readonly retryable: boolean;

  constructor(message: string, fields: OpenStackErrorFields, options?: ErrorOptions) {
    super(message, options);
    this.service = fields.service;
    this.operation = fields.operation;
    this.kind = fields.kind;
    this.status = fields.status;
    this.requestId = fields.requestId;
    this.retryable = fields.retryable;
  }
}

export const isOpenStackError = (error: unknown, kind?: OpenStackErrorKind): error is OpenStackError =>
  error instanceof OpenStackError && (kind === undefined || error.kind === kind);

/** The value, or null when the service says that there is no such thing. */
export async function orNull<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isOpenStackError(error, "not_found")) return null;
    throw error;
  }
}
