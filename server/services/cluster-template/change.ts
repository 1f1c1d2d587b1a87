// Making, changing and removing cluster templates, by Magnum's rules (magnum-api 6, 11.3 to 11.5).
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { Cloud } from "../../../drivers/openstack/cloud.ts";
import type { RequestContext } from "../../auth/context.ts";
import { authorize, may } from "../../auth/policy.ts";
import {
  deleteTemplate as removeTemplate,
  insertTemplate,
  updateTemplate as writeTemplate,
} from "../../db/cluster-template.ts";
import {
  networkDrivers,
  templateDefaults,
  volumeDrivers,
  whyNotWhileInUse,
  type ClusterTemplate,
  type TemplateCreate,
  type TemplateFields,
  type TemplateUpdate,
} from "../../domain/cluster-template.ts";
import { DomainError } from "../../domain/error.ts";
import { generatedName } from "../../domain/identifier.ts";
import { readLabels } from "../../domain/label-catalog.ts";
import type { Deps } from "../deps.ts";
import {
  checkRootDisk,
  findExternalNetwork,
  findFixedNetwork,
  findFixedSubnet,
  findFlavor,
  findNodeImage,
} from "../look-ups.ts";
import { reach } from "../reach.ts";
import { chooseDriver } from "./driver.ts";
import { findTemplate, templateTarget } from "./read.ts";

/** Answers the whole template. Throws what is wrong first, in Magnum's order of checks. */
export async function createTemplate(deps: Deps, ctx: RequestContext, input: TemplateCreate): Promise<ClusterTemplate> {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const fields: TemplateFields = {
    ...templateDefaults,
    name: generatedName("template"),
    coe: input.coe,
    imageId: input.imageId,
    ...given,
  };
  authorize(ctx, "clustertemplate:create");
  const networkDriver = checkDrivers(fields);
  const { driver, distro } = await checkCloud(deps, ctx, fields);
  if (fields.public || fields.hidden) authorizePublish(ctx);
  return insertTemplate(deps.db, ctx.scope, {
    ...fields,
    id: randomUUID(),
    projectId: ctx.project.id,
    userId: ctx.user.id,
    clusterDistro: distro,
    driver,
    networkDriver,
    createdAt: deps.clock.now(),
    updatedAt: null,
  });
}

/** Changes what is given; everything is checked as it would be on creation. Throws template_in_use. */
export async function updateTemplate(
  deps: Deps,
  ctx: RequestContext,
  what: string,
  change: TemplateUpdate,
): Promise<ClusterTemplate> {
  const scope = reach(ctx, "clustertemplate:update_all_projects");
  const before = await findTemplate(deps, ctx, what, scope);
  authorize(ctx, "clustertemplate:update", templateTarget(before));
  // A value that is there already is no change, in use or not: clients send back whole forms.
  const present = new Map<string, unknown>(Object.entries(before));
  const changed = Object.fromEntries(
    Object.entries(change).filter(
      ([key, value]) => value !== undefined && !isDeepStrictEqual(value, present.get(key) ?? null),
    ),
  );
  if (Object.keys(changed).length === 0) return before;
  if (before.clusters > 0) {
    const why = whyNotWhileInUse(changed);
    if (why !== null)
      throw new DomainError(
        "template_in_use",
        `ClusterTemplate ${before.id} is referenced by one or multiple clusters.`,
        { remedy: why },
      );
  }
  const after: TemplateFields = { ...before, ...changed };
  const networkDriver = checkDrivers(after);
  // A new image may lead to another driver; one that was named stays.
  const named = change.driver === undefined ? ("imageId" in changed ? null : before.driver) : change.driver;
  const onlyWords = Object.keys(changed).every((key) => ["name", "tags", "public", "hidden"].includes(key));
  const { driver, distro } = onlyWords
    ? { driver: before.driver, distro: before.clusterDistro }
    : await checkCloud(deps, ctx, { ...after, driver: named });
  if (after.public !== before.public || after.hidden !== before.hidden) authorizePublish(ctx);
  await writeTemplate(
    deps.db,
    scope,
    before.id,
    { ...changed, driver, networkDriver, clusterDistro: distro },
    deps.clock.now(),
  );
  return findTemplate(deps, ctx, before.id, scope);
}

