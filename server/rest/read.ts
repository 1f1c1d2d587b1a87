// Holds what a client sent against its schema, and says what is wrong in Magnum's words (magnum-api 1.5, 3, 4).
import type { z } from "zod";
import { ApiRefusal } from "./errors.ts";
import { pythonBoolean } from "./schemas/field.ts";

/** A whole sentence of Magnum's in place of "Invalid input for ...": for `ctx.issues.push`. */
export const sentence = (input: unknown, message: string) => ({
  code: "custom" as const,
  input,
  message,
  params: { sentence: true },
});

/** `argument`: Magnum's name of the body. Throws ApiRefusal with all that is wrong. */
export function readBody<T>(schema: z.ZodType<T>, body: unknown, argument: string): T {
  if (body === undefined || body === null) throw new ApiRefusal(400, `Missing argument: "${argument}"`);
  const parsed = schema.safeParse(body, { reportInput: true });
  if (parsed.success) return parsed.data;
  throw refusal(parsed.error, argument);
}

/** Throws ApiRefusal. Keys that the schema does not know are its affair: see queries in schemas/query.ts. */
export function readQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  const parsed = schema.safeParse(query, { reportInput: true });
  if (parsed.success) return parsed.data;
  const unknown = parsed.error.issues.find((issue) => issue.code === "unrecognized_keys");
  if (unknown) throw new ApiRefusal(400, `Unknown argument: "${unknown.keys[0] ?? ""}"`);
  throw refusal(parsed.error, "query");
}

function refusal({ issues }: z.ZodError, argument: string): ApiRefusal {
  // As upstream, what is not known at all is told before what is wrong with the rest.
  const unknown = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" && issue.path.length === 0
      ? issue.keys.map((key) => `Unknown attribute for argument ${argument}: ${key}`)
      : [],
  );
  const wrong = issues
    .filter((issue) => issue.code !== "unrecognized_keys" || issue.path.length > 0)
    .map((issue) => words(issue, argument));
  const [first, ...others] = new Set([...unknown, ...wrong]);
  if (first === undefined) throw new Error("a refused value has no issue");
  return new ApiRefusal(400, first, null, null, null, others);
}

function words(issue: z.core.$ZodIssue, argument: string): string {
  if (issue.code === "custom" && issue.params?.["sentence"] === true) return issue.message;
  const why =
    issue.code === "invalid_key"
      ? (issue.issues[0]?.message ?? issue.message)
      : issue.code === "invalid_type" && issue.path.length === 0 && issue.expected === "object"
        ? "Wrong type. Expected an object."
        : issue.message;
  return invalidWords(issue.path.length === 0 ? argument : issue.path.map(String).join("."), issue.input, why);
}

/** Of a value in a refusal. */
const longestShown = 1000;

function invalidWords(name: string, value: unknown, why: string): string {
  const shown = show(value);
  const cut = shown.length > longestShown ? `${shown.slice(0, longestShown).toWellFormed()}...` : shown;
  return `Invalid input for field/attribute ${name}. Value: '${cut}'. ${why}`;
}

/** Magnum's form for one wrong field. */
export const invalid = (name: string, value: unknown, why: string): ApiRefusal =>
  new ApiRefusal(400, invalidWords(name, value, why));

function show(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "string" || typeof value === "number") return String(value);
  return typeof value === "boolean" ? pythonBoolean(value) : JSON.stringify(value);
}
