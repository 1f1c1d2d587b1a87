import { describe, expect, test } from "vitest";
import type { Desired } from "../driver.ts";
import { fedoraCoreosPair } from "../kubernetes-fedora-coreos/driver.ts";
import { nodeStackName } from "./generations.ts";
import { groupsOf } from "./nodegroups.ts";
import { planHeat } from "./plan.ts";
import type { HeatStep } from "./steps.ts";
import { aDesired, aGroup, masterGroupId, workerGroupId } from "./testing/desired.ts";
import type { DesiredPart } from "./testing/desired.ts";
import { currentName, settle, World } from "./testing/world.ts";

const next = "v1.35.2";
/** Three masters behind a balancer and some workers. */
const wish = (part: DesiredPart & { masters?: number; workers?: number } = {}): Desired => {
  const { masters = 3, workers = 2, ...rest } = part;
  return aDesired({
    network: { masterLbEnabled: true },
    nodegroups: [aGroup({ role: "master", count: masters }), aGroup({ count: workers })],
    ...rest,
  });
};
const upgraded = (part: Parameters<typeof wish>[0] = {}) => wish({ ...part, labels: { kube_tag: next } });

/** `+m1/3`: masters of the newest generation come to 1 of 3; `-w`: workers of an older one go; `x`: a whole stack goes. */
function short(want: Desired, steps: readonly HeatStep[]): string[] {
  const letter = (name: string) => {
    const group = want.nodegroups.find((one) => currentName(want, one) === name);
    if (group) return group.role === "master" ? "m" : group.isDefault ? "w" : group.key.name;
    return name.includes("-m-") ? "old m" : "old w";
  };
  return steps.flatMap((step) => {
    switch (step.kind) {
      case "createNodes":
        return [`make ${letter(step.name)} ${step.count}${step.joins ? " joining" : ""}`];
      case "resize":
        return [`${letter(step.stack.name)} ${step.count}${step.remove.length > 0 ? ` -${step.remove.join()}` : ""}`];
      case "deleteStack":
        return [`end ${letter(step.stack.name)}`];
      case "drain":
        return [`drain ${step.nodes.length}`];
      case "leave":
      case "retryStack":
        return [step.kind];
      default:
        return [];
    }
  });
}

function grown(want: Desired, answers = true): World {
  const world = new World(answers);
  settle(world, want);
  return world;
}

test("an upgrade: control plane nodes one by one, each leaving the store, then workers in batches of 1", () => {
  const world = grown(wish());
  expect(short(upgraded(), settle(world, upgraded()))).toEqual([
    "make m 1 joining",
    "drain 1",
    "leave",
    "old m 2 -2",
    "m 2",
    "drain 1",
    "leave",
    "old m 1 -1",
    "m 3",
    "drain 1",
    "leave",
    "end old m",
    "make w 1",
    "drain 1",
    "old w 1 -1",
    "w 2",
    "drain 1",
    "end old w",
  ]);
  expect([...world.nodes.keys()].length).toBe(5);
});

test("kube-proxy and its companions come to the new release after the last old control plane node, and back before it", () => {
  const when = (want: Desired, world: World) =>
    settle(world, want).flatMap((step) =>
      step.kind === "applyAddons" ? ["add-ons"] : short(want, [step]).filter((word) => word.startsWith("end")),
    );
  const world = grown(wish());
  expect(when(upgraded(), world)).toEqual(["end old m", "add-ons", "end old w"]);
  expect(when(wish(), world)).toEqual(["add-ons", "end old w", "end old m"]);
});

test("in batches of 3 workers go three at a time, control plane nodes still one by one", () => {
  const before = wish({ workers: 5 });
  const after = upgraded({ workers: 5, maxBatch: 3 });
  expect(short(after, settle(grown(before), after)).filter((step) => !/m|leave/.test(step))).toEqual([
    "drain 1",
    "drain 1",
    "drain 1",
    ...["drain 3", "old w 2 -4,3,2", "w 5", "drain 2", "end old w"],
  ]);
});

test("when the cluster's API cannot be asked the same happens by Heat's words alone", () => {
  const world = grown(wish(), false);
  const steps = short(upgraded(), settle(world, upgraded()));
  expect(steps.filter((step) => /drain|leave/.test(step))).toEqual([]);
  expect(steps.at(-1)).toBe("end old w");
});

test("an API that fell silent a moment ago is given time before nodes go without being drained", () => {
  const world = grown(wish());
  const want = upgraded();
  world.pass(want);
  world.tick();
  const now = new Date("2026-01-01T00:01:00Z");
  const silent = { ...world.observed(), nodes: undefined, addons: undefined };
  const plan = (since: string) => planHeat(fedoraCoreosPair, want, { ...silent, silentSince: new Date(since) }, now);
  expect(plan("2026-01-01T00:00:45Z")).toEqual([]);
  expect(short(want, plan("2026-01-01T00:00:05Z"))).toEqual(["old m 2 -2"]);
});

