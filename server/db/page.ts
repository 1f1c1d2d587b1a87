// Pages by position rather than by number: the cursor names the last row seen, so rows that come and go in between
// neither repeat nor vanish, and the last page costs what the first does.
import { z } from "zod";
import { integer, maxInteger } from "../domain/column.ts";
import { DomainError } from "../domain/error.ts";

export interface Page<Row> {
  rows: Row[];
  /** All rows that match, on every page. */
  total: number;
  /** Cursor of the next page, null on the last one. */
  next: string | null;
}

export type Direction = "asc" | "desc";
type SortValue = string | number | boolean | Date | null;

export interface Position {
  value: SortValue;
  seq: number;
}

const Cursor = z.tuple([
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.object({ at: z.iso.datetime() })]),
  integer(0),
]);

/** `by` names column and direction, so that a cursor is not used with another order. */
export function writeCursor(by: string, { value, seq }: Position): string {
  const plain = value instanceof Date ? { at: value.toISOString() } : value;
  return Buffer.from(JSON.stringify([by, plain, seq])).toString("base64url");
}

/** `column`: what may stand there. Throws invalid_input for text that is no cursor or one of another order. */
export function readCursor(by: string, text: string, column: z.ZodType): Position {
  let parsed: z.infer<typeof Cursor> | null = null;
  try {
    parsed = Cursor.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  } catch {
    // Said below: a person changed the address, or it is from another version.
  }
  const given = parsed?.[1] ?? null;
  const value = typeof given === "object" && given !== null ? new Date(given.at) : given;
  if (!parsed || parsed[0] !== by || !(value === null || column.safeParse(value).success))
    throw new DomainError("invalid_input", "This position belongs to another list: start again at the first page.", {
      field: "after",
    });
  return { value, seq: parsed[2] };
}

/** A column to sort by. Rows without a value come last in both directions. */
export interface SortColumn {
  column: string;
  nullable: boolean;
}

export interface Order {
  by: SortColumn;
  direction: Direction;
  /** Where the last page ended. */
  after: Position | null;
  /** The column that grows with creation. */
  key?: "seq" | "id";
}

/**
 * Condition and order for one page, ties in the order of creation. The columns come from the closed lists beside the
 * queries, which name the model's own columns: that is why they may be taken for Prisma's types.
 */
export function pageOf<Where, OrderBy>(order: Order): { where: Where[]; orderBy: OrderBy[] } {
  const { by, direction, after, key = "seq" } = order;
  const seq = { [key]: direction };
  const column = { [by.column]: by.nullable ? { sort: direction, nulls: "last" } : direction };
  const where: unknown[] = after ? [behind(by, direction, after, key)] : [];
  const orderBy: unknown[] = by.column === key ? [seq] : [column, seq];
  return { where: where as Where[], orderBy: orderBy as OrderBy[] };
}

function behind({ column, nullable }: SortColumn, direction: Direction, position: Position, key: string) {
  const further = direction === "asc" ? "gt" : "lt";
  const tie = { [key]: { [further]: position.seq } };
  if (column === key) return tie;
  const { value } = position;
  if (value === null) return nullable ? { [column]: null, ...tie } : tie;
  // Prisma compares booleans for equality only: false comes before true.
  const beyond =
    typeof value !== "boolean"
      ? [{ [column]: { [further]: value } }]
      : value === (direction === "desc")
        ? [{ [column]: !value }]
        : [];
  return {
    OR: [...beyond, { [column]: value, ...tie }, ...(nullable ? [{ [column]: null }] : [])],
  };
}

/** `sort` as in the address: a key of `columns`, `-` in front for descending. Throws invalid_input for another key. */
export function readSort<Key extends string>(
  columns: Readonly<Record<Key, SortColumn>>,
  sort: string,
): { by: SortColumn; direction: Direction; name: string } {
  const key = sort.replace(/^-/, "");
  const known = Object.entries<SortColumn>(columns).find(([name]) => name === key);
  if (!known)
    throw new DomainError("invalid_input", `Cannot sort by ${key}: choose one of ${Object.keys(columns).join(", ")}.`, {
      field: "sort",
    });
  return { by: known[1], direction: sort.startsWith("-") ? "desc" : "asc", name: sort };
}

const endOfTime = new Date("9999-12-31T23:59:59.999Z");

/** The position of a row, from the row itself. */
export function positionOf(row: Readonly<Record<string, unknown>>, { column }: SortColumn): Position {
  const value = row[column];
  const seq = row["seq"];
  if (typeof seq !== "number") throw new TypeError("a row of a page must have a seq");
  // SQLite sorts text that stands in the place of a number after all numbers, and of a time after all times.
  if (typeof value === "number" && Number.isNaN(value)) return { value: maxInteger, seq };
  if (value instanceof Date && Number.isNaN(value.getTime())) return { value: endOfTime, seq };
  if (value === null || value === undefined) return { value: null, seq };
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean" || value instanceof Date)
    return { value, seq };
  throw new TypeError(`column ${column} cannot be sorted by`);
}

export const required = (column: string): SortColumn => ({ column, nullable: false });
export const nullable = (column: string): SortColumn => ({ column, nullable: true });
