// The audit trail: who did what to a cluster and how it ended, as CADF activity events (magnum-api 17).
import { z } from "zod";
import type { Cluster } from "./cluster.ts";
import { OperationRecord } from "./event.ts";
import { Uuid } from "./identifier.ts";

export const auditOutcomes = ["pending", "success", "failure"] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];

/** Where events are sent besides the trail. */
export const auditChannels = ["bus", "webhook"] as const;
export type AuditChannel = (typeof auditChannels)[number];

type OperationKind = OperationRecord["kind"];

export const cadfTypes = {
  event: "http://schemas.dmtf.org/cloud/audit/1.0/event",
  user: "service/security/account/user",
  cluster: "service/magnum/cluster",
} as const;
const text = z.string().nullable();

/** What listeners learn of the cluster as it was at that moment. */
const ClusterData = z.object({
  status: z.string(),
  status_reason: text,
  project_id: z.string(),
  created_at: text,
  updated_at: text,
  cluster_template_id: z.string(),
  keypair: text,
  docker_volume_size: z.int().nullable(),
  /** Magnum's slip of the pen, which listeners may have come to read. */
  "docker_volume_size:": z.int().nullable(),
  labels: z.record(z.string(), z.string()),
  master_flavor_id: text,
  flavor_id: text,
  stack_id: text,
  health_status: text,
  create_timeout: z.int().nullable(),
  api_address: text,
  discovery_url: text,
  node_addresses: z.array(z.string()),
  master_addresses: z.array(z.string()),
  node_count: z.int(),
  master_count: z.int(),
});

export const CadfEvent = z.object({
  typeURI: z.literal(cadfTypes.event),
  id: Uuid,
  eventTime: z.iso.datetime(),
  eventType: z.literal("activity"),
  action: z.enum(["create", "update", "delete"]),
  outcome: z.enum(auditOutcomes),
  /** Why it failed or was refused; absent otherwise. */
  reason: z.object({ reasonType: z.string(), reasonCode: z.string() }).optional(),
  initiator: z.object({
    typeURI: z.literal(cadfTypes.user),
    id: z.string(),
    user_id: z.string(),
    project_id: z.string(),
    domain_id: z.string().nullable(),
  }),
  observer: z.object({ typeURI: z.literal(cadfTypes.cluster), id: z.string() }),
  target: z.object({
    typeURI: z.literal(cadfTypes.cluster),
    id: Uuid,
    name: z.string(),
    attachments: z.array(
      z.object({ typeURI: z.literal(cadfTypes.cluster), name: z.literal("cluster_data"), content: ClusterData }),
    ),
  }),
});
export type CadfEvent = z.infer<typeof CadfEvent>;

/** A line of the trail. */
export const AuditRecord = z.object({
  id: Uuid,
  clusterId: Uuid,
  clusterName: z.string(),
  projectId: z.string(),
  at: z.date(),
  /** What was asked for, finer than the three actions of CADF. */
  operation: OperationRecord.shape.kind,
  outcome: z.enum(auditOutcomes),
  userId: z.string().nullable(),
  userName: z.string().nullable(),
  event: CadfEvent,
});
export type AuditRecord = z.infer<typeof AuditRecord>;

/** Who asked. `domainId` is null when only the record of the operation is left to tell. */
export interface Initiator {
  userId: string;
  projectId: string;
  domainId: string | null;
}

/** A retry is a second try of what failed, so a cluster that was never made is still being created. */
export function cadfAction(kind: OperationKind, status: Cluster["status"]): CadfEvent["action"] {
  if (kind === "create" || kind === "delete") return kind;
  return kind === "retry" && status.startsWith("CREATE_") ? "create" : "update";
}

/**
 * Does Magnum put it on the message bus? Nothing about node groups, of rotations only failures, and locks are ours. The
 * trail and webhooks have all of it.
 */
export function isOnBus(kind: OperationKind, outcome: AuditOutcome): boolean {
  switch (kind) {
    case "create":
    case "retry":
    case "resize":
    case "update":
    case "upgrade":
    case "delete":
      return true;
    case "rotateCa":
    case "rotateCredential":
      return outcome === "failure";
    case "createNodegroup":
    case "updateNodegroup":
    case "deleteNodegroup":
    case "lock":
    case "unlock":
      return false;
  }
}

/** The event's name and level on the bus: `magnum.cluster.update`, INFO or ERROR. */
export const eventTypeOf = (event: Pick<CadfEvent, "action">): string => `magnum.cluster.${event.action}`;
export const priorityOf = (event: Pick<CadfEvent, "outcome">): "INFO" | "ERROR" =>
  event.outcome === "failure" ? "ERROR" : "INFO";

export function cadfEvent(given: {
  id: string;
  at: Date;
  kind: OperationKind;
  outcome: AuditOutcome;
  reason?: string | null;
  initiator: Initiator;
  cluster: Cluster;
}): CadfEvent {
  const { id, at, kind, outcome, reason, initiator, cluster } = given;
  return {
    typeURI: cadfTypes.event,
    id,
    eventTime: at.toISOString(),
    eventType: "activity",
    action: cadfAction(kind, cluster.status),
    outcome,
    ...(reason ? { reason: { reasonType: "jeroboam", reasonCode: reason } } : {}),
    initiator: {
      typeURI: cadfTypes.user,
      id: initiator.userId,
      user_id: initiator.userId,
      project_id: initiator.projectId,
      domain_id: initiator.domainId,
    },
    observer: { typeURI: cadfTypes.cluster, id: "jeroboam" },
    target: {
      typeURI: cadfTypes.cluster,
      id: cluster.id,
      name: cluster.name,
      attachments: [{ typeURI: cadfTypes.cluster, name: "cluster_data", content: clusterData(cluster) }],
    },
  };
}

const clusterData = (cluster: Cluster): z.infer<typeof ClusterData> => ({
  status: cluster.status,
  status_reason: cluster.statusReason,
  project_id: cluster.projectId,
  created_at: cluster.createdAt.toISOString(),
  updated_at: cluster.updatedAt?.toISOString() ?? null,
  cluster_template_id: cluster.clusterTemplateId,
  keypair: cluster.keypair,
  docker_volume_size: cluster.dockerVolumeSizeGib,
  "docker_volume_size:": cluster.dockerVolumeSizeGib,
  labels: cluster.labels,
  master_flavor_id: cluster.masterFlavorId,
  flavor_id: cluster.flavorId,
  stack_id: cluster.stackId,
  health_status: cluster.healthStatus,
  create_timeout: cluster.createTimeoutMinutes,
  api_address: cluster.apiAddress,
  discovery_url: cluster.discoveryUrl,
  node_addresses: cluster.nodeAddresses,
  master_addresses: cluster.masterAddresses,
  node_count: cluster.nodeCount,
  master_count: cluster.masterCount,
});
