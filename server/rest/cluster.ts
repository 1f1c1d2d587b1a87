import { authorize } from "../auth/policy.ts";
import { clusterRemedy } from "../domain/damage.ts";
import { DomainError } from "../domain/error.ts";
import type { Problem } from "../domain/problem.ts";
import { bootstrapNode } from "../services/bootstrap.ts";
import { targetOf } from "../services/cluster/can.ts";
import { deleteCluster, resizeCluster, updateCluster } from "../services/cluster/change.ts";
import { createCluster } from "../services/cluster/create.ts";
import { dropRecord } from "../services/cluster/drop.ts";
import { findCluster, listFullClusters, listShortClusters, showCluster } from "../services/cluster/read.ts";
import { upgradeCluster } from "../services/cluster/upgrade.ts";
import { reach } from "../services/reach.ts";
import { ApiRefusal } from "./errors.ts";
import { checkPaths, PatchBody, type Step } from "./json-patch.ts";
import { nextLink, pagingOf, type PageQuery } from "./paging.ts";
import { openRoute, route, type ApiAnswer, type OpenRequest, type ReadRequest, type Route } from "./request.ts";
import {
  BootstrapBody,
  ClusterCreateBody,
  ClusterDetail,
  ClusterList,
  ClusterLong,
  type ClusterShort,
  ResizeBody,
  UpgradeBody,
} from "./schemas/cluster.ts";
import { Accepted, Dropped } from "./schemas/answer.ts";
import { pageQuery, rollbackQuery } from "./schemas/query.ts";
import type { z } from "zod";
import { clusterChange, clusterLong, clusterPatch, clusterShort, refuseZero } from "./wire/cluster.ts";
import { damageWarnings } from "./wire/resource.ts";

/** Wire names that lists can be sorted by. */
const columns = {
  id: "id",
  uuid: "uuid",
  name: "name",
  cluster_template_id: "template",
  keypair: "keypair",
  master_flavor_id: "masterFlavor",
  flavor_id: "flavor",
  docker_volume_size: "dockerVolumeSize",
  create_timeout: "createTimeout",
  discovery_url: "discoveryUrl",
  stack_id: "stackId",
  status: "status",
  status_reason: "statusReason",
  health_status: "health",
  api_address: "apiAddress",
  coe_version: "version",
  container_version: "containerVersion",
  fixed_network: "fixedNetwork",
  fixed_subnet: "fixedSubnet",
  floating_ip_enabled: "floatingIpEnabled",
  master_lb_enabled: "masterLbEnabled",
  project_id: "projectId",
  user_id: "userId",
  created_at: "created",
  updated_at: "updated",
};
export const clusterPages = pageQuery(columns);

type Any = ReadRequest<unknown, unknown>;

/** A page of clusters as answered; `path` is where the next page is asked for, `/detail` apart. */
export async function clusterPage(
  { deps, ctx, query, version, root }: Omit<ReadRequest<unknown, PageQuery>, "body">,
  path: string,
  detail: boolean,
): Promise<{ rows: (ClusterShort | ClusterLong)[]; next: { next?: string }; warnings: readonly Problem[] }> {
  const paging = pagingOf(query, columns);
  const nextOf = (rows: readonly { id: string }[]) => nextLink(root, detail ? `${path}/detail` : path, paging, rows);
  if (detail) {
    const found = await listFullClusters(deps, ctx, paging);
    const rows = found.map((row) => clusterLong(row.cluster, row.labelDifference, version, root));
    return { rows, next: nextOf(found.map(({ cluster }) => cluster)), warnings: [] };
  }
  const found = await listShortClusters(deps, ctx, paging);
  return {
    rows: found.map((cluster) => clusterShort(cluster, version, root)),
    next: nextOf(found),
    warnings: damageWarnings("Cluster", found, (cluster) => clusterRemedy(cluster, [])),
  };
}

async function list(request: ReadRequest<unknown, PageQuery>, detail: boolean): Promise<ApiAnswer> {
  const { rows, next, warnings } = await clusterPage(request, "clusters", detail);
  return { status: 200, body: { clusters: rows, ...next }, warnings };
}

