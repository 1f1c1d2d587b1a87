// Heat's template language (HOT): parameters, functions, what depends on what.
import { createHash } from "node:crypto";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { Fault } from "../core.ts";

export const Definition = z.looseObject({
  type: z.string(),
  properties: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? {}),
  depends_on: z.union([z.string(), z.array(z.string())]).optional(),
  condition: z.unknown().optional(),
});
export type Definition = z.infer<typeof Definition>;

const Parameter = z.looseObject({
  type: z.enum(["string", "number", "json", "comma_delimited_list", "boolean"]),
  default: z.unknown().optional(),
  hidden: z.union([z.boolean(), z.string().transform((word) => word.toLowerCase() === "true")]).default(false),
  description: z.string().nullish(),
  constraints: z.array(z.looseObject({})).default([]),
});
export type Parameter = z.infer<typeof Parameter>;

const Output = z.looseObject({
  value: z.unknown(),
  description: z.string().nullish(),
  condition: z.unknown().optional(),
});

const Shape = z.looseObject({
  heat_template_version: z.union([z.string(), z.date().transform((date) => date.toISOString().slice(0, 10))]),
  description: z.string().nullish(),
  parameters: z
    .record(z.string(), Parameter)
    .nullish()
    .transform((value) => value ?? {}),
  resources: z
    .record(z.string(), Definition)
    .nullish()
    .transform((value) => value ?? {}),
  outputs: z
    .record(z.string(), Output)
    .nullish()
    .transform((value) => value ?? {}),
  conditions: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((value) => value ?? {}),
});
export type Template = z.infer<typeof Shape>;

export const invalid = (message: string): Fault => new Fault(400, "StackValidationFailed", message);

