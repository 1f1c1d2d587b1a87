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

/** Nothing is built by these: rounds of the conductor write them anew, or they are only shown. */
const told: ReadonlySet<string> = new Set([
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

/** Of a cluster, nothing is built by these either: sums of its groups' counts, and the lock, which is set anew as it is. */
const toldOfClusters: ReadonlySet<string> = new Set([...told, "masterCount", "nodeCount", "locked"]);

/** What people set anew of a group that is there, and how. */
const setByResize: ReadonlySet<string> = new Set(["nodeCount", "nodesToRemove"]);
const setByEdit: ReadonlySet<string> = new Set(["minNodeCount", "maxNodeCount", "nodeLabels", "nodeTaints"]);

const wanted = ({ damage = [] }: MaybeDamaged, but: ReadonlySet<string>): Damage[] =>
  damage.filter(({ field, lost }) => lost && !but.has(field));

type Group = { id: string; name: string; isDefault: boolean } & MaybeDamaged;

/** Of a template, what is lost so that nothing may be made from it, in words; null = nothing. */
export const templateLoss = (template: MaybeDamaged): string | null => damageWords({ damage: wanted(template, told) });

/** What people can do about a damaged template; null = nothing is wrong. */
export function templateRemedy(template: MaybeDamaged): string | null {
  if (templateLoss(template) !== null)
    return "No cluster is made from it until these values are set anew. It can be changed and deleted.";
  return template.damage ? "It is used as it is shown. Setting these values anew mends it." : null;
}

/**
 * What people can do where part of what is wanted of a cluster is lost; null = none of it is. What is lost of the cluster
 * itself was settled when it was made and cannot be set anew.
 */
export function clusterRemedy(cluster: MaybeDamaged, nodegroups: readonly Group[]): string | null {
  const onlyDeletion = "Only deletion is left: it cannot be set anew, and nothing is built without it.";
  if (wanted(cluster, toldOfClusters).length > 0) return onlyDeletion;
  const ways = nodegroups.flatMap((group) => {
    const lost = wanted(group, told);
    const settable = lost.every(({ field }) => setByResize.has(field) || setByEdit.has(field));
    if (!settable) return [group.isDefault ? onlyDeletion : `Remove the node group ${group.name}.`];
    return [
      ...(lost.some(({ field }) => setByResize.has(field)) ? [`Resize the node group ${group.name}.`] : []),
      ...(lost.some(({ field }) => setByEdit.has(field))
        ? [`Set limits, labels and taints of ${group.name} anew.`]
        : []),
    ];
  });
  if (ways.length === 0) return null;
  if (ways.includes(onlyDeletion)) return onlyDeletion;
  return `${ways.join(" ")} Nothing is built until then.`;
}

/**
 * Of what is wanted of a cluster, what is lost and what can be done: nobody may build anything by what stands in its
 * place. `given`: what a change sets anew, by group id. Null = nothing.
 */
export function lossOf(
  cluster: MaybeDamaged,
  nodegroups: readonly Group[],
  given: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): { words: string; remedy: string } | null {
  const lost = [
    ...wanted(cluster, toldOfClusters),
    ...nodegroups.flatMap((group) =>
      wanted(group, told).flatMap((each) =>
        given.get(group.id)?.has(each.field) ? [] : { ...each, field: `${group.name} ${each.field}` },
      ),
    ),
  ];
  const [words, remedy] = [damageWords({ damage: lost }), clusterRemedy(cluster, nodegroups)];
  return words === null || remedy === null ? null : { words, remedy };
}
