// Node groups, upgrades and rollbacks through the loop, alone and several at once: every group's status is its own.
import { beforeEach, describe, expect, it } from "vitest";
import { acceptChange, type AcceptedChange, type CurrentCluster, type NewNodegroup } from "../db/cluster-change.ts";
import { listOperations } from "../db/operation.ts";
import type { ClusterStatus } from "../domain/cluster-status.ts";
import { aNodegroup, anOperation, someNodegroupFacts } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { openStage, rounds, type Stage } from "./testing/stage.ts";

type Wish = Omit<AcceptedChange, "status" | "operation" | "event">;

const accept = (stage: Stage, id: string, wish: (current: CurrentCluster) => Wish) =>
  acceptChange(stage.db, stage.scope, id, stage.clock.now(), (current) => ({
    status: "UPDATE_IN_PROGRESS",
    operation: anOperation({ kind: "update" }),
    event: { level: "info", message: "Ada asked for it." },
    ...wish(current),
  }));

const pool = (name: string, given: Partial<NewNodegroup> = {}) => aNodegroup({ name, isDefault: false, ...given });

async function ready(stage: Stage): Promise<string> {
  const id = await stage.cluster({ workers: 2 });
  await reach(stage, id, "CREATE_COMPLETE");
  return id;
}

const reach = (stage: Stage, id: string, status: ClusterStatus) =>
  rounds(stage, stage.conductor(), async () => (await stage.see(id))?.status === status);

/** Rounds until it is so of the groups, by name. */
const until = (stage: Stage, id: string, end: (statuses: Record<string, ClusterStatus | null>) => boolean) =>
  rounds(stage, stage.conductor(), async () => end(await statuses(stage, id)));

const statuses = async (stage: Stage, id: string): Promise<Record<string, ClusterStatus | null>> =>
  Object.fromEntries((await stage.groups(id)).map((group) => [group.name, group.status]));

const groupNamed = async (stage: Stage, id: string, name: string) => {
  const group = (await stage.groups(id)).find((each) => each.name === name);
  if (!group) throw new Error(`there is no ${name}`);
  return group;
};

const row = (stage: Stage, id: string) => stage.db.prisma.cluster.findUniqueOrThrow({ where: { id } });

