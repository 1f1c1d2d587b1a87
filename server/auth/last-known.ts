// What to go by while Keystone is away: what it said last. Who asks says how old that may be, by giving it or not.
import { DomainError } from "../domain/error.ts";
import type { Clock } from "../clock.ts";

/** Resolves with Keystone's answer; with `known`, if there is any, when it does not answer. */
export type AskOrKnown = <T>(ask: () => Promise<T>, known: { value: T } | null) => Promise<T>;

/** Nobody waits longer for an answer that is known already. */
const patienceMs = 2_000;
/** For so long after a failure what is known is taken at once. */
const restMs = 5_000;

/** One for a process: who finds Keystone away spares the others the wait. */
export function openLastKnown(clock: Clock): AskOrKnown {
  let restUntil = 0;
  const away = () => {
    restUntil = clock.now().getTime() + restMs;
  };
  return async (ask, known) => {
    if (known === null) return ask();
    if (clock.now().getTime() < restUntil) return known.value;
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(resolve, patienceMs, "late");
    try {
      const answer = await Promise.race([ask().then((value) => ({ value })), late]);
      if (answer !== "late") return answer.value;
      away();
      return known.value;
    } catch (error) {
      if (!(error instanceof DomainError) || error.reason !== "cloud_unavailable") throw error;
      away();
      return known.value;
    } finally {
      clearTimeout(timer);
    }
  };
}
