// A world around one node, for running coe-node for real: a throw-away root, stubs for what would touch the machine,
// and servers that play metadata, our own API, Heat's signal and the Kubernetes API. Real shell, curl
// and openssl.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer as createHttp } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createHttps } from "node:https";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { Desired } from "../../driver.ts";
import { aDesired } from "../../heat/testing/desired.ts";
import type { DesiredPart } from "../../heat/testing/desired.ts";
import { nodeFiles } from "../node.ts";
import { heatEnvPath, renderNodeEnv } from "../node-env.ts";
import type { HeatValues } from "../node-env.ts";

export interface World {
  root: string;
  requests: { method: string; path: string; body: string; headers: IncomingMessage["headers"] }[];
  /** Bodies that Heat was sent. */
  signals: { status: string; reason: string; id: string }[];
  /** The node's own Node, as the cluster's API has it. */
  annotations: Record<string, string>;
  /** Control plane nodes that the API lists, by name with their address. */
  controlPlane: Map<string, { address: string; silent: boolean }>;
  /** What the cluster's own configuration says. */
  configured: { version: string };
  /** Secrets of kube-system by name, with their data as it is before base64. */
  secrets: Map<string, Record<string, string>>;
  /** A member of the store at that address, port 2379, that answers what `answer` says (null = 500). */
  store(address: string, answer: (verb: string, body: string) => object | null): Promise<void>;
  /** Files of a control plane node that has reported: credentials, manifests. */
  asControlPlane(): void;
  /** Shell that kubeadm runs besides; its arguments are in "$*". */
  kubeadm(script: string): void;
  /** A program of the system that does something else here. */
  program(name: string, script: string): void;
  /** Seconds that the machine has been up. */
  uptime(seconds: number): void;
  /** A file that can be downloaded; labels of the wish say `MIRROR/<name>`. */
  publish(name: string, content: Buffer | string): void;
  /** Commands of the stubs, in order: `systemctl enable kubelet`. */
  commands(): string[];
  /** Answers with this status instead, as many times as said. */
  fault(path: RegExp, status: number, times: number): void;
  /** Somebody else was there before with the node's proof. */
  spendProof(): void;
  run(options?: Run): Promise<{ code: number | null; output: string }>;
  remove(path: string): void;
  /** Every file below the root with mode and, but for keys and certificates, content. */
  tree(): Record<string, string>;
  read(path: string): string;
  mode(path: string): number;
  openssl(...args: string[]): string;
  close(): Promise<void>;
}

interface Run {
  shell?: string[];
  killAfterPhase?: string;
  /** Killed when it has said this. */
  killAt?: string;
  /** Killed then. */
  signal?: AbortSignal;
  program?: "coe-node" | "coe-leave" | "coe-renew";
  env?: Record<string, string>;
}

export const secrets = { proof: "group-1.member-1.PROOF-of-the-node", signal: "TOKEN-of-the-signal" };
const clusterUuid = "4f2a1b00-1111-4222-8333-444455556666";
const nodeName = "prod-4f2a1b-node-0";
const serverUuid = "99999999-8888-4777-8666-555544443333";

/** Members of a store have an address each. Loopback has many: those of tests that run beside each other do not meet. */
const loopback = `127.${1 + (process.pid % 250)}.${1 + (Math.floor(process.pid / 250) % 250)}`;
export const storeAddresses = [`${loopback}.1`, `${loopback}.2`, `${loopback}.3`, `${loopback}.4`] as const;

/** What the program has to run in. Not busybox: its shell prefers its own swapoff and mount to our stubs. */
export const shells = [["dash"], ["bash", "--posix"]];
export const missing = ([name = ""]: string[]): boolean =>
  !["/bin", "/usr/bin"].some((folder) => existsSync(`${folder}/${name}`));

/** Worlds of one file of tests, closed after each. */
export function nodeWorlds() {
  const open: World[] = [];
  return {
    async aWorld(...args: Parameters<typeof nodeWorld>): Promise<World> {
      const world = await nodeWorld(...args);
      open.push(world);
      return world;
    },
    async closeAll() {
      for (const world of open.splice(0)) await world.close();
    },
  };
}

const stubs = [
  "systemctl",
  "hostnamectl",
  "modprobe",
  "sysctl",
  "swapoff",
  "setenforce",
  "update-ca-trust",
  "mount",
  "umount",
  "mkfs.xfs",
  "containerd",
  "crictl",
];

