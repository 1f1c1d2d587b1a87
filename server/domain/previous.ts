// What was wanted of a cluster before a change: what a rollback goes back to.
import { z } from "zod";
import { ClusterFacts, NodeGroupFacts } from "./facts.ts";
import { Uuid } from "./identifier.ts";
import { Labels } from "./labels.ts";
import { NodeTaint } from "./nodegroup.ts";

export const PreviousWish = z.object({
  clusterTemplateId: Uuid,
  labels: Labels,
  facts: ClusterFacts,
  nodegroups: z.array(
    z.object({
      id: Uuid,
      nodeCount: z.int(),
      minNodeCount: z.int(),
      maxNodeCount: z.int().nullable(),
      imageId: z.string(),
      labels: Labels,
      nodeLabels: z.record(z.string(), z.string()).nullable(),
      nodeTaints: z.array(NodeTaint).nullable(),
      facts: NodeGroupFacts,
    }),
  ),
});
export type PreviousWish = z.infer<typeof PreviousWish>;
