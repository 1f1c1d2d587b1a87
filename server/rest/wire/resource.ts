// What every resource on the wire has: links, timestamps.
import { damageWords, type MaybeDamaged } from "../../domain/damage.ts";
import type { Problem } from "../../domain/problem.ts";

export interface Link {
  href: string;
  rel: string;
}

/** `root` is scheme and host; the bookmark has no version in it, as everywhere in OpenStack. */
export const links = (root: string, path: string): Link[] => [
  { href: `${root}/v1/${path}`, rel: "self" },
  { href: `${root}/${path}`, rel: "bookmark" },
];

/** Why something is as it is; what of its row does not fit, and what can be done, is told in the same place. */
export const statusReason = (
  of: { statusReason: string | null } & MaybeDamaged,
  remedy: string | null,
): string | null => [of.statusReason, damageWords(of), remedy].filter((part) => part !== null).join(" ") || null;

/** What does not fit of things whose answers have no `status_reason`, as warnings: one for each thing. */
export const damageWarnings = <Row extends { name: string } & MaybeDamaged>(
  noun: string,
  rows: readonly Row[],
  remedyOf: (row: Row) => string | null,
): Problem[] =>
  rows.flatMap((row) => {
    const words = damageWords(row);
    if (words === null) return [];
    const message = [`${noun} ${row.name}: ${words}`, remedyOf(row)].filter((part) => part !== null).join(" ");
    return [{ field: "", message }];
  });

/** ISO 8601 with microseconds and an explicit offset: Go clients refuse a time without one. */
export const timestamp = (date: Date): string => date.toISOString().replace(/(\.\d{3})Z$/, "$1000+00:00");
export const optionalTimestamp = (date: Date | null): string | null => (date === null ? null : timestamp(date));
