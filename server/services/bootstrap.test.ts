// What a node's proof opens, and what it does not open for whoever finds it: on a worker's disk, in its user data, or in a
// stack that somebody may read.
import { X509Certificate } from "node:crypto";
import { randomUUID } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { proofRoot, proofSecret, writeProof } from "../../drivers/node-proof.ts";
import { completeCredential, insertIntent, replaceCredential } from "../db/credential.ts";
import { keepProofs, openRenewal, type SeenMember } from "../db/node-proof.ts";
import { listNodegroups } from "../db/nodegroup.ts";
import { listEvents } from "../db/operation.ts";
import { projectScope } from "../db/scope.ts";
import { authorityKinds } from "../domain/authority.ts";
import { Secret } from "../domain/secret.ts";
import { makeAuthorities } from "../pki/ca.ts";
import { aProject, testTime, writeCluster } from "../testing/builders.ts";
import { testContext } from "../testing/test-context.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { testDeps } from "../testing/test-deps.ts";
import { bootstrapNode } from "./bootstrap.ts";
import { listIssuedCertificates } from "./certificate.ts";
import type { Deps } from "./deps.ts";
import { signingRequest } from "./testing/signing-request.ts";

onEveryDatabase((database) => {
  const projectId = aProject();
  const owner = testContext({ projectId, userId: "owner" });
  let deps: Deps;
  let made: Awaited<ReturnType<typeof makeAuthorities>>;
  let id: string;
  let groups: { master: string; worker: string };
  let password: string;
  /** Keys of a node, of whoever is not the node, and one that asks for more than a node's. */
  let own: string;
  let thief: string;

  beforeAll(async () => {
    made = await makeAuthorities({ id: randomUUID(), name: "web-1" }, testTime);
    own = signingRequest("/CN=worker-0");
    thief = signingRequest("/O=system:masters/O=system:nodes/CN=system:node:other/CN=admin");
  });

  beforeEach(async () => {
    deps = testDeps(database.db);
    const authorities = await Promise.all(
      authorityKinds.map(async (kind) => {
        const authorityId = randomUUID();
        const key = await deps.keys.put(authorityId, kind, made[kind].keyPem);
        return { id: authorityId, kind, revision: 1, certPem: made[kind].certPem, key };
      }),
    );
    const credential = await aCredential();
    ({ password } = credential);
    id = await writeCluster(database.db, owner.scope, {
      cluster: { id: randomUUID(), userId: "owner" },
      authorities,
      credentialId: credential.id,
    });
    const list = await listNodegroups(database.db, owner.scope, id);
    const of = (role: string) => list.find((group) => group.role === role)?.id ?? "";
    groups = { master: of("master"), worker: of("worker") };
  });

  async function aCredential(): Promise<{ id: string; password: string }> {
    const given = { id: randomUUID(), password: randomUUID() };
    const sealed = deps.secrets.seal(given.password, `credential:${given.id}`);
    await insertIntent(database.db, owner.scope, {
      id: given.id,
      region: "RegionOne",
      trusteeName: given.id,
      trusteePassword: sealed,
      now: testTime,
    });
    await completeCredential(database.db, owner.scope, given.id, { trusteeUserId: "user", trustId: "trust" });
    return given;
  }

  const aMember = (given: Partial<SeenMember> = {}): SeenMember => ({
    id: randomUUID(),
    nodegroupId: groups.worker,
    name: "web-1-node-0",
    addresses: ["10.0.0.7", "192.0.2.9"],
    coming: true,
    ...given,
  });
  const see = (members: SeenMember[], all = false) =>
    database.db.transaction((tx) => keepProofs(tx, id, members, all, testTime));
  const proofOf = (member: Pick<SeenMember, "id" | "nodegroupId">, by = password) =>
    writeProof({
      nodegroupId: member.nodegroupId,
      id: member.id,
      secret: proofSecret(proofRoot(new Secret(by), id, member.nodegroupId), member.id),
    }).reveal();
  const ask = (proof: string, csr = own, from = "10.0.0.7") => bootstrapNode(deps, id, { proof, csr }, from);
  const names = async (asked: Promise<{ name: string }[] | null>) => (await asked)?.map(({ name }) => name);
  const warnings = async () =>
    (await listEvents(database.db, owner.scope, { clusterId: id, size: 50 })).rows
      .filter(({ level }) => level === "warning")
      .map(({ message }) => message);

  test("a worker gets its own certificate and no key, whatever its request asks for", async () => {
    const worker = aMember();
    await see([worker]);
    const files = await ask(proofOf(worker), thief);
    expect(files?.map(({ name }) => name)).toEqual(["pki/ca.crt", "kubelet.crt"]);
    expect(JSON.stringify(files)).not.toContain("PRIVATE KEY");
    const certificate = new X509Certificate(files?.[1]?.content ?? "");
    expect(certificate.subject).toBe("O=system:nodes\nCN=system:node:web-1-node-0");
    expect(certificate.subjectAltName).toBe("DNS:web-1-node-0, IP Address:10.0.0.7, IP Address:192.0.2.9");
    expect(certificate.ca).toBe(false);
    const [issued] = await listIssuedCertificates(deps, owner, id);
    expect(issued).toMatchObject({ purpose: "node", userName: "web-1-node-0" });
  });

  test("a control plane node gets the keys of the control plane", async () => {
    const master = aMember({ nodegroupId: groups.master, name: "web-1-master-0" });
    await see([master]);
    expect(await names(ask(proofOf(master)))).toEqual(
      authorityKinds.flatMap((kind) =>
        kind === "service-account"
          ? ["pki/sa.pub", "pki/sa.key"]
          : [".crt", ".key"].map(
              (end) => `pki/${{ kubernetes: "ca", etcd: "etcd/ca", "front-proxy": "front-proxy-ca" }[kind]}${end}`,
            ),
      ),
    );
  });

  test("the proof of a worker does not make it a control plane node", async () => {
    const [worker, master] = [aMember(), aMember({ nodegroupId: groups.master, name: "web-1-master-0" })];
    await see([worker, master]);
    const [, workerId = "", secret = ""] = proofOf(worker).split(".");
    for (const forged of [`${groups.master}.${workerId}.${secret}`, `${groups.master}.${master.id}.${secret}`])
      await expect(ask(forged)).rejects.toMatchObject({ reason: "forbidden" });
    expect(await names(ask(proofOf(worker)))).not.toContain("pki/ca.key");
  });

  test("the first key spends the proof: the same one may ask again as answers get lost, no other one ever", async () => {
    const worker = aMember();
    await see([worker]);
    await ask(proofOf(worker));
    expect(await names(ask(proofOf(worker)))).toContain("kubelet.crt");
    for (let time = 0; time < 2; time++)
      await expect(ask(proofOf(worker), thief, "192.0.2.66")).rejects.toMatchObject({ reason: "conflict" });
    // Told once, however often somebody tries.
    expect(await warnings()).toEqual(["Somebody else has asked with the proof of node web-1-node-0."]);
    expect(await names(ask(proofOf(worker)))).toContain("kubelet.crt");
  });

  test("of two that come at once with one proof and keys of their own, one gets an answer", async () => {
    const worker = aMember();
    await see([worker]);
    const answers = await Promise.allSettled([ask(proofOf(worker)), ask(proofOf(worker), thief)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  test("a node whose proof somebody else has spent is told so, for the reason that it reports", async () => {
    const worker = aMember();
    await see([worker]);
    await ask(proofOf(worker), thief, "192.0.2.66");
    await expect(ask(proofOf(worker))).rejects.toMatchObject({
      message: "The proof of node web-1-node-0 was used with another key before: somebody else may have what it opens.",
    });
    expect(await warnings()).toHaveLength(1);
  });

  test.each([
    ["has reported, or failed", (worker: SeenMember) => see([{ ...worker, coming: false }])],
    ["is gone", () => see([], true)],
  ])("a proof is void when the node %s, for good", async (_, end) => {
    const worker = aMember();
    await see([worker]);
    await ask(proofOf(worker));
    await end(worker);
    await expect(ask(proofOf(worker))).rejects.toMatchObject({ reason: "conflict" });
    await expect(ask(proofOf(worker), thief)).rejects.toMatchObject({ reason: "conflict" });
    await see([worker]);
    await expect(ask(proofOf(worker))).rejects.toMatchObject({ reason: "conflict" });
    expect(await warnings()).toHaveLength(1);
  });

  test("a member that is only not listed while the back end works keeps its proof", async () => {
    const worker = aMember();
    await see([worker]);
    await see([]);
    expect(await names(ask(proofOf(worker)))).toContain("kubelet.crt");
  });

  test("the cluster's next credential voids every proof: those that are open, and all that were made from the old one", async () => {
    const [worker, later] = [aMember(), aMember({ name: "web-1-node-1" })];
    await see([worker]);
    const old = proofOf(worker);
    const next = await aCredential();
    await database.db.transaction((tx) => replaceCredential(tx, id, projectId, next.id, testTime));
    await expect(ask(old)).rejects.toMatchObject({ reason: "forbidden" });
    await expect(ask(proofOf(worker, next.password))).rejects.toMatchObject({
      message: "The proof of node web-1-node-0 is void: the cluster has got another credential since.",
    });
    await see([later]);
    await expect(ask(proofOf(later))).rejects.toMatchObject({ reason: "forbidden" });
    expect(await names(ask(proofOf(later, next.password)))).toContain("kubelet.crt");
  });

  test("a node that the conductor has not seen yet, or without an address, is asked to come again", async () => {
    const worker = aMember();
    expect(await ask(proofOf(worker))).toBeNull();
    await see([{ ...worker, addresses: [] }]);
    expect(await ask(proofOf(worker))).toBeNull();
    await see([worker]);
    expect(await names(ask(proofOf(worker)))).toContain("kubelet.crt");
  });

  test("a living control plane node gets a further proof for one renewal, which is another's no more than the first", async () => {
    const master = { id: randomUUID(), nodegroupId: groups.master, name: "web-1-master-0", addresses: ["10.0.0.5"] };
    await database.db.transaction((tx) => openRenewal(tx, id, master, testTime));
    await see([aMember({ nodegroupId: groups.master, name: master.name, coming: false })], true);
    expect(await names(ask(proofOf(master)))).toContain("pki/ca.key");
    await expect(ask(proofOf(master), thief)).rejects.toMatchObject({ reason: "conflict" });
    await see([], true);
    await expect(ask(proofOf(master))).rejects.toMatchObject({ reason: "conflict" });
  });

  test("the proof of a renewal is open from when the node is asked until it has answered, and never again", async () => {
    const asked = { id: "a".repeat(64), nodegroupId: groups.master };
    const aMaster = (renewalId?: string | null) =>
      see(
        [
          aMember({
            nodegroupId: groups.master,
            name: "web-1-master-0",
            coming: false,
            ...(renewalId === undefined ? {} : { renewalId }),
          }),
        ],
        true,
      );
    await aMaster(null);
    expect(await ask(proofOf(asked))).toBeNull();
    await aMaster(asked.id);
    expect(await names(ask(proofOf(asked)))).toContain("pki/ca.key");
    await expect(ask(proofOf(asked), thief)).rejects.toMatchObject({ reason: "conflict" });
    // Its API is away: nothing is known, and the node may ask again by its own key.
    await aMaster();
    expect(await names(ask(proofOf(asked)))).toContain("pki/ca.key");
    await aMaster(null);
    await expect(ask(proofOf(asked))).rejects.toMatchObject({ reason: "conflict" });
    await aMaster(asked.id);
    await expect(ask(proofOf(asked))).rejects.toMatchObject({ reason: "conflict" });
  });

  describe("whoever has no right proof", () => {
    test("hears the same of a cluster that does not exist, of another project's, and of this one", async () => {
      const worker = aMember();
      await see([worker]);
      const foreign = await writeCluster(database.db, projectScope(aProject(), "RegionOne"));
      const wrong = `${worker.nodegroupId}.${worker.id}.${"0".repeat(64)}`;
      const hear = (cluster: string, proof: string) =>
        bootstrapNode(deps, cluster, { proof, csr: own }, "192.0.2.66").catch((error: unknown) => String(error));
      const heard = [
        ...(await Promise.all([id, foreign, randomUUID(), "web-1", ""].map((cluster) => hear(cluster, wrong)))),
        ...(await Promise.all(["", "x", `${wrong}0`, proofOf(worker).toUpperCase()].map((proof) => hear(id, proof)))),
      ];
      expect(new Set(heard)).toEqual(new Set(["DomainError: This is not the proof of a node of this cluster."]));
    });

    test("is answered no more after twenty attempts in a minute, while the node itself is let in", async () => {
      const worker = aMember();
      await see([worker]);
      const attempt = () => ask("wrong", own, "192.0.2.66").catch((error: unknown) => error);
      for (let time = 0; time < 20; time++) expect(await attempt()).toMatchObject({ reason: "forbidden" });
      expect(await attempt()).toMatchObject({ reason: "too_many_attempts" });
      // Who has one address of IPv6 has many.
      for (let time = 0; time < 20; time++) await ask("wrong", own, `2001:db8::${time}`).catch(() => null);
      await expect(ask("wrong", own, "2001:db8::99")).rejects.toMatchObject({ reason: "too_many_attempts" });
      expect(await names(ask(proofOf(worker), own, "192.0.2.66"))).toContain("kubelet.crt");
    });
  });
});
