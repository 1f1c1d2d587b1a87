import { z } from "zod";
import { Uuid } from "../domain/identifier.ts";
import { listAudit } from "../services/audit.ts";
import type { AuditRecord, Page } from "../services/views.ts";
import { projectProcedure, router } from "./init.ts";
import { InProject, PageInput } from "./inputs.ts";

const ListInput = InProject.extend({
  cluster: Uuid.optional(),
  /** Of every project: for administrators. */
  allProjects: z.boolean().optional(),
  after: PageInput.after,
  size: PageInput.size,
});

export const auditRouter = router({
  list: projectProcedure
    .input(ListInput)
    .query(({ ctx, input: { cluster, ...wish } }): Promise<Page<AuditRecord>> =>
      listAudit(ctx.deps, ctx.request, { ...wish, clusterId: cluster }),
    ),
});
