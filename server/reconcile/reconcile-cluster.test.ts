import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { acceptChange, requestDeletion, setHealth } from "../db/cluster-change.ts";
import { orphanCredentials } from "../db/credential.ts";
import { listNodes } from "../db/nodegroup.ts";
import { lastOperation, listEvents } from "../db/operation.ts";
import { sweepDelegations } from "../auth/delegated-credential.ts";
import { makeAuthorities } from "../pki/ca.ts";
import { anOperation, aProject } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { away } from "./testing/scripted-driver.ts";
import { leaseMs, openStage, round, rounds, type Stage } from "./testing/stage.ts";

onEveryDatabase((database) => {
  let stage: Stage;
  beforeEach(async () => {
    await database.db.prisma.cluster.deleteMany();
    await database.db.prisma.credential.deleteMany();
    stage = openStage(database.db);
  });

  const becomes = async (id: string, status: string, conductor = stage.conductor()) => {
    await rounds(stage, conductor, async () => (await stage.see(id))?.status === status);
    return conductor;
  };
  const due = (ids: readonly string[]) =>
    database.db.prisma.cluster.updateMany({
      where: { id: { in: [...ids] } },
      data: { nextReconcileAt: stage.clock.now() },
    });
  const messages = async (id: string) =>
    (await listEvents(stage.db, stage.scope, { clusterId: id, size: 100 })).rows
      .map((event) => event.message)
      .toReversed();
  const askToDelete = (id: string) =>
    requestDeletion(stage.db, stage.scope, id, stage.clock.now(), () => ({
      operation: anOperation({ kind: "delete" }),
      event: { level: "info", message: "Ada asked to delete the cluster." },
    }));

  describe("a new cluster", () => {
    it("comes up with addresses, nodes, versions, health and its story", async () => {
      const id = await stage.cluster();
      await becomes(id, "CREATE_COMPLETE");
      const cluster = await stage.see(id);
      expect(cluster).toMatchObject({
        apiAddress: "https://192.0.2.7:6443",
        coeVersion: "v1.31.1",
        healthStatus: "HEALTHY",
        healthReason: { api: "ok" },
        masterAddresses: ["10.0.0.0"],
        nodeAddresses: ["10.0.0.0", "10.0.0.1"],
        progress: null,
        failure: null,
      });
      expect(cluster?.stackId).toBe([...stage.world.stacks.values()].find((stack) => stack.groupId === null)?.id);
      const nodes = await listNodes(stage.db, stage.scope, id);
      expect(nodes.map((node) => [node.name, node.ready, node.version])).toEqual([
        ["web-1-default-master-0", true, "v1.31.1"],
        ["web-1-default-worker-0", true, "v1.31.1"],
        ["web-1-default-worker-1", true, "v1.31.1"],
      ]);
      expect((await stage.groups(id)).map((group) => group.stackId === null)).toEqual([false, false]);
      expect(await lastOperation(stage.db, stage.scope, id)).toMatchObject({ kind: "create", outcome: "done" });
      expect(await messages(id)).toEqual([
        "Creation was requested.",
        "Make the network.",
        "The cluster's API has its address: https://192.0.2.7:6443",
        "Create default-master.",
        "Create default-worker.",
        "default-worker: 2 nodes are up.",
        "The cluster is ready.",
      ]);
      const row = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
      expect(row).toMatchObject({
        observedGeneration: 1,
        readyMasters: 1,
        readyNodes: 2,
        deadlineAt: null,
        leaseOwner: null,
      });
    });

    it("that cannot be built says why, keeps what was made, and is whole again after a retry", async () => {
      const id = await stage.cluster();
      const worker = (await stage.groups(id))[1]?.id ?? "";
      stage.world.failures.set(worker, "No valid host was found.");
      const conductor = await becomes(id, "CREATE_FAILED");
      expect(await stage.see(id)).toMatchObject({ failure: { kind: "capacity" } });
      expect((await stage.groups(id)).map((group) => group.status)).toEqual(["CREATE_COMPLETE", "CREATE_FAILED"]);
      expect(await lastOperation(stage.db, stage.scope, id)).toMatchObject({ outcome: "failed" });
      await acceptChange(stage.db, stage.scope, id, stage.clock.now(), ({ nodegroups }) => ({
        status: "CREATE_IN_PROGRESS",
        repair: true,
        nodegroups: nodegroups.flatMap((group) =>
          group.id === worker ? [{ id: group.id, status: "CREATE_IN_PROGRESS" }] : [],
        ),
        operation: anOperation({ kind: "retry" }),
        event: { level: "info", message: "Ada asked to try again." },
      }));
      await becomes(id, "CREATE_COMPLETE", conductor);
      expect((await stage.groups(id)).map((group) => group.status)).toEqual(["CREATE_COMPLETE", "CREATE_COMPLETE"]);
      const row = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
      expect(row.repair).toBe(false);
    });

    it("is given up at its deadline", async () => {
      stage.world.buildMs = 3_600_000;
      const id = await stage.cluster({ deadlineAt: new Date(stage.clock.now().getTime() + 5000) });
      await becomes(id, "CREATE_FAILED");
      expect(await stage.see(id)).toMatchObject({ failure: { kind: "timeout" } });
    });

    it("without a credential fails at once, with the reason, and can be deleted", async () => {
      const id = await stage.cluster({ credential: false });
      const conductor = await becomes(id, "CREATE_FAILED");
      expect((await stage.see(id))?.statusReason).toContain("no access to the cloud");
      await askToDelete(id);
      await rounds(stage, conductor, async () => (await stage.see(id)) === null);
    });
  });

  describe("the cloud", () => {
    it("is asked for one list per project and region in a round, whatever the number of clusters", async () => {
      const ids = await Promise.all([
        ...Array.from({ length: 6 }, () => stage.cluster()),
        stage.cluster({ region: "RegionTwo" }),
      ]);
      const conductor = stage.conductor();
      expect(await round(stage, conductor)).toHaveLength(7);
      expect(stage.world.calls.filter((call) => call === "survey")).toHaveLength(2);
      for (const id of ids) await becomes(id, "CREATE_COMPLETE", conductor);
    });

    it("is asked for nothing but the list while a settled cluster's part of it stays the same", async () => {
      const id = await stage.cluster();
      const conductor = await becomes(id, "CREATE_COMPLETE");
      stage.world.calls.length = 0;
      const calls = () => stage.world.calls.filter((call) => call !== "health");
      await due([id]);
      await round(stage, conductor);
      expect(calls()).toEqual(["survey"]);
      const stack = [...stage.world.stacks.values()][0];
      if (stack) stack.updatedAt += 1;
      await due([id]);
      await round(stage, conductor);
      expect(calls()).toEqual(["survey", "survey", "observe"]);
    });

    it("may be away: nothing fails, one line says so, and work goes on afterwards", async () => {
      const id = await stage.cluster();
      stage.world.outage = away("orchestration");
      const conductor = stage.conductor();
      for (let turn = 0; turn < 5; turn++) {
        await due([id]);
        await round(stage, conductor);
      }
      expect((await stage.see(id))?.status).toBe("CREATE_IN_PROGRESS");
      expect((await messages(id)).filter((message) => message.includes("orchestration"))).toHaveLength(1);
      stage.world.outage = null;
      await becomes(id, "CREATE_COMPLETE", conductor);
    });

    it("that is away is asked less and less often", async () => {
      const id = await stage.cluster();
      stage.world.outage = away("orchestration");
      const conductor = stage.conductor();
      const waits: number[] = [];
      for (let turn = 0; turn < 9; turn++) {
        await round(stage, conductor);
        const { nextReconcileAt } = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
        waits.push(nextReconcileAt.getTime() - stage.clock.now().getTime());
        stage.clock.set(nextReconcileAt);
      }
      expect(waits).toEqual([500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]);
    });
  });

  describe("a cluster whose trust is refused", () => {
    const trusteeOf = async (id: string) => {
      const row = await database.db.prisma.credential.findFirstOrThrow({ where: { clusterId: id } });
      return row.trusteeUserId ?? "";
    };

    it("does not keep others of its project from being worked on", async () => {
      const dead = await stage.cluster();
      const alive = await Promise.all([stage.cluster(), stage.cluster()]);
      stage.world.refused.add(await trusteeOf(dead));
      const conductor = stage.conductor();
      for (const id of alive) await becomes(id, "CREATE_COMPLETE", conductor);
    });

    it("fails for delegation when the refusal is no moment's, and nothing is made in another's name", async () => {
      const dead = await stage.cluster();
      const alive = await stage.cluster();
      stage.world.refused.add(await trusteeOf(dead));
      const conductor = stage.conductor();
      await becomes(alive, "CREATE_COMPLETE", conductor);
      await becomes(dead, "CREATE_FAILED", conductor);
      expect(await stage.see(dead)).toMatchObject({ failure: { kind: "delegation" } });
      expect(stage.world.of(dead)).toEqual([]);
    });

    it("is still watched with another's eyes, and can be deleted", async () => {
      const id = await stage.cluster();
      const other = await stage.cluster();
      const conductor = stage.conductor();
      for (const each of [id, other]) await becomes(each, "CREATE_COMPLETE", conductor);
      stage.world.refused.add(await trusteeOf(id));
      await askToDelete(id);
      await rounds(stage, conductor, async () => (await stage.see(id)) === null);
      expect(stage.world.of(id)).toEqual([]);
      expect((await stage.see(other))?.status).toBe("CREATE_COMPLETE");
    });
  });

  it("a deletion that is accepted during a pass is not overwritten by what the pass found", async () => {
    const id = await stage.cluster();
    const conductor = stage.conductor();
    await round(stage, conductor);
    let asked = false;
    stage.world.onObserve = async () => {
      if (asked) return;
      asked = true;
      await askToDelete(id);
    };
    await due([id]);
    await round(stage, conductor);
    expect((await stage.see(id))?.status).toBe("DELETE_IN_PROGRESS");
    const row = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
    expect(row.nextReconcileAt.getTime()).toBeLessThanOrEqual(stage.clock.now().getTime());
    await rounds(stage, conductor, async () => (await stage.see(id)) === null);
    expect(stage.world.stacks.size).toBe(0);
  });

  it("a pass whose lease went to another conductor writes nothing", async () => {
    const id = await stage.cluster();
    stage.world.onObserve = async () => {
      await database.db.prisma.cluster.update({ where: { id }, data: { leaseOwner: "another" } });
    };
    await round(stage, stage.conductor());
    const row = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
    expect(row).toMatchObject({ leaseOwner: "another", seenBackend: null });
  });

  describe("a settled cluster", () => {
    it("whose back end goes away is said to be so once, is unhealthy, and is not made again", async () => {
      const id = await stage.cluster();
      const conductor = await becomes(id, "CREATE_COMPLETE");
      stage.world.stacks.clear();
      for (let turn = 0; turn < 3; turn++) {
        stage.clock.advance(120_000);
        await round(stage, conductor);
      }
      expect(await stage.see(id)).toMatchObject({ status: "CREATE_COMPLETE", healthStatus: "UNHEALTHY" });
      expect((await messages(id)).filter((message) => message.includes("outside of this service"))).toHaveLength(1);
      expect(stage.world.stacks.size).toBe(0);
      await askToDelete(id);
      await rounds(stage, conductor, async () => (await stage.see(id)) === null);
    });

    it("is visited about once a minute, and all of a project at the same time", async () => {
      const ids = await Promise.all([stage.cluster(), stage.cluster(), stage.cluster()]);
      const conductor = stage.conductor();
      for (const id of ids) await becomes(id, "CREATE_COMPLETE", conductor);
      stage.clock.advance(120_000);
      await round(stage, conductor);
      const rows = await database.db.prisma.cluster.findMany({ where: { id: { in: ids } } });
      const waits = rows.map((row) => row.nextReconcileAt.getTime() - stage.clock.now().getTime());
      expect(new Set(waits).size).toBe(1);
      expect(waits[0]).toBeGreaterThanOrEqual(30_000);
      expect(waits[0]).toBeLessThanOrEqual(90_000);
    });
  });

  describe("health", () => {
    it("of a node that is not ready makes the cluster unhealthy, and nothing else moves", async () => {
      const id = await stage.cluster();
      const conductor = await becomes(id, "CREATE_COMPLETE");
      stage.world.health = () => ({
        status: "UNHEALTHY",
        answered: true,
        reason: { api: "ok", "web-1-default-worker-1.Ready": "False" },
        nodes: {
          "web-1-default-master-0": { ready: true, version: "v1.31.1" },
          "web-1-default-worker-0": { ready: true, version: "v1.31.1" },
          "web-1-default-worker-1": { ready: false, version: "v1.31.1" },
        },
      });
      stage.clock.advance(120_000);
      await round(stage, conductor);
      expect(await stage.see(id)).toMatchObject({ status: "CREATE_COMPLETE", healthStatus: "UNHEALTHY" });
      const row = await database.db.prisma.cluster.findUniqueOrThrow({ where: { id } });
      expect(row).toMatchObject({ readyMasters: 1, readyNodes: 1 });
      expect((await listNodes(stage.db, stage.scope, id)).map((node) => node.ready)).toEqual([true, true, false]);
    });

    it("stays unknown to people while the cluster is still being built and does not answer", async () => {
      const id = await stage.cluster();
      const reason = { api: "connection refused" };
      stage.world.health = () => ({ status: "UNHEALTHY", answered: false, reason, nodes: {} });
      const conductor = stage.conductor();
      for (let turn = 0; turn < 6; turn++) {
        stage.clock.advance(400);
        await round(stage, conductor);
      }
      expect(await stage.see(id)).toMatchObject({ status: "CREATE_IN_PROGRESS", healthStatus: null });
    });

    it("is left to magnum-auto-healer where that is the chosen healer", async () => {
      const labels = { auto_healing_enabled: "True", auto_healing_controller: "magnum-auto-healer" };
      const id = await stage.cluster({ cluster: { labels } });
      const conductor = await becomes(id, "CREATE_COMPLETE");
      const report = { status: "UNHEALTHY" as const, reason: { "worker-1.Ready": "False" } };
      await setHealth(stage.db, stage.scope, id, report, stage.clock.now());
      stage.clock.advance(600_000);
      await round(stage, conductor);
      expect(await stage.see(id)).toMatchObject({ healthStatus: "UNHEALTHY", healthReason: report.reason });
      expect(stage.world.calls).not.toContain("health");
    });

    it("is asked with an admin certificate of the cluster's own CA, made once", async () => {
      const made = await makeAuthorities({ id: randomUUID(), name: "web-1" }, stage.clock.now());
      const ref = randomUUID();
      stage.vault.set(ref, made.kubernetes.keyPem);
      const shown: (string | undefined)[] = [];
      const answer = stage.world.health;
      stage.world.health = (want, seen) => {
        shown.push(want.admin?.certPem);
        return answer(want, seen);
      };
      const authorities = [
        {
          id: randomUUID(),
          kind: "kubernetes" as const,
          revision: 1,
          certPem: made.kubernetes.certPem,
          key: `barbican:${ref}`,
        },
      ];
      const id = await stage.cluster({ authorities });
      const conductor = await becomes(id, "CREATE_COMPLETE");
      stage.clock.advance(120_000);
      await round(stage, conductor);
      expect(shown.length).toBeGreaterThanOrEqual(2);
      expect(shown[0]).toContain("BEGIN CERTIFICATE");
      expect(new Set(shown).size).toBe(1);
      stage.clock.advance(13 * 3_600_000);
      await round(stage, conductor);
      expect(new Set(shown).size).toBe(2);
    });
  });

  describe("a deleted cluster", () => {
    it("takes its identity and keys with it, before its rows", async () => {
      const ref = randomUUID();
      stage.vault.set(ref, "key");
      const authorities = [
        { id: randomUUID(), kind: "etcd" as const, revision: 1, certPem: "", key: `barbican:${ref}` },
      ];
      const id = await stage.cluster({ authorities });
      const conductor = await becomes(id, "CREATE_COMPLETE");
      await askToDelete(id);
      await rounds(stage, conductor, async () => (await stage.see(id)) === null);
      expect([stage.world.trusts.size, stage.world.trustees.size, stage.vault.size]).toEqual([0, 0, 0]);
      expect(await lastOperation(stage.db, stage.scope, id)).toMatchObject({ kind: "delete", outcome: "done" });
      expect((await messages(id)).at(-1)).toBe("The cluster is deleted.");
    });

    it("does not stay for the identity service's sake: the sweeper removes the rest", async () => {
      const id = await stage.cluster();
      const conductor = await becomes(id, "CREATE_COMPLETE");
      stage.world.identityOutage = away("identity");
      await askToDelete(id);
      await rounds(stage, conductor, async () => (await stage.see(id)) === null);
      expect(stage.world.trusts.size).toBe(1);
      expect(await orphanCredentials(stage.db, stage.clock.now())).toHaveLength(1);
      stage.world.identityOutage = null;
      expect(await sweepDelegations(conductor.deps, 0)).toBe(1);
      expect([stage.world.trusts.size, stage.world.trustees.size]).toEqual([0, 0]);
    });

    it("that something blocks is tried again a few times, then DELETE_FAILED, and again when asked again", async () => {
      const id = await stage.cluster();
      const conductor = await becomes(id, "CREATE_COMPLETE");
      const shared =
        "Unable to complete operation on subnet: One or more ports have an IP allocation from this subnet.";
      await askToDelete(id);
      await rounds(stage, conductor, async () => {
        stage.world.failures.set(id, shared);
        return (await stage.see(id))?.status === "DELETE_FAILED";
      });
      expect(stage.world.calls.filter((call) => call === "apply remove")).toHaveLength(2 + 1 + 4);
      expect(await stage.see(id)).toMatchObject({ failure: { kind: "blocked-delete" } });
      stage.world.failures.clear();
      await askToDelete(id);
      await rounds(stage, conductor, async () => (await stage.see(id)) === null);
    });
  });

  it("two conductors share the clusters and never work on the same one at once", async () => {
    const ids = await Promise.all(Array.from({ length: 12 }, () => stage.cluster()));
    const [one, two] = [stage.conductor(), stage.conductor()];
    stage.world.onObserve = () => new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 40; turn++) {
      await Promise.all([round(stage, one), round(stage, two)]);
      stage.clock.advance(300);
    }
    expect(stage.world.collisions).toBe(0);
    expect([...stage.world.made.values()].every((count) => count === 1)).toBe(true);
    for (const id of ids) expect((await stage.see(id))?.status).toBe("CREATE_COMPLETE");
  });

  it("what a conductor remembers of a cluster that another one changed since then is not written over it", async () => {
    const id = await stage.cluster();
    const first = await becomes(id, "CREATE_COMPLETE");
    const worker = (await stage.groups(id)).find((group) => group.role === "worker");
    await acceptChange(stage.db, stage.scope, id, stage.clock.now(), () => ({
      status: "UPDATE_IN_PROGRESS",
      nodegroups: [{ id: worker?.id ?? "", nodeCount: 3, status: "UPDATE_IN_PROGRESS" }],
      operation: anOperation({ kind: "resize" }),
      event: { level: "info", message: "Ada asked for 3 nodes." },
    }));
    await becomes(id, "UPDATE_COMPLETE");
    stage.clock.advance(120_000);
    await round(stage, first);
    expect(await listNodes(stage.db, stage.scope, id)).toHaveLength(4);
    expect((await stage.see(id))?.nodeAddresses).toHaveLength(3);
  });

  it("a row that cannot be read, or a credential that cannot be opened, keeps no other cluster from its work", async () => {
    const ids = await Promise.all([stage.cluster(), stage.cluster(), stage.cluster()]);
    const [odd = "", locked = "", fine = ""] = ids;
    const started = stage.clock.now().getTime();
    await stage.db.prisma.$executeRaw`UPDATE "Cluster" SET "facts" = ${"{}"} WHERE "id" = ${odd}`;
    await stage.db.prisma.cluster.update({
      where: { id: locked },
      data: { deadlineAt: new Date(stage.clock.now().getTime() + 60_000) },
    });
    await stage.db.prisma.credential.update({ where: { clusterId: locked }, data: { trusteePassword: "s1.a.b.c" } });
    const conductor = await becomes(fine, "CREATE_COMPLETE");
    expect(stage.clock.now().getTime() - started).toBeLessThan(leaseMs);
    await becomes(locked, "CREATE_FAILED", conductor);
  });

  it.each(["labels", "facts", "pkiPhase"])(
    "builds nothing by %s that are lost, says so, and deletes",
    async (column) => {
      const id = await stage.cluster();
      const conductor = await becomes(id, "CREATE_COMPLETE");
      const applied = () => stage.world.calls.filter((call) => call.startsWith("apply")).length;
      const before = applied();
      await stage.db.prisma.$executeRawUnsafe(
        `UPDATE "Cluster" SET "${column}" = 'x', "status" = 'UPDATE_IN_PROGRESS' WHERE "id" = '${id}'`,
      );
      await due([id]);
      await becomes(id, "UPDATE_FAILED", conductor);
      expect((await stage.see(id))?.statusReason).toContain("not known what is wanted");
      expect(applied()).toBe(before);
      await askToDelete(id);
      await rounds(stage, conductor, async () => (await stage.see(id)) === null);
    },
  );

  it("a driver whose look at the health throws does not keep the cluster from its end", async () => {
    const id = await stage.cluster();
    stage.world.health = () => {
      throw new Error("a mistake of the driver");
    };
    await becomes(id, "CREATE_COMPLETE");
  });

  it("a driver that is not installed any more is a trouble of its clusters, not of the round", async () => {
    const odd = await stage.cluster({ cluster: { driver: "gone_v1" } });
    const fine = await stage.cluster();
    const conductor = await becomes(fine, "CREATE_COMPLETE");
    await becomes(odd, "CREATE_FAILED", conductor);
    expect((await stage.see(odd))?.statusReason).toContain("gone_v1");
    expect(aProject()).not.toBe(stage.projectId);
  });
});
