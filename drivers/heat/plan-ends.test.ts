// Whatever is wished for after whatever, plans come to an end, and on the way the cluster keeps its workers, its store and
// the order of versions. Every step works here; what happens when one does not is in rollout.test.ts.
import { expect, test } from "vitest";
import type { Desired, NodegroupWish } from "../driver.ts";
import { fedoraCoreosPair } from "../kubernetes-fedora-coreos/driver.ts";
import { nodeName } from "./generations.ts";
import type { HeatStack } from "./observed.ts";
import { aDesired, aGroup } from "./testing/desired.ts";
import { randomOf } from "./testing/random.ts";
import { currentName, World } from "./testing/world.ts";

function wishesOf(seed: number) {
  const random = randomOf(seed);
  const upTo = (limit: number) => Math.floor(random() * (limit + 1));
  const masters = random() < 0.3 ? 1 : 3;
  const versions = ["v1.33.9", "v1.34.1", "v1.34.2", "v1.35.0"];
  const worker = (id: string, name: string) =>
    aGroup({
      key: { id: `${id}-0000-4000-8000-000000000002`, name },
      isDefault: name === "default-worker",
      count: upTo(6),
      image: { id: `image-${upTo(1)}`, minDiskGib: 0 },
      nodeLabels: random() < 0.2 ? { tier: `${upTo(2)}` } : {},
    });
  const wish = (): Desired =>
    aDesired({
      network: { masterLbEnabled: true },
      labels: { kube_tag: versions[upTo(3)] ?? "" },
      maxBatch: 1 + upTo(2),
      pki: { revision: ["1", "1+2", "2"][upTo(2)] ?? "", caPem: "" },
      nodegroups: [
        aGroup({ role: "master", count: masters, image: { id: `image-${upTo(1)}`, minDiskGib: 0 } }),
        worker("bbbbbbbb", "default-worker"),
        ...(random() < 0.4 ? [worker("cccccccc", "pool")] : []),
        ...(random() < 0.2 ? [worker("dddddddd", "Pool")] : []),
      ],
    });
  return { random, wish, answers: random() < 0.8 };
}

const numbers = (version: string) => (version.match(/\d+/g) ?? []).map((part) => part.padStart(4, "0")).join(".");
const versionOf = (stack: HeatStack) => numbers(stack.version ?? "");

/** What must hold at every moment under one wish. */
function watch(world: World, want: Desired, answers: boolean) {
  const working = (group: NodegroupWish) => world.membersOf(group).filter(({ member }) => member.signalled);
  const all = (group: NodegroupWish) => world.membersOf(group);
  const began = new Map(
    want.nodegroups.map((group) => [group, { working: working(group).length, all: all(group).length }]),
  );
  let before = snapshot();
  function snapshot() {
    return want.nodegroups.map((group) => ({ group, members: all(group), nodes: new Map(world.nodes) }));
  }
  return () => {
    for (const { group, members, nodes } of before) {
      const start = began.get(group) ?? { working: 0, all: 0 };
      const batch = group.role === "master" ? 1 : want.maxBatch;
      const now = all(group);
      const words = `${group.key.name}: ${world.stacks.map((stack) => `${stack.name} ${stack.members.length}`).join(", ")}`;
      expect(working(group).length, `too few in ${words}`).toBeGreaterThanOrEqual(Math.min(start.working, group.count));
      expect(now.length, `too many in ${words}`).toBeLessThanOrEqual(Math.max(start.all, group.count + batch));
      const is = ({ stack, member }: (typeof now)[number]) => `${nodeName(stack, member.index)}`;
      const gone = members.filter((one) => one.member.signalled && !now.some((other) => is(other) === is(one)));
      if (group.role === "master") expect(gone.length, `masters that leave at once: ${words}`).toBeLessThanOrEqual(1);
      for (const one of gone) {
        const node = nodes.get(is(one));
        if (answers && node)
          expect(node.drained && (group.role !== "master" || node.left), `${is(one)} is drained`).toBe(true);
      }
      const fresh = now.filter((one) => !members.some((other) => is(other) === is(one)));
      if (group.role !== "master")
        for (const { stack } of fresh)
          for (const master of world.stacks.filter((other) => other.part === "masters"))
            expect(versionOf(master) >= versionOf(stack), `a master older than a new worker: ${words}`).toBe(true);
    }
    before = snapshot();
  };
}

test.each([...Array(40).keys()])("random wishes %i", (seed) => {
  const { random, wish, answers } = wishesOf(seed);
  const world = new World(answers);
  for (let turn = 0; turn < 4; turn++) {
    const want = wish();
    const check = watch(world, want, answers);
    const patience = turn < 3 && random() < 0.5 ? Math.floor(random() * 40) : 2000;
    let passes = 0;
    for (; passes < patience; passes++) {
      const step = world.pass(want);
      check();
      if (!step && !world.isMoving) break;
      if (!step || random() < 0.5) world.tick();
      check();
    }
    if (patience < 2000) continue;
    expect(passes, "the plan comes to an end").toBeLessThan(1000);
    expect(world.stacks.map((stack) => `${stack.name} ${stack.count ?? ""}`).toSorted()).toEqual(
      [
        `${world.stacks.find((stack) => stack.part === "cluster")?.name ?? ""} `,
        ...want.nodegroups.map((group) => `${currentName(want, group)} ${group.count}`),
      ].toSorted(),
    );
    const members = world.stacks.flatMap((stack) =>
      stack.part === "cluster" ? [] : stack.members.map((member) => nodeName(stack, member.index)),
    );
    if (answers) {
      expect([...world.nodes.keys()].toSorted()).toEqual(members.toSorted());
      expect([...world.nodes.values()].some((node) => node.cordoned)).toBe(false);
      for (const group of want.nodegroups)
        for (const { stack, member } of world.membersOf(group))
          expect(
            world.nodes.get(nodeName(stack, member.index))?.marks ?? fedoraCoreosPair.coe.nodes.marks(aGroup()),
          ).toBe(fedoraCoreosPair.coe.nodes.marks(group));
    }
  }
});
