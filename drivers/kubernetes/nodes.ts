// Nodes in Kubernetes: what the conductor reads of them and does to them before their servers go. What has been done is
// said by annotations of the Node itself, so that nothing has to be remembered elsewhere.
import { createHash } from "node:crypto";
import { z } from "zod";
import type { Desired, NodegroupWish } from "../driver.ts";
import type { CoeNode, CoeNodes } from "../heat/pair.ts";
import { proofRoot, proofSecret } from "../node-proof.ts";
import { accessOf, kubeApi } from "./api.ts";
import type { KubeApi, KubeNode, KubePod } from "./api.ts";
import { renewalSecret } from "./renewal.ts";

const domain = "jeroboam.openstack.org";
/** Read by people and by node/coe-node; values are times but for `marks`, which is JSON of what was brought. */
export const annotations = {
  drainStarted: `${domain}/drain-started`,
  drained: `${domain}/drained`,
  leave: `${domain}/leave`,
  left: `${domain}/left`,
  marks: `${domain}/marks`,
  /** Name of a generation and when it was asked for: the node is to become what new ones of that would be. */
  renew: `${domain}/renew`,
  /** The value of `renew` that could not be carried out, and why. */
  renewFailed: `${domain}/renew-failed`,
  /** Name of the generation that the node has become. */
  generation: `${domain}/generation`,
} as const;

/**
 * After this long a node counts as drained, whatever is still there: twice the five minutes that work gets elsewhere, since
 * a PodDisruptionBudget may have to wait for a new pod to become ready, and short beside the hour that a stack has.
 */
const drainMs = 10 * 60_000;
/** After this long a control plane node that was asked to leave the store is not waited for, if the others can do without. */
const leaveMs = 5 * 60_000;
/** Evictions asked for in one pass; what is left goes in the next. */
const evictionsAtOnce = 50;
/** Nodes whose pods are asked for at a time. */
const countsAtOnce = 8;

export const kubernetesNodes: CoeNodes = {
  async read(want, address, counted = []) {
    const api = apiOf(want, address);
    if (!api) return undefined;
    try {
      const nodes = await api.nodes();
      const given = givenUp(nodes, Date.now());
      const known = nodes.map(({ metadata }) => metadata.name).filter((name) => counted.includes(name));
      const work = await countWork(api, known);
      return new Map(
        nodes.map((node) => {
          const { name } = node.metadata;
          return [name, { ...nodeOf(node), work: work.get(name) ?? null, ...(given.has(node) && { left: true }) }];
        }),
      );
    } catch {
      return undefined;
    }
  },

  async work(want, address, name) {
    const pods = (await apiOf(want, address)?.podsOn(name)) ?? [];
    return pods.filter(hasToLeave).map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
  },

  async drain(want, address, name, now) {
    const api = apiOf(want, address);
    const node = await api?.node(name);
    if (!api || !node || annotations.drained in node.metadata.annotations) return;
    const begun = Date.parse(node.metadata.annotations[annotations.drainStarted] ?? "");
    if (Number.isNaN(begun) || !node.spec.unschedulable)
      await api.patchNode(name, {
        metadata: { annotations: { [annotations.drainStarted]: new Date(begun || now).toISOString() } },
        spec: { unschedulable: true },
      });
    // Asked before anything that may fail again and again: an eviction that no webhook lets through, say.
    const isOver = now.getTime() - (begun || now.getTime()) >= drainMs;
    const left = isOver ? [] : (await api.podsOn(name)).filter(hasToLeave);
    if (left.length > 0) await evict(api, left);
    else await api.patchNode(name, { metadata: { annotations: { [annotations.drained]: now.toISOString() } } });
  },

  async restore(want, address, name) {
    const api = apiOf(want, address);
    const node = await api?.node(name);
    if (!api || !node || !(annotations.drainStarted in node.metadata.annotations)) return;
    const { drainStarted, drained, leave } = annotations;
    await api.patchNode(name, {
      metadata: { annotations: { [drainStarted]: null, [drained]: null, [leave]: null } },
      spec: { unschedulable: null },
    });
  },

  async leave(want, address, name) {
    const api = apiOf(want, address);
    const node = await api?.node(name);
    if (!api || !node || annotations.leave in node.metadata.annotations) return;
    await api.patchNode(name, { metadata: { annotations: { [annotations.leave]: new Date().toISOString() } } });
  },

  async forget(want, address, names) {
    const api = apiOf(want, address);
    for (const name of names) await api?.deleteNode(name);
  },

  async mark(want, address, name, group) {
    const api = apiOf(want, address);
    const node = await api?.node(name);
    if (!api || !node) return;
    const before = marksOf(node);
    const labels = Object.fromEntries([
      ...before.labels.map(([key]) => [key, null]),
      ...Object.entries(group.nodeLabels),
    ]);
    const ours = [...before.taints, ...group.nodeTaints];
    const taints = [
      ...node.spec.taints.filter((taint) => !ours.some((one) => one.key === taint.key && one.effect === taint.effect)),
      ...group.nodeTaints.map(({ key, value, effect }) => ({ key, ...(value ? { value } : {}), effect })),
    ];
    // Taints are one list to the API, whoever put them there: it is written only as it was read.
    const { resourceVersion } = node.metadata;
    await api.patchNode(name, {
      metadata: { resourceVersion, labels, annotations: { [annotations.marks]: marksWord(group) } },
      spec: { taints },
    });
  },

  async renew(want, address, name, { to, nodegroupId, files, again }) {
    const api = apiOf(want, address);
    const node = await api?.node(name);
    if (!api || !node) return;
    const before = renewalOf(node.metadata.annotations);
    if (before?.to === to && !(again && before.failed !== null)) return;
    const asked = `${to} ${new Date().toISOString()}`;
    const id = renewalId(asked);
    const secret = proofSecret(proofRoot(want.credential.trusteePassword, want.key.id, nodegroupId), id);
    // The files first: the node reads them as soon as it is asked.
    await api.apply(renewalSecret(files, { nodegroupId, id, secret }));
    await api.patchNode(name, { metadata: { annotations: { [annotations.renew]: asked } } });
  },

  marks: marksWord,
};

