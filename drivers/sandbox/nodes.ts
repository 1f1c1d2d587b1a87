// Simulated nodes: a server that boots does towards Keystone, our REST API and Heat what coe-node does, and its cluster
// gets a Kubernetes API at its address.
import "reflect-metadata";
import {
  PemConverter,
  Pkcs10CertificateRequestGenerator,
  X509CertificateGenerator,
  X509Certificate,
  Name,
  SubjectAlternativeNameExtension,
  BasicConstraintsExtension,
  KeyUsagesExtension,
  KeyUsageFlags,
  ExtendedKeyUsageExtension,
  ExtendedKeyUsage,
} from "@peculiar/x509";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { readIgnitionFile } from "../heat/ignition.ts";
import { heatEnvPath, nodeEnvPath, parseNodeEnv, type NodeEnv } from "../kubernetes/node-env.ts";
import { openKubeApi, type KubeNode, type KubeObject } from "./kube-api.ts";
import type { Collection } from "./store.ts";
import type { Server, World } from "./world.ts";

/** A node that has come up; kept so that a restart brings it back without a second signal. */
interface NodeRow extends KubeNode {
  id: string;
  clusterId: string;
}
interface ClusterRow {
  id: string;
  address: string;
  port: number;
  caPem: string;
  caKeyPem: string;
  version: string;
}

const ec = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

export interface Nodes {
  /** A server became active. */
  boot(server: Server): void;
  /** Brings back what was there, and goes on with what was booting. */
  resume(): void;
  close(): Promise<void>;
}

