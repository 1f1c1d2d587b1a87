// Who sees and may do what (magnum-api 5, 18): every route asks its policy, also for things of other projects.
import { beforeAll, describe, expect, test } from "vitest";
import { aDriver } from "../../testing/test-deps.ts";
import { latest, openDoor, refused } from "../testing/door.ts";
import { routes } from "../routes.ts";

const can = { upgrade: true, rotateCa: true, rotateCredential: true };
const door = openDoor({ drivers: [aDriver({ can })] });
let cluster: string;
let template: string;

beforeAll(async () => {
  template = await door.template({ name: "own" });
  cluster = await door.cluster("CREATE_COMPLETE", {
    cluster: { name: "web", clusterTemplateId: template },
    workers: 2,
  });
});

/** Bodies that are fine by form. */
const bodies: Readonly<Record<string, object>> = {
  "POST /v1/clusters": { cluster_template_id: "own" },
  "POST /v1/bays": { baymodel_id: "own" },
  "POST /v1/clusters/:cluster/actions/resize": { node_count: 2 },
  "POST /v1/clusters/:cluster/actions/upgrade": { cluster_template: "own" },
  "POST /v1/clusters/:cluster/nodegroups": { name: "pool" },
  "POST /v1/clustertemplates": { coe: "kubernetes", image_id: "x" },
  "POST /v1/baymodels": { coe: "kubernetes", image_id: "x" },
  "POST /v1/certificates": { cluster_uuid: "web", csr: "x" },
  "POST /v1/quotas": { project_id: "x", hard_limit: 1 },
  "PATCH /v1/quotas/:project/:resource": { hard_limit: 1 },
  "POST /v1/federations": { hostcluster_id: "web", properties: { "dns-zone": "z" } },
};

