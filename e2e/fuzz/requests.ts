// Generated requests: for every route of the table, from bodies that could be meant to what nobody would send.
import fc from "fast-check";
import { z } from "zod";
import type { Route } from "../../server/rest/request.ts";
import { routes } from "../../server/rest/routes.ts";
import { known, type Person } from "./world.ts";

export interface Request {
  method: string;
  url: string;
  headers: Record<string, string>;
  payload?: string;
  as: Person | "nobody";
}

const awkward = fc.constantFrom(
  "",
  " ",
  "0",
  "-1",
  "1.5",
  "None",
  "True",
  "null",
  "[]",
  "{}",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "../..",
  "%",
  "%00",
  "a%2Fb",
  "\u0000",
  "\ud800",
  "\u202eabc",
  "é".normalize("NFD"),
  "𝕏".repeat(300),
  "'; DROP TABLE x; --",
  "${1}",
  "a".repeat(300),
  "99999999999999999999",
  "1e400",
  "00000000000040008000000000000001",
  "{'a': 'b'}",
  "{u'a': None}",
  "[1, 'x', (2,)]",
  "[".repeat(6000),
  "(((".repeat(3000),
);

const anyText = fc.oneof(awkward, fc.string({ unit: "binary", maxLength: 40 }), fc.string({ maxLength: 20 }));
const json = fc.jsonValue({ maxDepth: 3, stringUnit: "binary" });
const whole = fc.constantFrom(-1, 0, 1, 2, 3, 5, 100, 1001, 2 ** 31, 2 ** 53, -0.5, 1e308);

const meant = fc.oneof(
  fc.constantFrom<unknown>(
    ...known.clusters,
    ...known.templates,
    ...known.nodegroups,
    "m1.small",
    "fedora-coreos-38",
    "public",
    "mykey",
    "kubernetes",
    "swarm",
    "flannel",
    "calico",
    "cinder",
    "worker",
    "master",
    "HEALTHY",
    "overlay2",
    "devicemapper",
    "Cluster",
    "10.0.0.0/24",
    null,
    true,
    false,
  ),
  whole,
  fc.dictionary(
    fc.constantFrom("a", "kube_tag", "boot_volume_size", "availability_zone", "etcd_volume_size"),
    anyText,
    {
      maxKeys: 3,
    },
  ),
);
const value: fc.Arbitrary<unknown> = fc.oneof({ weight: 3, arbitrary: meant }, { weight: 1, arbitrary: json }, anyText);

/** Attributes that the schema of a body knows. */
export function keysOf(body: z.ZodType | undefined): string[] {
  if (!body) return [];
  const described: unknown = z.toJSONSchema(body, { io: "input", unrepresentable: "any" });
  const read = z.object({ properties: z.record(z.string(), z.unknown()) }).safeParse(described);
  return read.success ? Object.keys(read.data.properties) : [];
}

/** What gets past the schema and through the service. */
export const good: Record<string, Record<string, unknown>> = {
  "POST /v1/clusters": { cluster_template_id: "small", keypair: "mykey", node_count: 1 },
  "POST /v1/bays": { baymodel_id: "small", node_count: 1 },
  "POST /v1/clustertemplates": { image_id: "fedora-coreos-38", external_network_id: "public", coe: "kubernetes" },
  "POST /v1/baymodels": { image_id: "fedora-coreos-38", external_network_id: "public", coe: "kubernetes" },
  "POST /v1/clusters/:cluster/actions/resize": { node_count: 2 },
  "POST /v1/clusters/:cluster/actions/upgrade": { cluster_template: "public" },
  "POST /v1/clusters/:cluster/nodegroups": { name: "more", node_count: 1 },
  "POST /v1/certificates": {
    cluster_uuid: "settled",
    csr: "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n",
  },
  "POST /v1/quotas": { project_id: "p", resource: "Cluster", hard_limit: 3 },
};

const attributes = [
  "node_count",
  "health_status",
  "health_status_reason",
  "labels",
  "name",
  "public",
  "hidden",
  "image_id",
  "min_node_count",
  "max_node_count",
  "node_labels",
  "node_taints",
  "uuid",
  "status",
  "master_count",
  "__proto__",
  "constructor",
];

const step = fc.record(
  {
    op: fc.oneof({ weight: 8, arbitrary: fc.constantFrom("add", "replace", "remove") }, anyText, json),
    path: fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...attributes).map((name) => `/${name}`) },
      { weight: 2, arbitrary: fc.tuple(fc.constantFrom(...attributes), anyText).map((parts) => `/${parts.join("/")}`) },
      anyText,
    ),
    value,
  },
  { requiredKeys: ["op", "path"] },
);