test("a new node that Heat calls complete is waited for until the cluster calls it ready", () => {
  const world = grown(wish());
  const want = upgraded();
  world.pass(want);
  world.tick();
  const fresh = [...world.nodes.values()].at(-1);
  if (!fresh) throw new Error("a node has joined");
  world.nodes.set(fresh.name, { ...fresh, ready: false });
  expect(planHeat(fedoraCoreosPair, want, world.observed(), new Date())).toEqual([]);
  world.nodes.set(fresh.name, fresh);
  expect(short(want, planHeat(fedoraCoreosPair, want, world.observed(), new Date()))).toEqual(["drain 1"]);
});

test("a new worker that does not become ready is replaced when somebody names it", () => {
  const world = grown(wish({ masters: 1 }));
  const image = (part: Partial<Parameters<typeof aGroup>[0]> = {}) => {
    const worker = aGroup({ count: 2, image: { id: "image-2", minDiskGib: 0 }, ...part });
    return wish({ masters: 1, nodegroups: [aGroup({ role: "master" }), worker] });
  };
  world.pass(image());
  world.tick();
  const fresh = [...world.nodes.values()].at(-1);
  if (!fresh) throw new Error("a node has joined");
  world.nodes.set(fresh.name, { ...fresh, ready: false });
  expect(world.pass(image())).toBeNull();
  const want = image({ remove: [`server-of-${fresh.name}`] });
  expect(short(want, settle(world, want)).slice(0, 2)).toEqual(["w 1 -0", "drain 1"]);
});

test("an empty group changes its generation without making nodes", () => {
  const world = grown(wish({ workers: 0 }));
  const want = upgraded({ workers: 0 });
  expect(short(want, settle(world, want)).filter((step) => /w/.test(step))).toEqual(["make w 0", "end old w"]);
});

test("a newer wish in the middle: the generation that nobody wants any more goes as well", () => {
  const world = grown(wish());
  const first = upgraded();
  while (
    !short(
      first,
      [world.pass(first)].filter((step) => step !== null),
    ).includes("make w 1")
  )
    world.tick();
  world.tick();
  const second = wish({ labels: { kube_tag: "v1.35.3" } });
  settle(world, second);
  expect(world.stacks.map((stack) => stack.name).toSorted()).toEqual(
    ["prod-4f2a1b", ...second.nodegroups.map((group) => currentName(second, group))].toSorted(),
  );
});

test("workers of a generation that nobody waits for are given up while they still come up", () => {
  const world = grown(wish({ masters: 1 }));
  const image = (id: string) =>
    wish({ masters: 1, nodegroups: [aGroup({ role: "master" }), aGroup({ count: 2, image: { id, minDiskGib: 0 } })] });
  world.pass(image("never-boots"));
  expect(world.isMoving).toBe(true);
  const steps = short(image("boots"), settle(world, image("boots")));
  expect(steps.slice(0, 2)).toEqual(["end old w", "make w 1"]);
});

test("a resize in the middle of a rollout is met by the new generation", () => {
  const world = grown(wish({ workers: 3 }));
  const halfway = upgraded({ workers: 3 });
  while (
    !short(
      halfway,
      [world.pass(halfway)].filter((step) => step !== null),
    ).includes("make w 1")
  )
    world.tick();
  world.tick();
  for (const workers of [5, 1]) {
    const want = upgraded({ workers });
    settle(world, want);
    expect(world.stacks.find((stack) => stack.part === "workers")).toMatchObject({ count: workers });
  }
});

test("named nodes go first, also from an old generation", () => {
  const world = grown(wish({ masters: 1, workers: 3 }));
  const name = world.stacks.find((stack) => stack.part === "workers")?.name ?? "";
  const want = wish({
    masters: 1,
    nodegroups: [
      aGroup({ role: "master" }),
      aGroup({ count: 2, image: { id: "image-2", minDiskGib: 0 }, remove: [`server-of-${name}-0`] }),
    ],
  });
  expect(short(want, settle(world, want)).filter((step) => step.startsWith("old w"))[0]).toBe("old w 2 -0");
});

