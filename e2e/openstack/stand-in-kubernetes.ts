// The Kubernetes of played nodes: the first master runs a real kube-apiserver at the address that the cloud gave the
// cluster's API (a loopback address, see seed.ts), every node registers itself there with its own certificate. A master
// that joins with other authorities makes the API server start again with those; one that is asked to leave says it has, and
// one that is asked to change in place does so.
import { z } from "zod";
import { freePort } from "../lifecycle/product.ts";
import { until } from "../lifecycle/until.ts";
import { ask } from "../kubernetes/ask.ts";
import { signingRequest } from "../kubernetes/signing-request.ts";
import { startApiServer } from "../kubernetes/api-server.ts";
import type { ApiServer } from "../kubernetes/api-server.ts";
import { beginsCluster } from "../../drivers/kubernetes/node-env.ts";
import type { NodeEnv } from "../../drivers/kubernetes/node-env.ts";
import { annotations } from "../../drivers/kubernetes/nodes.ts";
import { readRenewal, renewalPath } from "../../drivers/kubernetes/renewal.ts";
import { adminLeaf } from "../../server/pki/ca.ts";
import type { KeyAndCertificate } from "../../server/pki/ca.ts";
import { prove } from "./stand-in-proof.ts";

/** Content by name, as the bootstrap route gives it: `pki/ca.key`. */
export type ControlPlaneFiles = ReadonlyMap<string, string>;

export const readControlPlaneFiles = (text: string): ControlPlaneFiles =>
  new Map(
    text.split("\n").flatMap((line): [string, string][] => {
      const [name = "", content = ""] = line.split(" ");
      return name === "" ? [] : [[name, Buffer.from(content, "base64").toString("utf8")]];
    }),
  );

export interface Kubernetes {
  /** What kubeadm does on a master: the first one starts the API, later ones bring it their authorities. */
  controlPlane(env: NodeEnv, files: ControlPlaneFiles): Promise<void>;
  /** What kubeadm keeps in the cluster for control plane nodes that join: the version of the next one. */
  configure(env: NodeEnv): Promise<void>;
  /** What kubelet does: a Node object that says Ready. Waits for the API as nodes do. */
  register(env: NodeEnv, leaf: KeyAndCertificate): Promise<void>;
  stop(): Promise<void>;
}

interface Cluster {
  server: ApiServer;
  ca: KeyAndCertificate;
  /** By node name. */
  masters: Map<string, NodeEnv>;
}

const address = (env: NodeEnv) => env.API_PUBLIC_ADDRESS || env.FLOATING_ADDRESS;

export function standInKubernetes(): Kubernetes {
  const clusters = new Map<string, Cluster>();
  let stopped = false;
  return {
    async controlPlane(env, files) {
      if (address(env) === "") return;
      const { ca, serviceAccount } = authoritiesIn(files);
      const known = clusters.get(env.CLUSTER_UUID);
      known?.masters.set(env.NODE_NAME, env);
      if (known && known.ca.certPem !== ca.certPem) {
        known.ca = ca;
        await known.server.renew({ ca, serviceAccount });
      }
      if (known || !beginsCluster(env)) return;
      const server = await startApiServer({
        ca,
        serviceAccount,
        address: address(env),
        alsoAt: [env.NODE_ADDRESS, env.API_ADDRESS, "127.0.0.1"].filter((one) => one !== ""),
        port: Number(env.API_PORT),
        etcdPort: await freePort(),
      });
      const made = { server, ca, masters: new Map([[env.NODE_NAME, env]]) };
      clusters.set(env.CLUSTER_UUID, made);
      void obey(made, () => stopped);
    },
    async configure(env) {
      const known = clusters.get(env.CLUSTER_UUID);
      if (!known) return;
      const tls = { caPem: known.ca.certPem, leaf: await adminLeaf(known.ca, new Date()) };
      const metadata = { name: "kubeadm-config", namespace: "kube-system" };
      const data = { ClusterConfiguration: `kind: ClusterConfiguration\nkubernetesVersion: ${env.KUBE_TAG}\n` };
      const answer = await ask(
        `${known.server.url}/api/v1/namespaces/kube-system/configmaps/kubeadm-config?fieldManager=kubeadm`,
        {
          ...tls,
          method: "PATCH",
          contentType: "application/apply-patch+yaml",
          body: { apiVersion: "v1", kind: "ConfigMap", metadata, data },
        },
      );
      if (answer.status > 201) throw new Error(`Kubernetes refuses kubeadm's configuration: ${answer.body}`);
    },
    async register(env, leaf) {
      // A cluster without an address that is reachable from here has no API that could be played.
      if (address(env) === "") return;
      const base = `https://${address(env)}:${env.API_PORT}/api/v1/nodes`;
      const tls = { caPem: env.CLUSTER_CA, leaf };
      const metadata = { name: env.NODE_NAME, labels: labels(env.NODE_LABELS) };
      await until(`${env.NODE_NAME} is registered`, 300_000, async () => {
        const answer = await ask(base, {
          ...tls,
          method: "POST",
          body: { apiVersion: "v1", kind: "Node", metadata },
        }).catch(() => null);
        if (answer?.status === 401 || answer?.status === 403)
          throw new Error(`Kubernetes refuses the node: ${answer.body}`);
        return answer?.status === 201 || answer?.status === 409;
      });
      const condition = { type: "Ready", status: "True", reason: "KubeletReady", message: "played" };
      const answer = await ask(`${base}/${env.NODE_NAME}/status`, {
        ...tls,
        method: "PATCH",
        contentType: "application/merge-patch+json",
        body: { status: { conditions: [condition], nodeInfo: { kubeletVersion: env.KUBE_TAG } } },
      });
      if (answer.status !== 200) throw new Error(`Kubernetes refuses the node's status: ${answer.body}`);
    },
    stop: async () => {
      stopped = true;
      for (const { server } of clusters.values()) await server.stop();
      clusters.clear();
    },
  };
}

