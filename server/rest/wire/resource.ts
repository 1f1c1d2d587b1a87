// What every resource on the wire has: links, timestamps.
import { damageWords, type MaybeDamaged } from "../../domain/damage.ts";

export interface Link {
  href: string;
  rel: string;
}

/** `root` is scheme and host; the bookmark has no version in it, as everywhere in OpenStack. */
export const links = (root: string, path: string): Link[] => [
  { href: `${root}/v1/${path}`, rel: "self" },
  { href: `${root}/${path}`, rel: "bookmark" },
];

/** Why something is as it is; what of its row does not fit is told in the same place. */
export const statusReason = (of: { statusReason: string | null } & MaybeDamaged): string | null =>
  [of.statusReason, damageWords(of)].filter((part) => part !== null).join(" ") || null;

/** ISO 8601 with microseconds and an explicit offset: Go clients refuse a time without one. */
export const timestamp = (date: Date): string => date.toISOString().replace(/(\.\d{3})Z$/, "$1000+00:00");
export const optionalTimestamp = (date: Date | null): string | null => (date === null ? null : timestamp(date));
