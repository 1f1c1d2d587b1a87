// From what was thrown to Magnum's error bodies (magnum-api 3).
import { asDomainError, reasonTable, retryAfterOf } from "../errors.ts";

/** A refusal that only this door knows: routing, versions, the form of a body. */
export class ApiRefusal extends Error {
  override readonly name = "ApiRefusal";
  readonly status: number;
  /** Fixed title; null = taken from the message. */
  readonly title: string | null;
  readonly extra: Record<string, unknown> | null;
  /** The version asked for, when that is what is refused: it is answered in the headers all the same. */
  readonly version: string | null;

  constructor(
    status: number,
    message: string,
    title: string | null = null,
    extra: Record<string, unknown> | null = null,
    version: string | null = null,
  ) {
    super(message);
    this.status = status;
    this.title = title;
    this.extra = extra;
    this.version = version;
  }
}

/** A version that nobody serves: its own shape, with `description` for `detail`. */
export const versionRefusal = (description: string, version: string): ApiRefusal =>
  new ApiRefusal(
    406,
    description,
    null,
    {
      code: "magnum.microversion-unsupported",
      title: "Requested microversion is unsupported",
      description,
      max_version: "1.14",
      min_version: "1.1",
      links: [{ rel: "help", href: "http://docs.openstack.org/api-guide/compute/microversions.html" }],
    },
    version,
  );

export interface ErrorAnswer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
  /** A bug or an outage: to be logged whole. */
  unexpected: boolean;
}

/** `authUrl`: where tokens are to be had, for 401. */
export function errorAnswer(error: unknown, requestId: string, authUrl: string): ErrorAnswer {
  const known = asDomainError(error);
  if (known) {
    const { status } = reasonTable[known.reason];
    if (status === 401) return unauthenticated(authUrl);
    const seconds = retryAfterOf(known);
    const headers = seconds === null ? {} : { "Retry-After": String(seconds) };
    return { ...plain(status, known.message, requestId, null, status >= 500), headers };
  }
  if (error instanceof ApiRefusal) {
    if (error.extra) return { status: error.status, headers: {}, body: { errors: [error.extra] }, unexpected: false };
    return plain(error.status, error.message, requestId, error.title);
  }
  const status = statusOf(error);
  if (status !== null && status < 500 && error instanceof Error) return plain(status, error.message, requestId, null);
  return plain(
    500,
    `Something failed on our side. The request is ${requestId}.`,
    requestId,
    "Internal Server Error",
    true,
  );
}

function plain(
  status: number,
  message: string,
  requestId: string,
  title: string | null,
  unexpected = false,
): ErrorAnswer {
  // Routing and version refusals carry no code (magnum-api 3); everything else says whose fault it was.
  const code =
    title === "Not Found" || title === "Method Not Allowed" || title === "Not Acceptable"
      ? ""
      : status < 500
        ? "client"
        : "server";
  const entry = {
    request_id: requestId,
    code,
    status,
    title: title ?? firstSentence(message),
    detail: message,
    links: [],
  };
  return { status, headers: {}, body: { errors: [entry] }, unexpected };
}

const unauthenticated = (authUrl: string): ErrorAnswer => ({
  status: 401,
  headers: { "WWW-Authenticate": `Keystone uri="${authUrl}"` },
  body: { error: { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." } },
  unexpected: false,
});

/** Up to a full stop that ends a sentence, so that names with dots stay whole. */
const firstSentence = (message: string) => /^[\s\S]*?(?=\.(\s|$))|^[\s\S]*$/.exec(message)?.[0] ?? message;

/** What Fastify refuses by itself (a body too large, a length that is none) has a status of its own. */
function statusOf(error: unknown): number | null {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : null;
}
