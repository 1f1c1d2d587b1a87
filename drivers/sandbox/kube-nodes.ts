// Node objects: as a kubelet registers them, and what becomes of them when nobody reports any more.
import { z } from "zod";
import type { NodeEnv } from "../kubernetes/node-env.ts";
import { annotations } from "../kubernetes/nodes.ts";
import type { Core } from "./core.ts";
import { isObject, merge, store } from "./kube-objects.ts";
import { kindOf } from "./kube-kinds.ts";
import { when } from "./kube-row.ts";
import { at, metadataOf } from "./kube-table.ts";
import type { KubeObject } from "./kube-table.ts";
import type { Flavor, Kubernetes, Server } from "./model.ts";

/** As kubelet is told them by --node-labels and --register-with-taints. */
const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(",").flatMap((pair) => (pair === "" ? [] : [[pair.split("=")[0] ?? "", pair.split("=")[1] ?? ""]])),
  );
const taintsOf = (text: string): KubeObject[] =>
  text.split(",").flatMap((taint) => {
    const [, key, value = "", effect] = /^([^=:]+)(?:=([^:]*))?:(\w+)$/.exec(taint) ?? [];
    return key === undefined ? [] : [{ key, ...(value === "" ? {} : { value }), effect }];
  });

export function nodeObject(
  env: NodeEnv,
  server: Server,
  flavor: Flavor | undefined,
  at: number,
  revision: number,
): KubeObject {
  const now = when(at);
  const own = env.ROLE === "master" ? [{ key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" }] : [];
  const taints = [...own, ...taintsOf(env.NODE_TAINTS)];
  const size = {
    cpu: String(flavor?.vcpus ?? 1),
    memory: `${(flavor?.ram ?? 2048) * 1024 - 200_000}Ki`,
    pods: "110",
    "ephemeral-storage": `${(flavor?.disk ?? 20) * 1000 ** 2}Ki`,
  };
  const condition = (type: string, status: string, reason: string, message: string) => ({
    type,
    status,
    reason,
    message,
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  });
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: env.NODE_NAME,
      uid: server.id,
      resourceVersion: String(revision),
      creationTimestamp: now,
      labels: {
        "beta.kubernetes.io/arch": "amd64",
        "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": env.NODE_NAME,
        "kubernetes.io/os": "linux",
        ...(env.ROLE === "master" ? { "node-role.kubernetes.io/control-plane": "" } : {}),
        ...labelsOf(env.NODE_LABELS),
        ...(env.REGION === "" ? {} : { "topology.kubernetes.io/region": env.REGION }),
        "topology.kubernetes.io/zone": server.zone,
      },
      ...(env.NODE_MARKS === "" ? {} : { annotations: { [annotations.marks]: env.NODE_MARKS } }),
    },
    spec: { providerID: `openstack:///${server.id}`, ...(taints.length > 0 ? { taints } : {}) },
    status: {
      addresses: [
        { type: "InternalIP", address: env.NODE_ADDRESS },
        ...(env.FLOATING_ADDRESS === "" ? [] : [{ type: "ExternalIP", address: env.FLOATING_ADDRESS }]),
        { type: "Hostname", address: env.NODE_NAME },
      ],
      capacity: size,
      allocatable: size,
      conditions: [
        condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
        condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
      ],
      nodeInfo: {
        machineID: server.id.replaceAll("-", ""),
        systemUUID: server.id,
        bootID: server.id,
        kernelVersion: "6.5.6-200.fc38.x86_64",
        osImage: "Fedora CoreOS 38.20231027.3.2",
        containerRuntimeVersion: "containerd://1.6.23",
        kubeletVersion: env.KUBE_TAG,
        kubeProxyVersion: env.KUBE_TAG,
        operatingSystem: "linux",
        architecture: "amd64",
      },
    },
  };
}

/** Id of the server that the node runs on, [] when it does not say. */
export function serverOf(node: KubeObject): string[] {
  const id = z.string().safeParse(at(node, "spec", "providerID"));
  return id.success ? [id.data.slice("openstack:///".length)] : [];
}

export function changeNode(core: Core, row: Kubernetes, name: string, patch: KubeObject): void {
  const merged = merge(row.objects[`nodes//${name}`], patch, true);
  if (isObject(merged)) store(core, row, kindOf("nodes"), "", name, merged);
}

/** What the node controller says of a node whose kubelet is heard no more; it stays until somebody deletes it. */
export function silence(core: Core, row: Kubernetes, node: KubeObject): void {
  const conditions = z
    .array(z.looseObject({ type: z.string(), status: z.string() }))
    .catch([])
    .parse(at(node, "status", "conditions"));
  if (conditions.every((one) => one.status === "Unknown")) return;
  const now = when(core.now());
  changeNode(core, row, metadataOf(node).name, {
    spec: {
      taints: [
        { key: "node.kubernetes.io/unreachable", effect: "NoSchedule", timeAdded: now },
        { key: "node.kubernetes.io/unreachable", effect: "NoExecute", timeAdded: now },
      ],
    },
    status: {
      conditions: conditions.map((one) => ({
        ...one,
        status: "Unknown",
        reason: "NodeStatusUnknown",
        message: "Kubelet stopped posting node status.",
        lastTransitionTime: now,
      })),
    },
  });
}
