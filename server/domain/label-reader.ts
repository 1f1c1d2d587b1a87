// The one place where labels are read: by their types in the catalogue, for rules, doors and drivers alike.
import { isLabelKey, labelTypes, type LabelKey, type LabelValue } from "./label-catalog.ts";
import type { LabelType } from "./label-type.ts";
import type { Labels } from "./labels.ts";
import { problem, type Problem } from "./problem.ts";

/** The table's rows with the type that the key alone tells. */
const types: { readonly [K in LabelKey]: LabelType<LabelValue<K>> } = labelTypes;

export interface LabelReader {
  /** Is there a value, readable or not? */
  has(key: LabelKey): boolean;
  /** By its type; undefined = not set, or not readable: `problems` has said so before anything was made. */
  get<K extends LabelKey>(key: K): LabelValue<K> | undefined;
  /** As it was given: for names and words that must not change when a type learns to read more. */
  text(key: LabelKey): string | undefined;
  /** Keys with a value, known or not. */
  keys(): string[];
  /** One a label whose value its type cannot read. */
  problems(): Problem[];
}

/** Reads the given labels; an empty value counts as not set. */
export function readLabels(labels: Readonly<Labels>): LabelReader {
  const text = (key: string) => (Object.hasOwn(labels, key) && labels[key] !== "" ? labels[key] : undefined);
  return {
    has: (key) => text(key) !== undefined,
    get: (key) => {
      const given = text(key);
      const read = given === undefined ? undefined : types[key].read(given);
      return read?.ok ? read.value : undefined;
    },
    text,
    keys: () => Object.keys(labels).filter((key) => text(key) !== undefined),
    problems: () =>
      Object.entries(labels).flatMap(([key, value]) => {
        const wrong = labelProblem(key, value);
        return wrong === null ? [] : [problem(`labels.${key}`, wrong)];
      }),
  };
}

/** What is wrong with a value, as the end of a sentence: "must be true or false". Null = fine, or not in the catalogue. */
export function labelProblem(key: string, value: string): string | null {
  if (!isLabelKey(key) || value === "") return null;
  const read = labelTypes[key].read(value);
  return read.ok ? null : read.wrong;
}
