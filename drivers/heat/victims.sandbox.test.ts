// Which nodes a smaller group loses, at the sandbox with a cluster's own API that tells what runs where.
import { request } from "node:https";
import { afterAll, expect, test } from "vitest";
import type { Desired } from "../driver.ts";
import { fedoraCoreosPair } from "../kubernetes-fedora-coreos/driver.ts";
import { heatDriver } from "./driver.ts";
import { openSandboxSite } from "./testing/sandbox-site.ts";

const { cloud, owner, group, aCluster, go, close } = await openSandboxSite();
afterAll(close);

/** A pod of nobody on that node; resolves to the API's status. */
const aPod = (want: Desired, address: string | null, name: string, nodeName: string | undefined) =>
  new Promise<number | undefined>((resolve, reject) => {
    const sent = request(
      new URL("/api/v1/namespaces/default/pods", address ?? ""),
      {
        method: "POST",
        ca: want.pki.caPem,
        cert: want.admin?.certPem,
        key: want.admin?.keyPem.reveal(),
        agent: false,
        headers: { "Content-Type": "application/json" },
      },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    sent.on("error", reject);
    const spec = { nodeName, containers: [{ name: "main", image: "example" }] };
    sent.end(JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name }, spec }));
  });

test("the nodes with the least work go first, and what is shown before is what goes", async () => {
  const want = await aCluster({ nodegroups: [await group({ role: "master" }), await group({ count: 3 })] });
  const made = (await go(want)).last;
  const workers = made.nodegroups.find((one) => one.key.name === "default-worker")?.nodes ?? [];
  const busy = workers.toSorted((a, b) => Number(a.index) - Number(b.index)).at(-1);
  for (const name of ["a", "b", "c", "d", "e"]) expect(await aPod(want, made.apiAddress, name, busy?.name)).toBe(201);

  const smaller = {
    ...want,
    nodegroups: want.nodegroups.map((one) => (one.role === "master" ? one : { ...one, count: 1 })),
  };
  const driver = heatDriver(fedoraCoreosPair);
  const shown = await driver.previewShrink(owner, smaller);
  expect(shown.map((node) => node.name)).not.toContain(busy?.name);
  expect(shown.map((node) => node.work?.filter((pod) => pod.startsWith("default/")))).toEqual([[], []]);
  // Where the cluster's API cannot be asked, nobody knows what runs there.
  const blind = await driver.previewShrink(owner, { ...smaller, admin: null });
  expect(blind.map((node) => [node.name, node.work])).toEqual([
    [busy?.name, null],
    [workers.find((one) => one.index === "1")?.name, null],
  ]);

  const { last } = await go(smaller, {}, cloud);
  const left = last.nodegroups.find((one) => one.key.name === "default-worker")?.nodes ?? [];
  expect(left.map((node) => node.name)).toEqual([busy?.name]);
  expect(
    workers
      .map((node) => node.name)
      .filter((name) => !left.some((node) => node.name === name))
      .toSorted(),
  ).toEqual(shown.map((node) => node.name).toSorted());
  await go({ ...want, deleting: true });
});
