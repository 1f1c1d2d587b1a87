// Everything that is wrong with one request, gathered so that it is told at once, in the order of looking.
import type { ClusterDriver, Problem, Wish } from "../../drivers/driver.ts";
import { DomainError, type Reason } from "../domain/error.ts";
import { problemOf } from "../domain/problem.ts";
import { asDomainError } from "../errors.ts";

export class Findings {
  readonly #found: (DomainError | null)[] = [];

  get problems(): DomainError[] {
    return this.#found.filter((each) => each !== null);
  }

  add(reason: Reason, message: string, field: string, remedy?: string): void {
    this.#found.push(new DomainError(reason, message, { field, ...(remedy === undefined ? {} : { remedy }) }));
  }

  /** One a field: what is said first of an input is what is wrong with it. */
  addAll(problems: readonly Problem[]): void {
    for (const each of problems)
      if (!this.problems.some(({ details }) => details.field === each.field)) this.#found.push(refusalOf(each));
  }

  /** Null when `check` throws what a caller could understand, which is kept. */
  check<T>(check: () => T): T | null {
    try {
      return check();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.#found.push(error);
      return null;
    }
  }

  /** The same of a look-up: several are under way at once, and told in the order of asking, not of answering. */
  async keep<T>(work: Promise<T>): Promise<T | null> {
    const place = this.#found.push(null) - 1;
    try {
      return await work;
    } catch (error) {
      const known = asDomainError(error);
      // Whose session has ended must sign in; that is no fault of what they asked for.
      if (!known || known.reason === "unauthenticated") throw error;
      this.#found[place] = known;
      return null;
    }
  }

  /** Throws the first problem, with all of them in `details.problems`. */
  refuse(): void {
    refuseAll(this.problems);
  }
}

/** Throws the first, with all of them in `details.problems` when there are several. */
export function refuseAll(problems: readonly DomainError[]): void {
  const [first] = problems;
  if (!first) return;
  // A service that is away is so for all that it was asked.
  const told = new Map(problems.map(problemOf).map((each) => [`${each.field} ${each.message}`, each]));
  if (told.size === 1) throw first;
  throw new DomainError(first.reason, first.message, { ...first.details, problems: [...told.values()] });
}

const refusalOf = ({ field, message }: Problem): DomainError =>
  new DomainError(field.startsWith("labels.") ? "label_refused" : "invalid_input", message, { field });

/** What is wrong with a wish: labels that their types cannot read, and what the driver refuses of the rest. */
export function judge(driver: ClusterDriver, wish: Wish): Problem[] {
  const unread = [wish.labels, ...wish.nodegroups.map(({ labels }) => labels)].flatMap((labels) => labels.problems());
  const fields = new Set(unread.map(({ field }) => field));
  const all = [...unread, ...driver.accepts(wish).filter(({ field }) => !fields.has(field))];
  return [...new Map(all.map((each) => [`${each.field} ${each.message}`, each])).values()];
}
