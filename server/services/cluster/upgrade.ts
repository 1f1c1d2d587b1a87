// To the values of another template: Kubernetes' version and what belongs to it, image, and the way nodes are made.
import type { RequestContext } from "../../auth/context.ts";
import { DomainError } from "../../domain/error.ts";
import type { Deps } from "../deps.ts";
import type { FieldMessage } from "../views.ts";

export interface UpgradeWish {
  /** Name or id. */
  clusterTemplate: string;
  /** Nodes that are replaced at a time; null or absent = 1. */
  maxBatchSize?: number | null | undefined;
  /** Name, id or integer id: that group alone, to the cluster's template. Absent = control plane and default workers. */
  nodegroup?: string | undefined;
  /** Absent = as the cluster is set. */
  rollback?: boolean | undefined;
}

/** What an upgrade would do. */
export interface UpgradePreview {
  /** [] = it can be done. */
  problems: FieldMessage[];
  warnings: FieldMessage[];
  /** COE versions, of the control plane or of the chosen group. */
  version: { from: string; to: string } | null;
  groups: { name: string; role: string; nodes: number; replaced: boolean; image: { from: string; to: string } }[];
  labels: { key: string; from: string | null; to: string | null }[];
}

/**
 * Accepts the upgrade; the conductor replaces the nodes, masters first. Throws template_not_found, nodegroup_not_found,
 * invalid_input (older version), conflict (the template is not valid for it), operation_not_allowed_now,
 * not_supported_by_driver.
 */
export function upgradeCluster(_deps: Deps, _ctx: RequestContext, _id: string, _wish: UpgradeWish): Promise<void> {
  return Promise.reject(new DomainError("not_supported_by_driver", "Upgrading is not supported by this driver."));
}

/** The same checks without doing it. */
export function previewUpgrade(
  _deps: Deps,
  _ctx: RequestContext,
  _id: string,
  _wish: UpgradeWish,
): Promise<UpgradePreview> {
  return Promise.reject(new DomainError("not_supported_by_driver", "Upgrading is not supported by this driver."));
}
