import { tracked } from "@trpc/server";
import { z } from "zod";
import type { Change } from "../changes.ts";
import { ClusterStatus, statusGroups } from "../domain/cluster-status.ts";
import { ClusterCreate } from "../domain/cluster.ts";
import { Uuid } from "../domain/identifier.ts";
import { deleteCluster, previewDeletion, resizeCluster, retryCluster, setLocked } from "../services/cluster/change.ts";
import { createCluster, previewCluster } from "../services/cluster/create.ts";
import {
  clusterEvents,
  clusterOperations,
  clusterResources,
  getCluster,
  listClusterNodes,
  listClusters,
  suggestName,
} from "../services/cluster/read.ts";
import { previewResize } from "../services/cluster/resize-preview.ts";
import { previewUpgrade, upgradeCluster } from "../services/cluster/upgrade.ts";
import { rotateCredential } from "../services/rotation.ts";
import { watchProject } from "../services/watch.ts";
import type {
  ClusterEvent,
  ClusterList,
  ClusterNode,
  ClusterPreview,
  ClusterView,
  DeletePreview,
  GoingNode,
  OperationRecord,
  Page,
  ResourceNode,
  UpgradePreview,
} from "../services/views.ts";
import { projectProcedure, router, translate } from "./init.ts";
import { ById, InProject, PageInput } from "./inputs.ts";

const ListInput = InProject.extend({
  q: z.string().max(255).optional(),
  groups: z.array(z.enum(statusGroups)).optional(),
  statuses: z.array(ClusterStatus).optional(),
  template: Uuid.optional(),
  ...PageInput,
});

const Create = ClusterCreate.extend({
  ...InProject.shape,
  /** Made once per opened form: a repeated press makes one cluster. */
  idempotencyKey: z.string().min(8).max(100),
});

const Resize = ById.extend({
  /** Name or id of the node group; the default worker group when absent. */
  nodegroup: z.string().min(1).max(255).optional(),
  nodeCount: z.int().min(0),
  nodesToRemove: z.array(z.string().min(1).max(255)).max(1000).optional(),
});

const Upgrade = ById.extend({
  /** Name or id. */
  clusterTemplate: z.string().min(1).max(255),
  /** Nodes that are replaced at a time. */
  maxBatchSize: z.int().min(1).max(100).optional(),
  /** Name or id of one group, which goes to the cluster's own template; absent = control plane and default workers. */
  nodegroup: z.string().min(1).max(255).optional(),
  rollback: z.boolean().optional(),
});

/** Changes as screens hear of them, and why there are no more. */
async function* told(changes: AsyncIterable<Change>) {
  try {
    for await (const { seq, clusterIds } of changes) yield tracked(String(seq), { clusterIds });
  } catch (error) {
    throw translate(error);
  }
}

const After = { after: z.string().max(256).optional() };

export const clusterRouter = router({
  list: projectProcedure
    .input(ListInput)
    .query(({ ctx, input }): Promise<ClusterList> => listClusters(ctx.deps, ctx.request, input)),
  get: projectProcedure
    .input(ById)
    .query(({ ctx, input }): Promise<ClusterView> => getCluster(ctx.deps, ctx.request, input.id)),
  create: projectProcedure.input(Create).mutation(({ ctx, input }): Promise<{ id: string }> => {
    const { project: _, idempotencyKey, ...wish } = input;
    return createCluster(ctx.deps, ctx.request, wish, idempotencyKey);
  }),
  preview: projectProcedure
    .input(ClusterCreate.extend(InProject.shape))
    .query(({ ctx, input: { project: _, ...wish } }): Promise<ClusterPreview> =>
      previewCluster(ctx.deps, ctx.request, wish),
    ),
  delete: projectProcedure
    .input(ById.extend({ name: z.string() }))
    .mutation(({ ctx, input }): Promise<void> => deleteCluster(ctx.deps, ctx.request, input.id, input.name)),
  deletePreview: projectProcedure
    .input(ById)
    .query(({ ctx, input }): Promise<DeletePreview> => previewDeletion(ctx.deps, ctx.request, input.id)),
  retry: projectProcedure
    .input(ById)
    .mutation(({ ctx, input }): Promise<void> => retryCluster(ctx.deps, ctx.request, input.id)),
  resize: projectProcedure
    .input(Resize)
    .mutation(({ ctx, input }): Promise<void> => resizeCluster(ctx.deps, ctx.request, input.id, input)),
  resizePreview: projectProcedure
    .input(Resize)
    .query(({ ctx, input }): Promise<GoingNode[]> => previewResize(ctx.deps, ctx.request, input.id, input)),
  upgrade: projectProcedure
    .input(Upgrade)
    .mutation(({ ctx, input }): Promise<void> => upgradeCluster(ctx.deps, ctx.request, input.id, input)),
  upgradePreview: projectProcedure
    .input(Upgrade)
    .query(({ ctx, input }): Promise<UpgradePreview> => previewUpgrade(ctx.deps, ctx.request, input.id, input)),
  /** A new identity at the cloud, in the name of who asks; the cluster becomes theirs. */
  rotateCredential: projectProcedure
    .input(ById)
    .mutation(({ ctx, input }): Promise<{ id: string }> => rotateCredential(ctx.deps, ctx.request, input.id)),
  setLocked: projectProcedure
    .input(ById.extend({ locked: z.boolean() }))
    .mutation(({ ctx, input }): Promise<void> => setLocked(ctx.deps, ctx.request, input.id, input.locked)),
  nodes: projectProcedure
    .input(ById)
    .query(({ ctx, input }): Promise<ClusterNode[]> => listClusterNodes(ctx.deps, ctx.request, input.id)),
  resources: projectProcedure
    .input(ById)
    .query(({ ctx, input }): Promise<ResourceNode[]> => clusterResources(ctx.deps, ctx.request, input.id)),
  operations: projectProcedure
    .input(ById.extend(After))
    .query(({ ctx, input }): Promise<Page<OperationRecord>> =>
      clusterOperations(ctx.deps, ctx.request, input.id, input.after),
    ),
  events: projectProcedure
    .input(ById.extend({ ...After, operation: Uuid.optional() }))
    .query(({ ctx, input }): Promise<Page<ClusterEvent>> => clusterEvents(ctx.deps, ctx.request, input.id, input)),
  suggestName: projectProcedure.query(({ ctx }): Promise<string> => suggestName(ctx.deps, ctx.request)),
  /** Yields when something changed in the project (or only in `cluster`): screens then ask again for what they show. */
  watch: projectProcedure
    .input(InProject.extend({ cluster: Uuid.optional(), lastEventId: z.string().regex(/^\d+$/).nullish() }))
    .subscription(({ ctx, input, signal }) => {
      const after = input.lastEventId ? Number(input.lastEventId) : undefined;
      const stillThere = () => ctx.enter(input.project, "read");
      return told(watchProject(ctx.deps, ctx.request, stillThere, { cluster: input.cluster, after, signal }));
    }),
});
