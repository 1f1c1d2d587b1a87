// Clusters that exist: what is shown, and which changes are accepted when (magnum-api 7, 13, 14).
import { beforeAll, describe, expect, test } from "vitest";
import type { ClusterStatus } from "../../domain/cluster-status.ts";
import { aDriver } from "../../testing/test-deps.ts";
import { at, latest, openDoor, refused } from "../testing/door.ts";

const can = { upgrade: true, rotateCa: true, rotateCredential: true };
const door = openDoor({ drivers: [aDriver({ can })] });
const size = [{ op: "replace", path: "/node_count", value: 4 }];

describe("what is shown", () => {
  test("short in lists, in full by detail and show", async () => {
    const template = await door.template({ labels: { a: "0", z: "9" } });
    const id = await door.cluster("CREATE_COMPLETE", {
      cluster: { name: "web", clusterTemplateId: template, labels: { a: "1" } },
      workers: 3,
    });
    const short = {
      uuid: id,
      name: "web",
      cluster_template_id: template,
      keypair: "mykey",
      node_count: 3,
      master_count: 1,
      docker_volume_size: null,
      labels: { a: "1" },
      master_flavor_id: "m1.small",
      flavor_id: "m1.small",
      create_timeout: 60,
      links: [
        { href: `http://localhost:80/v1/clusters/${id}`, rel: "self" },
        { href: `http://localhost:80/clusters/${id}`, rel: "bookmark" },
      ],
      stack_id: null,
      status: "CREATE_COMPLETE",
      health_status: null,
      merge_labels: false,
    };
    const long = {
      ...short,
      status_reason: null,
      health_status_reason: {},
      discovery_url: null,
      api_address: "https://192.0.2.1:6443",
      coe_version: null,
      container_version: null,
      project_id: door.projectId,
      user_id: "owner",
      node_addresses: [],
      master_addresses: [],
      fixed_network: null,
      fixed_subnet: null,
      floating_ip_enabled: true,
      master_lb_enabled: false,
      labels_overridden: { a: "0" },
      labels_added: {},
      labels_skipped: { z: "9" },
      created_at: "2026-01-02T03:04:05.678000+00:00",
      updated_at: null,
    };
    expect((await door.call("/v1/clusters", { version: at(12) })).json).toEqual({ clusters: [short] });
    expect((await door.call("/v1/clusters/detail", { version: at(12) })).json).toEqual({ clusters: [long] });
    expect((await door.call(`/v1/clusters/${id}`, { version: at(12) })).json).toEqual(long);
    expect((await door.call("/v1/clusters/web", { version: latest })).json).toEqual({ ...long, cluster_id: null });
  });

  test("faults on show only, and only of what failed (E39)", async () => {
    const id = await door.cluster("CREATE_FAILED", { cluster: { name: "broken" } });
    await door.database.db.prisma.nodeGroup.updateMany({
      where: { clusterId: id, role: "worker" },
      data: { statusReason: "No valid host was found." },
    });
    expect((await door.call(`/v1/clusters/${id}`)).json).toMatchObject({
      faults: { "default-worker": "No valid host was found." },
    });
    expect((await door.call("/v1/clusters/detail")).text).not.toContain("faults");
  });

  test("nothing of a detail below a cluster", async () => {
    const id = await door.cluster("CREATE_COMPLETE");
    expect((await door.call(`/v1/clusters/${id}/detail`)).status).toBe(404);
  });

  test("secrets in labels, as ever (E34)", async () => {
    const id = await door.cluster("CREATE_COMPLETE", { cluster: { labels: { grafana_admin_passwd: "x" } } });
    expect((await door.call(`/v1/clusters/${id}`, { as: "reader" })).json).toMatchObject({
      labels: { grafana_admin_passwd: "x" },
    });
  });
});

