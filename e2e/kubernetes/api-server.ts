// Starts and stops a real kube-apiserver for an authority of ours.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { issue } from "../../server/pki/ca.ts";
import type { KeyAndCertificate } from "../../server/pki/ca.ts";
import { x509 } from "../../server/pki/x509.ts";

const here = import.meta.dirname;

export interface ApiServer {
  /** `https://127.0.0.1:16443` */
  url: string;
  /** Starts again with other authorities and a server certificate of the first one; what is stored stays. */
  renew(keys: Pick<ApiServerOptions, "ca" | "serviceAccount">): Promise<void>;
  stop(): Promise<void>;
}

/** Is a kube-apiserver built (or can it be)? The build takes minutes, so it is not started from a test. */
export const kubernetesIsBuilt = (): boolean =>
  existsSync(join(process.env["JEROBOAM_KUBERNETES_STATE"] ?? "/var/lib/jeroboam-kubernetes", "kube-apiserver"));

export interface ApiServerOptions {
  /** Certificates of all that are trusted; the key belongs to the first one. */
  ca: KeyAndCertificate;
  serviceAccount: KeyAndCertificate;
  address?: string;
  /** Further addresses by which it is called. */
  alsoAt?: readonly string[];
  port: number;
  /** etcd takes this port and the next. */
  etcdPort: number;
}

/** Its server certificate is issued by `ca` for `address`, as a control plane node's is. */
export async function startApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const { address = "127.0.0.1", alsoAt = [], port, etcdPort } = options;
  const directory = mkdtempSync(join(tmpdir(), "jeroboam-kubernetes-"));
  const write = async ({ ca, serviceAccount }: Pick<ApiServerOptions, "ca" | "serviceAccount">) => {
    const server = await serverLeaf(ca, [...new Set([address, ...alsoAt])]);
    const files = {
      "ca.crt": ca.certPem,
      "server.crt": server.certPem,
      "server.key": server.keyPem,
      "sa.key": serviceAccount.keyPem,
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text, { mode: 0o600 });
  };
  await write(options);
  const env = {
    ...process.env,
    KUBERNETES_ADDRESS: address,
    KUBERNETES_PORT: String(port),
    ETCD_PORT: String(etcdPort),
  };
  const run = promisify(execFile);
  const stop = async () => {
    await run(join(here, "down"), [directory]);
    rmSync(directory, { recursive: true, force: true });
  };
  const start = async () => (await run(join(here, "up"), [directory], { env, timeout: 300_000 })).stdout.trim();
  try {
    const url = await start();
    return {
      url,
      stop,
      async renew(keys) {
        await run(join(here, "down"), [directory, "kube-apiserver"]);
        await write(keys);
        await start();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function serverLeaf(ca: KeyAndCertificate, addresses: readonly string[]): Promise<KeyAndCertificate> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const now = new Date();
  const certPem = await issue(ca, {
    subject: "CN=kubernetes",
    publicKey: keys.publicKey,
    now,
    notAfter: new Date(now.getTime() + 86_400_000),
    extensions: [
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...addresses.map((value) => ({ type: "ip" as const, value })),
        { type: "ip", value: "10.254.0.1" },
        { type: "dns", value: "kubernetes.default.svc" },
      ]),
    ],
  });
  const raw = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { certPem, keyPem: x509.PemConverter.encode(raw, "PRIVATE KEY") };
}
