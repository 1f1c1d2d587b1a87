import { createCluster } from "../services/cluster/create.ts";
import { deleteCluster, resizeCluster, updateCluster } from "../services/cluster/change.ts";
import { findCluster, listFullClusters, showCluster } from "../services/cluster/read.ts";
import { reach } from "../services/reach.ts";
import { bootstrapMaster } from "../services/bootstrap.ts";
import { DomainError } from "../domain/error.ts";
import { ApiRefusal } from "./errors.ts";
import { readOperations } from "./json-patch.ts";
import { nextLink, readPaging } from "./paging.ts";
import type { ApiAnswer, ApiRequest, Route } from "./request.ts";
import { clusterLong, clusterShort, readClusterCreate, readClusterPatch, readResize } from "./wire/cluster.ts";
import { readBody, text } from "./wire/read.ts";

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

async function list({ deps, ctx, query, version, root }: ApiRequest, detail: boolean): Promise<ApiAnswer> {
  const paging = readPaging(query, columns);
  const { rows } = await listFullClusters(deps, ctx, paging, detail);
  const clusters = rows.map(({ cluster, labelDifference }) =>
    detail ? clusterLong(cluster, labelDifference, version, root) : clusterShort(cluster, version, root),
  );
  const next = nextLink(
    root,
    detail ? "clusters/detail" : "clusters",
    paging,
    rows.map(({ cluster }) => cluster),
  );
  return { status: 200, body: { clusters, ...next } };
}

async function show({ deps, ctx, param, version, root }: ApiRequest): Promise<ApiAnswer> {
  const { cluster, labelDifference, nodegroups } = await showCluster(deps, ctx, param("cluster"));
  return { status: 200, body: clusterLong(cluster, labelDifference, version, root, nodegroups) };
}

async function create({ deps, ctx, body, version }: ApiRequest): Promise<ApiAnswer> {
  const wish = readClusterCreate(body, version);
  try {
    const { id } = await createCluster(deps, ctx, wish, null);
    return { status: 202, body: { uuid: id } };
  } catch (error) {
    // Below 1.10 an unknown template is a bad request (magnum-api 2, E37).
    if (error instanceof DomainError && error.reason === "template_not_found" && version.minor < 10)
      throw new DomainError("invalid_input", error.message, error.details);
    throw error;
  }
}

async function remove({ deps, ctx, param }: ApiRequest): Promise<ApiAnswer> {
  const cluster = await findCluster(deps, ctx, param("cluster"), reach(ctx, "cluster:delete_all_projects"));
  await deleteCluster(deps, ctx, cluster.id, null);
  return { status: 204 };
}

async function update({ deps, ctx, param, body, query, version }: ApiRequest): Promise<ApiAnswer> {
  if (version.minor < 3 && "rollback" in query) throw new ApiRefusal(400, 'Unknown argument: "rollback"');
  // The form of the body is judged before anything is looked up (magnum-api 21.1).
  readOperations(body);
  const cluster = await findCluster(deps, ctx, param("cluster"), reach(ctx, "cluster:update_all_projects"));
  const nothing = { added: {}, overridden: {}, skipped: {} };
  await updateCluster(deps, ctx, cluster.id, readClusterPatch(body, cluster, nothing, version));
  return { status: 202, body: { uuid: cluster.id } };
}

async function resize({ deps, ctx, param, body, version }: ApiRequest): Promise<ApiAnswer> {
  const wish = readResize(body, version);
  const cluster = await findCluster(deps, ctx, param("cluster"));
  await resizeCluster(deps, ctx, cluster.id, wish);
  return { status: 202, body: { uuid: cluster.id } };
}

/** Our own, for control plane nodes: a name and its content in base64 a line. */
async function bootstrap({ deps, ctx, param, body, from }: ApiRequest): Promise<ApiAnswer> {
  const { server_id: serverId } = readBody(body, "bootstrap", { server_id: text(1, 255) });
  if (serverId === undefined) throw new DomainError("invalid_input", "server_id is needed.", { field: "server_id" });
  const files = await bootstrapMaster(deps, ctx, param("cluster"), serverId, from);
  const lines = files.map(({ name, content }) => `${name} ${Buffer.from(content).toString("base64")}\n`);
  return { status: 200, body: lines.join(""), type: "text/plain", headers: { "cache-control": "no-store" } };
}

export const clusterRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/clusters",
    since: 1,
    operation: "get_all",
    policies: ["cluster:get_all"],
    allProjects: "cluster:get_all_all_projects",
    handle: (request) => list(request, false),
  },
  {
    method: "GET",
    path: "/v1/clusters/detail",
    since: 1,
    operation: "detail",
    policies: ["cluster:detail"],
    allProjects: "cluster:detail_all_projects",
    handle: (request) => list(request, true),
  },
  { method: "POST", path: "/v1/clusters", since: 1, operation: "post", policies: ["cluster:create"], handle: create },
  {
    method: "GET",
    path: "/v1/clusters/:cluster",
    since: 1,
    operation: "get_one",
    policies: ["cluster:get"],
    allProjects: "cluster:get_one_all_projects",
    handle: show,
  },
  {
    method: "PATCH",
    path: "/v1/clusters/:cluster",
    since: 1,
    operation: "patch",
    policies: ["cluster:update", "cluster:update_health_status"],
    allProjects: "cluster:update_all_projects",
    handle: update,
  },
  {
    method: "POST",
    path: "/v1/clusters/:cluster/actions/resize",
    since: 7,
    operation: "resize",
    policies: ["cluster:resize"],
    allProjects: "cluster:update_all_projects",
    handle: resize,
  },
  {
    method: "DELETE",
    path: "/v1/clusters/:cluster",
    since: 1,
    operation: "delete",
    policies: ["cluster:delete"],
    allProjects: "cluster:delete_all_projects",
    handle: remove,
  },
  {
    method: "POST",
    path: "/v1/clusters/:cluster/bootstrap",
    since: 1,
    operation: "bootstrap",
    policies: ["cluster:bootstrap"],
    handle: bootstrap,
  },
];
