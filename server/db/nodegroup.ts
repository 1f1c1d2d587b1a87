import type { Prisma } from "./generated/sqlite/client.ts";
import { DomainError } from "../domain/error.ts";
import { noNodegroupFacts, type NodeGroupFacts } from "../domain/facts.ts";
import { uuidLike } from "../domain/identifier.ts";
import type { ClusterNode, NodeGroup } from "../domain/nodegroup.ts";
import type { Db } from "./client.ts";
import { rowReader, withDamage } from "./row.ts";
import { partsIn, type Scope } from "./scope.ts";
import { keepId, keepText, keepWords, tables } from "./tables.ts";

type Row = Prisma.NodeGroupGetPayload<object>;

/** The default master group first, then in the order of creation. Another project's cluster has none. */
export async function listNodegroups(db: Db, scope: Scope, clusterId: string): Promise<NodeGroup[]> {
  const rows = await db.prisma.nodeGroup.findMany({ where: partsIn(scope, clusterId), orderBy: { seq: "asc" } });
  return rows.map(toNodegroup);
}

/** By id in any spelling, name or integer id, in this order: names may look like both. Throws nodegroup_not_found. */
export async function getNodegroup(db: Db, scope: Scope, clusterId: string, what: string): Promise<NodeGroup> {
  const id = uuidLike(what);
  const seq = /^\d{1,9}$/.test(what) ? Number(what) : null;
  const rows = await db.prisma.nodeGroup.findMany({
    where: {
      AND: [
        partsIn(scope, clusterId),
        { OR: [{ name: what }, ...(id === null ? [] : [{ id }]), ...(seq === null ? [] : [{ seq }])] },
      ],
    },
  });
  const row = rows.find((each) => each.id === id) ?? rows.find((each) => each.name === what) ?? rows[0];
  if (!row) throw new DomainError("nodegroup_not_found", `Nodegroup ${what} could not be found.`);
  return toNodegroup(row);
}

/** As listNodegroups, with what was resolved for each. */
export async function listWholeNodegroups(
  db: Db,
  scope: Scope,
  clusterId: string,
): Promise<(NodeGroup & { facts: NodeGroupFacts })[]> {
  const rows = await db.prisma.nodeGroup.findMany({ where: partsIn(scope, clusterId), orderBy: { seq: "asc" } });
  return rows.map(toWholeNodegroup);
}

/** All servers of a cluster as last observed, by group and name. */
export async function listNodes(db: Db, scope: Scope, clusterId: string): Promise<ClusterNode[]> {
  const rows = await db.prisma.node.findMany({
    where: partsIn(scope, clusterId),
    include: { nodegroup: { select: { name: true, role: true } } },
    orderBy: [{ nodegroup: { seq: "asc" } }, { name: "asc" }],
  });
  return rows.map(({ nodegroup, ...row }) => {
    const { memberIndex, projectId: _, ...node } = readNode(row);
    return { ...node, index: memberIndex, nodegroup: nodegroup.name, role: nodegroup.role };
  });
}

const { facts, ...read } = tables.NodeGroup;
const never = new Date(0);

export const toNodegroup: (row: Row) => NodeGroup = rowReader(
  read,
  {
    id: "",
    seq: 0,
    clusterId: "",
    projectId: "",
    name: "?",
    role: "worker",
    isDefault: false,
    nodeCount: 0,
    minNodeCount: 0,
    imageId: "",
    labels: {},
    nodesToRemove: [],
    nodeAddresses: [],
    createdAt: never,
  },
  { ...keepText(read), id: keepId, clusterId: keepId, labels: keepWords },
);

/** Of the resolved facts nothing can be guessed: `damage` tells. */
const readNodegroupFacts = rowReader({ facts }, { facts: noNodegroupFacts }, {});

/** With what was resolved for it. */
export function toWholeNodegroup(row: Row): NodeGroup & { facts: NodeGroupFacts } {
  const [group, resolved] = [toNodegroup(row), readNodegroupFacts(row)];
  return { ...group, facts: resolved.facts, ...withDamage(group.damage, resolved.damage) };
}

const readNode = rowReader(
  tables.Node,
  {
    clusterId: "",
    nodegroupId: "",
    projectId: "",
    serverId: "",
    name: "?",
    memberIndex: "",
    status: "",
    seenAt: never,
  },
  { ...keepText(tables.Node), clusterId: keepId, nodegroupId: keepId },
);
