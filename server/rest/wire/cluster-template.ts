// Cluster templates on the wire (magnum-api 6.1).
import { coes, TemplateCreate, type ClusterTemplate } from "../../domain/cluster-template.ts";
import { links, optionalTimestamp, timestamp } from "./common.ts";
import { boolean, integer, labels, missingField, oneOf, orNull, orUnset, readBody, text } from "./read.ts";

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
    ? Object.fromEntries(Object.entries(body).map(([key, value]: [string, unknown]) => [key, value === "" ? null : value]))
    : body;

/** The body of POST /v1/clustertemplates. */
export function readTemplateCreate(body: unknown): TemplateCreate {
  const given = readBody(emptyIsNull(body), "cluster_template", fields, {
    ignored: ["uuid", "cluster_distro"],
    readOnly: ["project_id", "user_id", "created_at", "updated_at", "links"],
  });
  if (given.coe === undefined || given.coe === null) throw missingField("coe");
  if (given.image_id === undefined || given.image_id === null) throw missingField("image_id");
  return TemplateCreate.parse({
    name: given.name,
    coe: given.coe,
    imageId: given.image_id,
    flavorId: given.flavor_id,
    masterFlavorId: given.master_flavor_id,
    keypairId: given.keypair_id,
    externalNetworkId: given.external_network_id,
    fixedNetwork: given.fixed_network,
    fixedSubnet: given.fixed_subnet,
    networkDriver: given.network_driver,
    volumeDriver: given.volume_driver,
    dnsNameserver: given.dns_nameserver,
    apiserverPort: given.apiserver_port,
    dockerVolumeSizeGib: given.docker_volume_size,
    dockerStorageDriver: given.docker_storage_driver,
    httpProxy: given.http_proxy,
    httpsProxy: given.https_proxy,
    noProxy: given.no_proxy,
    registryEnabled: given.registry_enabled,
    insecureRegistry: given.insecure_registry,
    labels: given.labels,
    tlsDisabled: given.tls_disabled,
    public: given.public,
    hidden: given.hidden,
    serverType: given.server_type,
    masterLbEnabled: given.master_lb_enabled,
    floatingIpEnabled: given.floating_ip_enabled,
    tags: given.tags,
    driver: given.driver,
  });
}
