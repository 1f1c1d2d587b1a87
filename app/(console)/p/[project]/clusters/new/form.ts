// The wizard's values, and the request that they make. Untouched is undefined: the template's value applies and nothing
// is sent for it; what equals the template is not sent either, so that its values are never frozen into a cluster.
import { z } from "zod";
import { ClusterName, type Cluster, type ClusterCreate } from "@/server/domain/cluster";
import type { ClusterTemplate } from "@/server/domain/cluster-template";
import { diffLabels, type Labels } from "@/server/domain/labels";
import { labelsOf, type LabelRow } from "@/app/_shared/label-text";

export const steps = ["info", "size", "network", "misc", "review"] as const;
export type Step = (typeof steps)[number];
export const stepWords: Record<Step, string> = {
  info: "Info",
  size: "Size",
  network: "Network",
  misc: "Misc",
  review: "Review",
};

export interface WizardValues {
  name: string;
  clusterTemplateId: string;
  /** null = none. */
  keypair: string | null | undefined;
  zone: string | undefined;
  masterCount: number | undefined;
  masterFlavorId: string | undefined;
  nodeCount: number | undefined;
  flavorId: string | undefined;
  autoScaling: boolean | undefined;
  minNodes: number | undefined;
  maxNodes: number | undefined;
  dockerVolumeSizeGib: number | undefined;
  bootVolumeSize: number | undefined;
  bootVolumeType: string | undefined;
  rollbackOnFailure: boolean | undefined;
  networkMode: "new" | "existing" | undefined;
  fixedNetwork: string | undefined;
  fixedSubnet: string | undefined;
  nodeRange: string | undefined;
  masterLbEnabled: boolean | undefined;
  apiPublic: boolean | undefined;
  allowedCidrs: string | undefined;
  floatingIpEnabled: boolean | undefined;
  ingress: string | undefined;
  podRange: string | undefined;
  serviceRange: string | undefined;
  autoHealing: boolean | undefined;
  createTimeoutMinutes: number | undefined;
  discoveryUrl: string | undefined;
  replaceLabels: boolean;
  labels: LabelRow[];
  dropped: string[];
  locked: boolean;
}

export type FieldName = keyof WizardValues;

export const emptyValues: WizardValues = {
  name: "",
  clusterTemplateId: "",
  keypair: undefined,
  zone: undefined,
  masterCount: undefined,
  masterFlavorId: undefined,
  nodeCount: undefined,
  flavorId: undefined,
  autoScaling: undefined,
  minNodes: undefined,
  maxNodes: undefined,
  dockerVolumeSizeGib: undefined,
  bootVolumeSize: undefined,
  bootVolumeType: undefined,
  rollbackOnFailure: undefined,
  networkMode: undefined,
  fixedNetwork: undefined,
  fixedSubnet: undefined,
  nodeRange: undefined,
  masterLbEnabled: undefined,
  apiPublic: undefined,
  allowedCidrs: undefined,
  floatingIpEnabled: undefined,
  ingress: undefined,
  podRange: undefined,
  serviceRange: undefined,
  autoHealing: undefined,
  createTimeoutMinutes: undefined,
  discoveryUrl: undefined,
  replaceLabels: false,
  labels: [],
  dropped: [],
  locked: false,
};

export const fieldsOf: Record<Exclude<Step, "review">, readonly FieldName[]> = {
  info: ["name", "clusterTemplateId", "keypair", "zone"],
  size: [
    "masterCount",
    "masterFlavorId",
    "nodeCount",
    "flavorId",
    "autoScaling",
    "minNodes",
    "maxNodes",
    "dockerVolumeSizeGib",
    "bootVolumeSize",
    "bootVolumeType",
    "rollbackOnFailure",
  ],
  network: [
    "networkMode",
    "fixedNetwork",
    "fixedSubnet",
    "nodeRange",
    "masterLbEnabled",
    "apiPublic",
    "allowedCidrs",
    "floatingIpEnabled",
    "ingress",
    "podRange",
    "serviceRange",
  ],
  misc: ["autoHealing", "createTimeoutMinutes", "discoveryUrl", "replaceLabels", "labels", "dropped", "locked"],
};

export const stepOfField = (field: FieldName): Step =>
  steps.find((step) => step !== "review" && fieldsOf[step].includes(field)) ?? "review";

