import { tracked } from "@trpc/server";
import { z } from "zod";
import { ClusterStatus, statusGroups } from "../domain/cluster-status.ts";
import { ClusterCreate } from "../domain/cluster.ts";
import { Uuid } from "../domain/identifier.ts";
import { notYet } from "../services/not-yet.ts";
import type {
  ClusterEvent,
  ClusterList,
  ClusterNode,
  ClusterPreview,
  ClusterView,
  DeletePreview,
  OperationRecord,
  Page,
  ResourceNode,
} from "../services/views.ts";
import { publicProcedure, router } from "./init.ts";
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
  nodesToRemove: z.array(z.string().min(1).max(255)).optional(),
});

const After = { after: z.string().max(256).optional() };

export const clusterRouter = router({
  list: publicProcedure.input(ListInput).query((): Promise<ClusterList> => notYet("cluster.list")),
  get: publicProcedure.input(ById).query((): Promise<ClusterView> => notYet("cluster.get")),
  create: publicProcedure.input(Create).mutation((): Promise<{ id: string }> => notYet("cluster.create")),
  preview: publicProcedure
    .input(ClusterCreate.extend(InProject.shape))
    .query((): Promise<ClusterPreview> => notYet("cluster.preview")),
  delete: publicProcedure
    .input(ById.extend({ name: z.string() }))
    .mutation((): Promise<void> => notYet("cluster.delete")),
  deletePreview: publicProcedure.input(ById).query((): Promise<DeletePreview> => notYet("cluster.deletePreview")),
  retry: publicProcedure.input(ById).mutation((): Promise<void> => notYet("cluster.retry")),
  resize: publicProcedure.input(Resize).mutation((): Promise<void> => notYet("cluster.resize")),
  setLocked: publicProcedure
    .input(ById.extend({ locked: z.boolean() }))
    .mutation((): Promise<void> => notYet("cluster.setLocked")),
  nodes: publicProcedure.input(ById).query((): Promise<ClusterNode[]> => notYet("cluster.nodes")),
  resources: publicProcedure.input(ById).query((): Promise<ResourceNode[]> => notYet("cluster.resources")),
  operations: publicProcedure
    .input(ById.extend(After))
    .query((): Promise<Page<OperationRecord>> => notYet("cluster.operations")),
  events: publicProcedure
    .input(ById.extend({ ...After, operation: Uuid.optional() }))
    .query((): Promise<Page<ClusterEvent>> => notYet("cluster.events")),
  suggestName: publicProcedure.input(InProject).query((): Promise<string> => notYet("cluster.suggestName")),
  /** Yields when something changed in the project (or only in `cluster`): screens then ask again for what they show. */
  watch: publicProcedure
    .input(InProject.extend({ cluster: Uuid.optional(), lastEventId: z.string().nullish() }))
    .subscription(async function* ({ signal }) {
      await Promise.resolve();
      if (signal?.aborted !== false) return;
      yield tracked("0", { clusterIds: new Array<string>() });
    }),
});
