// From what a person asks for to what a cluster would be: every rule that can be checked before anything is made. The
// wizard's review and the creation itself walk the same path, so that what one accepts the other does not refuse.
import { randomUUID } from "node:crypto";
import type { ClusterDriver, Wish } from "../../../drivers/driver.ts";
import type { Flavor, Image, Network, Subnet } from "../../../drivers/openstack/cloud.ts";
import { wishOf } from "../../../drivers/wish.ts";
import type { RequestContext } from "../../auth/context.ts";
import type { NewCluster, NewNodegroup } from "../../db/cluster-change.ts";
import type { TemplateRow } from "../../db/cluster-template.ts";
import { clusterNameTaken } from "../../db/cluster.ts";
import { getQuotaUse } from "../../db/quota.ts";
import { masterCountProblem, type ClusterCreate } from "../../domain/cluster.ts";
import { dockerVolumeProblems } from "../../domain/cluster-template.ts";
import type { DomainError } from "../../domain/error.ts";
import type { ClusterFacts } from "../../domain/facts.ts";
import { readLabels } from "../../domain/label-reader.ts";
import { inheritLabels, tidyLabels, type Labels } from "../../domain/labels.ts";
import { labelledBounds, labelledBoundsProblems } from "../../domain/node-rules.ts";
import { defaultMaster, defaultWorker } from "../../domain/nodegroup.ts";
import type { Problem } from "../../domain/problem.ts";
import { quotaMessage } from "../../domain/quota.ts";
import { findTemplate, refuseLoss } from "../cluster-template/read.ts";
import type { Deps } from "../deps.ts";
import { Findings, judge } from "../findings.ts";
import { labelAdvice } from "../label-advice.ts";
import { labelLookUps } from "../label-look-ups.ts";
import { checkKeypair, checkRootDisk, findExternalNetwork, findFlavor, findNodeImage } from "../look-ups.ts";
import { cloudEffects, openLimits, type CloudEffects } from "./cloud-effects.ts";
import { findNetworkAndSubnet, missingRoute } from "./network.ts";
import { snapshotOf } from "./snapshot.ts";

/** A cluster that could be made. */
export interface Draft {
  cluster: NewCluster;
  nodegroups: NewNodegroup[];
  template: TemplateRow;
  driver: ClusterDriver;
  wish: Wish;
  masters: Sized;
  workers: Sized;
  network: Network | null;
  subnet: Subnet | null;
  externalNetwork: Network | null;
  effects: CloudEffects;
}

interface Sized {
  flavor: Flavor;
  image: Image;
}

export interface Examined {
  /** In Magnum's order of checks; [] = it can be made. */
  problems: DomainError[];
  warnings: Problem[];
  /** Null while something essential is missing. */
  draft: Draft | null;
  template: TemplateRow | null;
  labels: Labels;
  quota: { used: number; limit: number };
}

/**
 * Examines a request as far as it goes. Throws only for bugs and for a template that cannot be used at all. `intent`: of a
 * request that is meant; `begin` is called when all is well that can be said before the cloud is asked.
 */
