import { createTemplate, deleteTemplate, updateTemplate } from "../services/cluster-template/change.ts";
import { listTemplates, showTemplate, templateToChange } from "../services/cluster-template/read.ts";
import { checkPaths, PatchBody, type Step } from "./json-patch.ts";
import { nextLink, pagingOf, type PageQuery } from "./paging.ts";
import { route, type ApiAnswer, type ReadRequest, type Route } from "./request.ts";
import { ShownTemplate, Template, TemplateCreateBody, TemplateList } from "./schemas/cluster-template.ts";
import { pageQuery } from "./schemas/query.ts";
import type { ClusterTemplate, TemplateCreate } from "../domain/cluster-template.ts";
import { templateRemedy } from "../domain/damage.ts";
import type { Problem } from "../domain/problem.ts";
import { templateChange, templatePatch, templateWire } from "./wire/cluster-template.ts";
import { damageWarnings } from "./wire/resource.ts";

/** Wire names that lists can be sorted by. */
const columns = {
  id: "id",
  uuid: "uuid",
  name: "name",
  coe: "coe",
  cluster_distro: "distro",
  image_id: "image",
  flavor_id: "flavor",
  master_flavor_id: "masterFlavor",
  keypair_id: "keypair",
  network_driver: "networkDriver",
  volume_driver: "volumeDriver",
  external_network_id: "externalNetwork",
  fixed_network: "fixedNetwork",
  fixed_subnet: "fixedSubnet",
  dns_nameserver: "dnsNameserver",
  apiserver_port: "apiserverPort",
  docker_volume_size: "dockerVolumeSize",
  docker_storage_driver: "dockerStorageDriver",
  server_type: "serverType",
  public: "public",
  hidden: "hidden",
  master_lb_enabled: "masterLbEnabled",
  floating_ip_enabled: "floatingIpEnabled",
  tls_disabled: "tlsDisabled",
  registry_enabled: "registryEnabled",
  insecure_registry: "insecureRegistry",
  http_proxy: "httpProxy",
  https_proxy: "httpsProxy",
  no_proxy: "noProxy",
  tags: "tags",
  driver: "driver",
  project_id: "projectId",
  user_id: "userId",
  created_at: "created",
  updated_at: "updated",
};
export const templatePages = pageQuery(columns);

/** Both lists give the same; they have policies of their own. */
export async function templatePage(
  { deps, ctx, query }: Pick<ReadRequest<unknown, PageQuery>, "deps" | "ctx" | "query">,
  detail: boolean,
) {
  const paging = pagingOf(query, columns);
  const { rows } = await listTemplates(deps, ctx, paging, detail);
  return { rows, paging, warnings: templateWarnings(rows) };
}

/** Templates have no status to tell it in. */
export const templateWarnings = (rows: readonly ClusterTemplate[]): Problem[] =>
  damageWarnings("ClusterTemplate", rows, templateRemedy);

async function list(request: ReadRequest<unknown, PageQuery>, detail: boolean): Promise<ApiAnswer> {
  const { root } = request;
  const { rows, paging, warnings } = await templatePage(request, detail);
  const next = nextLink(root, detail ? "clustertemplates/detail" : "clustertemplates", paging, rows);
  return { status: 200, body: { clustertemplates: rows.map((row) => templateWire(row, root)), ...next }, warnings };
}

async function show({ deps, ctx, param, root }: ReadRequest<unknown, unknown>): Promise<ApiAnswer> {
  const template = await showTemplate(deps, ctx, param("template"));
  // Heat asks for it after it changed one, and waits for ever where it is not there (E9).
  const body = { ...templateWire(template, root), status: "UPDATE_COMPLETE" };
  return { status: 200, body, warnings: templateWarnings([template]) };
}

async function create({ deps, ctx, body, root }: ReadRequest<TemplateCreate, unknown>): Promise<ApiAnswer> {
  const template = await createTemplate(deps, ctx, body);
  const location = `${root}/v1/clustertemplates/${template.id}`;
  return { status: 201, body: templateWire(template, root), headers: { location }, warnings: template.warnings };
}

export async function patchTemplate({ deps, ctx, param, body }: ReadRequest<readonly Step[], unknown>) {
  checkPaths(body, templatePatch);
  const before = await templateToChange(deps, ctx, param("template"));
  return updateTemplate(deps, ctx, before.id, templateChange(body, before));
}

export async function removeTemplate({ deps, ctx, param }: ReadRequest<unknown, unknown>): Promise<ApiAnswer> {
  await deleteTemplate(deps, ctx, param("template"));
  return { status: 204 };
}

const path = "/v1/clustertemplates";
const one = `${path}/:template`;

export const templateRoutes: readonly Route[] = [
  route({
    method: "GET",
    path,
    since: 1,
    operation: "get_all",
    policies: ["clustertemplate:get_all"],
    allProjects: "clustertemplate:get_all_all_projects",
    summary: "List cluster templates: own and public ones",
    query: templatePages,
    success: { status: 200, schema: TemplateList },
    handle: (request) => list(request, false),
  }),
  route({
    method: "GET",
    path: `${path}/detail`,
    since: 1,
    operation: "detail",
    policies: ["clustertemplate:detail"],
    allProjects: "clustertemplate:detail_all_projects",
    summary: "The same list, by the name that consoles ask for",
    query: templatePages,
    success: { status: 200, schema: TemplateList },
    handle: (request) => list(request, true),
  }),
  route({
    method: "POST",
    path,
    since: 1,
    operation: "post",
    policies: ["clustertemplate:create"],
    summary: "Create a cluster template",
    argument: "cluster_template",
    body: TemplateCreateBody,
    success: { status: 201, schema: Template, location: true },
    handle: create,
  }),
  route({
    method: "GET",
    path: one,
    since: 1,
    operation: "get_one",
    policies: ["clustertemplate:get"],
    allProjects: "clustertemplate:get_one_all_projects",
    summary: "Show a cluster template",
    success: { status: 200, schema: ShownTemplate },
    handle: show,
  }),
  route({
    method: "PATCH",
    path: one,
    since: 1,
    operation: "patch",
    policies: ["clustertemplate:update"],
    allProjects: "clustertemplate:update_all_projects",
    summary: "Change a cluster template",
    argument: "patch",
    body: PatchBody,
    success: { status: 200, schema: Template },
    handle: async (request) => {
      const template = await patchTemplate(request);
      return {
        status: 200,
        body: templateWire(template, request.root),
        warnings: [...template.warnings, ...templateWarnings([template])],
      };
    },
  }),
  route({
    method: "DELETE",
    path: one,
    since: 1,
    operation: "delete",
    policies: ["clustertemplate:delete"],
    allProjects: "clustertemplate:delete_all_projects",
    summary: "Delete a cluster template that no cluster uses",
    success: { status: 204 },
    handle: removeTemplate,
  }),
];
