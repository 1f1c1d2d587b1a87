import { createTemplate, deleteTemplate, updateTemplate } from "../services/cluster-template/change.ts";
import { listTemplates, showTemplate } from "../services/cluster-template/read.ts";
import { readOperations } from "./json-patch.ts";
import { nextLink, readPaging } from "./paging.ts";
import type { ApiAnswer, ApiRequest, Route } from "./request.ts";
import { readTemplateCreate, readTemplatePatch, templateWire } from "./wire/cluster-template.ts";

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
  project_id: "projectId",
  user_id: "userId",
  created_at: "created",
  updated_at: "updated",
};

async function list({ deps, ctx, query, root }: ApiRequest, detail: boolean): Promise<ApiAnswer> {
  const paging = readPaging(query, columns);
  const { rows } = await listTemplates(deps, ctx, paging, detail);
  const next = nextLink(root, detail ? "clustertemplates/detail" : "clustertemplates", paging, rows);
  return { status: 200, body: { clustertemplates: rows.map((row) => templateWire(row, root)), ...next } };
}

async function show({ deps, ctx, param, root }: ApiRequest): Promise<ApiAnswer> {
  return { status: 200, body: templateWire(await showTemplate(deps, ctx, param("template")), root) };
}

async function create({ deps, ctx, body, root }: ApiRequest): Promise<ApiAnswer> {
  const template = await createTemplate(deps, ctx, readTemplateCreate(body));
  const location = `${root}/v1/clustertemplates/${template.id}`;
  return { status: 201, body: templateWire(template, root), headers: { location } };
}

async function update({ deps, ctx, param, body, root }: ApiRequest): Promise<ApiAnswer> {
  readOperations(body);
  const before = await showTemplate(deps, ctx, param("template"));
  const after = await updateTemplate(deps, ctx, before.id, readTemplatePatch(body, before));
  return { status: 200, body: templateWire(after, root) };
}

async function remove({ deps, ctx, param }: ApiRequest): Promise<ApiAnswer> {
  await deleteTemplate(deps, ctx, param("template"));
  return { status: 204 };
}

const path = "/v1/clustertemplates";

export const templateRoutes: readonly Route[] = [
  {
    method: "GET",
    path,
    since: 1,
    operation: "get_all",
    policies: ["clustertemplate:get_all"],
    allProjects: "clustertemplate:get_all_all_projects",
    handle: (request) => list(request, false),
  },
  {
    method: "GET",
    path: `${path}/detail`,
    since: 1,
    operation: "detail",
    policies: ["clustertemplate:detail"],
    allProjects: "clustertemplate:detail_all_projects",
    handle: (request) => list(request, true),
  },
  { method: "POST", path, since: 1, operation: "post", policies: ["clustertemplate:create"], handle: create },
  {
    method: "GET",
    path: `${path}/:template`,
    since: 1,
    operation: "get_one",
    policies: ["clustertemplate:get"],
    allProjects: "clustertemplate:get_one_all_projects",
    handle: show,
  },
  {
    method: "PATCH",
    path: `${path}/:template`,
    since: 1,
    operation: "patch",
    policies: ["clustertemplate:update"],
    allProjects: "clustertemplate:update_all_projects",
    handle: update,
  },
  {
    method: "DELETE",
    path: `${path}/:template`,
    since: 1,
    operation: "delete",
    policies: ["clustertemplate:delete"],
    allProjects: "clustertemplate:delete_all_projects",
    handle: remove,
  },
];