describe("new nodes that fail", () => {
  const failing = () => {
    const world = grown(wish());
    world.pass(upgraded());
    world.fail((stack) => stack.state === "creating");
    return world;
  };

  test("stop the rollout", () => {
    expect(failing().pass(upgraded())).toBeNull();
  });

  test("are made again by a repair, and the rollout goes on", () => {
    const world = failing();
    const want = { ...upgraded(), repair: true };
    expect(
      short(
        want,
        [world.pass(want)].filter((step) => step !== null),
      ),
    ).toEqual(["m 1 -0"]);
    world.tick();
    const steps = short(upgraded(), settle(world, upgraded()));
    expect(steps[0]).toBe("drain 1");
    expect(steps.at(-1)).toBe("end old w");
  });

  test("are removed by going back to the old wish, and nothing else happens", () => {
    const world = failing();
    expect(short(wish(), settle(world, wish()))).toEqual(["end old m"]);
  });

  test("stop the rollout of other groups too", () => {
    const groups = (image: string) => [
      aGroup({ role: "master", count: 3 }),
      aGroup({ count: 2, image: { id: image, minDiskGib: 0 } }),
      aGroup({
        key: { id: "cccccccc-0000-4000-8000-000000000003", name: "pool" },
        isDefault: false,
        count: 2,
        image: { id: image, minDiskGib: 0 },
      }),
    ];
    const world = grown(wish({ nodegroups: groups("image-1") }));
    const want = wish({ nodegroups: groups("image-2") });
    world.pass(want);
    world.fail((stack) => stack.state === "creating");
    expect(world.pass(want)).toBeNull();
  });

  test("going back from the middle shifts nodes back", () => {
    const world = grown(wish());
    const want = upgraded();
    while (
      !short(
        want,
        [world.pass(want)].filter((step) => step !== null),
      ).includes("w 2")
    )
      world.tick();
    world.fail((stack) => stack.state === "updating");
    const steps = short(wish(), settle(world, wish()));
    // Workers first: none may be newer than the API that it speaks to.
    expect(steps.findIndex((step) => / m/.test(step))).toBeGreaterThan(steps.findIndex((step) => step === "end old w"));
    expect(world.stacks.map((stack) => [stack.part, stack.count, stack.version])).toEqual(
      expect.arrayContaining([
        ["masters", 3, "v1.34.1"],
        ["workers", 2, "v1.34.1"],
      ]),
    );
  });
});

test("the first control plane never worked and another one is wished for: begin again, nothing to join", () => {
  const world = new World();
  const want = wish();
  world.pass(want);
  world.tick();
  world.pass(want);
  world.fail((stack) => stack.part === "masters");
  const steps = short(upgraded(), settle(world, upgraded()));
  expect(steps.slice(0, 3)).toEqual(["end old m", "make m 3", "make w 2"]);
});

test("a single control plane node without a balancer stays, whatever is wished for; workers are replaced", () => {
  const single = (part: DesiredPart = {}) => aDesired({ ...part });
  const world = grown(single());
  const want = single({ credential: { ...single().credential, revision: 2 }, labels: { availability_zone: "b" } });
  expect(short(want, settle(world, want)).filter((step) => /m/.test(step.replace("make", "")))).toEqual([]);
  expect(world.stacks.find((stack) => stack.part === "workers")?.name).toBe(
    currentName(want, want.nodegroups[1] ?? aGroup()),
  );
});

test("a deleted group's nodes are drained; one that is being made or has failed goes at once", () => {
  const pool = aGroup({
    key: { id: "cccccccc-0000-4000-8000-000000000003", name: "pool" },
    isDefault: false,
    count: 2,
    flavor: { id: "big", vcpus: 8, ramMib: 1, diskGib: 80 },
  });
  const base = wish().nodegroups;
  const withPool = wish({ nodegroups: [...base, pool] });
  expect(short(wish(), settle(grown(withPool), wish()))).toEqual(["drain 2", "end old w"]);
  const world = grown(wish());
  world.pass(withPool);
  expect(short(wish(), settle(world, wish()))).toEqual(["end old w"]);
  world.pass(withPool);
  world.fail((stack) => stack.state === "creating");
  expect(short(wish(), settle(world, wish()))).toEqual(["end old w"]);
});

test("groups whose names look alike at the back end have stacks of their own", () => {
  const named = (id: string, name: string) =>
    aGroup({ key: { id: `${id}-0000-4000-8000-000000000009`, name }, isDefault: false });
  const want = wish({
    nodegroups: [
      ...wish().nodegroups,
      named("cccccccc", "Pool.One"),
      named("dddddddd", "pool_one"),
      named("eeeeeeee", "m"),
    ],
  });
  const world = grown(want);
  expect(new Set(world.stacks.map((stack) => stack.name)).size).toBe(6);
});

test("labels and taints of a group come to its living nodes, and are taken away again", () => {
  const world = grown(wish());
  const labelled = wish({
    nodegroups: [aGroup({ role: "master", count: 3 }), aGroup({ count: 2, nodeLabels: { tier: "gold" } })],
  });
  expect(settle(world, labelled)).toMatchObject([{ kind: "mark", nodegroupId: workerGroupId, nodes: { length: 2 } }]);
  expect(settle(world, wish())).toMatchObject([{ kind: "mark" }]);
  expect(settle(world, wish())).toEqual([]);
});

