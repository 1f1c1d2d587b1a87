import { describeProject, projectOverview, type ProjectView } from "../services/project.ts";
import type { ProjectOverview } from "../services/views.ts";
import { projectProcedure, router } from "./init.ts";

export const projectRouter = router({
  get: projectProcedure.query(({ ctx }): ProjectView => describeProject(ctx.request)),
  overview: projectProcedure.query(({ ctx }): Promise<ProjectOverview> => projectOverview(ctx.deps, ctx.request)),
});
