// Reads request bodies as Magnum does: strings for numbers and booleans are fine, unknown and read-only keys are not
// (magnum-api 1.5, 4).
import type { z } from "zod";
import { DomainError } from "../../domain/error.ts";
import { wireField } from "../../domain/field.ts";
import { ApiRefusal } from "../errors.ts";

/** Turns one wire value into ours. `undefined` = leave it unset. */
export type Reader<T> = (value: unknown, name: string) => T;

const bad = (name: string, value: unknown, why: string) =>
  new ApiRefusal(400, `Invalid input for field/attribute ${name}. Value: '${show(value)}'. ${why}`);

const show = (value: unknown) =>
  value === null || value === undefined
    ? "None"
    : typeof value === "string" || typeof value === "number"
      ? String(value)
      : typeof value === "boolean"
        ? pythonBoolean(value)
        : JSON.stringify(value);

/** Python's words, which Magnum stores and shows for JSON's booleans in labels. */
export const pythonBoolean = (value: boolean): string => (value ? "True" : "False");

export function integer(minimum: number, maximum = Number.MAX_SAFE_INTEGER): Reader<number> {
  return (value, name) => {
    const number =
      typeof value === "number"
        ? Math.trunc(value)
        : typeof value === "string" && /^\s*[+-]?\d+\s*$/.test(value)
          ? Number(value)
          : Number.NaN;
    if (!Number.isSafeInteger(number)) throw bad(name, value, "Wrong type. Expected an integer.");
    if (number < minimum) throw bad(name, value, `Value should be greater or equal to ${minimum}`);
    if (number > maximum) throw bad(name, value, `Value should be lower or equal to ${maximum}`);
    return number;
  };
}

const trueWords = new Set(["1", "t", "true", "on", "y", "yes"]);
const falseWords = new Set(["0", "f", "false", "off", "n", "no"]);

export const boolean: Reader<boolean> = (value, name) => {
  if (typeof value === "boolean") return value;
  const word = typeof value === "string" || typeof value === "number" ? String(value).trim().toLowerCase() : "";
  if (trueWords.has(word)) return true;
  if (falseWords.has(word)) return false;
  throw bad(name, value, "Value should be a boolean: one of true, false, yes, no, on, off, 1, 0");
};

export function text(minimum: number, maximum: number, pattern?: RegExp): Reader<string> {
  return (value, name) => {
    if (typeof value !== "string" && typeof value !== "number")
      throw bad(name, value, "Wrong type. Expected a string.");
    const string = String(value);
    if (string.length < minimum)
      throw bad(name, value, `Value should have a minimum character requirement of ${minimum}`);
    if (string.length > maximum)
      throw bad(name, value, `Value should have a maximum character requirement of ${maximum}`);
    if (pattern && !pattern.test(string)) throw bad(name, value, `Value should match the pattern ${pattern.source}`);
    return string;
  };
}

export function oneOf<const W extends string>(words: readonly W[]): Reader<W> {
  return (value, name) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw bad(name, value, `Value should be one of: ${words.join(", ")}`);
    return found;
  };
}

/** An object of scalars; numbers and booleans become Python's text for them, as Magnum stores them. */
export const labels: Reader<Record<string, string>> = (value, name) => {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw bad(name, value, "Wrong type. Expected an object.");
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => {
      if (typeof item === "string") return [key, item];
      if (typeof item === "boolean") return [key, pythonBoolean(item)];
      if (typeof item === "number") return [key, String(item)];
      throw bad(`${name}.${key}`, item, "Wrong type. Expected a string, a number or a boolean.");
    }),
  );
};

/** Null stays null: "explicitly nothing". */
export const orNull =
  <T>(reader: Reader<T>): Reader<T | null> =>
  (value, name) =>
    value === null ? null : reader(value, name);

/** Null and "" mean the same as an absent key (Horizon sends "" for what nobody filled in). */
export const orUnset =
  <T>(reader: Reader<T>): Reader<T | undefined> =>
  (value, name) =>
    value === null || value === "" ? undefined : reader(value, name);

type Fields = Readonly<Record<string, Reader<unknown>>>;
export type Read<F extends Fields> = { [K in keyof F]?: Exclude<ReturnType<F[K]>, undefined> };

/**
 * Reads an object of known keys. `argument` is Magnum's name for the body, `ignored` keys are accepted and dropped,
 * `readOnly` ones refused with their own words.
 */
export function readBody<F extends Fields>(
  body: unknown,
  argument: string,
  fields: F,
  others: { readOnly?: readonly string[]; ignored?: readonly string[] } = {},
): Read<F> {
  if (body === undefined || body === null) throw new ApiRefusal(400, `Missing argument: "${argument}"`);
  if (typeof body !== "object" || Array.isArray(body)) throw bad(argument, body, "Wrong type. Expected an object.");
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(body)) {
    const reader = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (!reader) {
      if (others.readOnly?.includes(name)) throw bad(name, value, "Cannot set read only field.");
      if (others.ignored?.includes(name)) continue;
      throw new ApiRefusal(400, `Unknown attribute for argument ${argument}: ${name}`);
    }
    const result: unknown = reader(value, name);
    if (result !== undefined) read[name] = result;
  }
  return read as Read<F>;
}

/** The words for a mandatory key that is not there. */
export const missingField = (name: string): ApiRefusal =>
  new ApiRefusal(400, `Invalid input for field/attribute ${name}. Value: 'None'. Mandatory field missing.`);

/** What the domain's own schema says beyond the wire's limits, as a refusal of this door. */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = wireField(issue?.path.join(".") ?? "");
  throw new DomainError(
    "invalid_input",
    `Invalid input for field/attribute ${field}. ${capital(issue?.message ?? "is not valid")}.`,
    { field },
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
