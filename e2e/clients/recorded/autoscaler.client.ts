// cluster-autoscaler's Magnum provider: sizes from our API, nodes from the Heat stack behind a node group.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { enter, watchAs } from "../waiting.ts";
import type { Watch } from "../waiting.ts";
import { callerOf, gophercloud, heatOf } from "./caller.ts";
import type { Caller } from "./caller.ts";

const Group = z.looseObject({
  uuid: z.string(),
  name: z.string(),
  role: z.string(),
  node_count: z.number(),
  min_node_count: z.number(),
  max_node_count: z.number().nullable(),
  stack_id: z.string(),
});
const Stack = z.object({
  stack: z.looseObject({
    id: z.string(),
    stack_name: z.string(),
    outputs: z.array(z.looseObject({ output_key: z.string(), output_value: z.unknown() })).optional(),
  }),
});
const Resource = z.looseObject({
  resource_name: z.string(),
  resource_status: z.string(),
  physical_resource_id: z.string(),
});

describe("cluster-autoscaler", () => {
  let send: Caller;
  let heat: ReturnType<typeof heatOf>;
  let watch: Watch;
  let cluster = "";

  beforeAll(async () => {
    const demo = await enter("demo");
    send = callerOf(demo, gophercloud("container-infra 1.9"));
    heat = heatOf(demo);
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

  /** Server ids by index, as the provider works them out. */
  const nodes = async (group: string) => {
    const { stack_id: stackId } = Group.parse((await send("GET", `/clusters/${cluster}/nodegroups/${group}`)).body);
    const { stack } = await heat.get(`/stacks/${stackId}`, Stack);
    const minions = await heat.get(
      `/stacks/${stack.stack_name}/${stackId}/resources/kube_minions`,
      z.object({ resource: Resource }),
    );
    const nested = (await heat.get(`/stacks/${minions.resource.physical_resource_id}`, Stack)).stack;
    const at = `/stacks/${nested.stack_name}/${nested.id}`;
    const { resources } = await heat.get(`${at}/resources`, z.object({ resources: z.array(Resource) }));
    const { outputs = [] } = (await heat.get(at, Stack)).stack;
    const refs = outputs.find(({ output_key: key }) => key === "refs_map")?.output_value;
    const refsMap = z.record(z.string(), z.string()).parse(refs);
    return { statuses: resources.map(({ resource_status: status }) => status), refsMap };
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
    expect(Object.values(refsMap).toSorted()).toEqual((await watch.servers(/^scaled-.*-default-work/)).toSorted());
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
    expect((await watch.servers(/^scaled-.*-default-work/)).toSorted()).toEqual(left);
  });
});
