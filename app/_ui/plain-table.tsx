import type { ReactNode } from "react";
import { cx } from "./class-names";

export interface PlainColumn<Row> {
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  align?: "right";
  from?: "lg" | "xl";
}

const widths = { lg: "hidden lg:table-cell", xl: "hidden xl:table-cell" };

/** A short table that is whole on its page; below 768 px each row is a card of names and values. */
export function PlainTable<Row>({
  label,
  columns,
  rows,
  rowKey,
  actions,
}: {
  label: string;
  columns: readonly PlainColumn<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  actions?: (row: Row) => ReactNode;
}) {
  return (
    <>
      <div className="hidden overflow-x-auto md:block">
        <table aria-label={label} className="w-full text-sm">
          <thead>
            <tr className="border-b border-border">
              {columns.map((column) => (
                <th
                  key={column.id}
                  scope="col"
                  className={cx(
                    "h-9 px-3 text-left text-xs font-medium whitespace-nowrap text-muted first:pl-5",
                    column.align === "right" && "text-right",
                    column.from && widths[column.from],
                  )}
                >
                  {column.header}
                </th>
              ))}
              {actions && (
                <th scope="col" className="w-12">
                  <span className="sr-only">Actions</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody className="divide-y divide-separator">
            {rows.map((row) => (
              <tr key={rowKey(row)} className="transition-colors hover:bg-surface-secondary">
                {columns.map((column) => (
                  <td
                    key={column.id}
                    className={cx(
                      "px-3 py-2.5 first:pl-5",
                      column.align === "right" && "text-right tabular-nums",
                      column.from && widths[column.from],
                    )}
                  >
                    {column.cell(row)}
                  </td>
                ))}
                {actions && <td className="px-3 py-1 text-right">{actions(row)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ul aria-label={label} className="divide-y divide-separator md:hidden">
        {rows.map((row) => (
          <li key={rowKey(row)} className="flex gap-2 px-4 py-3.5">
            <dl className="grid min-w-0 flex-1 grid-cols-[6.5rem_minmax(0,1fr)] gap-x-3 gap-y-1.5 text-[0.8125rem]">
              {columns.map((column, index) => (
                <div key={column.id} className="contents">
                  <dt className={index === 0 ? "sr-only" : "text-muted"}>{column.header}</dt>
                  <dd className={index === 0 ? "col-span-2 text-sm" : "min-w-0 break-words"}>{column.cell(row)}</dd>
                </div>
              ))}
            </dl>
            {actions && <div className="-mt-1 -mr-2">{actions(row)}</div>}
          </li>
        ))}
      </ul>
    </>
  );
}
