import { z } from "zod";
import { TemplateCreate, TemplateUpdate } from "../domain/cluster-template.ts";
import { checkTemplate, createTemplate, deleteTemplate, updateTemplate } from "../services/cluster-template/change.ts";
import { getTemplate, listTemplates } from "../services/cluster-template/read.ts";
import type { Page, TemplateCheck, TemplateRow, TemplateView } from "../services/views.ts";
import { projectProcedure, router } from "./init.ts";
import { ById, InProject, PageInput } from "./inputs.ts";

export const templateRouter = router({
  list: projectProcedure
    .input(InProject.extend({ q: z.string().max(255).optional(), ...PageInput }))
    .query(({ ctx, input }): Promise<Page<TemplateRow>> => listTemplates(ctx.deps, ctx.request, input)),
  get: projectProcedure
    .input(ById)
    .query(({ ctx, input }): Promise<TemplateView> => getTemplate(ctx.deps, ctx.request, input.id)),
  create: projectProcedure
    .input(TemplateCreate.extend(InProject.shape))
    .mutation(async ({ ctx, input: { project: _, ...wish } }): Promise<{ id: string }> => {
      const { id } = await createTemplate(ctx.deps, ctx.request, wish);
      return { id };
    }),
  /** For the review step: what creation would refuse, and what it would warn of. */
  check: projectProcedure
    .input(TemplateCreate.extend(InProject.shape))
    .query(({ ctx, input: { project: _, ...wish } }): Promise<TemplateCheck> =>
      checkTemplate(ctx.deps, ctx.request, wish),
    ),
  update: projectProcedure
    .input(ById.extend({ change: TemplateUpdate }))
    .mutation(async ({ ctx, input }): Promise<{ id: string }> => {
      const { id } = await updateTemplate(ctx.deps, ctx.request, input.id, input.change);
      return { id };
    }),
  delete: projectProcedure
    .input(ById)
    .mutation(({ ctx, input }): Promise<void> => deleteTemplate(ctx.deps, ctx.request, input.id)),
});
