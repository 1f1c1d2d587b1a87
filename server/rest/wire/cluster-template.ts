// Cluster templates as answered, and what a patch of one means (magnum-api 6).
import type { ClusterTemplate, TemplateUpdate } from "../../domain/cluster-template.ts";
import { applyPatch, isMandatory, type PatchRules, type Step } from "../json-patch.ts";
import { readBody } from "../read.ts";
import { TemplateChange, type Template } from "../schemas/cluster-template.ts";
import { isBlank } from "../schemas/field.ts";
import { links, optionalTimestamp, timestamp } from "./resource.ts";

export const templateWire = (template: ClusterTemplate, root: string): Template => ({
  uuid: template.id,
  name: template.name,
  coe: template.coe,
  image_id: template.imageId,
  flavor_id: template.flavorId,
  master_flavor_id: template.masterFlavorId,
  dns_nameserver: template.dnsNameserver,
  keypair_id: template.keypairId,
  external_network_id: template.externalNetworkId,
  fixed_network: template.fixedNetwork,
  fixed_subnet: template.fixedSubnet,
  network_driver: template.networkDriver,
  apiserver_port: template.apiserverPort,
  docker_volume_size: template.dockerVolumeSizeGib,
  cluster_distro: template.clusterDistro,
  links: links(root, `clustertemplates/${template.id}`),
  http_proxy: template.httpProxy,
  https_proxy: template.httpsProxy,
  no_proxy: template.noProxy,
  volume_driver: template.volumeDriver,
  registry_enabled: template.registryEnabled,
  labels: template.labels,
  tls_disabled: template.tlsDisabled,
  public: template.public,
  server_type: template.serverType,
  insecure_registry: template.insecureRegistry,
  docker_storage_driver: template.dockerStorageDriver,
  master_lb_enabled: template.masterLbEnabled,
  floating_ip_enabled: template.floatingIpEnabled,
  project_id: template.projectId,
  user_id: template.userId,
  hidden: template.hidden,
  tags: template.tags,
  driver: template.driver,
  created_at: timestamp(template.createdAt),
  updated_at: optionalTimestamp(template.updatedAt),
});

export const templatePatch: PatchRules = {
  internal: ["/created_at", "/id", "/links", "/updated_at", "/uuid", "/project_id", "/user_id"],
  mandatory: [
    "/image_id",
    "/coe",
    "/network_driver",
    "/external_network_id",
    "/tls_disabled",
    "/public",
    "/server_type",
    "/registry_enabled",
    "/cluster_distro",
    "/hidden",
  ],
  structured: ["labels"],
};

/** What is taken away falls back to what a new template would have; a name, to itself. */
const fallbacks = (template: ClusterTemplate) =>
  new Map<string, unknown>([
    ["name", template.name],
    ["labels", {}],
    ["master_lb_enabled", false],
    ["floating_ip_enabled", true],
  ]);

/** Only what changes. The distro follows the image by itself (E13). Throws ApiRefusal. */
export function templateChange(steps: readonly Step[], template: ClusterTemplate): TemplateUpdate {
  const changed = applyPatch(steps, templateWire(template, ""), templatePatch);
  changed.delete("cluster_distro");
  for (const [key, value] of changed)
    if (isBlank(value)) {
      // Nothing was entered: the value is to go.
      if (templatePatch.mandatory.includes(`/${key}`)) throw isMandatory(`/${key}`);
      changed.set(key, null);
    }
  const defaults = fallbacks(template);
  const values = Object.fromEntries([...changed].map(([key, value]) => [key, value ?? defaults.get(key) ?? null]));
  const change = readBody(TemplateChange, values, "patch");
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
