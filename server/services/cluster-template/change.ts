// Making, changing and removing cluster templates, by Magnum's rules (magnum-api 6, 11.3 to 11.5).
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { RequestContext } from "../../auth/context.ts";
import { authorize, may } from "../../auth/policy.ts";
import {
  deleteTemplate as removeTemplate,
  insertTemplate,
  updateTemplate as writeTemplate,
} from "../../db/cluster-template.ts";
import {
  dockerVolumeProblems,
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
import { readLabels } from "../../domain/label-reader.ts";
import { tidyLabels } from "../../domain/labels.ts";
import { problemOf, type Problem } from "../../domain/problem.ts";
import { siteProblems } from "../../domain/site.ts";
import type { Deps } from "../deps.ts";
import { Findings } from "../findings.ts";
import {
  checkRootDisk,
  findExternalNetwork,
  findFixedNetwork,
  findFixedSubnet,
  findFlavor,
  findNodeImage,
} from "../look-ups.ts";
import { labelLookUps } from "../label-look-ups.ts";
import { reach } from "../reach.ts";
import type { TemplateCheck } from "../views.ts";
import { chooseDriver } from "./driver.ts";
import { templateWarnings } from "./judge.ts";
import { findTemplate, templateTarget } from "./read.ts";

/** A template, and what its owner should know of it: what has no effect, and what keeps clusters from being made of it. */
export type JudgedTemplate = ClusterTemplate & { warnings: readonly Problem[] };

/** Answers the whole template. Throws the first of what is wrong, in Magnum's order of checks, with all in `problems`. */
export async function createTemplate(deps: Deps, ctx: RequestContext, input: TemplateCreate): Promise<JudgedTemplate> {
  authorize(ctx, "clustertemplate:create");
  const { fields, findings, found } = await examine(deps, ctx, input);
  findings.refuse();
  const { driver, distro, warnings } = settled(found);
  if (fields.public || fields.hidden) authorizePublish(ctx);
  const made = await insertTemplate(deps.db, ctx.scope, {
    ...fields,
    id: randomUUID(),
    projectId: ctx.project.id,
    userId: ctx.user.id,
    clusterDistro: distro,
    driver,
    createdAt: deps.clock.now(),
    updatedAt: null,
  });
  return { ...made, warnings };
}

/** The same checks without making it. */
export async function checkTemplate(deps: Deps, ctx: RequestContext, input: TemplateCreate): Promise<TemplateCheck> {
  authorize(ctx, "clustertemplate:create");
  const { findings, found } = await examine(deps, ctx, input);
  const problems = findings.problems.map(problemOf);
  // What refuses the template need not be said again of its clusters.
  const refused = new Set(problems.map(({ field }) => field));
  return { problems, warnings: (found?.warnings ?? []).filter(({ field }) => !refused.has(field)) };
}

async function examine(deps: Deps, ctx: RequestContext, input: TemplateCreate) {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const wish: TemplateFields = {
    ...templateDefaults,
    name: generatedName("template"),
    coe: input.coe,
    imageId: input.imageId,
    ...given,
  };
  const findings = new Findings();
  const labels = findings.check(() => tidyLabels(wish.labels)) ?? wish.labels;
  const fields = { ...wish, labels, networkDriver: checkFields(wish, findings) };
  return { fields, findings, found: await askCloud(deps, ctx, fields, findings) };
}

/** Changes what is given; everything is checked as it would be on creation. Throws template_in_use. */
export async function updateTemplate(
  deps: Deps,
  ctx: RequestContext,
  what: string,
  wish: TemplateUpdate,
): Promise<JudgedTemplate> {
  const change = wish.labels ? { ...wish, labels: tidyLabels(wish.labels) } : wish;
  const scope = reach(ctx, "clustertemplate:update_all_projects");
  const before = await findTemplate(deps, ctx, what, scope);
  authorize(ctx, "clustertemplate:update", templateTarget(before));
  // A value that is there already is no change, in use or not: clients send back whole forms. One that stands for what
  // does not fit is not there.
  const damaged = new Set(before.damage?.map(({ field }) => field));
  const present = new Map<string, unknown>(Object.entries(before).filter(([key]) => !damaged.has(key)));
  const changed = Object.fromEntries(
    Object.entries(change).filter(
      ([key, value]) =>
        value !== undefined && (damaged.has(key) || !isDeepStrictEqual(value, present.get(key) ?? null)),
    ),
  );
  if (Object.keys(changed).length === 0) return { ...before, warnings: [] };
  if (before.clusters > 0) {
    // What is mended is no change to those who use it: they keep what they were made with.
    const others = Object.entries(changed).filter(([key]) => !damaged.has(key));
    const why = others.length === 0 ? null : whyNotWhileInUse(Object.fromEntries(others));
    if (why !== null)
      throw new DomainError(
        "template_in_use",
        `ClusterTemplate ${before.id} is referenced by one or multiple clusters.`,
        { remedy: why },
      );
  }
  const after: TemplateFields = { ...before, ...changed };
  const findings = new Findings();
  // A new image may lead to another driver; one that was named stays.
  const named = change.driver === undefined ? ("imageId" in changed ? null : before.driver) : change.driver;
  const onlyWords = Object.keys(changed).every((key) => ["name", "tags", "public", "hidden"].includes(key));
  const networkDriver = onlyWords ? before.networkDriver : checkFields(after, findings);
  const found = onlyWords
    ? { driver: before.driver, distro: before.clusterDistro, warnings: [] }
    : await askCloud(deps, ctx, { ...after, driver: named, networkDriver }, findings);
  findings.refuse();
  const { driver, distro, warnings } = settled(found);
  if (after.public !== before.public || after.hidden !== before.hidden) authorizePublish(ctx);
  await writeTemplate(
    deps.db,
    scope,
    before.id,
    { ...changed, driver, networkDriver, clusterDistro: distro },
    deps.clock.now(),
  );
  return { ...(await findTemplate(deps, ctx, before.id, scope)), warnings };
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

/** What needs no cloud: drivers per COE, sizes, labels. Answers the network driver, the COE's first one by default. */
function checkFields(fields: TemplateFields, findings: Findings): string {
  const networks = networkDrivers[fields.coe];
  const networkDriver = fields.networkDriver ?? networks[0] ?? "flannel";
  if (!networks.includes(networkDriver))
    findings.add(
      "invalid_input",
      `Network driver type ${networkDriver} is not supported, expecting a ${networks.join("/")}/unspecified network driver.`,
      "network_driver",
    );
  const volumes = volumeDrivers[fields.coe];
  if (fields.volumeDriver !== null && !volumes.includes(fields.volumeDriver))
    findings.add(
      "invalid_input",
      `Volume driver type ${fields.volumeDriver} is not supported, expecting a ${volumes.join("/")}/unspecified volume driver.`,
      "volume_driver",
    );
  findings.addAll([
    ...dockerVolumeProblems(fields.dockerStorageDriver, fields.dockerVolumeSizeGib),
    ...readLabels(fields.labels).problems(),
    ...siteProblems(fields),
  ]);
  return networkDriver;
}

interface Found {
  driver: string;
  distro: string;
  warnings: readonly Problem[];
}

/** What the template names at the cloud, all asked at once, told in Magnum's order. Null = something was not found. */
async function askCloud(
  deps: Deps,
  ctx: RequestContext,
  fields: TemplateFields & { networkDriver: string },
  findings: Findings,
): Promise<Found | null> {
  const cloud = ctx.cloud();
  const labels = readLabels(fields.labels);
  const doubts = new Findings();
  const given = <T>(what: string | null, find: (what: string) => Promise<T>) =>
    what === null ? null : findings.keep(find(what));
  const [image, flavor, masterFlavor, externalNetwork, fixedNetwork, fixedSubnet, services] = await Promise.all([
    findings.keep(findNodeImage(cloud, fields.imageId, "image_id")),
    given(fields.flavorId, (what) => findFlavor(cloud, what, "flavor_id")),
    given(fields.masterFlavorId, (what) => findFlavor(cloud, what, "master_flavor_id")),
    given(fields.externalNetworkId, (what) => findExternalNetwork(cloud, what, "external_network_id")),
    given(fields.fixedNetwork, (what) => findFixedNetwork(cloud, what, "fixed_network")),
    given(fields.fixedSubnet, (what) => findFixedSubnet(cloud, what, "fixed_subnet")),
    cloud.services(),
    ...labelLookUps(cloud, labels, { balancer: fields.masterLbEnabled }).map((work) => doubts.keep(work)),
  ]);
  const boot = labels.get("boot_volume_size") ?? 0;
  const driver = image && findings.check(() => chooseDriver(deps, fields.driver, image, fields));
  if (flavor) findings.check(() => checkRootDisk(flavor, boot, "flavor_id"));
  if (masterFlavor) findings.check(() => checkRootDisk(masterFlavor, boot, "master_flavor_id"));
  if (!image || !driver) return null;
  const parts = { image, flavor, masterFlavor, externalNetwork, fixedNetwork, fixedSubnet, services };
  const { distro } = image;
  const template = { ...fields, clusterDistro: distro, driver: driver.name };
  return { driver: driver.name, distro, warnings: templateWarnings(driver, template, parts, doubts.problems) };
}

function settled(found: Found | null): Found {
  if (!found) throw new Error("a refused look-up went unnoticed");
  return found;
}
