// No virtual machine boots under Nova's fake hypervisor, so this plays the nodes: it takes each new server's user data as
// the server would get it and does what drivers/kubernetes/node/coe-node does towards our REST API and Heat.
import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { readIgnitionFile } from "../../drivers/heat/ignition.ts";
import { heatEnvPath, nodeEnvPath, parseNodeEnv } from "../../drivers/kubernetes/node-env.ts";
import type { NodeEnv } from "../../drivers/kubernetes/node-env.ts";
import { signRequest } from "../../server/pki/csr.ts";
import { signingRequest } from "../kubernetes/signing-request.ts";
import { call, list } from "./session.ts";
import type { Session } from "./session.ts";
import { runNodeProgram } from "./node-program.ts";
import { prove } from "./stand-in-proof.ts";
import { readControlPlaneFiles } from "./stand-in-kubernetes.ts";
import type { Kubernetes } from "./stand-in-kubernetes.ts";

const serverRow = z.object({
  id: z.string(),
  name: z.string(),
  status: z.string(),
  metadata: z.record(z.string(), z.string()).default({}),
  "OS-EXT-SRV-ATTR:user_data": z.string().nullish(),
});

export interface PlayedNode {
  serverId: string;
  name: string;
  env: NodeEnv;
}

/** `the program`: coe-node itself runs; `in short`: what it asks of others is asked from here. */
export type Behaviour = "the program" | "in short" | "silent" | { failWith: string };

export interface Play {
  /** Nodes that have sent their signal, in that order. */
  readonly reported: readonly PlayedNode[];
  /** What went wrong for a node that should have come up. */
  readonly problems: readonly string[];
  stop(): void;
}

/** Plays every server of the project that carries our metadata, until `stop`. `admin` may read user data. */
export function playNodes(
  admin: Session,
  options: {
    projectId: string;
    /** Absent = nodes signal without any Kubernetes. */
    kubernetes?: Kubernetes;
    behaviour?: (node: PlayedNode) => Behaviour;
    pauseMs?: number;
  },
): Play {
  const { projectId, kubernetes = null, behaviour = () => "in short", pauseMs = 500 } = options;
  const begun = new Set<string>();
  const reported: PlayedNode[] = [];
  const problems: string[] = [];
  let stopped = false;

  const play = async (row: z.infer<typeof serverRow>) => {
    try {
      const userData = Buffer.from(row["OS-EXT-SRV-ATTR:user_data"] ?? "", "base64").toString("utf8");
      const node = { serverId: row.id, name: row.name, env: readNodeEnv(userData) };
      const how = behaviour(node);
      if (how === "silent") return;
      if (how === "the program") {
        if (!kubernetes) throw new Error("the program needs a Kubernetes to join");
        await runNodeProgram({ ...node, userData }, kubernetes);
      } else {
        if (how === "in short") await becomeNode(node, kubernetes);
        await signal(node, how === "in short" ? null : how.failWith);
      }
      reported.push(node);
    } catch (error) {
      // A server that is deleted meanwhile takes its credential with it.
      if (!stopped && (await stillThere(admin, row.id))) problems.push(`${row.name}: ${String(error)}`);
    }
  };

  const look = async () => {
    while (!stopped) {
      const rows = await newServers(admin, projectId).catch(() => []);
      for (const row of rows) {
        if (begun.has(row.id) || row.status !== "ACTIVE" || row.metadata["coe-cluster"] === undefined) continue;
        begun.add(row.id);
        void play(row);
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  };
  void look();
  return { reported, problems, stop: () => (stopped = true) };
}

async function newServers(admin: Session, projectId: string) {
  const url = `${admin.at("compute")}/servers/detail?all_tenants=1&project_id=${projectId}`;
  const response = await call("GET", url, admin, undefined, { "X-OpenStack-Nova-API-Version": "2.3" });
  return z.object({ servers: z.array(serverRow) }).parse(await response.json()).servers;
}

const stillThere = (admin: Session, id: string) =>
  list(admin, `${admin.at("compute")}/servers?all_tenants=1`, "servers", z.object({ id: z.string() })).then(
    (rows) => rows.some((row) => row.id === id),
    () => false,
  );

/** Both files of variables, as the node's shell reads them. */
export function readNodeEnv(userData: string): NodeEnv {
  const files = [nodeEnvPath, heatEnvPath].map((path) => {
    const text = readIgnitionFile(userData, path);
    if (text === undefined) throw new Error(`the user data has no ${path}`);
    return text;
  });
  return parseNodeEnv(files.join("\n"));
}

/** Its proof with a key of its own, then what the role needs. Throws what would stop a real node. */
async function becomeNode({ env }: PlayedNode, kubernetes: Kubernetes | null): Promise<void> {
  const { csr, keyPem } = await signingRequest(`O=system:nodes, CN=system:node:${env.NODE_NAME}`);
  const files = readControlPlaneFiles(await prove(env, csr));
  const ca = files.get("pki/ca.crt") ?? "";
  if (ca.trim() !== env.CLUSTER_CA.trim()) throw new Error("the authority in the user data is not the cluster's");
  if (env.ROLE === "master") {
    for (const name of ["pki/ca.key", "pki/sa.key", "pki/etcd/ca.key", "pki/front-proxy-ca.key"])
      if (!files.has(name)) throw new Error(`bootstrap sent no ${name}`);
    await kubernetes?.controlPlane(env, files);
    const own = { certPem: ca, keyPem: files.get("pki/ca.key") ?? "" };
    const certPem = kubernetes ? await signRequest(csr, own, new Date(), 1) : "";
    await kubernetes?.register(env, { certPem, keyPem });
    return;
  }
  const certPem = files.get("kubelet.crt") ?? "";
  if (!new X509Certificate(certPem).verify(new X509Certificate(ca).publicKey))
    throw new Error("the certificate is not from the cluster's authority");
  await kubernetes?.register(env, { certPem, keyPem });
}

/** The one signal; null = all is well. */
async function signal({ name, env }: PlayedNode, failure: string | null): Promise<void> {
  const body = {
    status: failure === null ? "SUCCESS" : "FAILURE",
    reason: failure ?? `node ${name} is ready`,
    id: name,
  };
  await call("POST", env.SIGNAL_URL, null, body, { "X-Auth-Token": env.SIGNAL_TOKEN });
}
