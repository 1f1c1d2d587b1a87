import { afterAll, afterEach, describe, expect, test } from "vitest";
import { kubeApi } from "../kubernetes/api.ts";
import { annotations, kubernetesNodes as nodes } from "../kubernetes/nodes.ts";
import { nodesContract } from "../kubernetes/testing/nodes-contract.ts";
import { aDesired } from "../heat/testing/desired.ts";
import { kubeWorld } from "./testing/kube-world.ts";
import type { Authority } from "./testing/kube-world.ts";

describe("nodes of a cluster of the sandbox", () => {
  const world = kubeWorld("127.0.21.1", 21101);
  afterAll(() => world.close());
  nodesContract(async () => {
    const ca = world.authority();
    await world.master("master-0", "10.0.0.10", ca.pem, ca);
    return {
      want: aDesired({ pki: { revision: "1", caPem: ca.pem }, admin: ca.admin }),
      address: "https://127.0.21.1:21101",
      controlPlane: true,
      policy: "policy/v1",
    };
  });
});

const at = "127.0.21.2";
const address = `https://${at}:21102`;
let world: ReturnType<typeof kubeWorld>;
const open = (name?: string) => (world = kubeWorld(at, 21102, name));
const wish = (bundle: string, by: Authority) => aDesired({ pki: { revision: "1", caPem: bundle }, admin: by.admin });
/** Until the simulated moment has passed; the world's clock runs a hundred times as fast. */
async function until(fits: () => Promise<boolean | undefined>): Promise<void> {
  const end = Date.now() + 10_000;
  while (!(await fits())) {
    if (Date.now() > end) throw new Error("it did not happen");
    world.kubernetes.advance();
  }
}

