import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { makeAuthorities, readCertificate, type KeyAndCertificate } from "./ca.ts";
import { readRequest, signRequest } from "./csr.ts";
import { x509 } from "./x509.ts";

const now = new Date();
const directory = mkdtempSync(join(tmpdir(), "csr-"));
const at = (name: string) => join(directory, name);
const openssl = (...args: string[]) => execFileSync("openssl", args, { encoding: "utf8", stdio: "pipe" });
let ca: KeyAndCertificate;

beforeAll(async () => {
  ca = (await makeAuthorities({ id: "5d12f6fd-a196-4bf0-ae4c-1f639a523a52", name: "web-1" }, now)).kubernetes;
  writeFileSync(at("ca.pem"), ca.certPem);
});

/** A request made by openssl, with further arguments such as extensions. */
function request(subject: string, ...more: string[]): string {
  const out = at("request.pem");
  openssl(
    "req",
    "-new",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-keyout",
    at("key.pem"),
    "-subj",
    subject,
    "-out",
    out,
    ...more,
  );
  return readFileSync(out, "utf8");
}

const sign = (csr: string, days = 365) => signRequest(csr, ca, now, days);
const text = (pem: string) => {
  writeFileSync(at("cert.pem"), pem);
  return openssl("x509", "-in", at("cert.pem"), "-noout", "-text");
};

describe("a request made by openssl", () => {
  test("is signed with its subject and verifies as a client certificate that fits its key", async () => {
    const cert = await sign(request("/CN=admin/O=system:masters"));
    writeFileSync(at("cert.pem"), cert);
    expect(
      openssl("verify", "-x509_strict", "-purpose", "sslclient", "-CAfile", at("ca.pem"), at("cert.pem")),
    ).toContain("OK");
    expect(readCertificate(cert).subject).toBe("CN=admin, O=system:masters");
    expect(openssl("x509", "-in", at("cert.pem"), "-noout", "-pubkey")).toBe(
      openssl("pkey", "-in", at("key.pem"), "-pubout"),
    );
    expect(() => openssl("verify", "-purpose", "sslserver", "-CAfile", at("ca.pem"), at("cert.pem"))).toThrow();
  });

  test("of a node keeps its names and both usages", async () => {
    const csr = request(
      "/CN=system:node:web-1-0/O=system:nodes",
      "-addext",
      "subjectAltName=IP:10.0.0.5,DNS:web-1-0",
      "-addext",
      "extendedKeyUsage=clientAuth,serverAuth",
      "-addext",
      "keyUsage=critical,digitalSignature,keyEncipherment",
    );
    const facts = await readRequest(csr);
    expect(facts).toMatchObject({ commonNames: ["system:node:web-1-0"], organizations: ["system:nodes"] });
    expect(facts.names).toEqual(["ip:10.0.0.5", "dns:web-1-0"]);
    const seen = text(await sign(csr));
    expect(seen).toContain("IP Address:10.0.0.5, DNS:web-1-0");
    expect(seen).toContain("TLS Web Client Authentication, TLS Web Server Authentication");
  });

  test("never becomes a CA and never may sign certificates", async () => {
    const cert = await sign(
      request("/CN=a", "-addext", "basicConstraints=CA:TRUE", "-addext", "keyUsage=keyCertSign,digitalSignature"),
    );
    expect(text(cert)).toContain("CA:FALSE");
    expect(text(cert)).not.toContain("Certificate Sign");
    await expect(sign(request("/CN=a", "-addext", "basicConstraints=critical,CA:TRUE"))).rejects.toThrow(
      /CA certificate/,
    );
  });

  test("loses extensions that this CA does not certify, and is refused when they are critical", async () => {
    const cert = await sign(request("/CN=a", "-addext", "1.2.3.4=ASN1:UTF8String:hello"));
    expect(text(cert)).not.toContain("1.2.3.4");
    await expect(sign(request("/CN=a", "-addext", "1.2.3.4=critical,ASN1:UTF8String:hello"))).rejects.toThrow(
      "Extension '1.2.3.4' not allowed",
    );
  });

  test.each(["keyCertSign", "cRLSign", "dataEncipherment", "keyAgreement"])(
    "for usage %s loses it, and is refused when that is critical",
    async (usage) => {
      const asked = (critical: string) => request("/CN=a", "-addext", `keyUsage=${critical}digitalSignature,${usage}`);
      const usages = /X509v3 Key Usage: critical\s+(.+)/.exec(text(await sign(asked(""))))?.[1];
      expect(usages).toBe("Digital Signature");
      await expect(sign(asked("critical,"))).rejects.toThrow("Extension '2.5.29.15' not allowed");
    },
  );

  test.each(["digitalSignature", "keyEncipherment", "nonRepudiation"])("for usage %s gets it", async (usage) => {
    const words = { digitalSignature: "Digital Signature", keyEncipherment: "Key Encipherment" };
    const word = Object.entries(words).find(([name]) => name === usage)?.[1] ?? "Non Repudiation";
    const cert = await sign(request("/CN=a", "-addext", `keyUsage=critical,${usage}`));
    expect(/X509v3 Key Usage: critical\s+(.+)/.exec(text(cert))?.[1]).toBe(word);
  });

  test("gets an identifier of its key and of the authority's, whatever it says about them", async () => {
    const cert = text(await sign(request("/CN=a", "-addext", "subjectKeyIdentifier=DEADBEEF")));
    expect(cert).not.toContain("DE:AD:BE:EF");
    expect(cert).toContain("Subject Key Identifier");
    expect(cert).toContain("Authority Key Identifier");
  });

  test("with an RSA key below 2048 bits is refused", async () => {
    openssl(
      "req",
      "-new",
      "-newkey",
      "rsa:1024",
      "-nodes",
      "-keyout",
      at("weak.key"),
      "-subj",
      "/CN=a",
      "-out",
      at("weak.pem"),
    );
    await expect(sign(readFileSync(at("weak.pem"), "utf8"))).rejects.toThrow(/1024 bits/);
  });
});

test("a request made by WebCrypto with an EC key is signed", async () => {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({
    name: "CN=admin, O=system:masters",
    keys,
    signingAlgorithm: algorithm,
  });
  expect(readCertificate(await sign(csr.toString("pem"))).subject).toBe("CN=admin, O=system:masters");
});

test("a request with one changed byte is refused: its sender does not hold the key", async () => {
  const csr = request("/CN=demo/O=nobody");
  const der = Buffer.from(csr.replaceAll(/-----[^-]+-----|\s/g, ""), "base64");
  der[der.indexOf("nobody")] = "N".charCodeAt(0);
  const changed = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString("base64")}\n-----END CERTIFICATE REQUEST-----\n`;
  await expect(sign(changed)).rejects.toThrow(/signature does not fit/);
});

test.each([
  ["nothing", ""],
  ["words", "please sign"],
  ["a certificate", () => ca.certPem],
  ["a damaged block", "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----"],
])("%s instead of a request is refused as an invalid csr", async (_, what) => {
  await expect(sign(typeof what === "string" ? what : what())).rejects.toMatchObject({
    reason: "certificate_invalid",
    details: { field: "csr" },
  });
});

test("no certificate outlives its CA, and each has its own serial", async () => {
  const csr = request("/CN=a");
  const [one, two] = [readCertificate(await sign(csr, 10_000)), readCertificate(await sign(csr))];
  expect(one.notAfter).toEqual(readCertificate(ca.certPem).notAfter);
  expect(one.serial).not.toBe(two.serial);
  expect(one.serial).toMatch(/^[0-9a-f]{32}$/);
});
