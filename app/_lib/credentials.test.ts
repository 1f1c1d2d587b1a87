import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { belongsTogether, bundle, makeKeyAndRequest } from "./credentials";

const folder = () => mkdtempSync(join(tmpdir(), "credentials-"));
const openssl = (...args: string[]) =>
  execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Unix permissions by name, from the archive's central directory. */
function modes(zip: Uint8Array): Record<string, number> {
  const bytes = Buffer.from(zip);
  const found: Record<string, number> = {};
  for (let at = bytes.indexOf("PK\x01\x02"); at >= 0; at = bytes.indexOf("PK\x01\x02", at + 4))
    found[bytes.toString("utf8", at + 46, at + 46 + bytes.readUInt16LE(at + 28))] =
      (bytes.readUInt32LE(at + 38) >>> 16) & 0o777;
  return found;
}

describe("a key made in the browser", () => {
  it("signs a request that openssl accepts, for the subject that the command line uses", async () => {
    const { csrPem, keyPem } = await makeKeyAndRequest();
    const file = join(folder(), "csr.pem");
    writeFileSync(file, csrPem);
    expect(openssl("req", "-in", file, "-verify", "-noout", "-subject", "-nameopt", "RFC2253")).toContain(
      "O=system:masters,CN=admin",
    );
    expect(keyPem).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect(csrPem).not.toContain("PRIVATE");
  });

  it("is checked against the certificate that comes back", async () => {
    const own = join(folder(), "own.pem");
    const { keyPem } = await makeKeyAndRequest();
    writeFileSync(own, keyPem);
    const certificate = openssl("req", "-x509", "-key", own, "-subj", "/CN=admin", "-days", "1");
    expect(await belongsTogether(certificate, keyPem)).toBe(true);
    expect(await belongsTogether(certificate, (await makeKeyAndRequest()).keyPem)).toBe(false);
  });

  it("comes in a zip whose key only its owner may read", () => {
    const zip = bundle({
      clusterName: "k1",
      server: "https://192.0.2.7:6443",
      caPem: "CA",
      certPem: "CERT",
      keyPem: "KEY",
    });
    const files = unzipSync(zip);
    expect(strFromU8(files["k1/key.pem"] ?? new Uint8Array())).toBe("KEY\n");
    expect(strFromU8(files["k1/k1-kubeconfig.yaml"] ?? new Uint8Array())).toContain('server: "https://192.0.2.7:6443"');
    expect(modes(zip)).toMatchObject({ "k1/key.pem": 0o600, "k1/k1-kubeconfig.yaml": 0o600, "k1/ca.pem": 0o644 });
  });
});
