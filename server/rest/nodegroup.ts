import { getNodegroup, listNodegroups } from "../services/nodegroup.ts";
import { first } from "./paging.ts";
import type { ApiAnswer, ApiRequest, Route } from "./request.ts";
import { nodegroupLong, nodegroupShort } from "./wire/nodegroup.ts";

async function list({ deps, ctx, param, query }: ApiRequest): Promise<ApiAnswer> {
  const { groups } = await listNodegroups(deps, ctx, param("cluster"), first(query["role"]));
  return { status: 200, body: { nodegroups: groups.map(nodegroupShort) } };
}

async function show({ deps, ctx, param, root }: ApiRequest): Promise<ApiAnswer> {
  const { group, labelDifference } = await getNodegroup(deps, ctx, param("cluster"), param("nodegroup"));
  return { status: 200, body: nodegroupLong(group, labelDifference, root) };
}

const path = "/v1/clusters/:cluster/nodegroups";

export const nodegroupRoutes: readonly Route[] = [
  {
    method: "GET",
    path,
    since: 9,
    operation: "get_all",
    policies: ["nodegroup:get_all"],
    allProjects: "nodegroup:get_all_all_projects",
    handle: list,
  },
  {
    method: "GET",
    path: `${path}/:nodegroup`,
    since: 9,
    operation: "get_one",
    policies: ["nodegroup:get"],
    allProjects: "nodegroup:get_one_all_projects",
    handle: show,
  },
];
