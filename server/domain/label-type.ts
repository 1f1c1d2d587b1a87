// What kinds of values labels have: each says how text is read, and what is wrong with it as the end of a sentence that
// begins with the label's name ("must be true or false").
import { hasHostBits, parseAddress, parseRange, rangeText } from "./ip-range.ts";

export type Kind =
  | "boolean"
  | "integer"
  | "choice"
  | "choices"
  | "tag"
  | "version"
  | "digest"
  | "sha256"
  | "url"
  | "range"
  | "ranges"
  | "address"
  | "domain"
  | "domains"
  | "prefix"
  | "options"
  | "name"
  | "names"
  | "json"
  | "text";

export type Read<V> = { ok: true; value: V } | { ok: false; wrong: string };

export interface LabelType<V = unknown> {
  readonly kind: Kind;
  /** Words that may stand there, for pickers. */
  readonly words?: readonly string[];
  /** Of what is not empty; blanks at its edges do not count. */
  read(text: string): Read<V>;
}

const yes = new Set(["true", "1", "yes", "on", "t", "y"]);
const no = new Set(["false", "0", "no", "off", "f", "n"]);

/** A label's boolean in any of Magnum's spellings and cases; undefined = not one of them. */
export function labelBoolean(value: string): boolean | undefined {
  const word = value.trim().toLowerCase();
  return yes.has(word) ? true : no.has(word) ? false : undefined;
}

const ok = <V>(value: V): Read<V> => ({ ok: true, value });
const wrong = (words: string): Read<never> => ({ ok: false, wrong: words });

function type<V>(kind: Kind, read: (text: string) => Read<V>, words?: readonly string[]): LabelType<V> {
  return { kind, ...(words ? { words } : {}), read: (text) => read(text.trim()) };
}

const matching = (kind: Kind, pattern: RegExp, words: string): LabelType<string> =>
  type(kind, (text) => (pattern.test(text) ? ok(text) : wrong(words)));

/** Items between commas; one that is empty is wrong, so that a slip never means "none" or "all". */
const list = <V>(kind: Kind, item: (text: string) => Read<V>, words: string): LabelType<V[]> =>
  type(kind, (text) => {
    const read = text.split(",").map((each) => item(each.trim()));
    const values = read.flatMap((each) => (each.ok ? [each.value] : []));
    return values.length === read.length ? ok(values) : wrong(words);
  });

export const boolean = type("boolean", (text) => {
  const value = labelBoolean(text);
  return value === undefined ? wrong("must be true or false") : ok(value);
});

/** Whole, with both ends; `unit` for the sentence. */
export const integer = (minimum: number, maximum: number, unit = ""): LabelType<number> =>
  type("integer", (text) => {
    const within = `must be a whole number from ${minimum} to ${maximum}${unit === "" ? "" : ` ${unit}`}`;
    if (!/^[+-]?\d{1,15}$/.test(text)) return wrong(within);
    const value = Number(text);
    return value < minimum || value > maximum ? wrong(within) : ok(value);
  });

/** One of the words, in any case; read as it stands here. */
export const choice = <const W extends string>(...words: readonly W[]): LabelType<W> =>
  type("choice", (text) => oneOf(words, text) ?? wrong(`must be one of ${words.join(", ")}`), words);

/** Some of the words, separated by commas or blanks. */
export const choices = <const W extends string>(...words: readonly W[]): LabelType<W[]> =>
  type(
    "choices",
    (text) => {
      const given = text.split(/\s*,\s*|\s+/);
      const values = given.flatMap((each) => {
        const read = oneOf(words, each);
        return read?.ok ? [read.value] : [];
      });
      if (values.length === given.length) return ok(values);
      const odd = given.find((each) => oneOf(words, each) === undefined) ?? "";
      return wrong(
        words.length > 12
          ? `must hold words that are known here, with commas between: ${odd === "" ? "one is empty" : `${odd} is not one`}`
          : `must hold some of ${words.join(", ")}, with commas between`,
      );
    },
    words,
  );

