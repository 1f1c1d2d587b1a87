// Health of a Kubernetes cluster as its own API tells it (statuses.md 5, drivers.md 8.1).
import type { Desired, Health, Observed } from "../driver.ts";
import { accessOf, kubeApi, KubeError } from "./api.ts";
import type { KubeNode } from "./api.ts";

/** Nodes younger than this do not make a cluster unhealthy: they are still coming up. */
const youngMs = 10 * 60_000;

/** Never throws: what does not answer is a health fact. */
export async function kubernetesHealth(
  want: Desired,
  seen: Observed & { apiReachable: boolean },
  now = new Date(),
): Promise<Health> {
  const access = seen.apiAddress === null || !seen.apiReachable ? null : accessOf(want, seen.apiAddress);
  if (!access)
    return {
      status: "UNKNOWN",
      answered: false,
      reason: { api: `The cluster ${want.key.name} is not accessible.` },
      nodes: {},
    };
  const api = kubeApi(access);
  try {
    const ready = (await api.readyz()).trim() || "ok";
    return judge(ready, await api.nodes(), now);
  } catch (error) {
    const known = error instanceof KubeError ? error : null;
    const said = known?.message ?? "the API answered what is not Kubernetes";
    return { status: "UNHEALTHY", answered: known?.status !== null, reason: { api: said }, nodes: {} };
  }
}

type JudgedNode = Pick<KubeNode, "status"> & { metadata: Pick<KubeNode["metadata"], "name" | "creationTimestamp"> };

export function judge(api: string, nodes: readonly JudgedNode[], now: Date): Health {
  const reason: Record<string, string> = { api };
  const known: Health["nodes"] = {};
  let healthy = api === "ok";
  for (const { metadata, status } of nodes) {
    const word = status.conditions.find((condition) => condition.type === "Ready")?.status ?? "Unknown";
    reason[`${metadata.name}.Ready`] = word;
    known[metadata.name] = { ready: word === "True", version: status.nodeInfo?.kubeletVersion ?? null };
    const born = metadata.creationTimestamp === undefined ? 0 : Date.parse(metadata.creationTimestamp);
    if (word !== "True" && now.getTime() - born >= youngMs) healthy = false;
  }
  return { status: healthy ? "HEALTHY" : "UNHEALTHY", answered: true, reason, nodes: known };
}
