import { z } from "zod";
import { TemplateCreate, TemplateUpdate } from "../domain/cluster-template.ts";
import { notYet } from "../services/not-yet.ts";
import type { Page, TemplateRow, TemplateView } from "../services/views.ts";
import { publicProcedure, router } from "./init.ts";
import { ById, InProject, PageInput } from "./inputs.ts";

export const templateRouter = router({
  list: publicProcedure
    .input(InProject.extend({ q: z.string().max(255).optional(), ...PageInput }))
    .query((): Promise<Page<TemplateRow>> => notYet("template.list")),
  get: publicProcedure.input(ById).query((): Promise<TemplateView> => notYet("template.get")),
  create: publicProcedure
    .input(TemplateCreate.extend(InProject.shape))
    .mutation((): Promise<{ id: string }> => notYet("template.create")),
  update: publicProcedure
    .input(ById.extend({ change: TemplateUpdate }))
    .mutation((): Promise<{ id: string }> => notYet("template.update")),
  delete: publicProcedure.input(ById).mutation((): Promise<void> => notYet("template.delete")),
});
