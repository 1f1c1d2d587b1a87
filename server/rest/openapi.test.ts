import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { openApi, openApiText } from "./openapi.ts";
import { routes } from "./routes.ts";
import { openDoor } from "./testing/door.ts";

const document = openApi("http://coe.example:9511/");
const text = JSON.stringify(document);

const Schema = z.record(z.string(), z.unknown());
const Operation = z.object({
  operationId: z.string().min(1),
  parameters: z.array(Schema).optional(),
  requestBody: z.object({ content: z.record(z.string(), z.object({ schema: Schema })) }).optional(),
  responses: z.record(z.string(), Schema),
  "x-min-version": z.string().optional(),
  "x-max-version": z.string().optional(),
});
const Document = z.object({
  openapi: z.literal("3.1.1"),
  servers: z.array(z.object({ url: z.url() })),
  paths: z.record(
    z.string().startsWith("/"),
    z.record(z.enum(["get", "post", "patch", "delete"]), Operation).or(z.record(z.string(), Operation)),
  ),
  components: z.object({ schemas: z.record(z.string(), Schema), responses: z.record(z.string(), Schema) }),
});
const parsed = Document.parse(document);
const operations = Object.entries(parsed.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
);

/** Follows "#/a/b". */
function resolve(reference: string): unknown {
  let at: unknown = document;
  for (const key of reference.slice(2).split("/"))
    at = typeof at === "object" && at !== null ? new Map(Object.entries(at)).get(key) : undefined;
  return at;
}

describe("the document", () => {
  const door = openDoor();

  test("is handed out to anybody, once made", async () => {
    const { status, json, headers } = await door.call("/v1/openapi.json", { as: null });
    expect([status, json["openapi"], headers["content-type"]]).toEqual([200, "3.1.1", "application/json"]);
    expect(openApiText("http://coe.example:9511/")).toBe(openApiText("http://coe.example:9511/"));
  });

  test("refers only to what is there", () => {
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference = ""]) => reference);
    expect(references.length).toBeGreaterThan(100);
    for (const reference of new Set(references)) expect(resolve(reference), reference).toBeDefined();
  });

  test("names each operation once, and each parameter of a path", () => {
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { path, operation } of operations) {
      const named = (operation.parameters ?? []).filter((each) => each["in"] === "path").map((each) => each["name"]);
      expect(named, path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name));
    }
  });

  test("is valid OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(text));
    expect(errors ?? []).toEqual([]);
    expect(valid).toBe(true);
  });
});

// The contract's endpoint index: method, path, success, lowest version.
const index: readonly (readonly [method: string, path: string, status: number, since?: string])[] = [
  ["GET", "/", 200],
  ["GET", "/v1", 200],
  ["GET", "/healthcheck", 200],
  ["GET", "/v1/clustertemplates", 200, "1.1"],
  ["GET", "/v1/clustertemplates/detail", 200, "1.1"],
  ["POST", "/v1/clustertemplates", 201, "1.1"],
  ["GET", "/v1/clustertemplates/{template}", 200, "1.1"],
  ["PATCH", "/v1/clustertemplates/{template}", 200, "1.1"],
  ["DELETE", "/v1/clustertemplates/{template}", 204, "1.1"],
  ["GET", "/v1/clusters", 200, "1.1"],
  ["GET", "/v1/clusters/detail", 200, "1.1"],
  ["POST", "/v1/clusters", 202, "1.1"],
  ["GET", "/v1/clusters/{cluster}", 200, "1.1"],
  ["PATCH", "/v1/clusters/{cluster}", 202, "1.1"],
  ["DELETE", "/v1/clusters/{cluster}", 204, "1.1"],
  ["POST", "/v1/clusters/{cluster}/actions/resize", 202, "1.7"],
  // At 1.7 it is there and refuses (E38).
  ["POST", "/v1/clusters/{cluster}/actions/upgrade", 202, "1.7"],
  ["GET", "/v1/clusters/{cluster}/nodegroups", 200, "1.9"],
  ["POST", "/v1/clusters/{cluster}/nodegroups", 202, "1.9"],
  ["GET", "/v1/clusters/{cluster}/nodegroups/{nodegroup}", 200, "1.9"],
  ["PATCH", "/v1/clusters/{cluster}/nodegroups/{nodegroup}", 202, "1.9"],
  ["DELETE", "/v1/clusters/{cluster}/nodegroups/{nodegroup}", 204, "1.9"],
  ["GET", "/v1/certificates/{cluster}", 200, "1.1"],
  ["GET", "/v1/certificates/{cluster}/{type}", 200, "1.1"],
  ["POST", "/v1/certificates", 201, "1.1"],
  ["PATCH", "/v1/certificates/{cluster}", 202, "1.1"],
  ["PATCH", "/v1/credentials/{cluster}", 202, "1.12"],
  ["GET", "/v1/quotas", 200, "1.1"],
  ["POST", "/v1/quotas", 201, "1.1"],
  ["GET", "/v1/quotas/{project}/{resource}", 200, "1.1"],
  ["PATCH", "/v1/quotas/{project}/{resource}", 202, "1.1"],
  ["DELETE", "/v1/quotas/{project}/{resource}", 204, "1.1"],
  ["GET", "/v1/stats", 200, "1.1"],
  ["GET", "/v1/mservices", 200, "1.1"],
  ["GET", "/v1/federations", 200, "1.1"],
  ["GET", "/v1/federations/detail", 200, "1.1"],
  ["POST", "/v1/federations", 202, "1.1"],
  ["GET", "/v1/federations/{federation}", 200, "1.1"],
  ["PATCH", "/v1/federations/{federation}", 202, "1.1"],
  ["DELETE", "/v1/federations/{federation}", 204, "1.1"],
];