/** From an object, or YAML or JSON text. Throws a Fault in Heat's words. */
export function parseTemplate(source: unknown): Template {
  let value = source;
  if (typeof source === "string")
    try {
      value = parseYaml(source);
    } catch (error) {
      throw new Fault(400, "HTTPBadRequest", `Template not valid YAML: ${error instanceof Error ? error.message : ""}`);
    }
  if (typeof value !== "object" || value === null) throw invalid("The template is not a JSON object or YAML mapping.");
  if (!("heat_template_version" in value))
    throw new Fault(
      400,
      "HTTPBadRequest",
      'Template format version not found. It must contain "heat_template_version" or "AWSTemplateFormatVersion"',
    );
  const parsed = Shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(`The template section is invalid: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

/** Parameters with their types, from what the user gave and the defaults. */
export function readParameters(
  template: Template,
  given: Readonly<Record<string, unknown>>,
  strict: boolean,
): Record<string, unknown> {
  if (strict)
    for (const name of Object.keys(given))
      if (!(name in template.parameters))
        throw new Fault(400, "UnknownUserParameter", `The Parameter (${name}) was not defined in template.`);
  return Object.fromEntries(
    Object.entries(template.parameters).map(([name, schema]) => {
      const raw = given[name] ?? schema.default;
      if (raw === undefined || raw === null)
        throw new Fault(400, "UserParameterMissing", `The Parameter (${name}) was not provided.`);
      const value = typed(name, schema, raw);
      checkConstraints(name, schema, value);
      return [name, value];
    }),
  );
}

function typed(name: string, schema: Parameter, raw: unknown): unknown {
  const wrong = (message: string) => invalid(`Parameter '${name}' is invalid: ${message}`);
  switch (schema.type) {
    case "string":
      return typeof raw === "string" ? raw : typeof raw === "object" ? JSON.stringify(raw) : String(raw);
    case "number": {
      const number = typeof raw === "number" ? raw : Number(raw);
      if (Number.isNaN(number) || raw === "") throw wrong(`could not convert string to float: '${String(raw)}'`);
      return number;
    }
    case "boolean":
      if (typeof raw === "boolean") return raw;
      if (/^(t|true|on|y|yes|1)$/i.test(String(raw))) return true;
      if (/^(f|false|off|n|no|0)$/i.test(String(raw))) return false;
      throw wrong(
        `Unrecognized value '${String(raw)}', acceptable values are: '0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'`,
      );
    case "comma_delimited_list":
      if (Array.isArray(raw)) return raw.map(String);
      return raw === ""
        ? []
        : String(raw)
            .split(",")
            .map((word) => word.trim());
    case "json":
      if (typeof raw !== "string") return raw;
      try {
        return JSON.parse(raw === "" ? "{}" : raw);
      } catch {
        throw wrong("Value must be valid JSON");
      }
  }
}

function checkConstraints(name: string, schema: Parameter, value: unknown): void {
  for (const constraint of schema.constraints) {
    const fail = (usual: string) => {
      const own = z.string().safeParse(constraint["description"]).data;
      return invalid(`Parameter '${name}' is invalid: ${own ?? usual}`);
    };
    const limits = z.object({ min: z.coerce.number().optional(), max: z.coerce.number().optional() });
    const range = limits.safeParse(constraint["range"]).data;
    if (range && (Number(value) < (range.min ?? -Infinity) || Number(value) > (range.max ?? Infinity)))
      throw fail(`${String(value)} is out of range (min: ${range.min ?? "None"}, max: ${range.max ?? "None"})`);
    const length = limits.safeParse(constraint["length"]).data;
    const size = Array.isArray(value) ? value.length : String(value).length;
    if (length && (size < (length.min ?? 0) || size > (length.max ?? Infinity)))
      throw fail(`length (${size}) is out of range (min: ${length.min ?? "None"}, max: ${length.max ?? "None"})`);
    const allowed = z.array(z.unknown()).safeParse(constraint["allowed_values"]).data;
    if (
      allowed &&
      !(Array.isArray(value) ? value : [value]).every((one) => allowed.some((word) => String(word) === String(one)))
    )
      throw fail(`${JSON.stringify(value)} is not an allowed value ${JSON.stringify(allowed)}`);
    const pattern = z.string().safeParse(constraint["allowed_pattern"]).data;
    if (pattern !== undefined && !new RegExp(`^(?:${pattern})$`).test(String(value)))
      throw fail(`"${String(value)}" does not match pattern "${pattern}"`);
  }
}

/** As Heat shows a parameter: always text. */
export function shownParameter(schema: Parameter | undefined, value: unknown): string {
  if (schema?.hidden) return "******";
  if (Array.isArray(value) && schema?.type === "comma_delimited_list") return value.join(",");
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "object" ? pythonJson(value) : String(value);
}

export interface Scope {
  param(name: string): unknown;
  ref(name: string): unknown;
  /** The whole path behind the resource's name. */
  attr(name: string, path: readonly (string | number)[]): unknown;
  file(name: string): string;
  conditions: Readonly<Record<string, unknown>>;
}

const words = new Set([
  "get_param", "get_resource", "get_attr", "get_file", "str_replace", "str_replace_strict", "str_replace_vstrict", "list_join", "str_split",
  "map_merge", "list_concat", "list_concat_unique", "repeat", "if", "equals", "not", "and", "or", "digest", "contains", "filter",
]); // prettier-ignore

/** The function that a mapping is; null = plain data. */
function functionOf(value: object): [name: string, args: unknown] | null {
  const entries = Object.entries(value);
  const [only] = entries;
  return entries.length === 1 && only && words.has(only[0]) ? only : null;
}

const list = (value: unknown): unknown[] =>
  Array.isArray(value) ? value : value === null || value === undefined ? [] : [value];

export function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "object" ? pythonJson(value) : String(value);
}

export function resolve(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope));
  if (typeof value !== "object" || value === null) return value;
  const call = functionOf(value);
  if (!call) return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, scope)]));
  const [name, args] = call;
  switch (name) {
    case "get_param": {
      const [key, ...path] = list(resolve(args, scope));
      return walk(scope.param(text(key)), path);
    }
    case "get_resource":
      return scope.ref(text(args));
    case "get_attr": {
      const [key, ...path] = list(resolve(args, scope));
      return scope.attr(
        text(key),
        path.map((part) => (typeof part === "number" ? part : text(part))),
      );
    }
    case "get_file":
      return scope.file(text(resolve(args, scope)));
    case "str_replace":
    case "str_replace_strict":
    case "str_replace_vstrict": {
      const { template, params } = z.object({ template: z.unknown(), params: z.unknown() }).parse(args);
      const map = z.record(z.string(), z.unknown()).parse(resolve(params, scope) ?? {});
      const source = text(resolve(template, scope));
      if (name !== "str_replace")
        for (const key of Object.keys(map))
          if (!source.includes(key)) throw invalid(`The following params were not found in the template: ${key}`);
      return replace(
        source,
        Object.entries(map).map(([key, word]) => [key, text(word)]),
      );
    }
    case "list_join": {
      const [joiner, ...lists] = list(args);
      return lists
        .flatMap((one) => list(resolve(one, scope)))
        .map(text)
        .join(text(resolve(joiner, scope)));
    }
    case "str_split": {
      const [separator, source, index] = list(resolve(args, scope));
      const parts = text(source).split(text(separator));
      return index === undefined ? parts : parts[Number(index)];
    }
    case "map_merge":
      return Object.assign(
        {},
        ...list(resolve(args, scope)).map((one) => (typeof one === "object" && one !== null ? one : {})),
      );
    case "list_concat":
      return list(resolve(args, scope)).flatMap(list);
    case "list_concat_unique":
      return [...new Set(list(resolve(args, scope)).flatMap(list))];
    case "filter": {
      const [drop, from] = list(resolve(args, scope));
      return list(from).filter((one) => !list(drop).includes(one));
    }
    case "repeat": {
      const { for_each: each, template } = z
        .object({ for_each: z.record(z.string(), z.unknown()), template: z.unknown() })
        .parse(args);
      let rows: [string, string][][] = [[]];
      for (const [key, values] of Object.entries(each))
        rows = rows.flatMap((row) =>
          list(resolve(values, scope)).map((one): [string, string][] => [...row, [key, text(one)]]),
        );
      return rows.map((row) => resolve(deepReplace(template, row), scope));
    }
    case "if": {
      const [condition, yes, no] = list(args);
      return resolve(truth(condition, scope) ? yes : no, scope);
    }
    case "digest": {
      const [algorithm, source] = list(resolve(args, scope));
      return createHash(text(algorithm)).update(text(source)).digest("hex");
    }
    default:
      return truth(value, scope);
  }
}

/** A condition by name, or one written out. */
export function truth(value: unknown, scope: Scope): boolean {
  if (typeof value === "boolean") return value;
  if (typeof value === "string") return truth(scope.conditions[value] ?? false, scope);
  if (typeof value !== "object" || value === null) return Boolean(value);
  const call = functionOf(value);
  if (!call) return false;
  const [name, args] = call;
  switch (name) {
    case "equals": {
      const [a, b] = list(args).map((one) => resolve(one, scope));
      return text(a) === text(b);
    }
    case "not":
      return !truth(args, scope);
    case "and":
      return list(args).every((one) => truth(one, scope));
    case "or":
      return list(args).some((one) => truth(one, scope));
    case "contains": {
      const [one, all] = list(args).map((part) => resolve(part, scope));
      return list(all).includes(one);
    }
    default: {
      const found = resolve(value, scope);
      return typeof found === "string" ? /^(true|1|yes)$/i.test(found) : Boolean(found);
    }
  }
}

/** Longer placeholders first; what came out of a replacement is not looked at again. */
function replace(template: string, params: [string, string][]): string {
  const [first, ...rest] = params.toSorted(([a], [b]) => b.length - a.length || (a < b ? -1 : 1));
  if (!first) return template;
  return template
    .split(first[0])
    .map((part) => replace(part, rest))
    .join(first[1]);
}

export function deepReplace(value: unknown, params: [string, string][]): unknown {
  if (typeof value === "string") return replace(value, params);
  if (Array.isArray(value)) return value.map((one) => deepReplace(one, params));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [replace(key, params), deepReplace(one, params)]),
  );
}

export function walk(value: unknown, path: readonly unknown[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at === "string") {
      try {
        at = JSON.parse(at);
      } catch {
        return null;
      }
    }
    if (Array.isArray(at)) at = at[Number(step)];
    else if (typeof at === "object" && at !== null) at = Object.entries(at).find(([key]) => key === String(step))?.[1];
    else return null;
  }
  return at ?? null;
}

/** Names of resources that a value speaks of. */
export function mentions(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const one of value) mentions(one, found);
  else if (typeof value === "object" && value !== null) {
    const call = functionOf(value);
    if (call?.[0] === "get_resource") found.add(text(call[1]));
    else if (call?.[0] === "get_attr") {
      const [first, ...rest] = list(call[1]);
      found.add(text(first));
      mentions(rest, found);
    } else for (const one of Object.values(value)) mentions(one, found);
  }
  return found;
}

export const requirementsOf = (definition: Definition): string[] => [
  ...new Set([...list(definition.depends_on).map(text), ...mentions(definition.properties)]),
];

/** json.dumps of Python: a space after colon and comma. */
export function pythonJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return `{${Object.entries(value)
      .map(([key, one]) => `${JSON.stringify(key)}: ${pythonJson(one)}`)
      .join(", ")}}`;
  return JSON.stringify(value ?? null);
}
