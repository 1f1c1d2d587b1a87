// From text to a signing request whose sender is known to hold its private key. The text is read as openssl reads it; keys
// are those that programs in Go can use, which all of Kubernetes and Docker are.
import { createPublicKey, type KeyObject } from "node:crypto";
import { DomainError } from "../domain/error.ts";
import { x509 } from "./x509.ts";

/** A refusal by its reason, which has no full stop. */
export const invalid = (why: string) =>
  new DomainError("certificate_invalid", `Received invalid csr: ${why}.`, { field: "csr" });

const rsaBits = { least: 2048, most: 8192 };
/** By openssl's names. */
const curves: Readonly<Record<string, string>> = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" };
const keys = `RSA of ${rsaBits.least} to ${rsaBits.most} bits, EC on ${Object.values(curves).join(", ")}, and Ed25519`;
/** What is signed here only proves who holds the key, and is in no certificate: SHA-1 does no harm. */
const digests = ["SHA-1", "SHA-256", "SHA-384", "SHA-512"];
/** Names of what is refused, by the identifiers of digests and of signatures with them. */
const otherDigests: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.4": "MD5",
  "1.2.840.113549.2.5": "MD5",
  "1.2.840.113549.1.1.14": "SHA-224",
  "1.2.840.10045.4.3.1": "SHA-224",
  "2.16.840.1.101.3.4.2.4": "SHA-224",
  "1.2.840.113549.1.1.15": "SHA-512/224",
  "2.16.840.1.101.3.4.2.5": "SHA-512/224",
  "1.2.840.113549.1.1.16": "SHA-512/256",
  "2.16.840.1.101.3.4.2.6": "SHA-512/256",
  ...Object.fromEntries(
    [224, 256, 384, 512].flatMap((bits, at) =>
      // With EC, with RSA, and the digest itself.
      [`3.${at + 9}`, `3.${at + 13}`, `2.${at + 7}`].map((end) => [`2.16.840.1.101.3.4.${end}`, `SHA3-${bits}`]),
    ),
  ),
};

/** Throws certificate_invalid, which says the true reason. */
export async function openRequest(text: string): Promise<x509.Pkcs10CertificateRequest> {
  const csr = decode(text);
  const why = keyTrouble(csr.publicKey) ?? digestTrouble(csr);
  if (why !== null) throw invalid(why);
  const verified = await csr.verify().catch(() => false);
  if (!verified) throw invalid("its signature does not fit its public key");
  return csr;
}

/** The first block that is a request. Whatever stands before and after it does not count, nor do blanks in it. */
function decode(text: string): x509.Pkcs10CertificateRequest {
  const block = /-----BEGIN ((?:NEW )?CERTIFICATE REQUEST)-----([A-Za-z0-9+/=\s]*)-----END \1-----/.exec(text);
  if (!block) throw invalid(withoutBlock(text));
  try {
    const csr = new x509.Pkcs10CertificateRequest(Buffer.from((block[2] ?? "").replaceAll(/\s/g, ""), "base64"));
    // The library reads each part when it is first asked for; here is where a damaged one is told.
    void [csr.subject, csr.publicKey, csr.signatureAlgorithm, csr.extensions];
    return csr;
  } catch {
    throw invalid("what is inside the PEM block is no signing request");
  }
}

function withoutBlock(text: string): string {
  const wanted = "a PEM block that begins with BEGIN CERTIFICATE REQUEST";
  if (/-----BEGIN (NEW )?CERTIFICATE REQUEST-----/.test(text))
    return "its PEM block holds something else than base64, or has no END CERTIFICATE REQUEST";
  const other = /-----BEGIN ([A-Z0-9 ]{1,40})-----/.exec(text)?.[1];
  return other === undefined ? `it is not ${wanted}` : `it is ${other} in PEM, not ${wanted}`;
}

function keyTrouble(key: x509.PublicKey): string | null {
  const known = keyObject(key);
  if (!known) return `its public key cannot be read; allowed are ${keys}`;
  const { asymmetricKeyType: type, asymmetricKeyDetails: { modulusLength = 0, namedCurve = "" } = {} } = known;
  if (type === "ed25519") return null;
  if (type === "rsa") {
    if (modulusLength < rsaBits.least)
      return `its RSA key has ${modulusLength} bits, at least ${rsaBits.least} are needed`;
    return modulusLength > rsaBits.most
      ? `its RSA key has ${modulusLength} bits, at most ${rsaBits.most} are allowed`
      : null;
  }
  if (type !== "ec") return `its key is of type ${type ?? "unknown"}; allowed are ${keys}`;
  if (curves[namedCurve] === undefined) return `its key is on the curve ${namedCurve}; allowed are ${keys}`;
  return "namedCurve" in key.algorithm
    ? null
    : `its key spells out the curve ${curves[namedCurve]} instead of naming it`;
}

function keyObject(key: x509.PublicKey): KeyObject | null {
  try {
    return createPublicKey({ key: Buffer.from(key.rawData), format: "der", type: "spki" });
  } catch {
    return null;
  }
}

function digestTrouble({ signatureAlgorithm }: x509.Pkcs10CertificateRequest): string | null {
  // The library calls what it does not know by its identifier; Ed25519 has no digest.
  const { name, hash } = signatureAlgorithm as x509.HashedAlgorithm | (Algorithm & { hash?: undefined });
  const unknown = [name, hash?.name ?? ""].find((word) => /^[\d.]+$/.test(word));
  return unknown === undefined
    ? null
    : `it is signed with ${otherDigests[unknown] ?? `the algorithm ${unknown}`}; allowed are ${digests.join(", ")} and Ed25519`;
}
