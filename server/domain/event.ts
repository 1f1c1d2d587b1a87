// What happened to a cluster: operations (who asked for what, and how it ended) and the events inside them.
import { z } from "zod";
import { integer, said, text } from "./column.ts";
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

const word = text(255);

export const OperationRecord = z.object({
  id: Uuid,
  clusterId: Uuid,
  clusterName: word,
  projectId: word,
  kind: z.enum(operationKinds),
  userId: word,
  userName: word.nullable(),
  requestId: word.nullable(),
  /** `console` or `api`. */
  door: z.enum(["console", "api"]),
  /** What changed, in words: `{"nodeCount": ["2", "3"]}`. */
  changes: z.record(said(1000), z.tuple([said(65_536).nullable(), said(65_536).nullable()])),
  startedAt: z.date(),
  endedAt: z.date().nullable(),
  outcome: z.enum(["running", "done", "failed", "superseded"]),
  reason: said(65_536).nullable(),
});
export type OperationRecord = z.infer<typeof OperationRecord>;

export const ClusterEvent = z.object({
  /** Grows with time, for paging and for following. */
  seq: integer(1),
  clusterId: Uuid,
  operationId: Uuid.nullable(),
  at: z.date(),
  level: z.enum(["info", "good", "warning", "error"]),
  message: said(65_536),
  detail: said(65_536).nullable(),
});
export type ClusterEvent = z.infer<typeof ClusterEvent>;
