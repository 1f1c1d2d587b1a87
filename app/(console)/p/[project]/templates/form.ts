// The template form's values and the request that they make. Text is kept as it was typed; empty means unset.
import type { ClusterTemplate, TemplateCreate, TemplateUpdate } from "@/server/domain/cluster-template";
import { dockerVolumeProblems, TemplateFields } from "@/server/domain/cluster-template";
import { labelsOf, type LabelRow } from "@/app/_shared/label-text";

export const steps = ["info", "nodes", "network", "labels", "review"] as const;
export type Step = (typeof steps)[number];
export const stepWords: Record<Step, string> = {
  info: "Info",
  nodes: "Node spec",
  network: "Network",
  labels: "Labels",
  review: "Review",
};

export interface TemplateValues {
  name: string;
  coe: "kubernetes" | "swarm" | "swarm-mode" | "mesos";
  serverType: "vm" | "bm";
  public: boolean;
  hidden: boolean;
  registryEnabled: boolean;
  tlsDisabled: boolean;
  tags: string;
  imageId: string | null;
  flavorId: string | null;
  masterFlavorId: string | null;
  keypairId: string | null;
  volumeDriver: string | null;
  dockerStorageDriver: string | null;
  dockerVolumeSizeGib: number | undefined;
  insecureRegistry: string;
  apiserverPort: number | undefined;
  networkDriver: string;
  externalNetworkId: string | null;
  fixedNetwork: string | null;
  fixedSubnet: string | null;
  dnsNameserver: string;
  masterLbEnabled: boolean;
  floatingIpEnabled: boolean;
  httpProxy: string;
  httpsProxy: string;
  noProxy: string;
  labels: LabelRow[];
}
export type FieldName = keyof TemplateValues;

export const stepOf: Record<FieldName, Step> = {
  name: "info",
  coe: "info",
  serverType: "info",
  public: "info",
  hidden: "info",
  registryEnabled: "info",
  tlsDisabled: "info",
  tags: "info",
  imageId: "nodes",
  flavorId: "nodes",
  masterFlavorId: "nodes",
  keypairId: "nodes",
  volumeDriver: "nodes",
  dockerStorageDriver: "nodes",
  dockerVolumeSizeGib: "nodes",
  insecureRegistry: "nodes",
  apiserverPort: "nodes",
  networkDriver: "network",
  externalNetworkId: "network",
  fixedNetwork: "network",
  fixedSubnet: "network",
  dnsNameserver: "network",
  masterLbEnabled: "network",
  floatingIpEnabled: "network",
  httpProxy: "network",
  httpsProxy: "network",
  noProxy: "network",
  labels: "labels",
};

/** A new template as the form shows it first. */
export const emptyValues: TemplateValues = {
  name: "",
  coe: "kubernetes",
  serverType: "vm",
  public: false,
  hidden: false,
  registryEnabled: false,
  tlsDisabled: false,
  tags: "",
  imageId: null,
  flavorId: null,
  masterFlavorId: null,
  keypairId: null,
  volumeDriver: null,
  dockerStorageDriver: "overlay2",
  dockerVolumeSizeGib: undefined,
  insecureRegistry: "",
  apiserverPort: undefined,
  networkDriver: "flannel",
  externalNetworkId: null,
  fixedNetwork: null,
  fixedSubnet: null,
  dnsNameserver: "",
  masterLbEnabled: false,
  floatingIpEnabled: true,
  httpProxy: "",
  httpsProxy: "",
  noProxy: "",
  labels: [],
};

/** The values of a template that exists, for editing or copying it. */
export function valuesOf(template: ClusterTemplate): TemplateValues {
  return {
    ...template,
    tags: template.tags ?? "",
    dockerVolumeSizeGib: template.dockerVolumeSizeGib ?? undefined,
    insecureRegistry: template.insecureRegistry ?? "",
    apiserverPort: template.apiserverPort ?? undefined,
    dnsNameserver: template.dnsNameserver ?? "",
    httpProxy: template.httpProxy ?? "",
    httpsProxy: template.httpsProxy ?? "",
    noProxy: template.noProxy ?? "",
    labels: Object.entries(template.labels).map(([key, value]) => ({ key, value })),
  };
}

