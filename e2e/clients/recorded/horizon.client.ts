// Horizon's panel: python-magnumclient at 1.13, every value of a form as text, null as the empty text.
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { signingRequest } from "../../kubernetes/signing-request.ts";
import { enter, watchAs } from "../waiting.ts";
import type { Watch } from "../waiting.ts";
import { call } from "../../openstack/session.ts";
import type { Session } from "../../openstack/session.ts";
import { callerOf, heatOf, pythonClient } from "./caller.ts";
import type { Caller } from "./caller.ts";

let demo: Session;
let send: Caller;
let watch: Watch;
beforeAll(async () => {
  demo = await enter("demo");
  send = callerOf(demo, pythonClient("1.13"));
  watch = watchAs(demo);
});
const Made = z.looseObject({ uuid: z.uuid() });

describe("Horizon", () => {
  let template = "";
  let cluster = "";

  it("creates a template out of a form of texts", async () => {
    const made = await send("POST", "/clustertemplates", {
      name: "panel",
      coe: "kubernetes",
      image_id: "fedora-coreos-38",
      flavor_id: "m1.small",
      master_flavor_id: "m1.small",
      keypair_id: "",
      external_network_id: "public",
      fixed_network: "",
      fixed_subnet: "",
      network_driver: "",
      volume_driver: "",
      docker_storage_driver: "overlay2",
      docker_volume_size: "3",
      dns_nameserver: "",
      http_proxy: "",
      https_proxy: "",
      no_proxy: "",
      insecure_registry: "",
      public: "False",
      hidden: "False",
      registry_enabled: "False",
      tls_disabled: "False",
      master_lb_enabled: "False",
      floating_ip_enabled: "True",
      labels: { kube_tag: "v1.34.1" },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(201);
    template = Made.parse(made.body).uuid;
    expect(made.body).toMatchObject({
      docker_volume_size: 3,
      public: false,
      floating_ip_enabled: true,
      keypair_id: null,
      fixed_network: null,
      network_driver: "flannel",
      http_proxy: null,
      labels: { kube_tag: "v1.34.1" },
    });
  });

  it("changes a template with texts, labels as Python writes them", async () => {
    const patch = [
      { op: "replace", path: "/docker_volume_size", value: "5" },
      { op: "replace", path: "/master_lb_enabled", value: "True" },
      { op: "replace", path: "/labels", value: "{'kube_tag': 'v1.34.1', 'note': 'it\\'s'}" },
    ];
    const changed = await send("PATCH", `/clustertemplates/${template}`, patch);
    expect(changed.status, JSON.stringify(changed.body)).toBe(200);
    expect(changed.body).toMatchObject({
      docker_volume_size: 5,
      master_lb_enabled: true,
      labels: { kube_tag: "v1.34.1", note: "it's" },
    });
  });

  it("reads its tables in detail", async () => {
    const { body, status } = await send("GET", "/clustertemplates/detail");
    expect(status).toBe(200);
    const { clustertemplates } = z
      .object({ clustertemplates: z.array(z.looseObject({ uuid: z.string() })) })
      .parse(body);
    expect(clustertemplates.map(({ uuid }) => uuid)).toContain(template);
  });

  it("creates a cluster out of a form of texts", async () => {
    const made = await send("POST", "/clusters", {
      name: "panel",
      cluster_template_id: template,
      keypair: "mykey",
      create_timeout: "60",
      discovery_url: "",
      docker_volume_size: "",
      fixed_network: "",
      fixed_subnet: "",
      flavor_id: "m1.small",
      master_flavor_id: "m1.small",
      master_count: "1",
      node_count: "2",
      floating_ip_enabled: "True",
      master_lb_enabled: "False",
      merge_labels: "True",
      labels: { auto_scaling_enabled: "False" },
    });
    expect(made.status, JSON.stringify(made.body)).toBe(202);
    cluster = Made.parse(made.body).uuid;
    await watch.until(cluster, "CREATE_COMPLETE");
    const { body } = await send("GET", `/clusters/${cluster}`);
    expect(body).toMatchObject({ node_count: 2, docker_volume_size: 5, labels: { auto_scaling_enabled: "False" } });
    // At its version Horizon reads the one name, tools that ask for the newest read the other.
    expect(body).toHaveProperty("stack_id");
    expect(body).toHaveProperty("cluster_id");
  });

  it("updates and resizes with texts", async () => {
    const updated = await send("PATCH", `/clusters/${cluster}`, [{ op: "replace", path: "/node_count", value: "1" }]);
    expect(updated.status, JSON.stringify(updated.body)).toBe(202);
    await watch.until(cluster, "UPDATE_COMPLETE");
    const groups = await send("GET", `/clusters/${cluster}/nodegroups/`);
    expect(groups.body).toMatchObject({ nodegroups: [{ role: "master" }, { role: "worker", node_count: 1 }] });
    const body = { node_count: "2", nodes_to_remove: [], nodegroup: "default-worker" };
    expect((await send("POST", `/clusters/${cluster}/actions/resize`, body)).status).toBe(202);
    await watch.until(cluster, "UPDATE_COMPLETE");
  });

  it("fills its resize dialog with the servers of the default workers, and one that is chosen there goes", async () => {
    const group = { name: "node-pool", node_count: "1", flavor_id: "m1.small" };
    expect((await send("POST", `/clusters/${cluster}/nodegroups/`, group)).status).toBe(202);
    await watch.until(cluster, "UPDATE_COMPLETE");
    // The dialog's own sequence: the cluster, its stack, and servers by the start of their names.
    const shown = z.looseObject({ stack_id: z.string() }).parse((await send("GET", `/clusters/${cluster}`)).body);
    const Stack = z.object({ stack: z.looseObject({ stack_name: z.string() }) });
    const name = (await heatOf(demo).get(`/stacks/${shown.stack_id}`, Stack)).stack.stack_name;
    const Servers = z.object({ servers: z.array(z.looseObject({ id: z.string(), name: z.string() })) });
    const offered = async () => {
      const answer = await call("GET", `${demo.at("compute")}/servers/detail?name=${name}-`, demo);
      const starts = [`${name}-minion`, `${name}-node`];
      return Servers.parse(await answer.json()).servers.filter((one) =>
        starts.some((word) => one.name.startsWith(word)),
      );
    };
    const [first, second, ...others] = await offered();
    expect(others).toEqual([]);
    expect([first?.name, second?.name].map((one) => one?.replace(name, "")).toSorted()).toEqual([
      expect.stringMatching(/^-node-[0-9a-f]{8}-\d+$/),
      expect.stringMatching(/^-node-[0-9a-f]{8}-\d+$/),
    ]);
    const chosen = { node_count: "1", nodes_to_remove: [first?.id] };
    expect((await send("POST", `/clusters/${cluster}/actions/resize`, chosen)).status).toBe(202);
    await watch.until(cluster, "UPDATE_COMPLETE");
    expect((await offered()).map((one) => one.id)).toEqual([second?.id]);
  });

  it("shows and signs certificates, and rotates the authority with an empty body", async () => {
    expect((await send("GET", `/certificates/${cluster}`)).body).toMatchObject({ cluster_uuid: cluster });
    const { csr } = await signingRequest("O=system:masters, CN=admin");
    expect((await send("POST", "/certificates", { cluster_uuid: cluster, csr })).status).toBe(201);
    // Its one control plane node is changed in place; the empty body is no reason for a refusal.
    const rotated = await send("PATCH", `/certificates/${cluster}`);
    expect(rotated.status, JSON.stringify(rotated.body)).toBe(202);
    await watch.until(cluster, "UPDATE_COMPLETE");
  });

  it("reads quota and stats of the project", async () => {
    const project = (await enter("demo")).projectId ?? "";
    const quota = await send("GET", `/quotas/${project}/Cluster`);
    expect(quota.body).toMatchObject({ hard_limit: expect.any(Number), project_id: project, resource: "Cluster" });
    const stats = await send("GET", `/stats?project_id=${project}`);
    expect(stats.body).toEqual({ clusters: expect.any(Number), nodes: expect.any(Number) });
  });

  it("deletes", async () => {
    expect((await send("DELETE", `/clusters/${cluster}`)).status).toBe(204);
    await watch.gone(cluster);
    expect((await send("DELETE", `/clustertemplates/${template}`)).status).toBe(204);
  });
});
