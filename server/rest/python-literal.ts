// Python's notation for dictionaries and lists of plain values: {'a': 'b', 'n': 1, 'x': True}. A reader of its own
// rather than an evaluator: the text comes from anybody.

/** The value, or undefined for what is neither a Python literal nor JSON. */
export function parseLiteral(text: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    return json;
  } catch {
    return readPython(text);
  }
}

const words = new Map<string, unknown>([
  ["True", true],
  ["False", false],
  ["None", null],
  ["true", true],
  ["false", false],
  ["null", null],
]);
const maxDepth = 32;

function readPython(text: string): unknown {
  const reader = { text, at: 0 };
  const value = readValue(reader, 0);
  skip(reader);
  return reader.at === text.length ? value : undefined;
}

interface Reader {
  text: string;
  at: number;
}

/** `undefined` = not readable; null is a value. */
function readValue(reader: Reader, depth: number): unknown {
  skip(reader);
  const char = reader.text[reader.at];
  if (char === undefined || depth > maxDepth) return undefined;
  if (char === "{") return readItems(reader, "}", depth, true);
  if (char === "[") return readItems(reader, "]", depth, false);
  if (char === "(") return readItems(reader, ")", depth, false);
  if (char === "'" || char === '"' || /^[uU]['"]/.test(reader.text.slice(reader.at, reader.at + 2)))
    return readText(reader);
  return readWord(reader);
}

function readItems(reader: Reader, end: string, depth: number, keyed: boolean): unknown {
  reader.at++;
  const list: unknown[] = [];
  const entries: [string, unknown][] = [];
  for (;;) {
    skip(reader);
    if (take(reader, end)) return keyed ? Object.fromEntries(entries) : list;
    const first = readValue(reader, depth + 1);
    if (first === undefined) return undefined;
    if (keyed) {
      skip(reader);
      if (!take(reader, ":")) return undefined;
      const value = readValue(reader, depth + 1);
      if (value === undefined || (typeof first !== "string" && typeof first !== "number")) return undefined;
      entries.push([String(first), value]);
    } else list.push(first);
    skip(reader);
    if (!take(reader, ",") && reader.text[reader.at] !== end) return undefined;
  }
}

const escapes = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["\\", "\\"],
  ["'", "'"],
  ['"', '"'],
]);

function readText(reader: Reader): string | undefined {
  if (/[uU]/.test(reader.text[reader.at] ?? "")) reader.at++;
  const quote = reader.text[reader.at++];
  let result = "";
  for (;;) {
    const char = reader.text[reader.at++];
    if (char === undefined) return undefined;
    if (char === quote) return result;
    if (char !== "\\") {
      result += char;
      continue;
    }
    const next = reader.text[reader.at++];
    if (next === undefined) return undefined;
    const digits = next === "x" ? 2 : next === "u" ? 4 : 0;
    if (digits === 0) {
      result += escapes.get(next) ?? `\\${next}`;
      continue;
    }
    const hex = reader.text.slice(reader.at, reader.at + digits);
    if (hex.length !== digits || !/^[0-9a-fA-F]+$/.test(hex)) return undefined;
    result += String.fromCharCode(Number.parseInt(hex, 16));
    reader.at += digits;
  }
}

function readWord(reader: Reader): unknown {
  const word = /^[\w.+-]+/.exec(reader.text.slice(reader.at))?.[0];
  if (word === undefined) return undefined;
  reader.at += word.length;
  if (words.has(word)) return words.get(word);
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(word) ? Number(word) : undefined;
}

function take(reader: Reader, char: string): boolean {
  if (reader.text[reader.at] !== char) return false;
  reader.at++;
  return true;
}

function skip(reader: Reader): void {
  while (/\s/.test(reader.text[reader.at] ?? "")) reader.at++;
}
