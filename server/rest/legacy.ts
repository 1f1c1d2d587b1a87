// Bays and baymodels: clusters and templates by the names that they had up to 1.10 (magnum-api 10.5).
import { createTemplate } from "../services/cluster-template/change.ts";
import { showTemplate } from "../services/cluster-template/read.ts";
import { showCluster } from "../services/cluster/read.ts";
import { clusterPage, clusterPages, makeCluster, patchCluster, removeCluster } from "./cluster.ts";
import { patchTemplate, removeTemplate, templatePage, templatePages, templateWarnings } from "./cluster-template.ts";
import { PatchBody, type Step } from "./json-patch.ts";
import { nextLink, type PageQuery } from "./paging.ts";
import { route, type ApiAnswer, type ReadRequest, type Route } from "./request.ts";
import { BayCreateBody, BayDetail, BayList, BayLong } from "./schemas/cluster.ts";
import { BaymodelList, Template, TemplateCreateBody } from "./schemas/cluster-template.ts";
import { Accepted } from "./schemas/answer.ts";
import { rollbackQuery } from "./schemas/query.ts";
import type { ClusterLong, ClusterShort } from "./schemas/cluster.ts";
import { templateWire } from "./wire/cluster-template.ts";
import { clusterLong } from "./wire/cluster.ts";
import { links } from "./wire/resource.ts";

type Any = ReadRequest<unknown, unknown>;

function bay({ cluster_template_id, create_timeout, ...cluster }: ClusterShort | ClusterLong, root: string) {
  const { faults, ...others } = { faults: undefined, ...cluster };
  return {
    ...others,
    baymodel_id: cluster_template_id,
    bay_create_timeout: create_timeout,
    links: links(root, `bays/${cluster.uuid}`),
    ...(faults === undefined ? {} : { bay_faults: faults }),
  };
}

const baymodel = (template: Parameters<typeof templateWire>[0], root: string) => ({
  ...templateWire(template, root),
  links: links(root, `baymodels/${template.id}`),
});

async function listBays(request: ReadRequest<unknown, PageQuery>, detail: boolean): Promise<ApiAnswer> {
  const { rows, next, warnings } = await clusterPage(request, "bays", detail);
  return { status: 200, body: { bays: rows.map((row) => bay(row, request.root)), ...next }, warnings };
}

async function readBay({ deps, ctx, version, root }: Omit<Any, "body" | "query">, what: string) {
  const { cluster, labelDifference, nodegroups } = await showCluster(deps, ctx, what);
  return bay(clusterLong(cluster, labelDifference, version, root, nodegroups), root);
}

/** At 1.1 the whole bay with `status`, from 1.2 on its id alone with 202. */
async function changed(request: Omit<Any, "body" | "query">, uuid: string, status: number): Promise<ApiAnswer> {
  return request.version.minor === 1 ? { status, body: await readBay(request, uuid) } : { status: 202, body: { uuid } };
}

const pathsOfClusters = new Map([
  ["/baymodel_id", "/cluster_template_id"],
  ["/bay_create_timeout", "/create_timeout"],
]);

const renamed = (steps: readonly Step[]) =>
  steps.map((step) => ({ ...step, path: pathsOfClusters.get(step.path) ?? step.path }));

async function listBaymodels(request: ReadRequest<unknown, PageQuery>, detail: boolean): Promise<ApiAnswer> {
  const { root } = request;
  const { rows, paging, warnings } = await templatePage(request, detail);
  const next = nextLink(root, detail ? "baymodels/detail" : "baymodels", paging, rows);
  return { status: 200, body: { baymodels: rows.map((row) => baymodel(row, root)), ...next }, warnings };
}

const versions = { since: 1, until: 10 } as const;

