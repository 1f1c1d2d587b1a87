// Certificates of the clusters' API servers.
import { createPrivateKey, randomBytes, X509Certificate } from "node:crypto";
import type { NodeEnv } from "../kubernetes/node-env.ts";
import type { KubernetesMaster } from "./model.ts";
import { x509 } from "./x509.ts";

/**
 * What an API server serves with, made as kubeadm does on a control plane node: the first authority of `caPem` signs, all
 * of them are trusted. Throws when the key is not the first one's.
 */
export async function servingFor(env: NodeEnv, caPem: string, caKeyPem: string): Promise<KubernetesMaster> {
  const issuer = new x509.X509Certificate(caPem);
  const key = createPrivateKey(caKeyPem);
  if (!new X509Certificate(caPem).checkPrivateKey(key))
    throw new Error("the CA key does not belong to the first certificate of the CA");
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
    // As it is written there: Go compares the bytes of names.
    issuer: issuer.subjectName,
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
  return {
    caPem,
    version: env.KUBE_TAG,
    certPem: certificate.toString("pem"),
    keyPem: x509.PemConverter.encode(raw, "PRIVATE KEY"),
  };
}

const firstOf = (cidr: string): string => {
  const [address = ""] = cidr.split("/");
  return address === "" ? "" : address.replace(/\d+$/, (last) => String(Number(last) + 1));
};
