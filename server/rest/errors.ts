// From what was thrown to Magnum's error bodies (magnum-api 3).
import { problemOf, type Problem } from "../domain/problem.ts";
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
  /** What is wrong besides. */
  readonly others: readonly string[];

  constructor(
    status: number,
    message: string,
    title: string | null = null,
    extra: Record<string, unknown> | null = null,
    version: string | null = null,
    others: readonly string[] = [],
  ) {
    super(message);
    this.status = status;
    this.title = title;
    this.extra = extra;
    this.version = version;
    this.others = others;
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
    const problems = known.details.problems ?? [problemOf(known)];
    return { ...plain(status, problems.map(named), requestId, null, status >= 500), headers };
  }
  if (error instanceof ApiRefusal) {
    if (error.extra) return { status: error.status, headers: {}, body: { errors: [error.extra] }, unexpected: false };
    return plain(error.status, [error.message, ...error.others].map(said), requestId, error.title);
  }
  const status = statusOf(error);
  if (status !== null && status < 500 && error instanceof Error)
    return plain(status, [said(error.message)], requestId, null);
  return plain(
    500,
    [said(`Something failed on our side. The request is ${requestId}.`)],
    requestId,
    "Internal Server Error",
    true,
  );
}

interface Told {
  title: string;
  detail: string;
}

const said = (message: string): Told => ({ title: firstSentence(message), detail: message });

/** The field is named behind the first sentence where its words leave it out, as Magnum's often do. */
function named({ field, message }: Problem): Told {
  const word = field.replace(/^labels\./, "");
  if (word === "" || plainWords(message).includes(plainWords(word.replace(/_id$/, "")))) return said(message);
  const first = firstSentence(message);
  return said(`${first} (${word})${message.slice(first.length)}`);
}

const plainWords = (text: string) => text.toLowerCase().replaceAll(/[ _]/g, "");

/**
 * All that is wrong, one entry each. The first entry's title says how many there are and its detail holds them all:
 * the command line prints the one, other clients the other, and neither looks at further entries.
 */
function plain(
  status: number,
  told: readonly Told[],
  requestId: string,
  fixed: string | null,
  unexpected = false,
): ErrorAnswer {
  // Routing and version refusals carry no code (magnum-api 3); everything else says whose fault it was.
  const code =
    fixed === "Not Found" || fixed === "Method Not Allowed" || fixed === "Not Acceptable"
      ? ""
      : status < 500
        ? "client"
        : "server";
  const several = told.length > 1;
  const errors = told.map(({ title, detail }, index) => ({
    request_id: requestId,
    code,
    status,
    title: fixed ?? (several && index === 0 ? `${title} (1 of ${told.length} problems)` : title),
    detail: several && index === 0 ? told.map((each) => each.detail).join("\n") : detail,
    links: [],
  }));
  return { status, headers: {}, body: { errors }, unexpected };
}

/** Of clients' patience with headers. */
const mostWarnings = 20;
const longestWarning = 300;

/** RFC 7234's form, as Kubernetes uses it: `299 - "text"`, a line each, ASCII. Fields are named as in refusals. */
export const warningHeader = (warnings: readonly Problem[]): string[] =>
  warnings.slice(0, mostWarnings).map((each) => {
    const text = named(each)
      .detail.replaceAll(/[^\x20-\x7e]/g, "?")
      .slice(0, longestWarning);
    return `299 - "${text.replaceAll(/["\\]/g, "\\$&")}"`;
  });

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
