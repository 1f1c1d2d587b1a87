// Which nodes a resize names. Clients name them as they know them: the autoscaler by server id, or by member index as
// long as a member has no server; the auto-healer by server id; people by name or private address (magnum-api 7.5, 20).
import { uuidLike } from "./identifier.ts";
import type { ClusterNode } from "./nodegroup.ts";

export interface Victims {
  /** Server ids, and indexes of members that have no server yet. Each once. */
  remove: string[];
  /** Nothing of the group is called so. */
  unknown: string[];
  /** Several nodes are called so: indexes count from 0 in each generation of a group. */
  ambiguous: string[];
}

/** `nodes`: those of the group as last observed; `going`: what is on its way out already and so is no mistake. */
export function findVictims(
  nodes: readonly Pick<ClusterNode, "serverId" | "name" | "index" | "privateAddress" | "publicAddress">[],
  going: readonly string[],
  names: readonly string[],
): Victims {
  const remove = new Set<string>();
  const unknown: string[] = [];
  const ambiguous: string[] = [];
  for (const given of names) {
    const name = given.trim();
    const id = uuidLike(name) ?? name;
    const found = nodes.filter((node) => node.serverId === name || node.serverId === id);
    if (found.length === 0)
      found.push(...nodes.filter((node) => [node.name, node.privateAddress, node.publicAddress].includes(name)));
    if (found.length === 0) found.push(...nodes.filter((node) => node.index === name));
    const [node, another] = found;
    if (another) ambiguous.push(given);
    else if (node) remove.add(node.serverId);
    else if (going.includes(id)) remove.add(id);
    else if (/^\d{1,4}$/.test(name)) remove.add(name);
    else unknown.push(given);
  }
  return { remove: [...remove], unknown, ambiguous };
}
