// What was resolved when a cluster was made and is kept beside it, so that a flavor, image or network renamed or
// removed later changes nothing about the cluster's meaning.
import { z } from "zod";

const optional = z.string().nullable();

export const TemplateSnapshot = z.object({
  name: z.string(),
  coe: z.string(),
  distro: z.string(),
  serverType: z.enum(["vm", "bm"]),
  tlsDisabled: z.boolean(),
  registryEnabled: z.boolean(),
  insecureRegistry: optional,
  networkDriver: z.string(),
  volumeDriver: optional,
  dockerStorageDriver: optional,
  apiserverPort: z.int().nullable(),
  /** As the template names it; the resolved id is in `network`. */
  externalNetwork: optional,
  dnsNameservers: z.array(z.string()),
  httpProxy: optional,
  httpsProxy: optional,
  noProxy: optional,
});
export type TemplateSnapshot = z.infer<typeof TemplateSnapshot>;

/** Of a cluster. Ids where there were names. */
export const ClusterFacts = z.object({
  template: TemplateSnapshot,
  network: z.object({
    fixedNetwork: optional,
    fixedSubnet: optional,
    fixedSubnetCidr: optional,
    externalNetwork: optional,
  }),
  /** Official types of the services that the cloud's catalog had: `load-balancer`. */
  services: z.array(z.string()),
});
export type ClusterFacts = z.infer<typeof ClusterFacts>;

/** Of a node group. */
export const NodeGroupFacts = z.object({
  flavor: z.object({
    id: z.string(),
    name: z.string(),
    vcpus: z.int(),
    ramMib: z.int(),
    diskGib: z.int(),
  }),
  image: z.object({ id: z.string(), name: z.string(), minDiskGib: z.int() }),
  /** The image was chosen for this group, not taken from the template: upgrades leave it. */
  ownImage: z.boolean().optional(),
  /** How the driver makes the group's nodes, in its own word; it moves with upgrades only. */
  nodeRevision: z.string().default("1"),
  /** COE version that the group was made or last upgraded to: a new default of the driver upgrades nobody. */
  version: z.string().nullable().default(null),
});
export type NodeGroupFacts = z.infer<typeof NodeGroupFacts>;

/** In the place of facts that cannot be read: nothing can be made from them. */
export const noFacts: ClusterFacts = {
  template: {
    name: "",
    coe: "",
    distro: "",
    serverType: "vm",
    tlsDisabled: false,
    registryEnabled: false,
    insecureRegistry: null,
    networkDriver: "",
    volumeDriver: null,
    dockerStorageDriver: null,
    apiserverPort: null,
    externalNetwork: null,
    dnsNameservers: [],
    httpProxy: null,
    httpsProxy: null,
    noProxy: null,
  },
  network: { fixedNetwork: null, fixedSubnet: null, fixedSubnetCidr: null, externalNetwork: null },
  services: [],
};

export const noNodegroupFacts: NodeGroupFacts = {
  flavor: { id: "", name: "", vcpus: 0, ramMib: 0, diskGib: 0 },
  image: { id: "", name: "", minDiskGib: 0 },
  nodeRevision: "1",
  version: null,
};
