// What is known of each label: type, default, drivers, requirements. The facts are data (label-catalog.json, one row
// a label); this file gives them types, reads single values and says what is wrong with one.
import { z } from "zod";
import facts from "./label-catalog.json" with { type: "json" };

const text = z.string();
const Fact = z.object({
  key: text,
  type: z.enum(["string", "version-tag", "boolean", "integer", "enum", "cidr", "cidr-list", "url", "sha256"]),
  default: z.union([z.record(text, text.nullable()), text, z.null()]).optional(),
  defaultByDriver: z.record(text, text.nullable()).optional(),
  coe: z.array(text),
  drivers: z.array(text),
  requires: z.array(text).optional(),
  category: text,
  perNodegroup: z.boolean(),
  description: text,
  note: text.optional(),
  deprecated: text.optional(),
  values: z.array(text).optional(),
  unit: text.optional(),
  minimum: z.number().optional(),
  pattern: text.optional(),
});
export type LabelFact = z.infer<typeof Fact>;

/** All labels, in the catalogue's order. */
export const labelCatalog: readonly LabelFact[] = z.array(Fact).parse(facts.labels);
const byKey = new Map(labelCatalog.map((fact) => [fact.key, fact]));

/** The catalogue's row of a key, or undefined for a label that nobody described. */
export const labelFact = (key: string): LabelFact | undefined => byKey.get(key);

/** The default that Magnum's last release gives, per driver where that differs; null = none. */
export function labelDefault(key: string, driver?: string): string | null {
  const fact = byKey.get(key);
  if (!fact) return null;
  if (driver && fact.defaultByDriver && driver in fact.defaultByDriver) return fact.defaultByDriver[driver] ?? null;
  if (fact.default === null || fact.default === undefined || typeof fact.default === "string")
    return fact.default ?? null;
  return fact.default["current"] ?? null;
}

/** Labels with secret values: everybody in the project can read labels, so the editor warns. */
export const secretLabels: readonly string[] = ["grafana_admin_passwd", "cluster_basic_auth_secret"];

const yes = new Set(["true", "1", "yes", "on", "t", "y"]);
const no = new Set(["false", "0", "no", "off", "f", "n"]);

/** A label's boolean in any of Magnum's spellings and cases; undefined = not one of them. */
export function labelBoolean(value: string): boolean | undefined {
  const word = value.trim().toLowerCase();
  return yes.has(word) ? true : no.has(word) ? false : undefined;
}

/** What is wrong with a value, saying what is allowed; null = fine, or a label that the catalogue does not know. */
export function labelProblem(key: string, value: string): string | null {
  const fact = byKey.get(key);
  if (!fact || value === "") return null;
  switch (fact.type) {
    case "boolean":
      return labelBoolean(value) === undefined ? "must be true or false" : null;
    case "integer": {
      if (!/^-?\d+$/.test(value.trim())) return "must be a whole number";
      return fact.minimum !== undefined && Number(value) < fact.minimum ? `must be at least ${fact.minimum}` : null;
    }
    case "enum":
      return fact.values && !fact.values.includes(value) ? `must be one of: ${fact.values.join(", ")}` : null;
    case "cidr":
      return isCidr(value) ? null : "must be a network range such as 10.0.0.0/24";
    case "cidr-list":
      return value.split(",").every((range) => isCidr(range.trim()))
        ? null
        : "must be network ranges separated by commas, such as 192.0.2.0/24,2001:db8::/32";
    case "url":
      return /^https?:\/\/\S+$/.test(value) ? null : "must be an http or https address";
    case "sha256":
      return /^[0-9a-f]{64}$/i.test(value) ? null : "must be 64 hexadecimal digits";
    case "version-tag":
      return /^[\w][\w.+-]{0,127}$/.test(value) ? null : "must be an image tag such as v1.31.1";
    case "string":
      return fact.pattern && !new RegExp(fact.pattern).test(value) ? `must match ${fact.pattern}` : null;
  }
}

/** IPv4 or IPv6 prefix in CIDR form. */
export function isCidr(value: string): boolean {
  const [address, length, ...rest] = value.split("/");
  if (address === undefined || length === undefined || rest.length > 0 || !/^\d{1,3}$/.test(length)) return false;
  if (z.ipv4().safeParse(address).success) return Number(length) <= 32;
  return z.ipv6().safeParse(address).success && Number(length) <= 128;
}

/** Typed reads of effective label values. Values that do not parse are undefined: `accepts` has refused them before. */
export interface LabelReader {
  has(key: string): boolean;
  get(key: string): string | undefined;
  boolean(key: string): boolean | undefined;
  integer(key: string): number | undefined;
  list(key: string): string[] | undefined;
  entries(): [key: string, value: string][];
}

/** Reads the given labels; an empty value counts as not set. */
export function readLabels(labels: Readonly<Record<string, string>>): LabelReader {
  const get = (key: string) => (Object.hasOwn(labels, key) && labels[key] !== "" ? labels[key] : undefined);
  return {
    has: (key) => get(key) !== undefined,
    get,
    boolean: (key) => {
      const value = get(key);
      return value === undefined ? undefined : labelBoolean(value);
    },
    integer: (key) => {
      const value = get(key);
      return value !== undefined && /^-?\d+$/.test(value.trim()) ? Number(value) : undefined;
    },
    list: (key) =>
      get(key)
        ?.split(",")
        .map((item) => item.trim())
        .filter((item) => item !== ""),
    entries: () => Object.entries(labels).filter(([, value]) => value !== ""),
  };
}