/** `authorities`: files of the CAs that the cluster trusts; "cluster" is the one whose key there is. */
export async function nodeWorld(
  role: "master" | "worker",
  part: DesiredPart = {},
  heat: HeatValues = {},
  authorities: readonly ("cluster" | "other")[] = ["cluster"],
): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), "coe-node-"));
  const world = join(root, ".world");
  mkdirSync(join(world, "bin"), { recursive: true });
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: world, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });
  makeCa(openssl, "cloud");
  makeCa(openssl, "cluster");
  makeCa(openssl, "other");
  const logFile = join(world, "commands");
  writeFileSync(logFile, "");
  const program = (name: string, body: string) => {
    writeFileSync(join(world, "bin", name), `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>"${logFile}"\n${body}\n`);
    chmodSync(join(world, "bin", name), 0o755);
  };
  for (const stub of stubs) program(stub, "exit 0");
  program("ip", "echo default via 10.0.0.1");
  program("blkid", "exit 2");
  mkdirSync(join(world, "download"));
  for (const name of ["kubeadm", "kubectl", "kubelet"])
    writeFileSync(join(world, "download", name), `#!/bin/sh\nprintf '%s\\n' "${name} $*" >>"${logFile}"\n`);
  // As kubeadm does, with the first authority only.
  const conf = `printf 'clusters:\\n- cluster:\\n    certificate-authority-data: Rmlyc3Q=\\n' >"$COE_ROOT/etc/kubernetes/`;
  const behaviour = join(world, "kubeadm");
  writeFileSync(behaviour, "");
  appendFileSync(join(world, "download", "kubeadm"), `. "${behaviour}"\n${conf}admin.conf"\n${conf}kubelet.conf"\n`);
  mkdirSync(join(world, "cni"));
  writeFileSync(join(world, "cni", "loopback"), "#!/bin/sh\n", { mode: 0o755 });
  execFileSync("tar", ["-czf", join(world, "download", "cni.tgz"), "-C", join(world, "cni"), "loopback"]);

  const requests: World["requests"] = [];
  const signals: World["signals"] = [];
  const faults: { path: RegExp; status: number; times: number }[] = [];
  const listening: Server[] = [];
  const serve = async (server: Server, at = "127.0.0.1") => {
    listening.push(server);
    await new Promise<void>((resolve) => server.listen(0, at, resolve));
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  };
  const handler =
    (answer: (path: string, body: string, response: ServerResponse, request: IncomingMessage) => void) =>
    (request: IncomingMessage, response: ServerResponse) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        const path = request.url ?? "";
        requests.push({ method: request.method ?? "", path, body, headers: request.headers });
        const fault = faults.find((one) => one.path.test(path) && one.times-- > 0);
        if (fault) response.writeHead(fault.status).end('{"error":{"message":"as asked"}}');
        else answer(path, body, response, request);
      });
    };
  const read = (name: string) => readFileSync(join(world, name));

  let firstKey: string | null = null;
  const publicKeyOf = (csr: string) =>
    execFileSync("openssl", ["req", "-noout", "-pubkey", "-verify"], { input: csr, stdio: ["pipe", "pipe", "ignore"] });
  /** As the service makes it: of the request only the key is taken. */
  const kubeletLeaf = (csr: string) => {
    writeFileSync(join(world, "node.pub"), publicKeyOf(csr));
    const names = `DNS:${nodeName},IP:127.0.0.1,IP:192.0.2.9`;
    writeFileSync(join(world, "leaf.conf"), `subjectAltName=${names}\nextendedKeyUsage=clientAuth,serverAuth\n`);
    const subject = `/O=system:nodes/CN=system:node:${nodeName}`;
    openssl("req", "-new", "-key", "cluster-server.key", "-subj", subject, "-out", "leaf.csr");
    const by = ["-CA", "cluster.crt", "-CAkey", "cluster.key", "-CAcreateserial", "-days", "30"];
    return openssl("x509", "-req", "-in", "leaf.csr", ...by, "-force_pubkey", "node.pub", "-extfile", "leaf.conf");
  };
  const bundle = authorities.map((name) => read(`${name}.crt`).toString()).join("");
  const files = createHttp(
    handler((path, _, response) => {
      if (path === "/metadata")
        return response.end(
          `{"uuid": "${serverUuid}", "public_keys": {"mykey": "x"}, "hostname": "n.novalocal", "availability_zone": "az 1"}`,
        );
      const name = path.split("/").at(-1) ?? "";
      try {
        // Only archives of containerd are published with their digests beside them, as the tests lay them.
        if (!name.endsWith(".sha256") || name.startsWith("containerd")) return response.end(read(`download/${name}`));
        response.end(
          `${createHash("sha256")
            .update(read(`download/${name.replace(".sha256", "")}`))
            .digest("hex")}  ${name}\n`,
        );
      } catch {
        response.writeHead(404).end();
      }
    }),
  );
  const cloud = createHttps(
    { key: read("cloud-server.key"), cert: read("cloud-server.crt") },
    handler((path, body, response, request) => {
      if (path === "/v1") return response.end('{"id":"v1"}');
      if (path === "/signal") {
        if (request.headers["x-auth-token"] !== secrets.signal) return response.writeHead(401).end();
        signals.push(z.object({ status: z.string(), reason: z.string(), id: z.string() }).parse(JSON.parse(body)));
        return response.end();
      }
      if (path === `/v1/clusters/${clusterUuid}/bootstrap`) {
        const { proof, csr } = z.object({ proof: z.string(), csr: z.string() }).parse(JSON.parse(body));
        if (proof !== secrets.proof) return response.writeHead(403).end('{"errors":[{"detail":"a wrong proof"}]}');
        const key = createHash("sha256").update(publicKeyOf(csr)).digest("hex");
        firstKey ??= key;
        if (key !== firstKey) return response.writeHead(409).end('{"errors":[{"detail":"another key came first"}]}');
        const line = (name: string, content: string | Buffer) => `${name} ${Buffer.from(content).toString("base64")}\n`;
        if (role === "worker") return response.end(line("pki/ca.crt", bundle) + line("kubelet.crt", kubeletLeaf(csr)));
        const pair = (name: string) => line(`pki/${name}.crt`, bundle) + line(`pki/${name}.key`, read("cluster.key"));
        return response.end(
          ["ca", "etcd/ca", "front-proxy-ca"].map(pair).join("") +
            line("pki/sa.pub", authorities.map((name) => read(`${name}-server.crt`).toString()).join("")) +
            line("pki/sa.key", read("cluster-server.key")) +
            (part.network?.floatingIpEnabled === false ? line("manifests/10-coe.yaml", "kind: x\n".repeat(5000)) : ""),
        );
      }
      response.writeHead(404).end();
    }),
  );
  const annotations: Record<string, string> = {};
  const controlPlane: World["controlPlane"] = new Map();
  const configured: World["configured"] = { version: "v1.34.1" };
  const kubeSecrets: World["secrets"] = new Map();
  const mutual = {
    key: read("cluster-server.key"),
    cert: read("cluster-server.crt"),
    ca: read("cluster.crt"),
    requestCert: true,
    rejectUnauthorized: true,
  };
  const ready = [
    { type: "DiskPressure", status: "False" },
    { type: "Ready", status: "True", message: "kubelet is posting ready status" },
  ];
  const silent = [{ type: "Ready", status: "Unknown", message: "Kubelet stopped posting node status." }];
  const kube = createHttps(
    mutual,
    handler((path, body, response, request) => {
      if (path === "/readyz") return response.end("ok");
      if (path === "/version") return response.end(JSON.stringify({ gitVersion: configured.version }, null, 2));
      const secret = kubeSecrets.get(/^\/api\/v1\/namespaces\/kube-system\/secrets\/(.*)$/.exec(path)?.[1] ?? "");
      if (secret) {
        const data = Object.entries(secret).map(([key, value]) => [key, Buffer.from(value).toString("base64")]);
        return response.end(JSON.stringify({ kind: "Secret", data: Object.fromEntries(data) }, null, 2));
      }
      if (path.startsWith("/api/v1/nodes?"))
        return response.end(
          JSON.stringify({
            items: [...controlPlane.values()].map(({ address }) => ({
              status: {
                addresses: [
                  { type: "InternalIP", address },
                  { type: "Hostname", address: "x" },
                ],
              },
            })),
          }),
        );
      if (path === "/api/v1/namespaces/kube-system/configmaps/kubeadm-config")
        return response.end(
          JSON.stringify(
            {
              data: {
                ClusterConfiguration: `kind: ClusterConfiguration\nkubernetesVersion: ${configured.version}\nx: 1\n`,
              },
            },
            null,
            2,
          ),
        );
      const other = controlPlane.get(path.split("/").at(-1) ?? "");
      if (other)
        return response.end(JSON.stringify({ status: { conditions: other.silent ? silent : ready } }, null, 2));
      if (path !== `/api/v1/nodes/${nodeName}`) return response.writeHead(404).end();
      if (request.method === "PATCH")
        Object.assign(
          annotations,
          z.object({ metadata: z.object({ annotations: z.record(z.string(), z.string()) }) }).parse(JSON.parse(body))
            .metadata.annotations,
        );
      const managedFields = Object.keys(annotations).map((key) => ({ fieldsV1: { [`f:${key}`]: {} } }));
      response.end(
        JSON.stringify(
          { metadata: { name: nodeName, annotations, managedFields }, status: { conditions: ready } },
          null,
          2,
        ),
      );
    }),
  );
  const [filesPort, cloudPort, kubePort] = [
    await serve(files),
    await serve(cloud),
    await serve(kube, heat.API_ADDRESS),
  ];

  const wish: Desired = aDesired({
    ...part,
    key: { id: clusterUuid, name: "prod" },
    pki: { revision: "1", caPem: bundle },
    template: { apiserverPort: kubePort, ...part.template },
    labels: {
      kube_binary_url: `http://127.0.0.1:${filesPort}`,
      cni_plugins_url: `http://127.0.0.1:${filesPort}/cni.tgz`,
      ...Object.fromEntries(
        Object.entries(part.labels ?? {}).map(([key, value]) => [
          key,
          value.replace("MIRROR", `http://127.0.0.1:${filesPort}`),
        ]),
      ),
    },
    endpoints: {
      apiUrl: `https://127.0.0.1:${cloudPort}/v1`,
      region: "RegionOne",
      verifyCa: true,
      openstackCaPem: read("cloud.crt").toString(),
    },
  });
  const group = wish.nodegroups.find((one) => (one.role === "master") === (role === "master"));
  if (!group) throw new Error(`no ${role} in the wish`);
  const { files: nodes } = nodeFiles(wish, group, {
    binaryDir: "/usr/local/bin",
    firstIndex: role === "master" ? "0" : null,
    waitSeconds: 3600,
  });
  const put = (path: string, content: string, mode: number) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content, { mode });
    chmodSync(join(root, path), mode);
  };
  for (const file of nodes) put(file.path, typeof file.content === "string" ? file.content : "", file.mode);
  put(
    heatEnvPath,
    renderNodeEnv({
      INDEX: "0",
      NODE_NAME: nodeName,
      NODE_PROOF: secrets.proof,
      SIGNAL_URL: `https://127.0.0.1:${cloudPort}/signal`,
      SIGNAL_TOKEN: secrets.signal,
      NODE_ADDRESS: "127.0.0.1",
      FLOATING_ADDRESS: "192.0.2.9",
      API_ADDRESS: "127.0.0.1",
      API_PUBLIC_ADDRESS: "192.0.2.7",
      ETCD_VOLUME: "",
      DOCKER_VOLUME: "",
      ...heat,
    }),
    0o600,
  );

  const paths = (folder = ""): string[] =>
    readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (path === "/.world") return [];
      return entry.isDirectory() ? paths(path) : [path];
    });
  return {
    root,
    requests,
    signals,
    annotations,
    controlPlane,
    configured,
    secrets: kubeSecrets,
    async store(address, answer) {
      const member = createHttps(
        mutual,
        handler((path, body, response) => {
          const said = answer(path.split("/").at(-1) ?? "", body);
          if (said === null) response.writeHead(500).end('{"error":"etcdserver: unhealthy cluster"}');
          else response.end(JSON.stringify(said));
        }),
      );
      listening.push(member);
      await new Promise<void>((resolve) => member.listen(2379, address, resolve));
    },
    asControlPlane() {
      const [cert, key] = [read("cluster-server.crt").toString(), read("cluster-server.key").toString()];
      const pki = "/etc/kubernetes/pki";
      put(`${pki}/ca.crt`, read("cluster.crt").toString(), 0o644);
      put(`${pki}/etcd/ca.crt`, read("cluster.crt").toString(), 0o644);
      for (const name of ["ca.key", "etcd/ca.key"]) put(`${pki}/${name}`, read("cluster.key").toString(), 0o600);
      for (const name of ["kubeadm", "kubelet", "kubectl"])
        put(`/usr/local/bin/${name}`, "#!/bin/sh\n# former\n", 0o755);
      put("/etc/coe/openstack-ca.pem", read("cloud.crt").toString(), 0o644);
      put("/var/lib/etcd/data/member", "former data", 0o600);
      put("/etc/containerd/config.toml", "former", 0o644);
      put("/var/lib/coe/server-id", serverUuid, 0o600);
      put("/var/lib/coe/zone", "az 1", 0o600);
      put(`${pki}/apiserver-etcd-client.crt`, cert, 0o644);
      put(`${pki}/apiserver-etcd-client.key`, key, 0o600);
      put("/var/lib/kubelet/pki/kubelet-client-current.pem", cert + key, 0o600);
      for (const name of ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"])
        put(`/etc/kubernetes/manifests/${name}.yaml`, "kind: Pod\n", 0o600);
      put("/var/lib/coe/done.report", "", 0o600);
    },
    kubeadm: (script) => writeFileSync(behaviour, script),
    program: (name, script) => writeFileSync(join(world, "bin", name), `#!/bin/sh\n${script}`, { mode: 0o755 }),
    uptime: (seconds) => put("/proc/uptime", `${seconds}.25 1.00\n`, 0o600),
    publish: (name, content) => writeFileSync(join(world, "download", name), content),
    commands: () => readFileSync(logFile, "utf8").split("\n").slice(0, -1),
    fault: (path, status, times) => faults.push({ path, status, times }),
    spendProof: () => {
      firstKey = "somebody else's";
    },
    run: ({ shell = ["sh"], killAfterPhase, killAt, signal, program: which = "coe-node", env = {} } = {}) =>
      new Promise((resolve) => {
        const [command = "sh", ...options] = shell;
        const child = spawn(command, [...options, join(root, "/usr/local/bin", which)], {
          detached: true,
          env: {
            NODE_ENV: "test",
            PATH: `${join(world, "bin")}:/usr/bin:/bin`,
            COE_ROOT: root,
            COE_PAUSE: "0.01",
            COE_METADATA_URL: `http://127.0.0.1:${filesPort}/metadata`,
            ...env,
          },
        });
        let output = "";
        const kill = () => {
          try {
            if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
          } catch {
            // gone already
          }
        };
        signal?.addEventListener("abort", kill);
        const hear = (part: Buffer) => {
          output += part.toString();
          const at = killAfterPhase === undefined ? killAt : `phase ${killAfterPhase} done`;
          if (at !== undefined && output.includes(at)) kill();
        };
        child.stdout.on("data", hear);
        child.stderr.on("data", hear);
        child.on("close", (code) => resolve({ code, output }));
      }),
    tree: () =>
      Object.fromEntries(
        paths().map((path) => {
          const random = /\/pki\/(coe-node|kubelet-client)/.test(path);
          return [
            path.replace(/-\d{4}(-\d\d){5}\.pem$/, "-DATE.pem"),
            `${(statSync(join(root, path)).mode & 0o777).toString(8)} ${random ? "" : readFileSync(join(root, path), "utf8")}`,
          ];
        }),
      ),
    read: (path) => readFileSync(join(root, path), "utf8"),
    remove: (path) => rmSync(join(root, path)),
    mode: (path) => statSync(join(root, path)).mode & 0o777,
    openssl,
    close: async () => {
      for (const server of listening) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function makeCa(openssl: World["openssl"], name: string): void {
  openssl(
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.crt`,
    "-days",
    "2",
    "-subj",
    `/CN=${name} CA`,
  );
  openssl(
    "req",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    `${name}-server.key`,
    "-out",
    `${name}-server.csr`,
    "-subj",
    "/CN=server",
    "-addext",
    `subjectAltName=${["127.0.0.1", ...storeAddresses].map((address) => `IP:${address}`).join(",")}`,
  );
  openssl(
    "x509",
    "-req",
    "-in",
    `${name}-server.csr`,
    "-CA",
    `${name}.crt`,
    "-CAkey",
    `${name}.key`,
    "-CAcreateserial",
    "-days",
    "2",
    "-copy_extensions",
    "copy",
    "-out",
    `${name}-server.crt`,
  );
}
