// What every resource on the wire has: links, timestamps.

export interface Link {
  href: string;
  rel: string;
}

/** `root` is scheme and host; the bookmark has no version in it, as everywhere in OpenStack. */
export const links = (root: string, path: string): Link[] => [
  { href: `${root}/v1/${path}`, rel: "self" },
  { href: `${root}/${path}`, rel: "bookmark" },
];

/** ISO 8601 with microseconds and an explicit offset: Go clients refuse a time without one. */
export const timestamp = (date: Date): string => date.toISOString().replace(/(\.\d{3})Z$/, "$1000+00:00");
export const optionalTimestamp = (date: Date | null): string | null => (date === null ? null : timestamp(date));
