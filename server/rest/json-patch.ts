// JSON patches as Magnum takes them (magnum-api 6.3): values may be text in Python's notation, which older clients and
// the auto-healer send for objects.
import { z } from "zod";
import { ApiRefusal } from "./errors.ts";
import { parseLiteral } from "./python-literal.ts";

export interface PatchRules {
  /** Attributes that exist, with their present values; what is not here cannot be added. */
  current: Readonly<Record<string, unknown>>;
  /** First path parts that nobody may touch. */
  internal: readonly string[];
  /** Those that may be replaced but not removed. */
  mandatory: readonly string[];
  /** Those whose text values hold an object or a list. */
  structured: readonly string[];
}

const Operation = z.object({ op: z.unknown(), path: z.unknown(), value: z.unknown().optional() });

/** What changes, by attribute; null = removed. Throws ApiRefusal. [] is no change. */
export function readPatch(body: unknown, rules: PatchRules): Map<string, unknown> {
  const result: Record<string, unknown> = structuredClone({ ...rules.current });
  const touched = new Set<string>();
  for (const step of readOperations(body)) {
    const [root = "", ...rest] = step.path.slice(1).split("/");
    if (rules.internal.includes(`/${root}`))
      throw new ApiRefusal(400, `'${step.path}' is an internal attribute and can not be updated`);
    if (step.op === "remove" && rest.length === 0 && rules.mandatory.includes(`/${root}`))
      throw new ApiRefusal(400, `'${step.path}' is a mandatory attribute and can not be removed`);
    const value = step.op === "remove" ? null : readValue(step, rest.length === 0 && rules.structured.includes(root));
    if (rest.length === 0) applyAtRoot(result, rules.current, step, root, value);
    else applyInside(result, step, root, rest, value);
    touched.add(root);
  }
  return new Map([...touched].map((key) => [key, result[key]]));
}

interface Step {
  op: "add" | "replace" | "remove";
  path: string;
  value: unknown;
}

/** Only the form: checked before anything is looked up. */
export function readOperations(body: unknown): Step[] {
  if (body === undefined || body === null) throw new ApiRefusal(400, 'Missing argument: "patch"');
  if (!Array.isArray(body)) throw invalid("patch", body, "Value not a valid list");
  return body.map((entry: unknown): Step => {
    const parsed = Operation.safeParse(entry);
    if (!parsed.success) throw invalid("patch", entry, "Wrong type. Expected an object.");
    const { op, path, value } = parsed.data;
    if (op !== "add" && op !== "replace" && op !== "remove")
      throw invalid("op", op, "Value should be one of: add, replace, remove");
    if (typeof path !== "string" || !/^(\/[\w-]+)+$/.test(path))
      throw invalid("path", path, "Value should match the pattern ^(/[\\w-]+)+$");
    if (op !== "remove" && (value === undefined || value === null))
      throw new ApiRefusal(400, "'add' and 'replace' operations needs value");
    return { op, path, value };
  });
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

function applyAtRoot(
  result: Record<string, unknown>,
  current: Readonly<Record<string, unknown>>,
  { op, path }: Step,
  root: string,
  value: unknown,
): void {
  if (!Object.hasOwn(current, root)) {
    if (op === "add")
      throw new ApiRefusal(400, `Adding a new attribute ${path} to the root of the resource is not allowed.`);
    throw missing(path, root, op);
  }
  if (op === "add" && current[root] !== null)
    throw new ApiRefusal(400, `The attribute ${path} has existed, please use 'replace' operation instead.`);
  result[root] = value;
}

/** One level down is all that there is: a label, a key of the health's reason. */
function applyInside(
  result: Record<string, unknown>,
  { op, path }: Step,
  root: string,
  rest: readonly string[],
  value: unknown,
): void {
  const parent = result[root];
  const [key = "", ...deeper] = rest;
  if (typeof parent !== "object" || parent === null || Array.isArray(parent) || deeper.length > 0)
    throw missing(path, key, op);
  const entries = new Map<string, unknown>(Object.entries(parent));
  if (op !== "add" && !entries.has(key)) throw missing(path, key, op);
  if (op === "remove") entries.delete(key);
  else entries.set(key, value);
  result[root] = Object.fromEntries(entries);
}

const missing = (path: string, key: string, op: string) =>
  new ApiRefusal(400, `Couldn't apply patch '[${path}]'. Reason: can't ${op} a non-existent object '${key}'`);

const invalid = (name: string, value: unknown, why: string) =>
  new ApiRefusal(
    400,
    `Invalid input for field/attribute ${name}. Value: '${typeof value === "string" ? value : (JSON.stringify(value) ?? "None")}'. ${why}`,
  );