test("nodes whose servers are gone leave the list; nodes that others have joined stay", () => {
  const world = grown(wish());
  const node = {
    ready: false,
    cordoned: false,
    draining: false,
    drained: false,
    left: false,
    marks: null,
    work: null,
    generation: null,
    renewal: null,
  };
  for (const name of ["prod-4f2a1b-m-00000000-7", "somebody-elses-3"]) world.nodes.set(name, { ...node, name });
  expect(settle(world, wish())).toMatchObject([{ kind: "forget", nodes: ["prod-4f2a1b-m-00000000-7"] }]);
});

test("the only control plane node is not removed because somebody named it", () => {
  const want = aDesired({ nodegroups: [aGroup({ role: "master", remove: ["0"] }), aGroup({ count: 2 })] });
  expect(settle(grown(want), want)).toEqual([]);
  expect(want.nodegroups[0]?.key.id).toBe(masterGroupId);
});

const lone = (part: DesiredPart = {}, tag = "v1.34.1") =>
  aDesired({
    labels: { kube_tag: tag },
    nodegroups: [aGroup({ role: "master", nodeRevision: "4" }), aGroup({ count: 2, nodeRevision: "4" })],
    ...part,
  });

test("the only control plane node is changed in place before workers are replaced, and its address and server stay", () => {
  const world = grown(lone());
  const before = world.stacks.find((stack) => stack.part === "masters");
  const steps = settle(world, lone({}, "v1.35.0"));
  expect(steps[0]).toMatchObject({ kind: "renew", node: `${before?.name}-0`, again: false });
  expect(steps[0]?.summary).toContain("the cluster's API is away for some minutes");
  const kinds = steps.map((step) => step.kind);
  expect(kinds.indexOf("noteRenewal")).toBeLessThan(kinds.indexOf("createNodes"));
  expect(kinds.indexOf("applyAddons")).toBeGreaterThan(kinds.indexOf("noteRenewal"));
  const after = world.stacks.find((stack) => stack.part === "masters");
  expect(after).toMatchObject({ id: before?.id, name: before?.name, members: before?.members, version: "v1.35.0" });
  expect(settle(world, lone({}, "v1.35.0"))).toEqual([]);
});

test("a renewal's proof is open for what is wished for, and for nothing that a node says by itself", () => {
  const world = grown(lone());
  const want = lone({}, "v1.35.0");
  expect(world.pass(want)).toMatchObject({ kind: "renew" });
  const seen = world.observed();
  const renewalIds = (wish: Desired) =>
    groupsOf(fedoraCoreosPair, wish, seen.stacks, [], seen.nodes).flatMap((group) =>
      group.nodes.flatMap(({ renewalId }) => renewalId ?? []),
    );
  for (const node of seen.nodes?.values() ?? [])
    Object.assign(node, { generation: null, renewal: { to: "", id: node.name, failed: null } });
  expect(renewalIds(want)).toEqual([]);
  const masters = want.nodegroups[0];
  if (!masters) throw new Error("there are masters");
  const to = nodeStackName(fedoraCoreosPair, want, masters);
  for (const node of seen.nodes?.values() ?? []) Object.assign(node, { renewal: { to, id: node.name, failed: null } });
  const [stack] = seen.stacks.filter(({ part }) => part === "masters");
  expect(renewalIds(want)).toEqual([`${stack?.name}-0`]);
  expect(renewalIds(lone())).toEqual([]);
});

test("while the API of a node that is changed in place is away nothing else is done", () => {
  const world = grown(lone());
  const want = lone({}, "v1.35.0");
  const [step] = planHeat(
    fedoraCoreosPair,
    want,
    { ...world.observed(), nodes: undefined, addons: undefined },
    new Date(),
  );
  expect(step).toBeUndefined();
});

test("a node that did not become it is asked again by a repair, and left alone by the way back", () => {
  const world = grown(lone());
  const want = lone({}, "v1.35.0");
  world.refusal = "there is no room";
  settle(world, want);
  expect(world.pass(want)).toBeNull();
  expect(world.pass({ ...want, repair: true })).toMatchObject({ kind: "renew", again: true });
  expect(settle(grown(lone()), lone())).toEqual([]);
  const back = lone();
  expect(settle(world, back)).toEqual([]);
});

test("one that was made before nodes could be changed in place stays as it was made", () => {
  const early = (tag: string) => aDesired({ labels: { kube_tag: tag }, nodegroups: [aGroup({ role: "master" })] });
  expect(settle(grown(early("v1.34.1")), early("v1.35.0")).map((step) => step.kind)).not.toContain("renew");
});
