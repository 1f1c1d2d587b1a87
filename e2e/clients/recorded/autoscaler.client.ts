// cluster-autoscaler's Magnum provider: sizes from our API, nodes from the Heat stack behind a node group.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { Session } from "../../openstack/session.ts";
import { enter, watchAs } from "../waiting.ts";
import type { Watch } from "../waiting.ts";
import { callerOf, gophercloud } from "./caller.ts";
import type { Caller } from "./caller.ts";
import { minionsOf } from "./minions.ts";

const Group = z.looseObject({
  uuid: z.string(),
  name: z.string(),
  role: z.string(),
  node_count: z.number(),
  min_node_count: z.number(),
  max_node_count: z.number().nullable(),
  stack_id: z.string(),
});
describe("cluster-autoscaler", () => {
  let send: Caller;
  let demo: Session;
  let watch: Watch;
  let cluster = "";

  beforeAll(async () => {
    demo = await enter("demo");
    send = callerOf(demo, gophercloud("container-infra 1.9"));
    watch = watchAs(demo);
    await send("POST", "/clusters", { name: "scaled", cluster_template_id: "kubernetes-dev", node_count: 2 });
    await watch.until("scaled", "CREATE_COMPLETE");
    await send("PATCH", "/clusters/scaled/nodegroups/default-worker", [
      { op: "replace", path: "/max_node_count", value: 4 },
      { op: "replace", path: "/min_node_count", value: 1 },
    ]);
    await watch.until("scaled", "UPDATE_COMPLETE");
  });
  afterAll(async () => {
    await send("DELETE", "/clusters/scaled");
  });

  const nodes = async (group: string) => {
    const { body } = await send("GET", `/clusters/${cluster}/nodegroups/${group}`);
    return minionsOf(demo, Group.parse(body).stack_id);
  };

  it("turns the cluster's name into its id", async () => {
    const { status, body } = await send("GET", "/clusters/scaled");
    expect(status).toBe(200);
    cluster = z.looseObject({ uuid: z.uuid() }).parse(body).uuid;
  });

  it("finds the groups that may be scaled: those with a maximum, read one by one", async () => {
    const listed = z.object({ nodegroups: z.array(z.looseObject({ uuid: z.string(), role: z.string() })) });
    const { nodegroups } = listed.parse((await send("GET", `/clusters/${cluster}/nodegroups`)).body);
    const groups = [];
    for (const { uuid, role } of nodegroups) {
      if (role === "master") continue;
      groups.push(Group.parse((await send("GET", `/clusters/${cluster}/nodegroups/${uuid}`)).body));
    }
    expect(groups).toMatchObject([
      { name: "default-worker", role: "worker", node_count: 2, min_node_count: 1, max_node_count: 4 },
    ]);
  });

  it("finds the group's servers through its Heat stack", async () => {
    const { statuses, refsMap } = await nodes("default-worker");
    expect(statuses).toHaveLength(2);
    for (const status of statuses) expect(status).toMatch(/^(CREATE|UPDATE)_COMPLETE$/);
    expect(Object.values(refsMap).toSorted()).toEqual((await watch.servers(/^scaled-.*-node-/)).toSorted());
  });

  it("scales up, and while that goes on once more", async () => {
    const resize = (count: number) =>
      send("POST", `/clusters/${cluster}/actions/resize`, { node_count: count, nodegroup: "default-worker" });
    expect((await resize(3)).status).toBe(202);
    expect((await resize(4)).status).toBe(202);
    await watch.until("scaled", "UPDATE_COMPLETE");
    expect(Object.values((await nodes("default-worker")).refsMap)).toHaveLength(4);
    expect((await resize(5)).status).toBe(400);
  });

  it("scales down by server, and by index where there is no server yet", async () => {
    const before = (await nodes("default-worker")).refsMap;
    const [[, first = ""] = [], [second = "", byIndex = ""] = []] = Object.entries(before);
    const answer = await send("POST", `/clusters/${cluster}/actions/resize`, {
      node_count: 2,
      nodes_to_remove: [first, second],
      nodegroup: "default-worker",
    });
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    await watch.until("scaled", "UPDATE_COMPLETE");
    const left = Object.values((await nodes("default-worker")).refsMap).toSorted();
    expect(left).toEqual(
      Object.values(before)
        .filter((id) => id !== first && id !== byIndex)
        .toSorted(),
    );
    expect((await watch.servers(/^scaled-.*-node-/)).toSorted()).toEqual(left);
  });
});
