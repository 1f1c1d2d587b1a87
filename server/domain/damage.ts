// Rows outlive the versions that wrote them, and people edit databases. What of a row does not fit is told beside what
// does, instead of a refusal that would hide it and its neighbours.
import { z } from "zod";
import { wireField } from "./field.ts";

export const Damage = z.object({
  /** Our name of the value: `labels`. */
  field: z.string(),
  why: z.string(),
  /** Nothing of it could be kept: what stands in its place means nothing. */
  lost: z.boolean(),
});
export type Damage = z.infer<typeof Damage>;

/** Of whatever was read from a row; absent = all of it fits. */
export interface MaybeDamaged {
  damage?: readonly Damage[];
}

/** One sentence for people; null = nothing is wrong. */
export function damageWords({ damage = [] }: MaybeDamaged): string | null {
  if (damage.length === 0) return null;
  return `What is stored of it does not fit: ${damage.map(({ field, why }) => `${wireField(field)} (${why})`).join(", ")}.`;
}

/** What rounds of the conductor write anew: a loss there changes nothing of what is wanted. */
const observed: ReadonlySet<string> = new Set([
  "userName",
  "status",
  "statusReason",
  "statusSince",
  "failure",
  "progressDone",
  "progressTotal",
  "progressNow",
  "healthStatus",
  "healthReason",
  "healthCheckedAt",
  "stackId",
  "apiAddress",
  "coeVersion",
  "containerVersion",
  "masterAddresses",
  "nodeAddresses",
  "version",
  "createdAt",
  "updatedAt",
]);

/** Sums of the groups' counts, written anew with each change. */
const sums: ReadonlySet<string> = new Set(["masterCount", "nodeCount"]);

type Groups = readonly ({ id: string; name: string } & MaybeDamaged)[];

/**
 * Of what is wanted of a cluster, what is lost: nobody may build anything by what stands in its place. `given`: what a
 * change sets anew, by group id. Null = nothing.
 */
export function lossOf(
  cluster: MaybeDamaged,
  nodegroups: Groups,
  given: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): string | null {
  const lost = [
    ...(cluster.damage ?? []).filter(({ field, lost }) => lost && !observed.has(field) && !sums.has(field)),
    ...nodegroups.flatMap(({ id, name, damage = [] }) =>
      damage
        .filter(({ field, lost }) => lost && !observed.has(field) && !given.get(id)?.has(field))
        .map((each) => ({ ...each, field: `${name} ${each.field}` })),
    ),
  ];
  return damageWords({ damage: lost });
}