/** What people call each field, for the lists of problems. */
export const fieldWords: Record<FieldName, string> = {
  name: "Name",
  clusterTemplateId: "Template",
  keypair: "Keypair",
  zone: "Availability zone",
  masterCount: "Control plane nodes",
  masterFlavorId: "Control plane flavor",
  nodeCount: "Worker nodes",
  flavorId: "Worker flavor",
  autoScaling: "Autoscaling",
  minNodes: "Minimum workers",
  maxNodes: "Maximum workers",
  dockerVolumeSizeGib: "Container storage volume",
  bootVolumeSize: "Boot volume size",
  bootVolumeType: "Boot volume type",
  rollbackOnFailure: "Roll back failed changes",
  networkMode: "Network",
  fixedNetwork: "Network",
  fixedSubnet: "Subnet",
  nodeRange: "Node range",
  masterLbEnabled: "API load balancer",
  apiPublic: "API reachable from",
  allowedCidrs: "Allowed ranges",
  floatingIpEnabled: "Floating IP for every node",
  ingress: "Ingress controller",
  podRange: "Pod range",
  serviceRange: "Service range",
  autoHealing: "Repair unhealthy nodes",
  createTimeoutMinutes: "Give up after",
  discoveryUrl: "Discovery URL",
  replaceLabels: "Labels mode",
  labels: "Labels",
  dropped: "Labels",
  locked: "Lock against deletion",
};

const podRangeLabels: Readonly<Record<string, string>> = {
  calico: "calico_ipv4pool",
  flannel: "flannel_network_cidr",
  cilium: "cilium_ipv4pool",
};

/** The label that restricts who reaches the API differs by driver; null = this driver reads none (ranges would silently stay open). */
export function allowedRangesLabel(driver: string): string | null {
  if (driver === "k8s_capi_helm_v1") return "api_master_lb_allowed_cidrs";
  if (driver === "k8s_cluster_api") return null;
  return "master_lb_allowed_cidrs";
}

type LabelField =
  | "zone"
  | "autoScaling"
  | "minNodes"
  | "maxNodes"
  | "bootVolumeSize"
  | "bootVolumeType"
  | "nodeRange"
  | "apiPublic"
  | "allowedCidrs"
  | "ingress"
  | "podRange"
  | "serviceRange"
  | "autoHealing";

/** Fields of the wizard that are labels of the cluster, with their keys under this template. */
export function labelKeys(
  template: Pick<ClusterTemplate, "driver" | "networkDriver">,
): Partial<Record<LabelField, string>> {
  const allowed = allowedRangesLabel(template.driver);
  const pods = podRangeLabels[template.networkDriver];
  return {
    zone: "availability_zone",
    autoScaling: "auto_scaling_enabled",
    minNodes: "min_node_count",
    maxNodes: "max_node_count",
    bootVolumeSize: "boot_volume_size",
    bootVolumeType: "boot_volume_type",
    nodeRange: "fixed_subnet_cidr",
    apiPublic: "master_lb_floating_ip_enabled",
    ...(allowed ? { allowedCidrs: allowed } : {}),
    ingress: "ingress_controller",
    ...(pods ? { podRange: pods } : {}),
    serviceRange: "service_cluster_ip_range",
    autoHealing: "auto_healing_enabled",
  };
}

/**
 * Wizard field of a name as the server uses it: `flavor_id`, `labels.boot_volume_size`. What the person's `own` labels give
 * is mended there, also where a field stands for the same. Undefined = of the whole request.
 */
export function fieldOfWire(
  wire: string,
  template: Pick<ClusterTemplate, "driver" | "networkDriver"> | null,
  own: readonly LabelRow[],
): FieldName | undefined {
  if (wire.startsWith("labels")) {
    const key = wire.slice("labels.".length);
    if (template && !own.some((row) => row.key === key))
      for (const [field, label] of Object.entries(labelKeys(template)))
        if (label === key) return isField(field) ? field : "labels";
    return "labels";
  }
  const names: Readonly<Record<string, FieldName>> = {
    name: "name",
    cluster_template_id: "clusterTemplateId",
    keypair: "keypair",
    master_count: "masterCount",
    master_flavor_id: "masterFlavorId",
    node_count: "nodeCount",
    flavor_id: "flavorId",
    docker_volume_size: "dockerVolumeSizeGib",
    fixed_network: "fixedNetwork",
    fixed_subnet: "fixedSubnet",
    master_lb_enabled: "masterLbEnabled",
    floating_ip_enabled: "floatingIpEnabled",
    create_timeout: "createTimeoutMinutes",
    discovery_url: "discoveryUrl",
  };
  return names[wire] ?? (Object.hasOwn(templateWords, wire) ? "clusterTemplateId" : isField(wire) ? wire : undefined);
}

