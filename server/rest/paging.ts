// Lists: limit, marker, sort (magnum-api 5).
import { maxLimit } from "./schemas/query.ts";

/** As the query's schema reads it. */
export interface PageQuery {
  limit?: number | undefined;
  marker?: string | undefined;
  sort_key?: string | undefined;
  sort_dir?: "asc" | "desc" | undefined;
}

export interface Paging {
  size: number;
  sortKey: string;
  sortDir: "asc" | "desc";
  /** As services want it: our column, `-` in front for descending. */
  sort: string;
  marker: string | undefined;
}

/** `columns`: wire name of a sortable column to ours. */
export function pagingOf(query: PageQuery, columns: Readonly<Record<string, string>>): Paging {
  const { limit: size = maxLimit, sort_key: sortKey = "id", sort_dir: sortDir = "asc", marker } = query;
  const column = columns[sortKey] ?? "id";
  return { size, sortKey, sortDir, sort: sortDir === "desc" ? `-${column}` : column, marker };
}

/**
 * Address of the next page, present exactly when the page is full. The path begins with /v1/ whatever is in front of
 * us: the command line takes only the path and adds it to the catalog's address (E2). `filters` stay (E22).
 */
export function nextLink(
  root: string,
  path: string,
  { sortKey, sortDir, size }: Omit<Paging, "marker" | "sort">,
  rows: readonly { id: string | number }[],
  filters: Readonly<Record<string, string>> = {},
): { next?: string } {
  const last = rows.at(-1);
  if (rows.length !== size || !last) return {};
  const query = new URLSearchParams({
    sort_key: sortKey,
    sort_dir: sortDir,
    limit: String(size),
    ...filters,
    marker: String(last.id),
  });
  return { next: `${root}/v1/${path}?${query.toString()}` };
}
