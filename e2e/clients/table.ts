// Tables as the client draws them for people.

export interface Table {
  columns: string[];
  /** Cells by column, without the blanks around them. */
  rows: Record<string, string>[];
}

/** Reads the one table in what a command has printed. Throws when there is none. */
export function parseTable(text: string): Table {
  const [columns, ...rows] = text
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) => line.slice(1, line.lastIndexOf("|")).split("|"))
    .map((cells) => cells.map((cell) => cell.trim()));
  if (!columns) throw new Error(`no table in: ${text}`);
  return {
    columns,
    rows: rows.map((cells) => Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? ""]))),
  };
}

const masks: [pattern: RegExp, word: string][] = [
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "<uuid>"],
  [/\b[0-9a-f]{32}\b/g, "<id>"],
  [/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00/g, "<time>"],
  [/\b127\.\d+\.\d+\.\d+\b/g, "<address>"],
];

/** With words in the place of ids, times and addresses of this run. */
export const mask = (text: string): string => masks.reduce((all, [pattern, word]) => all.replace(pattern, word), text);

/** A table of two columns, one line for each property, as an object. Masked. */
export function properties({ columns, rows }: Table): Record<string, string> {
  const [name, value] = columns;
  if (name === undefined || value === undefined) throw new Error(`not a table of properties: ${columns.join(", ")}`);
  return Object.fromEntries(rows.map((row) => [row[name] ?? "", mask(row[value] ?? "")]));
}
