// No virtual machine boots under Nova's fake hypervisor, so this plays the nodes: it takes each new server's user data as
// the server would get it and does what drivers/kubernetes/node/coe-node does towards Keystone, our REST API and Heat.
import { X509Certificate } from "node:crypto";
import { z } from "zod";
import { readIgnitionFile } from "../../drivers/heat/ignition.ts";
import { heatEnvPath, nodeEnvPath, parseNodeEnv } from "../../drivers/kubernetes/node-env.ts";
import type { NodeEnv } from "../../drivers/kubernetes/node-env.ts";
import { x509 } from "../../server/pki/x509.ts";
import { call, list, signIn } from "./session.ts";
import type { Session } from "./session.ts";

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

export type Behaviour = "as a node does" | "silent" | { failWith: string };

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
  options: { projectId: string; behaviour?: (node: PlayedNode) => Behaviour; pauseMs?: number },
): Play {
  const { projectId, behaviour = () => "as a node does", pauseMs = 500 } = options;
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
      if (how === "as a node does") await becomeNode(node);
      await signal(node, how === "as a node does" ? null : how.failWith);
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

/** Credential, authority, then what the role needs. Throws what would stop a real node. */
async function becomeNode({ serverId, name, env }: PlayedNode): Promise<void> {
  const session = await signIn({
    authUrl: env.AUTH_URL,
    user: { id: env.TRUSTEE_USER_ID },
    password: env.TRUSTEE_PASSWORD,
    scope: { trust: env.TRUST_ID },
  });
  const version = { "OpenStack-API-Version": "container-infra latest" };
  const pem = async (response: Response) => z.object({ pem: z.string() }).parse(await response.json()).pem;
  const ca = await pem(
    await call("GET", `${env.API_URL}/certificates/${env.CLUSTER_UUID}`, session, undefined, version),
  );
  if (ca.trim() !== env.CLUSTER_CA.trim()) throw new Error("the authority in the user data is not the cluster's");
  if (env.ROLE === "master") {
    const url = `${env.API_URL}/clusters/${env.CLUSTER_UUID}/bootstrap`;
    const files = await (await call("POST", url, session, { server_id: serverId }, version)).text();
    for (const path of ["pki/ca.key", "pki/sa.key", "pki/etcd/ca.key", "pki/front-proxy-ca.key"])
      if (!files.split("\n").some((line) => line.startsWith(`${path} `))) throw new Error(`bootstrap sent no ${path}`);
    return;
  }
  const csr = await kubeletRequest(name);
  const leaf = await pem(
    await call("POST", `${env.API_URL}/certificates`, session, { cluster_uuid: env.CLUSTER_UUID, csr }, version),
  );
  if (!new X509Certificate(leaf).verify(new X509Certificate(ca).publicKey))
    throw new Error("the leaf is not the authority's");
}

async function kubeletRequest(name: string): Promise<string> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: `O=system:nodes, CN=system:node:${name}`,
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  return request.toString("pem");
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
