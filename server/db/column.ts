// Keys made for searching and sorting.

/** Without case and in one spelling of accents: databases differ in both. */
export const fold = (text: string): string => text.normalize("NFKC").toLowerCase();

const wildcards: Readonly<Record<string, string>> = { "%": "\uE001", _: "\uE002", "\\": "\uE003" };

/**
 * For columns that are searched and for what is looked for in them. LIKE has wildcards, which Prisma does not escape:
 * they are exchanged for characters that mean nothing, on both sides.
 */
export const searchable = (text: string): string => fold(text).replaceAll(/[%_\\]/g, (mark) => wildcards[mark] ?? mark);

const digits = 12;

/** Sorts as people expect: `node-2` before `node-10`, `v1.9.0` before `v1.10.0`. */
export const naturalKey = (text: string): string =>
  fold(text).replaceAll(/\d+/g, (number) => number.padStart(digits, "0"));
