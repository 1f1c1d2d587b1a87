// Names at the back end, all derived from ids: a repeat finds what it made. Server names become host names and node
// names, so: lower case, no underscores, at most 53 characters with the index.
import { createHash } from "node:crypto";
import type { ClusterKey, NodegroupWish } from "../driver.ts";

/** Marks every stack of ours; the survey asks for it. */
export const stackTag = "coe";
export const clusterTag = (clusterId: string): string => `coe-cluster-${clusterId}`;
export const nodegroupTag = (nodegroupId: string): string => `coe-nodegroup-${nodegroupId}`;

/** For people who look at the stack: Heat takes no commas and at most 80 characters. */
export const nodegroupNameTag = (name: string): string =>
  `coe-nodegroup-name-${name.replaceAll(",", " ")}`.slice(0, 80).trim();

/** What a stack holds: what the cluster shares, its masters, or one node group's workers. */
export type Part = "cluster" | "masters" | "workers";

/** Lower-case letters, digits and hyphens, starting with a letter; `x` when nothing is left. */
export function hostLabel(text: string, length: number): string {
  const plain = text
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "-");
  const begun = /^[a-z]/.test(plain) ? plain : `x${plain}`;
  return begun.slice(0, length).replace(/-+$/, "");
}

/** Base of all names of a cluster, at most 25 characters. */
export const baseName = (key: ClusterKey): string => `${hostLabel(key.name, 18)}-${key.id.slice(0, 6)}`;

/**
 * Of one generation of a group; servers add their index. Horizon's resize dialog counts and offers what is called `<name of
 * the cluster's stack>-node...` or `...-minion...`, and resizes the default worker group: so those are called that, and no
 * others. Nodes of revisions 1 and 2 keep the names that they were made with.
 */
export function nodesStackName(
  key: ClusterKey,
  group: Pick<NodegroupWish, "key" | "role" | "isDefault" | "nodeRevision">,
  hash: string,
): string {
  const name = group.key.name;
  const isEarly = Number(group.nodeRevision) < 3;
  if (group.role === "master") return `${baseName(key)}-${isEarly ? "m" : "master"}-${hash}`;
  if (isEarly) return `${baseName(key)}-${hostLabel(name, 12)}-${hash}`;
  const word = hostLabel(name, 12);
  const own = /^(node|minion|master)/.test(word) ? hostLabel(`group-${name}`, 12) : word;
  return `${baseName(key)}-${group.isDefault ? "node" : own}-${hash}`;
}

/** Eight hexadecimal digits over what shapes a node. Key order does not matter. */
export function shapeHash(shape: Readonly<Record<string, string | number | boolean | null>>): string {
  const text = JSON.stringify(Object.entries(shape).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return createHash("sha256").update(text).digest("hex").slice(0, 8);
}