describe("against the contract's index", () => {
  test.each(index)("%s %s answers %i, since %s", (method, path, status, since) => {
    const found = operations.find((each) => each.method === method && each.path === path)?.operation;
    expect(Object.keys(found?.responses ?? {})).toContain(String(status));
    expect(found?.["x-min-version"]).toBe(since);
  });

  test("there is nothing else but bays, baymodels up to 1.10, what new nodes fetch, and what administrators drop", () => {
    const others = operations.filter(
      ({ method, path }) => !index.some((each) => each[0] === method && each[1] === path),
    );
    const legacy = others.filter(({ path }) => /^\/v1\/bay(model)?s/.test(path));
    expect(legacy).toHaveLength(12);
    for (const { operation } of legacy) expect(operation["x-max-version"]).toBe("1.10");
    expect(others.filter((each) => !legacy.includes(each)).map(({ path }) => path)).toEqual([
      "/v1/clusters/{cluster}/actions/drop",
      "/v1/clusters/{cluster}/bootstrap",
    ]);
    expect(routes).toHaveLength(operations.length - 3);
  });
});

/** What is documented of a field, short: type, limits, words. */
function brief(field: unknown): string {
  const schema = Schema.parse(field);
  if (Array.isArray(schema["anyOf"])) return schema["anyOf"].map(brief).join("|");
  if (schema["readOnly"] === true) return "read only";
  if (schema["description"] === "Accepted and ignored.") return "ignored";
  if (Array.isArray(schema["type"])) return schema["type"].join("|");
  const { type, minimum, maximum, minLength, maxLength, enum: words } = schema;
  if (Array.isArray(words)) return words.join(",");
  if (type === "object") return "map";
  const low = minimum ?? minLength;
  const high = maximum ?? maxLength;
  return `${String(type)}${low === undefined && high === undefined ? "" : ` ${String(low ?? "")}-${String(high ?? "")}`}`;
}

function fieldsOf(name: string): Record<string, string> {
  const properties = Schema.parse(Schema.parse(parsed.components.schemas[name])["properties"]);
  return Object.fromEntries(Object.entries(properties).map(([key, schema]) => [key, brief(schema)]));
}

const requiredOf = (name: string) => Schema.parse(parsed.components.schemas[name])["required"];

const name = "string 1-255";
const nullable = (what: string) => `${what}|null`;

