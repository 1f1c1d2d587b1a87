// Certificates and credentials (magnum-api 9, 16.2): at a cloud, with real keys.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { aDriver } from "../../testing/test-deps.ts";
import { latest, openDoor, refused } from "../testing/door.ts";

const can = { rotateCa: true, rotateCredential: true };
const door = openDoor({ cloud: true, drivers: [aDriver({ can })] });
let cluster: string;
let plain: string;

beforeAll(async () => {
  const body = { coe: "kubernetes", image_id: "fedora-coreos-38", external_network_id: "public" };
  const flavors = { flavor_id: "m1.small", master_flavor_id: "m1.small" };
  const make = async (more: object) => {
    const template = await door.post("/v1/clustertemplates", { ...body, ...flavors, ...more });
    const { json } = await door.post("/v1/clusters", { cluster_template_id: template.json["uuid"], name: "web" });
    await door.settle(String(json["uuid"]), "CREATE_COMPLETE");
    return String(json["uuid"]);
  };
  cluster = await make({});
  plain = await make({ tls_disabled: true });
});

/** A request as the command line makes it. */
function request(): string {
  const directory = mkdtempSync(join(tmpdir(), "csr-"));
  try {
    const file = join(directory, "request.pem");
    const subject = ["-subj", "/O=system:masters/CN=admin"];
    const args = ["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", join(directory, "key.pem"), "-out", file];
    execFileSync("openssl", [...args, ...subject], { stdio: "ignore" });
    return readFileSync(file, "utf8");
  } finally {
    rmSync(directory, { recursive: true });
  }
}

describe("the CA certificate", () => {
  test("is shown by the cluster's id, with the older key for old clients", async () => {
    const { json } = await door.call(`/v1/certificates/${cluster}`);
    expect(json).toEqual({
      cluster_uuid: cluster,
      bay_uuid: cluster,
      links: [
        { href: `http://localhost:80/v1/certificates/${cluster}`, rel: "self" },
        { href: `http://localhost:80/certificates/${cluster}`, rel: "bookmark" },
      ],
      pem: expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n[\s\S]*\n-----END CERTIFICATE-----$/),
    });
    expect(new X509Certificate(String(json["pem"])).ca).toBe(true);
  });

  test("is one of three kinds, by parameter or path; an unknown word is kubernetes", async () => {
    const pem = async (rest: string) => (await door.call(`/v1/certificates/${cluster}${rest}`)).json["pem"];
    const kubernetes = await pem("");
    expect(await pem("?ca_cert_type=whatever")).toBe(kubernetes);
    expect(await pem("/kubernetes")).toBe(kubernetes);
    const etcd = await pem("?ca_cert_type=etcd");
    const front = await pem("?ca_cert_type=front-proxy");
    expect(await pem("/etcd")).toBe(etcd);
    expect(await pem("?ca_cert_type=front_proxy")).toBe(front);
    expect(new Set([kubernetes, etcd, front]).size).toBe(3);
  });
});

describe("a request", () => {
  test("is signed for whatever subject it asks, by the kind of CA that it names", async () => {
    const csr = request();
    for (const key of ["cluster_uuid", "bay_uuid"]) {
      const { status, json } = await door.post("/v1/certificates", { [key]: cluster, csr, ca_cert_type: "kubernetes" });
      expect([status, json]).toEqual([
        201,
        expect.objectContaining({ cluster_uuid: cluster, bay_uuid: cluster, csr, ca_cert_type: "kubernetes" }),
      ]);
      const certificate = new X509Certificate(String(json["pem"]));
      const authority = new X509Certificate(String((await door.call(`/v1/certificates/${cluster}`)).json["pem"]));
      expect(certificate.subject).toContain("O=system:masters");
      expect(certificate.verify(authority.publicKey)).toBe(true);
      expect(certificate.ca).toBe(false);
      const days = (Date.parse(certificate.validTo) - Date.now()) / 86_400_000;
      expect(Math.round(days), "five years, as scripts that keep it rely on").toBe(5 * 365);
    }
  });

  test.each([
    [{ csr: "x" }, "Invalid input for field/attribute cluster_uuid. Value: 'None'. Mandatory field missing."],
    [{ cluster_uuid: "c" }, "Invalid input for field/attribute csr. Value: 'None'. Mandatory field missing."],
    [{ cluster_uuid: null, csr: null }, /Mandatory field missing/],
    [{ cluster_uuid: "none", csr: "x" }, "Cluster none could not be found."],
    [{ cluster_uuid: "c", csr: "x", foo: 1 }, "Unknown attribute for argument certificate: foo"],
  ])("%j is refused with 400 (E8)", async (body, detail) => {
    expect(await door.post("/v1/certificates", body)).toEqual(refused(400, detail));
  });

  test("that is none is refused: 400", async () => {
    expect(await door.post("/v1/certificates", { cluster_uuid: cluster, csr: "x" })).toEqual(
      refused(400, /^Received invalid csr/),
    );
  });
});

describe("rotation", () => {
  const octets = { "content-type": "application/octet-stream", accept: "*/*" };

  test("of the authorities takes no body, and needs TLS", async () => {
    expect(await door.call(`/v1/certificates/${plain}`, { method: "PATCH" })).toEqual(
      refused(400, "Rotating the CA certificate on a non-TLS cluster is not supported"),
    );
    const answer = await door.call(`/v1/certificates/${cluster}`, { method: "PATCH", headers: octets });
    expect([answer.status, answer.json]).toEqual([202, { uuid: cluster }]);
    expect((await door.call(`/v1/clusters/${cluster}`)).json).toMatchObject({ status: "UPDATE_IN_PROGRESS" });
    await door.settle(cluster, "UPDATE_COMPLETE");
    const again = await door.call(`/v1/certificates/${cluster}`, { method: "PATCH", body: {} });
    expect(again.status).toBe(202);
    await door.settle(cluster, "UPDATE_COMPLETE");
    const odd = await door.call(`/v1/certificates/${cluster}`, { method: "PATCH", headers: octets, body: "{}" });
    expect(odd.status, odd.text).toBe(202);
  });

  test("of the credential works also while an update runs", async () => {
    const answer = await door.call(`/v1/credentials/${cluster}`, { method: "PATCH", headers: octets, version: latest });
    expect([answer.status, answer.json]).toEqual([202, { uuid: cluster }]);
    await door.settle(cluster, "CREATE_FAILED");
    expect(await door.call(`/v1/credentials/${cluster}`, { method: "PATCH", version: latest })).toEqual(
      refused(400, /CREATE_FAILED/),
    );
  });
});
