import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { listEvents } from "../db/operation.ts";
import { authorityKinds } from "../domain/authority.ts";
import { makeAuthorities, readCertificate } from "../pki/ca.ts";
import { aProject, writeCluster } from "../testing/builders.ts";
import { testContext } from "../testing/test-context.ts";
import { testDatabase } from "../testing/test-db.ts";
import { testDeps } from "../testing/test-deps.ts";
import { getAuthority, listAuthorities, listIssuedCertificates, signCertificate } from "./certificate.ts";
import type { Deps } from "./deps.ts";
import { signingRequest } from "./testing/signing-request.ts";

const database = testDatabase();
const projectId = aProject();
const owner = testContext({ projectId, userId: "owner" });
let deps: Deps;
let id: string;

const sign = (
  ctx: typeof owner,
  subject = "/O=system:masters/CN=admin",
  caType: "kubernetes" | "etcd" = "kubernetes",
) => signCertificate(deps, ctx, id, { csr: signingRequest(subject), purpose: "config", caType });

beforeAll(async () => {
  deps = testDeps(database.db);
  const clusterId = randomUUID();
  const made = await makeAuthorities({ id: clusterId, name: "web-1" }, deps.clock.now());
  const authorities = await Promise.all(
    authorityKinds.map(async (kind) => {
      const authorityId = randomUUID();
      const key = await deps.keys.put(authorityId, kind, made[kind].keyPem);
      return { id: authorityId, kind, revision: 1, certPem: made[kind].certPem, key };
    }),
  );
  const cluster = { id: clusterId, userId: "owner", userName: "Ada" };
  id = await writeCluster(database.db, owner.scope, { cluster, authorities });
});

describe("the person who made the cluster", () => {
  test("has any subject signed, and it is recorded with who, what and until when", async () => {
    const signed = await sign(owner);
    expect(signed.subject).toBe("O=system:masters, CN=admin");
    expect(readCertificate(signed.caPem).subject).toBe("CN=web-1");
    const [issued] = await listIssuedCertificates(deps, owner, id);
    expect(issued).toMatchObject({
      serial: signed.serial,
      userId: "owner",
      purpose: "config",
      subject: signed.subject,
    });
    const events = await listEvents(database.db, owner.scope, { clusterId: id, size: 10 });
    expect(events.rows[0]?.detail).toContain(signed.serial);
  });

  test("sees the CAs and never a key of them", async () => {
    const authorities = await listAuthorities(deps, owner, id);
    expect(authorities.map((each) => [each.type, each.subject])).toEqual([
      ["kubernetes", "CN=web-1"],
      ["etcd", "CN=web-1 etcd"],
      ["front-proxy", "CN=web-1 front-proxy"],
    ]);
    expect(JSON.stringify(authorities)).not.toContain("PRIVATE");
  });
});

describe("others of the project", () => {
  const colleague = testContext({ projectId, userId: "colleague" });

  test("are told whose cluster it is", async () => {
    await expect(sign(colleague)).rejects.toMatchObject({
      reason: "certificate_forbidden",
      message: "Certificates belong to the person who made the cluster: Ada.",
    });
    await expect(listAuthorities(deps, colleague, id)).rejects.toMatchObject({ reason: "certificate_forbidden" });
  });

  test("get Magnum's sentence at the REST API", async () => {
    const api = testContext({ projectId, userId: "colleague", door: "api" });
    await expect(sign(api)).rejects.toMatchObject({
      reason: "forbidden",
      message: "Policy doesn't allow certificate:create to be performed.",
    });
  });

  test("an owner who is only reader any more sees the CA and has nothing signed", async () => {
    const reader = testContext({ projectId, userId: "owner", roles: ["reader"], door: "api" });
    expect((await getAuthority(deps, reader, id, "kubernetes")).clusterId).toBe(id);
    await expect(sign(reader)).rejects.toMatchObject({ reason: "forbidden" });
  });

  test("an administrator reaches every project's clusters at the REST API", async () => {
    const admin = testContext({ roles: ["admin", "member", "reader"], door: "api", userId: "root" });
    expect((await getAuthority(deps, admin, id, "kubernetes")).clusterId).toBe(id);
    expect((await sign(admin)).clusterId).toBe(id);
  });

  test("members of another project do not find the cluster", async () => {
    await expect(sign(testContext({ userId: "owner" }))).rejects.toMatchObject({ reason: "cluster_not_found" });
  });
});

describe("the cluster's own identity at the cloud, which what was written for Magnum comes with", () => {
  const trustee = () => testContext({ projectId, userId: "owner", nodeOf: id, door: "api" });

  test("reads the CA, and may be the proxy", async () => {
    expect((await getAuthority(deps, trustee(), id, "kubernetes")).clusterId).toBe(id);
    for (const subject of ["/CN=system:kube-proxy", "/O=system:node-proxier/CN=system:kube-proxy"])
      expect((await sign(trustee(), subject)).subject).toContain("CN=system:kube-proxy");
  });

  test.each([
    "/O=system:nodes/CN=system:node:web-1-0",
    "/O=system:masters/CN=admin",
    "/O=system:nodes/O=system:masters/CN=system:node:web-1-0",
    "/CN=admin",
    "/CN=system:kube-proxy/CN=system:kube-controller-manager",
    "/CN=system:kube-controller-manager/CN=system:kube-proxy",
    "/O=system:node-proxier/O=system:masters/CN=system:kube-proxy",
    "/OU=web/CN=system:kube-proxy",
  ])("is refused %s", async (subject) => {
    await expect(sign(trustee(), subject)).rejects.toMatchObject({ reason: "certificate_forbidden" });
  });

  test("is refused every name and address", async () => {
    const names = "DNS:kubernetes.default.svc,IP:10.254.0.1";
    const csr = signingRequest("/CN=system:kube-proxy", ["-addext", `subjectAltName=${names}`]);
    await expect(signCertificate(deps, trustee(), id, { csr, purpose: "request" })).rejects.toMatchObject({
      reason: "certificate_forbidden",
    });
  });

  test("is refused anything from etcd's CA", async () => {
    await expect(sign(trustee(), "/CN=system:kube-proxy", "etcd")).rejects.toMatchObject({
      reason: "certificate_forbidden",
    });
  });

  test("of another cluster of the same owner is refused", async () => {
    const other = await writeCluster(database.db, owner.scope, { cluster: { userId: "owner" } });
    const stranger = testContext({ projectId, userId: "owner", nodeOf: other, door: "api" });
    await expect(sign(stranger, "/CN=system:kube-proxy")).rejects.toMatchObject({ reason: "cluster_not_found" });
  });
});

test("a cluster without TLS signs nothing", async () => {
  const plain = await writeCluster(database.db, owner.scope, { cluster: { userId: "owner", tlsDisabled: true } });
  await expect(
    signCertificate(deps, owner, plain, { csr: signingRequest("/CN=a"), purpose: "request" }),
  ).rejects.toMatchObject({ reason: "tls_disabled" });
});