describe("against the contract's tables of fields", () => {
  test("cluster templates, 6.1", () => {
    expect(fieldsOf("ClusterTemplateCreate")).toEqual({
      uuid: "ignored",
      name: nullable(name),
      coe: "kubernetes,swarm,swarm-mode,mesos",
      image_id: name,
      flavor_id: nullable(name),
      master_flavor_id: nullable(name),
      keypair_id: nullable(name),
      external_network_id: nullable(name),
      fixed_network: nullable(name),
      fixed_subnet: nullable(name),
      network_driver: nullable(name),
      volume_driver: nullable(name),
      dns_nameserver: nullable(name),
      apiserver_port: nullable("integer 1024-65535"),
      docker_volume_size: nullable("integer 1-2147483647"),
      docker_storage_driver: nullable(name),
      cluster_distro: "ignored",
      http_proxy: nullable(name),
      https_proxy: nullable(name),
      no_proxy: nullable(name),
      registry_enabled: nullable("boolean"),
      insecure_registry: nullable(name),
      labels: nullable("map"),
      tls_disabled: nullable("boolean"),
      public: nullable("boolean"),
      hidden: nullable("boolean"),
      server_type: nullable("vm,bm"),
      master_lb_enabled: nullable("boolean"),
      floating_ip_enabled: nullable("boolean"),
      tags: nullable("string 0-255"),
      driver: nullable(name),
      project_id: "read only",
      user_id: "read only",
      created_at: "read only",
      updated_at: "read only",
      links: "read only",
    });
    expect(requiredOf("ClusterTemplateCreate")).toEqual(["coe", "image_id"]);
  });

  test("clusters, 7.1", () => {
    const ignored =
      "uuid status status_reason health_status health_status_reason faults labels_overridden labels_added labels_skipped";
    const readOnly =
      "stack_id cluster_id api_address coe_version container_version project_id user_id node_addresses master_addresses links created_at updated_at";
    const all = (words: string, what: string) => Object.fromEntries(words.split(" ").map((word) => [word, what]));
    expect(fieldsOf("ClusterCreate")).toEqual({
      cluster_template_id: nullable(name),
      name: nullable("string 1-242"),
      keypair: nullable(name),
      node_count: nullable("integer 0-2147483647"),
      master_count: nullable("integer 1-2147483647"),
      docker_volume_size: nullable("integer 1-2147483647"),
      labels: nullable("map"),
      merge_labels: nullable("boolean"),
      master_flavor_id: nullable(name),
      flavor_id: nullable(name),
      create_timeout: nullable("integer 0-2147483647"),
      discovery_url: nullable("string 0-2000"),
      fixed_network: nullable(name),
      fixed_subnet: nullable(name),
      floating_ip_enabled: nullable("boolean"),
      master_lb_enabled: nullable("boolean"),
      ...all(ignored, "ignored"),
      ...all(readOnly, "read only"),
    });
    expect(requiredOf("ClusterCreate")).toEqual(["cluster_template_id"]);
  });

  test("node groups, 8.1", () => {
    expect(fieldsOf("NodegroupCreate")).toMatchObject({
      name,
      docker_volume_size: nullable("integer 1-2147483647"),
      labels: nullable("map"),
      merge_labels: nullable("boolean"),
      flavor_id: nullable(name),
      image_id: nullable(name),
      node_count: nullable("integer 0-2147483647"),
      role: nullable(name),
      min_node_count: nullable("integer 0-2147483647"),
      max_node_count: nullable("integer 0-2147483647"),
      is_default: "ignored",
      stack_id: "read only",
      project_id: "read only",
      node_labels: nullable("map"),
      node_taints: nullable("array"),
    });
    expect(requiredOf("NodegroupCreate")).toEqual(["name"]);
  });

  test("resize, upgrade and quotas, 7.5 and 10.1", () => {
    expect(fieldsOf("Resize")).toEqual({
      node_count: "integer 0-2147483647",
      nodes_to_remove: nullable("array"),
      nodegroup: nullable(name),
    });
    expect(requiredOf("Resize")).toEqual(["node_count"]);
    expect(fieldsOf("Upgrade")).toEqual({
      cluster_template: name,
      max_batch_size: nullable("integer 1-2147483647"),
      nodegroup: nullable(name),
    });
    expect(fieldsOf("QuotaWrite")).toMatchObject({
      project_id: nullable(name),
      resource: nullable("Cluster"),
      hard_limit: nullable("integer 0-2147483647"),
    });
  });

  test("answers have every documented key, always", () => {
    const optional = (schema: string) => {
      const required = z.array(z.string()).parse(requiredOf(schema));
      return Object.keys(fieldsOf(schema)).filter((key) => !required.includes(key));
    };
    expect(optional("ClusterTemplate")).toEqual([]);
    expect(optional("Nodegroup")).toEqual([]);
    expect(optional("ClusterShort")).toEqual(["cluster_id"]);
    expect(optional("Cluster")).toEqual(["cluster_id", "faults"]);
    expect(optional("Certificate")).toEqual(["csr", "ca_cert_type"]);
    expect(Object.keys(fieldsOf("ClusterTemplate"))).toHaveLength(36);
    expect(Object.keys(fieldsOf("ClusterShort"))).toHaveLength(17);
    expect(Object.keys(fieldsOf("Cluster"))).toHaveLength(37);
    expect(Object.keys(fieldsOf("Nodegroup"))).toHaveLength(28);
  });
});