onEveryDatabase((database) => {
  let stage: Stage;
  beforeEach(async () => {
    await database.db.prisma.cluster.deleteMany();
    stage = openStage(database.db);
  });

  describe("node groups", () => {
    it("one that is added is made, and counts", async () => {
      const id = await ready(stage);
      const group = pool("gpu", { nodeCount: 3 });
      await accept(stage, id, () => ({ newNodegroups: [group] }));
      expect(await statuses(stage, id)).toMatchObject({
        "default-worker": "CREATE_COMPLETE",
        gpu: "CREATE_IN_PROGRESS",
      });
      await reach(stage, id, "UPDATE_COMPLETE");
      expect(await groupNamed(stage, id, "gpu")).toMatchObject({ status: "CREATE_COMPLETE", nodeCount: 3 });
      expect(await stage.see(id)).toMatchObject({ nodeCount: 5 });
    });

    it("one that is deleted goes at once, while another is still being made", async () => {
      const id = await ready(stage);
      const [old, young] = [pool("old"), pool("young")];
      await accept(stage, id, () => ({ newNodegroups: [old] }));
      await reach(stage, id, "UPDATE_COMPLETE");
      await accept(stage, id, () => ({ nodegroups: [{ id: old.id, status: "DELETE_IN_PROGRESS" }] }));
      await until(stage, id, () => stage.world.calls.includes("apply remove"));
      // From here on everything takes longer.
      stage.world.buildMs = 60_000;
      await accept(stage, id, () => ({ newNodegroups: [young] }));
      await until(stage, id, (groups) => groups["old"] === undefined);
      expect(await statuses(stage, id)).toMatchObject({ young: "CREATE_IN_PROGRESS" });
      expect(await stage.see(id)).toMatchObject({ status: "UPDATE_IN_PROGRESS", nodeCount: 3 });
      await reach(stage, id, "UPDATE_COMPLETE");
      expect(stage.world.stacks.size).toBe(4);
    });

    it("one that fails is told by its own name, and takes no other with it", async () => {
      const id = await ready(stage);
      const [bad, old] = [pool("bad"), pool("old")];
      await accept(stage, id, () => ({ newNodegroups: [old] }));
      await reach(stage, id, "UPDATE_COMPLETE");
      stage.world.failures.set(bad.id, "No valid host was found.");
      await accept(stage, id, () => ({
        newNodegroups: [bad],
        nodegroups: [{ id: old.id, status: "DELETE_IN_PROGRESS" }],
      }));
      await reach(stage, id, "UPDATE_FAILED");
      expect(await statuses(stage, id)).toEqual({
        "default-master": "CREATE_COMPLETE",
        "default-worker": "CREATE_COMPLETE",
        bad: "CREATE_FAILED",
      });
      expect(await groupNamed(stage, id, "bad")).toMatchObject({ statusReason: "No valid host was found." });
      // Deleting it is a way out.
      await accept(stage, id, () => ({ repair: true, nodegroups: [{ id: bad.id, status: "DELETE_IN_PROGRESS" }] }));
      await reach(stage, id, "UPDATE_COMPLETE");
      expect(Object.keys(await statuses(stage, id))).toEqual(["default-master", "default-worker"]);
    });

    it("one whose deletion takes too long is DELETE_FAILED with the reason, and can be deleted again", async () => {
      const id = await ready(stage);
      const old = pool("old");
      await accept(stage, id, () => ({ newNodegroups: [old] }));
      await reach(stage, id, "UPDATE_COMPLETE");
      await accept(stage, id, () => ({
        nodegroups: [{ id: old.id, status: "DELETE_IN_PROGRESS" }],
        deadlineAt: new Date(stage.clock.now().getTime() + 5_000),
      }));
      stage.world.buildMs = 20_000;
      await reach(stage, id, "UPDATE_FAILED");
      expect(await groupNamed(stage, id, "old")).toMatchObject({ status: "DELETE_FAILED" });
      expect((await stage.see(id))?.statusReason).toContain("The time limit ran out");
      stage.world.buildMs = 1000;
      await accept(stage, id, () => ({ repair: true, nodegroups: [{ id: old.id, status: "DELETE_IN_PROGRESS" }] }));
      await reach(stage, id, "UPDATE_COMPLETE");
      expect(Object.keys(await statuses(stage, id))).toEqual(["default-master", "default-worker"]);
    });

    it("one whose bounds change is done with the next look", async () => {
      const id = await ready(stage);
      const worker = await groupNamed(stage, id, "default-worker");
      await accept(stage, id, () => ({
        nodegroups: [{ id: worker.id, minNodeCount: 1, maxNodeCount: 9, status: "UPDATE_IN_PROGRESS" }],
      }));
      await reach(stage, id, "UPDATE_COMPLETE");
      expect(await groupNamed(stage, id, "default-worker")).toMatchObject({
        status: "UPDATE_COMPLETE",
        minNodeCount: 1,
        maxNodeCount: 9,
      });
    });
  });

  const upgrade = ({ nodegroups }: CurrentCluster): Wish => ({
    maxBatch: 2,
    nodegroups: nodegroups.map((group) => ({
      id: group.id,
      imageId: "image-2",
      labels: { kube_tag: "v1.35.0" },
      facts: { ...someNodegroupFacts(), image: { id: "image-2", name: "newer", minDiskGib: 10 } },
      status: "UPDATE_IN_PROGRESS",
    })),
  });

  describe("an upgrade", () => {
    it("keeps each group in progress until its nodes are new", async () => {
      const id = await ready(stage);
      const [master, worker] = await stage.groups(id);
      await accept(stage, id, upgrade);
      await until(stage, id, () => stage.world.calls.includes("apply renew"));
      expect(await statuses(stage, id)).toEqual({
        "default-master": "UPDATE_IN_PROGRESS",
        "default-worker": "UPDATE_IN_PROGRESS",
      });
      await reach(stage, id, "UPDATE_COMPLETE");
      for (const group of [master, worker])
        expect(stage.world.shapes.get(group?.id ?? "")).toEqual(["1/1", "1/1/image-2/v1.35.0"]);
    });

    it("that is resized meanwhile ends with both", async () => {
      const id = await ready(stage);
      await accept(stage, id, upgrade);
      await until(stage, id, () => stage.world.calls.includes("apply renew"));
      const worker = await groupNamed(stage, id, "default-worker");
      await accept(stage, id, () => ({
        nodegroups: [{ id: worker.id, nodeCount: 4, status: "UPDATE_IN_PROGRESS" }],
      }));
      await reach(stage, id, "UPDATE_COMPLETE");
      expect([...stage.world.stacks.values()].find((stack) => stack.groupId === worker.id)).toMatchObject({
        count: 4,
        shape: "1/1/image-2/v1.35.0",
      });
    });
  });

  it("a newer wish does not take back the repair that runs", async () => {
    const id = await ready(stage);
    const worker = await groupNamed(stage, id, "default-worker");
    stage.world.failures.set(worker.id, "No valid host was found.");
    await accept(stage, id, () => ({
      nodegroups: [{ id: worker.id, nodeCount: 3, status: "UPDATE_IN_PROGRESS" }],
    }));
    await reach(stage, id, "UPDATE_FAILED");
    await accept(stage, id, () => ({ repair: true, nodegroups: [{ id: worker.id, status: "UPDATE_IN_PROGRESS" }] }));
    await accept(stage, id, () => ({
      repair: false,
      nodegroups: [{ id: worker.id, maxNodeCount: 9, status: "UPDATE_IN_PROGRESS" }],
    }));
    expect(await row(stage, id)).toMatchObject({ repair: true });
    await reach(stage, id, "UPDATE_COMPLETE");
    expect(await row(stage, id)).toMatchObject({ repair: false });
  });

  describe("a change that is to be undone when it fails", () => {
    const failing = async (more: Partial<Wish> = {}) => {
      const id = await ready(stage);
      const worker = await groupNamed(stage, id, "default-worker");
      stage.world.failures.set(worker.id, "No valid host was found.");
      await accept(stage, id, () => ({
        nodegroups: [{ id: worker.id, nodeCount: 5, status: "UPDATE_IN_PROGRESS" }],
        rollback: true,
        ...more,
      }));
      return { id, worker };
    };

    it("goes back to what was wanted before, and says why", async () => {
      const { id, worker } = await failing();
      await reach(stage, id, "ROLLBACK_IN_PROGRESS");
      expect(await stage.see(id)).toMatchObject({
        nodeCount: 2,
        statusReason: expect.stringContaining("No valid host"),
      });
      await reach(stage, id, "ROLLBACK_COMPLETE");
      expect(await statuses(stage, id)).toEqual({
        "default-master": "CREATE_COMPLETE",
        "default-worker": "ROLLBACK_COMPLETE",
      });
      expect([...stage.world.stacks.values()].find((stack) => stack.groupId === worker.id)).toMatchObject({ count: 2 });
      expect(await row(stage, id)).toMatchObject({
        previous: null,
        repair: false,
        observedGeneration: 3,
        generation: 3,
      });
      const [last] = (await listOperations(stage.db, stage.scope, { clusterId: id, size: 1 })).rows;
      expect(last).toMatchObject({ outcome: "failed", reason: expect.stringContaining("No valid host") });
    });

    it("does not bring back a group whose deletion was asked for before it", async () => {
      const id = await ready(stage);
      const old = pool("old");
      await accept(stage, id, () => ({ newNodegroups: [old] }));
      await reach(stage, id, "UPDATE_COMPLETE");
      stage.world.buildMs = 20_000;
      await accept(stage, id, () => ({ nodegroups: [{ id: old.id, status: "DELETE_IN_PROGRESS" }] }));
      await until(stage, id, () => stage.world.calls.includes("apply remove"));
      stage.world.buildMs = 1000;
      const worker = await groupNamed(stage, id, "default-worker");
      stage.world.failures.set(worker.id, "No valid host was found.");
      await accept(stage, id, () => ({
        nodegroups: [{ id: worker.id, nodeCount: 5, status: "UPDATE_IN_PROGRESS" }],
        deadlineAt: new Date(stage.clock.now().getTime() + 8_000),
        rollback: true,
      }));
      await reach(stage, id, "ROLLBACK_IN_PROGRESS");
      expect(await statuses(stage, id)).toMatchObject({ old: "DELETE_IN_PROGRESS" });
      await reach(stage, id, "ROLLBACK_COMPLETE");
      expect(Object.keys(await statuses(stage, id))).toEqual(["default-master", "default-worker"]);
      expect(stage.world.stacks.size).toBe(3);
    });

    it("does so when its time is over", async () => {
      const { id } = await failing({ deadlineAt: new Date(stage.clock.now().getTime() + 5_000) });
      stage.world.failures.clear();
      stage.world.buildMs = 20_000;
      await reach(stage, id, "ROLLBACK_IN_PROGRESS");
      await reach(stage, id, "ROLLBACK_COMPLETE");
      expect(await stage.see(id)).toMatchObject({ nodeCount: 2 });
    });

    it("is ROLLBACK_FAILED when the way back fails too, and a resize repairs that", async () => {
      const { id, worker } = await failing();
      await reach(stage, id, "ROLLBACK_IN_PROGRESS");
      stage.world.failures.set(worker.id, "Still no host.");
      stage.clock.advance(1);
      const again = setFailing(stage, worker.id, "Still no host.");
      await reach(stage, id, "ROLLBACK_FAILED");
      again();
      expect(await statuses(stage, id)).toMatchObject({ "default-worker": "ROLLBACK_FAILED" });
      expect(await row(stage, id)).toMatchObject({ previous: null });
      await accept(stage, id, () => ({
        repair: true,
        nodegroups: [{ id: worker.id, nodeCount: 3, status: "UPDATE_IN_PROGRESS" }],
      }));
      await reach(stage, id, "UPDATE_COMPLETE");
    });

    it("of an upgrade brings back images, labels and template", async () => {
      const id = await ready(stage);
      const [, worker] = await stage.groups(id);
      const before = await row(stage, id);
      stage.world.failures.set(worker?.id ?? "", "The image does not boot.");
      await accept(stage, id, (current) => ({
        ...upgrade(current),
        labels: { kube_tag: "v1.35.0" },
        rollback: true,
      }));
      await reach(stage, id, "ROLLBACK_COMPLETE");
      expect(await row(stage, id)).toMatchObject({ labels: before.labels, templateId: before.templateId });
      expect(await groupNamed(stage, id, "default-worker")).toMatchObject({ imageId: "fedora-coreos-41", labels: {} });
      expect([...stage.world.stacks.values()].map((stack) => stack.shape)).toEqual(["1/1", "1/1", "1/1"]);
    });

    it("is not undone any more once something else was asked for", async () => {
      const { id, worker } = await failing();
      await accept(stage, id, () => ({
        nodegroups: [{ id: worker.id, nodeCount: 4, status: "UPDATE_IN_PROGRESS" }],
      }));
      await reach(stage, id, "UPDATE_FAILED");
      expect(await stage.see(id)).toMatchObject({ nodeCount: 4 });
    });
  });
});

/** Every build of the group fails until the answer is called. */
function setFailing(stage: Stage, groupId: string, reason: string): () => void {
  const { onObserve } = stage.world;
  stage.world.onObserve = () => {
    stage.world.failures.set(groupId, reason);
    return Promise.resolve();
  };
  return () => {
    stage.world.onObserve = onObserve;
    stage.world.failures.delete(groupId);
  };
}
