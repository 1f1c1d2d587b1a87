// How control plane nodes leave the store, and how dead members are taken out of it, with real members of etcd: what the
// world around a node only plays.
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { annotations } from "../../drivers/kubernetes/nodes.ts";
import { nodeWorld, storeAddresses } from "../../drivers/kubernetes/testing/node-world.ts";
import type { World } from "../../drivers/kubernetes/testing/node-world.ts";

const [own, second, third, fourth] = storeAddresses;
const hasEtcd = spawnSync("etcd", ["--version"]).status === 0;
const open: World[] = [];
const running: ChildProcess[] = [];
afterEach(async () => {
  for (const member of running.splice(0)) {
    member.kill("SIGKILL");
    if (member.exitCode === null && member.signalCode === null) await new Promise((gone) => member.once("exit", gone));
  }
  for (const world of open.splice(0)) await world.close();
});

async function aWorld(heat: { NODE_ADDRESS: string; INDEX?: string }): Promise<World> {
  const world = await nodeWorld("master", {}, heat);
  open.push(world);
  return world;
}

/** Members as kubeadm starts them, named after their place in `addresses`. */
async function etcd(world: World, addresses: readonly string[]): Promise<ChildProcess[]> {
  const [ca, cert, key] = ["cluster.crt", "cluster-server.crt", "cluster-server.key"].map(
    (name) => `${world.root}/.world/${name}`,
  );
  const cluster = addresses.map((address, n) => `m-${n}=https://${address}:2380`).join(",");
  const members = addresses.map((address, n) =>
    spawn(
      "etcd",
      [
        ...["--name", `m-${n}`, "--data-dir", `${world.root}/.world/etcd-${n}`, "--initial-cluster", cluster],
        ...["--listen-client-urls", `https://${address}:2379`, "--advertise-client-urls", `https://${address}:2379`],
        ...["--listen-peer-urls", `https://${address}:2380`],
        ...["--initial-advertise-peer-urls", `https://${address}:2380`],
        ...["--cert-file", cert ?? "", "--key-file", key ?? "", "--trusted-ca-file", ca ?? "", "--client-cert-auth"],
        ...["--peer-cert-file", cert ?? "", "--peer-key-file", key ?? "", "--peer-trusted-ca-file", ca ?? ""],
        "--peer-client-cert-auth",
      ],
      { stdio: "ignore" },
    ),
  );
  running.push(...members);
  await until(() => members.length === names(world, addresses[0] ?? "").length);
  // A member that has just started counts as healthy for others after five seconds: before that etcd refuses changes.
  await delay(6000);
  return members;
}

function names(world: World, address: string): string[] {
  const [ca, cert, key] = ["cluster.crt", "cluster-server.crt", "cluster-server.key"].map(
    (name) => `${world.root}/.world/${name}`,
  );
  const credential = ["--cacert", ca ?? "", "--cert", cert ?? "", "--key", key ?? ""];
  const url = `https://${address}:2379/v3/cluster/member/list`;
  const run = spawnSync("curl", ["-s", "-m", "5", ...credential, "-d", "{}", url], { encoding: "utf8" });
  const Answer = z.object({ members: z.array(z.object({ name: z.string().default("") })) });
  try {
    return Answer.parse(JSON.parse(run.stdout))
      .members.map((one) => one.name)
      .toSorted();
  } catch {
    return [];
  }
}

async function until(fits: () => boolean): Promise<void> {
  const end = Date.now() + 60_000;
  while (!fits()) {
    if (Date.now() > end) throw new Error("it did not happen within a minute");
    await delay(200);
  }
}

describe.skipIf(!hasEtcd)("a control plane node and its real store", () => {
  it("leaves two others with their majority, and its own member ends by itself", async () => {
    const world = await aWorld({ NODE_ADDRESS: own });
    world.asControlPlane();
    const [mine] = await etcd(world, [own, second, third]);
    world.annotations[annotations.leave] = "2026-01-02T03:04:05.000Z";
    expect(await world.run({ program: "coe-leave" })).toEqual({
      code: 0,
      output: "coe: this node has left the cluster's store\n",
    });
    expect(names(world, second)).toEqual(["m-1", "m-2"]);
    expect(world.annotations[annotations.left]).toBeTruthy();
    await until(() => mine?.exitCode !== null);
  });

  it("leaves one other, which goes on alone", async () => {
    const world = await aWorld({ NODE_ADDRESS: own });
    world.asControlPlane();
    await etcd(world, [own, second]);
    world.annotations[annotations.leave] = "2026-01-02T03:04:05.000Z";
    expect((await world.run({ program: "coe-leave" })).code).toBe(0);
    await until(() => names(world, second).join() === "m-1");
  });

  it("put out before it could note it: its own member is silent, the other says what is true", async () => {
    const world = await aWorld({ NODE_ADDRESS: own });
    world.asControlPlane();
    const [mine] = await etcd(world, [own, second]);
    world.annotations[annotations.leave] = "2026-01-02T03:04:05.000Z";
    await world.run({ program: "coe-leave" });
    await until(() => mine?.exitCode !== null);
    delete world.annotations[annotations.left];
    for (const mark of ["left", "store-left"]) world.remove(`/var/lib/coe/${mark}`);
    expect((await world.run({ program: "coe-leave" })).code).toBe(0);
    expect(world.annotations[annotations.left]).toBeTruthy();
  });

  it("does not leave nobody behind", async () => {
    const world = await aWorld({ NODE_ADDRESS: own });
    world.asControlPlane();
    await etcd(world, [own]);
    world.annotations[annotations.leave] = "2026-01-02T03:04:05.000Z";
    await world.run({ program: "coe-leave", killAt: "only copy" });
    expect(names(world, own)).toEqual(["m-0"]);
  });

  it("takes a dead member out before it joins", async () => {
    const world = await aWorld({ NODE_ADDRESS: fourth, INDEX: "3" });
    const [, dead] = await etcd(world, [own, second, third]);
    dead?.kill("SIGKILL");
    for (const [n, address] of [own, second, third].entries())
      world.controlPlane.set(`m-${n}`, { address, silent: n === 1 });
    const run = await world.run();
    expect(run.output).toContain("took the dead member m-1 out of the store");
    expect(names(world, own)).toEqual(["m-0", "m-2"]);
  });
});
