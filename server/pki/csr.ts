// Signing requests: what is taken over from them and what is not (magnum-api 16.2, made stricter). What they are written
// like and signed with is signing-request.ts's.
import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { issue, type KeyAndCertificate } from "./ca.ts";
import { invalid, openRequest } from "./signing-request.ts";
import { x509 } from "./x509.ts";

export interface RequestFacts {
  subject: string;
  /** Of every part of the subject, in its order. Kubernetes goes by the last one. */
  commonNames: string[];
  /** Of every part of the subject. Kubernetes goes by all of them. */
  organizations: string[];
  /** Kinds of names in the subject, one for each name: `CN`, `O`, `OU`, or a number of X.500. */
  kinds: string[];
  /** `dns:web-1`, `ip:10.0.0.5`. */
  names: string[];
}

/** Read, and proven to come from who holds its private key. */
export interface SigningRequest extends RequestFacts {
  csr: x509.Pkcs10CertificateRequest;
}

const oid = {
  subjectKeyIdentifier: "2.5.29.14",
  keyUsage: "2.5.29.15",
  subjectAltName: "2.5.29.17",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
};
const allowed = new Set(Object.values(oid));
const { digitalSignature, keyEncipherment, nonRepudiation } = x509.KeyUsageFlags;
const allowedUsages = digitalSignature | keyEncipherment | nonRepudiation;
const purposes: readonly string[] = [x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth];

/**
 * Reads a request and proves that its sender holds the private key. Refuses (`certificate_invalid`) what is no PEM
 * request, keys and digests that are of no use, and critical extensions that we would not keep.
 */
export async function readRequest(pem: string): Promise<SigningRequest> {
  const csr = await parse(pem);
  const of = (type: string) => csr.subjectName.getField(type);
  return {
    csr,
    subject: csr.subject,
    commonNames: of("CN"),
    organizations: of("O"),
    kinds: csr.subjectName
      .toJSON()
      .flatMap((rdn) => Object.entries(rdn).flatMap(([kind, values]) => values.map(() => kind))),
    names: alternativeNames(csr).map((name) => `${name.type}:${name.value}`),
  };
}

/**
 * Signs a request: the subject as asked, client and server usages only, DNS names and addresses only, never a CA.
 * `days` is cut to the CA's own end. PEM to PEM; one that `readRequest` has read is not proven again.
 */
export async function signRequest(
  request: string | SigningRequest,
  ca: KeyAndCertificate,
  now: Date,
  days: number,
): Promise<string> {
  const csr = typeof request === "string" ? await parse(request) : request.csr;
  const names = alternativeNames(csr);
  const usages = extension(csr, oid.keyUsage, x509.KeyUsagesExtension)?.usages ?? digitalSignature | keyEncipherment;
  const asked = extension(csr, oid.extendedKeyUsage, x509.ExtendedKeyUsageExtension)?.usages.map(String);
  const extended =
    asked?.filter((usage) => purposes.includes(usage)) ??
    (names.length > 0 ? [...purposes] : [x509.ExtendedKeyUsage.clientAuth]);
  if (extended.length === 0)
    throw invalid("it asks for neither client nor server authentication, which is all that this CA certifies");
  const kept = usages & allowedUsages;
  return issue(ca, {
    subject: csr.subjectName,
    publicKey: csr.publicKey,
    now,
    notAfter: daysFrom(now, days),
    extensions: [
      new x509.KeyUsagesExtension(kept === 0 ? digitalSignature : kept, true),
      new x509.ExtendedKeyUsageExtension(extended),
      // Without a subject the names are all that identifies, so they must be understood (RFC 5280 4.2.1.6).
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names, csr.subject === "")] : []),
    ],
  });
}

/** SHA-256 of the public key, base64: the same for every request that is made with the key. */
export const keyDigest = ({ csr }: SigningRequest): string =>
  createHash("sha256").update(new Uint8Array(csr.publicKey.rawData)).digest("base64");

/**
 * The certificate of a node's kubelet, client of the API and server of its own port. Of the request only the key is taken:
 * subject and names are those that the service knows. PEM.
 */
export async function signNode(
  { csr }: SigningRequest,
  node: { name: string; addresses: readonly string[] },
  ca: KeyAndCertificate,
  now: Date,
  days: number,
): Promise<string> {
  return issue(ca, {
    subject: [{ O: ["system:nodes"] }, { CN: [`system:node:${node.name}`] }],
    publicKey: csr.publicKey,
    now,
    notAfter: daysFrom(now, days),
    extensions: [
      new x509.KeyUsagesExtension(digitalSignature | keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([...purposes]),
      new x509.SubjectAlternativeNameExtension([
        { type: "dns", value: node.name },
        ...node.addresses.map((value) => ({ type: "ip" as const, value })),
      ]),
    ],
  });
}

const daysFrom = (now: Date, days: number) => new Date(now.getTime() + days * 86_400_000);

async function parse(pem: string): Promise<x509.Pkcs10CertificateRequest> {
  const csr = await openRequest(pem);
  if (csr.subject === "" && alternativeNames(csr).length === 0) throw invalid("it names nobody: it has no subject");
  for (const { type, critical } of csr.extensions)
    if (critical && !allowed.has(type)) throw invalid(`Extension '${type}' not allowed`);
  // What cannot be granted whole is left out, unless its sender says that it would be no use so.
  const usage = extension(csr, oid.keyUsage, x509.KeyUsagesExtension);
  if (usage?.critical && (usage.usages & ~allowedUsages) !== 0) throw invalid(`Extension '${usage.type}' not allowed`);
  const constraints = extension(csr, oid.basicConstraints, x509.BasicConstraintsExtension);
  if (constraints?.ca === true && constraints.critical) throw invalid("it asks for a CA certificate");
  return csr;
}

function alternativeNames(csr: x509.Pkcs10CertificateRequest): { type: "dns" | "ip"; value: string }[] {
  const names = extension(csr, oid.subjectAltName, x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  return names.flatMap(({ type, value }): { type: "dns" | "ip"; value: string }[] =>
    type === "dns" || (type === "ip" && isIP(value) !== 0) ? [{ type, value }] : [],
  );
}

function extension<E extends x509.Extension>(
  csr: x509.Pkcs10CertificateRequest,
  type: string,
  kind: new (raw: ArrayBuffer) => E,
): E | null {
  const found = csr.getExtension(type);
  if (!found) return null;
  try {
    return found instanceof kind ? found : new kind(found.rawData);
  } catch {
    throw invalid(`Extension '${type}' cannot be read`);
  }
}
