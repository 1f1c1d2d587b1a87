// gophercloud and Terraform's provider: what they send, which codes they accept, which types they decode.
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { z } from "zod";
import { renderKubeconfig } from "../../../server/domain/kubeconfig.ts";
import { hasKubectl } from "../kubectl.ts";
import { kubectl } from "../../kubernetes/kubectl.ts";
import { signingRequest } from "../../kubernetes/signing-request.ts";
import { enter, watchAs } from "../waiting.ts";
import type { Watch } from "../waiting.ts";
import { callerOf, gophercloud } from "./caller.ts";
import type { Caller } from "./caller.ts";

/** RFC 3339 with an offset, as Go parses it. */
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/);
const words = z.record(z.string(), z.string());
const Template = z.looseObject({
  uuid: z.uuid(),
  name: z.string(),
  created_at: time,
  updated_at: time.nullable(),
  labels: words,
  docker_volume_size: z.number().nullable(),
  apiserver_port: z.number().nullable(),
  links: z.array(z.looseObject({ href: z.url(), rel: z.string() })),
});
const Cluster = z.looseObject({
  uuid: z.uuid(),
  name: z.string(),
  status: z.string(),
  status_reason: z.string().nullable(),
  stack_id: z.string(),
  api_address: z.string().nullable(),
  coe_version: z.string().nullable(),
  create_timeout: z.number().nullable(),
  created_at: time,
  updated_at: time.nullable(),
  docker_volume_size: z.number().nullable(),
  faults: words.optional(),
  floating_ip_enabled: z.boolean(),
  labels: words,
  links: z.array(z.looseObject({ href: z.url() })),
  master_addresses: z.array(z.string()),
  master_count: z.number(),
  master_lb_enabled: z.boolean(),
  node_addresses: z.array(z.string()),
  node_count: z.number(),
});
const Nodegroup = z.looseObject({
  id: z.number(),
  uuid: z.uuid(),
  name: z.string(),
  cluster_id: z.uuid(),
  labels: words,
  links: z.array(z.looseObject({ href: z.url() })),
  node_addresses: z.array(z.string()),
  node_count: z.number(),
  role: z.string(),
  min_node_count: z.number(),
  max_node_count: z.number().nullable(),
  is_default: z.boolean(),
  stack_id: z.string().nullable(),
  status: z.string(),
  version: z.string().nullable(),
  created_at: time,
  updated_at: time.nullable(),
});
const Made = z.object({ uuid: z.uuid() });

describe.each([
  ["today's library", "container-infrastructure-management 1.9"],
  ["the library before it", "container-infra 1.9"],
])("gophercloud: %s", (_, version) => {
  let send: Caller;
  beforeAll(async () => {
    send = callerOf(await enter("demo"), gophercloud(version));
  });

  it("finds the versions at the root", async () => {
    const root = new URL("/", inject("apiUrl")).href;
    const shape = z.object({
      versions: z.array(
        z.looseObject({ id: z.string(), status: z.string(), min_version: z.string(), max_version: z.string() }),
      ),
    });
    expect(shape.parse((await send("GET", root)).body).versions).toMatchObject([
      { id: "v1", status: "CURRENT", min_version: "1.1" },
    ]);
  });

  it("is answered with the server's own word for the service", async () => {
    const { status, headers } = await send("GET", "/clusters");
    expect(status).toBe(200);
    expect(headers.get("openstack-api-version")).toBe("container-infrastructure-management 1.9");
  });
});

