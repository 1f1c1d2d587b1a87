// Whether clusters can be made of a template as it stands. It may be made all the same, as Magnum makes it: each cluster may
// set labels, flavors and networks of its own. But who makes it is told, and not the first who uses it.
import { wishOf } from "../../../drivers/wish.ts";
import type { ClusterDriver, NodegroupWish } from "../../../drivers/driver.ts";
import type { Flavor, Image, Network, Subnet } from "../../../drivers/openstack/cloud.ts";
import type { DomainError } from "../../domain/error.ts";
import { defaultMaster, defaultWorker } from "../../domain/nodegroup.ts";
import { problemOf, type Problem } from "../../domain/problem.ts";
import { snapshotOf } from "../cluster/snapshot.ts";
import { judge } from "../findings.ts";
import { labelAdvice } from "../label-advice.ts";

/** What was found of what it names; null = it names none. */
export interface TemplateParts {
  image: Image;
  flavor: Flavor | null;
  masterFlavor: Flavor | null;
  externalNetwork: Network | null;
  fixedNetwork: Network | null;
  fixedSubnet: Subnet | null;
  services: readonly string[];
}

/** `doubts`: what its labels name and the cloud has not. */
export function templateWarnings(
  driver: ClusterDriver,
  template: Parameters<typeof snapshotOf>[0],
  parts: TemplateParts,
  doubts: readonly DomainError[],
): Problem[] {
  const wish = likelyWish(driver, template, parts);
  const refused = [...doubts.map(problemOf), ...judge(driver, wish)];
  return [
    ...refused.map(({ field, message }) => ({
      field,
      message: `${message} No cluster can be made of this template as it stands.`,
    })),
    ...driver.warns(wish),
    ...labelAdvice(template.labels),
  ];
}

/** The smallest cluster that says nothing of its own. What the template leaves open is taken to be chosen well. */
function likelyWish(driver: ClusterDriver, template: Parameters<typeof snapshotOf>[0], parts: TemplateParts) {
  const { image, externalNetwork, fixedNetwork, fixedSubnet } = parts;
  const anyFlavor = { id: "", name: "", vcpus: 1, ramMib: 1, diskGib: Math.max(1, image.minDiskGib) };
  const { labels, dockerVolumeSizeGib, masterLbEnabled, floatingIpEnabled } = template;
  const group = (role: NodegroupWish["role"], flavor: Flavor | null) => ({
    id: role,
    name: role === "master" ? defaultMaster : defaultWorker,
    role,
    isDefault: true,
    nodeCount: 1,
    minNodeCount: 0,
    maxNodeCount: null,
    dockerVolumeSizeGib,
    labels,
    nodesToRemove: [],
    nodeLabels: null,
    nodeTaints: null,
    facts: {
      flavor: flavor ?? anyFlavor,
      image: { id: image.id, name: image.name, minDiskGib: image.minDiskGib },
      nodeRevision: driver.nodeRevision,
      version: null,
    },
  });
  const facts = {
    template: snapshotOf(template),
    network: {
      fixedNetwork: fixedNetwork?.id ?? fixedSubnet?.networkId ?? null,
      fixedSubnet: fixedSubnet?.id ?? (fixedNetwork ? "chosen later" : null),
      fixedSubnetCidr: fixedSubnet?.cidr ?? null,
      externalNetwork: externalNetwork?.id ?? null,
    },
    services: [...parts.services],
  };
  return wishOf(
    {
      name: template.name,
      keypair: template.keypairId,
      labels,
      dockerVolumeSizeGib,
      createTimeoutMinutes: null,
      masterLbEnabled,
      floatingIpEnabled,
      facts,
    },
    [group("master", parts.masterFlavor), group("worker", parts.flavor)],
  );
}
