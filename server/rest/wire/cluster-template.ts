// Cluster templates on the wire (magnum-api 6.1).
import {
  coes,
  TemplateCreate,
  TemplateUpdate,
  type ClusterTemplate,
  type TemplateFields,
} from "../../domain/cluster-template.ts";
import { readPatch } from "../json-patch.ts";
import { links, optionalTimestamp, timestamp } from "./common.ts";
import {
  boolean,
  checked,
  integer,
  labels,
  missingField,
  oneOf,
  orNull,
  orUnset,
  readBody,
  text,
  type Read,
} from "./read.ts";

export function templateWire(template: ClusterTemplate, root: string) {
  return {
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
  };
}

const short = text(1, 255);
const optional = orNull(short);
const fields = {
  name: orUnset(short),
  coe: orNull(oneOf(coes)),
  image_id: orNull(short),
  flavor_id: optional,
  master_flavor_id: optional,
  keypair_id: optional,
  external_network_id: optional,
  fixed_network: optional,
  fixed_subnet: optional,
  network_driver: optional,
  volume_driver: optional,
  dns_nameserver: optional,
  apiserver_port: orNull(integer(1024, 65535)),
  docker_volume_size: orNull(integer(1)),
  docker_storage_driver: optional,
  http_proxy: optional,
  https_proxy: optional,
  no_proxy: optional,
  registry_enabled: orUnset(boolean),
  insecure_registry: optional,
  labels: orUnset(labels),
  tls_disabled: orUnset(boolean),
  public: orUnset(boolean),
  hidden: orUnset(boolean),
  server_type: orUnset(oneOf(["vm", "bm"])),
  master_lb_enabled: orUnset(boolean),
  floating_ip_enabled: orUnset(boolean),
  tags: orNull(text(0, 255)),
  driver: optional,
};

/** "" for an optional field is what Horizon sends for an empty box: nothing. */
const emptyIsNull = (body: unknown): unknown =>
  typeof body === "object" && body !== null && !Array.isArray(body)
    ? Object.fromEntries(
        Object.entries(body).map(([key, value]: [string, unknown]) => [key, value === "" ? null : value]),
      )
    : body;

const names = {
  name: "name",
  coe: "coe",
  image_id: "imageId",
  flavor_id: "flavorId",
  master_flavor_id: "masterFlavorId",
  keypair_id: "keypairId",
  external_network_id: "externalNetworkId",
  fixed_network: "fixedNetwork",
  fixed_subnet: "fixedSubnet",
  network_driver: "networkDriver",
  volume_driver: "volumeDriver",
  dns_nameserver: "dnsNameserver",
  apiserver_port: "apiserverPort",
  docker_volume_size: "dockerVolumeSizeGib",
  docker_storage_driver: "dockerStorageDriver",
  http_proxy: "httpProxy",
  https_proxy: "httpsProxy",
  no_proxy: "noProxy",
  registry_enabled: "registryEnabled",
  insecure_registry: "insecureRegistry",
  labels: "labels",
  tls_disabled: "tlsDisabled",
  public: "public",
  hidden: "hidden",
  server_type: "serverType",
  master_lb_enabled: "masterLbEnabled",
  floating_ip_enabled: "floatingIpEnabled",
  tags: "tags",
  driver: "driver",
} as const satisfies Record<keyof typeof fields, keyof TemplateFields>;

const ours = (given: Read<typeof fields>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(names).map(([wire, name]) => [name, given[wire as keyof typeof names]]));

/** The body of POST /v1/clustertemplates. Throws ApiRefusal with Magnum's words. */
export function readTemplateCreate(body: unknown): TemplateCreate {
  const given = readBody(emptyIsNull(body), "cluster_template", fields, {
    ignored: ["uuid", "cluster_distro"],
    readOnly: ["project_id", "user_id", "created_at", "updated_at", "links"],
  });
  if (given.coe === undefined || given.coe === null) throw missingField("coe");
  if (given.image_id === undefined || given.image_id === null) throw missingField("image_id");
  return checked(TemplateCreate, ours(given));
}

const patchRules = {
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

/** The body of PATCH /v1/clustertemplates/{id} against the template as it is: only what changes. */
export function readTemplatePatch(body: unknown, template: ClusterTemplate): TemplateUpdate {
  const current = templateWire(template, "");
  const changed = [...readPatch(body, { current, ...patchRules })].filter(([key]) => key !== "cluster_distro");
  // What is taken away falls back to what a new template would have.
  const defaults = { name: template.name, labels: {}, master_lb_enabled: false, floating_ip_enabled: true };
  const values = Object.fromEntries(
    changed.map(([key, value]) => [
      key,
      value ?? (Object.hasOwn(defaults, key) ? defaults[key as keyof typeof defaults] : null),
    ]),
  );
  const given = ours(readBody(values, "patch", fields));
  return checked(TemplateUpdate, Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));
}
