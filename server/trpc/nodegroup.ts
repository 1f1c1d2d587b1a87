import { z } from "zod";
import { NodegroupCreate, NodegroupUpdate } from "../domain/nodegroup.ts";
import { createNodegroup, deleteNodegroup, updateNodegroup } from "../services/nodegroup.ts";
import { projectProcedure, router } from "./init.ts";
import { ById } from "./inputs.ts";

/** `id` is the cluster's, `group` the node group's name or id. */
const OfCluster = ById.extend({ group: z.string().min(1).max(255) });

export const nodegroupRouter = router({
  create: projectProcedure
    .input(NodegroupCreate.extend(ById.shape))
    .mutation(async ({ ctx, input: { project: _, id, ...wish } }): Promise<{ id: string }> => {
      const { group } = await createNodegroup(ctx.deps, ctx.request, id, wish);
      return { id: group.id };
    }),
  update: projectProcedure
    .input(NodegroupUpdate.extend(OfCluster.shape))
    .mutation(async ({ ctx, input: { project: _, id, group, ...wish } }): Promise<void> => {
      await updateNodegroup(ctx.deps, ctx.request, id, group, wish);
    }),
  delete: projectProcedure
    .input(OfCluster)
    .mutation(({ ctx, input }): Promise<void> => deleteNodegroup(ctx.deps, ctx.request, input.id, input.group)),
});