describe("gophercloud: templates", () => {
  let send: Caller;
  beforeAll(async () => {
    send = callerOf(await enter("demo"), gophercloud("container-infra 1.9"));
  });

  it("creates with what is set alone, and finds every field in the answer", async () => {
    const wish = {
      coe: "kubernetes",
      dns_nameserver: "8.8.8.8",
      docker_storage_driver: "devicemapper",
      docker_volume_size: 3,
      external_network_id: "public",
      flavor_id: "m1.small",
      image_id: "fedora-coreos-38",
      labels: { kube_tag: "v1.34.1" },
      master_flavor_id: "m1.small",
      master_lb_enabled: false,
      name: "gopher",
      network_driver: "flannel",
      server_type: "vm",
      volume_driver: "cinder",
    };
    const made = await send("POST", "/clustertemplates", wish);
    expect(made.status).toBe(201);
    expect(made.headers.get("x-openstack-request-id")).toMatch(/^req-/);
    expect(made.headers.get("location")).toContain("/v1/clustertemplates/");
    expect(Template.parse(made.body)).toMatchObject(wish);
  });

  it("lists, updates by patch and deletes", async () => {
    const listed = z
      .object({ clustertemplates: z.array(Template) })
      .parse((await send("GET", "/clustertemplates")).body);
    const id = listed.clustertemplates.find(({ name }) => name === "gopher")?.uuid ?? "";
    const patch = [
      { op: "replace", path: "/name", value: "gopher-2" },
      { op: "replace", path: "/master_lb_enabled", value: "True" },
      { op: "replace", path: "/registry_enabled", value: "True" },
      { op: "add", path: "/labels/test", value: "test" },
    ];
    const updated = await send("PATCH", `/clustertemplates/${id}`, patch);
    expect(updated.status).toBe(200);
    expect(Template.parse(updated.body)).toMatchObject({
      uuid: id,
      name: "gopher-2",
      master_lb_enabled: true,
      registry_enabled: true,
      labels: { kube_tag: "v1.34.1", test: "test" },
    });
    expect((await send("DELETE", `/clustertemplates/${id}`)).status).toBe(204);
    expect((await send("GET", `/clustertemplates/${id}`)).status).toBe(404);
  });
});

