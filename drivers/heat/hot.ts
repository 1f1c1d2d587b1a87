// The few functions of Heat's template language (HOT) that our templates use, and what Heat makes of them.
import { createHash } from "node:crypto";
import { z } from "zod";

/** Any value of a template: JSON with functions in it. */
export type Hot = string | number | boolean | null | readonly Hot[] | { readonly [key: string]: Hot };

export const getParam = (name: string): Hot => ({ get_param: name });
export const getResource = (name: string): Hot => ({ get_resource: name });
export const getAttr = (...path: (string | number)[]): Hot => ({ get_attr: path });

export interface HotLookup {
  param(name: string): unknown;
  /** Reference id of a resource. */
  resource(name: string): unknown;
  /** Attribute of a resource; further words of the path are walked by the caller of this. */
  attr(name: string, path: (string | number)[]): unknown;
}

const Replace = z.object({ template: z.unknown(), params: z.record(z.string(), z.unknown()) });
const Path = z.tuple([z.string()], z.union([z.string(), z.number()]));

/**
 * Resolves get_param, get_resource, get_attr, digest, str_replace and list_join as Heat 19 does: longer placeholders first,
 * text that came out of a replacement is not looked at again, null becomes the empty string.
 */
export function resolveHot(value: unknown, lookup: HotLookup): unknown {
  if (Array.isArray(value)) return value.map((item) => resolveHot(item, lookup));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [only] = entries;
  if (entries.length === 1 && only) {
    const [name, args] = only;
    if (name === "get_param") return lookup.param(z.string().parse(args));
    if (name === "get_resource") return lookup.resource(z.string().parse(args));
    if (name === "get_attr") {
      const [resource, ...path] = Path.parse(args);
      return lookup.attr(resource, path);
    }
    if (name === "digest") {
      const [algorithm, source] = z.tuple([z.string(), z.unknown()]).parse(args);
      return createHash(algorithm)
        .update(text(resolveHot(source, lookup)))
        .digest("hex");
    }
    if (name === "list_join") {
      const [joiner, ...lists] = z.array(z.unknown()).parse(args);
      return lists
        .flatMap((list) => z.array(z.unknown()).parse(resolveHot(list, lookup)))
        .map(text)
        .join(text(joiner));
    }
    if (name === "str_replace") {
      const { template, params } = Replace.parse(args);
      const words = Object.entries(params).map(([key, word]) => ({ key, word: text(resolveHot(word, lookup)) }));
      return replaceAll(z.string().parse(resolveHot(template, lookup)), words);
    }
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, resolveHot(item, lookup)]));
}

function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "True" : "False";
  return z.union([z.string(), z.number().transform(String)]).parse(value);
}

function replaceAll(template: string, words: { key: string; word: string }[]): string {
  const [first, ...rest] = words.toSorted((a, b) => b.key.length - a.key.length || (a.key < b.key ? -1 : 1));
  if (!first) return template;
  return template
    .split(first.key)
    .map((part) => replaceAll(part, rest))
    .join(first.word);
}
