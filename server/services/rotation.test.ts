import { randomUUID, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import type { ClusterDriver, Problem } from "../../drivers/driver.ts";
import { loadAuthorities } from "../db/certificate.ts";
import { getCluster } from "../db/cluster.ts";
import { listNodegroups } from "../db/nodegroup.ts";
import { lastOperation, listEvents } from "../db/operation.ts";
import { clusterStatuses, isSettledGood, type ClusterStatus } from "../domain/cluster-status.ts";
import { aProject, writeCluster } from "../testing/builders.ts";
import { testContext } from "../testing/test-context.ts";
import { testDatabase } from "../testing/test-db.ts";
import { aDriver, testDeps } from "../testing/test-deps.ts";
import { newAuthorities } from "./authorities.ts";
import { getAuthority, listAuthorities, signCertificate } from "./certificate.ts";
import type { Deps } from "./deps.ts";
import { rotateCa, rotateCredential } from "./rotation.ts";
import { signingRequest } from "./testing/signing-request.ts";

const database = testDatabase();
const projectId = aProject();
const owner = testContext({ projectId, userId: "owner" });
let deps: Deps;

beforeAll(() => {
  deps = withDriver(aDriver({ can: { rotateCa: true, rotateCredential: true } }));
});

const withDriver = (driver: ClusterDriver): Deps => testDeps(database.db, { drivers: [driver] });

async function aCluster(given: { status?: ClusterStatus; tlsDisabled?: boolean; name?: string } = {}): Promise<string> {
  const { status = "CREATE_COMPLETE", tlsDisabled = false, name = "web-1" } = given;
  const id = randomUUID();
  const authorities = await newAuthorities(deps, { id, name }, 1, deps.clock.now());
  await writeCluster(database.db, owner.scope, { cluster: { id, name, userId: "owner", tlsDisabled }, authorities });
  await database.db.prisma.cluster.update({ where: { id }, data: { status } });
  await database.db.prisma.nodeGroup.updateMany({ where: { clusterId: id }, data: { status } });
  return id;
}

/** As the conductor moves it. */
const moveTo = (id: string, pkiRevision: number, pkiPhase: string | null) =>
  database.db.prisma.cluster.update({ where: { id }, data: { pkiRevision, pkiPhase } });

const certificates = (pem: string) => pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];

