// Lists: limit, marker, sort (magnum-api 5).
import { uuidLike } from "../domain/identifier.ts";
import { ApiRefusal } from "./errors.ts";

export const maxLimit = 1000;

export type Query = Readonly<Record<string, string | string[] | undefined>>;

export interface PageWish {
  /** As services want it: our column, `-` in front for descending. */
  sort: string;
  marker?: string;
  size: number;
}

export interface Paging extends PageWish {
  sortKey: string;
  sortDir: "asc" | "desc";
}

/** `columns`: wire name of a sortable column to ours. Unknown parameters are ignored: filters and cache busters. */
export function readPaging(query: Query, columns: Readonly<Record<string, string>>): Paging {
  const limit = first(query["limit"]);
  const size = limit === undefined ? maxLimit : Math.min(wholeNumber(limit), maxLimit);
  const sortKey = first(query["sort_key"]) ?? "id";
  const column = Object.hasOwn(columns, sortKey) ? columns[sortKey] : undefined;
  if (column === undefined)
    throw new ApiRefusal(400, `The sort_key value "${sortKey}" is an invalid field for sorting`);
  const sortDir = first(query["sort_dir"]) ?? "asc";
  if (sortDir !== "asc" && sortDir !== "desc")
    throw new ApiRefusal(400, `Invalid sort direction: ${sortDir}. Acceptable values are 'asc' or 'desc'`);
  const marker = first(query["marker"]);
  return {
    size,
    sortKey,
    sortDir,
    sort: sortDir === "desc" ? `-${column}` : column,
    ...(marker === undefined ? {} : { marker: readMarker(marker) }),
  };
}

function wholeNumber(text: string): number {
  if (!/^[+-]?\d+$/.test(text))
    throw new ApiRefusal(400, `Invalid input for field/attribute limit. Value: '${text}'. unable to convert to int.`);
  const number = Number(text);
  if (number <= 0) throw new ApiRefusal(400, "Limit must be positive");
  return number;
}

function readMarker(text: string): string {
  const id = uuidLike(text);
  if (id === null)
    throw new ApiRefusal(
      400,
      `Invalid input for field/attribute marker. Value: '${text}'. Expected a UUID but received ${text}.`,
    );
  return id;
}

/**
 * Address of the next page, present exactly when the page is full. The path begins with /v1/ whatever is in front of
 * us: the command line takes only the path and adds it to the catalog's address.
 */
export function nextLink(
  root: string,
  path: string,
  { sortKey, sortDir, size }: Paging,
  rows: readonly { id: string }[],
): { next?: string } {
  const last = rows.at(-1);
  if (rows.length !== size || !last) return {};
  return { next: `${root}/v1/${path}?sort_key=${sortKey}&sort_dir=${sortDir}&limit=${size}&marker=${last.id}` };
}

export const first = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;
