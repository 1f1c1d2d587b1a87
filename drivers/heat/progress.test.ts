import { expect, test } from "vitest";
import { fedoraCoreosPair } from "../kubernetes-fedora-coreos/driver.ts";
import { progressSeen } from "./progress.ts";
import { aDesired, aGroup } from "./testing/desired.ts";
import { settle, World } from "./testing/world.ts";

test("a rollout that waits for a new node to become ready in Kubernetes says for which", () => {
  const wish = (image: string) =>
    aDesired({ nodegroups: [aGroup({ role: "master" }), aGroup({ count: 2, image: { id: image, minDiskGib: 0 } })] });
  const world = new World();
  settle(world, wish("image-1"));
  const want = wish("image-2");
  const now = () => progressSeen(fedoraCoreosPair, want, world.observed())?.now;
  world.pass(want);
  expect(now()).toBe("the replacement of worker 1 of 2");
  world.tick();
  expect(now()).toBe("the replacement of worker 2 of 2");
  const fresh = [...world.nodes.values()].at(-1);
  if (!fresh) throw new Error("a node has joined");
  world.nodes.set(fresh.name, { ...fresh, ready: false });
  expect(now()).toBe(`the replacement of worker 2 of 2 (${fresh.name} is not ready in Kubernetes)`);
});
