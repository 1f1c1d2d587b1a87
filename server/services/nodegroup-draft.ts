// From what a person asks for to what a new node group would be: every rule that can be checked before it is made, in
// Magnum's order (magnum-api 8.2).
import { randomUUID } from "node:crypto";
import type { ClusterDriver } from "../../drivers/driver.ts";
import type { Cloud } from "../../drivers/openstack/cloud.ts";
import { wishOf } from "../../drivers/wish.ts";
import type { CurrentCluster, NewNodegroup } from "../db/cluster-change.ts";
import { dockerVolumeProblems } from "../domain/cluster-template.ts";
import { DomainError } from "../domain/error.ts";
import { readLabels } from "../domain/label-reader.ts";
import { tidyLabels } from "../domain/labels.ts";
import { checkCounts, checkNodeLabels, checkNodeTaints } from "../domain/node-rules.ts";
import type { NodegroupCreate } from "../domain/nodegroup.ts";
import { compareVersions, minorsAhead, parseVersion, skewAllowed } from "../domain/version.ts";
import { refuse, refuseNewProblems } from "./cluster/change.ts";
import { openLimits, quotaProblem } from "./cluster/cloud-effects.ts";
import { driverOf } from "./cluster/read.ts";
import type { Deps } from "./deps.ts";
import { Findings } from "./findings.ts";
import { labelLookUps } from "./label-look-ups.ts";
import { checkRootDisk, findFlavor, findNodeImage } from "./look-ups.ts";

type Whole = Pick<CurrentCluster, "cluster" | "nodegroups">;

/** What needs no cloud to be asked. Throws conflict, invalid_input, not_supported_by_driver, operation_not_allowed_now. */
export function refuseCreation(deps: Deps, { cluster, nodegroups }: Whole, input: NodegroupCreate): void {
  const driver = driverOf(deps, cluster);
  const { name } = input;
  if (!driver.can.nodegroups)
    throw new DomainError("not_supported_by_driver", "Creating node groups is not supported by this driver.");
  if (cluster.apiAddress === null)
    throw new DomainError("conflict", "Cluster API address is not available yet", {
      remedy: "Wait until the cluster's API has an address.",
    });
  const findings = new Findings();
  if (nodegroups.some((group) => group.name === name))
    findings.add("conflict", `A node group with name ${name} already exists in the cluster ${cluster.name}.`, "name");
  if (input.role === "master")
    findings.add("invalid_input", "Creating master nodegroups is currently not supported.", "role");
  const nodeCount = input.nodeCount ?? 1;
  const counts = { nodeCount, minNodeCount: input.minNodeCount ?? 0, maxNodeCount: input.maxNodeCount ?? null };
  findings.check(() => checkCounts(name, counts));
  findings.check(() => checkNodeLabels(name, input.nodeLabels ?? null));
  findings.check(() => checkNodeTaints(name, input.nodeTaints ?? null));
  if (nodeCount === 0 && !driver.can.scaleToZero)
    findings.add("not_supported_by_driver", "Node groups of 0 nodes are not supported by this driver.", "node_count");
  findings.refuse();
  refuse("createNodegroup", "Creating a node group of", cluster);
}