async function show({ deps, ctx, param, version, root }: Any): Promise<ApiAnswer> {
  const { cluster, labelDifference, nodegroups } = await showCluster(deps, ctx, param("cluster"));
  return { status: 200, body: clusterLong(cluster, labelDifference, version, root, nodegroups) };
}

type CreateWish = z.output<typeof ClusterCreateBody>;

/** Answers the id of the new cluster, which can be read from then on (E3). */
export async function makeCluster({ deps, ctx, body, version }: ReadRequest<CreateWish, unknown>) {
  refuseZero(body.nodeCount, version);
  const { clusterTemplateId } = body;
  try {
    // Null names no template, so it is looked for and not found (magnum-api 7.1).
    if (clusterTemplateId === null)
      throw new DomainError("template_not_found", "ClusterTemplate None could not be found.", {
        field: "cluster_template_id",
      });
    return await createCluster(deps, ctx, { ...body, clusterTemplateId }, null);
  } catch (error) {
    // Below 1.10 an unknown template is a bad request (magnum-api 2, E37).
    if (error instanceof DomainError && error.reason === "template_not_found" && version.minor < 10)
      throw new DomainError("invalid_input", error.message, error.details);
    throw error;
  }
}

export async function removeCluster({ deps, ctx, param }: Any): Promise<ApiAnswer> {
  const cluster = await findCluster(deps, ctx, param("cluster"), reach(ctx, "cluster:delete_all_projects"));
  await deleteCluster(deps, ctx, cluster.id, null);
  return { status: 204 };
}

type PatchRequest = ReadRequest<readonly Step[], z.output<typeof rollbackQuery>>;

/** Answers the id of the cluster. */
export async function patchCluster({ deps, ctx, param, body, query, version }: PatchRequest): Promise<string> {
  const { rollback } = query;
  checkPaths(body, clusterPatch);
  if (version.minor < 3 && rollback !== undefined) throw new ApiRefusal(400, 'Unknown argument: "rollback"');
  const cluster = await findCluster(deps, ctx, param("cluster"), reach(ctx, "cluster:update_all_projects"));
  // Before the patch is held against what the cluster is, which refusals tell.
  authorize(ctx, "cluster:update", targetOf(cluster));
  await updateCluster(deps, ctx, cluster.id, { ...clusterChange(body, cluster, version), rollback });
  return cluster.id;
}

async function resize({
  deps,
  ctx,
  param,
  body,
  version,
}: ReadRequest<z.output<typeof ResizeBody>, unknown>): Promise<ApiAnswer> {
  refuseZero(body.nodeCount, version);
  const { id } = await findCluster(deps, ctx, param("cluster"), reach(ctx, "cluster:update_all_projects"));
  await resizeCluster(deps, ctx, id, body);
  return { status: 202, body: { uuid: id } };
}

async function upgrade({
  deps,
  ctx,
  param,
  body,
  version,
}: ReadRequest<z.output<typeof UpgradeBody>, unknown>): Promise<ApiAnswer> {
  // Upstream it exists at 1.7 and refuses; below, it does not exist (E38).
  if (version.minor === 7)
    throw new DomainError("not_supported_by_driver", "Cluster upgrade is not supported in the provided microversion.");
  const { id } = await findCluster(deps, ctx, param("cluster"), reach(ctx, "cluster:upgrade_all_projects"));
  await upgradeCluster(deps, ctx, id, body);
  return { status: 202, body: { uuid: id } };
}

/** Our own, for administrators: what nobody can delete any more. Answers what may be left of it. */
async function drop({ deps, ctx, param }: Any): Promise<ApiAnswer> {
  authorize(ctx, "cluster:delete_all_projects");
  const { id } = await findCluster(deps, ctx, param("cluster"), reach(ctx, "cluster:delete_all_projects"));
  return { status: 200, body: { uuid: id, left: await dropRecord(deps, ctx, id) } };
}

