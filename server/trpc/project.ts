import { notYet } from "../services/not-yet.ts";
import type { ProjectOverview } from "../services/views.ts";
import { publicProcedure, router } from "./init.ts";
import { InProject } from "./inputs.ts";

export interface ProjectView {
  id: string;
  name: string;
  roles: string[];
  isAdmin: boolean;
  /** By policy name: `can["cluster:create"]`. */
  can: Record<string, boolean>;
}

export const projectRouter = router({
  get: publicProcedure.input(InProject).query((): Promise<ProjectView> => notYet("project.get")),
  overview: publicProcedure.input(InProject).query((): Promise<ProjectOverview> => notYet("project.overview")),
});
