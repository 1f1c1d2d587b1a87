// What played nodes ask of our REST API: when they come up, and once more for a change in place.
import type { NodeEnv } from "../../drivers/kubernetes/node-env.ts";
import { until } from "../lifecycle/until.ts";

/** What the service answers to the node's proof, once it has seen the node. */
export async function prove(env: NodeEnv, csr: string): Promise<string> {
  const url = `${env.API_URL}/clusters/${env.CLUSTER_UUID}/bootstrap`;
  return until(`${env.NODE_NAME} has been seen`, 120_000, async () => {
    const answer = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "OpenStack-API-Version": "container-infra latest" },
      body: JSON.stringify({ proof: env.NODE_PROOF, csr }),
    });
    const text = await answer.text();
    if (answer.status === 503) return null;
    if (!answer.ok) throw new Error(`POST ${url} answered ${answer.status}: ${text}`);
    return text;
  });
}
