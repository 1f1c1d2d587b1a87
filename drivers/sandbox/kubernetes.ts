// The clusters' own APIs: one per cluster, brought up by its first master, reachable at its floating address for as long as
// the way to a living master is there.
import { createPrivateKey, randomBytes } from "node:crypto";
import { createServer } from "node:https";
import type { Server as HttpsServer } from "node:https";
import type { NodeEnv } from "../kubernetes/node-env.ts";
import { isLoopback } from "./address.ts";
import type { Core } from "./core.ts";
import { answerKubernetes } from "./kube-api.ts";
import type { Kubernetes as Row, Server } from "./model.ts";
import { asksFor } from "./scenarios.ts";
import { x509 } from "./x509.ts";

export type Kubernetes = ReturnType<typeof openKubernetes>;

const labelsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(",").flatMap((pair) => (pair === "" ? [] : [[pair.split("=")[0] ?? "", pair.split("=")[1] ?? ""]])),
  );

export function openKubernetes(core: Core) {
  const { state } = core;
  const listening = new Map<string, { server: HttpsServer; at: string }>();
  const complained = new Set<string>();

  async function begin(env: NodeEnv, server: Server, caPem: string, caKey: string, isFirst: boolean): Promise<void> {
    const known = state.kubernetes.get(env.CLUSTER_UUID);
    if (known) {
      if (!known.nodeIds.includes(server.id))
        state.kubernetes.change(known, { nodeIds: [...known.nodeIds, server.id] });
      return;
    }
    if (!isFirst) return;
    const apiAddress = env.API_PUBLIC_ADDRESS || env.FLOATING_ADDRESS || null;
    const leaf = await serverLeaf(env, caPem, caKey);
    const at = core.now();
    state.kubernetes.save({
      id: env.CLUSTER_UUID, name: env.CLUSTER_NAME, projectId: server.projectId, apiAddress, privateAddress: env.API_ADDRESS, port: Number(env.API_PORT) || 6443,
      version: env.KUBE_TAG, caPem, ...leaf, objects: {}, revision: 100, startedAt: at, nodeIds: [server.id],
    }); // prettier-ignore
    core.wake();
  }

  /** Does the cluster have an API, seen from inside its network? */
  function isUp(clusterId: string): boolean {
    const row = state.kubernetes.get(clusterId);
    return row !== undefined && mastersOf(row).length > 0;
  }
  const mastersOf = (row: Row) =>
    row.nodeIds.flatMap((id) => state.servers.get(id) ?? []).filter((one) => one.status === "ACTIVE");

  function register(env: NodeEnv, server: Server): void {
    const row = state.kubernetes.get(env.CLUSTER_UUID);
    if (!row) return;
    if (env.ROLE === "master" && !row.nodeIds.includes(server.id)) row.nodeIds = [...row.nodeIds, server.id];
    const taints = env.NODE_TAINTS === "" ? [] : env.NODE_TAINTS.split(",").map((taint) => {
      const [pair = "", effect = ""] = taint.split(":");
      return { key: pair.split("=")[0], effect };
    }); // prettier-ignore
    const now = new Date(core.now()).toISOString().replace(/\.\d+Z/, "Z");
    const flavor = state.flavors.get(server.flavorId);
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
    const key = `nodes//${env.NODE_NAME}`;
    row.revision++;
    row.objects[key] = {
      apiVersion: "v1",
      kind: "Node",
      metadata: {
        name: env.NODE_NAME, uid: server.id, resourceVersion: String(row.revision), creationTimestamp: now,
        labels: {
          "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": env.NODE_NAME,
          "kubernetes.io/os": "linux", ...(env.ROLE === "master" ? { "node-role.kubernetes.io/control-plane": "" } : {}), ...labelsOf(env.NODE_LABELS),
        },
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
          machineID: server.id.replaceAll("-", ""), systemUUID: server.id, bootID: server.id, kernelVersion: "6.5.6-200.fc38.x86_64",
          osImage: "Fedora CoreOS 38.20231027.3.2", containerRuntimeVersion: "containerd://1.6.23", kubeletVersion: env.KUBE_TAG, kubeProxyVersion: env.KUBE_TAG,
          operatingSystem: "linux", architecture: "amd64",
        },
      },
    }; // prettier-ignore
    state.kubernetes.save(row);
  }

  /** The address at which the outside reaches it now; null = the way is cut. */
  function wayTo(row: Row): string | null {
    if (row.apiAddress === null || !isLoopback(row.apiAddress)) return null;
    const floating = state.floatingIps.find((one) => one.address === row.apiAddress && one.portId !== null);
    const masters = mastersOf(row);
    if (!floating || masters.length === 0) return null;
    const balancer = state.balancers.find((one) => one.vipPortId === floating.portId);
    if (!balancer) return masters.some((one) => one.portIds.includes(floating.portId ?? "")) ? row.apiAddress : null;
    if (balancer.provisioningStatus === "ERROR" || balancer.provisioningStatus === "PENDING_DELETE") return null;
    const listener = state.listeners.find((one) => one.balancerId === balancer.id && one.protocolPort === row.port);
    const pool = state.pools.find((one) => one.id === listener?.defaultPoolId);
    const addresses = new Set(
      masters.flatMap((one) =>
        one.portIds.flatMap((id) => state.ports.get(id)?.fixedIps.map((ip) => ip.ip_address) ?? []),
      ),
    );
    return state.members.find((one) => one.poolId === pool?.id && addresses.has(one.address)) ? row.apiAddress : null;
  }

  function advance(): number | null {
    for (const row of state.kubernetes.all()) {
      // Nodes whose server is gone leave the cluster, as the cloud controller would have it.
      for (const [key, object] of Object.entries(row.objects)) {
        const spec = object["spec"];
        const id =
          typeof spec === "object" && spec !== null && "providerID" in spec
            ? String(spec.providerID).slice("openstack:///".length)
            : null;
        if (key.startsWith("nodes//") && id !== null && !state.servers.get(id)) {
          delete row.objects[key];
          state.kubernetes.change(row, { nodeIds: row.nodeIds.filter((one) => one !== id) });
        }
      }
      const silent = asksFor("apiSilent", row.name) && core.now() - row.startedAt > (600 * 1000) / core.speed;
      const at = silent ? null : wayTo(row);
      const open = listening.get(row.id);
      if (open && open.at !== at) {
        listening.delete(row.id);
        open.server.close();
        open.server.closeAllConnections();
      }
      if (at !== null && !listening.has(row.id)) listen(row, at);
      if (
        !row.nodeIds.some((id) => state.servers.get(id)) &&
        !state.stacks.find((one) => one.deletedAt === null && one.tags.includes(`coe-cluster-${row.id}`))
      )
        state.kubernetes.remove(row.id);
    }
    return state.kubernetes.size > 0 ? core.now() + 2000 : null;
  }

  function listen(row: Row, at: string): void {
    const server = createServer(
      { cert: row.certPem, key: row.keyPem, ca: row.caPem, requestCert: true, rejectUnauthorized: false },
      (request, response) => {
        void answerKubernetes(core, row, request, response);
      },
    );
    server.on("tlsClientError", () => {});
    server.on("error", (error) => {
      listening.delete(row.id);
      if (!complained.has(row.id))
        core.log.warn({ cluster: row.name, at, error: error.message }, "the Kubernetes API cannot listen there");
      complained.add(row.id);
    });
    server.listen(row.port, at);
    listening.set(row.id, { server, at });
  }

  return {
    begin,
    isUp,
    register,
    advance,
    async close() {
      for (const { server } of listening.values()) {
        server.closeAllConnections();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      }
      listening.clear();
    },
  };
}

