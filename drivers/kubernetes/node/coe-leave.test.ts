import { existsSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import type { HeatValues } from "../node-env.ts";
import { annotations } from "../nodes.ts";
import { missing, nodeWorlds, shells, storeAddresses } from "../testing/node-world.ts";
import type { World } from "../testing/node-world.ts";

const [own, second, third] = storeAddresses;
const { aWorld, closeAll } = nodeWorlds();
afterEach(closeAll);

const member = (ID: string, name: string, address: string, more: object = {}) => ({
  ID,
  name,
  peerURLs: [`https://${address}:2380`],
  clientURLs: [`https://${address}:2379`],
  ...more,
});
type Member = ReturnType<typeof member>;

/** A control plane node whose store has these members; `lost`: its own member is put out before it can answer. */
async function aNode(members: Member[], { lost = false, heat = {} }: { lost?: boolean; heat?: HeatValues } = {}) {
  const world = await aWorld("master", {}, { NODE_ADDRESS: own, ...heat });
  world.asControlPlane();
  const removed: string[] = [];
  let present = members;
  const answer = (isOwn: boolean) => (verb: string, body: string) => {
    if (verb === "remove") {
      const id = /"ID":"(\d+)"/.exec(body)?.[1] ?? "";
      removed.push(id);
      present = present.filter((one) => one.ID !== id);
    }
    if (lost && isOwn && removed.length > 0) return null;
    return { header: { cluster_id: "1", member_id: "2", raft_term: "3" }, members: present };
  };
  await world.store(own, answer(true));
  await world.store(second, answer(false));
  return { world, removed, leave: (shell = ["sh"]) => world.run({ shell, program: "coe-leave" }) };
}
const ask = (world: World) => (world.annotations[annotations.leave] = "2026-01-02T03:04:05.000Z");
const three = () => [
  member("101", "m-0", own),
  member("18446744073709551615", "m-1", second),
  member("103", "m-2", third),
];

for (const shell of shells)
  test.skipIf(missing(shell))(
    `a node that is asked leaves the store once, puts its API server off and says so (${shell[0]}; skipped where it is missing)`,
    async () => {
      const { world, removed, leave } = await aNode(three());
      ask(world);
      expect(await leave(shell)).toEqual({ code: 0, output: "coe: this node has left the cluster's store\n" });
      expect(removed).toEqual(["101"]);
      expect(world.annotations[annotations.left]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
      expect(existsSync(`${world.root}/etc/kubernetes/manifests/kube-apiserver.yaml`)).toBe(false);
      expect(existsSync(`${world.root}/etc/coe/left/etcd.yaml`)).toBe(true);
      const asked = world.requests.length;
      expect(await leave(shell)).toMatchObject({ code: 0 });
      expect(world.requests.length).toBe(asked);
    },
  );

test("where nobody asks nothing happens", async () => {
  const { world, removed } = await aNode(three());
  world.annotations[annotations.drained] = "2026-01-02T03:04:05.000Z";
  const stop = new AbortController();
  const run = world.run({ program: "coe-leave", signal: stop.signal });
  while (world.requests.length < 5) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  expect(await run).toMatchObject({ output: "" });
  expect(removed).toEqual([]);
});

test("the last member stays, whoever asks: the data is nowhere else", async () => {
  const learner = member("102", "m-1", second, { isLearner: true });
  const unstarted = member("103", "", third);
  const { world, removed } = await aNode([member("101", "m-0", own), learner, unstarted]);
  ask(world);
  const run = await world.run({ program: "coe-leave", killAt: "only copy" });
  expect(run.output).toBe("coe: leaving: this node holds the only copy of the cluster's store\n");
  expect(removed).toEqual([]);
  expect(world.annotations[annotations.left]).toBeUndefined();
  expect(existsSync(`${world.root}/etc/kubernetes/manifests/kube-apiserver.yaml`)).toBe(true);
});

test("a node whose address is the cluster's own stays", async () => {
  const { world, removed } = await aNode(three(), { heat: { API_ADDRESS: own } });
  ask(world);
  const run = await world.run({ program: "coe-leave", killAt: "no other address" });
  expect(run.output).toBe("coe: leaving: the cluster's API has no other address than this node's\n");
  expect(removed).toEqual([]);
});

test("what the store refuses is tried again until it allows", async () => {
  const { world, removed, leave } = await aNode(three());
  ask(world);
  world.fault(/member\/remove/, 412, 3);
  const run = await leave();
  expect(run.code).toBe(0);
  expect(run.output).toContain(`coe: leaving: the store at https://${own}:2379 answered 412`);
  expect(run.output.match(/answered 412/g)).toHaveLength(1);
  expect(removed).toEqual(["101"]);
});

test("put out before it could note it: the others know that it is no member any more", async () => {
  const { world, removed, leave } = await aNode(three(), { lost: true });
  ask(world);
  expect(await leave()).toMatchObject({ code: 0 });
  expect(removed).toEqual(["101"]);
  expect(world.annotations[annotations.left]).toBeTruthy();
});

test("left but not told: only the telling is done again", async () => {
  const { world, removed, leave } = await aNode(three());
  ask(world);
  await leave();
  delete world.annotations[annotations.left];
  world.remove("/var/lib/coe/left");
  expect(await leave()).toMatchObject({ code: 0 });
  expect(removed).toEqual(["101"]);
  expect(world.annotations[annotations.left]).toBeTruthy();
});
