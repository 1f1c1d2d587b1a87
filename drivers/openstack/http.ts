// One HTTP client for all services: pooled connections, a limit of time for each attempt, and a second try only where
// the first one cannot have done anything twice.
import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import { getCACertificates } from "node:tls";
import type { z } from "zod";
import { Secret } from "../../server/domain/secret.ts";
import { wasClosedMeanwhile } from "../kept-connection.ts";
import { errorKind, errorText } from "./error-body.ts";
import { OpenStackError } from "./error.ts";

export interface ConnectionOptions {
  /** PEM of the cloud's own CA, added to the public ones. */
  caPem?: string | null;
  insecure?: boolean;
  /** At once, per service address. */
  maxSockets?: number;
  /** For each attempt. */
  timeoutMs?: number;
  attempts?: number;
  /** Before the second attempt; doubled for each further one, with jitter. */
  retryDelayMs?: number;
  /** Told of each attempt, for logs and metrics. Holds no secrets. */
  onCall?: (call: CallRecord) => void;
}

export interface CallRecord {
  service: string;
  operation: string;
  method: Method;
  /** Null when there was no answer. */
  status: number | null;
  requestId: string | null;
  durationMs: number;
  /** From 1. */
  attempt: number;
}

export type Method = "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Call {
  service: string;
  /** In words without values: `create stack`. */
  operation: string;
  method: Method;
  url: string;
  token?: Secret;
  headers?: Record<string, string | Secret>;
  /** Sent as JSON; a Secret in it is revealed on the wire and masked in errors. */
  body?: unknown;
  /** Repeating it does no harm. Default: true for GET, HEAD, PUT and DELETE. */
  repeatable?: boolean;
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  requestId: string | null;
}

export interface Connection {
  /** Answers of 2xx, after redirects. Everything else is an OpenStackError. */
  send(call: Call): Promise<Answer>;
  close(): void;
}

const largestAnswer = 64 * 1024 * 1024;
/** Characters of what a service says about an error: it is stored and shown. */
const longestMessage = 2000;
const longestDelayMs = 10_000;
const longestRetryAfterMs = 30_000;
const repeatableMethods: readonly Method[] = ["GET", "HEAD", "PUT", "DELETE"];
/** The request never left: even a POST may be sent again. */
const neverSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

export function openConnection(options: ConnectionOptions = {}): Connection {
  const pool = { keepAlive: true, maxSockets: options.maxSockets ?? 32, maxFreeSockets: 8 };
  const tls = {
    ...(options.caPem ? { ca: [...getCACertificates("default"), options.caPem] } : {}),
    ...(options.insecure ? { rejectUnauthorized: false } : {}),
  };
  const http = new HttpAgent(pool);
  const https = new HttpsAgent({ ...pool, ...tls });
  const attempts = options.attempts ?? 4;
  const retryDelayMs = options.retryDelayMs ?? 250;

  /** One attempt; follows redirects of reads within the same service. */
  async function attemptOnce(
    call: Call,
    url: URL,
    secrets: string[],
    own: boolean,
    redirects = 0,
  ): Promise<Answer | NoAnswer> {
    const secure = url.protocol === "https:";
    const body = call.body === undefined ? null : encode(call.body, secrets);
    const headers: Record<string, string> = { Accept: "application/json", "User-Agent": "jeroboam" };
    for (const [name, value] of Object.entries(call.headers ?? {})) headers[name] = reveal(value, secrets);
    if (call.token) headers["X-Auth-Token"] = reveal(call.token, secrets);
    if (body !== null) {
      headers["Content-Type"] = "application/json";
      headers["Content-Length"] = String(Buffer.byteLength(body));
    }
    // A kept connection may be closed by the other side just as it is used, and then nobody knows whether the request
    // was read. What must not happen twice gets a connection of its own.
    const agent = isRepeatable(call) && !own ? (secure ? https : http) : false;
    const limit = AbortSignal.timeout(call.timeoutMs ?? options.timeoutMs ?? 30_000);
    const signal = call.signal ? AbortSignal.any([call.signal, limit]) : limit;
    const target = { method: call.method, headers, agent, signal, ...(secure ? tls : {}) };
    const answer = await exchange(url, target, body).catch((cause: unknown) => new NoAnswer(cause, limit.aborted));
    if (answer instanceof NoAnswer) return answer;
    const location = answer.headers.location;
    if (answer.status >= 300 && answer.status < 400 && location && call.method === "GET" && redirects < 3) {
      // A proxy in front of the service may not have told it its own scheme and host: only the path counts, and the
      // token goes nowhere else.
      const next = new URL(location, url);
      return attemptOnce(call, new URL(next.pathname + next.search, url), secrets, own, redirects + 1);
    }
    return answer;
  }

  async function send(call: Call): Promise<Answer> {
    const url = new URL(call.url);
    let own = false;
    for (let attempt = 1; ; attempt++) {
      const secrets: string[] = [];
      const started = performance.now();
      const result = await attemptOnce(call, url, secrets, own);
      const answer = result instanceof NoAnswer ? null : result;
      options.onCall?.({
        service: call.service,
        operation: call.operation,
        method: call.method,
        status: answer?.status ?? null,
        requestId: answer?.requestId ?? null,
        durationMs: performance.now() - started,
        attempt,
      });
      if (answer && answer.status < 300) return answer;
      // An earlier attempt may have been carried out although its answer was lost.
      if (answer && call.method === "DELETE" && attempt > 1 && answer.status === 404) return { ...answer, text: "" };
      const error = result instanceof NoAnswer ? withoutAnswer(call, result, secrets) : refused(call, result, secrets);
      // Where one kept connection was closed, the others may be as well.
      own = result instanceof NoAnswer && result.stale;
      const wait = attempt < attempts ? delayBefore(call, result, attempt, retryDelayMs) : null;
      if (wait === null || call.signal?.aborted) throw error;
      await delay(wait, undefined, call.signal ? { signal: call.signal } : {}).catch(() => {
        throw withoutAnswer(call, new NoAnswer(null, false), secrets);
      });
    }
  }

  return {
    send,
    close() {
      http.destroy();
      https.destroy();
    },
  };
}