test("one route alone looks at no token: what nodes fetch, for a proof of their own", () => {
  const open = routes.filter((route) => route.open);
  expect(open.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /v1/clusters/:cluster/bootstrap"]);
});

const byToken = routes.filter((route) => !route.open);
describe.each(byToken.map((route) => [`${route.method} ${route.path}`, route] as const))("%s", (name, route) => {
  const url = () =>
    route.path
      .replace(":cluster", cluster)
      .replace(":template", template)
      .replace(":nodegroup", "default-worker")
      .replace(":project", door.projectId)
      .replace(":resource", "Cluster")
      .replace(":type", "etcd")
      .replace(":federation", "f");
  const version = route.until === undefined ? latest : "container-infra 1.10";
  const body = bodies[name] ?? (route.method === "PATCH" ? [] : undefined);
  const ask = (as: string | null) => door.call(url(), { method: route.method, as, version, ...(body ? { body } : {}) });

  test("wants a token", async () => {
    expect((await ask(null)).status).toBe(401);
  });

  test("is nothing for somebody without a role in the project", async () => {
    // A public template needs no right; this one is not public.
    expect(await ask("nobody")).toEqual(refused(403, /^Policy doesn't allow [\w-]+:\w+ to be performed\.$/));
  });

  test("does not show or touch what is another project's", async () => {
    if (!/:(cluster|template|project)/.test(route.path)) return expect((await ask("other")).status).not.toBe(500);
    expect([403, 404]).toContain((await ask("other")).status);
  });
});

describe("readers", () => {
  const steps = [{ op: "replace", path: "/node_count", value: 3 }];

  test("read clusters, templates and node groups", async () => {
    for (const url of [
      "clusters",
      "clusters/detail",
      "clusters/web",
      "clusters/web/nodegroups",
      "clustertemplates/own",
      "stats",
    ])
      expect((await door.call(`/v1/${url}`, { as: "reader", version: latest })).status, url).toBe(200);
  });

  test("change nothing", async () => {
    const as = { as: "reader", version: latest };
    for (const answer of [
      await door.patch("/v1/clusters/web", steps, as),
      await door.call("/v1/clusters/web", { method: "DELETE", ...as }),
      await door.post("/v1/clusters/web/actions/resize", { node_count: 1 }, as),
      await door.post("/v1/clusters/web/actions/upgrade", { cluster_template: "own" }, as),
      await door.post("/v1/clusters/web/nodegroups", { name: "x" }, as),
      await door.patch("/v1/clusters/web/nodegroups/default-worker", [], as),
      await door.call("/v1/clusters/web/nodegroups/default-worker", { method: "DELETE", ...as }),
      await door.patch("/v1/clustertemplates/own", [], as),
      await door.call("/v1/clustertemplates/own", { method: "DELETE", ...as }),
      await door.call("/v1/certificates/web", { method: "PATCH", ...as }),
      await door.call("/v1/credentials/web", { method: "PATCH", ...as }),
    ])
      expect(answer).toEqual(refused(403, /^Policy doesn't allow/));
  });
});

test("certificates are the owner's by default: a colleague gets 403 (E19)", async () => {
  expect(await door.call("/v1/certificates/web", { as: "colleague" })).toEqual(
    refused(403, "Policy doesn't allow certificate:get to be performed."),
  );
  expect(await door.post("/v1/certificates", { cluster_uuid: "web", csr: "x" }, { as: "colleague" })).toEqual(
    refused(403, "Policy doesn't allow certificate:create to be performed."),
  );
});

describe("administrators", () => {
  const as = { as: "admin", version: latest };

  test("see every project's clusters and templates", async () => {
    expect((await door.call("/v1/clusters", as)).text).toContain(cluster);
    expect((await door.call("/v1/clusters/detail", as)).text).toContain(cluster);
    expect((await door.call("/v1/clustertemplates", as)).text).toContain(template);
    expect((await door.call(`/v1/clusters/${cluster}/nodegroups`, as)).text).toContain("default-worker");
  });

  test("reach other projects' clusters by resize, node groups and certificates as well (E16)", async () => {
    const id = await door.cluster("CREATE_COMPLETE", { workers: 2 });
    const url = `/v1/clusters/${id}`;
    expect((await door.post(`${url}/actions/resize`, { node_count: 3 }, as)).status).toBe(202);
    const bound = [{ op: "replace", path: "/min_node_count", value: 1 }];
    expect((await door.patch(`${url}/nodegroups/default-worker`, bound, as)).status).toBe(202);
    expect(await door.call(`${url}/nodegroups/default-worker`, { method: "DELETE", ...as })).toEqual(
      refused(400, "Deleting a default nodegroup is not supported."),
    );
    expect((await door.call(`/v1/certificates/${id}`, as)).detail).not.toMatch(/could not be found/);
    expect((await door.call(url, { method: "DELETE", ...as })).status).toBe(204);
    // The credential is delegated by the caller, so that there is no way around the project.
    expect((await door.call(`/v1/credentials/${cluster}`, { method: "PATCH", ...as })).status).toBe(404);
  });
});

describe("templates", () => {
  const seen = async (id: string, as: string) => (await door.call(`/v1/clustertemplates/${id}`, { as })).status;

  test("of another project are seen when public, and not when hidden as well", async () => {
    const open = await door.template({ name: "open", public: true });
    const hidden = await door.template({ name: "hidden", public: true, hidden: true });
    const own = await door.template({ name: "own-hidden", hidden: true });
    expect([await seen(open, "other"), await seen(hidden, "other"), await seen(template, "other")]).toEqual([
      200, 404, 404,
    ]);
    // A public one needs no right at all.
    expect(await seen(open, "nobody")).toBe(200);
    expect([await seen(hidden, "admin"), await seen(own, "member"), await seen(own, "admin")]).toEqual([200, 200, 200]);
    const list = await door.call("/v1/clustertemplates", { as: "other" });
    expect(list.text).toContain(open);
    expect(list.text).not.toContain(hidden);
    expect((await door.call("/v1/clustertemplates")).text).toContain(own);
  });

  test("of another project are not to be changed, public or not", async () => {
    const open = await door.template({ name: "open-2", public: true });
    const step = [{ op: "replace", path: "/name", value: "mine" }];
    expect([403, 404]).toContain((await door.patch(`/v1/clustertemplates/${open}`, step, { as: "other" })).status);
    expect([403, 404]).toContain(
      (await door.call(`/v1/clustertemplates/${open}`, { method: "DELETE", as: "other" })).status,
    );
  });
});

describe("a patch asks for the right to change before it tells what is there", () => {
  const wrong = [{ op: "replace", path: "/nope", value: 1 }];

  test.each(["clusters/web", "clustertemplates/own", "clusters/web/nodegroups/default-worker"])("%s", async (url) => {
    for (const as of ["reader", "nobody"])
      expect(await door.patch(`/v1/${url}`, wrong, { as, version: latest })).toEqual(
        refused(403, /^Policy doesn't allow \w+:update to be performed\.$/),
      );
    expect((await door.patch(`/v1/${url}`, wrong, { version: latest })).status).toBe(400);
  });
});
