// magnum-auto-healer: asks whether it may act, writes what it finds, has workers rebuilt.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { enter, watchAs } from "../waiting.ts";
import type { Watch } from "../waiting.ts";
import { callerOf, gophercloud, heatOf } from "./caller.ts";
import type { Caller } from "./caller.ts";

/** What Go's library decodes. */
const Cluster = z.looseObject({
  status: z.string(),
  stack_id: z.string(),
  node_count: z.number(),
  labels: z.record(z.string(), z.string()),
});

describe("magnum-auto-healer", () => {
  let send: Caller;
  let watch: Watch;
  let heat: ReturnType<typeof heatOf>;
  const show = async () => Cluster.parse((await send("GET", "/clusters/healed")).body);

  beforeAll(async () => {
    const demo = await enter("demo");
    send = callerOf(demo, gophercloud("container-infra latest"));
    watch = watchAs(demo);
    heat = heatOf(demo);
    const labels = { auto_healing_enabled: true, auto_healing_controller: "magnum-auto-healer" };
    await send("POST", "/clusters", { name: "healed", cluster_template_id: "kubernetes-dev", node_count: 2, labels });
    await watch.until("healed", "CREATE_COMPLETE");
  });
  afterAll(async () => {
    await send("DELETE", "/clusters/healed");
  });

  const report = async (status: string, reason: Record<string, string>) => {
    const python = JSON.stringify({ updated_at: "2026-11-21 02:16:31.31 +0000 UTC m=+30.1", ...reason });
    const answer = await send("PATCH", "/clusters/healed", [
      { op: "replace", path: "/health_status", value: status },
      { op: "replace", path: "/health_status_reason", value: python.replaceAll('"', "'") },
    ]);
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  };

  it("may act: the label parses, the status is complete, the stack resolves and is not being updated", async () => {
    const cluster = await show();
    expect(["1", "t", "T", "true", "TRUE", "True"]).toContain(cluster.labels["auto_healing_enabled"]);
    expect(cluster.status).toMatch(/_COMPLETE$/);
    const shape = z.object({ stack: z.looseObject({ stack_name: z.string(), stack_status: z.string() }) });
    const { stack } = await heat.get(`/stacks/${cluster.stack_id}`, shape);
    const named = await heat.get(`/stacks/${stack.stack_name}/${cluster.stack_id}`, shape);
    expect(["UPDATE_IN_PROGRESS", "UPDATE_FAILED"]).not.toContain(named.stack.stack_status);
  });

  it("writes health without moving the status, and finds it complete at once", async () => {
    await report("HEALTHY", { api: "ok", nodes: "ok" });
    expect(await show()).toMatchObject({
      status: "CREATE_COMPLETE",
      health_status: "HEALTHY",
      health_status_reason: { api: "ok", nodes: "ok", updated_at: expect.stringContaining("UTC") },
    });
    await report("UNHEALTHY", { "healed-node-0.NodeCondition": "error" });
    expect(await show()).toMatchObject({
      status: "CREATE_COMPLETE",
      health_status: "UNHEALTHY",
      health_status_reason: { "healed-node-0.NodeCondition": "error" },
    });
  });

  it("finds the node group of a node by its address", async () => {
    const groups = z.object({ nodegroups: z.array(z.looseObject({ uuid: z.string(), name: z.string() })) });
    const { nodegroups } = groups.parse((await send("GET", "/clusters/healed/nodegroups")).body);
    const worker = nodegroups.find(({ name }) => name === "default-worker")?.uuid ?? "";
    const { body } = await send("GET", `/clusters/healed/nodegroups/${worker}`);
    const { node_addresses: addresses } = z.looseObject({ node_addresses: z.array(z.string()) }).parse(body);
    expect(addresses).toHaveLength(2);
  });

  it("has a worker rebuilt: the same count, one server to remove", async () => {
    const before = await watch.servers(/^healed-.*-node-/);
    const victim = before[0] ?? "";
    const body = { node_count: 2, nodes_to_remove: [victim], nodegroup: "default-worker" };
    expect((await send("POST", "/clusters/healed/actions/resize", body)).status).toBe(202);
    // While that goes on it reports again.
    await report("UNHEALTHY", { "healed-node-0.NodeCondition": "error" });
    await watch.until("healed", "UPDATE_COMPLETE");
    const after = await watch.servers(/^healed-.*-node-/);
    expect(after).toHaveLength(2);
    expect(after).not.toContain(victim);
    expect(after).toContain(before[1]);
  });
});
