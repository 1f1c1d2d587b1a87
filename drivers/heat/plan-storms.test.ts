// Things go wrong at any moment: members fail to come up, removals fail, the cluster's API falls silent, nodes get ill,
// stacks are deleted by hand, wishes change. Afterwards a repair comes to what is wished for, and a deletion to nothing.
import { expect, test } from "vitest";
import type { Desired, NodegroupWish } from "../driver.ts";
import { fedoraCoreosPair } from "../kubernetes-fedora-coreos/driver.ts";
import { replaceableNodes } from "./generations.ts";
import { isMoving } from "./observed.ts";
import { planHeat } from "./plan.ts";
import { aDesired, aGroup } from "./testing/desired.ts";
import { randomOf } from "./testing/random.ts";
import { currentName, settle, World } from "./testing/world.ts";

const pool = { id: "cccccccc-0000-4000-8000-000000000003", name: "pool" };

function wishesOf(random: () => number, answers: boolean) {
  const upTo = (limit: number) => Math.floor(random() * (limit + 1));
  const masters = random() < 0.5 ? 1 : 3;
  const masterLbEnabled = masters > 1 || random() < 0.3;
  // Whoever cannot be asked cannot be changed in place.
  const nodeRevision = answers && random() < 0.5 ? "4" : "1";
  const image = () => ({ id: `image-${upTo(2)}`, minDiskGib: 0 });
  return (): Desired =>
    aDesired({
      network: { masterLbEnabled },
      labels: { kube_tag: ["v1.34.1", "v1.35.0"][upTo(1)] ?? "" },
      maxBatch: 1 + upTo(2),
      repair: random() < 0.5,
      nodegroups: [
        aGroup({ role: "master", count: masters, image: image(), nodeRevision }),
        aGroup({ count: upTo(4), image: image() }),
        ...(random() < 0.5 ? [aGroup({ key: pool, isDefault: false, count: upTo(3), image: image() })] : []),
      ],
    });
}

/** One thing that goes wrong. */
function strike(world: World, random: () => number): void {
  const any = <T>(list: readonly T[]): T | undefined => list[Math.floor(random() * list.length)];
  const stack = any(world.stacks.filter((one) => one.part !== "cluster"));
  switch (any(["fail", "fail", "stay", "ill", "lose", "refuse"] as const)) {
    case "refuse":
      world.refusal = world.refusal === null ? "there is no room" : null;
      return;
    case "fail":
      return world.fail((one) => one === stack && isMoving(one.state) && one.state !== "deleting");
    case "stay":
      return world.failDeletion((one) => one === stack && one.state === "deleting");
    case "ill": {
      const node = any([...world.nodes.values()]);
      if (node) world.nodes.set(node.name, { ...node, ready: false });
      return;
    }
    case "lose":
      if (stack?.part === "workers") world.stacks = world.stacks.filter((one) => one !== stack);
      return;
    case undefined:
  }
}

const workingMasters = (world: World): number =>
  world.stacks
    .filter((stack) => stack.part === "masters")
    .reduce((sum, stack) => sum + stack.members.filter((member) => member.signalled && !member.failed).length, 0);

/** Plans and does one step. Whatever goes wrong, what we do ourselves takes one working control plane node at most. */
function pass(world: World, want: Desired, silent: boolean): void {
  const before = workingMasters(world);
  const seen = world.observed();
  const [step] = planHeat(
    fedoraCoreosPair,
    want,
    silent ? { ...seen, nodes: undefined, addons: undefined } : seen,
    new Date(),
  );
  if (!step) return world.tick();
  world.apply(want, step);
  const after = workingMasters(world);
  expect(after, step.summary).toBeGreaterThanOrEqual(before > 1 ? before - 1 : before);
  if (step.kind === "createNodes" && step.part === "masters") expect(step.joins, step.summary).toBe(before > 0);
}

/** A control plane that cannot be replaced stays as it was made. */
const nameNow = (world: World, want: Desired, group: NodegroupWish): string =>
  (replaceableNodes(want, group).length > 0 ? world.stacks.find((stack) => stack.part === "masters")?.name : null) ??
  currentName(want, group);

test.each([...Array(60).keys()])("storm %i", (seed) => {
  const random = randomOf(seed);
  const answers = random() < 0.8;
  const wish = wishesOf(random, answers);
  const world = new World(answers);
  let want = wish();
  for (let turn = 0; turn < 120; turn++) {
    if (random() < 0.05) want = wish();
    if (random() < 0.2) strike(world, random);
    pass(world, want, random() < 0.2);
    if (random() < 0.3) world.tick();
  }
  for (const node of world.nodes.values()) world.nodes.set(node.name, { ...node, ready: true });
  world.refusal = null;
  const repaired = { ...want, repair: true };
  settle(world, repaired);
  expect(world.stacks.map((stack) => `${stack.name} ${stack.state} ${stack.count ?? ""}`).toSorted()).toEqual(
    [
      `${world.stacks.find((stack) => stack.part === "cluster")?.name ?? ""} ready `,
      ...want.nodegroups.map((group) => `${nameNow(world, want, group)} ready ${group.count}`),
    ].toSorted(),
  );
  // What stays where it is has become what is wished for all the same.
  const [master] = want.nodegroups;
  if (master && answers && master.nodeRevision === "4")
    expect(world.stacks.find((stack) => stack.part === "masters")?.generation).toBe(currentName(want, master));
  settle(world, { ...want, deleting: true });
  expect(world.stacks).toEqual([]);
});