const complete = ["CREATE", "UPDATE", "RESUME", "RESTORE", "ROLLBACK", "SNAPSHOT", "CHECK", "ADOPT"].map(
  (verb): ClusterStatus => `${verb}_COMPLETE` as ClusterStatus,
);
const others: readonly ClusterStatus[] = ["CREATE_IN_PROGRESS", "CREATE_FAILED", "DELETE_IN_PROGRESS", "DELETE_FAILED"];

describe("the state is held against the request before it is answered (E4)", () => {
  test("a change of size: in complete states only, and it passes through UPDATE_IN_PROGRESS", async () => {
    for (const status of complete) {
      const id = await door.cluster(status);
      expect((await door.patch(`/v1/clusters/${id}`, size)).status, status).toBe(202);
      expect((await door.call(`/v1/clusters/${id}`)).json).toMatchObject({ status: "UPDATE_IN_PROGRESS" });
    }
    for (const status of [...others, "UPDATE_IN_PROGRESS", "UPDATE_FAILED"] as const)
      expect(await door.patch(`/v1/clusters/${await door.cluster(status)}`, size)).toEqual(
        refused(400, new RegExp(`^Updating a (cluster|node group) when status is "${status}" is not supported\\.`)),
      );
  });

  test("a resize: also while an update runs or has failed (E7), where each is applied", async () => {
    for (const status of [...complete, "UPDATE_IN_PROGRESS", "UPDATE_FAILED"] as const) {
      const url = `/v1/clusters/${await door.cluster(status)}`;
      for (const node_count of [3, "5"]) {
        const answer = await door.post(`${url}/actions/resize`, { node_count }, { version: latest });
        expect(answer.status, `${status} ${answer.text}`).toBe(202);
      }
      expect((await door.call(url)).json).toMatchObject({ status: "UPDATE_IN_PROGRESS", node_count: 5 });
    }
    for (const status of others)
      expect(
        await door.post(
          `/v1/clusters/${await door.cluster(status)}/actions/resize`,
          { node_count: 3 },
          { version: latest },
        ),
      ).toEqual(refused(400, new RegExp(`^Resizing a cluster when status is "${status}" is not supported\\.`)));
  });

  // Upgrades look their template's image up first: cluster-create.test.ts.
  test("a CA rotation: as a change of size", async () => {
    for (const status of [...others, "UPDATE_IN_PROGRESS", "UPDATE_FAILED"] as const)
      expect(await door.call(`/v1/certificates/${await door.cluster(status)}`, { method: "PATCH" })).toEqual(
        refused(400, new RegExp(`when status is "${status}" is not supported\\.`)),
      );
  });

  test("a deletion: in every state, and again", async () => {
    for (const status of [...complete, ...others, "UPDATE_IN_PROGRESS", "UPDATE_FAILED"] as const) {
      const id = await door.cluster(status);
      for (const attempt of [1, 2]) {
        const answer = await door.call(`/v1/clusters/${id}`, {
          method: "DELETE",
          headers: { "content-type": "application/octet-stream", accept: "*/*" },
        });
        expect([answer.status, answer.text], `${status} ${attempt}`).toEqual([204, ""]);
      }
      expect((await door.call(`/v1/clusters/${id}`)).json).toMatchObject({ status: "DELETE_IN_PROGRESS" });
    }
  });
});

