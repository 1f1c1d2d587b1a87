// What a cluster holds: objects that were applied, and those that a running cluster would have made of them.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Core } from "./core.ts";
import { apiVersionOf } from "./kube-kinds.ts";
import type { Kind } from "./kube-kinds.ts";
import { at, metadataOf } from "./kube-table.ts";
import type { KubeObject } from "./kube-table.ts";
import type { Kubernetes } from "./model.ts";

export const keyOf = (kind: Kind, namespace: string, name: string): string =>
  `${kind.group === "" ? "" : `${kind.group}/`}${kind.plural}/${namespace}/${name}`;
const short = (text: string, length: number) =>
  [...createHash("sha256").update(text).digest()]
    .slice(0, length)
    .map((byte) => "bcdfghjklmnpqrstvwxz2456789"[byte % 27])
    .join("");
const idOf = (text: string) =>
  createHash("md5")
    .update(text)
    .digest("hex")
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
const when = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z/, "Z");

const nodesOf = (row: Kubernetes): KubeObject[] =>
  Object.entries(row.objects).flatMap(([key, object]) => (key.startsWith("nodes//") ? [object] : []));
const isMaster = (node: KubeObject) => "node-role.kubernetes.io/control-plane" in metadataOf(node).labels;

/** All objects of a kind; namespace "" = everywhere. */
export function objectsOf(core: Core, row: Kubernetes, kind: Kind, namespace: string): KubeObject[] {
  const prefix = `${kind.group === "" ? "" : `${kind.group}/`}${kind.plural}/`;
  const stored = Object.entries(row.objects).flatMap(([key, object]) =>
    key.startsWith(prefix) ? [withStatus(row, kind, object)] : [],
  );
  const all = [...builtIn(row, kind), ...stored, ...(kind.kind === "Pod" ? podsOf(core, row) : [])];
  const unique = [
    ...new Map(
      all.map((object) => [`${metadataOf(object).namespace ?? ""}/${metadataOf(object).name}`, object]),
    ).values(),
  ];
  return unique
    .filter((object) => namespace === "" || metadataOf(object).namespace === namespace)
    .toSorted((a, b) => {
      const [x, y] = [metadataOf(a), metadataOf(b)];
      return `${x.namespace ?? ""}/${x.name}` < `${y.namespace ?? ""}/${y.name}` ? -1 : 1;
    });
}

/** What is there before anybody applies anything. */
function builtIn(row: Kubernetes, kind: Kind): KubeObject[] {
  const born = when(row.startedAt);
  const base = (name: string, namespace?: string) => ({
    name, ...(namespace === undefined ? {} : { namespace }), uid: idOf(`${row.id} ${kind.plural} ${name}`), resourceVersion: "1", creationTimestamp: born,
  }); // prettier-ignore
  const apiVersion = apiVersionOf(kind);
  switch (kind.kind) {
    case "Namespace":
      return ["default", "kube-node-lease", "kube-public", "kube-system"].map((name) => ({
        apiVersion, kind: "Namespace", metadata: { ...base(name), labels: { "kubernetes.io/metadata.name": name } }, spec: { finalizers: ["kubernetes"] },
        status: { phase: "Active" },
      })); // prettier-ignore
    case "Service":
      return [{
        apiVersion, kind: "Service", metadata: { ...base("kubernetes", "default"), labels: { component: "apiserver", provider: "kubernetes" } },
        spec: { type: "ClusterIP", clusterIP: "10.254.0.1", ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: row.port }] }, status: { loadBalancer: {} },
      }]; // prettier-ignore
    case "DaemonSet":
      return [withStatus(row, kind, {
        apiVersion, kind: "DaemonSet", metadata: { ...base("kube-proxy", "kube-system"), labels: { "k8s-app": "kube-proxy" } },
        spec: { selector: { matchLabels: { "k8s-app": "kube-proxy" } }, template: { metadata: { labels: { "k8s-app": "kube-proxy" } }, spec: { nodeSelector: { "kubernetes.io/os": "linux" }, containers: [{ name: "kube-proxy", image: `registry.k8s.io/kube-proxy:${row.version}` }] } } },
      })]; // prettier-ignore
    case "ServiceAccount":
      return ["default", "kube-public", "kube-system"].map((namespace) => ({
        apiVersion,
        kind: "ServiceAccount",
        metadata: base("default", namespace),
      }));
    default:
      return [];
  }
}

/** Controllers run nowhere here, so what they would count is counted when somebody looks. */
function withStatus(row: Kubernetes, kind: Kind, object: KubeObject): KubeObject {
  const nodes = nodesOf(row).length;
  if (kind.kind === "DaemonSet")
    return {
      ...object,
      status: {
        currentNumberScheduled: nodes,
        desiredNumberScheduled: nodes,
        numberReady: nodes,
        numberAvailable: nodes,
        updatedNumberScheduled: nodes,
        numberMisscheduled: 0,
        observedGeneration: 1,
      },
    };
  if (kind.kind === "Deployment") {
    const wanted = Number(at(object, "spec", "replicas") ?? 1);
    const ready = nodes > 0 ? wanted : 0;
    return {
      ...object,
      status: {
        replicas: wanted,
        readyReplicas: ready,
        availableReplicas: ready,
        updatedReplicas: wanted,
        observedGeneration: 1,
        conditions: [{ type: "Available", status: ready === wanted ? "True" : "False" }],
      },
    };
  }
  return object;
}

