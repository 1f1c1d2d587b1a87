// Heat's OS::Magnum::ClusterTemplate and OS::Magnum::Cluster: what the resources send and which states they wait for. A real
// Heat does the same in e2e/openstack.
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { until } from "../../lifecycle/until.ts";
import { list } from "../../openstack/session.ts";
import { enter } from "../waiting.ts";
import { callerOf, pythonClient } from "./caller.ts";
import type { Caller } from "./caller.ts";

let send: Caller;
let network = "";
beforeAll(async () => {
  const admin = await enter("admin", "demo");
  send = callerOf(admin, pythonClient());
  const named = z.object({ id: z.string(), name: z.string() });
  const networks = await list(admin, `${admin.at("network")}/v2.0/networks`, "networks", named);
  network = networks.find(({ name }) => name === "public")?.id ?? "";
});
const Made = z.looseObject({ uuid: z.uuid() });

const attributes = [
  ...["api_address", "stack_id", "coe_version", "master_addresses", "status", "master_count", "node_addresses"],
  ...["status_reason", "node_count", "name", "container_version", "discovery_url", "cluster_template_id", "keypair"],
  "create_timeout",
];

describe("Heat", () => {
  let template = "";
  let cluster = "";

  /** As check_update_complete and check_create_complete do it: any other status is an error. */
  const wait = (what: string, path: string, during: readonly string[], end: string) =>
    until(what, 180_000, async () => {
      const { status } = z.looseObject({ status: z.string() }).parse((await send("GET", path)).body);
      if (status === end) return true;
      if (!during.includes(status)) throw new Error(`Unknown status ${status}`);
      return false;
    });

  it("ClusterTemplate: creates with its defaults, networks by id", async () => {
    const made = await send("POST", "/clustertemplates", {
      name: "stack-template-abcdefghijkl",
      image_id: "fedora-coreos-38",
      flavor_id: "m1.small",
      master_flavor_id: "m1.small",
      keypair_id: "mykey",
      external_network_id: network,
      docker_volume_size: 3,
      docker_storage_driver: "devicemapper",
      coe: "kubernetes",
      network_driver: "flannel",
      tls_disabled: false,
      public: false,
      registry_enabled: false,
      server_type: "vm",
      master_lb_enabled: true,
      floating_ip_enabled: true,
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    template = Made.parse(made.body).uuid;
  });

  it("ClusterTemplate: an update of `public` ends in UPDATE_COMPLETE", async () => {
    const patch = [{ op: "replace", path: "/public", value: true }];
    expect((await send("PATCH", `/clustertemplates/${template}`, patch)).status).toBe(200);
    await wait("template is updated", `/clustertemplates/${template}`, ["UPDATE_IN_PROGRESS"], "UPDATE_COMPLETE");
  });

  it("Cluster: creates with all seven keys, nulls too, and waits for CREATE_COMPLETE", async () => {
    const made = await send("POST", "/clusters", {
      name: "stack-cluster-abcdefghijkl",
      cluster_template_id: template,
      keypair: null,
      node_count: 1,
      master_count: 1,
      discovery_url: null,
      create_timeout: 60,
    });
    expect(made.status, JSON.stringify(made.body)).toBe(202);
    cluster = Made.parse(made.body).uuid;
    await wait("cluster is created", `/clusters/${cluster}`, ["CREATE_IN_PROGRESS"], "CREATE_COMPLETE");
  });

  it("Cluster: has every attribute that a template may ask for", async () => {
    const { body } = await send("GET", `/clusters/${cluster}`);
    const shown = z.record(z.string(), z.unknown()).parse(body);
    expect(attributes.filter((name) => !(name in shown))).toEqual([]);
    expect(shown).toMatchObject({ keypair: "mykey", node_count: 1, cluster_template_id: template });
  });

  it("Cluster: an update of node_count passes through UPDATE_IN_PROGRESS to UPDATE_COMPLETE", async () => {
    const patch = [{ op: "replace", path: "/node_count", value: 2 }];
    expect((await send("PATCH", `/clusters/${cluster}`, patch)).status).toBe(202);
    const during = ["UPDATE_IN_PROGRESS", "CREATE_COMPLETE"];
    await wait("cluster is updated", `/clusters/${cluster}`, during, "UPDATE_COMPLETE");
  });

  it("Cluster: an update of what Magnum does not change is refused", async () => {
    const patch = [{ op: "replace", path: "/master_count", value: 3 }];
    const refused = await send("PATCH", `/clusters/${cluster}`, patch);
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ errors: [{ title: expect.stringContaining("master_count") }] });
  });

  it("both: delete until 404, and once more", async () => {
    expect((await send("DELETE", `/clusters/${cluster}`)).status).toBe(204);
    await until("cluster is gone", 180_000, async () => (await send("GET", `/clusters/${cluster}`)).status === 404);
    expect((await send("DELETE", `/clusters/${cluster}`)).status).toBe(404);
    expect((await send("DELETE", `/clustertemplates/${template}`)).status).toBe(204);
  });
});
