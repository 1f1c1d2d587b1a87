"use client";
// The one list of the console: a table from 768 px, cards below; sorting and paging are the server's, kept in the address.
import { ArrowDown, ArrowUp, ChevronLeft, ChevronRight, Search, X } from "lucide-react";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { count } from "../_lib/format";
import { useAddress } from "../_lib/use-address";
import { Button } from "../_ui/button";
import { cx } from "../_ui/class-names";
import { inputClass, NativeSelect } from "../_ui/field";
import { Skeleton } from "../_ui/skeleton";

export interface Column<Row> {
  id: string;
  header: string;
  /** Key that the server sorts by. */
  sort?: string;
  cell: (row: Row) => ReactNode;
  /** From which width it is worth its room. */
  from?: "lg" | "xl" | "2xl";
  align?: "right";
  className?: string;
}

const widths = { lg: "hidden lg:table-cell", xl: "hidden xl:table-cell", "2xl": "hidden 2xl:table-cell" };

interface Props<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[] | undefined;
  rowKey: (row: Row) => string;
  card: (row: Row) => ReactNode;
  actions?: (row: Row) => ReactNode;
  /** Shown instead of the table when there are no rows. */
  empty: ReactNode;
  /** Old rows stay while new ones are on the way. */
  stale?: boolean;
  defaultSort: string;
}

export function ResourceTable<Row>({
  label,
  columns,
  rows,
  rowKey,
  card,
  actions,
  empty,
  stale,
  defaultSort,
}: Props<Row>) {
  const address = useAddress();
  const sort = address.get("sort") ?? defaultSort;
  if (rows?.length === 0) return <>{empty}</>;
  return (
    <div
      aria-busy={rows === undefined || stale}
      className={cx("overflow-x-auto transition-opacity", stale && "opacity-60")}
    >
      <table className="hidden w-full table-auto border-collapse text-sm md:table" aria-label={label}>
        <thead>
          <tr className="border-b border-border">
            {columns.map((column) => (
              <HeaderCell
                key={column.id}
                column={column}
                sort={sort}
                onSort={(next) => address.set({ sort: next === defaultSort ? null : next, after: null, from: null })}
              />
            ))}
            {actions && (
              <th scope="col" className="w-12 px-3">
                <span className="sr-only">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody className="divide-y divide-separator">
          {rows
            ? rows.map((row) => (
                <tr key={rowKey(row)} className="transition-colors hover:bg-surface-secondary">
                  {columns.map((column) => (
                    <td
                      key={column.id}
                      className={cx(
                        "px-3 py-2.5 align-middle first:pl-4 sm:first:pl-5",
                        column.from && widths[column.from],
                        column.align === "right" && "text-right tabular-nums",
                        column.className,
                      )}
                    >
                      {column.cell(row)}
                    </td>
                  ))}
                  {actions && <td className="px-3 py-1.5 text-right align-middle">{actions(row)}</td>}
                </tr>
              ))
            : Array.from({ length: 8 }, (_, index) => (
                <tr key={index}>
                  {columns.map((column) => (
                    <td
                      key={column.id}
                      className={cx("px-3 py-3.5 first:pl-4 sm:first:pl-5", column.from && widths[column.from])}
                    >
                      <Skeleton className={cx("h-4", column.id === "name" ? "w-36" : "w-16")} />
                    </td>
                  ))}
                  {actions && <td />}
                </tr>
              ))}
        </tbody>
      </table>
      <ul aria-label={label} className="divide-y divide-separator md:hidden">
        {rows
          ? rows.map((row) => (
              <li key={rowKey(row)} className="flex items-start gap-2 px-4 py-3.5">
                <div className="min-w-0 flex-1">{card(row)}</div>
                {actions && <div className="-mt-1 -mr-2">{actions(row)}</div>}
              </li>
            ))
          : Array.from({ length: 5 }, (_, index) => (
              <li key={index} className="space-y-2.5 px-4 py-4">
                <Skeleton className="h-4 w-40" />
                <Skeleton className="h-4 w-64" />
              </li>
            ))}
      </ul>
    </div>
  );
}

function HeaderCell<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort: string;
  onSort: (sort: string) => void;
}) {
  const key = column.sort;
  const active = key !== undefined && sort.replace(/^-/, "") === key;
  const down = sort.startsWith("-");
  const Arrow = down ? ArrowDown : ArrowUp;
  return (
    <th
      scope="col"
      aria-sort={active ? (down ? "descending" : "ascending") : undefined}
      className={cx(
        "px-3 py-0 text-left text-xs font-medium text-muted first:pl-4 sm:first:pl-5",
        column.from && widths[column.from],
        column.align === "right" && "text-right",
      )}
    >
      {key === undefined ? (
        <span className="inline-flex h-9 items-center whitespace-nowrap">{column.header}</span>
      ) : (
        <button
          type="button"
          onClick={() => onSort(active && !down ? `-${key}` : key)}
          className={cx(
            "group -mx-1.5 inline-flex h-9 items-center gap-1 rounded-md px-1.5 whitespace-nowrap hover:text-foreground",
            active && "text-foreground",
            column.align === "right" && "flex-row-reverse",
          )}
        >
          {column.header}
          <Arrow
            aria-hidden
            className={cx("size-3.5", active ? "" : "opacity-0 group-hover:opacity-50 group-focus-visible:opacity-50")}
          />
        </button>
      )}
    </th>
  );
}

