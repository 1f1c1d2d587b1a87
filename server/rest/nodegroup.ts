import type { z } from "zod";
import { clusterRemedy } from "../domain/damage.ts";
import { DomainError } from "../domain/error.ts";
import type { NodeGroup } from "../domain/nodegroup.ts";
import {
  createNodegroup,
  deleteNodegroup,
  getNodegroup,
  listNodegroups,
  updateNodegroup,
} from "../services/nodegroup.ts";
import { checkPaths, PatchBody, type Step } from "./json-patch.ts";
import { nextLink, pagingOf, type Paging } from "./paging.ts";
import { route, type ApiAnswer, type ReadRequest, type Route } from "./request.ts";
import { NodegroupCreateBody, NodegroupList, NodegroupLong } from "./schemas/nodegroup.ts";
import { nodegroupQuery } from "./schemas/query.ts";
import { refuseZero } from "./wire/cluster.ts";
import { nodegroupChange, nodegroupLong, nodegroupPatch, nodegroupShort } from "./wire/nodegroup.ts";
import { damageWarnings } from "./wire/resource.ts";

/** Wire names that lists can be sorted by. */
const columns = {
  id: "seq",
  uuid: "id",
  name: "name",
  project_id: "projectId",
  docker_volume_size: "dockerVolumeSizeGib",
  flavor_id: "flavorId",
  image_id: "imageId",
  node_count: "nodeCount",
  min_node_count: "minNodeCount",
  max_node_count: "maxNodeCount",
  role: "role",
  is_default: "isDefault",
  stack_id: "stackId",
  status: "status",
  status_reason: "statusReason",
  version: "version",
  created_at: "createdAt",
  updated_at: "updatedAt",
} as const satisfies Record<string, keyof NodeGroup>;
const pages = nodegroupQuery(columns);

type Any = ReadRequest<unknown, unknown>;

async function list({ deps, ctx, param, query, root }: ReadRequest<unknown, z.output<typeof pages>>) {
  const { role } = query;
  const paging = pagingOf(query, columns);
  const { cluster, groups } = await listNodegroups(deps, ctx, param("cluster"), role);
  const page = pageOf(groups, paging);
  // The filter stays, so that the next page is one of the same list (E22).
  const filters = role === undefined ? {} : { role };
  const next = nextLink(root, `clusters/${cluster.id}/nodegroups`, paging, page, filters);
  return {
    status: 200,
    body: { nodegroups: page.map(nodegroupShort), ...next },
    warnings: damageWarnings("Node group", page, (group) => clusterRemedy({}, [group])),
  };
}

/** A cluster has few groups, so that they are sorted here. Throws nodegroup_not_found for an unknown marker. */
function pageOf(groups: readonly NodeGroup[], { sortKey, sortDir, size, marker }: Paging): NodeGroup[] {
  const column = Object.entries(columns).find(([wire]) => wire === sortKey)?.[1] ?? "seq";
  const sorted = groups.toSorted((a, b) => compare(a[column], b[column], sortDir) || a.seq - b.seq);
  if (marker === undefined) return sorted.slice(0, size);
  const at = sorted.findIndex((group) => group.id === marker);
  if (at === -1) throw new DomainError("nodegroup_not_found", `Nodegroup ${marker} could not be found.`);
  return sorted.slice(at + 1, at + 1 + size);
}

type Sortable = NodeGroup[(typeof columns)[keyof typeof columns]];

/** What has no value comes last in both directions, as everywhere here. */
function compare(a: Sortable, b: Sortable, direction: "asc" | "desc"): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = a < b ? -1 : a > b ? 1 : 0;
  return direction === "asc" ? order : -order;
}

async function show({ deps, ctx, param, root }: Any): Promise<ApiAnswer> {
  const { group, labelDifference } = await getNodegroup(deps, ctx, param("cluster"), param("nodegroup"));
  return { status: 200, body: nodegroupLong(group, labelDifference, root) };
}

async function create({
  deps,
  ctx,
  param,
  body,
  version,
  root,
}: ReadRequest<z.output<typeof NodegroupCreateBody>, unknown>): Promise<ApiAnswer> {
  refuseZero(body.nodeCount, version);
  const { group, labelDifference } = await createNodegroup(deps, ctx, param("cluster"), body);
  return { status: 202, body: nodegroupLong(group, labelDifference, root) };
}

async function update({ deps, ctx, param, body, root }: ReadRequest<readonly Step[], unknown>): Promise<ApiAnswer> {
  checkPaths(body, nodegroupPatch);
  const [cluster, name] = [param("cluster"), param("nodegroup")];
  const before = await getNodegroup(deps, ctx, cluster, name, "nodegroup:update");
  const change = nodegroupChange(body, before.group);
  const { group, labelDifference } = await updateNodegroup(deps, ctx, cluster, before.group.id, change);
  return { status: 202, body: nodegroupLong(group, labelDifference, root) };
}

async function remove({ deps, ctx, param }: Any): Promise<ApiAnswer> {
  await deleteNodegroup(deps, ctx, param("cluster"), param("nodegroup"));
  return { status: 204 };
}

const path = "/v1/clusters/:cluster/nodegroups";
const one = `${path}/:nodegroup`;

export const nodegroupRoutes: readonly Route[] = [
  route({
    method: "GET",
    path,
    since: 9,
    operation: "get_all",
    policies: ["nodegroup:get_all"],
    allProjects: "nodegroup:get_all_all_projects",
    summary: "List a cluster's node groups",
    query: pages,
    success: { status: 200, schema: NodegroupList },
    handle: list,
  }),
  route({
    method: "POST",
    path,
    since: 9,
    operation: "post",
    policies: ["nodegroup:create"],
    allProjects: "nodegroup:get_one_all_projects",
    summary: "Add a node group",
    argument: "nodegroup",
    body: NodegroupCreateBody,
    success: { status: 202, schema: NodegroupLong },
    handle: create,
  }),
  route({
    method: "GET",
    path: one,
    since: 9,
    operation: "get_one",
    policies: ["nodegroup:get"],
    allProjects: "nodegroup:get_one_all_projects",
    summary: "Show a node group, by id, integer id or name",
    success: { status: 200, schema: NodegroupLong },
    handle: show,
  }),
  route({
    method: "PATCH",
    path: one,
    since: 9,
    operation: "patch",
    policies: ["nodegroup:update"],
    allProjects: "nodegroup:get_one_all_projects",
    summary: "Change a node group's bounds, node labels or node taints",
    argument: "patch",
    body: PatchBody,
    success: { status: 202, schema: NodegroupLong },
    handle: update,
  }),
  route({
    method: "DELETE",
    path: one,
    since: 9,
    operation: "delete",
    policies: ["nodegroup:delete"],
    allProjects: "nodegroup:get_one_all_projects",
    summary: "Delete a node group that is no default one",
    success: { status: 204 },
    handle: remove,
  }),
];
