// The tables that kubectl prints.
import { z } from "zod";
import type { Kind } from "./kube-kinds.ts";

export type KubeObject = Record<string, unknown>;

/** Clients write null where they have nothing to say. */
const word = (otherwise: string) =>
  z
    .string()
    .nullish()
    .transform((value) => value ?? otherwise);
const Words = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {});
const Metadata = z.looseObject({
  name: word(""),
  namespace: z.string().optional(),
  creationTimestamp: word(""),
  labels: Words,
  annotations: Words,
  resourceVersion: word("0"),
});
export const metadataOf = (object: KubeObject) => Metadata.parse(object["metadata"] ?? {});
export const at = (object: unknown, ...path: (string | number)[]): unknown =>
  path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    object,
  );
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown, otherwise = "<none>"): string =>
  value === undefined || value === null || value === "" ? otherwise : String(value);

/** As kubectl counts: 45s, 3m10s, 5h, 12d. */
export function age(from: string, now: number): string {
  const seconds = Math.max(0, Math.floor((now - Date.parse(from)) / 1000));
  if (Number.isNaN(seconds)) return "<unknown>";
  const [minutes, hours, days] = [Math.floor(seconds / 60), Math.floor(seconds / 3600), Math.floor(seconds / 86_400)];
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (hours < 3) return `${minutes}m`;
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  return `${days}d`;
}

interface Column {
  name: string;
  /** Only with -o wide. */
  wide?: boolean;
  cell: (object: KubeObject, now: number) => unknown;
}
const name: Column = { name: "Name", cell: (object) => metadataOf(object).name };
const since: Column = { name: "Age", cell: (object, now) => age(metadataOf(object).creationTimestamp, now) };
const column = (title: string, cell: Column["cell"], wide = false): Column => ({ name: title, cell, wide });
const isReady = (object: KubeObject) =>
  list(at(object, "status", "conditions")).some((one) => at(one, "type") === "Ready" && at(one, "status") === "True");
const address = (type: string) => (object: KubeObject) =>
  text(
    at(
      list(at(object, "status", "addresses")).find((one) => at(one, "type") === type),
      "address",
    ),
  );
const rolesOf = (object: KubeObject) => {
  const prefix = "node-role.kubernetes.io/";
  const roles = Object.keys(metadataOf(object).labels).flatMap((label) =>
    label.startsWith(prefix) ? [label.slice(prefix.length)] : [],
  );
  return roles.length > 0 ? roles.toSorted().join(",") : "<none>";
};
const ports = (object: KubeObject) =>
  text(
    list(at(object, "spec", "ports"))
      .map((one) => `${text(at(one, "port"))}/${text(at(one, "protocol"), "TCP")}`)
      .join(","),
  );

const tables: Readonly<Record<string, readonly Column[]>> = {
  Node: [
    name,
    column(
      "Status",
      (object) =>
        `${isReady(object) ? "Ready" : "NotReady"}${at(object, "spec", "unschedulable") === true ? ",SchedulingDisabled" : ""}`,
    ),
    column("Roles", rolesOf),
    since,
    column("Version", (object) => text(at(object, "status", "nodeInfo", "kubeletVersion"))),
    column("Internal-IP", address("InternalIP"), true),
    column("External-IP", address("ExternalIP"), true),
    column("OS-Image", (object) => text(at(object, "status", "nodeInfo", "osImage")), true),
    column("Kernel-Version", (object) => text(at(object, "status", "nodeInfo", "kernelVersion")), true),
    column("Container-Runtime", (object) => text(at(object, "status", "nodeInfo", "containerRuntimeVersion")), true),
  ],
  Namespace: [name, column("Status", (object) => text(at(object, "status", "phase"), "Active")), since],
  Pod: [
    name,
    column("Ready", (object) => {
      const all = list(at(object, "spec", "containers")).length;
      return `${at(object, "status", "phase") === "Running" ? all : 0}/${all}`;
    }),
    column("Status", (object) => text(at(object, "status", "phase"))),
    column("Restarts", () => "0"),
    since,
    column("IP", (object) => text(at(object, "status", "podIP")), true),
    column("Node", (object) => text(at(object, "spec", "nodeName")), true),
    column("Nominated Node", () => "<none>", true),
    column("Readiness Gates", () => "<none>", true),
  ],
  DaemonSet: [
    name,
    ...(
      [
        "desiredNumberScheduled",
        "currentNumberScheduled",
        "numberReady",
        "updatedNumberScheduled",
        "numberAvailable",
      ] as const
    ).map((key, n) =>
      column(
        ["Desired", "Current", "Ready", "Up-to-date", "Available"][n] ?? "",
        (object) => at(object, "status", key) ?? 0,
      ),
    ),
    column("Node Selector", (object) =>
      text(
        Object.entries(
          z
            .record(z.string(), z.string())
            .catch({})
            .parse(at(object, "spec", "template", "spec", "nodeSelector")),
        )
          .map(([key, value]) => `${key}=${value}`)
          .join(","),
      ),
    ),
    since,
  ],
  Deployment: [
    name,
    column(
      "Ready",
      (object) => `${text(at(object, "status", "readyReplicas"), "0")}/${text(at(object, "spec", "replicas"), "1")}`,
    ),
    column("Up-to-date", (object) => at(object, "status", "updatedReplicas") ?? 0),
    column("Available", (object) => at(object, "status", "availableReplicas") ?? 0),
    since,
  ],
  Service: [
    name,
    column("Type", (object) => text(at(object, "spec", "type"), "ClusterIP")),
    column("Cluster-IP", (object) => text(at(object, "spec", "clusterIP"))),
    column("External-IP", () => "<none>"),
    column("Port(s)", ports),
    since,
  ],
  ConfigMap: [
    name,
    column(
      "Data",
      (object) => Object.keys(z.record(z.string(), z.unknown()).catch({}).parse(at(object, "data"))).length,
    ),
    since,
  ],
  Secret: [
    name,
    column("Type", (object) => text(at(object, "type"), "Opaque")),
    column(
      "Data",
      (object) => Object.keys(z.record(z.string(), z.unknown()).catch({}).parse(at(object, "data"))).length,
    ),
    since,
  ],
};

export function tableOf(kind: Kind, objects: readonly KubeObject[], metadata: object, now: number): object {
  const columns = tables[kind.kind] ?? [name, since];
  return {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata,
    columnDefinitions: columns.map((one) => ({
      name: one.name,
      type: "string",
      format: one.name === "Name" ? "name" : "",
      description: "",
      priority: one.wide ? 1 : 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map((one) => one.cell(object, now)),
      object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: object["metadata"] },
    })),
  };
}
