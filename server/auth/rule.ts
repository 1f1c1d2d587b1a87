// The rule language of oslo.policy: `role:member and project_id:%(project_id)s or rule:context_is_admin`. Precedence
// is not, and, or. What cannot be read is an error at start, not a silent refusal at run time.
import { z } from "zod";

export type Attribute = string | number | boolean | null | readonly Attribute[] | Credentials;

export interface Credentials {
  readonly [name: string]: Attribute | undefined;
}

export type Target = Readonly<Record<string, string | boolean | null | undefined>>;

export type Check = (credentials: Credentials, target: Target, rule: (name: string) => boolean) => boolean;

export class RuleError extends Error {
  override readonly name = "RuleError";
}

const always: Check = () => true;
const never: Check = () => false;

/** Old files write rules as lists: any of the outer, all of the inner. */
const Rule = z.union([z.string(), z.boolean(), z.array(z.union([z.string(), z.array(z.string())]))]);

/** Compiles what a policy file holds for one name. Throws RuleError. */
export function compileRule(value: unknown): Check {
  const parsed = Rule.safeParse(value);
  if (!parsed.success) throw new RuleError("a rule is a text such as role:member");
  const rule = parsed.data;
  if (typeof rule === "boolean") return rule ? always : never;
  if (typeof rule === "string") return rule.trim() === "" ? always : parse(rule);
  if (rule.length === 0) return always;
  // An empty list inside says nothing, neither yes nor no.
  const anyOf = rule.filter((inner) => inner.length > 0);
  return some(anyOf.map((inner) => every((typeof inner === "string" ? [inner] : inner).map(parse))));
}

/** Names of rules that a text refers to, for finding names that do not exist and circles. */
export function references(value: unknown): string[] {
  return [...JSON.stringify(value ?? "").matchAll(/\brule:([\w:.-]+)/g)].flatMap((match) => match[1] ?? []);
}

const some =
  (checks: readonly Check[]): Check =>
  (...given) =>
    checks.some((check) => check(...given));
const every =
  (checks: readonly Check[]): Check =>
  (...given) =>
    checks.every((check) => check(...given));

function tokens(text: string): string[] {
  // A check may hold brackets only inside %(...)s or quotes; all others group.
  return text.match(/%\([^)]*\)s|'[^']*'|"[^"]*"|[()]|[^\s()%'"]+|%/g)?.reduce<string[]>(glue(text), []) ?? [];
}

/** Puts the pieces of one check back together: `user_id:` and `%(user_id)s` are neighbours without a blank. */
function glue(text: string) {
  let end = 0;
  return (list: string[], piece: string): string[] => {
    const start = text.indexOf(piece, end);
    const last = list.at(-1);
    const touches =
      start === end && last !== undefined && last !== "(" && last !== ")" && piece !== "(" && piece !== ")";
    end = start + piece.length;
    if (touches) list[list.length - 1] = last + piece;
    else list.push(piece);
    return list;
  };
}

function parse(text: string): Check {
  const list = tokens(text);
  let at = 0;
  const peek = () => list[at]?.toLowerCase();

  function either(): Check {
    const checks = [both()];
    while (peek() === "or") {
      at++;
      checks.push(both());
    }
    return checks.length === 1 ? (checks[0] ?? never) : some(checks);
  }
  function both(): Check {
    const checks = [single()];
    while (peek() === "and") {
      at++;
      checks.push(single());
    }
    return checks.length === 1 ? (checks[0] ?? never) : every(checks);
  }
  function single(): Check {
    const word = list[at++];
    if (word === undefined) throw new RuleError(`${text}: something is missing at the end`);
    if (word.toLowerCase() === "not") {
      const inner = single();
      return (...given) => !inner(...given);
    }
    if (word === "(") {
      const inner = either();
      if (list[at++] !== ")") throw new RuleError(`${text}: a bracket is not closed`);
      return inner;
    }
    if (word === ")" || ["and", "or"].includes(word.toLowerCase()))
      throw new RuleError(`${text}: ${word} is not expected there`);
    return leaf(word, text);
  }

  const check = either();
  if (at < list.length) throw new RuleError(`${text}: ${list[at]} is not expected there`);
  return check;
}

function leaf(word: string, text: string): Check {
  if (word === "@") return always;
  if (word === "!") return never;
  const colon = word.indexOf(":");
  if (colon < 1) throw new RuleError(`${text}: ${word} is neither kind:match nor @ nor !`);
  const kind = word.slice(0, colon);
  const match = word.slice(colon + 1);
  if (kind === "http" || kind === "https")
    throw new RuleError(`${text}: rules that ask another server (${kind}:) are not supported`);
  if (kind === "rule") return (_credentials, _target, rule) => rule(match);
  if (kind === "role")
    return (credentials, target) => {
      const wanted = fill(match, target)?.toLowerCase();
      const roles = credentials["roles"];
      return (
        wanted !== undefined && Array.isArray(roles) && roles.some((role) => written(role).toLowerCase() === wanted)
      );
    };
  return (credentials, target) => {
    const right = fill(match, target);
    if (right === undefined) return false;
    const left = literal(kind);
    return left === undefined ? holds(credentials, kind.split("."), right) : left === right;
  };
}

/** Is there, at the end of a path such as `token.project.id`, this value? A list on the way or at the end is any of it. */
function holds(value: Attribute | undefined, path: readonly string[], wanted: string): boolean {
  if (value === undefined) return false;
  if (Array.isArray(value)) return value.some((each) => holds(each, path, wanted));
  const [name, ...rest] = path;
  if (name === undefined) return written(value) === wanted;
  return isRecord(value) && Object.hasOwn(value, name) && holds(value[name], rest, wanted);
}

const isRecord = (value: Attribute): value is Credentials =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** `%(name)s` is replaced from the target; undefined when the target has no such attribute. */
function fill(match: string, target: Target): string | undefined {
  let complete = true;
  const filled = match.replaceAll(/%\(([^)]*)\)s/g, (_whole, name: string) => {
    const value = target[name];
    if (value === undefined || value === null) complete = false;
    return value === undefined || value === null ? "" : written(value);
  });
  return complete ? filled : undefined;
}

/** As Python writes it, for policy files are written for Python: `is_admin:True`. */
const written = (value: Attribute): string =>
  value === true ? "True" : value === false ? "False" : value === null ? "None" : String(value);

function literal(kind: string): string | undefined {
  const quoted = /^(['"])(.*)\1$/.exec(kind)?.[2];
  if (quoted !== undefined) return quoted;
  return ["True", "False", "None"].includes(kind) || /^\d+$/.test(kind) ? kind : undefined;
}
