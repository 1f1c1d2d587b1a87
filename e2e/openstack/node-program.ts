// Runs the node program itself, as the server's user data brings it, in a throw-away root: real shell, curl and openssl
// against the real Heat and our REST API. Only what would touch the machine is stubbed; kubeadm and kubelet are
// played by a real kube-apiserver (stand-in-kubernetes.ts), which the stubs ask for over HTTP.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import { readIgnitionFile } from "../../drivers/heat/ignition.ts";
import { beginsCluster } from "../../drivers/kubernetes/node-env.ts";
import type { NodeEnv } from "../../drivers/kubernetes/node-env.ts";
import { signRequest } from "../../server/pki/csr.ts";
import { signingRequest } from "../kubernetes/signing-request.ts";
import type { Kubernetes } from "./stand-in-kubernetes.ts";

const stubs = ["hostnamectl", "modprobe", "sysctl", "swapoff", "setenforce", "update-ca-trust", "containerd", "crictl"];
const ignition = z.object({
  storage: z.object({ files: z.array(z.object({ path: z.string(), mode: z.number().default(0o644) })) }),
});

export interface NodeServer {
  serverId: string;
  userData: string;
  env: NodeEnv;
}

/** Resolves when the program has reported success to Heat by itself; throws with its output when it has not. */
export async function runNodeProgram(node: NodeServer, kubernetes: Kubernetes, limitMs = 600_000): Promise<void> {
  const { env, serverId } = node;
  const root = mkdtempSync(join(tmpdir(), "jeroboam-node-"));
  const machine = await playMachine(node, root, kubernetes);
  try {
    unpack(node.userData, root);
    const bin = join(root, ".stubs");
    stubPrograms(bin, root, env, machine.url);
    const child = spawn("sh", [join(root, env.BINARY_DIR, "coe-node")], {
      env: {
        NODE_ENV: "test",
        PATH: `${bin}:/usr/bin:/bin`,
        COE_ROOT: root,
        COE_PAUSE: "2",
        COE_METADATA_URL: `${machine.url}/metadata`,
      },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: limitMs,
    });
    let output = "";
    const hear = (part: Buffer) => (output += part.toString());
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    await once(child, "close");
    if (child.exitCode !== 0 || !output.includes("coe: reported"))
      throw new Error(`coe-node of ${serverId}: ${output}`);
    for (const secret of [env.NODE_PROOF, env.SIGNAL_TOKEN])
      if (output.includes(secret)) throw new Error(`coe-node of ${env.NODE_NAME} prints a secret`);
  } finally {
    machine.stop();
    rmSync(root, { recursive: true, force: true });
  }
}

/** Files as Ignition writes them, below `root`. */
function unpack(userData: string, root: string): void {
  for (const { path, mode } of ignition.parse(JSON.parse(userData)).storage.files) {
    const place = join(root, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, readIgnitionFile(userData, path) ?? "", { mode });
  }
}

function stubPrograms(bin: string, root: string, env: NodeEnv, machineUrl: string): void {
  mkdirSync(bin);
  const program = (path: string, body: string) => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `#!/bin/sh\n${body}\n`);
    chmodSync(path, 0o755);
  };
  const tell = (path: string) => `/usr/bin/curl -sS --fail-with-body -m 400 -X POST ${machineUrl}/${path} >&2`;
  for (const name of stubs) program(join(bin, name), "exit 0");
  program(join(bin, "ip"), "echo default via 10.0.0.1");
  program(join(bin, "blkid"), "exit 2");
  program(join(bin, "mkfs.xfs"), "exit 0");
  program(join(bin, "systemctl"), `case "$*" in "restart kubelet") ${tell("kubelet")} ;; esac`);
  // Addresses inside the cluster's network lead nowhere here: the API is asked for at its floating address.
  const there = `::${env.API_PUBLIC_ADDRESS || env.FLOATING_ADDRESS}:${env.API_PORT}`;
  program(
    join(bin, "curl"),
    `for word; do case $word in https://*:${env.API_PORT}/*) set -- --connect-to '${there}' "$@" ;; esac; done
exec /usr/bin/curl "$@"`,
  );
  const own = join(root, env.BINARY_DIR);
  const version = `[ "$1" = --version ] && echo 'Kubernetes ${env.KUBE_TAG}' && exit 0`;
  for (const name of ["kubelet", "kubectl"]) program(join(own, name), `${version}\nexit 0`);
  program(
    join(own, "kubeadm"),
    `${version}\ncase "$*" in init\\ phase*) ${tell("configuration")} ;; *) ${tell("kubeadm")} ;; esac`,
  );
  program(join(root, "opt/cni/bin/loopback"), "exit 0");
  // A disk shows the first 20 characters of its volume's id.
  for (const volume of [env.ETCD_VOLUME, env.DOCKER_VOLUME])
    if (volume !== "") {
      const place = join(root, "dev/disk/by-id", `virtio-${volume.slice(0, 20)}`);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, "");
    }
}

/** What a server finds around itself: its metadata, and the two programs that make it a node. */
async function playMachine({ serverId, env }: NodeServer, root: string, kubernetes: Kubernetes) {
  const read = (path: string) => readFileSync(join(root, path), "utf8");
  const answers: Record<string, () => Promise<string>> = {
    "/metadata": () => Promise.resolve(JSON.stringify({ uuid: serverId })),
    "/kubeadm": async () => {
      const names = ["pki/ca.crt", "pki/ca.key", "pki/sa.pub", "pki/sa.key"];
      const files = new Map(names.map((name) => [name, read(`etc/kubernetes/${name}`)]));
      await kubernetes.controlPlane(env, files);
      if (beginsCluster(env)) await kubernetes.configure(env);
      const { csr, keyPem } = await signingRequest(`O=system:nodes, CN=system:node:${env.NODE_NAME}`);
      const ca = { certPem: files.get("pki/ca.crt") ?? "", keyPem: files.get("pki/ca.key") ?? "" };
      await kubernetes.register(env, { certPem: await signRequest(csr, ca, new Date(), 1), keyPem });
      return "";
    },
    "/configuration": async () => {
      await kubernetes.configure(env);
      return "";
    },
    "/kubelet": async () => {
      // On a control plane node kubeadm has started it; it is started again when it is given a second authority to trust.
      if (env.ROLE === "master") return "";
      const own = read("var/lib/kubelet/pki/kubelet-client-current.pem");
      await kubernetes.register(env, { certPem: own, keyPem: own });
      return "";
    },
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url ?? ""] ?? (() => Promise.reject(new Error("not found")));
    answer().then(
      (text) => response.end(text),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = z.object({ port: z.number() }).parse(server.address());
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() };
}
