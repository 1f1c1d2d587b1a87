// What a conductor notes about a cluster for the next pass, whoever makes it: kept in the row, meaningless elsewhere.
import { z } from "zod";
import type { Survey } from "../../drivers/driver.ts";

export const Memory = z.object({
  /** The cluster's back end objects as last surveyed, as one comparable text; null = never. */
  backend: z.string().nullable(),
  /** Steps taken on something failed, in the operation of `generation`. */
  attempts: z.int(),
  /** Repairs that nobody asked for, in the operation of `generation`. */
  mended: z.int().default(0),
  generation: z.int(),
  /** The last thing said in an event, so that it is said once. */
  said: z.string().nullable(),
  /** Its step at a service that does one thing at a time is taken, and the service has not taken it on yet. */
  turn: z.boolean().default(false),
  /** The back end of a deleted cluster is gone: what remains are its identity, keys and rows. */
  gone: z.boolean(),
});
export type Memory = z.infer<typeof Memory>;

/** Reads the row's note. A new operation begins without attempts; what cannot be read counts as never written. */
export function readMemory(stored: unknown, generation: number): Memory {
  const parsed = Memory.safeParse(stored);
  if (!parsed.success)
    return { backend: null, attempts: 0, mended: 0, generation, said: null, turn: false, gone: false };
  return parsed.data.generation === generation
    ? parsed.data
    : { ...parsed.data, attempts: 0, mended: 0, generation, said: null };
}

/** Has a pass worked on this operation before? */
export const isNoted = (stored: unknown, generation: number): boolean =>
  Memory.safeParse(stored).data?.generation === generation;

/** What the survey says of one cluster: its objects carry a tag that ends in the cluster's id. */
export function surveyed(survey: Survey, clusterId: string) {
  return survey.stacks.filter((stack) => stack.tags.some((tag) => tag.endsWith(clusterId)));
}

/** Equal texts = nothing happened at the back end in between. Empty when there is nothing. */
export const fingerprint = (stacks: Survey["stacks"]): string =>
  stacks
    .map((stack) => `${stack.id} ${stack.status} ${stack.updatedAt ?? ""}`)
    .toSorted()
    .join("\n");