describe("the API of a cluster of the sandbox", () => {
  afterEach(() => world.close());

  test("survives the replacement of its first control plane node, when that has left the store", async () => {
    open();
    const ca = world.authority();
    const want = wish(ca.pem, ca);
    await world.master("m-0", "10.0.0.10", ca.pem, ca);
    await world.master("m-1", "10.0.0.11", ca.pem, ca);
    await nodes.leave(want, address, "m-0");
    await until(async () => (await nodes.read(want, address))?.get("m-0")?.left);
    world.core.state.servers.remove("m-0");
    world.kubernetes.advance();
    const read = await nodes.read(want, address);
    expect(read?.get("m-1")?.ready).toBe(true);
    expect(read?.get("m-0")).toMatchObject({ ready: false, left: true });
    await nodes.forget(want, address, ["m-0"]);
    world.kubernetes.advance();
    expect([...((await nodes.read(want, address))?.keys() ?? [])]).toEqual(["m-1"]);
  });

  test("a member whose server goes without leaving still counts: the store of two is lost with one of them", async () => {
    open();
    const ca = world.authority();
    await world.master("m-0", "10.0.0.10", ca.pem, ca);
    await world.master("m-1", "10.0.0.11", ca.pem, ca);
    expect(world.kubernetes.isUp(world.clusterId)).toBe(true);
    world.core.state.servers.remove("m-1");
    world.kubernetes.advance();
    expect(world.kubernetes.isUp(world.clusterId)).toBe(false);
    expect(await nodes.read(wish(ca.pem, ca), address)).toBeUndefined();
  });

  test("a control plane that begins again after all of it was lost begins with nothing", async () => {
    open();
    const ca = world.authority();
    const want = wish(ca.pem, ca);
    await world.master("a-0", "10.0.0.10", ca.pem, ca);
    world.worker("w-0", "10.0.0.20");
    world.core.state.servers.remove("a-0");
    await world.master("b-0", "10.0.0.11", ca.pem, ca);
    expect([...((await nodes.read(want, address))?.keys() ?? [])]).toEqual(["b-0"]);
  });

  test("the only member does not leave", async () => {
    open();
    const ca = world.authority();
    const want = wish(ca.pem, ca);
    await world.master("m-0", "10.0.0.10", ca.pem, ca);
    await nodes.leave(want, address, "m-0");
    const asked = Date.now();
    await until(async () => Date.now() - asked > 300);
    expect((await nodes.read(want, address))?.get("m-0")).toMatchObject({ ready: true, left: false });
  });

  test("while authorities are rotated each node serves by the first it was given and trusts all of them", async () => {
    open();
    const [one, two] = [world.authority(), world.authority()];
    const version = async (bundle: string, by: Authority) =>
      kubeApi({ address, nodes: 9, caPem: bundle, ...by.admin })
        .version()
        .catch(() => null);
    const answers = { one: () => version(one.pem, one), two: () => version(two.pem, two) };
    const both = one.pem + two.pem;
    await world.master("m-0", "10.0.0.10", both, one);
    expect([await answers.one(), await answers.two()]).toEqual(["v1.31.1", null]);
    // Trusted by the server is the client of either.
    expect([await version(one.pem, two), await version(two.pem, one)]).toEqual(["v1.31.1", null]);
    world.core.state.servers.remove("m-0");
    await world.master("m-1", "10.0.0.11", two.pem + one.pem, two);
    expect([await version(two.pem, one), await answers.two(), await answers.one()]).toEqual([
      "v1.31.1",
      "v1.31.1",
      null,
    ]);
    world.core.state.servers.remove("m-1");
    await world.master("m-2", "10.0.0.12", two.pem, two);
    const ready = (by: Authority) => kubeApi({ address, nodes: 9, caPem: two.pem, ...by.admin }).nodes();
    expect(await ready(two)).toHaveLength(3);
    await expect(ready(one)).rejects.toThrow("401");
  });

  test("pods of a Deployment go where work is taken, and stay until they are evicted or their node is gone", async () => {
    open();
    const ca = world.authority();
    const want = wish(ca.pem, ca);
    await world.master("m-0", "10.0.0.10", ca.pem, ca);
    world.worker("w-0", "10.0.0.20");
    world.worker("w-1", "10.0.0.21", {
      NODE_LABELS: "tier=gold",
      NODE_TAINTS: "gpu=true:NoSchedule,old:PreferNoSchedule",
    });
    const api = kubeApi({ address, nodes: 9, caPem: ca.pem, ...ca.admin });
    const metadata = { name: "web", namespace: "default" };
    const template = {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "main", image: "example" }] },
    };
    await api.apply({ apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas: 2, template } });
    const own = async (name: string) =>
      (await api.podsOn(name)).filter((pod) => pod.metadata.name.startsWith("web-")).map((pod) => pod.metadata.name);
    expect((await own("w-0")).length).toBe(2);
    expect(await own("w-1")).toEqual([]);
    expect((await api.node("w-1"))?.spec.taints).toEqual([
      { key: "gpu", value: "true", effect: "NoSchedule" },
      { key: "old", effect: "PreferNoSchedule" },
    ]);
    expect((await api.node("w-1"))?.metadata.labels).toMatchObject({ tier: "gold" });
    const before = await own("w-0");
    world.worker("w-2", "10.0.0.22");
    expect(await own("w-0")).toEqual(before);
    await nodes.drain(want, address, "w-0", new Date());
    expect(await own("w-0")).toEqual([]);
    expect((await own("w-2")).filter((name) => before.includes(name))).toEqual([]);
    expect(await own("w-2")).toHaveLength(2);
    expect((await api.podsOn("w-0")).map((pod) => pod.metadata.ownerReferences[0]?.kind)).toEqual(["DaemonSet"]);
  });

  test("drain-refused: a budget refuses the eviction of one pod for as long as anybody asks", async () => {
    open("drain-refused");
    const ca = world.authority();
    const want = wish(ca.pem, ca);
    await world.master("m-0", "10.0.0.10", ca.pem, ca);
    world.worker("w-0", "10.0.0.20");
    world.worker("w-1", "10.0.0.21");
    const start = new Date();
    await nodes.drain(want, address, "w-0", start);
    expect((await nodes.read(want, address))?.get("w-0")).toMatchObject({ cordoned: true, drained: false });
    await nodes.drain(want, address, "w-0", new Date(start.getTime() + 10 * 60_000));
    expect((await nodes.read(want, address))?.get("w-0")).toMatchObject({ drained: true });
  });

  test("never-leaves: of three control plane nodes one that stays is not waited for, of two it is", async () => {
    open("never-leaves");
    const ca = world.authority();
    const want = wish(ca.pem, ca);
    await world.master("m-0", "10.0.0.10", ca.pem, ca);
    await world.master("m-1", "10.0.0.11", ca.pem, ca);
    const api = kubeApi({ address, nodes: 9, caPem: ca.pem, ...ca.admin });
    const asked = new Date(Date.now() - 6 * 60_000).toISOString();
    await api.patchNode("m-0", { metadata: { annotations: { [annotations.leave]: asked } } });
    world.kubernetes.advance();
    const left = async () => (await nodes.read(want, address))?.get("m-0")?.left;
    expect(await left()).toBe(false);
    await world.master("m-2", "10.0.0.12", ca.pem, ca);
    expect(await left()).toBe(true);
    expect((await api.node("m-0"))?.metadata.annotations).not.toHaveProperty([annotations.left]);
  });

  test("says the version of its oldest control plane node", async () => {
    open();
    const ca = world.authority();
    await world.master("m-0", "10.0.0.10", ca.pem, ca);
    await world.master("m-1", "10.0.0.11", ca.pem, ca, { KUBE_TAG: "v1.32.0" });
    const version = () => kubeApi({ address, nodes: 9, caPem: ca.pem, ...ca.admin }).version();
    expect(await version()).toBe("v1.31.1");
    await nodes.leave(wish(ca.pem, ca), address, "m-0");
    await until(async () => (await version()) === "v1.32.0");
  });
});
