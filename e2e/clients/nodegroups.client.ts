import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { expectAllRun, openShell } from "./openstack.ts";
import { properties } from "./table.ts";
import { enter, watchAs } from "./waiting.ts";
import type { Watch } from "./waiting.ts";

const shell = openShell("demo");
let watch: Watch;
beforeAll(async () => {
  watch = watchAs(await enter("demo"));
  const args = ["--cluster-template", "kubernetes-dev", "--keypair", "mykey", "--labels", "team=blue"];
  await shell.print("coe cluster create", "pools", ...args);
  await watch.until("pools", "CREATE_COMPLETE");
});
afterAll(() => shell.remove());

const all = {
  uuid: "<uuid>",
  name: "gpu",
  cluster_id: "<uuid>",
  project_id: "<id>",
  docker_volume_size: "6",
  labels: "{'team': 'red', 'extra': '1'}",
  labels_overridden: "{'team': 'blue'}",
  labels_skipped: "{}",
  labels_added: "{'extra': '1'}",
  flavor_id: "m1.medium",
  image_id: "fedora-coreos-38",
  node_addresses: "['<address>', '<address>']",
  node_count: "2",
  role: "gpu",
  max_node_count: "4",
  min_node_count: "1",
  is_default: "False",
  stack_id: "<uuid>",
  status: "CREATE_COMPLETE",
  status_reason: "None",
};

describe("openstack coe nodegroup", () => {
  it("list: the two that every cluster has", async () => {
    const listed = await shell.table("coe nodegroup list", "pools", "--sort-key", "name", "--sort-dir", "desc");
    expect(listed.columns).toEqual(["uuid", "name", "flavor_id", "image_id", "node_count", "status", "role"]);
    expect(listed.rows.map(({ uuid: _, image_id: __, ...row }) => row)).toEqual([
      { name: "default-worker", flavor_id: "m1.small", node_count: "1", status: "CREATE_COMPLETE", role: "worker" },
      { name: "default-master", flavor_id: "m1.medium", node_count: "1", status: "CREATE_COMPLETE", role: "master" },
    ]);
  });

  it("create: with every option, and its nodes come up", async () => {
    const args = [
      ...["--docker-volume-size", "6", "--node-count", "2", "--min-nodes", "1", "--max-nodes", "4", "--role", "gpu"],
      ...["--image", "fedora-coreos-38", "--flavor", "m1.medium"],
      ...["--merge-labels", "--labels", "team=red", "--labels", "extra=1"],
    ];
    const accepted = await shell.print("coe nodegroup create", "pools", "gpu", ...args);
    expect(accepted).toMatch(/^Request to create nodegroup [0-9a-f-]{36} accepted\n$/);
    await watch.until("pools", "UPDATE_COMPLETE");
    expect(properties(await shell.table("coe nodegroup show", "pools", "gpu"))).toEqual(all);
    expect(await watch.servers(/^pools-.*-gpu-/)).toHaveLength(2);
  });

  it("create: without an option it is like the cluster", async () => {
    await shell.print("coe nodegroup create", "pools", "more");
    await watch.until("pools", "UPDATE_COMPLETE");
    const shown = properties(await shell.table("coe nodegroup show", "pools", "more"));
    expect(shown).toMatchObject({
      labels: "{'team': 'blue'}",
      labels_added: "{}",
      flavor_id: "m1.small",
      node_count: "1",
      role: "worker",
      min_node_count: "0",
      max_node_count: "None",
      docker_volume_size: "None",
      status: "CREATE_COMPLETE",
    });
  });

  it("create: a name that is taken is refused", async () => {
    const refused = await shell.run("coe nodegroup create", "pools", "gpu");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^A node group with name gpu already exists in the cluster pools.* \(HTTP 409\)/);
  });

  it("list: by role and by page", async () => {
    const names = async (...args: string[]) => {
      const rows = z.array(z.object({ name: z.string() }));
      return (await shell.json(rows, "coe nodegroup list", "pools", ...args)).map(({ name }) => name);
    };
    expect(await names("--role", "gpu")).toEqual(["gpu"]);
    expect(await names("--limit", "3", "--sort-key", "name")).toEqual(["default-master", "default-worker", "gpu"]);
  });

  it("update: its bounds, at once", async () => {
    const printed = await shell.print(
      "coe nodegroup update",
      "pools",
      "gpu",
      "replace",
      "min_node_count=2",
      "max_node_count=5",
    );
    expect(printed.trim()).toBe("Request to update nodegroup gpu has been accepted.");
    await shell.print("coe nodegroup update", "pools", "gpu", "remove", "/max_node_count");
    await watch.until("pools", "UPDATE_COMPLETE");
    const shown = properties(await shell.table("coe nodegroup show", "pools", "gpu"));
    expect(shown).toEqual({ ...all, min_node_count: "2", max_node_count: "None", status: "UPDATE_COMPLETE" });
  });

  it("update: what is decided elsewhere is refused", async () => {
    const refused = await shell.run("coe nodegroup update", "pools", "gpu", "replace", "node_count=3");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^'\/node_count' is an internal attribute and can not be updated.* \(HTTP 400\)/);
  });

  it("resize: within its bounds", async () => {
    const refused = await shell.run("coe cluster resize", "pools", "1", "--nodegroup", "gpu");
    expect(refused.stderr).toMatch(
      /^Resizing gpu outside the allowed range: min_node_count = 2, max_node_count = None.* \(HTTP 400\)/,
    );
    await shell.print("coe cluster resize", "pools", "3", "--nodegroup", "gpu");
    await watch.until("pools", "UPDATE_COMPLETE");
    expect(await watch.servers(/^pools-.*-gpu-/)).toHaveLength(3);
  });

  it("delete: several at once with their nodes, never a default one", async () => {
    const refused = await shell.run("coe nodegroup delete", "pools", "default-worker");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toMatch(/^Deleting a default nodegroup is not supported.* \(HTTP 400\)/);
    const printed = await shell.print("coe nodegroup delete", "pools", "gpu", "more");
    expect(printed.trim().split("\n")).toEqual([
      "Request to delete nodegroup gpu has been accepted.",
      "Request to delete nodegroup more has been accepted.",
    ]);
    await watch.until("pools", "UPDATE_COMPLETE");
    expect(await watch.servers(/^pools-/)).toHaveLength(2);
    const gone = await shell.run("coe nodegroup show", "pools", "gpu");
    expect(gone.stderr).toMatch(/^Nodegroup gpu could not be found.* \(HTTP 404\)/);
  });

  it("runs every command and option that the client has for node groups", () => expectAllRun("coe nodegroup"));
});