export const legacyRoutes: readonly Route[] = [
  route({
    ...versions,
    method: "GET",
    path: "/v1/bays",
    operation: "get_all",
    policies: ["cluster:get_all"],
    allProjects: "cluster:get_all_all_projects",
    summary: "List clusters by their older names",
    query: clusterPages,
    success: { status: 200, schema: BayList },
    handle: (request) => listBays(request, false),
  }),
  route({
    ...versions,
    method: "GET",
    path: "/v1/bays/detail",
    operation: "detail",
    policies: ["cluster:detail"],
    allProjects: "cluster:detail_all_projects",
    summary: "List clusters with all their fields by their older names",
    query: clusterPages,
    success: { status: 200, schema: BayDetail },
    handle: (request) => listBays(request, true),
  }),
  route({
    ...versions,
    method: "POST",
    path: "/v1/bays",
    operation: "post",
    policies: ["cluster:create"],
    summary: "Create a cluster by its older names",
    argument: "bay",
    body: BayCreateBody,
    success: { status: 202, schema: Accepted },
    atFirst: { status: 201, schema: BayLong },
    handle: async (request) => changed(request, (await makeCluster(request)).id, 201),
  }),
  route({
    ...versions,
    method: "GET",
    path: "/v1/bays/:cluster",
    operation: "get_one",
    policies: ["cluster:get"],
    allProjects: "cluster:get_one_all_projects",
    summary: "Show a cluster by its older names",
    success: { status: 200, schema: BayLong },
    handle: async (request) => ({ status: 200, body: await readBay(request, request.param("cluster")) }),
  }),
  route({
    ...versions,
    method: "PATCH",
    path: "/v1/bays/:cluster",
    operation: "patch",
    policies: ["cluster:update", "cluster:update_health_status"],
    allProjects: "cluster:update_all_projects",
    summary: "Change a cluster by its older names",
    argument: "patch",
    query: rollbackQuery,
    body: PatchBody,
    success: { status: 202, schema: Accepted },
    atFirst: { status: 200, schema: BayLong },
    handle: async (request) => changed(request, await patchCluster({ ...request, body: renamed(request.body) }), 200),
  }),
  route({
    ...versions,
    method: "DELETE",
    path: "/v1/bays/:cluster",
    operation: "delete",
    policies: ["cluster:delete"],
    allProjects: "cluster:delete_all_projects",
    summary: "Delete a cluster",
    success: { status: 204 },
    handle: removeCluster,
  }),
  route({
    ...versions,
    method: "GET",
    path: "/v1/baymodels",
    operation: "get_all",
    policies: ["clustertemplate:get_all"],
    allProjects: "clustertemplate:get_all_all_projects",
    summary: "List cluster templates by their older name",
    query: templatePages,
    success: { status: 200, schema: BaymodelList },
    handle: (request) => listBaymodels(request, false),
  }),
  route({
    ...versions,
    method: "GET",
    path: "/v1/baymodels/detail",
    operation: "detail",
    policies: ["clustertemplate:detail"],
    allProjects: "clustertemplate:detail_all_projects",
    summary: "The same list, by the name that consoles ask for",
    query: templatePages,
    success: { status: 200, schema: BaymodelList },
    handle: (request) => listBaymodels(request, true),
  }),
  route({
    ...versions,
    method: "POST",
    path: "/v1/baymodels",
    operation: "post",
    policies: ["clustertemplate:create"],
    summary: "Create a cluster template by its older name",
    argument: "baymodel",
    body: TemplateCreateBody,
    success: { status: 201, schema: Template, location: true },
    handle: async ({ deps, ctx, body, root }) => {
      const template = await createTemplate(deps, ctx, body);
      const location = `${root}/v1/baymodels/${template.id}`;
      return { status: 201, body: baymodel(template, root), headers: { location }, warnings: template.warnings };
    },
  }),
  route({
    ...versions,
    method: "GET",
    path: "/v1/baymodels/:template",
    operation: "get_one",
    policies: ["clustertemplate:get"],
    allProjects: "clustertemplate:get_one_all_projects",
    summary: "Show a cluster template by its older name",
    success: { status: 200, schema: Template },
    handle: async ({ deps, ctx, param, root }) => {
      const template = await showTemplate(deps, ctx, param("template"));
      return { status: 200, body: baymodel(template, root), warnings: templateWarnings([template]) };
    },
  }),
  route({
    ...versions,
    method: "PATCH",
    path: "/v1/baymodels/:template",
    operation: "patch",
    policies: ["clustertemplate:update"],
    allProjects: "clustertemplate:update_all_projects",
    summary: "Change a cluster template by its older name",
    argument: "patch",
    body: PatchBody,
    success: { status: 200, schema: Template },
    handle: async (request) => {
      const template = await patchTemplate(request);
      return {
        status: 200,
        body: baymodel(template, request.root),
        warnings: [...template.warnings, ...templateWarnings([template])],
      };
    },
  }),
  route({
    ...versions,
    method: "DELETE",
    path: "/v1/baymodels/:template",
    operation: "delete",
    policies: ["clustertemplate:delete"],
    allProjects: "clustertemplate:delete_all_projects",
    summary: "Delete a cluster template",
    success: { status: 204 },
    handle: removeTemplate,
  }),
];
