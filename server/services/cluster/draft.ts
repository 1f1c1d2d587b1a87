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
import { DomainError, type Reason } from "../../domain/error.ts";
import type { ClusterFacts } from "../../domain/facts.ts";
import { labelFact, labelProblem, readLabels, secretLabels } from "../../domain/label-catalog.ts";
import { inheritLabels, type Labels } from "../../domain/labels.ts";
import { defaultMaster, defaultWorker } from "../../domain/nodegroup.ts";
import { quotaMessage } from "../../domain/quota.ts";
import { asDomainError } from "../../errors.ts";
import { findTemplate } from "../cluster-template/read.ts";
import type { Deps } from "../deps.ts";
import { checkKeypair, checkRootDisk, findExternalNetwork, findFlavor, findNodeImage } from "../look-ups.ts";
import type { FieldMessage } from "../views.ts";
import { cloudEffects, openLimits, type CloudEffects } from "./cloud-effects.ts";
import { findNetworkAndSubnet, routeWarning } from "./network.ts";

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
  warnings: FieldMessage[];
  /** Null while something essential is missing. */
  draft: Draft | null;
  template: TemplateRow | null;
  labels: Labels;
  quota: { used: number; limit: number };
}

/** Examines a request as far as it goes. Throws only for bugs and for a template that cannot be used at all. */
export async function examine(deps: Deps, ctx: RequestContext, input: ClusterCreate, name: string): Promise<Examined> {
  const { db } = deps;
  const problems: DomainError[] = [];
  const warnings: FieldMessage[] = [];
  const problem = (reason: Reason, message: string, field: string, remedy?: string) =>
    problems.push(new DomainError(reason, message, { field, ...(remedy === undefined ? {} : { remedy }) }));

  const [template, quota, taken] = await Promise.all([
    findTemplate(deps, ctx, input.clusterTemplateId, ctx.scope),
    getQuotaUse(db, ctx.scope),
    input.name === undefined ? false : clusterNameTaken(db, ctx.scope, input.name),
  ]);
  const labels = inheritLabels(template.labels, input.labels, input.mergeLabels ?? false);
  const driver = deps.drivers.find((each) => each.name === template.driver);
  if (!driver) problem("driver_not_found", `Cluster driver (${template.driver}) not supported.`, "cluster_template_id");
  const volume = input.dockerVolumeSizeGib ?? template.dockerVolumeSizeGib;
  if (template.dockerStorageDriver === "devicemapper" && (volume ?? 0) < 3)
    problem(
      "invalid_input",
      `docker volume size ${volume ?? 0} GB is not valid, expecting minimum value 3GB for devicemapper storage driver.`,
      "docker_volume_size",
    );
  const masterCount = input.masterCount ?? 1;
  const masterLbEnabled = input.masterLbEnabled ?? template.masterLbEnabled;
  const countProblem = masterCountProblem(masterCount, masterLbEnabled);
  if (countProblem) problem("invalid_input", countProblem, "master_count");
  if (quota.used >= quota.limit)
    problem(
      "quota_exceeded",
      quotaMessage(quota.limit),
      "",
      "Delete a cluster that is no longer needed, or ask for more.",
    );
  if (template.hidden && !ctx.isAdmin) problem("template_hidden", "Not authorized.", "cluster_template_id");

  const cloud = ctx.cloud();
  // All are asked at once; what they refuse is told in the order of asking, not of answering.
  const refusals: (DomainError | null)[] = [];
  const keep = async <T>(work: Promise<T>): Promise<T | null> => {
    const place = refusals.push(null) - 1;
    try {
      return await work;
    } catch (error) {
      const known = asDomainError(error);
      // Whose session has ended must sign in; that is no fault of what they asked for.
      if (!known || known.reason === "unauthenticated") throw error;
      refusals[place] = known;
      return null;
    }
  };
  const keypair = input.keypair === undefined ? template.keypairId : input.keypair;
  const masterFlavorId = input.masterFlavorId ?? template.masterFlavorId;
  const flavorId = input.flavorId ?? template.flavorId;
  const given = {
    network: input.fixedNetwork ?? template.fixedNetwork,
    subnet: input.fixedSubnet ?? template.fixedSubnet,
  };
  const read = readLabels(labels);
  const wantedZone = read.get("availability_zone");
  const limits = openLimits(cloud);
  limits.expect({
    volumes: volume !== null || read.has("boot_volume_size") || read.has("etcd_volume_size"),
    balancers: masterLbEnabled,
  });
  const [masterFlavor, flavor, image, externalNetwork, fixed, , services, zone] = await Promise.all([
    keep(findFlavor(cloud, masterFlavorId, "master_flavor_id")),
    keep(findFlavor(cloud, flavorId, "flavor_id")),
    keep(findNodeImage(cloud, template.imageId, "cluster_template_id")),
    template.externalNetworkId === null
      ? null
      : keep(findExternalNetwork(cloud, template.externalNetworkId, "cluster_template_id")),
    keep(findNetworkAndSubnet(cloud, given.network, given.subnet)),
    keypair === null ? null : keep(checkKeypair(cloud, keypair)),
    keep(cloud.services()),
    wantedZone === undefined ? null : keep(cloud.facts.listZones(wantedZone)),
  ]);

  problems.push(...refusals.filter((each) => each !== null));
  const bootVolume = read.get("boot_volume_size");
  if (bootVolume !== undefined && read.integer("boot_volume_size") === undefined)
    problem("label_refused", "The label boot_volume_size must be a whole number.", "labels.boot_volume_size");
  for (const [each, field] of [
    [masterFlavor, "master_flavor_id"],
    [flavor, "flavor_id"],
  ] as const)
    if (each)
      try {
        checkRootDisk(each, read.integer("boot_volume_size") ?? 0, field);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        problems.push(error);
      }
  if (zone && wantedZone !== undefined && !zone.some((each) => each.name === wantedZone && each.available))
    problem("zone_not_found", `There is no availability zone ${wantedZone} to use.`, "labels.availability_zone");

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
  for (const [key, value] of Object.entries(labels)) warnings.push(...labelWarnings(key, value, driver ?? null));

  const result: Examined = { problems, warnings, draft: null, template, labels, quota };
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
    id: randomUUID(),
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
    fixedNetwork: given.network,
    fixedSubnet: given.subnet,
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
  for (const { field, message } of driver.accepts(wish))
    if (!problems.some((each) => each.details.field === field))
      problem(field.startsWith("labels.") ? "label_refused" : "invalid_input", message, field);
  warnings.push(...routeWarning(fixed, externalNetwork));
  // Nothing is counted for what cannot be made anyway.
  const effects = problems.length > 0 ? { quota: [] } : await cloudEffects(limits, driver.footprint(wish));
  for (const { name: limited, used, adds, limit } of effects.quota)
    if (limit !== null && used + adds > limit)
      problem(
        "cloud_quota_exceeded",
        `The project's quota is too small: ${limited} would go from ${used} to ${used + adds} of ${limit}.`,
        "",
        "Make the cluster smaller, free something, or ask for a larger quota.",
      );
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

/** What of the template the cluster keeps, whatever becomes of the template. */
const snapshotOf = (template: TemplateRow): ClusterFacts["template"] => ({
  name: template.name,
  coe: template.coe,
  distro: template.clusterDistro,
  serverType: template.serverType,
  tlsDisabled: template.tlsDisabled,
  registryEnabled: template.registryEnabled,
  insecureRegistry: template.insecureRegistry,
  networkDriver: template.networkDriver,
  volumeDriver: template.volumeDriver,
  dockerStorageDriver: template.dockerStorageDriver,
  apiserverPort: template.apiserverPort,
  externalNetwork: template.externalNetworkId,
  dnsNameservers: (template.dnsNameserver ?? "").split(",").flatMap((each) => each.trim() || []),
  httpProxy: template.httpProxy,
  httpsProxy: template.httpsProxy,
  noProxy: template.noProxy,
});

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
    minNodeCount: master ? 1 : Math.max(0, readLabels(cluster.labels).integer("min_node_count") ?? 0),
    maxNodeCount: null,
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

/** What a label's owner should know; refusing one is the driver's business. */
function labelWarnings(key: string, value: string, driver: ClusterDriver | null): FieldMessage[] {
  const field = `labels.${key}`;
  if (!labelFact(key)) return [{ field, message: "Not in the catalogue: it is kept, and nothing reads it." }];
  const wrong = labelProblem(key, value);
  return [
    ...(driver && !driver.labels.includes(key)
      ? [
          {
            field,
            message: `It has no effect on this kind of cluster${wrong === null ? "" : `, and its value ${wrong}`}.`,
          },
        ]
      : []),
    ...(secretLabels.includes(key) ? [{ field, message: "Labels can be read by everybody in the project." }] : []),
  ];
}
