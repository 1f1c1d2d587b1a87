// Dates, sizes and counts for people. Everything that screens show passes here, so that one fact looks the same everywhere.
const locale = "en-GB";

const relative = new Intl.RelativeTimeFormat(locale, { numeric: "always", style: "short" });
const exact = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const whole = new Intl.NumberFormat(locale);
const tenth = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 365 * 86_400],
  ["month", 30 * 86_400],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
];

/** "3 min ago"; "just now" within a minute, and for clocks that differ a little. */
export function ago(date: Date, now: Date): string {
  const seconds = Math.round((date.getTime() - now.getTime()) / 1000);
  for (const [unit, size] of steps)
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit).replace(".", "");
  return "just now";
}

/** "4 min 12 s", "2 h 5 min": how long something took or takes. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes} min` : `${minutes} min ${seconds % 60} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

export const dateTime = (date: Date): string => exact.format(date);
export const dateOnly = (date: Date): string => day.format(date);
export const utc = (date: Date): string => `${date.toISOString().slice(0, 19).replace("T", " ")} UTC`;
export const count = (value: number): string => whole.format(value);

/** `many` only where it is not `one` with an s. */
export const plural = (value: number, one: string, many = `${one}s`): string =>
  `${whole.format(value)} ${value === 1 ? one : many}`;

/** MiB to what people say: "512 MB", "8 GB". */
export const memory = (mib: number): string => (mib < 1024 ? `${mib} MB` : `${tenth.format(mib / 1024)} GB`);
export const gib = (value: number): string => `${tenth.format(value)} GB`;

export const shortId = (id: string): string => id.slice(0, 8);

/** "2 vCPU, 4 GB RAM, 20 GB disk" */
export const flavorSize = (flavor: { vcpus: number; ramMib: number; diskGib: number }): string =>
  `${flavor.vcpus} vCPU, ${memory(flavor.ramMib)} RAM, ${flavor.diskGib === 0 ? "no root disk" : `${gib(flavor.diskGib)} disk`}`;