export function openNodes(world: World): Nodes {
  const nodes: Collection<NodeRow> = world.store.collection("node");
  const clusters: Collection<ClusterRow> = world.store.collection("cluster");
  const objects: Collection<KubeObject> = world.store.collection("kube object");
  const begun = new Set<string>();
  const apis = new Map<string, Promise<{ close(): Promise<void> } | null>>();
  let stopped = false;

  const nodesOf = (clusterId: string): KubeNode[] =>
    nodes.filter((row) => row.clusterId === clusterId && world.servers.get(row.serverId) !== undefined);

  /** Serves the cluster's API at its address, when that is one of this machine's. */
  function serve(cluster: ClusterRow): void {
    if (apis.has(cluster.id) || !cluster.address.startsWith("127.")) return;
    apis.set(
      cluster.id,
      open(cluster).catch((error: unknown) => {
        log(
          cluster.id,
          `coe: the simulated Kubernetes API cannot listen on ${cluster.address}:${cluster.port}: ${error instanceof Error ? error.message : String(error)}`,
        );
        return null;
      }),
    );
  }

  async function open(cluster: ClusterRow) {
    const { certPem, keyPem } = await serverCertificate(cluster);
    return openKubeApi({
      clusterId: cluster.id,
      host: cluster.address,
      port: cluster.port,
      certPem,
      keyPem,
      caPem: cluster.caPem,
      objects,
      nodes: () => nodesOf(cluster.id),
      version: () => cluster.version,
    });
  }

  /** Clusters whose servers are all gone have no API any more. */
  function sweep(): void {
    for (const cluster of clusters.all()) {
      if (world.servers.find((server) => server.metadata["coe-cluster"] === cluster.id)) continue;
      clusters.delete(cluster.id);
      for (const row of nodes.filter((node) => node.clusterId === cluster.id)) nodes.delete(row.id);
      for (const row of objects.filter((object) => object.clusterId === cluster.id)) objects.delete(row.id);
      void apis.get(cluster.id)?.then((api) => api?.close());
      apis.delete(cluster.id);
    }
    if (!stopped) world.after(5, sweep);
  }

  function log(serverId: string, line: string): void {
    const server = world.servers.get(serverId);
    if (server) world.servers.put({ ...server, console: [...server.console, line].slice(-200) });
  }

  async function live(server: Server): Promise<void> {
    const userData = server.userData;
    if (userData === null) return;
    let env: NodeEnv;
    try {
      env = parseNodeEnv([nodeEnvPath, heatEnvPath].map((path) => readIgnitionFile(userData, path) ?? "").join("\n"));
    } catch {
      return log(server.id, "the user data is of nothing that the sandbox knows");
    }
    const flavor = world.flavors.get(server.flavorId)?.name ?? "";
    if (flavor === "fail.silent") return log(server.id, "coe: phase net started");
    const phase = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
      const began = Date.now();
      const result = await work();
      log(server.id, `coe: phase ${name} done ${Math.round((Date.now() - began) / 1000)}s`);
      return result;
    };
    try {
      await phase("net", () => pause(4));
      await phase("trust", () => pause(1));
      await phase("runtime", () => pause(8));
      const first = !world.servers.find(
        (other) => other.id !== server.id && other.name === server.name && other.createdAt < server.createdAt,
      );
      if (flavor === "fail.boot" || (flavor === "fail.once" && first && !/-[1-9]\d*$/.test(server.name)))
        throw new NodeFailure("phase runtime: containerd-2.0.0-linux-amd64.tar.gz: sha256 mismatch");
      const { caPem, files } = await phase("identity", () => identity(env, server));
      await phase("kubelet", () => pause(4));
      if (env.ROLE === "master") await phase("control", async () => control(env, caPem, files));
      await phase("ready", () => pause(4));
      const ports = world.ports.filter((port) => port.deviceId === server.id);
      const address = ports[0]?.address ?? env.NODE_ADDRESS;
      const floating = world.floatingIps.find((row) => ports.some((port) => port.id === row.portId));
      nodes.put({
        id: server.id,
        clusterId: env.CLUSTER_UUID,
        name: env.NODE_NAME || server.name,
        serverId: server.id,
        role: env.ROLE,
        nodegroup: env.NODEGROUP,
        version: env.KUBE_TAG,
        address,
        publicAddress: floating?.address ?? null,
        ready: true,
        since: new Date().toISOString().replace(/\.\d+Z/, "Z"),
      });
      await signal(env, server, "SUCCESS", `node ${server.name} is ready`);
      log(server.id, "coe: ready");
    } catch (error) {
      if (stopped || !world.servers.get(server.id)) return;
      const reason = error instanceof Error ? error.message : String(error);
      log(server.id, `coe: failed: ${reason}`);
      await signal(env, server, "FAILURE", reason).catch(() => undefined);
    }
  }

  const pause = (seconds: number) => new Promise<void>((resolve) => world.after(seconds, resolve));

  /** Token by trust, the cluster's CA, a certificate for the kubelet; masters also get the CA pairs. */
  async function identity(env: NodeEnv, server: Server) {
    const token = await retry(server, async () => {
      const answer = await request("POST", `${env.AUTH_URL}/auth/tokens`, null, {
        auth: {
          identity: {
            methods: ["password"],
            password: { user: { id: env.TRUSTEE_USER_ID, password: env.TRUSTEE_PASSWORD } },
          },
          scope: { "OS-TRUST:trust": { id: env.TRUST_ID } },
        },
      });
      return answer.headers.get("x-subject-token") ?? "";
    });
    const Pem = z.object({ pem: z.string() });
    const caPem = await retry(
      server,
      async () =>
        Pem.parse(await (await request("GET", `${env.API_URL}/certificates/${env.CLUSTER_UUID}`, token)).json()).pem,
    );
    const keys = await crypto.subtle.generateKey(ec, true, ["sign", "verify"]);
    const csr = await Pkcs10CertificateRequestGenerator.create({
      name: `O=system:nodes, CN=system:node:${env.NODE_NAME}`,
      keys,
      signingAlgorithm: ec,
    });
    if (env.ROLE !== "master") {
      const leaf = await retry(
        server,
        async () =>
          Pem.parse(
            await (
              await request("POST", `${env.API_URL}/certificates`, token, {
                cluster_uuid: env.CLUSTER_UUID,
                csr: csr.toString("pem"),
              })
            ).json(),
          ).pem,
      );
      if (
        !(await new X509Certificate(leaf).verify({
          publicKey: await new X509Certificate(caPem).publicKey.export(),
          signatureOnly: true,
        }))
      )
        throw new NodeFailure("phase identity: the certificate is not of the cluster's authority");
      return { caPem, files: new Map<string, string>() };
    }
    const text = await retry(server, async () =>
      (
        await request("POST", `${env.API_URL}/clusters/${env.CLUSTER_UUID}/bootstrap`, token, { server_id: server.id })
      ).text(),
    );
    const files = new Map(
      text.split("\n").flatMap((line): [string, string][] => {
        const [name, content] = line.split(" ");
        return name && content ? [[name, Buffer.from(content, "base64").toString("utf8")]] : [];
      }),
    );
    if (!files.has("pki/ca.key")) throw new NodeFailure("phase identity: bootstrap sent no pki/ca.key");
    return { caPem, files };
  }

  function control(env: NodeEnv, caPem: string, files: Map<string, string>): void {
    const row = clusters.put({
      id: env.CLUSTER_UUID,
      address: env.API_PUBLIC_ADDRESS || env.API_ADDRESS,
      port: Number(env.API_PORT) || 6443,
      caPem,
      caKeyPem: files.get("pki/ca.key") ?? "",
      version: env.KUBE_TAG,
    });
    serve(row);
  }

  async function signal(env: NodeEnv, server: Server, status: string, reason: string): Promise<void> {
    await retry(server, () =>
      request("POST", env.SIGNAL_URL, env.SIGNAL_TOKEN, { status, reason, id: server.name, data: "" }),
    );
  }

  /** As a node does: again and again for what may pass, until its server is gone. */
  async function retry<T>(server: Server, work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++)
      try {
        return await work();
      } catch (error) {
        if (stopped || !world.servers.get(server.id)) throw error;
        if (error instanceof NodeFailure || attempt >= 200) throw error;
        await pause(Math.min(attempt, 10));
      }
  }

  return {
    boot(server) {
      if (begun.has(server.id) || nodes.get(server.id)) return;
      begun.add(server.id);
      void live(server);
    },
    resume() {
      for (const cluster of clusters.all()) serve(cluster);
      for (const server of world.servers.all())
        if (server.status === "ACTIVE" && !nodes.get(server.id)) this.boot(server);
      sweep();
    },
    async close() {
      stopped = true;
      await Promise.all([...apis.values()].map(async (api) => (await api)?.close()));
    },
  };
}

