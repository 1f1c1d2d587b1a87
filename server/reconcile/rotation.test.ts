// Rotations through the loop: trust, issue, drop for authorities, and the old credential that goes last. Told to the end,
// through failures, deletions and deaths of the process in between.
import { randomUUID, X509Certificate } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { acceptChange, requestDeletion, type AcceptedChange, type NewAuthority } from "../db/cluster-change.ts";
import { completeCredential, findTrustee, insertIntent } from "../db/credential.ts";
import { loadAuthorities } from "../db/certificate.ts";
import { listEvents, listOperations } from "../db/operation.ts";
import { authorityKinds } from "../domain/authority.ts";
import type { ClusterStatus } from "../domain/cluster-status.ts";
import { sweepDelegations } from "../auth/delegated-credential.ts";
import { makeAuthorities } from "../pki/ca.ts";
import { anOperation } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { away, Life } from "./testing/scripted-driver.ts";
import { leaseMs, openStage, round, rounds, type Stage } from "./testing/stage.ts";

const madeOnce = new Map<number, ReturnType<typeof makeAuthorities>>();

/** New authorities whose keys are in the vault. */
async function authorities(stage: Stage, revision: number): Promise<NewAuthority[]> {
  const making =
    madeOnce.get(revision) ?? makeAuthorities({ id: randomUUID(), name: `web-1 ${revision}` }, stage.clock.now());
  madeOnce.set(revision, making);
  const made = await making;
  return authorityKinds.map((kind) => {
    const ref = randomUUID();
    stage.vault.set(ref, made[kind].keyPem);
    return { id: randomUUID(), kind, revision, certPem: made[kind].certPem, key: `barbican:${ref}` };
  });
}

const change = (kind: "rotateCa" | "rotateCredential" | "resize" | "retry", more: Partial<AcceptedChange>) =>
  ({
    status: "UPDATE_IN_PROGRESS",
    operation: anOperation({ kind }),
    event: { level: "info", message: `Ada asked for ${kind}.` },
    ...more,
  }) satisfies AcceptedChange;

const accept = (stage: Stage, id: string, what: AcceptedChange) =>
  acceptChange(stage.db, stage.scope, id, stage.clock.now(), ({ nodegroups }) => ({
    nodegroups: nodegroups.map((group) => ({ id: group.id, status: "UPDATE_IN_PROGRESS" })),
    ...what,
  }));

const rotateCa = async (stage: Stage, id: string) =>
  accept(stage, id, change("rotateCa", { authorities: await authorities(stage, 2) }));

/** A spare credential as the request made it, attached by the change. */
async function rotateCredential(stage: Stage, id: string): Promise<string> {
  const credentialId = randomUUID();
  const trusteeName = `${id}_${credentialId}`;
  const trusteePassword = stage.conductor().deps.secrets.seal("password", `credential:${credentialId}`);
  const now = stage.clock.now();
  await insertIntent(stage.db, stage.scope, {
    id: credentialId,
    region: "RegionOne",
    trusteeName,
    trusteePassword,
    now,
  });
  const made = stage.world.addTrustee(trusteeName);
  await completeCredential(stage.db, stage.scope, credentialId, made);
  const owner = { userId: "grace", userName: "Grace" };
  await accept(stage, id, change("rotateCredential", { credentialId, owner }));
  return made.trusteeUserId;
}

const reaches = (stage: Stage, id: string, status: ClusterStatus) => async () =>
  (await stage.see(id))?.status === status;

const pki = async (stage: Stage, id: string) => {
  const { stored, state } = await loadAuthorities(stage.db, stage.scope, id);
  return { ...state, rows: stored.length };
};

const messages = async (stage: Stage, id: string) =>
  (await listEvents(stage.db, stage.scope, { clusterId: id, size: 100 })).rows.map((row) => row.message).toReversed();

