// The only control plane node of a cluster without a balancer, changed in place at the sandbox.
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, expect, test } from "vitest";
import type { Desired, Observed } from "../driver.ts";
import { readLabels } from "../../server/domain/label-reader.ts";
import { fedoraCoreosPair } from "../kubernetes-fedora-coreos/driver.ts";
import { heatDriver } from "./driver.ts";
import type { HeatObserved } from "./observed.ts";
import { openSandboxSite } from "./testing/sandbox-site.ts";

const { services, group, aCluster, go, inventory, close } = await openSandboxSite();
afterAll(close);
afterEach(() => {
  services.rotate("1");
});
const before = await inventory();

const lone = async (name: string) =>
  aCluster({
    key: { id: randomUUID(), name },
    nodegroups: [await group({ role: "master", nodeRevision: "4" }), await group({ count: 1, nodeRevision: "4" })],
  });
const upgraded = (want: Desired): Desired => ({ ...want, labels: readLabels({ kube_tag: "v1.35.2" }) });
const idsOf = (seen: Observed, role: number) => seen.nodegroups[role]?.nodes.map((node) => node.serverId) ?? [];

test("an upgrade changes it where it is, announces that its API is away, and replaces the workers afterwards", async () => {
  const want = await lone("Alone");
  const old = (await go(want)).last;
  const steps: string[] = [];
  const seen: HeatObserved[] = [];
  const after = upgraded(want);
  const { last } = await go(after, {
    each: ({ seen: now, steps: [step] }) => {
      seen.push(now);
      if (step && steps.at(-1) !== step.summary) steps.push(step.summary);
    },
  });
  expect(last).toMatchObject({ state: "ready", coeVersion: "v1.35.2", apiAddress: old.apiAddress });
  expect(idsOf(last, 0)).toEqual(idsOf(old, 0));
  expect(idsOf(last, 1)).not.toEqual(idsOf(old, 1));
  expect(steps[0]).toMatch(
    /^Change prod-.*|^Change alone-.* in place to v1\.35\.2: the cluster's API is away for some minutes$/,
  );
  // While it was away nothing was done, and the cluster was not called ready.
  const away = seen.filter((one) => one.nodes === undefined);
  expect(away.length).toBeGreaterThan(0);
  expect(new Set(away.map((one) => one.state))).toEqual(new Set(["updating"]));
  expect(await heatDriver(fedoraCoreosPair).health(after, last)).toMatchObject({ status: "HEALTHY" });
  expect((await go({ ...after, deleting: true })).last.state).toBe("absent");
  expect(await inventory()).toEqual(before);
});

test("one that puts everything back is a failure with its reason, and the way back has nothing to do on it", async () => {
  const want = await lone("renew-failure");
  const old = (await go(want)).last;
  const { last } = await go(upgraded(want));
  expect(last).toMatchObject({
    state: "failed",
    reason: expect.stringMatching(/could not be changed in place: kubeadm init phase control-plane all failed/),
    coeVersion: "v1.34.1",
  });
  const back = (await go(want)).last;
  expect(back).toMatchObject({ state: "ready", coeVersion: "v1.34.1" });
  expect([idsOf(back, 0), idsOf(back, 1)]).toEqual([idsOf(old, 0), idsOf(old, 1)]);
  expect((await go({ ...want, deleting: true })).last.state).toBe("absent");
});

test("authorities change in three turns on it, and at the end nothing of the first is believed or shown", async () => {
  const want = await lone("Turning");
  const old = (await go(want)).last;
  const driver = heatDriver(fedoraCoreosPair);
  let last = want;
  for (const word of ["1+2", "2+1", "2"]) {
    last = { ...want, ...services.rotate(word) };
    const { last: seen } = await go(last);
    expect(seen.state, word).toBe("ready");
    expect(idsOf(seen, 0), word).toEqual(idsOf(old, 0));
    expect(await driver.health(last, seen), word).toMatchObject({ status: "HEALTHY" });
  }
  const first = { ...want, ...services.rotate("1") };
  expect(await driver.health(first, (await go(last)).last)).toMatchObject({ status: "UNHEALTHY" });
  expect((await go({ ...last, deleting: true })).last.state).toBe("absent");
});
