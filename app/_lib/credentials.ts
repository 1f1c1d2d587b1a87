// The private key of a config bundle is made here, in the browser, and stays here: only the signing request leaves.
// Loaded when it is needed: with its X.509 library it is the largest part of the page.
import "reflect-metadata";
import { PemConverter, Pkcs10CertificateRequestGenerator, X509Certificate } from "@peculiar/x509";
import { strToU8, zipSync } from "fflate";
import { renderKubeconfig } from "@/server/domain/kubeconfig";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

export interface KeyAndRequest {
  keyPem: string;
  csrPem: string;
}

/** False on plain http to another host, where browsers have no WebCrypto. */
export const canMakeKeys = (): boolean => typeof globalThis.crypto?.subtle === "object";

/** A new key pair and a signing request for full power in the cluster, as the command line asks for it. */
export async function makeKeyAndRequest(): Promise<KeyAndRequest> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "CN=admin, O=system:masters",
    keys,
    signingAlgorithm: algorithm,
  });
  return {
    keyPem: PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY"),
    csrPem: request.toString("pem"),
  };
}

/** True when the certificate is for the key that made the request. */
export async function belongsTogether(certPem: string, keyPem: string): Promise<boolean> {
  const key = await crypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(keyPem), algorithm, true, ["sign"]);
  const certificate = await new X509Certificate(certPem).publicKey.export(algorithm, ["verify"]);
  const probe = crypto.getRandomValues(new Uint8Array(32));
  const signature = await crypto.subtle.sign(algorithm, key, probe);
  return crypto.subtle.verify(algorithm, certificate, signature, probe);
}

export interface BundleInput {
  clusterName: string;
  server: string;
  caPem: string;
  certPem: string;
  keyPem: string;
}

export const kubeconfigName = (clusterName: string): string => `${clusterName}-kubeconfig.yaml`;

/** Kubeconfig, the three PEM files and what to do with them, as one zip. */
export function bundle(input: BundleInput): Uint8Array<ArrayBuffer> {
  const { clusterName } = input;
  const files: Record<string, string> = {
    [kubeconfigName(clusterName)]: renderKubeconfig(input),
    "ca.pem": withNewline(input.caPem),
    "cert.pem": withNewline(input.certPem),
    "key.pem": withNewline(input.keyPem),
    "README.txt": [
      `Access to the cluster ${clusterName} (${input.server}) as administrator.`,
      "",
      "Keep key.pem and the kubeconfig to yourself: whoever holds them has full power in the cluster.",
      "",
      `  export KUBECONFIG="$PWD/${kubeconfigName(clusterName)}"`,
      "  kubectl get nodes",
      "",
    ].join("\n"),
  };
  const root: Record<string, [Uint8Array, { attrs: number }]> = {};
  for (const [name, text] of Object.entries(files))
    // Unix permissions: what holds the key is for its owner only.
    root[`${clusterName}/${name}`] = [strToU8(text), { attrs: (secretFile(name) ? 0o100600 : 0o100644) << 16 }];
  const zip = zipSync(
    Object.fromEntries(Object.entries(root).map(([name, [data, options]]) => [name, [data, { ...options, os: 3 }]])),
  );
  return new Uint8Array(zip);
}

const secretFile = (name: string) => name === "key.pem" || name.endsWith("kubeconfig.yaml");
const withNewline = (pem: string) => (pem.endsWith("\n") ? pem : `${pem}\n`);

/** Hands a file to the browser's downloads and forgets it. */
export function save(name: string, type: string, content: string | Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