onEveryDatabase((database) => {
  let stage: Stage;
  let id: string;
  beforeEach(async () => {
    await database.db.prisma.cluster.deleteMany();
    await database.db.prisma.credential.deleteMany();
    stage = openStage(database.db);
    id = await stage.cluster({ authorities: await authorities(stage, 1) });
    await rounds(stage, stage.conductor(), reaches(stage, id, "CREATE_COMPLETE"));
  });

  describe("a rotation of the authorities", () => {
    it("brings every node through trust, issue and drop, and is complete only then", async () => {
      await rotateCa(stage, id);
      const conductor = stage.conductor();
      const seen = new Set<ClusterStatus | undefined>();
      await rounds(stage, conductor, async () => {
        seen.add((await stage.see(id))?.status);
        return (await stage.see(id))?.status === "UPDATE_COMPLETE";
      });
      expect([...seen]).toEqual(["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]);
      for (const group of await stage.groups(id)) {
        expect(stage.world.shapes.get(group.id)).toEqual(["1/1", "1+2/1", "2+1/1", "2/1"]);
        expect(group.status).toBe("UPDATE_COMPLETE");
      }
      expect(await pki(stage, id)).toEqual({ revision: 2, phase: null, rows: 4 });
      expect(stage.vault.size).toBe(4);
      const { rows } = await listOperations(stage.db, stage.scope, { clusterId: id, size: 10 });
      expect(rows[0]).toMatchObject({ kind: "rotateCa", outcome: "done" });
    });

    it("tells people what happens, phase by phase", async () => {
      await rotateCa(stage, id);
      await rounds(stage, stage.conductor(), reaches(stage, id, "UPDATE_COMPLETE"));
      const told = (await messages(stage, id)).filter((line) => /authority/.test(line));
      expect(told).toEqual([
        "All nodes trust the old and the new authority. The new one signs from now on.",
        "All nodes have certificates of the new authority. New nodes do not trust the old one any more.",
        "The old authority is gone, and its keys are deleted.",
      ]);
    });

    it("lets the conductor show a certificate that every node of the moment trusts, and trust every node", async () => {
      await rotateCa(stage, id);
      const { stored } = await loadAuthorities(stage.db, stage.scope, id);
      const ca = (revision: number) =>
        new X509Certificate(
          stored.find((each) => each.kind === "kubernetes" && each.revision === revision)?.certPem ?? "",
        );
      const conductor = stage.conductor();
      const found: string[] = [];
      await rounds(stage, conductor, async () => {
        const want = stage.world.wants.get(id);
        if (want?.admin) {
          const admin = new X509Certificate(want.admin.certPem);
          const signer = [1, 2].find((revision) => admin.verify(ca(revision).publicKey));
          const trusted = want.pki.caPem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
          const names = trusted.map((pem) => new X509Certificate(pem).subject.slice(-1)).join(" and ");
          const line = `${want.pki.revision}: signed by ${signer}, trusts ${names}`;
          if (found.at(-1) !== line) found.push(line);
        }
        return reaches(stage, id, "UPDATE_COMPLETE")();
      });
      expect(found).toEqual([
        "1: signed by 1, trusts 1",
        "1+2: signed by 1, trusts 1 and 2",
        "2+1: signed by 2, trusts 2 and 1",
        "2: signed by 2, trusts 2",
      ]);
    });

    it.each([
      { phase: "trust", word: "1+2/1", revision: 1 },
      { phase: "issue", word: "2+1/1", revision: 2 },
      { phase: "drop", word: "2/1", revision: 2 },
    ] as const)(
      "that fails in phase $phase goes on from there when it is retried",
      async ({ phase, word, revision }) => {
        await rotateCa(stage, id);
        const [, worker] = await stage.groups(id);
        const conductor = stage.conductor();
        await rounds(stage, conductor, async () => (await pki(stage, id)).phase === phase);
        stage.world.failures.set(worker?.id ?? "", "No valid host was found.");
        await rounds(stage, conductor, reaches(stage, id, "UPDATE_FAILED"));
        expect(await pki(stage, id)).toEqual({ revision, phase, rows: 8 });
        expect(stage.vault.size).toBe(8);
        await accept(stage, id, change("retry", { repair: true }));
        await rounds(stage, conductor, reaches(stage, id, "UPDATE_COMPLETE"));
        const shapes = stage.world.shapes.get(worker?.id ?? "") ?? [];
        expect(shapes).toEqual(["1/1", "1+2/1", "2+1/1", "2/1"]);
        expect(shapes).toContain(word);
        expect(await pki(stage, id)).toEqual({ revision: 2, phase: null, rows: 4 });
      },
    );

    it("that failed waits for a word of people, also when the back end comes right by itself", async () => {
      await rotateCa(stage, id);
      const [, worker] = await stage.groups(id);
      const conductor = stage.conductor();
      stage.world.failures.set(worker?.id ?? "", "No valid host was found.");
      await rounds(stage, conductor, reaches(stage, id, "UPDATE_FAILED"));
      for (const stack of stage.world.of(id)) if (stack.groupId === worker?.id) stage.world.begin(stack, "UPDATE");
      for (let turn = 0; turn < 5; turn++) {
        stage.clock.advance(600_000);
        await round(stage, conductor);
      }
      expect((await stage.see(id))?.status).toBe("UPDATE_FAILED");
      expect(await pki(stage, id)).toMatchObject({ phase: "trust" });
    });

    it("goes on with a new size that somebody asks for in the middle", async () => {
      await rotateCa(stage, id);
      const conductor = stage.conductor();
      await rounds(stage, conductor, async () => (await pki(stage, id)).phase === "issue");
      const [, worker] = await stage.groups(id);
      const nodegroups = [{ id: worker?.id ?? "", nodeCount: 3, status: "UPDATE_IN_PROGRESS" as const }];
      await accept(stage, id, change("resize", { nodegroups }));
      await rounds(stage, conductor, reaches(stage, id, "UPDATE_COMPLETE"));
      expect(await pki(stage, id)).toEqual({ revision: 2, phase: null, rows: 4 });
      const stack = stage.world.of(id).find((each) => each.groupId === worker?.id);
      expect(stack).toMatchObject({ count: 3, shape: "2/1" });
    });

    it.each(["trust", "issue", "drop"] as const)(
      "leaves no key and no row when the cluster is deleted in phase %s",
      async (phase) => {
        await rotateCa(stage, id);
        const conductor = stage.conductor();
        await rounds(stage, conductor, async () => (await pki(stage, id)).phase === phase);
        await requestDeletion(stage.db, stage.scope, id, stage.clock.now(), () => ({
          operation: anOperation({ kind: "delete" }),
          event: { level: "info", message: "Ada asked to delete the cluster." },
        }));
        await rounds(stage, conductor, async () => (await stage.see(id)) === null);
        expect(stage.vault.size).toBe(0);
        expect(stage.world.stacks.size).toBe(0);
        expect(stage.world.trustees.size).toBe(0);
      },
    );

    it("does not end before the key manager has let the old keys go", async () => {
      await rotateCa(stage, id);
      const conductor = stage.conductor();
      await rounds(stage, conductor, async () => (await pki(stage, id)).phase === "drop");
      const remove = conductor.keys.remove.bind(conductor.keys);
      conductor.keys.remove = () => Promise.reject(away("key-manager"));
      for (let turn = 0; turn < 8; turn++) {
        stage.clock.advance(20_000);
        await round(stage, conductor);
      }
      expect((await stage.see(id))?.status).toBe("UPDATE_IN_PROGRESS");
      expect(await pki(stage, id)).toMatchObject({ phase: "drop", rows: 8 });
      expect(await messages(stage, id)).toContainEqual(expect.stringContaining("The key manager does not answer"));
      conductor.keys.remove = remove;
      await rounds(stage, conductor, reaches(stage, id, "UPDATE_COMPLETE"));
      expect(await pki(stage, id)).toEqual({ revision: 2, phase: null, rows: 4 });
      expect(stage.vault.size).toBe(4);
    });
  });

  describe("a rotation of the credential", () => {
    it("leaves the old one alone until no node has it, and makes its password void then", async () => {
      const [old = ""] = stage.world.trustees.keys();
      const trusteeUserId = await rotateCredential(stage, id);
      expect(await stage.see(id)).toMatchObject({ userId: "grace", userName: "Grace" });
      const conductor = stage.conductor();
      await round(stage, conductor);
      // As late as it gets: the sweeper sees it as old enough, and must not take it.
      stage.clock.advance(3_600_000);
      await sweepDelegations(conductor.deps, 0);
      expect([...stage.world.trustees.keys()]).toEqual([old, trusteeUserId]);
      expect(stage.world.closed.size).toBe(0);
      expect(await findTrustee(stage.db, { trusteeUserId: old, trustId: null })).toMatchObject({ clusterId: id });
      await rounds(stage, conductor, reaches(stage, id, "UPDATE_COMPLETE"));
      for (const group of await stage.groups(id)) expect(stage.world.shapes.get(group.id)).toEqual(["1/1", "1/2"]);
      expect([...stage.world.closed]).toEqual([old]);
      expect(await messages(stage, id)).toContain("No node has the old credential any more: its password is void.");
    });

    it("keeps the old trust as long as the cluster, since Heat's own access to older stacks hangs on it", async () => {
      await rotateCredential(stage, id);
      const conductor = stage.conductor();
      await rounds(stage, conductor, reaches(stage, id, "UPDATE_COMPLETE"));
      stage.clock.advance(3_600_000);
      await sweepDelegations(conductor.deps, 0);
      expect(stage.world.trusts.size).toBe(2);
      await requestDeletion(stage.db, stage.scope, id, stage.clock.now(), () => ({
        operation: anOperation({ kind: "delete" }),
        event: { level: "info", message: "Grace asked to delete the cluster." },
      }));
      await rounds(stage, conductor, async () => (await stage.see(id)) === null);
      expect(stage.world.trusts.size).toBe(0);
      expect(stage.world.trustees.size).toBe(0);
    });

    it("does not end before the identity service has made the old one void", async () => {
      await rotateCredential(stage, id);
      const conductor = stage.conductor();
      stage.world.identityOutage = away("identity");
      for (let turn = 0; turn < 8; turn++) {
        stage.clock.advance(20_000);
        await round(stage, conductor);
      }
      expect((await stage.see(id))?.status).toBe("UPDATE_IN_PROGRESS");
      stage.world.identityOutage = null;
      await rounds(stage, conductor, reaches(stage, id, "UPDATE_COMPLETE"));
      expect(stage.world.closed.size).toBe(1);
    });

    it("keeps both when it fails, for some nodes have the one and some the other", async () => {
      const [, worker] = await stage.groups(id);
      await rotateCredential(stage, id);
      stage.world.failures.set(worker?.id ?? "", "No valid host was found.");
      const conductor = stage.conductor();
      await rounds(stage, conductor, reaches(stage, id, "UPDATE_FAILED"));
      expect(stage.world.closed.size).toBe(0);
      await accept(stage, id, change("retry", { repair: true }));
      await rounds(stage, conductor, reaches(stage, id, "UPDATE_COMPLETE"));
      expect(stage.world.closed.size).toBe(1);
    });

    it("may be asked for again before it has ended: all older ones are void at the end", async () => {
      await rotateCredential(stage, id);
      await rotateCredential(stage, id);
      const last = await rotateCredential(stage, id);
      await rounds(stage, stage.conductor(), reaches(stage, id, "UPDATE_COMPLETE"));
      expect([...stage.world.trustees.keys()].filter((trustee) => !stage.world.closed.has(trustee))).toEqual([last]);
      expect(stage.world.closed.size).toBe(3);
      const [master] = await stage.groups(id);
      expect(stage.world.shapes.get(master?.id ?? "")?.at(-1)).toBe("1/4");
    });

    it("leaves no identity when the cluster is deleted in the middle", async () => {
      await rotateCredential(stage, id);
      const conductor = stage.conductor();
      await round(stage, conductor);
      await requestDeletion(stage.db, stage.scope, id, stage.clock.now(), () => ({
        operation: anOperation({ kind: "delete" }),
        event: { level: "info", message: "Ada asked to delete the cluster." },
      }));
      await rounds(stage, conductor, async () => (await stage.see(id)) === null);
      expect(stage.world.trustees.size).toBe(0);
      expect(stage.world.trusts.size).toBe(0);
      expect(await stage.db.prisma.credential.count({ where: { projectId: stage.projectId } })).toBe(0);
    });

    it("lets a cluster be deleted whose owner lost all roles", async () => {
      const [old = ""] = stage.world.trustees.keys();
      stage.world.refused.add(old);
      await rotateCredential(stage, id);
      const conductor = stage.conductor();
      await rounds(stage, conductor, reaches(stage, id, "UPDATE_COMPLETE"));
      await requestDeletion(stage.db, stage.scope, id, stage.clock.now(), () => ({
        operation: anOperation({ kind: "delete" }),
        event: { level: "info", message: "Grace asked to delete the cluster." },
      }));
      await rounds(stage, conductor, async () => (await stage.see(id)) === null);
      expect(stage.world.trustees.size).toBe(0);
      expect(stage.world.stacks.size).toBe(0);
    });
  });

  describe("a process that dies anywhere in a rotation of both", () => {
    /** Everything that is left at the end, and where the process was able to die. */
    async function whole(dieAt: number | null) {
      await database.db.prisma.cluster.deleteMany();
      await database.db.prisma.credential.deleteMany();
      const here = openStage(database.db);
      const cluster = await here.cluster({ authorities: await authorities(here, 1) });
      await rounds(here, here.conductor(), reaches(here, cluster, "CREATE_COMPLETE"));
      await rotateCa(here, cluster);
      const trustee = await rotateCredential(here, cluster);
      let life = new Life(dieAt);
      const end = reaches(here, cluster, "UPDATE_COMPLETE");
      await rounds(here, here.conductor(life), end, { life });
      const { points } = life;
      if (life.dead) {
        here.clock.advance(leaseMs + 1000);
        here.world.busy.clear();
        life = new Life(null);
        const next = here.conductor(life);
        await rounds(here, next, end, { life });
        // What the dead one had not yet ended is the sweeper's.
        here.clock.advance(3_600_000);
        await sweepDelegations(next.deps, 0);
      }
      const groups = await here.groups(cluster);
      return {
        points,
        left: {
          shapes: groups.map((group) => here.world.shapes.get(group.id)),
          pki: await pki(here, cluster),
          keys: here.vault.size,
          trustees: here.world.trustees.size,
          trusts: here.world.trusts.size,
          closed: here.world.closed.size,
          newest: here.world.trustees.has(trustee) && !here.world.closed.has(trustee),
          statuses: groups.map((group) => group.status),
        },
      };
    }

    it("leaves the same behind, wherever it dies", async () => {
      const calm = await whole(null);
      expect(calm.left).toEqual({
        shapes: [
          ["1/1", "1+2/2", "2+1/2", "2/2"],
          ["1/1", "1+2/2", "2+1/2", "2/2"],
        ],
        pki: { revision: 2, phase: null, rows: 4 },
        keys: 4,
        trustees: 2,
        trusts: 2,
        closed: 1,
        newest: true,
        statuses: ["UPDATE_COMPLETE", "UPDATE_COMPLETE"],
      });
      expect(calm.points).toContain("before remove key");
      expect(calm.points).toContain("after change password");
      for (let dieAt = 1; dieAt <= calm.points.length; dieAt++)
        expect((await whole(dieAt)).left, `died ${calm.points[dieAt - 1]} (${dieAt})`).toEqual(calm.left);
    }, 600_000);
  });
});