export const pageSizes = [25, 50, 100] as const;

/** The page that the address names. */
export function usePage(): { size: number; after: string | undefined; from: number } {
  const { get } = useAddress();
  const size = pageSizes.find((candidate) => String(candidate) === get("size")) ?? 25;
  const after = get("after") ?? undefined;
  const from = Number(get("from") ?? "0");
  return { size, after, from: after && Number.isInteger(from) && from > 0 ? from : 0 };
}

export function Pager({ total, next, shown }: { total: number; next: string | null; shown: number }) {
  const address = useAddress();
  const { size, after, from } = usePage();
  // Cursors lead forward only: the way back is remembered while the page is open, else it leads to the first page.
  const trail = useRef<{ after: string | null; from: number }[]>([]);
  if (total <= pageSizes[0] && !after) return null;
  return (
    <nav
      aria-label="Pages"
      className="flex flex-wrap items-center justify-between gap-3 border-t border-separator px-4 py-2.5 text-[0.8125rem] text-muted sm:px-5"
    >
      <p className="tabular-nums" role="status">
        {shown === 0 ? "0" : `${count(from + 1)}–${count(from + shown)}`} of {count(total)}
      </p>
      <div className="flex items-center gap-2">
        <label className="flex items-center gap-2 max-sm:sr-only">
          Rows
          <NativeSelect
            value={String(size)}
            onChange={(event) =>
              address.set({ size: event.target.value === "25" ? null : event.target.value, after: null, from: null })
            }
            className="w-20"
          >
            {pageSizes.map((option) => (
              <option key={option} value={option}>
                {option}
              </option>
            ))}
          </NativeSelect>
        </label>
        <Button
          size="sm"
          disabled={!after}
          onClick={() => {
            const back = trail.current.pop();
            address.set({ after: back?.after ?? null, from: back && back.from > 0 ? String(back.from) : null });
          }}
        >
          <ChevronLeft /> Previous
        </Button>
        <Button
          size="sm"
          disabled={next === null}
          onClick={() => {
            trail.current.push({ after: after ?? null, from });
            address.set({ after: next, from: String(from + shown) });
          }}
        >
          Next <ChevronRight />
        </Button>
      </div>
    </nav>
  );
}

/** The search box of a list: asks when typing pauses; `/` leads to it. */
export function ListSearch({ label, placeholder }: { label: string; placeholder: string }) {
  const address = useAddress();
  const held = address.get("q") ?? "";
  const [text, setText] = useState(held);
  const [seen, setSeen] = useState(held);
  const box = useRef<HTMLInputElement>(null);
  // The address changed by other means ("back", "Clear"): follow it.
  if (seen !== held) {
    setSeen(held);
    setText(held);
  }
  useEffect(() => {
    if (text === held) return;
    const timer = setTimeout(() => {
      setSeen(text);
      address.set({ q: text, after: null, from: null }, "replace");
    }, 250);
    return () => clearTimeout(timer);
  }, [text, held, address]);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target;
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
      if (target instanceof HTMLElement && target.closest("input, textarea, select, [contenteditable], [role=dialog]"))
        return;
      event.preventDefault();
      box.current?.focus();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  return (
    <div className="relative w-full sm:max-w-xs" role="search">
      <Search className="pointer-events-none absolute top-1/2 left-3 size-4 -translate-y-1/2 text-muted" aria-hidden />
      <input
        ref={box}
        type="search"
        value={text}
        onChange={(event) => setText(event.target.value)}
        aria-label={label}
        aria-keyshortcuts="/"
        placeholder={placeholder}
        className={cx(inputClass, "h-9 pr-9 pl-9 [&::-webkit-search-cancel-button]:hidden")}
      />
      {text !== "" && (
        <button
          type="button"
          aria-label="Clear search"
          onClick={() => {
            setText("");
            box.current?.focus();
          }}
          className="absolute top-1/2 right-1.5 grid size-7 -translate-y-1/2 place-items-center rounded-md text-muted hover:text-foreground"
        >
          <X className="size-4" aria-hidden />
        </button>
      )}
    </div>
  );
}
