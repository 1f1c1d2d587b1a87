// JSON patches as Magnum takes them (magnum-api 6.3): values may be text in Python's notation, which older clients and
// the auto-healer send for objects, and real objects and lists as well (E11).
import { z } from "zod";
import { ApiRefusal } from "./errors.ts";
import { parseLiteral } from "./python-literal.ts";
import { sentence } from "./read.ts";
import { word } from "./schemas/field.ts";

export interface PatchRules {
  /** First path parts that nobody may touch. */
  internal: readonly string[];
  /** Those that may be replaced but not removed. */
  mandatory: readonly string[];
  /** Those whose text values hold an object or a list. */
  structured: readonly string[];
}

const pattern = /^(\/[\w-]+)+$/;

const Operation = z
  .object(
    {
      op: word(["add", "replace", "remove"]),
      path: z
        .string({ error: `Value should match the pattern ${pattern.source}` })
        .regex(pattern, `Value should match the pattern ${pattern.source}`),
      value: z.unknown().optional(),
    },
    { error: "Wrong type. Expected an object." },
  )
  .check((ctx) => {
    const { op, value } = ctx.value;
    if (op !== "remove" && (value === undefined || value === null))
      ctx.issues.push(sentence(value, "'add' and 'replace' operations needs value"));
  });

/** The form alone: judged before anything is looked up (magnum-api 21.1). [] is no change. */
export const PatchBody = z
  .array(Operation, { error: "Value not a valid list" })
  .meta({ description: "A JSON patch of add, replace and remove." });
export type Step = z.infer<typeof Operation>;

/** The other part of the form: what no patch of such a resource may touch. Throws ApiRefusal. */
export function checkPaths(steps: readonly Step[], { internal, mandatory }: PatchRules): void {
  for (const { op, path } of steps) {
    if (internal.includes(`/${path.split("/")[1]}`))
      throw new ApiRefusal(400, `'${path}' is an internal attribute and can not be updated`);
    if (op === "remove" && mandatory.includes(path)) throw isMandatory(path);
  }
}

export const isMandatory = (path: string) =>
  new ApiRefusal(400, `'${path}' is a mandatory attribute and can not be removed`);

/**
 * What changes, by attribute; null = removed. `current`: attributes that exist, with their present values; what is not
 * there cannot be added. Throws ApiRefusal.
 */
export function applyPatch(
  steps: readonly Step[],
  current: Readonly<Record<string, unknown>>,
  { structured }: Pick<PatchRules, "structured">,
): Map<string, unknown> {
  const result: Record<string, unknown> = { ...current };
  const touched = new Set<string>();
  /** Copies of what steps go into, made once: what the template or cluster is now must stay as it is. */
  const inside = new Map<string, Map<string, unknown>>();
  for (const step of steps) {
    const [root = "", ...rest] = step.path.slice(1).split("/");
    const value = step.op === "remove" ? null : readValue(step, rest.length === 0 && structured.includes(root));
    if (rest.length === 0) {
      applyAtRoot(result, step, root, value);
      inside.delete(root);
    } else {
      const entries = inside.get(root) ?? entriesOf(result[root]);
      applyInside(entries, step, rest, value);
      inside.set(root, entries);
    }
    touched.add(root);
  }
  const changed = (root: string) => {
    const entries = inside.get(root);
    return entries ? Object.fromEntries(entries) : result[root];
  };
  return new Map([...touched].map((root) => [root, changed(root)]));
}

function readValue({ value, path }: Step, structured: boolean): unknown {
  if (!structured || typeof value !== "string") return value;
  const parsed = parseLiteral(value);
  if (parsed === undefined)
    throw new ApiRefusal(
      400,
      `Couldn't apply patch '[${path}]'. Reason: ${value} is neither JSON nor a Python literal`,
    );
  return parsed;
}

function applyAtRoot(result: Record<string, unknown>, { op, path }: Step, root: string, value: unknown): void {
  if (!Object.hasOwn(result, root)) {
    if (op === "add")
      throw new ApiRefusal(400, `Adding a new attribute ${path} to the root of the resource is not allowed.`);
    throw missing(path, root, op);
  }
  if (op === "add" && result[root] !== null)
    throw new ApiRefusal(400, `The attribute ${path} has existed, please use 'replace' operation instead.`);
  result[root] = value;
}

/** Null = nothing can be in it. */
const entriesOf = (parent: unknown): Map<string, unknown> | null =>
  typeof parent === "object" && parent !== null && !Array.isArray(parent) ? new Map(Object.entries(parent)) : null;

/** One level down is all that there is: a label, a key of the health's reason. */
function applyInside(
  entries: Map<string, unknown> | null,
  { op, path }: Step,
  [key = "", ...deeper]: readonly string[],
  value: unknown,
): asserts entries is Map<string, unknown> {
  if (entries === null || deeper.length > 0) throw missing(path, key, op);
  if (op !== "add" && !entries.has(key)) throw missing(path, key, op);
  if (op === "remove") entries.delete(key);
  else entries.set(key, value);
}

const missing = (path: string, key: string, op: string) =>
  new ApiRefusal(400, `Couldn't apply patch '[${path}]'. Reason: can't ${op} a non-existent object '${key}'`);
