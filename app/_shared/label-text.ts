// Labels as text and back without loss: one `key=value` a line, or JSON, or what follows `--labels` on a command line.
import type { Labels } from "@/server/domain/labels";

export interface LabelRow {
  key: string;
  value: string;
}

const plain = (value: string) => !/[\n\r]|^\s|\s$|^"/.test(value);

/** Values that a line cannot hold are written as JSON strings. */
export function labelsToText(rows: readonly LabelRow[]): string {
  return rows.map(({ key, value }) => `${key}=${plain(value) ? value : JSON.stringify(value)}`).join("\n");
}

/** `problem` names the first line that is no label; the rows before it are kept. */
export function textToLabels(text: string): { rows: LabelRow[]; problem: string | null } {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) return fromJson(trimmed);
  if (/^--labels[\s=]/.test(trimmed)) return fromCommand(trimmed);
  const rows: LabelRow[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "") continue;
    const at = line.indexOf("=");
    if (at <= 0) return { rows, problem: `Line ${index + 1} is not of the form key=value.` };
    const value = line.slice(at + 1);
    rows.push({ key: line.slice(0, at).trim(), value: value.startsWith('"') ? unquote(value) : value });
  }
  return { rows, problem: duplicate(rows) };
}

function unquote(value: string): string {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === "string" ? parsed : value;
  } catch {
    return value;
  }
}

function fromJson(text: string): { rows: LabelRow[]; problem: string | null } {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null) return { rows: [], problem: "This is not a JSON object." };
    return { rows: Object.entries(parsed).map(([key, value]) => ({ key, value: String(value) })), problem: null };
  } catch {
    return { rows: [], problem: "This is not complete JSON." };
  }
}

/** Commas separate labels only where a new `key=` follows: values may hold commas. */
function fromCommand(text: string): { rows: LabelRow[]; problem: string | null } {
  const rows: LabelRow[] = [];
  for (const part of text.split(/\s*--labels[\s=]+/).filter((piece) => piece !== ""))
    for (const piece of part
      .trim()
      .replace(/^(["'])([\s\S]*)\1$/, "$2")
      .split(/,(?=[\w.-]+=)/)) {
      const at = piece.indexOf("=");
      if (at <= 0) return { rows, problem: `“${piece}” is not of the form key=value.` };
      rows.push({ key: piece.slice(0, at).trim(), value: piece.slice(at + 1) });
    }
  return { rows, problem: duplicate(rows) };
}

function duplicate(rows: readonly LabelRow[]): string | null {
  const seen = new Set<string>();
  for (const { key } of rows) {
    if (seen.has(key)) return `${key} is given twice.`;
    seen.add(key);
  }
  return null;
}

/** Rows without a key are not there yet. */
export const labelsOf = (rows: readonly LabelRow[]): Labels =>
  Object.fromEntries(rows.flatMap(({ key, value }) => (key.trim() === "" ? [] : [[key.trim(), value]])));

export const rowsOf = (labels: Labels): LabelRow[] => Object.entries(labels).map(([key, value]) => ({ key, value }));
