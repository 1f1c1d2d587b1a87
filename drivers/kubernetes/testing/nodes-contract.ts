// What the conductor does to nodes, held against the sandbox's Kubernetes API and a real one alike.
import { request } from "node:https";
import { beforeAll, expect, it } from "vitest";
import { z } from "zod";
import type { Desired } from "../../driver.ts";
import { aGroup } from "../../heat/testing/desired.ts";
import { annotations, kubernetesNodes as nodes } from "../nodes.ts";

export interface NodesTarget {
  /** With the authority and an administrator's certificate of the API at `address`. */
  want: Desired;
  address: string;
  /** It has a control plane node of its own from the beginning. */
  controlPlane: boolean;
  /** In which version it has budgets. */
  policy: "policy/v1" | "policy/v1beta1";
}

const now = new Date("2026-01-02T03:04:05.000Z");
const later = (minutes: number) => new Date(now.getTime() + minutes * 60_000);

const Node = z.looseObject({
  metadata: z.looseObject({
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  spec: z
    .looseObject({
      unschedulable: z.boolean().default(false),
      taints: z.array(z.looseObject({ key: z.string(), value: z.string().optional(), effect: z.string() })).default([]),
    })
    .prefault({}),
});

/** Registers the suite. `open` is called once. */
export function nodesContract(open: () => Promise<NodesTarget>): void {
  let target: NodesTarget;
  beforeAll(async () => {
    target = await open();
  }, 180_000);

  const ask = (method: string, path: string, body?: object, type = "application/json") =>
    new Promise<{ status: number; body: unknown }>((resolve, reject) => {
      const { want, address } = target;
      const sent = request(
        new URL(path, address),
        {
          method,
          ca: want.pki.caPem,
          cert: want.admin?.certPem,
          key: want.admin?.keyPem.reveal(),
          agent: false,
          headers: { "Content-Type": type },
        },
        (answer) => {
          answer
            .toArray()
            .then((parts) => {
              const text = Buffer.concat(z.array(z.instanceof(Buffer)).parse(parts)).toString("utf8");
              resolve({ status: answer.statusCode ?? 0, body: JSON.parse(text) });
            })
            .catch(reject);
        },
      );
      sent.on("error", reject);
      sent.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const make = async (path: string, body: object) => {
    const answer = await ask("POST", path, body);
    if (answer.status !== 201) throw new Error(JSON.stringify(answer));
  };
  const merge = async (path: string, body: object) => {
    const answer = await ask("PATCH", path, body, "application/merge-patch+json");
    if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  };
  const node = async (name: string) => Node.parse((await ask("GET", `/api/v1/nodes/${name}`)).body);
  const aNode = (name: string, ready = "True") =>
    make("/api/v1/nodes", {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name, labels: { "kubernetes.io/hostname": name } },
      status: { conditions: [{ type: "Ready", status: ready, reason: "x", message: "x" }] },
    });
  const pods = "/api/v1/namespaces/default/pods";
  const aPod = async (name: string, on: string, metadata: object = {}) => {
    await make(pods, {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, labels: { app: name }, ...metadata },
      spec: { nodeName: on, containers: [{ name: "main", image: "example" }], terminationGracePeriodSeconds: 0 },
    });
    await merge(`${pods}/${name}/status`, {
      status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
    });
  };
  const podsOn = async (name: string) => {
    const { body } = await ask("GET", `${pods}?fieldSelector=spec.nodeName%3D${name}`);
    const List = z.object({ items: z.array(z.object({ metadata: z.object({ name: z.string() }) })) });
    return List.parse(body).items.map((one) => one.metadata.name);
  };
  const budgets = () => `/apis/${target.policy}/namespaces/default/poddisruptionbudgets`;
  /** A real API server only reads what the disruption controller counted. */
  const aBudget = async (app: string) => {
    const spec = { minAvailable: 1, selector: { matchLabels: { app } } };
    const status = {
      disruptionsAllowed: 0,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
      observedGeneration: 1,
    };
    await make(budgets(), { apiVersion: target.policy, kind: "PodDisruptionBudget", metadata: { name: app }, spec });
    await merge(`${budgets()}/${app}/status`, { status });
  };

  it("tells which nodes are ready, and nothing when nobody answers or the certificate is a stranger's", async () => {
    await aNode("worker-0");
    await aNode("worker-1", "Unknown");
    const read = await nodes.read(target.want, target.address);
    const plain = {
      cordoned: false,
      draining: false,
      drained: false,
      left: false,
      marks: null,
      work: null,
      generation: null,
      renewal: null,
    };
    expect(read?.get("worker-0")).toEqual({ name: "worker-0", ready: true, ...plain });
    expect(read?.get("worker-1")).toEqual({ name: "worker-1", ready: false, ...plain });
    expect(await nodes.read(target.want, "https://127.0.0.1:1")).toBeUndefined();
    expect(await nodes.read({ ...target.want, admin: null }, target.address)).toBeUndefined();
  });

  it("cordons, evicts what has to leave, leaves DaemonSets, mirrors and what has ended, and then counts as drained", async () => {
    await aNode("full");
    await aPod("web", "full");
    const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "agent", uid: "1", controller: true };
    await aPod("agent", "full", { ownerReferences: [owner] });
    await aPod("etcd-full", "full", { annotations: { "kubernetes.io/config.mirror": "1" } });
    await aPod("job", "full");
    await merge(`${pods}/job/status`, { status: { phase: "Succeeded" } });
    expect(await nodes.work(target.want, target.address, "full")).toEqual(["default/web"]);
    const counted = await nodes.read(target.want, target.address, ["full", "gone"]);
    expect([counted?.get("full")?.work, counted?.get("worker-0")?.work]).toEqual([1, null]);
    await nodes.drain(target.want, target.address, "full", now);
    expect((await node("full")).spec.unschedulable).toBe(true);
    expect(await podsOn("full")).not.toContain("web");
    expect((await nodes.read(target.want, target.address))?.get("full")).toMatchObject({
      cordoned: true,
      drained: false,
    });
    await nodes.drain(target.want, target.address, "full", later(1));
    expect((await nodes.read(target.want, target.address))?.get("full")).toMatchObject({ drained: true });
    expect((await podsOn("full")).toSorted()).toEqual(["agent", "etcd-full", "job"]);
    expect((await node("full")).metadata.annotations).toMatchObject({
      [annotations.drainStarted]: "2026-01-02T03:04:05.000Z",
      [annotations.drained]: "2026-01-02T03:05:05.000Z",
    });
  });

  it("asks a node once to become another generation, and again only after it has refused", async () => {
    await aNode("alone");
    const wish = { to: "prod-master-1", nodegroupId: "g", files: [{ path: "/etc/coe/x", mode: 0o600, content: "x" }] };
    const renew = (again: boolean) => nodes.renew(target.want, target.address, "alone", { ...wish, again });
    const told = async () => (await nodes.read(target.want, target.address))?.get("alone");
    await renew(false);
    const first = (await told())?.renewal;
    expect(first).toMatchObject({ to: "prod-master-1", failed: null });
    const { body } = await ask("GET", "/api/v1/namespaces/kube-system/secrets/coe-renew");
    const { data } = z.object({ data: z.object({ files: z.string(), proof: z.string() }) }).parse(body);
    expect(Buffer.from(data.files, "base64").toString()).toBe(
      `600 /etc/coe/x ${Buffer.from("x").toString("base64")}\n`,
    );
    expect(Buffer.from(data.proof, "base64").toString()).toMatch(new RegExp(`^g\\.${first?.id}\\.[0-9a-f]{64}$`));
    await renew(true);
    expect((await told())?.renewal?.id).toBe(first?.id);
    const asked = (await node("alone")).metadata.annotations[annotations.renew];
    const refuse = { metadata: { annotations: { [annotations.renewFailed]: `${asked} there is no room` } } };
    await merge("/api/v1/nodes/alone", refuse);
    expect((await told())?.renewal).toMatchObject({ failed: "there is no room" });
    await renew(false);
    expect((await told())?.renewal?.id).toBe(first?.id);
    await renew(true);
    expect((await told())?.renewal).toMatchObject({ to: "prod-master-1", failed: null });
    expect((await told())?.renewal?.id).not.toBe(first?.id);
    await merge("/api/v1/nodes/alone", { metadata: { annotations: { [annotations.generation]: "prod-master-1" } } });
    expect((await told())?.generation).toBe("prod-master-1");
  });

  it("waits where a PodDisruptionBudget says no, and goes on when it allows", async () => {
    await aNode("guarded");
    await aPod("single", "guarded");
    await aBudget("single");
    await nodes.drain(target.want, target.address, "guarded", now);
    await nodes.drain(target.want, target.address, "guarded", later(9));
    expect(await podsOn("guarded")).toEqual(["single"]);
    expect((await nodes.read(target.want, target.address))?.get("guarded")?.drained).toBe(false);
    await ask("DELETE", `${budgets()}/single`);
    await nodes.drain(target.want, target.address, "guarded", later(9));
    await nodes.drain(target.want, target.address, "guarded", later(9));
    expect(await podsOn("guarded")).toEqual([]);
    expect((await nodes.read(target.want, target.address))?.get("guarded")?.drained).toBe(true);
  });

  it("counts a node as drained when its ten minutes are over, with what is still there", async () => {
    await aNode("stubborn");
    await aPod("stuck", "stubborn");
    await aBudget("stuck");
    await nodes.drain(target.want, target.address, "stubborn", now);
    await nodes.drain(target.want, target.address, "stubborn", later(10));
    expect(await podsOn("stubborn")).toEqual(["stuck"]);
    expect((await nodes.read(target.want, target.address))?.get("stubborn")?.drained).toBe(true);
  });

  it("gives a drained node back to work, and leaves alone one that somebody else cordoned", async () => {
    await aNode("spared");
    await aNode("theirs");
    await merge("/api/v1/nodes/theirs", { spec: { unschedulable: true } });
    await nodes.drain(target.want, target.address, "spared", now);
    for (const name of ["spared", "theirs", "nobody"]) await nodes.restore(target.want, target.address, name);
    const read = await nodes.read(target.want, target.address);
    expect(read?.get("spared")).toMatchObject({ cordoned: false, draining: false, drained: false });
    expect(read?.get("theirs")).toMatchObject({ cordoned: true, draining: false });
    await nodes.drain(target.want, target.address, "spared", later(60));
    expect((await node("spared")).metadata.annotations[annotations.drainStarted]).toBe("2026-01-02T04:04:05.000Z");
  });

  it("asks a node to leave the store, once", async () => {
    await aNode("member");
    await nodes.leave(target.want, target.address, "member");
    const first = (await node("member")).metadata.annotations[annotations.leave];
    await nodes.leave(target.want, target.address, "member");
    expect(first).toBeTruthy();
    expect((await node("member")).metadata.annotations[annotations.leave]).toBe(first);
  });

  it("does not wait for ever for a node to leave, unless the others would be too few without it", async () => {
    const controlPlane = { metadata: { labels: { "node-role.kubernetes.io/control-plane": "" } } };
    for (const name of ["m-0", "m-1"]) {
      await aNode(name);
      await merge(`/api/v1/nodes/${name}`, controlPlane);
    }
    const askedAgo = (minutes: number) =>
      merge("/api/v1/nodes/m-0", {
        metadata: { annotations: { [annotations.leave]: new Date(Date.now() - minutes * 60_000).toISOString() } },
      });
    const left = async () => (await nodes.read(target.want, target.address))?.get("m-0")?.left;
    await askedAgo(6);
    if (!target.controlPlane) expect(await left()).toBe(false);
    await aNode("m-2");
    await merge("/api/v1/nodes/m-2", controlPlane);
    expect(await left()).toBe(true);
    await askedAgo(4);
    expect(await left()).toBe(false);
  });

  it("brings labels and taints, takes away those that are wished no more, and leaves those of others", async () => {
    await aNode("marked");
    const theirs = { key: "example.org/theirs", effect: "NoSchedule" };
    await merge("/api/v1/nodes/marked", { metadata: { labels: { theirs: "yes" } }, spec: { taints: [theirs] } });
    const gpu = aGroup({
      nodeLabels: { tier: "gold", zone: "a" },
      nodeTaints: [{ key: "gpu", value: "true", effect: "NoSchedule" }],
    });
    const mark = async (group: typeof gpu) => {
      await nodes.mark(target.want, target.address, "marked", group);
      expect((await nodes.read(target.want, target.address))?.get("marked")?.marks).toBe(nodes.marks(group));
      const { metadata, spec } = await node("marked");
      return { labels: metadata.labels, taints: spec.taints.map(({ key, value, effect }) => ({ key, value, effect })) };
    };
    expect(await mark(gpu)).toEqual({
      labels: { "kubernetes.io/hostname": "marked", theirs: "yes", tier: "gold", zone: "a" },
      taints: [theirs, { key: "gpu", value: "true", effect: "NoSchedule" }],
    });
    const other = aGroup({
      nodeLabels: { tier: "silver" },
      nodeTaints: [{ key: "gpu", value: null, effect: "NoExecute" }],
    });
    expect(await mark(other)).toEqual({
      labels: { "kubernetes.io/hostname": "marked", theirs: "yes", tier: "silver" },
      taints: [theirs, { key: "gpu", effect: "NoExecute" }],
    });
    expect(await mark(aGroup())).toEqual({
      labels: { "kubernetes.io/hostname": "marked", theirs: "yes" },
      taints: [theirs],
    });
  });

  it("forgets nodes whose servers are gone; what is not there is done", async () => {
    await aNode("gone");
    await nodes.forget(target.want, target.address, ["gone", "never-was"]);
    expect((await nodes.read(target.want, target.address))?.has("gone")).toBe(false);
    await nodes.drain(target.want, target.address, "gone", now);
    await nodes.leave(target.want, target.address, "gone");
    await nodes.mark(target.want, target.address, "gone", aGroup());
  });
}
