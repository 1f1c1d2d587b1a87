// Cluster templates on the wire (magnum-api 6.1).
import { z } from "zod";
import { coes, type TemplateCreate } from "../../domain/cluster-template.ts";
import { Id, LabelMap, Links, Next, Text, Timestamp } from "./answer.ts";
import { boolean, ignored, integer, labels, optional, orNull, readOnly, reference, text, word } from "./field.ts";

const dns = () =>
  reference().refine(
    (value) => value.split(",").every((address) => z.ipv4().safeParse(address.trim()).success),
    "Expected a single dns address or comma separated dns list.",
  );

const wire = {
  name: optional(reference()),
  coe: word(coes),
  image_id: reference(),
  flavor_id: orNull(reference()),
  master_flavor_id: orNull(reference()),
  keypair_id: orNull(reference()),
  external_network_id: orNull(reference()),
  fixed_network: orNull(reference()),
  fixed_subnet: orNull(reference()),
  network_driver: orNull(reference()),
  volume_driver: orNull(reference()),
  dns_nameserver: orNull(dns()),
  apiserver_port: orNull(integer(1024, 65535)),
  docker_volume_size: orNull(integer(1)),
  docker_storage_driver: orNull(reference()),
  http_proxy: orNull(reference()),
  https_proxy: orNull(reference()),
  no_proxy: orNull(reference()),
  registry_enabled: optional(boolean()),
  insecure_registry: orNull(reference()),
  labels: optional(labels()),
  tls_disabled: optional(boolean()),
  public: optional(boolean()),
  hidden: optional(boolean()),
  server_type: optional(word(["vm", "bm"])),
  master_lb_enabled: optional(boolean()),
  floating_ip_enabled: optional(boolean()),
  tags: orNull(text(0, 255)),
  driver: orNull(reference()),
};

type Given = z.output<z.ZodObject<typeof wire>>;

const ours = (given: { [K in keyof Given]?: Given[K] | undefined }) => ({
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

/** The body of POST /v1/clustertemplates. */
export const TemplateCreateBody = z
  .strictObject({
    ...wire,
    uuid: ignored(),
    cluster_distro: ignored(),
    project_id: readOnly(),
    user_id: readOnly(),
    links: readOnly(),
    created_at: readOnly(),
    updated_at: readOnly(),
  })
  .transform((given): TemplateCreate => ({ ...ours(given), coe: given.coe, imageId: given.image_id }));

/** The values that a patch leads to: those that it touches. */
export const TemplateChange = z.strictObject(wire).partial().transform(ours);

export const Template = z.strictObject({
  uuid: Id,
  name: z.string(),
  coe: z.enum(coes),
  image_id: z.string(),
  flavor_id: Text,
  master_flavor_id: Text,
  dns_nameserver: Text,
  keypair_id: Text,
  external_network_id: Text,
  fixed_network: Text,
  fixed_subnet: Text,
  network_driver: z.string(),
  apiserver_port: z.int().min(1024).max(65535).nullable(),
  docker_volume_size: z.int().min(1).nullable(),
  cluster_distro: z.string(),
  links: Links,
  http_proxy: Text,
  https_proxy: Text,
  no_proxy: Text,
  volume_driver: Text,
  registry_enabled: z.boolean(),
  labels: LabelMap,
  tls_disabled: z.boolean(),
  public: z.boolean(),
  server_type: z.enum(["vm", "bm"]),
  insecure_registry: Text,
  docker_storage_driver: Text,
  master_lb_enabled: z.boolean(),
  floating_ip_enabled: z.boolean(),
  project_id: z.string(),
  user_id: z.string(),
  hidden: z.boolean(),
  tags: Text,
  driver: z.string(),
  created_at: Timestamp,
  updated_at: Timestamp.nullable(),
});
export type Template = z.infer<typeof Template>;

/** One template alone: Heat waits for this word after it changed one (E9). */
export const ShownTemplate = z.strictObject({ ...Template.shape, status: z.literal("UPDATE_COMPLETE") });

export const TemplateList = z.strictObject({ clustertemplates: z.array(Template), next: Next });
export const BaymodelList = z.strictObject({ baymodels: z.array(Template), next: Next });
