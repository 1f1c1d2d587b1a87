// What every field and every address takes, on both databases: what is let in can be read again by every reader, and
// what is refused says which field it is about.
import { describe, expect, test } from "vitest";
import { at, latest, openDoor, refused } from "../testing/door.ts";
import { dialects } from "../../testing/test-db.ts";

const minimal = { coe: "kubernetes", image_id: "fedora-coreos-38", external_network_id: "public" };
const path = "/v1/clustertemplates";
const replace = (field: string, value: unknown) => [{ op: "replace", path: `/${field}`, value }];
const unstorable = ["a\0b", "a\ud800b"];

describe.each(dialects)("on %s", (dialect) => {
  const door = openDoor({ cloud: true, dialect });

  /** Whatever was said before: every reader of templates answers. */
  async function isReadable(id: string): Promise<Record<string, unknown>> {
    for (const url of [path, `${path}/detail`, "/v1/baymodels"]) expect((await door.call(url)).status, url).toBe(200);
    const shown = await door.call(`${path}/${id}`);
    expect(shown.status).toBe(200);
    expect((await door.patch(`${path}/${id}`, [])).status).toBe(200);
    return shown.json;
  }
  async function made(more: object = {}): Promise<string> {
    const { status, json, text } = await door.post(path, { ...minimal, ...more });
    expect(status, text).toBe(201);
    return String(json["uuid"]);
  }

  describe("a template's text", () => {
    const texts = "keypair_id docker_storage_driver http_proxy https_proxy no_proxy insecure_registry".split(" ");

    test.each(texts)(
      "%s of blanks is as one that was not entered: nothing is set, or what was set goes",
      async (field) => {
        expect(await isReadable(await made({ [field]: " " }))).toMatchObject({ [field]: null });
        const set = /^https?_proxy$/.test(field) ? "http://somewhere:3128" : "somewhere";
        const id = await made({ [field]: set });
        for (const blank of ["", " ", "\t\n"]) {
          expect((await door.patch(`${path}/${id}`, replace(field, set))).status).toBe(200);
          expect((await door.patch(`${path}/${id}`, replace(field, blank))).status).toBe(200);
          expect(await isReadable(id)).toMatchObject({ [field]: null });
        }
      },
    );

    test("name of blanks leaves the name as it is, and one that must be set is not taken away", async () => {
      const id = await made({ name: "kept" });
      expect((await door.patch(`${path}/${id}`, replace("name", " "))).status).toBe(200);
      expect(await isReadable(id)).toMatchObject({ name: "kept" });
      for (const field of ["image_id", "external_network_id", "coe", "network_driver"])
        expect(await door.patch(`${path}/${id}`, replace(field, " "))).toEqual(
          refused(400, `'/${field}' is a mandatory attribute and can not be removed`),
        );
      expect(await door.post(path, { ...minimal, image_id: " " })).toEqual(refused(400, /attribute image_id\./));
    });

    test("is answered as it is stored: blanks around are no part of it", async () => {
      const made = await door.post(path, { ...minimal, name: " spaced ", no_proxy: " a " });
      expect(made.json).toMatchObject({ name: "spaced", no_proxy: "a" });
      expect((await door.call(`${path}/spaced`)).json["uuid"]).toBe(made.json["uuid"]);
      await door.patch(`${path}/spaced`, replace("name", " again "));
      expect((await door.call(`${path}/again`)).json["uuid"]).toBe(made.json["uuid"]);
    });

    test.each([...texts, "name", "tags"])(
      "%s with what no database keeps is 400 and names the field",
      async (field) => {
        const id = await made();
        for (const value of unstorable) {
          expect(await door.post(path, { ...minimal, [field]: value })).toEqual(
            refused(400, new RegExp(` ${field}\\.`)),
          );
          expect(await door.patch(`${path}/${id}`, replace(field, value))).toEqual(
            refused(400, new RegExp(` ${field}\\.`)),
          );
        }
        await isReadable(id);
      },
    );
  });

  describe("labels", () => {
    const bad = [
      { a: "x".repeat(65_536) },
      { a: "a\0b" },
      { a: "\udc00" },
      { "a\0": "b" },
      { "\ud800": "b" },
      { "": "b" },
      { ["x".repeat(256)]: "b" },
    ];

    test.each(bad.map((labels) => [labels]))("of a template: %.40j is 400 and names them", async (labels) => {
      expect(await door.post(path, { ...minimal, labels })).toEqual(refused(400, / labels/));
      const id = await made();
      expect(await door.patch(`${path}/${id}`, replace("labels", labels))).toEqual(refused(400, / labels/));
      await isReadable(id);
    });

    test("in Python's notation are held against the same", async () => {
      const id = await made();
      for (const labels of ["{'a': '\\x00'}", "{u'a': '\\ud800'}"])
        expect(await door.patch(`${path}/${id}`, replace("labels", labels))).toEqual(refused(400, / labels/));
    });

    test.each(bad.map((labels) => [labels]))("of a cluster or a node group: %.40j likewise", async (labels) => {
      const cluster = await door.cluster("CREATE_COMPLETE");
      const template = await made({ name: `t-${cluster}` });
      expect(await door.post("/v1/clusters", { cluster_template_id: template, labels })).toEqual(
        refused(400, / labels/),
      );
      expect(
        await door.post(`/v1/clusters/${cluster}/nodegroups`, { name: "big", labels }, { version: latest }),
      ).toEqual(refused(400, / labels/));
      expect((await door.call(`/v1/clusters/${cluster}/nodegroups`, { version: latest })).status).toBe(200);
      expect((await door.call(`/v1/clusters/${cluster}`)).json).toMatchObject({ status: "CREATE_COMPLETE" });
    });
  });

  describe("a number beyond what a column holds", () => {
    const huge = [2_147_483_648, "2147483648", 2 ** 53, 1e308];

    test.each(huge)("%s is 400 and names the field", async (value) => {
      const cluster = await door.cluster("CREATE_COMPLETE");
      const of = (field: string) => refused(400, new RegExp(` ${field}\\. `));
      const template = await made();
      expect(await door.post(path, { ...minimal, docker_volume_size: value })).toEqual(of("docker_volume_size"));
      expect(await door.patch(`${path}/${template}`, replace("docker_volume_size", value))).toEqual(
        of("docker_volume_size"),
      );
      for (const field of ["create_timeout", "docker_volume_size", "node_count", "master_count"])
        expect(await door.post("/v1/clusters", { cluster_template_id: template, [field]: value })).toEqual(of(field));
      const groups = `/v1/clusters/${cluster}/nodegroups`;
      for (const field of ["node_count", "min_node_count", "max_node_count", "docker_volume_size"])
        expect(await door.post(groups, { name: "g", [field]: value }, { version: latest })).toEqual(of(field));
      for (const field of ["min_node_count", "max_node_count"])
        expect(await door.patch(`${groups}/default-worker`, replace(field, value), { version: latest })).toEqual(
          of(field),
        );
      expect(await door.post("/v1/quotas", { project_id: "p", hard_limit: value }, { as: "admin" })).toEqual(
        of("hard_limit"),
      );
      expect((await door.call("/v1/quotas?all_tenants=True", { as: "admin" })).status).toBe(200);
    });

    test("is not needed: the longest time limit still ends on a day that can be written", async () => {
      const template = await made({ flavor_id: "m1.medium", master_flavor_id: "m1.medium", keypair_id: "mykey" });
      const made2 = await door.post("/v1/clusters", { cluster_template_id: template, create_timeout: 2_147_483_647 });
      expect(made2.status, made2.text).toBe(202);
      const shown = await door.call(`/v1/clusters/${String(made2.json["uuid"])}`);
      expect(shown.json).toMatchObject({ create_timeout: 2_147_483_647 });
    });
  });

  test.each([
    "/v1/clusters/a%00b",
    "/v1/clusters/a%00b/nodegroups",
    "/v1/clustertemplates/a%00b",
    "/v1/certificates/a%00b",
    "/v1/quotas/a%00b/Cluster",
    "/v1/stats?project_id=a%00b",
    "/v1/bays/a%00b",
    "/v1/a%00b",
    "/v1/clusters?limit=1&x=%00",
  ])("an address with NUL is refused, not looked for: %s", async (url) => {
    const { status } = await door.call(url, { as: "admin", version: at(10) });
    expect([400, 404]).toContain(status);
  });

  test("the same rules for a template's COE when it is made and when it is changed", async () => {
    const id = await made();
    for (const coe of ["swarm", "swarm-mode", "mesos"]) {
      const words = `Cluster type (vm, fedora-coreos, ${coe}) not supported.`;
      expect(await door.post(path, { ...minimal, coe })).toEqual(refused(400, words));
      expect(await door.post(path, { ...minimal, coe, driver: "k8s_fedora_coreos_v1" })).toEqual(refused(400, words));
      const steps = [...replace("coe", coe), ...replace("network_driver", "docker")];
      expect(await door.patch(`${path}/${id}`, steps)).toEqual(refused(400, words));
    }
    expect(await door.patch(`${path}/${id}`, replace("server_type", "bm"))).toEqual(
      refused(400, "Cluster type (bm, fedora-coreos, kubernetes) not supported."),
    );
  });

  test("a bay of no nodes is refused at every version, as bays knew none", async () => {
    for (const version of [undefined, at(1), at(10)])
      expect(
        await door.post("/v1/bays", { baymodel_id: "none", node_count: 0 }, version === undefined ? {} : { version }),
      ).toEqual(refused(400, /attribute node_count\. Value: '0'\. Value should be greater or equal to 1/));
  });

  test("what is wrong with the form of a patch is told before what it is for is looked for", async () => {
    for (const url of ["clusters", "bays", "clustertemplates", "baymodels"]) {
      const call = { version: at(1) };
      expect(await door.patch(`/v1/${url}/none`, replace("uuid", "x"), call)).toEqual(
        refused(400, "'/uuid' is an internal attribute and can not be updated"),
      );
    }
    expect(await door.patch(`${path}/none`, [{ op: "remove", path: "/coe" }])).toEqual(
      refused(400, "'/coe' is a mandatory attribute and can not be removed"),
    );
    expect(await door.patch("/v1/clusters/none/nodegroups/x", replace("role", "x"), { version: latest })).toEqual(
      refused(400, "'/role' is an internal attribute and can not be updated"),
    );
    expect((await door.patch(`${path}/none`, replace("name", "x"))).status).toBe(404);
  });
});