/** What only the template says, in words. */
const templateWords: Readonly<Record<string, string>> = {
  image_id: "image",
  coe: "orchestrator",
  network_driver: "network driver",
  volume_driver: "volume driver",
  external_network_id: "external network",
  dns_nameserver: "name server",
  server_type: "server type",
  apiserver_port: "API port",
  docker_storage_driver: "storage driver",
  insecure_registry: "registry",
  registry_enabled: "registry",
  tls_disabled: "TLS",
};

/** The server's words as a sentence; what is the template's is said to be. */
export function sentenceOf(field: string, message: string): string {
  const word = templateWords[field];
  const text = word ? `The template's ${word}: ${message}` : message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** What is said of fields of the wizard, in sentences. */
export function byField(
  said: readonly { field: string; message: string }[],
  template: Pick<ClusterTemplate, "driver" | "networkDriver"> | null,
  own: readonly LabelRow[],
): Partial<Record<FieldName, string[]>> {
  const sentences: Partial<Record<FieldName, string[]>> = {};
  for (const { field, message } of said) {
    const name = fieldOfWire(field, template, own);
    if (name) (sentences[name] ??= []).push(sentenceOf(field, message));
  }
  return sentences;
}

const isField = (word: string): word is FieldName => Object.hasOwn(emptyValues, word);

const isTrue = (value: string | undefined) => value !== undefined && /^(true|1|yes|on)$/i.test(value.trim());

/** What applies when the field is left alone. */
export function inherited(template: ClusterTemplate) {
  const label = (key: string | undefined) => (key === undefined ? undefined : template.labels[key]);
  const keys = labelKeys(template);
  return {
    masterLbEnabled: template.masterLbEnabled,
    floatingIpEnabled: template.floatingIpEnabled,
    networkMode: template.fixedNetwork ? ("existing" as const) : ("new" as const),
    autoScaling: isTrue(label(keys.autoScaling)),
    autoHealing: label(keys.autoHealing) === undefined ? undefined : isTrue(label(keys.autoHealing)),
    apiPublic: isTrue(label(keys.apiPublic)),
    label,
    keys,
  };
}

export const mode = (values: WizardValues, template: ClusterTemplate | null) =>
  values.networkMode ?? (template?.fixedNetwork ? "existing" : "new");
export const balancer = (values: WizardValues, template: ClusterTemplate | null) =>
  values.masterLbEnabled ?? template?.masterLbEnabled ?? false;
export const scaling = (values: WizardValues, template: ClusterTemplate | null) =>
  values.autoScaling ?? (template ? inherited(template).autoScaling : false);

const cidr = (value: string) => z.cidrv4().safeParse(value).success || z.cidrv6().safeParse(value).success;
const ranges = (text: string) => text.split(/[\s,]+/).filter((part) => part !== "");

/** What the person can mend at once, by field. The server checks the rest while they go on. */
export function problemsOf(values: WizardValues, template: ClusterTemplate | null): Partial<Record<FieldName, string>> {
  const problems: Partial<Record<FieldName, string>> = {};
  if (values.name === "") problems.name = "Enter a name.";
  else {
    const name = ClusterName.safeParse(values.name);
    if (!name.success) problems.name = `The name ${name.error.issues[0]?.message ?? "is not allowed"}.`;
  }
  if (values.clusterTemplateId === "") problems.clusterTemplateId = "Choose a template.";
  const masters = values.masterCount ?? 1;
  if (masters < 1 || masters % 2 === 0)
    problems.masterCount = "Use an odd number: an even one survives no more failures than one less.";
  else if (masters > 1 && !balancer(values, template))
    problems.masterCount = "Several control plane nodes need the API load balancer.";
  const workers = values.nodeCount ?? 1;
  if (scaling(values, template)) {
    const { min, max } = scaleRange(values, template);
    if (min > workers) problems.minNodes = `Must be ${workers} (the number of workers) or less.`;
    if (max < workers) problems.maxNodes = `Must be ${workers} (the number of workers) or more.`;
    else if (max < 1) problems.maxNodes = "Must be at least 1.";
  }
  if (values.dockerVolumeSizeGib !== undefined && values.dockerVolumeSizeGib < 1)
    problems.dockerVolumeSizeGib = "Must be at least 1 GB.";
  if (mode(values, template) === "existing" && !values.fixedNetwork && !template?.fixedNetwork)
    problems.fixedNetwork = "Choose a network.";
  for (const field of ["nodeRange", "podRange", "serviceRange"] as const) {
    const value = values[field];
    if (value && !cidr(value)) problems[field] = "Must be a network range such as 10.0.0.0/24.";
  }
  if (values.allowedCidrs) {
    const wrong = ranges(values.allowedCidrs).find((range) => !cidr(range));
    if (wrong) problems.allowedCidrs = `${wrong} is not a network range such as 192.0.2.0/24 or 2001:db8::/32.`;
  }
  if (values.discoveryUrl && !/^https?:\/\/\S+$/.test(values.discoveryUrl))
    problems.discoveryUrl = "Must be an http or https address.";
  const keys = values.labels.map((row) => row.key).filter((key) => key !== "");
  if (values.labels.some((row) => row.key === "" && row.value !== ""))
    problems.labels = "A label has a value and no key.";
  else if (new Set(keys).size < keys.length) problems.labels = "A label is given twice.";
  return problems;
}

/** The range of the autoscaler: what was entered, else the template's, else one less and one more than the workers. */
export function scaleRange(values: WizardValues, template: ClusterTemplate | null): { min: number; max: number } {
  const workers = values.nodeCount ?? 1;
  const theirs = (key: string) => {
    const text = template?.labels[key];
    return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
  };
  return {
    min: values.minNodes ?? theirs("min_node_count") ?? Math.max(Math.min(1, workers), workers - 1),
    max: values.maxNodes ?? theirs("max_node_count") ?? workers + 1,
  };
}

/** Labels that come from the wizard's own fields. */
export function fieldLabels(values: WizardValues, template: ClusterTemplate): Labels {
  const keys = labelKeys(template);
  const labels: Labels = {};
  const put = (field: LabelField, value: string | number | boolean | undefined) => {
    const key = keys[field];
    if (key !== undefined && value !== undefined && value !== "") labels[key] = String(value);
  };
  put("zone", values.zone);
  put("autoScaling", values.autoScaling);
  if (scaling(values, template)) {
    const range = scaleRange(values, template);
    put("minNodes", range.min);
    put("maxNodes", range.max);
  }
  put("bootVolumeSize", values.bootVolumeSize);
  put("bootVolumeType", values.bootVolumeType);
  if (mode(values, template) === "new") put("nodeRange", values.nodeRange);
  if (balancer(values, template)) {
    // Always said, for an absent label follows floating_ip_enabled and would make the API public by accident.
    put("apiPublic", values.apiPublic ?? inherited(template).apiPublic);
    if (values.allowedCidrs !== undefined) put("allowedCidrs", ranges(values.allowedCidrs).join(","));
  }
  if (values.ingress !== undefined && keys.ingress) labels[keys.ingress] = values.ingress;
  put("podRange", values.podRange);
  put("serviceRange", values.serviceRange);
  put("autoHealing", values.autoHealing);
  return labels;
}

/** The request. Precedence of labels: the template's, the wizard's fields, the person's own. */
export function toCreate(values: WizardValues, template: ClusterTemplate): ClusterCreate {
  const request: ClusterCreate = { clusterTemplateId: template.id };
  if (values.name !== "") request.name = values.name;
  if (values.keypair !== undefined && values.keypair !== template.keypairId) request.keypair = values.keypair;
  if (values.masterCount !== undefined) request.masterCount = values.masterCount;
  if (values.nodeCount !== undefined) request.nodeCount = values.nodeCount;
  if (values.masterFlavorId && values.masterFlavorId !== template.masterFlavorId)
    request.masterFlavorId = values.masterFlavorId;
  if (values.flavorId && values.flavorId !== template.flavorId) request.flavorId = values.flavorId;
  if (values.dockerVolumeSizeGib !== undefined && values.dockerVolumeSizeGib !== template.dockerVolumeSizeGib)
    request.dockerVolumeSizeGib = values.dockerVolumeSizeGib;
  if (values.createTimeoutMinutes !== undefined) request.createTimeoutMinutes = values.createTimeoutMinutes;
  if (values.discoveryUrl) request.discoveryUrl = values.discoveryUrl;
  if (mode(values, template) === "existing") {
    if (values.fixedNetwork && values.fixedNetwork !== template.fixedNetwork)
      request.fixedNetwork = values.fixedNetwork;
    if (values.fixedSubnet && values.fixedSubnet !== template.fixedSubnet) request.fixedSubnet = values.fixedSubnet;
  }
  if (values.masterLbEnabled !== undefined && values.masterLbEnabled !== template.masterLbEnabled)
    request.masterLbEnabled = values.masterLbEnabled;
  if (values.floatingIpEnabled !== undefined && values.floatingIpEnabled !== template.floatingIpEnabled)
    request.floatingIpEnabled = values.floatingIpEnabled;
  if (values.locked) request.locked = true;
  if (values.rollbackOnFailure) request.rollbackOnFailure = true;

  const given = { ...fieldLabels(values, template), ...labelsOf(values.labels) };
  if (values.replaceLabels || values.dropped.length > 0) {
    const kept = values.replaceLabels
      ? {}
      : Object.fromEntries(Object.entries(template.labels).filter(([key]) => !values.dropped.includes(key)));
    request.labels = { ...kept, ...given };
    request.mergeLabels = false;
  } else {
    const own = Object.fromEntries(Object.entries(given).filter(([key, value]) => template.labels[key] !== value));
    if (Object.keys(own).length > 0) {
      request.labels = own;
      request.mergeLabels = true;
    }
  }
  return request;
}

/** The values that would make the same cluster again, under another name. */
export function fromCluster(cluster: Cluster, template: ClusterTemplate): Partial<WizardValues> {
  const difference = diffLabels(cluster.labels, template.labels);
  const own = Object.fromEntries(
    [...Object.keys(difference.added), ...Object.keys(difference.overridden)].flatMap((key) => {
      const value = cluster.labels[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const keys = labelKeys(template);
  const take = (field: LabelField) => {
    const key = keys[field];
    if (key === undefined || !Object.hasOwn(own, key)) return undefined;
    const value = own[key];
    delete own[key];
    return value;
  };
  const flag = (text: string | undefined) => (text === undefined ? undefined : isTrue(text));
  const number = (text: string | undefined) => (text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined);
  const differs = <T>(value: T, theirs: T): T | undefined => (value === theirs ? undefined : value);
  return {
    clusterTemplateId: template.id,
    keypair: differs(cluster.keypair, template.keypairId),
    masterCount: cluster.masterCount,
    nodeCount: cluster.nodeCount,
    masterFlavorId: differs(cluster.masterFlavorId, template.masterFlavorId) ?? undefined,
    flavorId: differs(cluster.flavorId, template.flavorId) ?? undefined,
    dockerVolumeSizeGib: differs(cluster.dockerVolumeSizeGib, template.dockerVolumeSizeGib) ?? undefined,
    createTimeoutMinutes: cluster.createTimeoutMinutes === 60 ? undefined : (cluster.createTimeoutMinutes ?? undefined),
    networkMode: cluster.fixedNetwork ? "existing" : undefined,
    fixedNetwork: differs(cluster.fixedNetwork, template.fixedNetwork) ?? undefined,
    fixedSubnet: differs(cluster.fixedSubnet, template.fixedSubnet) ?? undefined,
    masterLbEnabled: differs(cluster.masterLbEnabled, template.masterLbEnabled),
    floatingIpEnabled: differs(cluster.floatingIpEnabled, template.floatingIpEnabled),
    rollbackOnFailure: cluster.rollbackOnFailure || undefined,
    zone: take("zone"),
    autoScaling: flag(take("autoScaling")),
    minNodes: number(take("minNodes")),
    maxNodes: number(take("maxNodes")),
    bootVolumeSize: number(take("bootVolumeSize")),
    bootVolumeType: take("bootVolumeType"),
    nodeRange: take("nodeRange"),
    apiPublic: flag(take("apiPublic")),
    allowedCidrs: take("allowedCidrs"),
    ingress: take("ingress"),
    podRange: take("podRange"),
    serviceRange: take("serviceRange"),
    autoHealing: flag(take("autoHealing")),
    labels: Object.entries(own).map(([key, value]) => ({ key, value })),
    dropped: Object.keys(difference.skipped),
  };
}
