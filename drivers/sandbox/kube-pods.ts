// Pods as they would run: those of the control plane and of DaemonSets follow from the nodes, those of Deployments have a
// place that is kept until they are evicted or their node is gone.
import { z } from "zod";
import type { Core } from "./core.ts";
import { idOf, isControlPlane, nodesOf, shortHash, when } from "./kube-row.ts";
import { at, metadataOf } from "./kube-table.ts";
import type { KubeObject } from "./kube-table.ts";
import type { Kubernetes, PodPlacement } from "./model.ts";

/** Seconds until the pod that takes another's place is ready. */
const startSeconds = 4;

interface PodParts {
  name: string;
  namespace: string;
  node: string | null;
  template: KubeObject;
  born: string;
  owner: { kind: string; name: string; apiVersion: string };
  ready: boolean;
  mirror?: boolean;
}

/** `list` answers all objects of a kind. */
export function podsOf(core: Core, row: Kubernetes, list: (plural: string) => KubeObject[]): KubeObject[] {
  const nodes = nodesOf(row);
  const pod = (parts: PodParts): KubeObject => {
    const node = nodes.find((one) => metadataOf(one).name === parts.node);
    const labels = at(parts.template, "metadata", "labels");
    const containers = at(parts.template, "spec", "containers");
    const phase = node ? "Running" : "Pending";
    const { owner } = parts;
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        name: parts.name,
        namespace: parts.namespace,
        uid: idOf(`${row.id} ${parts.name}`),
        resourceVersion: "1",
        creationTimestamp: parts.born,
        labels: labels ?? {},
        ...(parts.mirror
          ? { annotations: { "kubernetes.io/config.mirror": idOf(parts.name).replaceAll("-", "") } }
          : {}),
        ownerReferences: [{ ...owner, uid: idOf(`${row.id} ${owner.kind} ${owner.name}`), controller: true }],
      },
      spec: {
        ...(node ? { nodeName: metadataOf(node).name } : {}),
        containers: Array.isArray(containers) && containers.length > 0 ? containers : [{ name: "main" }],
      },
      status: {
        phase,
        ...(node ? { podIP: at(node, "status", "addresses", 0, "address") } : {}),
        conditions: [{ type: "Ready", status: node && parts.ready ? "True" : "False" }],
      },
    };
  };
  const found: KubeObject[] = [];
  for (const node of nodes.filter(isControlPlane))
    for (const part of ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"]) {
      const image = part === "etcd" ? "registry.k8s.io/etcd:3.5.9-0" : `registry.k8s.io/${part}:${row.version}`;
      const { name, creationTimestamp } = metadataOf(node);
      const template = {
        metadata: { labels: { component: part, tier: "control-plane" } },
        spec: { containers: [{ name: part, image }] },
      };
      found.push(
        pod({
          name: `${part}-${name}`,
          namespace: "kube-system",
          node: name,
          template,
          born: creationTimestamp,
          owner: { kind: "Node", name, apiVersion: "v1" },
          ready: isReady(node),
          mirror: true,
        }),
      );
    }
  for (const set of list("daemonsets")) {
    const { name: owner, namespace = "default", creationTimestamp } = metadataOf(set);
    for (const node of nodes) {
      const { name, creationTimestamp: since } = metadataOf(node);
      found.push(
        pod({
          name: `${owner}-${shortHash(`${owner} ${name}`, 5)}`,
          namespace,
          node: name,
          template: templateOf(set),
          born: [creationTimestamp, since].toSorted().at(-1) ?? "",
          owner: { kind: "DaemonSet", name: owner, apiVersion: "apps/v1" },
          ready: isReady(node),
        }),
      );
    }
  }
  for (const deployment of list("deployments")) {
    const { name: owner, namespace = "default" } = metadataOf(deployment);
    const set = `${owner}-${shortHash(`${owner} set`, 10)}`;
    for (let n = 0; n < replicasOf(deployment); n++) {
      const place = placeOf(core, row, deployment, n);
      found.push(
        pod({
          name: `${set}-${shortHash(`${owner} ${n}${place.turn === 0 ? "" : ` ${place.turn}`}`, 5)}`,
          namespace,
          node: place.node,
          template: templateOf(deployment),
          born: when(place.since),
          owner: { kind: "ReplicaSet", name: set, apiVersion: "apps/v1" },
          ready: place.turn === 0 || core.now() - place.since >= (startSeconds * 1000) / core.speed,
        }),
      );
    }
  }
  return found;
}

const templateOf = (object: KubeObject): KubeObject =>
  z
    .record(z.string(), z.unknown())
    .catch({})
    .parse(at(object, "spec", "template"));
const replicasOf = (deployment: KubeObject): number => Number(at(deployment, "spec", "replicas") ?? 1);
const isReady = (node: KubeObject): boolean =>
  z
    .array(z.looseObject({ type: z.string(), status: z.string() }))
    .catch([])
    .parse(at(node, "status", "conditions"))
    .some((one) => one.type === "Ready" && one.status === "True");

const placeKey = (deployment: KubeObject, n: number): string => {
  const { name, namespace = "default" } = metadataOf(deployment);
  return `${namespace}/${name}/${n}`;
};