describe("sizes", () => {
  const resize = (id: string, body: object) =>
    door.post(`/v1/clusters/${id}/actions/resize`, body, { version: latest });

  test("stay within the group's bounds, by resize and by PATCH (E23)", async () => {
    const id = await door.cluster("CREATE_COMPLETE", { workers: 2 });
    await door.database.db.prisma.nodeGroup.updateMany({
      where: { clusterId: id, role: "worker" },
      data: { minNodeCount: 1, maxNodeCount: 3 },
    });
    const sentence = "Resizing default-worker outside the allowed range: min_node_count = 1, max_node_count = 3";
    expect(await resize(id, { node_count: 4 })).toEqual(refused(400, sentence));
    expect(await resize(id, { node_count: 0 })).toEqual(refused(400, sentence));
    expect(await door.patch(`/v1/clusters/${id}`, size)).toEqual(refused(400, sentence));
    expect((await resize(id, { node_count: 3 })).status).toBe(202);
  });

  test.each([
    [{}, "Invalid input for field/attribute node_count. Value: 'None'. Mandatory field missing."],
    [{ node_count: -1 }, /Value should be greater or equal to 0/],
    [{ node_count: 1, nodes_to_remove: "x" }, /nodes_to_remove\. .*Expected a list/],
    [{ node_count: 1, nodes_to_remove: ["nobody"] }, /nobody/],
    [{ node_count: 1, foo: 1 }, "Unknown attribute for argument cluster_resize_req: foo"],
    [{ node_count: 3, nodegroup: "default-master" }, "Resizing the master nodegroup is not supported by this driver."],
  ])("%j is refused", async (body, detail) => {
    expect(await resize(await door.cluster("CREATE_COMPLETE"), body)).toEqual(refused(400, detail));
  });

  test("are of the group that is named, and nulls mean nothing", async () => {
    const id = await door.cluster("CREATE_COMPLETE", { workers: 2 });
    expect(await resize(id, { node_count: 1, nodegroup: "none" })).toEqual(
      refused(404, "Nodegroup none could not be found."),
    );
    const answer = await resize(id, { node_count: 1, nodegroup: null, nodes_to_remove: null });
    expect([answer.status, answer.json]).toEqual([202, { uuid: id }]);
  });
});

describe("upgrades", () => {
  beforeAll(() => door.template({ name: "target" }));

  const upgrade = (id: string, body: object) =>
    door.post(`/v1/clusters/${id}/actions/upgrade`, body, { version: latest });

  test.each([
    [{}, 400, "Invalid input for field/attribute cluster_template. Value: 'None'. Mandatory field missing."],
    [{ cluster_template: null }, 400, /Mandatory field missing/],
    [{ cluster_template: "none" }, 404, "ClusterTemplate none could not be found."],
    [{ cluster_template: "target", max_batch_size: 0 }, 400, /max_batch_size\. Value: '0'/],
    [{ cluster_template: "target", nodegroup: "none" }, 404, "Nodegroup none could not be found."],
    [{ cluster_template: "target", foo: 1 }, 400, "Unknown attribute for argument cluster_upgrade_req: foo"],
  ])("%j is refused with %i", async (body, status, detail) => {
    expect(await upgrade(await door.cluster("CREATE_COMPLETE"), body)).toEqual(refused(status, detail));
  });
});

test("unknown ones are 404 by every method, by name and by id", async () => {
  for (const what of ["fooo", "00000000-0000-4000-8000-000000000000"]) {
    const sentence = refused(404, `Cluster ${what} could not be found.`);
    const url = `/v1/clusters/${what}`;
    expect(await door.call(url)).toEqual(sentence);
    expect(await door.call(url, { method: "DELETE" })).toEqual(sentence);
    expect(await door.patch(url, size)).toEqual(sentence);
    expect(await door.post(`${url}/actions/resize`, { node_count: 1 }, { version: latest })).toEqual(sentence);
    expect(await door.post(`${url}/actions/upgrade`, { cluster_template: "x" }, { version: latest })).toEqual(sentence);
    expect(await door.call(`${url}/nodegroups`, { version: latest })).toEqual(sentence);
    expect(await door.post(`${url}/nodegroups`, { name: "x" }, { version: latest })).toEqual(sentence);
    expect(await door.call(`/v1/certificates/${what}`)).toEqual(sentence);
    expect(await door.call(`/v1/certificates/${what}`, { method: "PATCH" })).toEqual(sentence);
    expect(await door.call(`/v1/credentials/${what}`, { method: "PATCH", version: latest })).toEqual(sentence);
    // In a body it is bad input.
    expect(await door.post("/v1/certificates", { cluster_uuid: what, csr: "x" })).toEqual(
      refused(400, `Cluster ${what} could not be found.`),
    );
  }
});