/** What the proof of one renewal is called: each that is asked for has its own. */
const renewalId = (asked: string): string => createHash("sha256").update(asked).digest("hex");

/** What is kept of a node's reason, in characters. */
const reasonLength = 400;

/** A refusal counts for the request that it names. */
function renewalOf(said: Readonly<Record<string, string>>): CoeNode["renewal"] {
  const asked = said[annotations.renew];
  if (asked === undefined) return null;
  const failed = said[annotations.renewFailed];
  const to = asked.split(" ")[0] ?? "";
  const id = renewalId(asked);
  const why = failed?.startsWith(`${asked} `) ? failed.slice(asked.length + 1, asked.length + 1 + reasonLength) : null;
  return { to, id, failed: why };
}

const apiOf = (want: Desired, address: string): KubeApi | null => {
  const access = accessOf(want, address);
  return access && kubeApi(access);
};

/** A few nodes at a time. Which node goes is not worth more: where the API does not say, nothing is known of any. */
async function countWork(api: KubeApi, names: readonly string[]): Promise<Map<string, number>> {
  const counted = new Map<string, number>();
  try {
    for (let at = 0; at < names.length; at += countsAtOnce)
      await Promise.all(
        names.slice(at, at + countsAtOnce).map(async (name) => {
          counted.set(name, (await api.podsOn(name)).filter(hasToLeave).length);
        }),
      );
    return counted;
  } catch {
    return new Map();
  }
}

function nodeOf({ metadata, spec, status }: KubeNode): CoeNode {
  return {
    name: metadata.name,
    ready: status.conditions.some((one) => one.type === "Ready" && one.status === "True"),
    cordoned: spec.unschedulable,
    draining: annotations.drainStarted in metadata.annotations,
    drained: annotations.drained in metadata.annotations,
    left: annotations.left in metadata.annotations,
    marks: metadata.annotations[annotations.marks] ?? null,
    generation: metadata.annotations[annotations.generation] ?? null,
    renewal: renewalOf(metadata.annotations),
    work: null,
  };
}

/**
 * Control plane nodes that were asked to leave and do not (made before nodes could, or broken): when most members are
 * there without them, their servers may go. The next node that joins takes them out of the store.
 */
function givenUp(nodes: readonly KubeNode[], now: number): Set<KubeNode> {
  const members = nodes.filter(
    ({ metadata }) =>
      "node-role.kubernetes.io/control-plane" in metadata.labels && !(annotations.left in metadata.annotations),
  );
  const late = ({ metadata }: KubeNode) => now - Date.parse(metadata.annotations[annotations.leave] ?? "") >= leaveMs;
  const others = members.filter((node) => !late(node) && nodeOf(node).ready);
  return new Set(others.length * 2 > members.length ? members.filter(late) : []);
}

/** Neither what the node's own kubelet runs from a file, nor what belongs to every node, nor what has ended. */
const hasToLeave = ({ metadata, status }: KubePod): boolean =>
  !("kubernetes.io/config.mirror" in metadata.annotations) &&
  !metadata.ownerReferences.some((owner) => owner.controller && owner.kind === "DaemonSet") &&
  status.phase !== "Succeeded" &&
  status.phase !== "Failed";

/** What is refused now (429: a PodDisruptionBudget) is asked for again in the next pass. */
async function evict(api: KubeApi, pods: readonly KubePod[]): Promise<void> {
  const staying = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined).slice(0, evictionsAtOnce);
  if (staying.length === 0) return;
  const version = await api.evictionVersion();
  await Promise.all(staying.map((pod) => api.evict(pod, version)));
}

const Marks = z.tuple([
  z.array(z.tuple([z.string(), z.string()])),
  z.array(z.object({ key: z.string(), value: z.string().nullable(), effect: z.string() })),
]);

/** Pure; equal for equal labels and taints. */
export function marksWord(group: Pick<NodegroupWish, "nodeLabels" | "nodeTaints">): string {
  const labels = Object.entries(group.nodeLabels).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const taints = group.nodeTaints.map(({ key, value, effect }) => ({ key, value, effect }));
  return JSON.stringify([labels, taints]);
}

function marksOf(node: KubeNode) {
  try {
    const [labels, taints] = Marks.parse(JSON.parse(node.metadata.annotations[annotations.marks] ?? ""));
    return { labels, taints };
  } catch {
    return { labels: [], taints: [] };
  }
}