/** Parses an answer; what does not fit names service, operation and field, never the value. */
export function parseAnswer<T>(answer: Answer, schema: z.ZodType<T>, call: Pick<Call, "service" | "operation">): T {
  const unexpected = (problem: string) =>
    new OpenStackError(`${call.service}, ${call.operation}: ${problem}`, {
      service: call.service,
      operation: call.operation,
      kind: "unexpected_answer",
      status: answer.status,
      requestId: answer.requestId,
      retryable: false,
    });
  let value: unknown;
  try {
    value = JSON.parse(answer.text);
  } catch {
    throw unexpected("the answer is not JSON");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw unexpected(`field ${issue?.path.join(".") || "(whole answer)"}: ${issue?.message ?? "is wrong"}`);
}

class NoAnswer {
  readonly cause: unknown;
  readonly timedOut: boolean;
  constructor(cause: unknown, timedOut: boolean) {
    this.cause = cause;
    this.timedOut = timedOut || this.code === "ETIMEDOUT";
  }
  get code(): string {
    const cause = this.cause instanceof Stale ? this.cause.cause : this.cause;
    return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
  }
  /** It was not the service that gave no answer, but a connection that was kept longer than it lived. */
  get stale(): boolean {
    return this.cause instanceof Stale;
  }
}

class Stale extends Error {
  override readonly name = "Stale";
}

const isRepeatable = (call: Call) => call.repeatable ?? repeatableMethods.includes(call.method);

/** Milliseconds to wait before the next attempt; null = there must be none. */
function delayBefore(call: Call, result: Answer | NoAnswer, attempt: number, baseMs: number): number | null {
  const backoff = Math.min(longestDelayMs, baseMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
  if (result instanceof NoAnswer) {
    // Four times the limit is longer than anybody waits.
    if (result.timedOut) return null;
    if (result.stale) return 0;
    return isRepeatable(call) || neverSent.has(result.code) ? backoff : null;
  }
  // A limiter refuses before anything is done, so this one is safe for every method.
  const mayRepeat = result.status === 429 || (isRepeatable(call) && [502, 503, 504].includes(result.status));
  if (!mayRepeat) return null;
  const asked = retryAfterMs(result.headers["retry-after"]);
  if (asked !== null && asked > longestRetryAfterMs) return null;
  return Math.max(backoff, asked ?? 0);
}

/** Seconds or a date (RFC 9110, 10.2.3). */
function retryAfterMs(header: string | undefined): number | null {
  if (header === undefined) return null;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

function refused(call: Call, answer: Answer, secrets: readonly string[]): OpenStackError {
  const said = errorText(answer.text);
  const kind = answer.status < 400 ? "unexpected_answer" : errorKind(answer.status, said ?? "", answer.text);
  const message = said ?? `${call.service} answered ${answer.status} to: ${call.operation}`;
  return new OpenStackError(mask(message, secrets).slice(0, longestMessage), {
    service: call.service,
    operation: call.operation,
    kind,
    status: answer.status,
    requestId: answer.requestId,
    retryable: ["rate_limited", "unavailable", "timeout"].includes(kind),
  });
}

function withoutAnswer(call: Call, result: NoAnswer, secrets: readonly string[]): OpenStackError {
  const cancelled = call.signal?.aborted === true;
  const kind = cancelled ? "cancelled" : result.timedOut ? "timeout" : "unavailable";
  const why = cancelled
    ? "the call was cancelled"
    : result.timedOut
      ? "no answer in time"
      : `no connection (${result.code || (result.cause instanceof Error ? result.cause.message : "unknown reason")})`;
  const message = `${call.service}, ${call.operation}: ${why}`;
  return new OpenStackError(mask(message, secrets), {
    service: call.service,
    operation: call.operation,
    kind,
    status: null,
    requestId: null,
    retryable: !cancelled,
  });
}

function exchange(url: URL, options: RequestOptions, body: string | null): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const receive = (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > largestAnswer) response.destroy(new Error("the answer is too large"));
        else chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString("utf8"),
          requestId: requestIdOf(response.headers),
        });
      });
    };
    const request =
      url.protocol === "https:" ? httpsRequest(url, options, receive) : httpRequest(url, options, receive);
    request.on("error", (error: Error) =>
      reject(wasClosedMeanwhile(request, error) ? new Stale(error.message, { cause: error }) : error),
    );
    request.end(body ?? undefined);
  });
}

function requestIdOf(headers: IncomingHttpHeaders): string | null {
  const found = headers["x-openstack-request-id"] ?? headers["x-compute-request-id"];
  return (Array.isArray(found) ? found[0] : found) ?? null;
}

function encode(body: unknown, secrets: string[]): string {
  return JSON.stringify(body, function (this: unknown, key: string, value: unknown) {
    // A Secret has already turned itself into a placeholder by its toJSON: the holder still has it.
    const raw: unknown = typeof this === "object" && this !== null ? Reflect.get(this, key) : value;
    return raw instanceof Secret ? reveal(raw, secrets) : value;
  });
}

function reveal(value: string | Secret, secrets: string[]): string {
  if (!(value instanceof Secret)) return value;
  const text = value.reveal();
  if (text.length > 3) secrets.push(text);
  return text;
}

const mask = (message: string, secrets: readonly string[]) =>
  secrets.reduce((text, secret) => text.replaceAll(secret, "[secret]"), message);