describe("rotating the CA", () => {
  test("keeps the new keys when the database took them and its answer was lost", async () => {
    const id = await aCluster();
    const { keys } = deps;
    const put = new Set<string>();
    const vault = {
      ...keys,
      put: async (...given: Parameters<typeof keys.put>) => {
        const stored = await keys.put(...given);
        put.add(stored);
        return stored;
      },
      remove: async (stored: string) => void put.delete(stored),
    };
    const transaction: Deps["db"]["transaction"] = async (work) => {
      await database.db.transaction(work);
      throw new Error("the connection is lost");
    };
    const torn: Deps = { ...deps, keys: vault, db: { ...database.db, prisma: database.db.prisma, transaction } };
    await expect(rotateCa(torn, owner, id)).rejects.toThrow("lost");
    const { stored } = await loadAuthorities(database.db, owner.scope, id);
    expect(stored.filter((each) => each.revision === 2).every((each) => put.has(each.key))).toBe(true);
    expect(stored).toHaveLength(8);
  });

  test("makes a second authority of all four kinds, moves every group, and says who asked", async () => {
    const id = await aCluster();
    expect(await rotateCa(deps, owner, id)).toEqual({ id });
    const { stored, state } = await loadAuthorities(database.db, owner.scope, id);
    expect(stored.map((each) => `${each.kind} ${each.revision}`).toSorted()).toEqual([
      "etcd 1",
      "etcd 2",
      "front-proxy 1",
      "front-proxy 2",
      "kubernetes 1",
      "kubernetes 2",
      "service-account 1",
      "service-account 2",
    ]);
    expect(state).toEqual({ revision: 1, phase: "trust" });
    expect((await getCluster(database.db, owner.scope, id)).status).toBe("UPDATE_IN_PROGRESS");
    const groups = await listNodegroups(database.db, owner.scope, id);
    expect(groups.map((group) => group.status)).toEqual(["UPDATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"]);
    const operation = await lastOperation(database.db, owner.scope, id);
    expect(operation).toMatchObject({ kind: "rotateCa", outcome: "running", userId: "owner" });
    const [event] = (await listEvents(database.db, owner.scope, { clusterId: id, size: 1 })).rows;
    expect(event).toMatchObject({ message: "Ada asked to replace the certificate authority." });
    expect(event?.detail).toContain("New nodes trust the old and the new authority");
  });

  test("takes a cluster by its name", async () => {
    const id = await aCluster({ name: "named-rotation" });
    expect(await rotateCa(deps, owner, "named-rotation")).toEqual({ id });
  });

  test("refuses a cluster without TLS in Magnum's words", async () => {
    const id = await aCluster({ tlsDisabled: true });
    await expect(rotateCa(deps, owner, id)).rejects.toMatchObject({
      reason: "tls_disabled",
      message: "Rotating the CA certificate on a non-TLS cluster is not supported",
    });
  });

  test.each(clusterStatuses.filter((status) => !isSettledGood(status)))(
    "is refused in status %s, in Magnum's words, and makes no key",
    async (status) => {
      const id = await aCluster({ status });
      await expect(rotateCa(deps, owner, id)).rejects.toMatchObject({
        reason: "operation_not_allowed_now",
        message: expect.stringContaining(`Updating a cluster when status is "${status}" is not supported.`) as unknown,
      });
      expect((await loadAuthorities(database.db, owner.scope, id)).stored).toHaveLength(4);
    },
  );

  test.each(clusterStatuses.filter(isSettledGood))("is possible in status %s", async (status) => {
    const id = await aCluster({ status });
    await expect(rotateCa(deps, owner, id)).resolves.toEqual({ id });
  });

  test("is refused where the driver cannot", async () => {
    const id = await aCluster();
    await expect(rotateCa(withDriver(aDriver()), owner, id)).rejects.toMatchObject({
      reason: "not_supported_by_driver",
      message: "Rotating the CA certificate is not supported by driver.",
    });
  });

  test("is refused, with what to do instead, where a group's nodes can be neither replaced nor changed in place", async () => {
    const id = await aCluster();
    const problem: Problem = { field: "master_lb_enabled", message: "The one control plane node cannot be replaced." };
    const driver = aDriver({ can: { rotateCa: true } });
    const stiff = {
      ...driver,
      replaceable: (_: unknown, group: { role: string }) => (group.role === "master" ? [problem] : []),
      renewable: () => [problem],
    };
    await expect(rotateCa(withDriver(stiff), owner, id)).rejects.toMatchObject({
      reason: "invalid_input",
      message: problem.message,
      details: { field: "master_lb_enabled" },
    });
  });

  test("of a node that is changed in place is refused while its API has never answered, with the reason", async () => {
    const stays: Problem = { field: "master_lb_enabled", message: "It cannot be replaced." };
    const driver = { ...aDriver({ can: { rotateCa: true } }), replaceable: () => [stays] };
    const id = await aCluster();
    const health = (healthStatus: string | null, api: string) =>
      database.db.prisma.cluster.update({
        where: { id },
        data: { healthStatus, healthReason: JSON.stringify({ api }) },
      });
    await health("UNKNOWN", "no route to 192.0.2.7.");
    await expect(rotateCa(withDriver(driver), owner, id)).rejects.toMatchObject({
      reason: "invalid_input",
      message: expect.stringContaining("has not answered this service yet (no route to 192.0.2.7).") as unknown,
    });
    expect((await loadAuthorities(database.db, owner.scope, id)).stored).toHaveLength(4);
    await health("HEALTHY", "ok");
    await expect(rotateCa(withDriver(driver), owner, id)).resolves.toEqual({ id });
  });

  test("is for members of the project: not for readers, not for nodes, and unknown to other projects", async () => {
    const id = await aCluster();
    const reader = testContext({ projectId, roles: ["reader"] });
    await expect(rotateCa(deps, reader, id)).rejects.toMatchObject({
      reason: "forbidden",
      message: "Policy doesn't allow certificate:rotate_ca to be performed.",
    });
    const node = testContext({ projectId, nodeOf: id });
    await expect(rotateCa(deps, node, id)).rejects.toMatchObject({ reason: "forbidden" });
    await expect(rotateCa(deps, testContext(), id)).rejects.toMatchObject({ reason: "cluster_not_found" });
    const colleague = testContext({ projectId, userId: "colleague" });
    await expect(rotateCa(deps, colleague, id)).resolves.toEqual({ id });
  });

  test("of two at once one is accepted, and the other one leaves no key behind", async () => {
    const kept = new Set<string>();
    const counting: Deps = {
      ...deps,
      keys: {
        ...deps.keys,
        put: async (id, name, keyPem) => {
          const stored = await deps.keys.put(id, name, keyPem);
          kept.add(stored);
          return stored;
        },
        remove: async (stored) => void kept.delete(stored),
      },
    };
    const id = await aCluster();
    const answers = await Promise.allSettled([rotateCa(counting, owner, id), rotateCa(counting, owner, id)]);
    expect(answers.map((answer) => answer.status).toSorted()).toEqual(["fulfilled", "rejected"]);
    const { stored } = await loadAuthorities(database.db, owner.scope, id);
    expect(stored).toHaveLength(8);
    expect([...kept].toSorted()).toEqual(
      stored
        .filter((each) => each.revision === 2)
        .map((each) => each.key)
        .toSorted(),
    );
  });

  test("that hangs half way goes on with the authorities that it has, when it is asked for again", async () => {
    const id = await aCluster();
    await rotateCa(deps, owner, id);
    const before = await loadAuthorities(database.db, owner.scope, id);
    // Somebody checked the stack of a failed rotation with Heat's own command.
    await database.db.prisma.cluster.update({ where: { id }, data: { status: "CHECK_COMPLETE" } });
    await rotateCa(deps, owner, id);
    expect(await loadAuthorities(database.db, owner.scope, id)).toEqual(before);
    expect((await getCluster(database.db, owner.scope, id)).status).toBe("UPDATE_IN_PROGRESS");
  });
});

