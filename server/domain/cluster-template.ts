// A cluster template: field limits and meanings are Magnum's (magnum-api 6.1), names are ours.
import { z } from "zod";
import { integer, short, text } from "./column.ts";
import type { MaybeDamaged } from "./damage.ts";
import { Labels } from "./labels.ts";
import { Uuid } from "./identifier.ts";
import type { Problem } from "./problem.ts";

const optional = short.nullable();
const dns = text(255)
  .refine(
    (value) => value.split(",").every((address) => z.ipv4().safeParse(address.trim()).success),
    "must be one IPv4 address or several separated by commas",
  )
  .nullable();

export const coes = ["kubernetes", "swarm", "swarm-mode", "mesos"] as const;

/** Everything that a person may set. No defaults here, so that a partial of it resets nothing. */
export const TemplateFields = z.object({
  name: short,
  coe: z.enum(coes),
  imageId: short,
  flavorId: optional,
  masterFlavorId: optional,
  keypairId: optional,
  externalNetworkId: optional,
  fixedNetwork: optional,
  fixedSubnet: optional,
  networkDriver: optional,
  volumeDriver: optional,
  dnsNameserver: dns,
  apiserverPort: z.int().min(1024).max(65535).nullable(),
  dockerVolumeSizeGib: integer(1).nullable(),
  dockerStorageDriver: optional,
  httpProxy: optional,
  httpsProxy: optional,
  noProxy: optional,
  registryEnabled: z.boolean(),
  insecureRegistry: optional,
  labels: Labels,
  tlsDisabled: z.boolean(),
  public: z.boolean(),
  hidden: z.boolean(),
  serverType: z.enum(["vm", "bm"]),
  masterLbEnabled: z.boolean(),
  floatingIpEnabled: z.boolean(),
  tags: text(255).nullable(),
  /** Named driver; null = found by server type, distro and COE. */
  driver: optional,
});
export type TemplateFields = z.infer<typeof TemplateFields>;

/** Create: what is absent gets Magnum's default. */
export const TemplateCreate = TemplateFields.partial().required({ coe: true, imageId: true });
export type TemplateCreate = z.infer<typeof TemplateCreate>;

/** Update: only what changes. */
export const TemplateUpdate = TemplateFields.partial();
export type TemplateUpdate = z.infer<typeof TemplateUpdate>;

export const ClusterTemplate = TemplateFields.extend({
  id: Uuid,
  projectId: text(255),
  userId: text(255),
  /** `os_distro` of the image when the template was made. */
  clusterDistro: text(255),
  driver: text(255),
  networkDriver: text(255),
  createdAt: z.date(),
  updatedAt: z.date().nullable(),
});
export type ClusterTemplate = z.infer<typeof ClusterTemplate> & MaybeDamaged;

/** Magnum's defaults for what a create request leaves out. */
export const templateDefaults = {
  flavorId: null,
  masterFlavorId: null,
  keypairId: null,
  externalNetworkId: null,
  fixedNetwork: null,
  fixedSubnet: null,
  networkDriver: null,
  volumeDriver: null,
  dnsNameserver: null,
  apiserverPort: null,
  dockerVolumeSizeGib: null,
  dockerStorageDriver: null,
  httpProxy: null,
  httpsProxy: null,
  noProxy: null,
  registryEnabled: false,
  insecureRegistry: null,
  labels: {},
  tlsDisabled: false,
  public: false,
  hidden: false,
  serverType: "vm",
  masterLbEnabled: false,
  floatingIpEnabled: true,
  tags: null,
  driver: null,
} as const satisfies Omit<TemplateFields, "name" | "coe" | "imageId">;

/** Network drivers by COE: supported ones, the default first. */
export const networkDrivers: Readonly<Record<(typeof coes)[number], readonly string[]>> = {
  kubernetes: ["flannel", "calico", "cilium"],
  swarm: ["docker", "flannel"],
  "swarm-mode": ["docker", "flannel"],
  mesos: ["docker"],
};

export const volumeDrivers: Readonly<Record<(typeof coes)[number], readonly string[]>> = {
  kubernetes: ["cinder"],
  swarm: ["rexray"],
  "swarm-mode": ["rexray"],
  mesos: ["rexray"],
};

/** A template in use may change by exactly one of these at a time (magnum-api 6.2). Null = allowed. */
export function whyNotWhileInUse(change: TemplateUpdate): string | null {
  const keys = Object.keys(change);
  const allowed =
    keys.length === 1 &&
    (change.name !== undefined ||
      change.public === true ||
      change.hidden !== undefined ||
      (change.tags !== undefined && change.tags !== null));
  return allowed
    ? null
    : "Clusters use this template: only its name, its tags, hiding and publishing can change, one at a time. Copy the template to change more.";
}

/** Magnum's one rule about the size of the runtime's own volume. */
export const dockerVolumeProblems = (
  dockerStorageDriver: string | null,
  dockerVolumeSizeGib: number | null,
): Problem[] =>
  dockerStorageDriver === "devicemapper" && (dockerVolumeSizeGib ?? 0) < 3
    ? [
        {
          field: "docker_volume_size",
          message: `docker volume size ${dockerVolumeSizeGib ?? 0} GB is not valid, expecting minimum value 3GB for devicemapper storage driver.`,
        },
      ]
    : [];