/** The API server's certificate, made with the cluster's CA as kubeadm does on a master. */
async function serverLeaf(env: NodeEnv, caPem: string, caKeyPem: string): Promise<{ certPem: string; keyPem: string }> {
  const issuer = new x509.X509Certificate(caPem);
  const key = createPrivateKey(caKeyPem);
  const isEc = key.asymmetricKeyType === "ec";
  const algorithm = isEc
    ? {
        name: "ECDSA",
        namedCurve: key.asymmetricKeyDetails?.namedCurve === "secp384r1" ? "P-384" : "P-256",
        hash: "SHA-256",
      }
    : { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
  const signingKey = await crypto.subtle.importKey(
    "pkcs8",
    new Uint8Array(key.export({ type: "pkcs8", format: "der" })),
    algorithm,
    false,
    ["sign"],
  );
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const addresses = [
    env.NODE_ADDRESS,
    env.FLOATING_ADDRESS,
    env.API_ADDRESS,
    env.API_PUBLIC_ADDRESS,
    "127.0.0.1",
    firstOf(env.SERVICE_CIDR),
  ];
  const names = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    `kubernetes.default.svc.${env.CLUSTER_DOMAIN || "cluster.local"}`,
    env.NODE_NAME,
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `00${randomBytes(15).toString("hex")}`,
    subject: "CN=kube-apiserver",
    issuer: issuer.subject,
    notBefore: new Date(Date.now() - 300_000),
    notAfter: new Date(Math.min(Date.now() + 365 * 86_400_000, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...[...new Set(addresses)].filter((one) => one !== "").map((value) => ({ type: "ip" as const, value })),
        ...names.filter((one) => one !== "").map((value) => ({ type: "dns" as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
    ],
  });
  const raw = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { certPem: certificate.toString("pem"), keyPem: x509.PemConverter.encode(raw, "PRIVATE KEY") };
}

const firstOf = (cidr: string): string => {
  const [address = ""] = cidr.split("/");
  return address === "" ? "" : address.replace(/\d+$/, (last) => String(Number(last) + 1));
};