/** The group as it would be. Asks the cloud with the caller's rights; throws what it lacks, or what the driver refuses. */
export async function draftNodegroup(
  cloud: Cloud,
  driver: ClusterDriver,
  { cluster, nodegroups }: Whole,
  input: NodegroupCreate,
): Promise<NewNodegroup> {
  const model = nodegroups.find((group) => group.isDefault && group.role !== "master");
  if (!model) throw new Error(`cluster ${cluster.id} has no default workers`);
  const findings = new Findings();
  const own = input.labels && (findings.check(() => tidyLabels(input.labels ?? {})) ?? input.labels);
  // As Magnum has it: an empty map is a choice, no map is the cluster's.
  const labels = own === undefined || input.mergeLabels ? { ...cluster.labels, ...own } : { ...own };
  const read = readLabels({ ...cluster.labels, ...labels });
  const { template } = cluster.facts;
  const dockerVolumeSizeGib = input.dockerVolumeSizeGib ?? cluster.dockerVolumeSizeGib;
  findings.addAll(dockerVolumeProblems(template.dockerStorageDriver, dockerVolumeSizeGib));
  findings.addAll(readLabels(labels).problems());
  const limits = openLimits(cloud);
  limits.expect({ volumes: dockerVolumeSizeGib !== null || read.has("boot_volume_size"), balancers: false });
  const [flavor, image] = await Promise.all([
    findings.keep(findFlavor(cloud, input.flavorId ?? model.facts.flavor.id, "flavor_id")),
    findings.keep(findNodeImage(cloud, input.imageId ?? model.facts.image.id, "image_id")),
    ...labelLookUps(cloud, read, { balancer: false }).map((work) => findings.keep(work)),
  ]);
  if (image && image.distro !== template.distro)
    findings.add(
      "invalid_input",
      `Image ${input.imageId ?? image.name} has os_distro ${image.distro}, the cluster's nodes have ${template.distro}.`,
      "image_id",
    );
  if (flavor) findings.check(() => checkRootDisk(flavor, read.get("boot_volume_size") ?? 0, "flavor_id"));
  findings.refuse();
  if (!flavor || !image) throw new Error("a refused look-up went unnoticed");
  const drafted: NewNodegroup = {
    id: randomUUID(),
    name: input.name,
    role: input.role ?? "worker",
    isDefault: false,
    nodeCount: input.nodeCount ?? 1,
    minNodeCount: input.minNodeCount ?? 0,
    maxNodeCount: input.maxNodeCount ?? null,
    flavorId: input.flavorId ?? cluster.flavorId ?? model.flavorId,
    imageId: input.imageId ?? model.imageId,
    dockerVolumeSizeGib,
    labels,
    nodeLabels: checkNodeLabels(input.name, input.nodeLabels ?? null),
    nodeTaints: checkNodeTaints(input.name, input.nodeTaints ?? null),
    facts: {
      flavor: { id: flavor.id, name: flavor.name, vcpus: flavor.vcpus, ramMib: flavor.ramMib, diskGib: flavor.diskGib },
      image: { id: image.id, name: image.name, minDiskGib: image.minDiskGib },
      ownImage: input.imageId !== undefined && input.imageId !== null,
      nodeRevision: driver.nodeRevision,
      version: null,
    },
  };
  const proposed = wishOf(cluster, [...nodegroups, { ...drafted, nodesToRemove: [] }]);
  const version = driver.version(
    proposed,
    proposed.nodegroups.find(({ key }) => key.id === drafted.id),
  );
  const group = { ...drafted, facts: { ...drafted.facts, version } };
  const after = { cluster, nodegroups: [...nodegroups, { ...group, nodesToRemove: [] }] };
  refuseNewProblems(driver, { cluster, nodegroups }, after);
  refuseVersion(driver, after, group.id);
  const [was, will] = [wishOf(cluster, nodegroups), wishOf(cluster, after.nodegroups)];
  const short = await quotaProblem(limits, driver.footprint(was), driver.footprint(will));
  if (short) throw short;
  return group;
}

/** Nodes may not be newer than their control plane, nor much older. */
function refuseVersion(
  driver: ClusterDriver,
  { cluster, nodegroups }: Parameters<typeof refuseNewProblems>[1],
  id: string,
) {
  const wish = wishOf(cluster, nodegroups);
  const master = wish.nodegroups.find((each) => each.role === "master");
  const group = wish.nodegroups.find((each) => each.key.id === id);
  const versionOf = (each: typeof group) => (each ? parseVersion(driver.version(wish, each)) : null);
  const [control, own] = [versionOf(master), versionOf(group)];
  if (!control || !own || !group || !master) return;
  const refused = (why: string) =>
    new DomainError("label_refused", `Nodes of version ${driver.version(wish, group)} cannot join: ${why}.`, {
      field: "labels.kube_tag",
    });
  if (compareVersions(own, control) > 0)
    throw refused(`the control plane runs ${driver.version(wish, master)}, and nodes must not be newer`);
  const most = skewAllowed(control);
  if (minorsAhead(own, control) > most)
    throw refused(
      `the control plane runs ${driver.version(wish, master)}, and nodes may be ${most} minors older at most`,
    );
}