/** Where the pod is; one whose node is gone, or that had none, is given a node. */
function placeOf(core: Core, row: Kubernetes, deployment: KubeObject, n: number): PodPlacement {
  const key = placeKey(deployment, n);
  const old = row.placements[key];
  const still = old?.node != null && nodesOf(row).some((one) => metadataOf(one).name === old.node && isReady(one));
  if (old && still) return old;
  const node = chooseNode(row, deployment);
  if (old && old.node === null && node === null) return old;
  const turn = old === undefined ? 0 : old.node === null ? old.turn : old.turn + 1;
  const born = Date.parse(metadataOf(deployment).creationTimestamp);
  const place = { node, turn, since: old === undefined && born > 0 ? born : core.now() };
  row.placements[key] = place;
  core.state.kubernetes.save(row);
  return place;
}

/** A ready node that takes new work and whose taints the pod bears; workers first, the one with the least first. */
function chooseNode(row: Kubernetes, deployment: KubeObject): string | null {
  const Toleration = z.looseObject({ key: z.string().optional(), operator: z.string().optional() });
  const bears = z
    .array(Toleration)
    .catch([])
    .parse(at(deployment, "spec", "template", "spec", "tolerations"));
  const Taint = z.looseObject({ key: z.string(), effect: z.string() });
  const takes = (node: KubeObject) =>
    isReady(node) &&
    at(node, "spec", "unschedulable") !== true &&
    z
      .array(Taint)
      .catch([])
      .parse(at(node, "spec", "taints"))
      .every(
        (taint) =>
          taint.effect === "PreferNoSchedule" ||
          bears.some((one) => one.key === taint.key || (one.key === undefined && one.operator === "Exists")),
      );
  const fit = nodesOf(row).filter(takes);
  const workers = fit.filter((node) => !isControlPlane(node));
  const load = (node: KubeObject) =>
    Object.values(row.placements).filter((place) => place.node === metadataOf(node).name).length;
  const [best] = (workers.length > 0 ? workers : fit).toSorted((a, b) => load(a) - load(b));
  return best ? metadataOf(best).name : null;
}

/** The pod goes: one of a Deployment is made anew elsewhere, one of a DaemonSet or of a node itself where it was. */
export function removePod(core: Core, row: Kubernetes, pod: KubeObject, list: (plural: string) => KubeObject[]): void {
  const { name, namespace = "default" } = metadataOf(pod);
  if (delete row.objects[`pods/${namespace}/${name}`]) core.state.kubernetes.save(row);
  for (const deployment of list("deployments"))
    for (let n = 0; n < replicasOf(deployment); n++) {
      const key = placeKey(deployment, n);
      const place = row.placements[key];
      const owner = metadataOf(deployment).name;
      const own = `${owner}-${shortHash(`${owner} set`, 10)}-${shortHash(`${owner} ${n}${place?.turn ? ` ${place.turn}` : ""}`, 5)}`;
      if (!place || own !== name || key !== `${namespace}/${owner}/${n}`) continue;
      row.placements[key] = { node: null, turn: place.turn + 1, since: core.now() };
      row.placements[key] = { node: chooseNode(row, deployment), turn: place.turn + 1, since: core.now() };
    }
  row.revision++;
  core.state.kubernetes.save(row);
}

/** As the disruption controller counts. */
export function budgetStatus(budget: KubeObject, pods: readonly KubeObject[]) {
  const chosen = Object.entries(
    z
      .record(z.string(), z.string())
      .catch({})
      .parse(at(budget, "spec", "selector", "matchLabels")),
  );
  const own = pods.filter((pod) => {
    const { namespace, labels } = metadataOf(pod);
    return namespace === metadataOf(budget).namespace && chosen.every(([key, value]) => labels[key] === value);
  });
  const share = (value: unknown): number =>
    typeof value === "string" && value.endsWith("%")
      ? Math.ceil((own.length * Number(value.slice(0, -1))) / 100)
      : Number(value);
  const most = at(budget, "spec", "maxUnavailable");
  const desiredHealthy =
    most === undefined ? share(at(budget, "spec", "minAvailable") ?? 1) : Math.max(0, own.length - share(most));
  const currentHealthy = own.filter((pod) => at(pod, "status", "conditions", 0, "status") === "True").length;
  return {
    expectedPods: own.length,
    currentHealthy,
    desiredHealthy,
    disruptionsAllowed: Math.max(0, currentHealthy - desiredHealthy),
    observedGeneration: 1,
  };
}

/** The budget that forbids it now; null = none. */
export function budgetAgainst(pod: KubeObject, budgets: readonly KubeObject[]): KubeObject | null {
  const { namespace, labels } = metadataOf(pod);
  return (
    budgets.find((budget) => {
      if (metadataOf(budget).namespace !== namespace) return false;
      const chosen = z
        .record(z.string(), z.string())
        .catch({})
        .parse(at(budget, "spec", "selector", "matchLabels"));
      return (
        Object.entries(chosen).every(([key, value]) => labels[key] === value) &&
        at(budget, "status", "disruptionsAllowed") === 0
      );
    }) ?? null
  );
}
