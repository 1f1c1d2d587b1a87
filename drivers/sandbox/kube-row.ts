// A cluster's row: keys of its objects, ids that are the same at each look, and its nodes.
import { createHash } from "node:crypto";
import type { Kind } from "./kube-kinds.ts";
import { metadataOf } from "./kube-table.ts";
import type { KubeObject } from "./kube-table.ts";
import type { Kubernetes } from "./model.ts";

export const keyOf = (kind: Kind, namespace: string, name: string): string =>
  `${kind.group === "" ? "" : `${kind.group}/`}${kind.plural}/${namespace}/${name}`;

/** As the ends of pods' names are. */
export const shortHash = (text: string, length: number): string =>
  [...createHash("sha256").update(text).digest()]
    .slice(0, length)
    .map((byte) => "bcdfghjklmnpqrstvwxz2456789"[byte % 27])
    .join("");

export const idOf = (text: string): string =>
  createHash("md5")
    .update(text)
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

/** 2026-01-02T03:04:05Z, as Kubernetes writes times. */
export const when = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z/, "Z");

export const nodesOf = (row: Kubernetes): KubeObject[] =>
  Object.entries(row.objects).flatMap(([key, object]) => (key.startsWith("nodes//") ? [object] : []));

export const isControlPlane = (node: KubeObject): boolean =>
  "node-role.kubernetes.io/control-plane" in metadataOf(node).labels;
