import { z } from "zod";
import type { Prisma } from "./generated/sqlite/client.ts";
import { DomainError } from "../domain/error.ts";
import { NodeGroupFacts } from "../domain/facts.ts";
import { uuidLike } from "../domain/identifier.ts";
import { Labels } from "../domain/labels.ts";
import { ClusterNode, NodeGroup, NodeTaint } from "../domain/nodegroup.ts";
import type { Db } from "./client.ts";
import { readJson } from "./column.ts";
import { partsIn, type Scope } from "./scope.ts";

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

/** Sizes of flavor and image of each group as they were resolved, by the group's id. */
export async function getNodegroupFacts(db: Db, scope: Scope, clusterId: string): Promise<Map<string, NodeGroupFacts>> {
  const rows = await db.prisma.nodeGroup.findMany({
    where: partsIn(scope, clusterId),
    select: { id: true, facts: true },
  });
  return new Map(rows.map((row) => [row.id, readJson(NodeGroupFacts, row.facts, "NodeGroup.facts")]));
}

/** All servers of a cluster as last observed, by group and name. */
export async function listNodes(db: Db, scope: Scope, clusterId: string): Promise<ClusterNode[]> {
  const rows = await db.prisma.node.findMany({
    where: partsIn(scope, clusterId),
    include: { nodegroup: { select: { name: true, role: true } } },
    orderBy: [{ nodegroup: { seq: "asc" } }, { name: "asc" }],
  });
  return rows.map(({ nodegroup, memberIndex, ...row }) =>
    ClusterNode.parse({ ...row, index: memberIndex, nodegroup: nodegroup.name, role: nodegroup.role }),
  );
}

const Texts = z.array(z.string());
const NodeLabels = z.record(z.string(), z.string());
const NodeTaints = z.array(NodeTaint);

export const toNodegroup = (row: Row): NodeGroup =>
  NodeGroup.parse({
    ...row,
    labels: readJson(Labels, row.labels, "NodeGroup.labels"),
    nodesToRemove: readJson(Texts, row.nodesToRemove, "NodeGroup.nodesToRemove"),
    nodeLabels: row.nodeLabels === null ? null : readJson(NodeLabels, row.nodeLabels, "NodeGroup.nodeLabels"),
    nodeTaints: row.nodeTaints === null ? null : readJson(NodeTaints, row.nodeTaints, "NodeGroup.nodeTaints"),
    nodeAddresses: readJson(Texts, row.nodeAddresses, "NodeGroup.nodeAddresses"),
  });
