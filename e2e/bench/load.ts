// One kind of request, again and again over a few connections: how many are answered in a second, and how late.
import autocannon from "autocannon";
import { median } from "./report.ts";

export interface Shot {
  method?: "GET" | "POST";
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

export interface Pace {
  seconds: number;
  runs: number;
  connections: number;
}

export interface Load {
  what: string;
  /** Answers per second: of the median run, the slowest and the fastest. */
  perSecond: { median: number; min: number; max: number };
  /** Milliseconds, of the median run. */
  p50: number;
  p99: number;
  /** Processor time of the server for one answer, microseconds: it hardly moves when others use the machine too. */
  cpu?: number;
  /** Bytes of an answer's body. */
  bytes: number;
  /** Rows of a list; absent = no list. */
  rows?: number;
}

/**
 * Shoots in turns at `root`; `amount` bounds the number of requests instead of the time. Throws when an answer is not 2xx,
 * since a refusal costs something else.
 */
export async function shoot(
  root: string,
  what: string,
  shots: readonly Shot[],
  { seconds, runs, connections }: Pace,
  { amount, cpuSeconds }: { amount?: number; cpuSeconds?: () => Promise<number> } = {},
): Promise<Load> {
  const [first] = shots;
  if (!first) throw new Error(`${what}: nothing to shoot`);
  const answer = await fetch(root + first.path, {
    method: first.method ?? "GET",
    ...(first.headers ? { headers: first.headers } : {}),
    ...(first.body === undefined ? {} : { body: first.body }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${text.slice(0, 300)}`);
  const once = (limits: { duration: number } | { amount: number }) =>
    autocannon({
      url: root,
      connections,
      ...limits,
      timeout: 30,
      requests: shots.map(({ method = "GET", path, headers, body }) => ({
        method,
        path,
        ...(headers ? { headers } : {}),
        ...(body === undefined ? {} : { body }),
      })),
    });
  // The first second is for compilers and caches.
  if (amount === undefined) await once({ duration: 1 });
  const results: autocannon.Result[] = [];
  const cpuBefore = await cpuSeconds?.();
  for (let run = 0; run < runs; run++) {
    const result = await once(amount === undefined ? { duration: seconds } : { amount });
    if (result.non2xx + result.errors > 0)
      throw new Error(`${what}: ${result.non2xx} refused, ${result.errors} not answered`);
    results.push(result);
  }
  const cpuAfter = await cpuSeconds?.();
  const answered = results.reduce((sum, result) => sum + result["2xx"], 0);
  if (answered === 0) throw new Error(`${what}: nothing was answered in ${seconds} s`);
  const rates = results.map((result) => result["2xx"] / result.duration);
  const middle = results.toSorted((a, b) => a["2xx"] / a.duration - b["2xx"] / b.duration)[Math.floor(runs / 2)];
  return {
    what,
    perSecond: { median: median(rates), min: Math.min(...rates), max: Math.max(...rates) },
    p50: middle?.latency.p50 ?? NaN,
    p99: middle?.latency.p99 ?? NaN,
    ...(cpuBefore === undefined || cpuAfter === undefined
      ? {}
      : { cpu: ((cpuAfter - cpuBefore) / answered) * 1_000_000 }),
    bytes: Buffer.byteLength(text),
  };
}

const number = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });

const cells = [44, 9, 16, 8, 8, 9, 9, 9] as const;
const line = (values: readonly string[]): string =>
  values
    .map((value, column) => (column === 0 ? value.padEnd(cells[0]) : value.padStart(cells[column] ?? 10)))
    .join(" ");

export const heading = (): string =>
  line(["", "per s", "slowest-fastest", "p50 ms", "p99 ms", "KiB", "CPU us", "us a row"]);

export function shown({ what, perSecond, p50, p99, bytes, rows, cpu }: Load): string {
  const perRow = cpu !== undefined && rows ? number(cpu / rows) : "";
  const range = `${number(perSecond.min)}-${number(perSecond.max)}`;
  return line([
    what,
    number(perSecond.median),
    range,
    number(p50),
    number(p99),
    number(bytes / 1024),
    cpu === undefined ? "" : number(cpu),
    perRow,
  ]);
}
