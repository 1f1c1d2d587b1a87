// Quotas, counts, services and federations (magnum-api 10). New quotas need Keystone: cluster-create.test.ts.
import { describe, expect, test } from "vitest";
import { aProject } from "../../testing/builders.ts";
import { latest, openDoor, refused } from "../testing/door.ts";

const door = openDoor();
const admin = { as: "admin" };

async function quota(hardLimit = 3): Promise<string> {
  const projectId = aProject();
  await door.database.db.prisma.quota.create({
    data: { projectId, resource: "Cluster", hardLimit, createdAt: new Date() },
  });
  return projectId;
}

describe("quotas", () => {
  test("a project without a row has the default, without id and times; so has any other word (E28)", async () => {
    const expected = { project_id: door.projectId, resource: "Cluster", hard_limit: 20 };
    for (const word of ["Cluster", "Foo"])
      expect((await door.call(`/v1/quotas/${door.projectId}/${word}`)).json).toEqual(expected);
    expect((await door.call(`/v1/quotas/${aProject()}/Cluster`, admin)).status).toBe(200);
  });

  test("of another project are an administrator's", async () => {
    expect(await door.call(`/v1/quotas/${aProject()}/Cluster`)).toEqual(refused(403, "Not authorized."));
    for (const [method, url] of [
      ["GET", "/v1/quotas"],
      ["POST", "/v1/quotas"],
      ["PATCH", `/v1/quotas/${door.projectId}/Cluster`],
      ["DELETE", `/v1/quotas/${door.projectId}/Cluster`],
    ] as const)
      expect(
        await door.call(url, {
          method,
          ...(method === "POST" || method === "PATCH" ? { body: { project_id: "x", hard_limit: 1 } } : {}),
        }),
      ).toEqual(refused(403, /^Policy doesn't allow quota:\w+ to be performed\.$/));
  });

  test("are listed: the own row, or with all_tenants every row, marked by number", async () => {
    const ids = [await quota(1), await quota(2), await quota(3)];
    expect((await door.call("/v1/quotas", admin)).json).toEqual({ quotas: [] });
    const first = await door.call("/v1/quotas?all_tenants=True&limit=2", admin);
    expect(first.json["quotas"]).toMatchObject([
      { project_id: ids[0], id: expect.any(Number) },
      { project_id: ids[1] },
    ]);
    const next = String(first.json["next"]).replace("http://localhost:80", "");
    expect(next).toMatch(/^\/v1\/quotas\?sort_key=id&sort_dir=asc&limit=2&all_tenants=True&marker=\d+$/);
    expect((await door.call(next, admin)).json["quotas"]).toMatchObject([{ project_id: ids[2] }]);
    expect(await door.call("/v1/quotas?all_tenants=perhaps", admin)).toEqual(refused(400, /all_tenants/));
    expect(await door.call("/v1/quotas?marker=x", admin)).toEqual(refused(400, /marker/));
    expect((await door.call("/v1/quotas?marker=99999&all_tenants=1", admin)).status).toBe(404);
  });

  test("are changed by a plain object, where the path says whose", async () => {
    const id = await quota();
    const body = { project_id: "another", resource: "Cluster", hard_limit: "0" };
    const { status, json } = await door.call(`/v1/quotas/${id}/Cluster`, { method: "PATCH", body, ...admin });
    expect([status, json]).toEqual([
      202,
      expect.objectContaining({ project_id: id, hard_limit: 0, resource: "Cluster" }),
    ]);
    expect(
      (await door.call(`/v1/quotas/${id}/Cluster`, { method: "PATCH", body: { hard_limit: -1 }, ...admin })).status,
    ).toBe(400);
    expect((await door.call(`/v1/quotas/${id}/Cluster`, { method: "PATCH", body: { foo: 1 }, ...admin })).detail).toBe(
      "Unknown attribute for argument quota: foo",
    );
  });

  test("that are not there are 404 on change and deletion, and so is any other word", async () => {
    const [none, some] = [aProject(), await quota()];
    for (const [project, word] of [
      [none, "Cluster"],
      [some, "Foo"],
    ]) {
      const url = `/v1/quotas/${project}/${word}`;
      const sentence = refused(404, `Quota could not be found: project_id ${project} resource ${word}.`);
      expect(await door.call(url, { method: "PATCH", body: { hard_limit: 1 }, ...admin })).toEqual(sentence);
      expect(await door.call(url, { method: "DELETE", ...admin })).toEqual(sentence);
    }
    expect((await door.call(`/v1/quotas/${some}/Cluster`, { method: "DELETE", ...admin })).status).toBe(204);
  });

  test("need a project", async () => {
    expect(await door.post("/v1/quotas", { hard_limit: 5 }, admin)).toEqual(
      refused(400, "Must provide a valid project ID."),
    );
    expect(await door.post("/v1/quotas", { project_id: "x", resource: "Node" }, admin)).toEqual(
      refused(400, /Value should be one of: Cluster/),
    );
  });
});

describe("stats", () => {
  test("count masters and whatever failed (E25), of the own project; of all for an administrator", async () => {
    await door.cluster("CREATE_FAILED", { workers: 2 });
    await door.cluster("DELETE_IN_PROGRESS", { workers: 3 });
    expect((await door.call("/v1/stats")).json).toEqual({ clusters: 2, nodes: 7 });
    expect((await door.call("/v1/stats?type=CLUSTER")).json).toEqual({ clusters: 2, nodes: 7 });
    expect((await door.call("/v1/stats", { as: "other" })).json).toEqual({ clusters: 0, nodes: 0 });
    expect((await door.call("/v1/stats", admin)).json).toEqual({ clusters: 2, nodes: 7 });
    expect((await door.call(`/v1/stats?project_id=${door.projectId}`, admin)).json).toEqual({ clusters: 2, nodes: 7 });
    expect(await door.call(`/v1/stats?project_id=${door.projectId}`, { as: "other" })).toEqual(
      refused(403, "Not authorized."),
    );
    expect((await door.call("/v1/stats?type=bay")).status).toBe(400);
  });
});

test("services are those that report, up for three minutes", async () => {
  const now = door.deps.clock.now();
  const before = (ms: number) => new Date(now.getTime() - ms);
  const { prisma } = door.database.db;
  await prisma.conductor.create({ data: { host: "h1", reportCount: 3, createdAt: now, updatedAt: before(60_000) } });
  await prisma.conductor.create({ data: { host: "h2", reportCount: 3, createdAt: now, updatedAt: before(200_000) } });
  expect(await door.call("/v1/mservices")).toEqual(
    refused(403, "Policy doesn't allow magnum-service:get_all to be performed."),
  );
  expect((await door.call("/v1/mservices", admin)).json).toMatchObject({
    mservices: [
      {
        id: 1,
        host: "h1",
        binary: "magnum-conductor",
        state: "up",
        report_count: 3,
        disabled: false,
        disabled_reason: null,
      },
      { host: "h2", state: "down" },
    ],
  });
});

describe("federations", () => {
  test("are none: lists are empty, single ones are not found, new ones refused", async () => {
    for (const url of ["/v1/federations", "/v1/federations/detail"])
      expect((await door.call(url)).json).toEqual({ federations: [] });
    const missing = refused(404, "Federation f could not be found.");
    expect(await door.call("/v1/federations/f")).toEqual(missing);
    expect(await door.call("/v1/federations/f", { method: "DELETE" })).toEqual(missing);
    expect(await door.patch("/v1/federations/f", [])).toEqual(missing);
    const body = { hostcluster_id: "c", properties: { "dns-zone": "z" } };
    expect(await door.post("/v1/federations", body, { version: latest })).toEqual(refused(400, /not supported/));
    expect(await door.post("/v1/federations", {})).toEqual(refused(400, /hostcluster_id/));
    expect((await door.post("/v1/federations", body, { as: "reader" })).status).toBe(403);
  });
});