/** Throws template_not_found, template_in_use. */
export async function deleteTemplate(deps: Deps, ctx: RequestContext, what: string): Promise<void> {
  const scope = reach(ctx, "clustertemplate:delete_all_projects");
  const template = await findTemplate(deps, ctx, what, scope);
  authorize(ctx, "clustertemplate:delete", templateTarget(template));
  await removeTemplate(deps.db, scope, template.id);
}

function authorizePublish(ctx: RequestContext): void {
  if (!may(ctx, "clustertemplate:publish"))
    throw new DomainError("publish_refused", "Not authorized to set public or hidden flag for cluster template.", {
      field: "public",
      remedy: "Leave it private, or ask an administrator to publish it.",
    });
}

/** What needs no cloud: drivers per COE and sizes. Answers the network driver, the COE's first one by default. */
function checkDrivers(fields: TemplateFields): string {
  const networks = networkDrivers[fields.coe];
  const networkDriver = fields.networkDriver ?? networks[0] ?? "flannel";
  if (!networks.includes(networkDriver))
    throw new DomainError(
      "invalid_input",
      `Network driver type ${networkDriver} is not supported, expecting a ${networks.join("/")}/unspecified network driver.`,
      { field: "network_driver" },
    );
  const volumes = volumeDrivers[fields.coe];
  if (fields.volumeDriver !== null && !volumes.includes(fields.volumeDriver))
    throw new DomainError(
      "invalid_input",
      `Volume driver type ${fields.volumeDriver} is not supported, expecting a ${volumes.join("/")}/unspecified volume driver.`,
      { field: "volume_driver" },
    );
  if (fields.dockerStorageDriver === "devicemapper" && (fields.dockerVolumeSizeGib ?? 0) < 3)
    throw new DomainError(
      "invalid_input",
      `docker volume size ${fields.dockerVolumeSizeGib ?? 0} GB is not valid, expecting minimum value 3GB for devicemapper storage driver.`,
      { field: "docker_volume_size" },
    );
  return networkDriver;
}

/** What the template names at the cloud, all asked at once, refused in Magnum's order. */
async function checkCloud(
  deps: Deps,
  ctx: RequestContext,
  fields: TemplateFields,
): Promise<{ driver: string; distro: string }> {
  const cloud = ctx.cloud();
  const results = await Promise.allSettled([
    findNodeImage(cloud, fields.imageId, "image_id"),
    flavorOrNull(cloud, fields.flavorId, "flavor_id"),
    flavorOrNull(cloud, fields.masterFlavorId, "master_flavor_id"),
    fields.externalNetworkId === null
      ? null
      : findExternalNetwork(cloud, fields.externalNetworkId, "external_network_id"),
    fields.fixedNetwork === null ? null : findFixedNetwork(cloud, fields.fixedNetwork, "fixed_network"),
    fields.fixedSubnet === null ? null : findFixedSubnet(cloud, fields.fixedSubnet, "fixed_subnet"),
  ]);
  for (const result of results) if (result.status === "rejected") throw result.reason;
  const [image, flavor, masterFlavor] = results;
  if (image.status !== "fulfilled" || flavor.status !== "fulfilled" || masterFlavor.status !== "fulfilled")
    throw new Error("a refused look-up went unnoticed");
  const driver = chooseDriver(deps, fields.driver, image.value, fields);
  const boot = readLabels(fields.labels).get("boot_volume_size");
  if (boot !== undefined && !/^\d+$/.test(boot.trim()))
    throw new DomainError("label_refused", "The label boot_volume_size must be a whole number.", {
      field: "labels.boot_volume_size",
    });
  if (flavor.value) checkRootDisk(flavor.value, Number(boot ?? 0), "flavor_id");
  if (masterFlavor.value) checkRootDisk(masterFlavor.value, Number(boot ?? 0), "master_flavor_id");
  return { driver: driver.name, distro: image.value.distro };
}

const flavorOrNull = async (cloud: Cloud, what: string | null, field: string) =>
  what === null ? null : findFlavor(cloud, what, field);
