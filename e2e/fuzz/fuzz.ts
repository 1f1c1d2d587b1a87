// Throws requests and tells what was answered. The same seed throws the same.
import fc from "fast-check";
import type { Db } from "../../server/db/client.ts";
import { check, type Known } from "./check.ts";
import { readAll, subjectsOf } from "./readers.ts";
import { request, type Request } from "./requests.ts";
import { openWorld } from "./world.ts";

export interface Fuzzed {
  requests: number;
  /** How often each status was answered. */
  statuses: Map<number, number>;
  /** Accepted writes, and what was read after them. */
  written: number;
  reads: number;
  /** Null = everything held. */
  failure: string | null;
}

/** After so many the world is made anew, so that quotas and deletions leave something to be met. */
const batch = 250;

interface Wish {
  requests: number;
  seed: number;
  dialect?: Db["dialect"];
}

export async function fuzz({ requests, seed, dialect = "sqlite" }: Wish): Promise<Fuzzed> {
  const world = await openWorld(dialect);
  const statuses = new Map<number, number>();
  const known: Known = { digest: new Map(), writes: -1 };
  let thrown = 0;
  let [written, reads] = [0, 0];
  const renew = async () => {
    await world.renew();
    known.digest = await world.digest();
    known.writes = await world.writes();
  };
  try {
    const result = await fc.check(
      fc.asyncProperty(request, async (one: Request) => {
        if (thrown++ % batch === 0) await renew();
        try {
          const { status, wrote } = await check(world, known, one);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (wrote) {
            written += 1;
            reads += await readAll(world, await subjectsOf(world, "latest"));
            // Reading may write too: the trail, what is remembered of tokens.
            known.digest = await world.digest();
            known.writes = await world.writes();
          }
        } catch (error) {
          // The smaller ones are tried on a fresh world, as this one may be spoiled.
          await renew();
          throw error;
        }
      }),
      { numRuns: requests, seed, interruptAfterTimeLimit: 3_600_000 },
    );
    const failure = result.failed
      ? `${String(result.errorInstance)}\nsmallest request: ${JSON.stringify(result.counterexample?.[0], null, 2)}\nseed ${result.seed}, after ${result.numRuns} requests`
      : null;
    return { requests: thrown, statuses, written, reads, failure };
  } finally {
    await world.close();
  }
}