/** What no retry can cure: reported with its phase. */
class NodeFailure extends Error {}

async function request(method: string, url: string, token: string | null, body?: unknown): Promise<Response> {
  const answer = await fetch(url, {
    method,
    headers: {
      "content-type": "application/json",
      accept: "application/json",
      "openstack-api-version": "container-infra latest",
      ...(token === null ? {} : { "x-auth-token": token }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(20_000),
  });
  if (answer.ok) return answer;
  const text = (await answer.text()).slice(0, 300);
  if (answer.status >= 400 && answer.status < 500 && ![401, 404, 408, 409, 429].includes(answer.status))
    throw new NodeFailure(`phase identity: ${answer.status} ${text}`);
  throw new Error(`${method} ${new URL(url).pathname}: ${answer.status} ${text}`);
}

/** The API server's own certificate, by the cluster's CA, for its addresses. */
async function serverCertificate(cluster: ClusterRow): Promise<{ certPem: string; keyPem: string }> {
  const keys = await crypto.subtle.generateKey(ec, true, ["sign", "verify"]);
  const ca = new X509Certificate(cluster.caPem);
  const der = PemConverter.decodeFirst(cluster.caKeyPem);
  const caKey = await importKey(der, cluster.caKeyPem);
  const certificate = await X509CertificateGenerator.create({
    serialNumber: `00${randomBytes(15).toString("hex")}`,
    subject: new Name("CN=kube-apiserver").toString(),
    issuer: ca.subject,
    notBefore: new Date(Date.now() - 300_000),
    notAfter: ca.notAfter,
    signingKey: caKey.key,
    signingAlgorithm: caKey.algorithm,
    publicKey: keys.publicKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        { type: "ip", value: cluster.address },
        { type: "ip", value: "127.0.0.1" },
        { type: "ip", value: "10.254.0.1" },
        { type: "dns", value: "kubernetes" },
        { type: "dns", value: "kubernetes.default.svc" },
        { type: "dns", value: "localhost" },
      ]),
    ],
  });
  return {
    certPem: certificate.toString("pem"),
    keyPem: PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY"),
  };
}

async function importKey(
  der: ArrayBuffer,
  pem: string,
): Promise<{ key: CryptoKey; algorithm: { name: string; hash: string; namedCurve?: string } }> {
  const algorithms = [
    ec,
    { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
    { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
  ];
  // The bootstrap answer may hold SEC1 or PKCS#1; Node turns each into PKCS#8.
  const { createPrivateKey } = await import("node:crypto");
  const bytes = pem.includes("BEGIN PRIVATE KEY")
    ? Buffer.from(der)
    : createPrivateKey(pem).export({ type: "pkcs8", format: "der" });
  for (const algorithm of algorithms)
    try {
      return {
        key: await crypto.subtle.importKey("pkcs8", new Uint8Array(bytes), algorithm, false, ["sign"]),
        algorithm,
      };
    } catch {
      continue;
    }
  throw new Error("the cluster's CA key is of an unknown kind");
}