/** Pods of the control plane, of DaemonSets and of Deployments, as they would run. */
function podsOf(core: Core, row: Kubernetes): KubeObject[] {
  const nodes = nodesOf(row);
  const pod = (
    name: string,
    namespace: string,
    node: KubeObject | undefined,
    labels: unknown,
    containers: unknown,
    born: string,
    owner: string,
  ): KubeObject => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace,
      uid: idOf(`${row.id} ${name}`),
      resourceVersion: "1",
      creationTimestamp: born,
      labels: labels ?? {},
      annotations: { "sandbox/owner": owner },
    },
    spec: {
      nodeName: node ? metadataOf(node).name : undefined,
      containers: Array.isArray(containers) && containers.length > 0 ? containers : [{ name: "main" }],
    },
    status: {
      phase: node ? "Running" : "Pending",
      podIP: node ? at(node, "status", "addresses", 0, "address") : undefined,
      conditions: [{ type: "Ready", status: node ? "True" : "False" }],
    },
  });
  const found: KubeObject[] = [];
  for (const node of nodes.filter(isMaster))
    for (const part of ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]) {
      const image = part === "etcd" ? "registry.k8s.io/etcd:3.5.9-0" : `registry.k8s.io/${part}:${row.version}`;
      const { name, creationTimestamp } = metadataOf(node);
      found.push(
        pod(
          `${part}-${name}`,
          "kube-system",
          node,
          { component: part, tier: "control-plane" },
          [{ name: part, image }],
          creationTimestamp,
          part,
        ),
      );
    }
  const template = (object: KubeObject) => ({
    labels: at(object, "spec", "template", "metadata", "labels"),
    containers: at(object, "spec", "template", "spec", "containers"),
  });
  const apps = (kindName: string, plural: string): Kind => ({
    group: "apps",
    version: "v1",
    kind: kindName,
    plural,
    short: [],
    namespaced: true,
  });
  for (const set of objectsOf(core, row, apps("DaemonSet", "daemonsets"), "")) {
    const meta = metadataOf(set);
    const { labels, containers } = template(set);
    for (const node of nodes) {
      const born = [meta.creationTimestamp, metadataOf(node).creationTimestamp].toSorted().at(-1) ?? "";
      found.push(
        pod(
          `${meta.name}-${short(`${meta.name} ${metadataOf(node).name}`, 5)}`,
          meta.namespace ?? "default",
          node,
          labels,
          containers,
          born,
          meta.name,
        ),
      );
    }
  }
  const workers = nodes.filter((node) => !isMaster(node));
  const places = workers.length > 0 ? workers : nodes;
  for (const deployment of objectsOf(core, row, apps("Deployment", "deployments"), "")) {
    const meta = metadataOf(deployment);
    const { labels, containers } = template(deployment);
    const replicas = Number(at(deployment, "spec", "replicas") ?? 1);
    for (let n = 0; n < replicas; n++) {
      const name = `${meta.name}-${short(`${meta.name} set`, 10)}-${short(`${meta.name} ${n}`, 5)}`;
      found.push(
        pod(
          name,
          meta.namespace ?? "default",
          places[n % Math.max(1, places.length)],
          labels,
          containers,
          meta.creationTimestamp,
          meta.name,
        ),
      );
    }
  }
  return found;
}

export const isObject = (value: unknown): value is KubeObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Lists of named things are joined by name; null removes: what apply and strategic merge do to the kinds that are used. */
export function merge(base: unknown, patch: unknown, lists: boolean): unknown {
  if (isObject(base) && isObject(patch)) {
    const merged: KubeObject = { ...base };
    for (const [key, value] of Object.entries(patch)) {
      if (value === null) delete merged[key];
      else merged[key] = key in merged ? merge(merged[key], value, lists) : value;
    }
    return merged;
  }
  if (lists && Array.isArray(base) && Array.isArray(patch)) {
    for (const key of ["type", "name", "key"]) {
      const keyed = z.array(z.looseObject({ [key]: z.string() }));
      if (!keyed.safeParse(base).success || !keyed.safeParse(patch).success) continue;
      const rest = patch.filter((one) => !base.some((old) => at(old, key) === at(one, key)));
      return [
        ...base.map((old) => {
          const own = patch.find((one) => at(one, key) === at(old, key));
          return own === undefined ? old : merge(old, own, lists);
        }),
        ...rest,
      ];
    }
  }
  return patch;
}

/** Makes an object of what was sent: metadata filled in, a new version. */
export function store(
  core: Core,
  row: Kubernetes,
  kind: Kind,
  namespace: string,
  name: string,
  body: KubeObject,
): KubeObject {
  const key = keyOf(kind, namespace, name);
  const old = row.objects[key];
  const { resourceVersion: _old, ...given } = isObject(body["metadata"]) ? body["metadata"] : {};
  const metadata = {
    ...given,
    name,
    ...(kind.namespaced ? { namespace } : {}),
    uid: old ? at(old, "metadata", "uid") : idOf(`${row.id} ${key} ${row.revision}`),
    creationTimestamp: old ? metadataOf(old).creationTimestamp : when(core.now()),
    generation: 1,
  };
  const made = { ...body, apiVersion: apiVersionOf(kind), kind: kind.kind, metadata };
  const before = old && { ...old, metadata: { ...metadataOf(old), resourceVersion: undefined } };
  if (
    before &&
    JSON.stringify(before) ===
      JSON.stringify({ ...made, metadata: { ...metadataOf(made), resourceVersion: undefined } })
  )
    return old;
  row.revision++;
  const stored = {
    ...made,
    metadata: { ...metadata, resourceVersion: String(row.revision) },
    ...(kind.kind === "Namespace" ? { status: { phase: "Active" } } : {}),
  };
  row.objects[key] = stored;
  core.state.kubernetes.save(row);
  return stored;
}
