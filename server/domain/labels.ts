// Inheritance of labels (magnum-api 12): how a cluster's come from its template's, and how they differ.
import { z } from "zod";
import { text } from "./column.ts";
import { DomainError } from "./error.ts";

/** More than are known. Each is held against the whole catalogue, and shown with every list. */
const mostLabels = 256;
export const tooManyLabels = `must be up to ${mostLabels}`;
export const areFewLabels = (labels: object): boolean => Object.keys(labels).length <= mostLabels;

/** Keys and values byte for byte as the user gave them. */
export const Labels = z
  .record(text(255).min(1, "a label needs a key"), text(65535))
  .refine(areFewLabels, tooManyLabels);
export type Labels = z.infer<typeof Labels>;

/**
 * As people meant them: `--labels "a=1, b=2"` has a blank in front of b. Throws invalid_input where nothing is left of a
 * key, and where two become one.
 */
export function tidyLabels(given: Labels): Labels {
  const tidy: Labels = {};
  for (const [key, value] of Object.entries(given)) {
    const plain = key.trim();
    if (plain === "") throw new DomainError("invalid_input", "The labels must have keys.", { field: "labels" });
    if (Object.hasOwn(tidy, plain))
      throw new DomainError("invalid_input", `The label ${plain} is given twice.`, { field: `labels.${plain}` });
    tidy[plain] = value;
  }
  return tidy;
}

/** None given: a copy of the parent's. Given: exactly those, or over the parent's when `merge`. */
export function inheritLabels(parent: Labels, given: Labels | null | undefined, merge: boolean): Labels {
  if (!given || Object.keys(given).length === 0) return { ...parent };
  return merge ? { ...parent, ...given } : { ...given };
}

export interface LabelDifference {
  /** Not in the parent: own value. */
  added: Labels;
  /** In both with another value: the parent's value, as Magnum shows it. */
  overridden: Labels;
  /** Only in the parent: the parent's value. */
  skipped: Labels;
}

/** Computed on read, against the parent as it is now. */
export function diffLabels(own: Labels, parent: Labels): LabelDifference {
  const difference: LabelDifference = { added: {}, overridden: {}, skipped: {} };
  for (const [key, value] of Object.entries(own)) {
    const theirs = Object.hasOwn(parent, key) ? parent[key] : undefined;
    if (theirs === undefined) difference.added[key] = value;
    else if (theirs !== value) difference.overridden[key] = theirs;
  }
  for (const [key, value] of Object.entries(parent)) if (!Object.hasOwn(own, key)) difference.skipped[key] = value;
  return difference;
}
