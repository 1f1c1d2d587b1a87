// Numbers of several runs as people compare them: the median, and how far the runs lay apart.

export interface Measure {
  what: string;
  unit: string;
  values: readonly number[];
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

const shown = (value: number): string =>
  value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 });

/** One line a measure: median, smallest to largest, number of runs. */
export function print(title: string, measures: readonly Measure[]): void {
  console.log(`\n${title}`);
  for (const { what, unit, values } of measures) {
    const spread =
      values.length > 1
        ? `  (${shown(Math.min(...values))} to ${shown(Math.max(...values))}, ${values.length} runs)`
        : "";
    console.log(`  ${what.padEnd(52)} ${shown(median(values)).padStart(9)} ${unit}${spread}`);
  }
}

/** Milliseconds that `work` takes. */
export async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const began = performance.now();
  const result = await work();
  return { ms: performance.now() - began, result };
}

/** Asks until `ask` answers something; throws after `limitMs`. */
export async function until<T>(ask: () => Promise<T | null>, limitMs: number, everyMs = 50): Promise<T> {
  for (const end = performance.now() + limitMs; performance.now() < end;) {
    const found = await ask();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  throw new Error(`not within ${limitMs / 1000} s`);
}
