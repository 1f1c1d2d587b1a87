import { x509 } from "../../server/pki/x509.ts";

/** A new key and the request to certify it, as a browser, kubelet or person makes them. `subject`: `O=..., CN=...`. */
export async function signingRequest(subject: string): Promise<{ csr: string; keyPem: string }> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
  });
  const raw = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  return { csr: request.toString("pem"), keyPem: x509.PemConverter.encode(raw, "PRIVATE KEY") };
}
