import type { z } from "zod";
import { DomainError } from "../domain/error.ts";
import { readConductors } from "../services/conductor.ts";
import { createQuota, deleteQuota, getQuota, listQuotas, updateQuota } from "../services/quota.ts";
import { readStats } from "../services/stats.ts";
import { ApiRefusal } from "./errors.ts";
import { nextLink, pagingOf } from "./paging.ts";
import { route, type ApiAnswer, type ReadRequest, type Route } from "./request.ts";
import { quotaQuery, statsQuery } from "./schemas/query.ts";
import { Quota, QuotaBody, QuotaList, Services, ShownQuota, Stats } from "./schemas/quota.ts";
import { conductorWire } from "./wire/conductor.ts";
import { quotaWire } from "./wire/quota.ts";

/** Wire names that lists can be sorted by. */
const columns = {
  id: "id",
  project_id: "projectId",
  hard_limit: "hardLimit",
  created_at: "created",
  updated_at: "updated",
};
const pages = quotaQuery(columns);

type Any = ReadRequest<unknown, unknown>;
type WithBody = ReadRequest<z.output<typeof QuotaBody>, unknown>;

async function list({ deps, ctx, query, root }: ReadRequest<unknown, z.output<typeof pages>>): Promise<ApiAnswer> {
  const { marker, all_tenants: all = false, ...page } = query;
  const paging = pagingOf(page, columns);
  const { sort, size } = paging;
  const { rows } = await listQuotas(deps, ctx, { all, sort, size, ...(marker === undefined ? {} : { marker }) });
  const filters = all ? { all_tenants: "True" } : {};
  return { status: 200, body: { quotas: rows.map(quotaWire), ...nextLink(root, "quotas", paging, rows, filters) } };
}

/** A project without a row has the default, and so has any other word for the resource (E28). */
async function show({ deps, ctx, param }: Any): Promise<ApiAnswer> {
  const quota = await getQuota(deps, ctx, param("project"), param("resource"));
  if ("id" in quota) return { status: 200, body: quotaWire(quota) };
  return { status: 200, body: { project_id: quota.projectId, resource: "Cluster", hard_limit: quota.hardLimit } };
}

async function create({ deps, ctx, body }: WithBody): Promise<ApiAnswer> {
  const { projectId, hardLimit = 1 } = body;
  if (projectId === undefined) throw new ApiRefusal(400, "Must provide a valid project ID.");
  return { status: 201, body: quotaWire(await createQuota(deps, ctx, { projectId, hardLimit })) };
}

/** The path says whose; what the body says about that does not count. */
async function update({ deps, ctx, param, body }: WithBody): Promise<ApiAnswer> {
  const wish = { projectId: param("project"), resource: param("resource"), hardLimit: body.hardLimit ?? 1 };
  return { status: 202, body: quotaWire(await updateQuota(deps, ctx, wish)) };
}

async function remove({ deps, ctx, param }: Any): Promise<ApiAnswer> {
  await deleteQuota(deps, ctx, param("project"), param("resource"));
  return { status: 204 };
}

async function stats({ deps, ctx, query }: ReadRequest<unknown, z.output<typeof statsQuery>>): Promise<ApiAnswer> {
  const { type, project_id: projectId } = query;
  if (type !== undefined && type.toLowerCase() !== "cluster")
    throw new DomainError("invalid_input", `Stats of type ${type} are not supported: only cluster is.`, {
      field: "type",
    });
  return { status: 200, body: await readStats(deps, ctx, projectId === "" ? undefined : projectId) };
}

const path = "/v1/quotas";
const one = `${path}/:project/:resource`;

export const quotaRoutes: readonly Route[] = [
  route({
    method: "GET",
    path,
    since: 1,
    operation: "get_all",
    policies: ["quota:get_all"],
    summary: "List quotas: the own project's, or with all_tenants every project's",
    query: pages,
    success: { status: 200, schema: QuotaList },
    handle: list,
  }),
  route({
    method: "POST",
    path,
    since: 1,
    operation: "post",
    policies: ["quota:create"],
    summary: "Give a project a quota of its own",
    argument: "quota",
    body: QuotaBody,
    success: { status: 201, schema: Quota },
    handle: create,
  }),
  route({
    method: "GET",
    path: one,
    since: 1,
    operation: "get_one",
    policies: ["quota:get"],
    allProjects: "quota:get_all",
    summary: "Show a project's quota, or the default",
    success: { status: 200, schema: ShownQuota },
    handle: show,
  }),
  route({
    method: "PATCH",
    path: one,
    since: 1,
    operation: "patch",
    policies: ["quota:update"],
    summary: "Change a project's quota",
    argument: "quota",
    body: QuotaBody,
    success: { status: 202, schema: Quota },
    handle: update,
  }),
  route({
    method: "DELETE",
    path: one,
    since: 1,
    operation: "delete",
    policies: ["quota:delete"],
    summary: "Take a project's quota back to the default",
    success: { status: 204 },
    handle: remove,
  }),
  route({
    method: "GET",
    path: "/v1/stats",
    since: 1,
    operation: "get_all",
    policies: ["stats:get_all"],
    allProjects: "cluster:get_all_all_projects",
    summary: "Count clusters and nodes",
    query: statsQuery,
    success: { status: 200, schema: Stats },
    handle: stats,
  }),
  route({
    method: "GET",
    path: "/v1/mservices",
    since: 1,
    operation: "get_all",
    policies: ["magnum-service:get_all"],
    summary: "List conductors",
    success: { status: 200, schema: Services },
    handle: async ({ deps, ctx }) => ({
      status: 200,
      body: { mservices: (await readConductors(deps, ctx)).map(conductorWire) },
    }),
  }),
];
