// Microversions: how they are asked for, and what each changes on the wire (magnum-api 2).
import { describe, expect, test } from "vitest";
import { aDriver } from "../../testing/test-deps.ts";
import { at, latest, openDoor, refused } from "../testing/door.ts";

const can = { upgrade: true, rotateCa: true, rotateCredential: true };
const door = openDoor({ drivers: [aDriver({ can })] });
const service = "container-infrastructure-management";

describe("the header", () => {
  test.each([
    [undefined, "1.1"],
    ["container-infra latest", "1.14"],
    ["foo LATEST", "1.14"],
    ["container-infra 1.9", "1.9"],
    ["container-infrastructure 1.10", "1.10"],
    ["container-infrastructure-management 1.14", "1.14"],
  ])("%s is served as %s", async (version, served) => {
    const { status, headers } = await door.call("/v1/clusters", version === undefined ? {} : { version });
    expect([status, headers["openstack-api-version"]]).toEqual([200, `${service} ${served}`]);
  });

  test.each([
    ["1.9", "Invalid service type for OpenStack-API-Version header"],
    ["garbage", "Invalid service type for OpenStack-API-Version header"],
    ["compute 1.9", "Invalid service type for OpenStack-API-Version header"],
    ["container-infra abc", "Invalid value for OpenStack-API-Version header"],
    ["container-infra 1", "Invalid value for OpenStack-API-Version header"],
    ["container-infra 1.2.3", "Invalid value for OpenStack-API-Version header"],
  ])("%s cannot be read: 406 in the plain shape, without version headers", async (version, detail) => {
    const answer = await door.call("/v1/clusters", { version });
    expect(answer.json).toMatchObject({ errors: [{ code: "", status: 406, title: "Not Acceptable", detail }] });
    expect(answer.headers["openstack-api-version"]).toBeUndefined();
    expect(answer.headers["openstack-api-minimum-version"]).toBeUndefined();
  });

  test.each([
    ["1.99", /^Version 1\.99 was requested but the minor version is not supported by this service\. The supported/],
    ["1.0", /^Version 1\.0 was requested/],
    ["1.15", /^Version 1\.15 was requested/],
    ["2.0", /^Mutually exclusive versions requested\. Version 2\.0 requested but not supported by this service\./],
  ])("%s is not served: 406 in its own shape, which names the version all the same", async (version, description) => {
    const answer = await door.call("/v1/clusters", { version: `container-infra ${version}` });
    expect(answer.status).toBe(406);
    expect(answer.headers["openstack-api-version"]).toBe(`${service} ${version}`);
    expect(answer.json).toEqual({
      errors: [
        {
          code: "magnum.microversion-unsupported",
          title: "Requested microversion is unsupported",
          description: expect.stringMatching(description),
          max_version: "1.14",
          min_version: "1.1",
          links: [{ rel: "help", href: "http://docs.openstack.org/api-guide/compute/microversions.html" }],
        },
      ],
    });
  });
});

