// Bays and baymodels, clusters and templates by the names that they had up to 1.10 (magnum-api 10.5). New ones need a
// cloud: cluster-create.test.ts.
import { expect, test } from "vitest";
import { at, openDoor, refused } from "../testing/door.ts";

const door = openDoor();

test("bays are listed, shown and deleted as clusters are, with two names of their own", async () => {
  const id = await door.cluster("CREATE_FAILED", { cluster: { name: "bay" } });
  const own = { uuid: id, baymodel_id: expect.any(String), bay_create_timeout: 60, stack_id: null };
  expect((await door.call("/v1/bays?limit=5")).json["bays"]).toMatchObject([own]);
  expect((await door.call("/v1/bays/detail")).json["bays"]).toMatchObject([
    { ...own, api_address: expect.any(String) },
  ]);
  const { json } = await door.call("/v1/bays/bay", { version: at(10) });
  expect(json).toMatchObject({ ...own, bay_faults: expect.any(Object) });
  expect(json["links"]).toMatchObject([{ href: `http://localhost:80/v1/bays/${id}` }, {}]);
  for (const key of ["cluster_template_id", "create_timeout", "faults"]) expect(json).not.toHaveProperty(key);
  expect((await door.call(`/v1/bays?limit=1`)).json["next"]).toMatch(/\/v1\/bays\?sort_key=id/);
  expect((await door.call(`/v1/bays/${id}`, { method: "DELETE" })).status).toBe(204);
});

test("a bay's PATCH is answered whole at 1.1 and by its id from 1.2 on", async () => {
  const size = (value: number) => [{ op: "replace", path: "/node_count", value }];
  const id = await door.cluster("CREATE_COMPLETE");
  const first = await door.patch(`/v1/bays/${id}`, size(3));
  expect([first.status, first.json]).toEqual([200, expect.objectContaining({ uuid: id, node_count: 3 })]);
  await door.settle(id, "UPDATE_COMPLETE");
  const second = await door.patch(`/v1/bays/${id}`, size(2), { version: at(2) });
  expect([second.status, second.json]).toEqual([202, { uuid: id }]);
  expect(await door.patch(`/v1/bays/${id}?rollback=true`, size(1), { version: at(2) })).toEqual(
    refused(400, /rollback/),
  );
  expect((await door.patch(`/v1/bays/${id}`, [{ op: "replace", path: "/bay_create_timeout", value: 60 }])).status).toBe(
    200,
  );
  expect(await door.patch(`/v1/bays/${id}`, [{ op: "replace", path: "/bay_create_timeout", value: 1 }])).toEqual(
    refused(400, /^cannot change cluster property/),
  );
});

test("baymodels are templates", async () => {
  const id = await door.template({ name: "model" });
  expect((await door.call("/v1/baymodels?sort_key=created_at")).text).toContain(`/v1/baymodels/${id}"`);
  expect((await door.call("/v1/baymodels/detail?limit=1")).json["next"]).toMatch(/\/v1\/baymodels\/detail\?/);
  expect((await door.call("/v1/baymodels/model")).json["links"]).toMatchObject([
    { href: `http://localhost:80/v1/baymodels/${id}` },
    {},
  ]);
  const renamed = await door.patch(`/v1/baymodels/${id}`, [{ op: "replace", path: "/name", value: "new" }]);
  expect([renamed.status, renamed.json["name"]]).toEqual([200, "new"]);
  expect((await door.call(`/v1/baymodels/${id}`, { method: "DELETE" })).status).toBe(204);
});