describe("gophercloud: clusters and node groups", () => {
  let send: Caller;
  let watch: Watch;
  let id = "";
  const show = async () => Cluster.parse((await send("GET", `/clusters/${id}`)).body);
  const groups = `clusters/gopher/nodegroups`;
  beforeAll(async () => {
    const demo = await enter("demo");
    send = callerOf(demo, gophercloud("container-infrastructure-management 1.9"));
    watch = watchAs(demo);
  });

  it("an empty name is refused: what Terraform sends for none", async () => {
    const body = { cluster_template_id: "kubernetes-dev", name: "", create_timeout: null };
    expect((await send("POST", "/clusters", body)).status).toBe(400);
  });

  it("creates, and may ask for it at once", async () => {
    const body = {
      cluster_template_id: "kubernetes-dev",
      create_timeout: null,
      discovery_url: "",
      docker_volume_size: 5,
      flavor_id: "m1.small",
      keypair: "mykey",
      master_count: 1,
      master_flavor_id: "m1.small",
      name: "gopher",
      node_count: 1,
      merge_labels: false,
    };
    const made = await send("POST", "/clusters", body);
    expect(made.status).toBe(202);
    expect(made.headers.get("x-openstack-request-id")).toMatch(/^req-/);
    id = Made.parse(made.body).uuid;
    expect((await send("GET", `/clusters/${id}`)).status).toBe(200);
    await watch.until(id, "CREATE_COMPLETE");
    expect(await show()).toMatchObject({
      name: "gopher",
      node_count: 1,
      master_lb_enabled: false,
      create_timeout: null,
    });
  });

  it("lists in short and in detail, and follows `next` as it is", async () => {
    const shape = z.object({ clusters: z.array(z.looseObject({ uuid: z.string() })), next: z.url().optional() });
    for (const path of ["/clusters", "/clusters/detail"]) {
      const seen: string[] = [];
      let next: string | undefined = `${path}?limit=1&sort_key=created_at&sort_dir=desc`;
      while (next !== undefined) {
        const page = shape.parse((await send("GET", next)).body);
        seen.push(...page.clusters.map(({ uuid }) => uuid));
        next = page.next;
      }
      expect(seen).toContain(id);
      expect(new Set(seen).size).toBe(seen.length);
    }
  });

  it("updates the number of nodes", async () => {
    const updated = await send("PATCH", `/clusters/${id}`, [{ op: "replace", path: "/node_count", value: 2 }]);
    expect(updated.status).toBe(202);
    expect(Made.parse(updated.body).uuid).toBe(id);
    await watch.until(id, "UPDATE_COMPLETE");
    expect(await show()).toMatchObject({ node_count: 2 });
  });

  it("finds two node groups, one of them of workers", async () => {
    const shape = z.object({ nodegroups: z.array(z.looseObject({ uuid: z.string(), role: z.string() })) });
    const all = shape.parse((await send("GET", `/${groups}`)).body).nodegroups;
    expect(all).toHaveLength(2);
    const workers = shape.parse((await send("GET", `/${groups}?role=worker`)).body).nodegroups;
    expect(workers).toHaveLength(1);
    const one = Nodegroup.parse((await send("GET", `/${groups}/${workers[0]?.uuid ?? ""}`)).body);
    expect(one).toMatchObject({ ...workers[0], name: "default-worker", cluster_id: id, node_count: 2 });
  });

  it("makes a node group, changes its bounds and deletes it", async () => {
    const made = await send("POST", `/${groups}`, { name: "gophers", merge_labels: true, labels: { a: "1" } });
    expect(made.status).toBe(202);
    expect(made.body).toMatchObject({ name: "gophers" });
    await watch.until(id, "UPDATE_COMPLETE");
    const group = `/${groups}/gophers`;
    const read = async () => Nodegroup.parse((await send("GET", group)).body);
    expect(await read()).toMatchObject({ status: "CREATE_COMPLETE", node_count: 1, labels: { a: "1" } });

    const change = async (...values: [name: string, value: number][]) => {
      const patch = values.map(([name, value]) => ({ op: "replace", path: `/${name}`, value }));
      const answer = await send("PATCH", group, patch);
      expect(answer.status).toBe(202);
      return answer.body;
    };
    await send("POST", `/clusters/${id}/actions/resize`, { node_count: 3, nodegroup: "gophers" });
    await watch.until(id, "UPDATE_COMPLETE");
    expect(await change(["min_node_count", 2])).toMatchObject({ min_node_count: 2 });
    expect(await change(["max_node_count", 5])).toMatchObject({ min_node_count: 2, max_node_count: 5 });
    expect(await change(["min_node_count", 1], ["max_node_count", 3])).toMatchObject({
      min_node_count: 1,
      max_node_count: 3,
    });
    await watch.until(id, "UPDATE_COMPLETE");

    expect((await send("DELETE", group)).status).toBe(204);
    await watch.until(id, "UPDATE_COMPLETE");
    expect((await send("GET", group)).status).toBe(404);
  });

  it("certificates: makes Terraform's kubeconfig", async () => {
    const pem = z.looseObject({ pem: z.string(), cluster_uuid: z.literal(id) });
    const { csr, keyPem } = await signingRequest("O=system:masters, CN=admin");
    const ca = await send("GET", `/certificates/${id}`);
    expect(ca.status).toBe(200);
    const signed = await send("POST", "/certificates", { cluster_uuid: id, csr });
    expect(signed.status).toBe(201);
    const [{ pem: caPem }, { pem: certPem }] = [pem.parse(ca.body), pem.parse(signed.body)];
    const older = await send("POST", "/certificates", { bay_uuid: id, csr });
    expect(older.status).toBe(201);
    if (!hasKubectl()) return console.log("kubectl is not installed: the config was not tried with it");
    const server = (await show()).api_address ?? "";
    const config = renderKubeconfig({ clusterName: "gopher", server, caPem, certPem, keyPem });
    expect((await kubectl(config, "get", "nodes", "--no-headers")).trim().split("\n")).toHaveLength(3);
  });

  it("quotas: creates one for a project", async () => {
    const admin = await enter("admin");
    const create = callerOf(admin, gophercloud("container-infra 1.9"));
    const projectId = (await enter("demo", "other")).projectId;
    const wish = { project_id: projectId, resource: "Cluster", hard_limit: 10 };
    const made = await create("POST", "/quotas", wish);
    expect(made.status).toBe(201);
    expect(made.headers.get("x-openstack-request-id")).toMatch(/^req-/);
    expect(made.body).toMatchObject({ ...wish, id: expect.any(Number) });
    await create("DELETE", `/quotas/${projectId}/Cluster`);
  });

  it("deletes twice in a row", async () => {
    for (const _ of [1, 2]) expect((await send("DELETE", `/clusters/${id}`)).status).toBe(204);
    await watch.gone(id);
    expect((await send("GET", `/clusters/${id}`)).status).toBe(404);
  });

  afterAll(async () => {
    if (id !== "") await send("DELETE", `/clusters/${id}`);
  });
});
