import { describe, expect, it } from "vitest";
import type { BackendState, ClusterDriver, Desired, Health, NodeFact, Observed } from "../../drivers/driver.ts";
import type { ClaimedCluster } from "../db/reconcile.ts";
import { healthDueIn, lookAtHealth } from "./health.ts";
import { paceOf } from "./pace.ts";

const now = new Date("2026-01-02T03:04:05Z");
const ago = (ms: number) => new Date(now.getTime() - ms);

type Given = Partial<Pick<ClaimedCluster["cluster"], "status" | "healthStatus" | "healthCheckedAt" | "labels">> & {
  deletionRequestedAt?: Date;
};
/** What the health's rules read of a claimed cluster. */
function claimed({ deletionRequestedAt, ...cluster }: Given = {}): ClaimedCluster {
  const part: unknown = {
    cluster: { status: "CREATE_COMPLETE", healthStatus: "HEALTHY", healthCheckedAt: now, labels: {}, ...cluster },
    deletionRequestedAt: deletionRequestedAt ?? null,
  };
  return part as ClaimedCluster;
}

const node = (name: string, createdAt: Date | null = null): NodeFact => ({
  serverId: `id-of-${name}`,
  memberId: null,
  coming: false,
  renewalId: null,
  name,
  index: "0",
  status: "ACTIVE",
  privateAddress: null,
  publicAddress: null,
  zone: null,
  flavorId: null,
  imageId: null,
  ready: null,
  version: null,
  createdAt: createdAt?.toISOString() ?? null,
});

const observed = (
  state: BackendState,
  nodes: NodeFact[] = [],
  apiAddress: string | null = "https://192.0.2.7:6443",
): Observed => ({
  backendId: "s-1",
  state,
  reason: null,
  apiAddress,
  apiSilent: false,
  coeVersion: null,
  containerVersion: null,
  masterAddresses: [],
  nodegroups: [
    {
      key: { id: "g", name: "default-worker" },
      backendId: "s-2",
      state,
      reason: null,
      count: nodes.length,
      addresses: [],
      version: null,
      nodes,
    },
  ],
  progress: null,
  failures: [],
  leftovers: [],
});

/** The API says that nodes are ready or not. */
const saying = (nodes: Record<string, boolean>, status?: Health["status"]): Health => ({
  answered: true,
  status: status ?? (Object.values(nodes).every(Boolean) ? "HEALTHY" : "UNHEALTHY"),
  reason: {
    api: "ok",
    ...Object.fromEntries(Object.entries(nodes).map(([name, ready]) => [`${name}.Ready`, ready ? "True" : "False"])),
  },
  nodes: Object.fromEntries(Object.entries(nodes).map(([name, ready]) => [name, { ready, version: null }])),
});

function look(health: Health, seen: Observed, given: Given = {}) {
  const driver: unknown = { health: () => Promise.resolve(health) };
  const want: unknown = {};
  return lookAtHealth(driver as ClusterDriver, claimed(given), want as Desired, seen, now);
}

describe("a cluster's API is asked", () => {
  const pace = paceOf(1);
  it.each<[string, Given, number | null]>([
    ["at once when it never was", { healthCheckedAt: null }, 0],
    ["about every minute while all is well", { healthCheckedAt: ago(10_000) }, 44_000],
    ["again when the minute is over", { healthCheckedAt: ago(60_000) }, 0],
    [
      "about every ten seconds when something is not well",
      { healthStatus: "UNHEALTHY", healthCheckedAt: ago(5000) },
      4000,
    ],
    ["about every minute where nothing answers", { healthStatus: "UNKNOWN", healthCheckedAt: ago(10_000) }, 44_000],
    ["about every ten seconds while it changes", { status: "UPDATE_IN_PROGRESS", healthCheckedAt: ago(5000) }, 4000],
    ["never once its deletion was asked for", { deletionRequestedAt: now, healthCheckedAt: null }, null],
    [
      "never when magnum-auto-healer reports",
      {
        labels: { auto_healing_enabled: "true", auto_healing_controller: "magnum-auto-healer" },
        healthCheckedAt: null,
      },
      null,
    ],
    ["when another healer was chosen", { labels: { auto_healing_enabled: "true" }, healthCheckedAt: null }, 0],
    [
      "when healing is off, whatever the controller",
      {
        labels: { auto_healing_enabled: "false", auto_healing_controller: "magnum-auto-healer" },
        healthCheckedAt: null,
      },
      0,
    ],
  ])("%s", (_when, given, expected) => {
    expect(healthDueIn(claimed(given), pace, now)).toBe(expected);
  });
});