const AskedNodes = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
    }),
  ),
});

type Asked = z.infer<typeof AskedNodes>["items"][number]["metadata"];

/** What coe-leave does on each master, but for the store: there is one only; and coe-renew. */
async function obey(cluster: Cluster, over: () => boolean): Promise<void> {
  const requests = new Map<string, string>();
  while (!over()) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    try {
      const tls = { caPem: cluster.ca.certPem, leaf: await adminLeaf(cluster.ca, new Date()) };
      const { items } = AskedNodes.parse(JSON.parse((await ask(`${cluster.server.url}/api/v1/nodes`, tls)).body));
      for (const { metadata } of items) {
        if (annotations.leave in metadata.annotations && !(annotations.left in metadata.annotations))
          await say(cluster, metadata.name, { [annotations.left]: new Date().toISOString() });
        await renew(cluster, metadata, requests);
      }
    } catch {
      // It starts again with other authorities, or ends.
    }
  }
}

/** Files of a new node, keys of other authorities by the proof that came with them, and the word that it is done. */
async function renew(cluster: Cluster, { name, annotations: said }: Asked, requests: Map<string, string>) {
  const asked = said[annotations.renew];
  const own = cluster.masters.get(name);
  const [to = ""] = asked?.split(" ") ?? [];
  if (asked === undefined || !own || said[annotations.generation] === to) return;
  const tls = { caPem: cluster.ca.certPem, leaf: await adminLeaf(cluster.ca, new Date()) };
  const env = readRenewal(JSON.parse((await ask(cluster.server.url + renewalPath, tls)).body), own);
  if (!env) return;
  if (env.CLUSTER_CA.trim() !== cluster.ca.certPem.trim()) {
    // The same key for as long as it is tried: another one would be a thief's.
    const csr = requests.get(asked) ?? (await signingRequest(`CN=${name}`)).csr;
    requests.set(asked, csr);
    const { ca, serviceAccount } = authoritiesIn(readControlPlaneFiles(await prove(env, csr)));
    await cluster.server.renew({ ca, serviceAccount });
    cluster.ca = ca;
  }
  cluster.masters.set(name, env);
  await say(cluster, name, { [annotations.generation]: to }, env.KUBE_TAG);
}

/** Annotations of a Node, and the version that its kubelet has. */
async function say(cluster: Cluster, name: string, words: Record<string, string>, version?: string): Promise<void> {
  const patch = {
    caPem: cluster.ca.certPem,
    leaf: await adminLeaf(cluster.ca, new Date()),
    method: "PATCH",
    contentType: "application/merge-patch+json",
  } as const;
  const url = `${cluster.server.url}/api/v1/nodes/${name}`;
  if (version !== undefined)
    await ask(`${url}/status`, { ...patch, body: { status: { nodeInfo: { kubeletVersion: version } } } });
  await ask(url, { ...patch, body: { metadata: { annotations: words } } });
}

function authoritiesIn(files: ControlPlaneFiles) {
  const file = (name: string) => files.get(name) ?? "";
  return {
    ca: { certPem: file("pki/ca.crt"), keyPem: file("pki/ca.key") },
    serviceAccount: { certPem: file("pki/sa.pub"), keyPem: file("pki/sa.key") },
  };
}

const labels = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(",").flatMap((pair) => (pair === "" ? [] : [[pair.split("=")[0] ?? "", pair.split("=")[1] ?? ""]])),
  );