describe("while a rotation runs", () => {
  test.each([
    { phase: null, revision: 1, signs: 1, trusts: [1] },
    { phase: "trust", revision: 1, signs: 1, trusts: [1, 2] },
    { phase: "issue", revision: 2, signs: 2, trusts: [2, 1] },
    { phase: "drop", revision: 2, signs: 2, trusts: [2] },
  ])("in phase $phase authority $signs signs and $trusts are trusted, the one that signs first", async (stand) => {
    const id = await aCluster();
    await rotateCa(deps, owner, id);
    await moveTo(id, stand.revision, stand.phase);
    const { stored } = await loadAuthorities(database.db, owner.scope, id);
    const revisionOf = (pem: string) => stored.find((each) => each.certPem.trim() === pem.trim())?.revision;
    for (const type of ["kubernetes", "etcd", "front-proxy"] as const) {
      const { pem } = await getAuthority(deps, owner, id, type);
      expect(certificates(pem).map(revisionOf)).toEqual(stand.trusts);
      const signed = await signCertificate(deps, owner, id, {
        csr: signingRequest("/CN=somebody"),
        caType: type,
        purpose: "request",
      });
      expect(signed.caPem).toBe(pem);
      const signer = certificates(pem).find((ca) =>
        new X509Certificate(signed.pem).verify(new X509Certificate(ca).publicKey),
      );
      expect(revisionOf(signer ?? "")).toBe(stand.signs);
    }
    const shown = await listAuthorities(deps, owner, id);
    expect(shown.filter((each) => each.signs).map((each) => each.type)).toEqual(["kubernetes", "etcd", "front-proxy"]);
    expect(shown).toHaveLength(3 * stand.trusts.length);
  });
});

describe("rotating the credential", () => {
  test("is refused where the driver cannot, in Magnum's words", async () => {
    const id = await aCluster();
    await expect(rotateCredential(withDriver(aDriver()), owner, id)).rejects.toMatchObject({
      reason: "not_supported_by_driver",
      message: "Credential rotation is not supported by driver.",
    });
  });

  test.each([
    "CREATE_IN_PROGRESS",
    "CREATE_FAILED",
    "ROLLBACK_IN_PROGRESS",
    "DELETE_IN_PROGRESS",
    "DELETE_FAILED",
  ] as const)("is refused in status %s before anything is made", async (status) => {
    const id = await aCluster({ status });
    await expect(rotateCredential(deps, owner, id)).rejects.toMatchObject({ reason: "operation_not_allowed_now" });
    expect(await database.db.prisma.credential.count({ where: { projectId } })).toBe(0);
  });

  test("has no way round for administrators, and finds clusters of the own project only", async () => {
    const id = await aCluster();
    const admin = testContext({ projectId, roles: ["admin"], door: "api" });
    await expect(rotateCredential(deps, admin, id)).rejects.toMatchObject({ reason: "forbidden" });
    const elsewhere = testContext({ roles: ["admin", "member"], door: "api" });
    await expect(rotateCredential(deps, elsewhere, id)).rejects.toMatchObject({ reason: "cluster_not_found" });
  });

  test("is not for a node of the cluster", async () => {
    const id = await aCluster();
    const node = testContext({ projectId, nodeOf: id });
    await expect(rotateCredential(deps, node, id)).rejects.toMatchObject({ reason: "forbidden" });
  });
});