describe("health", () => {
  it("is what the API and the nodes say", async () => {
    const seen = observed("ready", [node("a"), node("b")]);
    expect((await look(saying({ a: true, b: true }), seen)).recorded).toMatchObject({ status: "HEALTHY" });
    expect((await look(saying({ a: true, b: false }), seen)).recorded).toMatchObject({
      status: "UNHEALTHY",
      reason: { "b.Ready": "False" },
    });
  });

  it("is UNKNOWN where the API is not to be reached, with the reason", async () => {
    const reason = { api: "The cluster web-1 is not accessible." };
    const answer: Health = { status: "UNKNOWN", answered: false, reason, nodes: {} };
    expect(await look(answer, observed("ready"))).toEqual({
      recorded: { status: "UNKNOWN", reason: answer.reason },
      nodes: null,
    });
  });

  it("is UNKNOWN while the API has never answered, and UNHEALTHY when it stops answering", async () => {
    const silence: Health = { status: "UNHEALTHY", answered: false, reason: { api: "no answer" }, nodes: {} };
    const after = async (healthStatus: Health["status"], health = silence) =>
      (await look(health, observed("ready"), { healthStatus })).recorded?.status;
    expect(await after(null)).toBe("UNKNOWN");
    expect(await after("UNKNOWN")).toBe("UNKNOWN");
    expect(await after("HEALTHY")).toBe("UNHEALTHY");
    expect(await after("UNHEALTHY")).toBe("UNHEALTHY");
    expect(await after(null, { ...silence, answered: true })).toBe("UNHEALTHY");
  });

  it("is not told of what is still being built, until it is well", async () => {
    const given: Given = { status: "CREATE_IN_PROGRESS" };
    expect((await look(saying({ a: true }), observed("creating", [], null), given)).recorded).toBeNull();
    const old = node("a", ago(3_600_000));
    expect((await look(saying({ a: false }), observed("creating", [old]), given)).recorded).toBeNull();
    expect((await look(saying({ a: true }), observed("creating", [old]), given)).recorded?.status).toBe("HEALTHY");
  });

  it("does not suffer from nodes younger than ten minutes while the cluster changes", async () => {
    const seen = observed("updating", [node("a", ago(3_600_000)), node("b", ago(60_000))]);
    const at = (given: Given) => look(saying({ a: true, b: false }), seen, given).then((one) => one.recorded?.status);
    expect(await at({ status: "UPDATE_IN_PROGRESS" })).toBe("HEALTHY");
    expect(await at({ status: "UPDATE_COMPLETE" })).toBe("UNHEALTHY");
    const older = observed("updating", [node("a", ago(3_600_000)), node("b", ago(660_000))]);
    expect((await look(saying({ a: true, b: false }), older, { status: "UPDATE_IN_PROGRESS" })).recorded?.status).toBe(
      "UNHEALTHY",
    );
  });

  it("does not suffer from nodes whose servers are gone, and does not show them", async () => {
    const found = await look(saying({ a: true, gone: false }), observed("ready", [node("a")]));
    expect(found.recorded).toEqual({ status: "HEALTHY", reason: { api: "ok", "a.Ready": "True" } });
    expect(Object.keys(found.nodes ?? {})).toEqual(["a"]);
    const sick = await look(saying({ a: false, gone: false }), observed("ready", [node("a")]));
    expect(sick.recorded?.status).toBe("UNHEALTHY");
    const otherNames = await look(saying({ "ip-10-0-0-5": false }), observed("ready", [node("a")]));
    expect(otherNames.recorded?.status).toBe("UNHEALTHY");
  });

  it("of a cluster whose back end is gone is UNHEALTHY without asking", async () => {
    expect((await look(saying({ a: true }), observed("absent"))).recorded?.status).toBe("UNHEALTHY");
  });
});

it("what is kept of a health is as long as the cluster is large, whatever its API says", async () => {
  const invented = Object.fromEntries(Array.from({ length: 5000 }, (_, n) => [`${"n".repeat(200)}-${n}`, false]));
  const said = saying({ ...invented, "w-0": true });
  const talkative = { ...said, reason: { ...said.reason, api: "x".repeat(1_000_000) } };
  const driver = { health: () => Promise.resolve(talkative) } as unknown as ClusterDriver;
  // Not all of its servers are known yet: a name that is none of theirs may be a node's all the same.
  const look = await lookAtHealth(driver, claimed(), {} as Desired, observed("updating", [node("w-0")]), now);
  expect(look.recorded?.reason["w-0.Ready"]).toBe("True");
  expect(JSON.stringify(look).length).toBeLessThan(20_000);
});
