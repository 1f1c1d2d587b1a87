import type { RequestContext } from "../../auth/context.ts";
import { authorize, may, type PolicyTarget } from "../../auth/policy.ts";
import { findTemplateByName, getTemplate as getRow, listTemplates as listRows } from "../../db/cluster-template.ts";
import type { Scope } from "../../db/scope.ts";
import type { ClusterTemplate } from "../../domain/cluster-template.ts";
import { templateLoss } from "../../domain/damage.ts";
import { DomainError } from "../../domain/error.ts";
import { uuidLike } from "../../domain/identifier.ts";
import type { Deps } from "../deps.ts";
import { reach } from "../reach.ts";
import type { Page, ResourceName, TemplateRow, TemplateView } from "../views.ts";

export interface TemplateListWish {
  q?: string | undefined;
  sort?: string | undefined;
  after?: string | undefined;
  marker?: string | undefined;
  size?: number | undefined;
}

/** Own templates and public ones. At the REST API administrators see every project's. */
export async function listTemplates(
  deps: Deps,
  ctx: RequestContext,
  wish: TemplateListWish,
  detail = false,
): Promise<Page<TemplateRow>> {
  authorize(ctx, detail ? "clustertemplate:detail" : "clustertemplate:get_all");
  const scope = reach(ctx, detail ? "clustertemplate:detail_all_projects" : "clustertemplate:get_all_all_projects");
  return listRows(deps.db, scope, { ...wish, size: wish.size ?? 25 });
}

/** By id or name. Throws template_not_found, template_ambiguous. */
export async function findTemplate(deps: Deps, _ctx: RequestContext, what: string, scope: Scope): Promise<TemplateRow> {
  const id = uuidLike(what);
  if (id !== null)
    try {
      return await getRow(deps.db, scope, id);
    } catch (error) {
      // Names may look like ids.
      if (!(error instanceof DomainError && error.reason === "template_not_found")) throw error;
    }
  return findTemplateByName(deps.db, scope, what);
}

/** Throws conflict when nothing should be made from it, as part of what it says is lost. */
export function refuseLoss(template: ClusterTemplate): void {
  const words = templateLoss(template);
  if (words === null) return;
  throw new DomainError("conflict", `ClusterTemplate ${template.name} cannot be used. ${words}`, {
    field: "cluster_template_id",
    remedy: "Set these values of the template anew, or choose another one.",
  });
}

/** One template that the caller may see: public ones need no right (magnum-api 6.2). */
export async function showTemplate(deps: Deps, ctx: RequestContext, what: string): Promise<TemplateRow> {
  const template = await findTemplate(deps, ctx, what, reach(ctx, "clustertemplate:get_one_all_projects"));
  if (!template.public) authorize(ctx, "clustertemplate:get", templateTarget(template));
  refuseHidden(ctx, template, what);
  return template;
}

/** The template that a patch is held against. Throws template_not_found also for another project's hidden one. */
export async function templateToChange(deps: Deps, ctx: RequestContext, what: string): Promise<TemplateRow> {
  const template = await findTemplate(deps, ctx, what, reach(ctx, "clustertemplate:update_all_projects"));
  refuseHidden(ctx, template, what);
  authorize(ctx, "clustertemplate:update", templateTarget(template));
  return template;
}

function refuseHidden(ctx: RequestContext, template: ClusterTemplate, what: string): void {
  if (template.hidden && template.projectId !== ctx.project.id && !ctx.isAdmin)
    throw new DomainError("template_not_found", `ClusterTemplate ${what} could not be found.`);
}

/** A template with the names of what it refers to, and what may be done with it. */
export async function getTemplate(deps: Deps, ctx: RequestContext, id: string): Promise<TemplateView> {
  const template = await showTemplate(deps, ctx, id);
  const { glance, nova, neutron } = ctx.cloud();
  const name = async (
    what: string | null,
    find: (what: string) => Promise<{ name: string } | null | undefined>,
  ): Promise<ResourceName> => {
    if (what === null) return undefined;
    try {
      return (await find(what))?.name ?? null;
    } catch (error) {
      ctx.log.info({ err: error }, "a name could not be asked for");
      return undefined;
    }
  };
  const flavorName = (what: string) => nova.findFlavor(what);
  const [image, flavor, masterFlavor, externalNetwork] = await Promise.all([
    name(template.imageId, async (what) => (await glance.findImages(what))[0]),
    name(template.flavorId, flavorName),
    name(template.masterFlavorId, flavorName),
    name(template.externalNetworkId, async (what) => (await neutron.findNetworks(what))[0]),
  ]);
  return {
    ...template,
    names: { image, flavor, masterFlavor, externalNetwork },
    cannotEdit: refusal(ctx, template, "clustertemplate:update"),
    cannotDelete: refusal(ctx, template, "clustertemplate:delete") ?? inUse(template),
  };
}

function refusal(
  ctx: RequestContext,
  template: ClusterTemplate,
  policy: "clustertemplate:update" | "clustertemplate:delete",
): string | null {
  if (template.projectId !== ctx.project.id) return "It belongs to another project: copy it to change it.";
  return may(ctx, policy, templateTarget(template))
    ? null
    : `Your roles here (${ctx.roles.join(", ")}) do not allow this: it needs member.`;
}

const inUse = ({ clusters }: TemplateRow): string | null =>
  clusters === 0 ? null : `${clusters} ${clusters === 1 ? "cluster uses" : "clusters use"} this template.`;

export const templateTarget = ({ projectId, userId }: Pick<ClusterTemplate, "projectId" | "userId">): PolicyTarget => ({
  projectId,
  userId,
});
