// Between columns and values: JSON text read by zod, and keys made for searching and sorting.
import type { z } from "zod";

/** Reads a JSON column. A value that does not fit is a bug or damage: it throws with the column's name. */
export function readJson<T>(schema: z.ZodType<T>, text: string, column: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`column ${column} holds something else than it should`, { cause: error });
  }
}

export const readOptionalJson = <T>(schema: z.ZodType<T>, text: string | null, column: string): T | null =>
  text === null ? null : readJson(schema, text, column);

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