/** Our own, for nodes that come up: a name and its content in base64 a line. */
async function bootstrap({ deps, param, body, from }: OpenRequest<z.output<typeof BootstrapBody>>): Promise<ApiAnswer> {
  const files = await bootstrapNode(deps, param("cluster"), body, from);
  if (!files) throw new ApiRefusal(503, "The service has not seen this node yet. Try again in a few seconds.");
  const lines = files.map(({ name, content }) => `${name} ${Buffer.from(content).toString("base64")}\n`);
  return { status: 200, body: lines.join(""), type: "text/plain", headers: { "cache-control": "no-store" } };
}

const path = "/v1/clusters";
const one = `${path}/:cluster`;

export const clusterRoutes: readonly Route[] = [
  route({
    method: "GET",
    path,
    since: 1,
    operation: "get_all",
    policies: ["cluster:get_all"],
    allProjects: "cluster:get_all_all_projects",
    summary: "List clusters",
    query: clusterPages,
    success: { status: 200, schema: ClusterList },
    handle: (request) => list(request, false),
  }),
  route({
    method: "GET",
    path: `${path}/detail`,
    since: 1,
    operation: "detail",
    policies: ["cluster:detail"],
    allProjects: "cluster:detail_all_projects",
    summary: "List clusters with all their fields",
    query: clusterPages,
    success: { status: 200, schema: ClusterDetail },
    handle: (request) => list(request, true),
  }),
  route({
    method: "POST",
    path,
    since: 1,
    operation: "post",
    policies: ["cluster:create"],
    summary: "Create a cluster",
    argument: "cluster",
    body: ClusterCreateBody,
    success: { status: 202, schema: Accepted },
    handle: async (request) => {
      const { id, warnings } = await makeCluster(request);
      return { status: 202, body: { uuid: id }, warnings };
    },
  }),
  route({
    method: "GET",
    path: one,
    since: 1,
    operation: "get_one",
    policies: ["cluster:get"],
    allProjects: "cluster:get_one_all_projects",
    summary: "Show a cluster",
    success: { status: 200, schema: ClusterLong },
    handle: show,
  }),
  route({
    method: "PATCH",
    path: one,
    since: 1,
    operation: "patch",
    policies: ["cluster:update", "cluster:update_health_status"],
    allProjects: "cluster:update_all_projects",
    summary: "Change the size of the default worker group, or report the cluster's health",
    argument: "patch",
    query: rollbackQuery,
    body: PatchBody,
    success: { status: 202, schema: Accepted },
    handle: async (request) => ({ status: 202, body: { uuid: await patchCluster(request) } }),
  }),
  route({
    method: "DELETE",
    path: one,
    since: 1,
    operation: "delete",
    policies: ["cluster:delete"],
    allProjects: "cluster:delete_all_projects",
    summary: "Delete a cluster",
    success: { status: 204 },
    handle: removeCluster,
  }),
  route({
    method: "POST",
    path: `${one}/actions/resize`,
    since: 7,
    operation: "resize",
    policies: ["cluster:resize"],
    allProjects: "cluster:update_all_projects",
    summary: "Change the size of a node group, or replace named nodes",
    argument: "cluster_resize_req",
    body: ResizeBody,
    success: { status: 202, schema: Accepted },
    handle: resize,
  }),
  route({
    method: "POST",
    path: `${one}/actions/upgrade`,
    since: 7,
    operation: "upgrade",
    policies: ["cluster:upgrade"],
    allProjects: "cluster:upgrade_all_projects",
    summary: "Upgrade a cluster, or one node group, to another template's values (from 1.8 on)",
    argument: "cluster_upgrade_req",
    body: UpgradeBody,
    success: { status: 202, schema: Accepted },
    handle: upgrade,
  }),
  route({
    method: "POST",
    path: `${one}/actions/drop`,
    since: 1,
    operation: "drop",
    policies: ["cluster:delete_all_projects"],
    summary: "Drop the record of a cluster that the cloud lets nobody delete any more",
    success: { status: 200, schema: Dropped },
    handle: drop,
  }),
  openRoute({
    method: "POST",
    path: `${one}/bootstrap`,
    since: 1,
    operation: "bootstrap",
    summary: "What a node fetches when it comes up, for its own proof",
    argument: "bootstrap",
    body: BootstrapBody,
    success: { status: 200, text: true },
    handle: bootstrap,
  }),
];
