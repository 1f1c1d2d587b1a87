// New generations of nodes at a real Heat: an upgrade of three masters and two workers, and a node group that comes,
// shrinks and goes. The nodes are played; where a kube-apiserver is built the cluster's API is a real one, and nodes are
// drained and taken off its list. The same against the sandbox: drivers/heat/rollout.sandbox.test.ts.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Desired, Step } from "../../drivers/driver.ts";
import { heatDriver } from "../../drivers/heat/driver.ts";
import type { HeatObserved } from "../../drivers/heat/observed.ts";
import { fedoraCoreosPair } from "../../drivers/kubernetes-fedora-coreos/driver.ts";
import { kubernetesIsBuilt } from "../kubernetes/api-server.ts";
import { until } from "../lifecycle/until.ts";
import { openDriverSite } from "./driver-site.ts";
import type { DriverSite } from "./driver-site.ts";

const minute = 60_000;
const driver = heatDriver(fedoraCoreosPair);
const asked = kubernetesIsBuilt();

let site: DriverSite;
let want: Desired;

beforeAll(async () => {
  site = await openDriverSite("Rollout test", () => "in short");
  want = { ...site.want, admin: site.admin, probe: asked };
}, minute);

afterAll(() => site.close(), minute);

/** As the conductor does, until nothing is left to do. */
async function converge(settled: (seen: HeatObserved) => boolean, limitMs: number) {
  const steps: Step[] = [];
  const rounds: HeatObserved[] = [];
  const last = await until("the cluster is as it is wished for", limitMs, async () => {
    const seen = await driver.observe(site.cloud, want, await driver.survey(site.cloud));
    rounds.push(seen);
    if (seen.state === "failed")
      throw new Error(`${seen.reason ?? ""} ${site.prepared.nodes?.problems.join("; ") ?? ""}`);
    const [step] = driver.plan(want, seen, new Date());
    const outcome = step && (await driver.apply(site.cloud, want, step));
    if (outcome?.kind === "stalled") throw new Error(outcome.reason);
    if (step && steps.at(-1)?.summary !== step.summary) steps.push(step);
    return step === undefined && settled(seen) ? seen : null;
  });
  return { last, rounds, kinds: steps.map((step) => step.kind) };
}

const groupOf = (seen: HeatObserved, role: string) => {
  const key = want.nodegroups.find((group) => group.role === role)?.key.id;
  return seen.nodegroups.find((group) => group.key.id === key);
};
const servers = (seen: HeatObserved, role: string) => (groupOf(seen, role)?.nodes ?? []).map((node) => node.serverId);
const isReady = (seen: HeatObserved) => seen.state === "ready";

describe("generations at a real Heat", () => {
  let first: HeatObserved;

  it(
    "begin with three masters and two workers",
    async () => {
      first = (await converge(isReady, 10 * minute)).last;
      expect(servers(first, "master")).toHaveLength(3);
      expect(servers(first, "worker")).toHaveLength(2);
    },
    11 * minute,
  );

  it(
    "an upgrade in batches of 1 replaces every node, control plane first, with one server too many at most",
    async () => {
      want = {
        ...want,
        nodegroups: want.nodegroups.map((group) => ({ ...group, version: "v1.35.2" })),
        generation: want.generation + 1,
      };
      const { last, rounds, kinds } = await converge(isReady, 20 * minute);
      for (const role of ["master", "worker"]) {
        expect(servers(last, role).filter((id) => servers(first, role).includes(id))).toEqual([]);
        expect(groupOf(last, role)?.version).toBe("v1.35.2");
      }
      expect(last.stacks).toHaveLength(3);
      const most = (role: string) => Math.max(...rounds.map((seen) => servers(seen, role).length));
      expect([most("master"), most("worker")]).toEqual([4, 3]);
      const newWorkers = rounds.findIndex((seen) =>
        servers(seen, "worker").some((id) => !servers(first, "worker").includes(id)),
      );
      expect(
        servers(rounds[newWorkers] ?? last, "master").filter((id) => servers(first, "master").includes(id)),
      ).toEqual([]);
      if (asked) {
        expect(kinds.filter((kind) => kind === "leave")).toHaveLength(3);
        expect(kinds.filter((kind) => kind === "drain")).toHaveLength(5);
        expect([...(last.nodes?.keys() ?? [])]).toHaveLength(5);
      }
      expect(site.prepared.nodes?.problems).toEqual([]);
    },
    21 * minute,
  );

  it(
    "a node group of its own flavor comes, shrinks by what was chosen, and goes without a trace",
    async () => {
      const without = await site.inventory();
      const base = want.nodegroups;
      const worker = base.find((group) => group.role === "worker");
      if (!worker) throw new Error("there are workers");
      const pool = {
        ...worker,
        key: { id: crypto.randomUUID(), name: "Pool_one" },
        isDefault: false,
        flavor: await site.flavor("m1.medium"),
        dockerVolumeSizeGib: null,
        count: 3,
      };
      const withPool = (count: number): Desired => ({ ...want, nodegroups: [...base, { ...pool, count }] });
      const of = (seen: HeatObserved) => seen.nodegroups.find((group) => group.key.id === pool.key.id);
      want = withPool(3);
      const grown = of((await converge(isReady, 5 * minute)).last);
      expect(grown?.nodes.map((node) => node.flavorId)).toEqual(Array(3).fill(pool.flavor.id));
      want = withPool(1);
      const shrunk = await converge(isReady, 5 * minute);
      expect(of(shrunk.last)?.nodes.map((node) => node.index)).toEqual(["0"]);
      if (asked) expect(shrunk.kinds).toEqual(["drain", "resize", "forget"]);
      want = { ...want, nodegroups: base };
      const { last } = await converge((seen) => isReady(seen) && !of(seen), 5 * minute);
      expect(last.nodegroups).toHaveLength(2);
      expect(await site.inventory()).toEqual(without);
    },
    16 * minute,
  );

  it(
    "are removed with everything that they made",
    async () => {
      want = { ...want, deleting: true };
      await converge((seen) => seen.state === "absent", 8 * minute);
      expect(await site.inventory()).toEqual(site.before);
    },
    9 * minute,
  );
});
