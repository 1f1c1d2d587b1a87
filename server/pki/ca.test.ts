import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { authorityKinds } from "../domain/authority.ts";
import { adminLeaf, makeAuthorities, readCertificate } from "./ca.ts";

const now = new Date("2026-11-21T10:00:00Z");
const cluster = { id: "5d12f6fd-a196-4bf0-ae4c-1f639a523a52", name: "web-1" };
const openssl = (...args: string[]) => execFileSync("openssl", args, { encoding: "utf8", stdio: "pipe" });
const directory = mkdtempSync(join(tmpdir(), "pki-"));
const file = (name: string, text: string) => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

describe("authorities of a new cluster", () => {
  test("each CA is a CA of its own that openssl accepts, with the cluster's name as issuer", async () => {
    const made = await makeAuthorities(cluster, now);
    for (const kind of authorityKinds.filter((word) => word !== "service-account")) {
      const ca = file(`${kind}.pem`, made[kind].certPem);
      expect(
        openssl("verify", "-x509_strict", "-check_ss_sig", "-attime", String(now.getTime() / 1000), "-CAfile", ca, ca),
      ).toContain("OK");
      expect(openssl("x509", "-in", ca, "-noout", "-text")).toMatch(/CA:TRUE, pathlen:0/);
    }
    expect(readCertificate(made.kubernetes.certPem).subject).toBe("CN=web-1");
    expect(readCertificate(made.etcd.certPem).subject).toBe("CN=web-1 etcd");
    expect(new Set(authorityKinds.map((kind) => made[kind].keyPem)).size).toBe(4);
  });

  test("the service account key pair fits together and is RSA", async () => {
    const { "service-account": pair } = await makeAuthorities(cluster, now);
    const derived = openssl("pkey", "-in", file("sa.key", pair.keyPem), "-pubout");
    expect(derived).toBe(pair.certPem);
    expect(openssl("pkey", "-in", file("sa.key", pair.keyPem), "-noout", "-text")).toContain("2048 bit");
  });

  test("a name that X.520 has no room for is replaced by the id", async () => {
    const { kubernetes } = await makeAuthorities({ ...cluster, name: `a${"b".repeat(200)}` }, now);
    expect(readCertificate(kubernetes.certPem).subject).toBe(`CN=${cluster.id}`);
  });
});

test("the service's own certificate is a one-day cluster administrator, valid for clocks five minutes behind", async () => {
  const { kubernetes } = await makeAuthorities(cluster, new Date(now.getTime() - 3_600_000));
  const leaf = await adminLeaf(kubernetes, now);
  const ca = file("ca.pem", kubernetes.certPem);
  const seconds = String(now.getTime() / 1000);
  const cert = file("leaf.pem", leaf.certPem);
  expect(openssl("verify", "-x509_strict", "-purpose", "sslclient", "-attime", seconds, "-CAfile", ca, cert)).toContain(
    "OK",
  );
  expect(() => openssl("verify", "-purpose", "sslserver", "-attime", seconds, "-CAfile", ca, cert)).toThrow();
  const facts = readCertificate(leaf.certPem);
  expect(facts.subject).toBe("O=system:masters, CN=admin");
  expect(facts.notBefore).toEqual(new Date("2026-11-21T09:55:00Z"));
  expect(facts.notAfter).toEqual(new Date("2026-11-22T10:00:00Z"));
  expect(facts.fingerprint).toBe(
    openssl("x509", "-in", cert, "-noout", "-fingerprint", "-sha256").trim().split("=")[1],
  );
  expect(openssl("x509", "-in", cert, "-noout", "-pubkey")).toBe(
    openssl("pkey", "-in", file("leaf.key", leaf.keyPem), "-pubout"),
  );
});
