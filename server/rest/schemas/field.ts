// The wire's types as schemas: one says what is documented (its input side, as JSON Schema) and reads what clients
// really send: text for numbers and booleans, null or "" for nothing (magnum-api 4).
import { z } from "zod";
import { isStorable, maxInteger, unstorable } from "../../domain/column.ts";
import { areFewLabels, tooManyLabels } from "../../domain/labels.ts";

const missing = "Mandatory field missing.";
const typed = (expected: string) => ({
  error: ({ input }: { input?: unknown }) => (input === undefined || input === null ? missing : expected),
});

/** Whole; a numeric text is one as well, and a fraction is cut. */
export function integer(minimum: number, most: number = maxInteger) {
  const number = z
    .int(typed("Wrong type. Expected an integer."))
    .min(minimum, `Value should be greater or equal to ${minimum}`)
    .max(most, `Value should be lower or equal to ${most}`);
  return z.preprocess(toInteger, number);
}

function toInteger(value: unknown): unknown {
  if (typeof value === "number") return Math.trunc(value);
  return typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value) ? Number(value) : value;
}

const trueWords = new Set(["1", "t", "true", "on", "y", "yes"]);
const falseWords = new Set(["0", "f", "false", "off", "n", "no"]);

/** True and false, or one of the words for them in any case. */
export const boolean = () =>
  z.preprocess(
    toBoolean,
    z.boolean(typed("Value should be a boolean: one of true, false, yes, no, on, off, t, f, y, n, 1, 0")),
  );

function toBoolean(value: unknown): unknown {
  const word = typeof value === "string" || typeof value === "number" ? String(value).trim().toLowerCase() : "";
  return trueWords.has(word) ? true : falseWords.has(word) ? false : value;
}

const string = (minimum: number, maximum: number) =>
  z
    .string(typed("Wrong type. Expected a string."))
    .min(minimum, `Value should have a minimum character requirement of ${minimum}`)
    .max(maximum, `Value should have a maximum character requirement of ${maximum}`)
    .refine(isStorable, `Value ${unstorable}`);
const digits = (value: unknown) => (typeof value === "number" ? String(value) : value);
const trimmed = (value: unknown) => (typeof value === "string" ? value.trim() : digits(value));

/** Lengths in characters; a number is taken as its digits. */
export const text = (minimum: number, maximum: number, pattern?: RegExp) =>
  z.preprocess(
    digits,
    pattern
      ? string(minimum, maximum).regex(pattern, `Value should match the pattern ${pattern.source}`)
      : string(minimum, maximum),
  );

/** Names and ids of what is elsewhere. Blanks around are no part of them. */
export const reference = () => z.preprocess(trimmed, string(1, 255));

/** Needed, and may be null. */
export const referenceOrNull = () => z.preprocess(trimmed, string(1, 255).nullable());

export const word = <const W extends string>(words: readonly W[]) =>
  z.enum(words, typed(`Value should be one of: ${words.join(", ")}`));

/** Python's words, which Magnum stores and shows for JSON's booleans in labels (E29). */
export const pythonBoolean = (value: boolean): string => (value ? "True" : "False");

const scalar = z
  .union([z.string(), z.number(), z.boolean()], { error: "Wrong type. Expected a string, a number or a boolean." })
  .transform((value) => (typeof value === "boolean" ? pythonBoolean(value) : String(value)));

/** An object of scalars, kept and answered as text. */
export const labels = () =>
  z
    .record(
      z
        .string()
        .min(1, "A key should have 1 to 255 characters")
        .max(255, "A key should have 1 to 255 characters")
        .refine(isStorable, `A key ${unstorable}`),
      scalar.pipe(string(0, 65535)),
      typed("Wrong type. Expected an object."),
    )
    .refine(areFewLabels, `Value ${tooManyLabels}`);

export const isBlank = (value: unknown) => typeof value === "string" && value.trim() === "";

/** Null and blanks mean the same as an absent key: the command line sends nulls, Horizon "" for an empty box. */
export const optional = <T extends z.ZodType>(schema: T) =>
  z
    .preprocess((value) => (isBlank(value) ? null : value), schema.nullable())
    .transform((value) => value ?? undefined)
    .optional();

/** Null stays null, "explicitly nothing"; blanks are as absent. */
export const orNull = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (isBlank(value) ? undefined : value), schema.nullable().optional()).optional();

/** May be sent and means nothing. */
export const ignored = () => z.unknown().optional().meta({ description: "Accepted and ignored." });

/** Refused by its own words. */
export const readOnly = () =>
  z
    .unknown()
    .refine(() => false, "Cannot set read only field.")
    .optional()
    .meta({ readOnly: true });