function oneOf<W extends string>(words: readonly W[], text: string): Read<W> | undefined {
  const word = words.find((each) => each.toLowerCase() === text.toLowerCase());
  return word === undefined ? undefined : ok(word);
}

/** Of a container image. */
export const tag = matching("tag", /^\w[\w.-]{0,127}$/, "must be an image tag such as v1.31.1");
/** Of a chart or a program: a plus is allowed. */
export const version = matching("version", /^\w[\w.+-]{0,127}$/, "must be a version such as v1.31.1");
export const sha256 = matching("sha256", /^[0-9a-f]{64}$/i, "must be a SHA-256 checksum, 64 hexadecimal digits");
export const digest = matching(
  "digest",
  /^(sha256:)?[0-9a-f]{64}$/i,
  "must be an image digest such as sha256: and 64 hexadecimal digits",
);

/** `{arch}` and the like may stand in the path. */
export const url = type("url", (text) => {
  const parsed = /^https?:\/\/[^\s"'\\\p{Cc}]+$/iu.test(text) && URL.canParse(text) ? new URL(text) : null;
  return parsed && parsed.username === "" && parsed.password === ""
    ? ok(text)
    : wrong("must be an http or https address without a password in it, such as https://example.org/file");
});

export const range = type("range", (text) => {
  const read = parseRange(text);
  if (!read) return wrong("must be a network range such as 10.0.0.0/24");
  return hasHostBits(read) ? wrong(`must be a whole range: ${rangeText(read)} in place of ${text}`) : ok(text);
});

export const ranges = list(
  "ranges",
  (text) => (parseRange(text) ? ok(text) : wrong("")),
  "must be network ranges separated by commas, such as 192.0.2.0/24,198.51.100.7/32",
);

export const address = type("address", (text) =>
  parseAddress(text) ? ok(text) : wrong("must be an IP address such as 192.0.2.7"),
);

const isDomain = (text: string) =>
  text.length <= 253 && /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/.test(text);

export const domain = type("domain", (text) =>
  isDomain(text) ? ok(text) : wrong("must be a domain name in lower case, such as cluster.local"),
);

/** Names and addresses that a certificate may bear. */
export const domains = list(
  "domains",
  (text) => (isDomain(text.replace(/^\*\./, "")) || parseAddress(text) ? ok(text) : wrong("")),
  "must be domain names or IP addresses separated by commas",
);

/** Registry and path in front of image names; read with a slash at its end. */
export const prefix = type("prefix", (text) => {
  const bare = text.replace(/\/$/, "");
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(\/[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*)*$/i.test(bare)
    ? ok(`${bare}/`)
    : wrong("must be a registry and path such as registry.example.org/mirror/");
});

export interface Option {
  name: string;
  value: string;
}

/** Flags of a program, `--a=b --c`, read as names and values; a bare one is true. */
export const options = type("options", (text): Read<Option[]> => {
  const words = text.split(/\s+/).map((word) => /^--([a-z0-9]+(?:-[a-z0-9]+)*)(?:=([^\s"'`\p{Cc}]*))?$/u.exec(word));
  const read = words.flatMap((word) => (word?.[1] === undefined ? [] : [{ name: word[1], value: word[2] ?? "true" }]));
  return read.length === words.length ? ok(read) : wrong("must be flags such as --v=2 --profiling=false");
});

const isName = (text: string) =>
  /^[\w][^\s,"'`\\$;|&<>\p{Cc}]{0,254}( [^\s,"'`\\$;|&<>\p{Cc}]+)*$/u.test(text) && text.length <= 255;

/** Of something in the cloud: a volume type, a zone, a provider. */
export const name = type("name", (text) => (isName(text) ? ok(text) : wrong("must be one name, without commas")));
export const names = list(
  "names",
  (text) => (isName(text) ? ok(text) : wrong("")),
  "must be names separated by commas",
);

export const json = type("json", (text): Read<unknown> => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? ok(value) : wrong("must be a JSON object");
  } catch {
    return wrong("must be a JSON object");
  }
});

/** Whatever fits on one line. */
export const text = type("text", (value) =>
  /[\u0000-\u001f\u007f]/.test(value) ? wrong("must be one line without control characters") : ok(value),
);
