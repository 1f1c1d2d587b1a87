// What happened to a cluster: operations (who asked for what, and how it ended) and the events inside them.
import { z } from "zod";
import { Uuid } from "./identifier.ts";

export const operationKinds = [
  "create",
  "retry",
  "resize",
  "update",
  "upgrade",
  "createNodegroup",
  "updateNodegroup",
  "deleteNodegroup",
  "rotateCa",
  "rotateCredential",
  "delete",
  "lock",
  "unlock",
] as const;

export const OperationRecord = z.object({
  id: Uuid,
  clusterId: Uuid,
  clusterName: z.string(),
  projectId: z.string(),
  kind: z.enum(operationKinds),
  userId: z.string(),
  userName: z.string().nullable(),
  requestId: z.string().nullable(),
  /** `console` or `api`. */
  door: z.enum(["console", "api"]),
  /** What changed, in words: `{"nodeCount": ["2", "3"]}`. */
  changes: z.record(z.string(), z.tuple([z.string().nullable(), z.string().nullable()])),
  startedAt: z.date(),
  endedAt: z.date().nullable(),
  outcome: z.enum(["running", "done", "failed", "superseded"]),
  reason: z.string().nullable(),
});
export type OperationRecord = z.infer<typeof OperationRecord>;

export const ClusterEvent = z.object({
  /** Grows with time, for paging and for following. */
  seq: z.int(),
  clusterId: Uuid,
  operationId: Uuid.nullable(),
  at: z.date(),
  level: z.enum(["info", "good", "warning", "error"]),
  message: z.string(),
  detail: z.string().nullable(),
});
export type ClusterEvent = z.infer<typeof ClusterEvent>;