const orNull = (text: string) => (text.trim() === "" ? null : text.trim());

function fieldsOf(values: TemplateValues): Omit<TemplateFields, "driver" | "imageId"> & { imageId: string } {
  return {
    name: values.name.trim(),
    coe: values.coe,
    serverType: values.serverType,
    public: values.public,
    hidden: values.hidden,
    registryEnabled: values.registryEnabled,
    tlsDisabled: values.tlsDisabled,
    tags: orNull(values.tags),
    imageId: values.imageId ?? "",
    flavorId: values.flavorId,
    masterFlavorId: values.masterFlavorId,
    keypairId: values.keypairId,
    volumeDriver: values.volumeDriver,
    dockerStorageDriver: values.dockerStorageDriver,
    dockerVolumeSizeGib: values.dockerVolumeSizeGib ?? null,
    insecureRegistry: orNull(values.insecureRegistry),
    apiserverPort: values.apiserverPort ?? null,
    networkDriver: values.networkDriver,
    externalNetworkId: values.externalNetworkId,
    fixedNetwork: values.fixedNetwork,
    fixedSubnet: values.fixedSubnet,
    dnsNameserver: orNull(values.dnsNameserver),
    masterLbEnabled: values.masterLbEnabled,
    floatingIpEnabled: values.floatingIpEnabled,
    httpProxy: orNull(values.httpProxy),
    httpsProxy: orNull(values.httpsProxy),
    noProxy: orNull(values.noProxy),
    labels: labelsOf(values.labels),
  };
}

export const createRequest = (values: TemplateValues): TemplateCreate => fieldsOf(values);

/**
 * Only what differs from the template as it is: attributes that the form does not show stay as they are. What was shown
 * in the place of a damaged value counts as set anew.
 */
export function updateRequest(values: TemplateValues, before: ClusterTemplate): TemplateUpdate {
  const now = fieldsOf(values);
  const then = fieldsOf(valuesOf(before));
  const damaged = new Set(before.damage?.map(({ field }) => field));
  const changed = Object.keys(now).filter(
    (key) => damaged.has(key) || JSON.stringify(Reflect.get(now, key)) !== JSON.stringify(Reflect.get(then, key)),
  );
  return TemplateFields.partial().parse(Object.fromEntries(changed.map((key) => [key, Reflect.get(now, key)])));
}

/** What is wrong, by field; said by the same schema that the server uses. */
export function problemsOf(values: TemplateValues): Partial<Record<FieldName, string>> {
  const problems: Partial<Record<FieldName, string>> = {};
  const parsed = TemplateFields.omit({ driver: true }).safeParse(fieldsOf(values));
  for (const issue of parsed.error?.issues ?? []) {
    const field = issue.path[0];
    if (isField(field))
      problems[field] ??= `${issue.path.length > 1 ? `${String(issue.path[1])}: ` : ""}${issue.message}`;
  }
  if (values.name.trim() === "") problems.name = "Give the template a name.";
  if (values.imageId === null) problems.imageId = "Choose an image.";
  if (values.fixedSubnet !== null && values.fixedNetwork === null) problems.fixedSubnet = "Choose its network too.";
  if (dockerVolumeProblems(values.dockerStorageDriver, values.dockerVolumeSizeGib ?? null).length > 0)
    problems.dockerVolumeSizeGib = "devicemapper needs at least 3 GB.";
  return problems;
}

export const isField = (name: unknown): name is FieldName => typeof name === "string" && name in stepOf;

/** The form's field for a name in a server's refusal: `labels.kube_tag`, `image_id`, `imageId`. */
export function fieldFor(name: string): FieldName | null {
  const camel = (name.split(".")[0] ?? "").replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  const known = camel === "dockerVolumeSize" ? "dockerVolumeSizeGib" : camel;
  return isField(known) ? known : null;
}
