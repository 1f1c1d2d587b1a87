// Bytes on a socket that are not quite HTTP: the listener must answer or close, soon, and go on serving others.
import { connect } from "node:net";
import fc from "fast-check";
import { difference } from "./check.ts";
import type { Fuzzed } from "./fuzz.ts";
import { openWorld } from "./world.ts";

const patienceMs = 15_000;

const line = fc.constantFrom(
  "GET /v1/clusters HTTP/1.1",
  "POST /v1/clusters HTTP/1.1",
  "PATCH /v1/clusters/settled HTTP/1.1",
  "GET  /v1 HTTP/1.1",
  "GET /v1 HTTP/9.9",
  "BREW /v1 HTTP/1.1",
  "GET \u0000 HTTP/1.1",
  "GET http://[::bad/v1 HTTP/1.1",
  "GET * HTTP/1.1",
  `GET /${"x".repeat(20_000)} HTTP/1.1`,
  "",
);
const header = fc.oneof(
  fc.constantFrom(
    "Host: x",
    "Content-Length: 5",
    "Content-Length: -1",
    "Content-Length: 5\r\nContent-Length: 6",
    "Content-Length: 99999999999999999999",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked, identity",
    "Transfer-Encoding: x",
    "Expect: 100-continue",
    "Connection: close",
    "Connection: upgrade\r\nUpgrade: h2c",
    "Content-Type: application/json",
    "X: \u0001",
    ": nothing",
    " folded: header",
    `X-Big: ${"y".repeat(20_000)}`,
  ),
  fc.string({ maxLength: 30 }),
);
const body = fc.oneof(
  fc.constantFrom("", "{}", "5\r\nhello\r\n0\r\n\r\n", "ffffffffffffffffff\r\n", "-1\r\n", "0\r\nX: y\r\n\r\n"),
  fc.string({ unit: "binary", maxLength: 60 }),
);
const message = fc
  .tuple(
    line,
    fc.constantFrom("Host: x", "Host: x", "Host:"),
    fc.array(header, { maxLength: 3 }),
    fc.constantFrom("\r\n\r\n", "\n\n", "\r\n", ""),
    body,
  )
  .map(([first, host, headers, gap, rest]) => `${[first, host, ...headers].join("\r\n")}${gap}${rest}`);

/** Sends, says that nothing more comes, and waits for the end. Answers the first status; 0 = closed without one. */
function send(port: number, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(text));
    let answer = "";
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`neither answered nor closed within ${patienceMs / 1000} s`));
    }, patienceMs);
    socket.on("data", (data) => (answer += data.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? 0);
      if (status >= 500 || /\.[jt]s:\d+|node_modules/.test(answer)) reject(new Error(answer.slice(0, 500)));
      else resolve(status);
    });
  });
}

export async function fuzzFraming({
  requests,
  seed,
}: {
  requests: number;
  seed: number;
}): Promise<Pick<Fuzzed, "requests" | "statuses" | "failure">> {
  const world = await openWorld();
  const statuses = new Map<number, number>();
  try {
    await world.renew();
    const before = await world.digest();
    const address = await world.app.listen({ host: "127.0.0.1", port: 0 });
    const port = Number(new URL(address).port);
    const result = await fc.check(
      fc.asyncProperty(message, async (text) => {
        const status = await send(port, text);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }),
      { numRuns: requests, seed },
    );
    const alive = (await fetch(`${address}/healthcheck`)).ok && difference(before, await world.digest()).length === 0;
    const failure = result.failed
      ? `${String(result.errorInstance)}\nsmallest message: ${JSON.stringify(result.counterexample?.[0])}\nseed ${result.seed}`
      : alive
        ? null
        : "afterwards the listener did not answer, or something was written";
    return { requests: result.numRuns, statuses, failure };
  } finally {
    await world.close();
  }
}
