// From rows to values. The schema of a column is the one that writing goes through (tables.ts), so what was written can
// be read; and reading refuses nothing all the same, since databases are edited by hand and by other versions of us.
import { z } from "zod";
import type { Damage, MaybeDamaged } from "../domain/damage.ts";

/** Raw column to value. */
export type Shape = Readonly<Record<string, z.ZodType>>;
type Values<S extends Shape> = { [K in keyof S]: z.output<S[K]> };

/** What stands for a value that is lost; null where the column may be null. */
export type Instead<S extends Shape> = {
  readonly [K in keyof S as null extends z.output<S[K]> ? never : K]: z.output<S[K]>;
};

/** What can be kept of a value that does not fit: undefined = nothing. */
export type Keep<S extends Shape> = { readonly [K in keyof S]?: (raw: unknown) => z.output<S[K]> | undefined };

/** Reads rows of these columns. Never throws; `damage` says what did not fit. */
export function rowReader<S extends Shape>(
  shape: S,
  instead: Instead<S>,
  keep: Keep<S>,
): (row: Readonly<Record<string, unknown>>) => Values<S> & MaybeDamaged {
  const whole = z.object(shape);
  const standIns = new Map<string, unknown>(Object.entries(instead));
  const keepers = new Map(Object.entries<((raw: unknown) => unknown) | undefined>(keep));
  return (row) => {
    const fits = whole.safeParse(row);
    if (fits.success) return fits.data as Values<S>;
    const values: Record<string, unknown> = {};
    const damage: Damage[] = [];
    for (const [column, schema] of Object.entries(shape)) {
      const raw = row[column];
      const read = schema.safeParse(raw);
      if (read.success) {
        values[column] = read.data;
        continue;
      }
      const kept = keepers.get(column)?.(raw);
      values[column] = kept === undefined ? (standIns.get(column) ?? null) : kept;
      damage.push({ field: column, why: read.error.issues[0]?.message ?? "does not fit", lost: kept === undefined });
    }
    return { ...(values as Values<S>), damage };
  };
}

/** Of one thing that was read in several parts. */
export const withDamage = (...parts: readonly (MaybeDamaged["damage"] | undefined)[]): MaybeDamaged => {
  const damage = parts.flatMap((part) => part ?? []);
  return damage.length === 0 ? {} : { damage };
};
