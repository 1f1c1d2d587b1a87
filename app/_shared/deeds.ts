import type { OperationRecord } from "@/server/domain/event";

/** What people ask for, before the cluster's name: "Resize web-1". */
export const deeds: Record<OperationRecord["kind"], string> = {
  create: "Create",
  retry: "Retry",
  resize: "Resize",
  update: "Change",
  upgrade: "Upgrade",
  createNodegroup: "Add a node group to",
  updateNodegroup: "Change a node group of",
  deleteNodegroup: "Remove a node group from",
  rotateCa: "Rotate the certificate authority of",
  rotateCredential: "Rotate the cloud credential of",
  delete: "Delete",
  lock: "Lock",
  unlock: "Unlock",
};
