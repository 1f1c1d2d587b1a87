import { DomainError } from "../domain/error.ts";
import { readConductors } from "../services/conductor.ts";
import { createQuota, deleteQuota, getQuota, listQuotas, updateQuota } from "../services/quota.ts";
import { readStats } from "../services/stats.ts";
import { ApiRefusal } from "./errors.ts";
import { first, maxLimit, readPaging } from "./paging.ts";
import type { ApiAnswer, ApiRequest, Route } from "./request.ts";
import { conductorWire } from "./wire/conductor.ts";
import { quotaWire, readQuota } from "./wire/quota.ts";
import { boolean, integer } from "./wire/read.ts";

const columns = {
  id: "id",
  project_id: "projectId",
  hard_limit: "hardLimit",
  created_at: "created",
  updated_at: "updated",
};

async function list({ deps, ctx, query, root }: ApiRequest): Promise<ApiAnswer> {
  const { marker, ...others } = query;
  const { sort, size, sortKey, sortDir } = readPaging(others, columns);
  const all = first(query["all_tenants"]);
  const { rows } = await listQuotas(deps, ctx, {
    all: all !== undefined && boolean(all, "all_tenants"),
    sort,
    size,
    // Quotas are marked by their number, everything else by its UUID.
    ...(marker === undefined ? {} : { marker: integer(1)(first(marker), "marker") }),
  });
  const last = rows.at(-1);
  const next =
    last && rows.length === size && size <= maxLimit
      ? { next: `${root}/v1/quotas?sort_key=${sortKey}&sort_dir=${sortDir}&limit=${size}&marker=${last.id}` }
      : {};
  return { status: 200, body: { quotas: rows.map(quotaWire), ...next } };
}

async function show({ deps, ctx, param }: ApiRequest): Promise<ApiAnswer> {
  return { status: 200, body: quotaWire(await getQuota(deps, ctx, param("project"))) };
}

async function create({ deps, ctx, body }: ApiRequest): Promise<ApiAnswer> {
  const { projectId, hardLimit } = readQuota(body);
  if (projectId === undefined) throw new ApiRefusal(400, "Must provide a valid project ID.");
  return { status: 201, body: quotaWire(await createQuota(deps, ctx, { projectId, hardLimit: hardLimit ?? 1 })) };
}

async function update({ deps, ctx, param, body }: ApiRequest): Promise<ApiAnswer> {
  const { hardLimit } = readQuota(body);
  const wish = { projectId: param("project"), hardLimit: hardLimit ?? 1 };
  return { status: 202, body: quotaWire(await updateQuota(deps, ctx, wish)) };
}

async function remove({ deps, ctx, param }: ApiRequest): Promise<ApiAnswer> {
  await deleteQuota(deps, ctx, param("project"));
  return { status: 204 };
}

async function stats({ deps, ctx, query }: ApiRequest): Promise<ApiAnswer> {
  const type = first(query["type"]);
  if (type !== undefined && type.toLowerCase() !== "cluster")
    throw new DomainError("invalid_input", `Stats of type ${type} are not supported: only cluster is.`, {
      field: "type",
    });
  return { status: 200, body: await readStats(deps, ctx, first(query["project_id"])) };
}

async function services({ deps, ctx }: ApiRequest): Promise<ApiAnswer> {
  return { status: 200, body: { mservices: (await readConductors(deps, ctx)).map(conductorWire) } };
}

const one = "/v1/quotas/:project/:resource";

export const quotaRoutes: readonly Route[] = [
  { method: "GET", path: "/v1/quotas", since: 1, operation: "get_all", policies: ["quota:get_all"], handle: list },
  { method: "POST", path: "/v1/quotas", since: 1, operation: "post", policies: ["quota:create"], handle: create },
  { method: "GET", path: one, since: 1, operation: "get_one", policies: ["quota:get"], handle: show },
  { method: "PATCH", path: one, since: 1, operation: "patch", policies: ["quota:update"], handle: update },
  { method: "DELETE", path: one, since: 1, operation: "delete", policies: ["quota:delete"], handle: remove },
  { method: "GET", path: "/v1/stats", since: 1, operation: "get_all", policies: ["stats:get_all"], handle: stats },
  {
    method: "GET",
    path: "/v1/mservices",
    since: 1,
    operation: "get_all",
    policies: ["magnum-service:get_all"],
    handle: services,
  },
];
