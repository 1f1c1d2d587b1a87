// What may stand behind the question mark (magnum-api 5). Reading leaves out what it does not know, such as cache
// busters (E20); where something is changed an unknown parameter is refused, since it was meant to change what happens.
import { z } from "zod";
import { uuidLike } from "../../domain/identifier.ts";
import { sentence } from "../read.ts";
import { boolean, integer, text } from "./field.ts";

export const maxLimit = 1000;

/** A parameter that is given several times counts once. */
const once = <T extends z.ZodType>(schema: T) =>
  z
    .preprocess((value) => (Array.isArray(value) ? (value as readonly unknown[])[0] : value), schema.optional())
    .optional();

const limit = z
  .string()
  .regex(/^[+-]?\d+$/, "unable to convert to int.")
  .transform((given, ctx) => {
    const number = Number(given);
    if (number > 0) return Math.min(number, maxLimit);
    ctx.issues.push(sentence(given, "Limit must be positive"));
    return z.NEVER;
  })
  .meta({ type: "integer", minimum: 1, maximum: maxLimit, default: maxLimit });

const marker = z
  .string()
  .transform((given, ctx) => {
    const id = uuidLike(given);
    if (id !== null) return id;
    ctx.issues.push({ code: "custom", input: given, message: `Expected a UUID but received ${given}.` });
    return z.NEVER;
  })
  .meta({ format: "uuid", description: "The last one of the page before." });

const sortDirection = z
  .string()
  .transform((given, ctx) => {
    if (given === "asc" || given === "desc") return given;
    ctx.issues.push(sentence(given, `Invalid sort direction: ${given}. Acceptable values are 'asc' or 'desc'`));
    return z.NEVER;
  })
  .meta({ enum: ["asc", "desc"], default: "asc" });

function sortKey<K extends string>(columns: Readonly<Record<K, string>>) {
  const names = Object.keys(columns);
  return z
    .string()
    .transform((given, ctx) => {
      if (names.includes(given)) return given;
      ctx.issues.push(sentence(given, `The sort_key value "${given}" is an invalid field for sorting`));
      return z.NEVER;
    })
    .meta({ enum: names, default: "id" });
}

/** `columns`: wire names that the list can be sorted by, to ours. */
export const pageQuery = (columns: Readonly<Record<string, string>>) =>
  z.object({
    limit: once(limit),
    marker: once(marker),
    sort_key: once(sortKey(columns)),
    sort_dir: once(sortDirection),
  });

export const nodegroupQuery = (columns: Readonly<Record<string, string>>) =>
  pageQuery(columns).extend({ role: once(z.string()) });

/** Quotas are marked by their number, everything else by its UUID. */
export const quotaQuery = (columns: Readonly<Record<string, string>>) =>
  pageQuery(columns).extend({ marker: once(integer(1)), all_tenants: once(boolean()) });

/** From 1.3 on; the handler refuses it below. */
export const rollbackQuery = z.strictObject({ rollback: once(boolean()) });

export const certificateQuery = z.object({
  ca_cert_type: once(text(0, 255)).meta({ description: "kubernetes (also for unknown words), etcd, front-proxy." }),
});

export const statsQuery = z.object({ project_id: once(z.string()), type: once(z.string()) });

/** Nothing is known: refused where something is changed, left out where something is read. */
export const noQuery = z.strictObject({});
export const anyQuery = z.object({});
