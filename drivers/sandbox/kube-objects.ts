// What a cluster holds: objects that were applied, and those that a running cluster would have made of them.
import { z } from "zod";
import type { Core } from "./core.ts";
import { apiVersionOf, kindOf } from "./kube-kinds.ts";
import type { Kind } from "./kube-kinds.ts";
import { budgetStatus, podsOf } from "./kube-pods.ts";
import { idOf, keyOf, nodesOf, when } from "./kube-row.ts";
import { at, metadataOf } from "./kube-table.ts";
import type { KubeObject } from "./kube-table.ts";
import type { Kubernetes } from "./model.ts";
import { asksFor } from "./scenarios.ts";

/** All objects of a kind; namespace "" = everywhere. */
export function objectsOf(core: Core, row: Kubernetes, kind: Kind, namespace: string): KubeObject[] {
  const prefix = `${kind.group === "" ? "" : `${kind.group}/`}${kind.plural}/`;
  const stored = Object.entries(row.objects).flatMap(([key, object]) =>
    key.startsWith(prefix) ? [withStatus(core, row, kind, object)] : [],
  );
  const list = (plural: string) => objectsOf(core, row, kindOf(plural), "");
  const all = [...builtIn(core, row, kind), ...stored, ...(kind.kind === "Pod" ? podsOf(core, row, list) : [])];
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
function builtIn(core: Core, row: Kubernetes, kind: Kind): KubeObject[] {
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
      return [withStatus(core, row, kind, {
        apiVersion, kind: "DaemonSet", metadata: { ...base("kube-proxy", "kube-system"), labels: { "k8s-app": "kube-proxy" } },
        spec: { selector: { matchLabels: { "k8s-app": "kube-proxy" } }, template: { metadata: { labels: { "k8s-app": "kube-proxy" } }, spec: { nodeSelector: { "kubernetes.io/os": "linux" }, containers: [{ name: "kube-proxy", image: `registry.k8s.io/kube-proxy:${row.version}` }] } } },
      })]; // prettier-ignore
    case "Deployment":
      return guarded(row, withStatus(core, row, kind, {
        apiVersion, kind: "Deployment", metadata: { ...base("guarded", "default"), labels: { app: "guarded" } },
        spec: { replicas: 1, selector: { matchLabels: { app: "guarded" } }, template: { metadata: { labels: { app: "guarded" } }, spec: { containers: [{ name: "main", image: "registry.k8s.io/pause:3.10" }] } } },
      })); // prettier-ignore
    case "PodDisruptionBudget":
      return guarded(row, withStatus(core, row, kind, {
        apiVersion, kind: "PodDisruptionBudget", metadata: base("guarded", "default"), spec: { maxUnavailable: 0, selector: { matchLabels: { app: "guarded" } } },
      })); // prettier-ignore
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

const guarded = (row: Kubernetes, object: KubeObject): KubeObject[] =>
  asksFor("drainRefused", row.name) ? [object] : [];

/** Controllers run nowhere here, so what they would count is counted when somebody looks. */
function withStatus(core: Core, row: Kubernetes, kind: Kind, object: KubeObject): KubeObject {
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
  if (kind.kind === "PodDisruptionBudget")
    return { ...object, status: budgetStatus(object, objectsOf(core, row, kindOf("pods"), "")) };
  return object;
}

export const isObject = (value: unknown): value is KubeObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Lists of named things are joined by name; null removes: what apply and strategic merge do to the kinds that are used. */
export function merge(base: unknown, patch: unknown, lists: boolean): unknown {
  if (isObject(base) && isObject(patch)) {
    const merged: KubeObject = { ...base };
    for (const [key, value] of Object.entries(patch)) {
      if (value === null) delete merged[key];
      else merged[key] = merge(key in merged ? merged[key] : isObject(value) ? {} : undefined, value, lists);
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

/** The node controller says by a taint as well that nothing new is to be placed on a node. */
function cordonTaint(node: KubeObject): KubeObject {
  const key = "node.kubernetes.io/unschedulable";
  const taints = z
    .array(z.looseObject({ key: z.string() }))
    .catch([])
    .parse(at(node, "spec", "taints"));
  const is = taints.some((one) => one.key === key);
  if (is === (at(node, "spec", "unschedulable") === true)) return node;
  const wanted = is ? taints.filter((one) => one.key !== key) : [...taints, { key, effect: "NoSchedule" }];
  return { ...node, spec: { ...(isObject(node["spec"]) ? node["spec"] : {}), taints: wanted } };
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
  const made = {
    ...(kind.kind === "Node" ? cordonTaint(body) : body),
    apiVersion: apiVersionOf(kind),
    kind: kind.kind,
    metadata,
  };
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
