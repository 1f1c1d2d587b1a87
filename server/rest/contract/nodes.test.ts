// What a cluster's own identity, the trustee (magnum-api 16.3), may ask of the API, what nodes may without any token, and
// what is answered while the cloud is away.
import { beforeAll, describe, expect, test } from "vitest";
import { latest, openDoor, refused } from "../testing/door.ts";

const door = openDoor();
let own: string;
let foreign: string;

beforeAll(async () => {
  own = await door.cluster("CREATE_COMPLETE", { cluster: { name: "own" } });
  foreign = await door.cluster("CREATE_COMPLETE", { cluster: { name: "foreign" } });
  await door.template({ name: "k8s" });
  door.node(own);
});

const node = { as: "node", version: latest };

describe("a cluster's trustee", () => {
  test("sees its own cluster and no other of the project", async () => {
    expect((await door.call(`/v1/clusters/${own}`, node)).status).toBe(200);
    expect((await door.call(`/v1/clusters/${foreign}`, node)).status).toBe(404);
    expect((await door.call(`/v1/clusters/${foreign}/nodegroups`, node)).status).toBe(403);
    expect((await door.call(`/v1/certificates/${foreign}`, node)).status).toBe(404);
  });

  test.each([
    ["GET", "/v1/clusters"],
    ["GET", "/v1/clusters/detail"],
    ["POST", "/v1/clusters", { cluster_template_id: "k8s" }],
    ["DELETE", "/v1/clusters/own"],
    ["PATCH", "/v1/clusters/own", []],
    ["POST", "/v1/clusters/own/actions/resize", { node_count: 9 }],
    ["POST", "/v1/clusters/own/nodegroups", { name: "x" }],
    ["PATCH", "/v1/certificates/own"],
    ["PATCH", "/v1/credentials/own"],
    ["GET", "/v1/clustertemplates"],
    ["GET", "/v1/clustertemplates/k8s"],
    ["POST", "/v1/clustertemplates", { coe: "kubernetes", image_id: "x" }],
    ["GET", "/v1/stats"],
    ["GET", "/v1/mservices"],
  ] as const)("may not %s %s", async (method, url, body?: object) => {
    expect(await door.call(url, { method, ...node, ...(body ? { body } : {}) })).toEqual(
      refused(403, /^Policy doesn't allow [\w-]+:\w+ to be performed\.$/),
    );
  });
});

test("what new nodes fetch is for their own proof alone, whatever token comes with it", async () => {
  const body = { proof: "group.member.secret", csr: "x" };
  for (const cluster of [own, foreign, "own", "11111111-2222-4333-8444-555555555555"])
    for (const as of [null, "member", "admin", "node", "nonsense"])
      expect(await door.post(`/v1/clusters/${cluster}/bootstrap`, body, { as }), `${as}`).toEqual(
        refused(403, /^This is not the proof of a node of this cluster\.$/),
      );
  expect(await door.post(`/v1/clusters/${own}/bootstrap`, body)).toEqual(refused(429, /^Too many wrong proofs/));
  expect(await door.post(`/v1/clusters/${own}/bootstrap`, {}, { as: null })).toEqual(
    refused(400, /field\/attribute proof\./),
  );
});

test("an outage of the cloud is 503 and says which service", async () => {
  expect(await door.post("/v1/clusters", { cluster_template_id: "k8s" })).toEqual(
    refused(503, /^(The cloud's [\w ]+ service does not answer at the moment\.\n?)+$/),
  );
});
