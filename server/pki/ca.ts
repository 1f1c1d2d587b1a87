// A cluster's certificate authorities and key pairs, and the certificates that the service makes for itself.
import { createHash, generateKeyPair, randomBytes } from "node:crypto";
import { promisify } from "node:util";
import type { AuthorityKind } from "../domain/authority.ts";
import { x509 } from "./x509.ts";

/** PEM of a certificate (for a service account: of the public key) and of its private key (PKCS #8). */
export interface KeyAndCertificate {
  certPem: string;
  keyPem: string;
}

export interface CertificateFacts {
  /** RFC 4514, in the order of the certificate: `CN=admin, O=system:masters`. */
  subject: string;
  /** Hexadecimal. */
  serial: string;
  /** SHA-256, upper-case pairs with colons. */
  fingerprint: string;
  notBefore: Date;
  notAfter: Date;
}

const dayMs = 86_400_000;
const caDays = 3650;
/** Clocks of nodes may be behind ours. */
const backdateMs = 300_000;
const ec = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * The authorities of a new cluster: the main CA, etcd's, the front proxy's, and the bare key pair that signs service
 * account tokens. Issuer name as Magnum's: the cluster's name, or its id where X.520's limit of 64 does not fit it.
 */
export async function makeAuthorities(
  cluster: { id: string; name: string },
  now: Date,
): Promise<Record<AuthorityKind, KeyAndCertificate>> {
  const name = Buffer.byteLength(cluster.name) <= 48 ? cluster.name : cluster.id;
  const [kubernetes, etcd, frontProxy, serviceAccount] = await Promise.all([
    selfSigned(name, now),
    selfSigned(`${name} etcd`, now),
    selfSigned(`${name} front-proxy`, now),
    rsaKeyPair(),
  ]);
  return { kubernetes, etcd, "front-proxy": frontProxy, "service-account": serviceAccount };
}

async function selfSigned(commonName: string, now: Date): Promise<KeyAndCertificate> {
  const keys = await crypto.subtle.generateKey(ec, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: randomSerial(),
    name: [{ CN: [commonName] }],
    notBefore: new Date(now.getTime() - backdateMs),
    notAfter: new Date(now.getTime() + caDays * dayMs),
    signingAlgorithm: ec,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certPem: withNewline(certificate.toString("pem")), keyPem: await privatePem(keys.privateKey) };
}

// RSA, since readers of service account tokens outside the cluster often know RS256 only.
async function rsaKeyPair(): Promise<KeyAndCertificate> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return { certPem: publicKey, keyPem: privateKey };
}

/** A client certificate with a key made here, for the service's own use; `hours` is its whole life. */
export async function clientLeaf(
  ca: KeyAndCertificate,
  subject: { commonName: string; organization: string },
  now: Date,
  hours: number,
): Promise<KeyAndCertificate> {
  const keys = await crypto.subtle.generateKey(ec, true, ["sign", "verify"]);
  const certificate = await issue(ca, {
    subject: [{ O: [subject.organization] }, { CN: [subject.commonName] }],
    publicKey: keys.publicKey,
    notAfter: new Date(now.getTime() + hours * 3_600_000),
    now,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ],
  });
  return { certPem: certificate, keyPem: await privatePem(keys.privateKey) };
}

/** What the conductor shows to a cluster's API: CN admin, O system:masters, one day. */
export const adminLeaf = (ca: KeyAndCertificate, now: Date): Promise<KeyAndCertificate> =>
  clientLeaf(ca, { commonName: "admin", organization: "system:masters" }, now, 24);

/** Issues a certificate that is never a CA; `extensions` are added to the ones that every certificate gets. PEM. */
export async function issue(
  ca: KeyAndCertificate,
  request: {
    subject: string | x509.JsonName | x509.Name;
    publicKey: x509.PublicKeyType;
    now: Date;
    /** Cut to the CA's own end. */
    notAfter: Date;
    extensions: x509.Extension[];
  },
): Promise<string> {
  const issuer = new x509.X509Certificate(ca.certPem);
  const { key, algorithm } = await signingKey(ca.keyPem);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomSerial(),
    subject: request.subject,
    issuer: issuer.subjectName,
    notBefore: new Date(Math.max(request.now.getTime() - backdateMs, issuer.notBefore.getTime())),
    notAfter: new Date(Math.min(request.notAfter.getTime(), issuer.notAfter.getTime())),
    publicKey: request.publicKey,
    signingKey: key,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
      await authorityKeyIdentifier(issuer),
      ...request.extensions,
    ],
  });
  return withNewline(certificate.toString("pem"));
}

/** The authority's own identifier, whichever way it was made (RFC 5280 4.2.1.1). */
async function authorityKeyIdentifier(issuer: x509.X509Certificate): Promise<x509.Extension> {
  const own = issuer.getExtension(x509.SubjectKeyIdentifierExtension);
  return own
    ? new x509.AuthorityKeyIdentifierExtension(own.keyId)
    : x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey);
}

/** Reads what people are shown of a certificate. Throws on what is none. */
export function readCertificate(pem: string): CertificateFacts {
  const certificate = new x509.X509Certificate(pem);
  return {
    subject: certificate.subject,
    serial: certificate.serialNumber,
    fingerprint: fingerprint(certificate.rawData),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
  };
}

const fingerprint = (der: ArrayBuffer): string =>
  (createHash("sha256").update(new Uint8Array(der)).digest("hex").toUpperCase().match(/../g) ?? []).join(":");

async function signingKey(pem: string) {
  const raw = x509.PemConverter.decodeFirst(pem);
  const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } as const;
  // Ours are EC; those taken over from an older service are RSA.
  for (const algorithm of [ec, rsa])
    try {
      return { key: await crypto.subtle.importKey("pkcs8", raw, algorithm, false, ["sign"]), algorithm };
    } catch {
      continue;
    }
  throw new Error("the CA's private key is neither EC P-256 nor RSA in PKCS #8");
}

async function privatePem(key: CryptoKey): Promise<string> {
  return withNewline(x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY"));
}

/** 16 random bytes, positive, never shorter after encoding. */
function randomSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

const withNewline = (pem: string) => (pem.endsWith("\n") ? pem : `${pem}\n`);