function bodyOf(route: Route): fc.Arbitrary<unknown> {
  if (route.method === "PATCH") return fc.oneof({ weight: 6, arbitrary: fc.array(step, { maxLength: 4 }) }, json);
  const keys = keysOf(route.body);
  const base = good[`${route.method} ${route.path}`] ?? {};
  const names = keys.length > 0 ? fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...keys) }, anyText) : anyText;
  return fc.oneof(
    { weight: 6, arbitrary: fc.dictionary(names, value, { maxKeys: 3 }).map((more) => ({ ...base, ...more })) },
    { weight: 1, arbitrary: fc.dictionary(names, value, { maxKeys: 6 }) },
    { weight: 1, arbitrary: json },
  );
}

const raw = fc.constantFrom(
  "",
  "{",
  "null",
  "[]",
  "[[[[[[[[",
  '{"__proto__": {"node_count": 1}}',
  '{"node_count": 1e400}',
  '{"node_count": 1, "node_count": 2}',
  "\ufeff{}",
  `{"name": "${"x".repeat(70_000)}"}`,
  `${"[".repeat(5000)}${"]".repeat(5000)}`,
);

const part = (name: string): fc.Arbitrary<string> => {
  const pool: readonly string[] =
    name === "cluster"
      ? known.clusters
      : name === "nodegroup"
        ? known.nodegroups
        : [...known.templates, ...known.clusters, "Cluster", "kubernetes", "etcd", "member"];
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...pool) },
    { weight: 1, arbitrary: anyText.map((text) => encodeURIComponent(text.toWellFormed()) || "-") },
    { weight: 1, arbitrary: fc.constantFrom("%", "%zz", "..", "a%00", "%F0%9F", "%2e%2e", "a;b=c", "~", "*") },
  );
};

const parameter = fc.tuple(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.constantFrom(
        "limit",
        "marker",
        "sort_key",
        "sort_dir",
        "all_tenants",
        "rollback",
        "role",
        "type",
        "project_id",
        "ca_cert_type",
      ),
    },
    anyText,
  ),
  fc.oneof(
    fc.constantFrom(
      "1",
      "20",
      "-1",
      "abc",
      "asc",
      "desc",
      "name",
      "status",
      "True",
      "true",
      "",
      known.clusters[0],
      "usage",
      "stats",
    ),
    anyText,
  ),
);
const query = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  fc
    .array(parameter, { maxLength: 4 })
    .map(
      (all) => `?${all.map((pair) => pair.map((text) => encodeURIComponent(text.toWellFormed())).join("=")).join("&")}`,
    ),
  fc.constantFrom("?", "?&&=", "?%", "?limit=1&limit=2", "?a[b]=c", "?limit[]=3", `?q=${"x".repeat(4000)}`),
);

const latin = fc.string({ maxLength: 30 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, "~").trim());
const version = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 14 }).map((minor) => `container-infra 1.${minor}`) },
  { weight: 2, arbitrary: fc.constant("container-infra latest") },
  fc.constantFrom("container-infra 1.99", "container-infra 2.0", "container-infra 1.-1", "compute 1.1", "latest", ""),
  latin,
);
const headers = fc.record(
  {
    "openstack-api-version": version,
    "content-type": fc.oneof(
      { weight: 12, arbitrary: fc.constant("application/json") },
      fc.constantFrom(
        "text/plain",
        "application/json; charset=utf-8",
        "application/json-patch+json",
        ";",
        "APPLICATION/JSON",
      ),
      latin,
    ),
    accept: fc.oneof(fc.constantFrom("*/*", "application/json", "text/html"), latin),
    "x-openstack-request-id": fc.oneof(
      fc.uuid().map((one) => `req-${one}`),
      latin,
    ),
    "x-forwarded-host": fc.oneof(fc.constantFrom("magnum.example", "[::1]:9511", "a b", "x".repeat(3000)), latin),
    "x-forwarded-proto": fc.constantFrom("https", "ftp", ""),
  },
  { requiredKeys: [] },
);

const person = fc.oneof(
  { weight: 8, arbitrary: fc.constant("member" as const) },
  fc.constantFrom(...known.people, "nobody" as const),
);

export const request: fc.Arbitrary<Request> = fc.constantFrom(...routes).chain((route) => {
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
  return fc
    .record({
      method: fc.oneof(
        { weight: 20, arbitrary: fc.constant<string>(route.method) },
        fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"),
      ),
      parts: fc.tuple(...names.map(part)),
      query,
      slash: fc.constantFrom("", "", "", "/"),
      headers,
      payload: fc.oneof(
        { weight: 12, arbitrary: bodyOf(route).map((body) => JSON.stringify(body) ?? "") },
        { weight: 1, arbitrary: raw },
      ),
      as: person,
    })
    .map(({ method, parts, query: search, slash, headers: head, payload, as }) => {
      let index = 0;
      const path = route.path.replaceAll(/:\w+/g, () => parts[index++] ?? "-");
      const bare = method === "GET" || method === "HEAD" || method === "OPTIONS";
      const sent = bare || payload === "" ? {} : { payload };
      const type = "payload" in sent ? { "content-type": "application/json" } : {};
      return { method, url: path + slash + search, headers: { ...type, ...head }, as, ...sent };
    });
});