export async function examine(
  deps: Deps,
  ctx: RequestContext,
  input: ClusterCreate,
  name: string,
  intent: { id: string; begin(): void } | null = null,
): Promise<Examined> {
  const { db } = deps;
  const findings = new Findings();
  const warnings: Problem[] = [];

  const [template, quota, taken] = await Promise.all([
    findTemplate(deps, ctx, input.clusterTemplateId, ctx.scope),
    getQuotaUse(db, ctx.scope),
    input.name === undefined ? false : clusterNameTaken(db, ctx.scope, input.name),
  ]);
  const given = findings.check(() => tidyLabels(input.labels ?? {})) ?? input.labels;
  const labels = inheritLabels(template.labels, given, input.mergeLabels ?? false);
  findings.check(() => refuseLoss(template));
  const driver = deps.drivers.find((each) => each.name === template.driver);
  if (!driver)
    findings.add("driver_not_found", `Cluster driver (${template.driver}) not supported.`, "cluster_template_id");
  const volume = input.dockerVolumeSizeGib ?? template.dockerVolumeSizeGib;
  findings.addAll(dockerVolumeProblems(template.dockerStorageDriver, volume));
  const masterCount = input.masterCount ?? 1;
  const masterLbEnabled = input.masterLbEnabled ?? template.masterLbEnabled;
  const countProblem = masterCountProblem(masterCount, masterLbEnabled);
  if (countProblem) findings.add("invalid_input", countProblem, "master_count");
  if (quota.used >= quota.limit)
    findings.add(
      "quota_exceeded",
      quotaMessage(quota.limit),
      "",
      "Delete a cluster that is no longer needed, or ask for more.",
    );
  if (template.hidden && !ctx.isAdmin) findings.add("template_hidden", "Not authorized.", "cluster_template_id");

  const cloud = ctx.cloud();
  const keypair = input.keypair === undefined ? template.keypairId : input.keypair;
  const masterFlavorId = input.masterFlavorId ?? template.masterFlavorId;
  const flavorId = input.flavorId ?? template.flavorId;
  const chosen = {
    network: input.fixedNetwork ?? template.fixedNetwork,
    subnet: input.fixedSubnet ?? template.fixedSubnet,
  };
  const read = readLabels(labels);
  findings.addAll(read.problems());
  findings.addAll(labelledBoundsProblems(read, input.nodeCount ?? 1));
  if (findings.problems.length === 0) intent?.begin();
  const limits = openLimits(cloud);
  limits.expect({
    volumes: volume !== null || read.has("boot_volume_size") || read.has("etcd_volume_size"),
    balancers: masterLbEnabled,
  });
  const [masterFlavor, flavor, image, externalNetwork, fixed, , services] = await Promise.all([
    findings.keep(findFlavor(cloud, masterFlavorId, "master_flavor_id")),
    findings.keep(findFlavor(cloud, flavorId, "flavor_id")),
    findings.keep(findNodeImage(cloud, template.imageId, "cluster_template_id")),
    template.externalNetworkId === null
      ? null
      : findings.keep(findExternalNetwork(cloud, template.externalNetworkId, "cluster_template_id")),
    findings.keep(findNetworkAndSubnet(cloud, chosen.network, chosen.subnet)),
    keypair === null ? null : findings.keep(checkKeypair(cloud, keypair)),
    findings.keep(cloud.services()),
    ...labelLookUps(cloud, read, { balancer: masterLbEnabled }).map((work) => findings.keep(work)),
  ]);

  for (const [each, field] of [
    [masterFlavor, "master_flavor_id"],
    [flavor, "flavor_id"],
  ] as const)
    if (each) findings.check(() => checkRootDisk(each, read.get("boot_volume_size") ?? 0, field));
  if (taken) warnings.push({ field: "name", message: "Another cluster of this project has this name." });
  if (keypair === null)
    warnings.push({ field: "keypair", message: "Without a keypair nobody can log in to the nodes." });
  if ((input.nodeCount ?? 1) === 0)
    warnings.push({ field: "node_count", message: "Nothing can run until you add workers." });
  if (template.tlsDisabled)
    warnings.push({
      field: "cluster_template_id",
      message: "TLS is off: everybody who reaches the API has full power.",
    });
  warnings.push(...labelAdvice(labels));

  const result: Examined = { problems: findings.problems, warnings, draft: null, template, labels, quota };
  if (!driver || !masterFlavor || !flavor || !image || !fixed || !services) return result;
  const facts: ClusterFacts = {
    template: snapshotOf(template),
    network: {
      fixedNetwork: fixed.network?.id ?? null,
      fixedSubnet: fixed.subnet?.id ?? null,
      fixedSubnetCidr: fixed.subnet?.cidr ?? null,
      externalNetwork: externalNetwork?.id ?? null,
    },
    services: [...services],
  };
  const cluster: NewCluster = {
    id: intent?.id ?? randomUUID(),
    name,
    userId: ctx.user.id,
    userName: ctx.user.name,
    region: ctx.region,
    clusterTemplateId: template.id,
    driver: driver.name,
    coe: template.coe,
    keypair,
    masterFlavorId,
    flavorId,
    dockerVolumeSizeGib: volume,
    labels,
    createTimeoutMinutes: input.createTimeoutMinutes === undefined ? 60 : input.createTimeoutMinutes,
    discoveryUrl: input.discoveryUrl ?? null,
    fixedNetwork: chosen.network,
    fixedSubnet: chosen.subnet,
    floatingIpEnabled: input.floatingIpEnabled ?? template.floatingIpEnabled,
    masterLbEnabled,
    tlsDisabled: template.tlsDisabled,
    locked: input.locked ?? false,
    rollbackOnFailure: input.rollbackOnFailure ?? false,
    facts,
  };
  const made = [
    defaultGroup("master", masterCount, cluster, template, { flavor: masterFlavor, image }, driver.nodeRevision),
    defaultGroup("worker", input.nodeCount ?? 1, cluster, template, { flavor, image }, driver.nodeRevision),
  ];
  const wish = wishOf(
    cluster,
    made.map((each) => ({ ...each, nodesToRemove: [] })),
  );
  const nodegroups = made.map((each) => {
    const group = wish.nodegroups.find(({ key }) => key.id === each.id);
    return { ...each, facts: { ...each.facts, version: driver.version(wish, group) } };
  });
  findings.addAll(judge(driver, wish));
  warnings.push(...driver.warns(wish));
  const floating = cluster.floatingIpEnabled || (masterLbEnabled && read.get("master_lb_floating_ip_enabled") === true);
  const unrouted = missingRoute(fixed, externalNetwork, { projectId: ctx.project.id, floating });
  if (unrouted?.lasting) findings.add("invalid_input", unrouted.message, unrouted.field);
  else if (unrouted) warnings.push({ field: unrouted.field, message: unrouted.message });
  // Nothing is counted for what cannot be made anyway.
  const effects = findings.problems.length > 0 ? { quota: [] } : await cloudEffects(limits, driver.footprint(wish));
  for (const { name: limited, used, adds, limit } of effects.quota)
    if (limit !== null && used + adds > limit)
      findings.add(
        "cloud_quota_exceeded",
        `The project's quota is too small: ${limited} would go from ${used} to ${used + adds} of ${limit}.`,
        "",
        "Make the cluster smaller, free something, or ask for a larger quota.",
      );
  result.problems = findings.problems;
  result.draft = {
    cluster,
    nodegroups,
    template,
    driver,
    wish,
    masters: { flavor: masterFlavor, image },
    workers: { flavor, image },
    network: fixed.network,
    subnet: fixed.subnet,
    externalNetwork,
    effects,
  };
  return result;
}

/** One of the two groups that every cluster has (magnum-api 8.2). */
function defaultGroup(
  role: "master" | "worker",
  nodeCount: number,
  cluster: NewCluster,
  template: TemplateRow,
  { flavor, image }: Sized,
  nodeRevision: string,
): NewNodegroup {
  const master = role === "master";
  return {
    id: randomUUID(),
    name: master ? defaultMaster : defaultWorker,
    role,
    isDefault: true,
    nodeCount,
    ...(master ? { minNodeCount: 1, maxNodeCount: null } : labelledBounds(readLabels(cluster.labels))),
    flavorId: master ? cluster.masterFlavorId : cluster.flavorId,
    imageId: template.imageId,
    dockerVolumeSizeGib: cluster.dockerVolumeSizeGib,
    labels: cluster.labels,
    nodeLabels: null,
    nodeTaints: null,
    facts: {
      nodeRevision,
      version: null,
      flavor: { id: flavor.id, name: flavor.name, vcpus: flavor.vcpus, ramMib: flavor.ramMib, diskGib: flavor.diskGib },
      image: { id: image.id, name: image.name, minDiskGib: image.minDiskGib },
    },
  };
}