describe("what came when", () => {
  const size = [{ op: "replace", path: "/node_count", value: 2 }];

  test("1.3: rollback of a PATCH, below it an unknown argument", async () => {
    const id = await door.cluster("CREATE_COMPLETE", { workers: 1 });
    const url = `/v1/clusters/${id}?rollback=true`;
    expect(await door.patch(url, size, { version: at(2) })).toEqual(refused(400, 'Unknown argument: "rollback"'));
    expect(await door.patch(url, size)).toEqual(refused(400, 'Unknown argument: "rollback"'));
    const answer = await door.patch(`/v1/clusters/${id}/?rollback=True`, size, { version: at(3) });
    expect([answer.status, answer.json]).toEqual([202, { uuid: id }]);
  });

  test("1.4, 1.5, 1.6: stats, CA rotation and quotas are not held back", async () => {
    expect((await door.call("/v1/stats")).status).toBe(200);
    expect((await door.call(`/v1/quotas/${door.projectId}/Cluster`)).status).toBe(200);
    const id = await door.cluster("UPDATE_FAILED");
    expect(await door.call(`/v1/certificates/${id}`, { method: "PATCH" })).toEqual(
      refused(400, /^Updating a cluster when status is "UPDATE_FAILED" is not supported\./),
    );
  });

  test("1.7: resize", async () => {
    const id = await door.cluster("CREATE_COMPLETE");
    const url = `/v1/clusters/${id}/actions/resize`;
    expect(await door.post(url, { node_count: 2 }, { version: at(6) })).toEqual(
      refused(406, "Version 1.6 was requested but the requested API resize is not supported for this version."),
    );
    expect((await door.post(url, { node_count: 2 }, { version: at(7) })).status).toBe(202);
  });

  test("1.7 has an upgrade that refuses, 1.8 one that works; below there is none (E38)", async () => {
    const url = `/v1/clusters/${await door.cluster("UPDATE_FAILED")}/actions/upgrade`;
    const body = { cluster_template: "none", max_batch_size: 1 };
    expect(await door.post(url, body, { version: at(6) })).toEqual(
      refused(406, "Version 1.6 was requested but the requested API upgrade is not supported for this version."),
    );
    expect(await door.post(url, body, { version: at(7) })).toEqual(
      refused(400, "Cluster upgrade is not supported in the provided microversion."),
    );
    expect((await door.post(url, body, { version: at(8) })).detail).not.toMatch(/microversion/);
  });

  test("1.9: node groups, by every method", async () => {
    const id = await door.cluster("CREATE_COMPLETE");
    const list = `/v1/clusters/${id}/nodegroups`;
    for (const [method, url, word] of [
      ["GET", list, "get_all"],
      ["POST", list, "post"],
      ["GET", `${list}/default-worker`, "get_one"],
      ["PATCH", `${list}/default-worker`, "patch"],
      ["DELETE", `${list}/default-worker`, "delete"],
    ] as const)
      expect(await door.call(url, { method, version: at(8) })).toEqual(
        refused(406, `Version 1.8 was requested but the requested API ${word} is not supported for this version.`),
      );
    expect((await door.call(list, { version: at(9) })).status).toBe(200);
  });

  test.each([
    ["resize", (id: string) => [`/v1/clusters/${id}/actions/resize`, { node_count: 0 }] as const],
    ["a new node group", (id: string) => [`/v1/clusters/${id}/nodegroups`, { name: "p", node_count: 0 }] as const],
    ["a new cluster", () => ["/v1/clusters", { cluster_template_id: "x", node_count: 0 }] as const],
  ])("1.10: none at all, in %s", async (_what, request) => {
    const [url, body] = request(await door.cluster("CREATE_COMPLETE"));
    const sentence = "Resizing a nodegroup to zero is not supported in the provided microversion.";
    expect(await door.post(url, body, { version: at(9) })).toEqual(refused(400, sentence));
    expect((await door.post(url, body, { version: at(10) })).detail).not.toBe(sentence);
  });

  test("1.10: none at all by PATCH", async () => {
    const id = await door.cluster("CREATE_COMPLETE");
    const none = [{ op: "replace", path: "/node_count", value: 0 }];
    expect(await door.patch(`/v1/clusters/${id}`, none, { version: at(9) })).toEqual(
      refused(400, "Resizing a nodegroup to zero is not supported in the provided microversion."),
    );
    expect((await door.patch(`/v1/clusters/${id}`, none, { version: at(10) })).status).toBe(202);
  });

  test("1.10: an unknown template is not found; below it is a bad request (E37)", async () => {
    for (const cluster_template_id of ["none", null]) {
      const below = await door.post("/v1/clusters", { cluster_template_id }, { version: at(9) });
      const from = await door.post("/v1/clusters", { cluster_template_id }, { version: at(10) });
      const sentence = `ClusterTemplate ${cluster_template_id ?? "None"} could not be found.`;
      expect([below, from]).toEqual([refused(400, sentence), refused(404, sentence)]);
    }
  });

  test("1.11: bays and baymodels are gone", async () => {
    for (const url of ["/v1/bays", "/v1/bays/detail", "/v1/baymodels", "/v1/baymodels/x"]) {
      expect((await door.call(url, { version: at(11) })).json).toMatchObject({
        errors: [{ code: "", title: "Not Found" }],
      });
      expect((await door.call(url, { version: at(11) })).status).toBe(404);
    }
    expect((await door.call("/v1/bays", { version: at(10) })).status).toBe(200);
  });

  test("1.12: rotation of the credential", async () => {
    const id = await door.cluster("CREATE_FAILED");
    const url = `/v1/credentials/${id}`;
    expect(await door.call(url, { method: "PATCH", version: at(11) })).toEqual(
      refused(406, "Version 1.11 was requested but the requested API patch is not supported for this version."),
    );
    expect(await door.call(url, { method: "PATCH", version: at(12) })).toEqual(refused(400, /CREATE_FAILED/));
  });

  test("1.13: cluster_id beside stack_id, which stays for the auto-healer (E1)", async () => {
    const id = await door.cluster("CREATE_COMPLETE");
    for (const url of [`/v1/clusters/${id}`, "/v1/clusters?limit=1", "/v1/clusters/detail?limit=1"]) {
      const one = async (version: string) => {
        const { json } = await door.call(url, { version });
        const [first] = Array.isArray(json["clusters"]) ? (json["clusters"] as unknown[]) : [json];
        return first;
      };
      expect(await one(at(12))).not.toHaveProperty("cluster_id");
      expect(await one(at(12))).toHaveProperty("stack_id");
      expect(await one(at(13))).toMatchObject({ cluster_id: null, stack_id: null });
    }
  });

  test("1.14: labels and taints of nodes, which are harmless before (E32)", async () => {
    const id = await door.cluster("CREATE_COMPLETE");
    for (const version of [at(9), latest]) {
      const { json } = await door.call(`/v1/clusters/${id}/nodegroups/default-worker`, { version });
      expect(json).toMatchObject({ node_labels: null, node_taints: null, stack_id: null });
    }
  });
});
