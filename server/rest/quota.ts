import { DomainError } from "../domain/error.ts";
import { getQuota } from "../services/quota.ts";
import { readStats } from "../services/stats.ts";
import { first } from "./paging.ts";
import type { ApiAnswer, ApiRequest, Route } from "./request.ts";
import { quotaWire } from "./wire/quota.ts";

async function show({ deps, ctx, param }: ApiRequest): Promise<ApiAnswer> {
  return { status: 200, body: quotaWire(await getQuota(deps, ctx, param("project"))) };
}

async function stats({ deps, ctx, query }: ApiRequest): Promise<ApiAnswer> {
  const type = first(query["type"]);
  if (type !== undefined && type.toLowerCase() !== "cluster")
    throw new DomainError("invalid_input", `Stats of type ${type} are not supported: only cluster is.`, { field: "type" });
  return { status: 200, body: await readStats(deps, ctx, first(query["project_id"])) };
}

export const quotaRoutes: readonly Route[] = [
  { method: "GET", path: "/v1/quotas/:project/:resource", since: 1, operation: "get_one", handle: show },
  { method: "GET", path: "/v1/stats", since: 1, operation: "get_all", handle: stats },
];
