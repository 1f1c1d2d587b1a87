// The Heat driver alone against real services: converge from nothing, each step carried out twice, then remove. Nodes are
// played; what they ask of our REST API is answered here, so that nothing of the product but the driver takes part.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClusterDriver, Desired, Observed, Step } from "../../drivers/driver.ts";
import { kubernetesFedoraCoreos } from "../../drivers/kubernetes-fedora-coreos/driver.ts";
import { isOpenStackError } from "../../drivers/openstack/error.ts";
import { growth } from "../lifecycle/lifecycle.ts";
import { until } from "../lifecycle/until.ts";
import { openDriverSite } from "./driver-site.ts";
import type { DriverSite } from "./driver-site.ts";

const minute = 60_000;
const driver: ClusterDriver = kubernetesFedoraCoreos;

let site: DriverSite;
let want: Desired;
/** So many of the next workers fail with these words. */
let failing = 0;
const words = "phase runtime: the disk is full";
/** Summaries of the steps that were carried out. */
const done: string[] = [];

async function observe(): Promise<Observed> {
  return driver.observe(site.cloud, want, await driver.survey(site.cloud));
}

/** Observes, plans and applies as the conductor does, but each step twice, until nothing is left to do. */
async function converge(settled: (seen: Observed) => boolean, limitMs: number): Promise<Observed> {
  return until(`settled (${done.join(", ")})`, limitMs, async () => {
    const seen = await observe();
    if (seen.state === "failed" && !want.repair)
      throw new Error(`${seen.reason ?? ""} ${site.prepared.nodes?.problems.join("; ") ?? ""}`);
    const [step] = driver.plan(want, seen, new Date());
    if (step) await twice(step);
    return step === undefined && settled(seen) ? seen : null;
  });
}

async function twice(step: Step): Promise<void> {
  for (let time = 0; time < 2; time++) {
    const outcome = await driver.apply(site.cloud, want, step);
    if (outcome.kind === "stalled") throw new Error(`${step.summary}: ${outcome.reason}`);
  }
  done.push(step.summary);
}

beforeAll(async () => {
  site = await openDriverSite("Driver test", (node) =>
    node.env.ROLE === "worker" && failing-- > 0 ? { failWith: words } : "in short",
  );
  want = site.want;
}, minute);

afterAll(() => site.close(), minute);

/** The same wish with other numbers of workers. */
const withWorkers = (count: number, remove: readonly string[] = []): Desired => ({
  ...want,
  generation: want.generation + 1,
  nodegroups: want.nodegroups.map((group) => (group.role === "worker" ? { ...group, count, remove } : group)),
});

const workersOf = (seen: Observed) => {
  const key = want.nodegroups.find((group) => group.role === "worker")?.key.id;
  return seen.nodegroups.find((group) => group.key.id === key)?.nodes ?? [];
};

describe("the Heat driver at a real Heat", () => {
  it(
    "accepts the wish and makes three masters behind a balancer and two workers with their volumes",
    async () => {
      expect(driver.accepts(want)).toEqual([]);
      const seen = await converge((now) => now.state === "ready", 10 * minute);
      expect(site.prepared.nodes?.problems).toEqual([]);
      expect(seen.apiAddress).toMatch(/^https:\/\/127\.24\.4\.\d+:6443$/);
      expect(seen.masterAddresses).toHaveLength(3);
      expect(workersOf(seen)).toHaveLength(2);
      const found = growth(site.before, await site.inventory());
      expect(found).toMatchObject({ servers: 5, volumes: 8, "load balancers": 1, "floating ips": 1, networks: 1 });
    },
    11 * minute,
  );

  it(
    "adds a worker, then removes the one that was named and no other",
    async () => {
      want = withWorkers(3);
      const grown = workersOf(
        await converge((now) => now.state === "ready" && workersOf(now).length === 3, 5 * minute),
      );
      const victim = grown[0]?.serverId ?? "";
      want = withWorkers(2, [victim]);
      const shrunk = workersOf(
        await converge((now) => now.state === "ready" && workersOf(now).length === 2, 5 * minute),
      );
      expect(shrunk.map((node) => node.serverId).sort()).toEqual(
        grown
          .slice(1)
          .map((node) => node.serverId)
          .sort(),
      );
      want = withWorkers(2);
    },
    11 * minute,
  );

  it(
    "shows a failed worker's own words, and replaces it when it is asked to repair",
    async () => {
      failing = 1;
      want = withWorkers(3);
      const failed = await until("a worker has failed", 5 * minute, async () => {
        const seen = await observe();
        const [step] = driver.plan(want, seen, new Date());
        if (step) await twice(step);
        return seen.state === "failed" ? seen : null;
      });
      expect(failed.reason).toContain(words);
      expect(driver.plan(want, failed, new Date())).toEqual([]);
      want = { ...want, repair: true };
      const repaired = await converge((now) => now.state === "ready", 5 * minute);
      expect(workersOf(repaired)).toHaveLength(3);
      want = { ...want, repair: false };
    },
    11 * minute,
  );

  it("finds nothing more to do", async () => {
    expect(driver.plan(want, await observe(), new Date())).toEqual([]);
  });

  it(
    "removes everything that it made",
    async () => {
      want = { ...want, deleting: true };
      await converge((now) => now.state === "absent", 8 * minute);
      expect(await site.inventory()).toEqual(site.before);
    },
    9 * minute,
  );

  it("cannot do anything once the trust is gone", async () => {
    await site.cloud.keystone.deleteTrust(site.access.trustId);
    const refused = await driver.survey(site.clouds.fromTrust(site.access)).catch((error: unknown) => error);
    expect(isOpenStackError(refused, "unauthorized")).toBe(true);
  });
});
