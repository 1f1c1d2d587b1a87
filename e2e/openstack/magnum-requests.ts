// What is asked of a real Magnum and of our API in the same words, in this order. `{name}` in a path or body is an id that an
// earlier answer gave under that name.

export interface Asked {
  /** Unique; the table of differences goes by it. */
  name: string;
  method?: string;
  /** From the root. */
  path: string;
  /** By default that of a member of the project. */
  as?: "member" | "admin" | "stranger" | "nobody";
  /** The whole header; by default the newest version that both have. Null = no header. */
  version?: string | null;
  /** Anything but text is sent as JSON. */
  body?: unknown;
  contentType?: string;
  /** Keeps the uuid of the answer under this name. */
  keep?: string;
  /** Asked again for a while where it is not there yet. */
  patient?: boolean;
}

export const newest = "container-infra 1.10";

const post = (name: string, path: string, body: unknown, more: Partial<Asked> = {}): Asked => ({
  name,
  method: "POST",
  path,
  body,
  ...more,
});
const patch = (name: string, path: string, body: unknown, more: Partial<Asked> = {}): Asked => ({
  ...post(name, path, body, more),
  method: "PATCH",
});
const get = (name: string, path: string, more: Partial<Asked> = {}): Asked => ({ name, path, ...more });
const remove = (name: string, path: string, more: Partial<Asked> = {}): Asked => ({
  name,
  method: "DELETE",
  path,
  ...more,
});
const replace = (path: string, value: unknown) => [{ op: "replace", path, value }];

export const discovery: Asked[] = [
  get("root", "/", { as: "nobody", version: null }),
  get("v1", "/v1", { as: "nobody" }),
  get("v1 with a slash", "/v1/", { as: "nobody" }),
  get("healthcheck", "/healthcheck", { as: "nobody", version: null }),
  get("no token", "/v1/clusters", { as: "nobody" }),
  get("unknown collection", "/v1/nothing"),
  get("method not allowed", "/v1/clusters", { method: "PUT", body: {} }),
  get("certificates of nothing", "/v1/certificates"),
  post("text body", "/v1/clusters", "name=x", { contentType: "text/plain" }),
  post("broken JSON", "/v1/clusters", '{"name"', { contentType: "application/json" }),
  post("empty body: cluster", "/v1/clusters", "", { contentType: "application/json" }),
  post("empty body: template", "/v1/clustertemplates", "", { contentType: "application/json" }),
  post("empty body: quota", "/v1/quotas", "", { contentType: "application/json", as: "admin" }),
  get("list with a slash", "/v1/clusters/"),
  get("path without v1", "/clusters"),
  get("unknown query", "/v1/clusters?colour=red"),
  get("name with a dot", "/v1/clusters/c1.json"),
];

export const versions: Asked[] = [
  ["none", null],
  ["1.1", "container-infra 1.1"],
  ["1.9", "container-infra 1.9"],
  ["1.10", "container-infra 1.10"],
  ["1.0", "container-infra 1.0"],
  ["1.99", "container-infra 1.99"],
  ["2.0", "container-infra 2.0"],
  ["latest", "container-infra latest"],
  ["LATEST", "container-infra LATEST"],
  ["latest of another", "foo latest"],
  ["another service", "foo 1.9"],
  ["one word", "1.9"],
  ["three words", "container-infra 1.9 x"],
  ["no number", "container-infra abc"],
  ["one number", "container-infra 1"],
  ["three numbers", "container-infra 1.2.3"],
  ["new alias", "container-infrastructure-management 1.9"],
].flatMap(([name, version]): Asked[] => [
  get(`version: ${String(name)}`, "/v1/clustertemplates", { version: version ?? null }),
]);

const template = {
  name: "first",
  coe: "kubernetes",
  image_id: "fedora-coreos-38",
  external_network_id: "public",
  flavor_id: "m1.small",
  master_flavor_id: "m1.small",
  keypair_id: "mykey",
};
const bad = (name: string, more: Record<string, unknown>) =>
  post(`template: ${name}`, "/v1/clustertemplates", { ...template, ...more });
const without = (key: keyof typeof template): Record<string, unknown> =>
  Object.fromEntries(Object.entries(template).filter(([name]) => name !== key));

export const templates: Asked[] = [
  post("template", "/v1/clustertemplates", template, { keep: "template" }),
  post(
    "template: every field",
    "/v1/clustertemplates",
    {
      ...template,
      name: "second",
      network_driver: "calico",
      volume_driver: "cinder",
      dns_nameserver: "8.8.8.8, 8.8.4.4",
      apiserver_port: 6443,
      docker_volume_size: "5",
      docker_storage_driver: "overlay2",
      http_proxy: "http://proxy:3128",
      https_proxy: "http://proxy:3128",
      no_proxy: "10.0.0.0/8",
      registry_enabled: "yes",
      insecure_registry: "10.0.0.1:5000",
      labels: { text: "1", number: 1, truth: true, fraction: 1.5 },
      tls_disabled: "False",
      server_type: "vm",
      master_lb_enabled: true,
      floating_ip_enabled: "off",
      tags: "a,b",
    },
    { keep: "second" },
  ),
  post("template: same name again", "/v1/clustertemplates", template, { keep: "twin" }),
  post("template: by the command line", "/v1/clustertemplates", {
    ...template,
    name: "cli",
    fixed_network: null,
    fixed_subnet: null,
    network_driver: null,
    volume_driver: null,
    dns_nameserver: "8.8.8.8",
    docker_volume_size: null,
    docker_storage_driver: "overlay2",
    http_proxy: null,
    https_proxy: null,
    no_proxy: null,
    labels: {},
    tls_disabled: false,
    public: false,
    registry_enabled: false,
    server_type: "vm",
    master_lb_enabled: false,
  }),
  post("template: no image", "/v1/clustertemplates", without("image_id")),
  post("template: no coe", "/v1/clustertemplates", without("coe")),
  post("template: no keypair", "/v1/clustertemplates", { ...without("keypair_id"), name: "keyless" }),
  bad("unknown image", { image_id: "nothing" }),
  bad("image without distro", { image_id: "cirros-plain" }),
  bad("image of another distro", { image_id: "ubuntu-2204-kube-v1.27.4" }),
  bad("unknown flavor", { flavor_id: "nothing" }),
  bad("unknown master flavor", { master_flavor_id: "nothing" }),
  bad("unknown external network", { external_network_id: "nothing" }),
  bad("unknown keypair", { name: "lost-key", keypair_id: "nothing" }),
  bad("unknown coe", { coe: "nothing" }),
  bad("unknown attribute", { colour: "red" }),
  bad("read-only attribute", { project_id: "x" }),
  bad("unknown server type", { server_type: "zx81" }),
  bad("bare metal", { server_type: "bm" }),
  bad("network driver of no one", { network_driver: "weave" }),
  bad("network driver in capitals", { network_driver: "Flannel" }),
  bad("volume driver of another", { volume_driver: "rexray" }),
  bad("volume of 0", { docker_volume_size: 0 }),
  bad("volume is a word", { docker_volume_size: "two" }),
  bad("volume is a fraction", { name: "fraction", docker_volume_size: 2.5 }),
  bad("devicemapper with 2 GB", { docker_storage_driver: "devicemapper", docker_volume_size: 2 }),
  bad("devicemapper with none", { docker_storage_driver: "devicemapper" }),
  bad("devicemapper with 3 GB", { name: "mapper", docker_storage_driver: "devicemapper", docker_volume_size: 3 }),
  bad("port 80", { apiserver_port: 80 }),
  bad("port 65536", { apiserver_port: 65536 }),
  bad("nameserver is a word", { dns_nameserver: "one" }),
  bad("nameserver is IPv6", { dns_nameserver: "2001:db8::1" }),
  bad("truth is a word", { tls_disabled: "perhaps" }),
  bad("labels are a list", { labels: ["a"] }),
  bad("labels hold an object", { labels: { a: { b: 1 } } }),
  bad("labels are null", { name: "unlabelled", labels: null }),
  bad("name of 256", { name: "x".repeat(256) }),
  bad("published by a member", { public: true }),
  bad("hidden by a member", { hidden: true }),
  post(
    "template: published",
    "/v1/clustertemplates",
    { ...template, name: "public", public: true },
    { as: "admin", keep: "public" },
  ),
  post(
    "template: hidden",
    "/v1/clustertemplates",
    { ...template, name: "hid", public: true, hidden: true },
    { as: "admin", keep: "hidden" },
  ),
  get("template: by uuid", "/v1/clustertemplates/{template}"),
  get("template: by name", "/v1/clustertemplates/second"),
  get("template: ambiguous", "/v1/clustertemplates/first"),
  get("template: none of that name", "/v1/clustertemplates/nothing"),
  get("template: none of that uuid", "/v1/clustertemplates/5d12f6fd-a196-4bf0-ae4c-1f639a523a52"),
  get("template: a stranger's", "/v1/clustertemplates/{template}", { as: "stranger" }),
  get("template: published, to a stranger", "/v1/clustertemplates/{public}", { as: "stranger" }),
  get("template: hidden, to a stranger", "/v1/clustertemplates/{hidden}", { as: "stranger" }),
  get("template: hidden, to an admin", "/v1/clustertemplates/{hidden}", { as: "admin" }),
  get("templates: by name", "/v1/clustertemplates?sort_key=name"),
  get("templates: in detail", "/v1/clustertemplates/detail?sort_key=name&sort_dir=desc"),
  get("templates: a page", "/v1/clustertemplates?limit=1&sort_key=name&sort_dir=asc"),
  get("templates: the next page", "/v1/clustertemplates?limit=1&sort_key=name&marker={second}"),
  get("templates: limit 0", "/v1/clustertemplates?limit=0"),
  get("templates: limit -1", "/v1/clustertemplates?limit=-1"),
  get("templates: limit is a word", "/v1/clustertemplates?limit=two"),
  get("templates: marker is a word", "/v1/clustertemplates?marker=two"),
  get("templates: marker of nothing", "/v1/clustertemplates?marker=5d12f6fd-a196-4bf0-ae4c-1f639a523a52"),
  get("templates: unknown sort key", "/v1/clustertemplates?sort_key=colour"),
  get("templates: unknown direction", "/v1/clustertemplates?sort_dir=up"),
  patch("template patch: name", "/v1/clustertemplates/{second}", replace("/name", "renamed")),
  patch("template patch: nothing", "/v1/clustertemplates/{second}", []),
  patch("template patch: labels as Python", "/v1/clustertemplates/{second}", replace("/labels", "{'a': 'b', 'n': 1}")),
  patch("template patch: labels not Python", "/v1/clustertemplates/{second}", replace("/labels", "{a: b}")),
  patch("template patch: add a label", "/v1/clustertemplates/{second}", [{ op: "add", path: "/labels/c", value: "d" }]),
  patch("template patch: remove a label", "/v1/clustertemplates/{second}", [{ op: "remove", path: "/labels/c" }]),
  patch("template patch: remove no label", "/v1/clustertemplates/{second}", [{ op: "remove", path: "/labels/none" }]),
  patch("template patch: number as text", "/v1/clustertemplates/{second}", replace("/docker_volume_size", "7")),
  patch("template patch: boolean as text", "/v1/clustertemplates/{second}", replace("/master_lb_enabled", "False")),
  patch("template patch: remove optional", "/v1/clustertemplates/{second}", [
    { op: "remove", path: "/docker_volume_size" },
  ]),
  patch("template patch: remove mandatory", "/v1/clustertemplates/{second}", [{ op: "remove", path: "/coe" }]),
  patch("template patch: internal", "/v1/clustertemplates/{second}", replace("/uuid", "x")),
  patch("template patch: unknown", "/v1/clustertemplates/{second}", [{ op: "add", path: "/colour", value: "red" }]),
  patch("template patch: unknown op", "/v1/clustertemplates/{second}", [{ op: "move", path: "/name", value: "x" }]),
  patch("template patch: bad path", "/v1/clustertemplates/{second}", replace("name", "x")),
  patch("template patch: no value", "/v1/clustertemplates/{second}", [{ op: "replace", path: "/name" }]),
  patch("template patch: add what is there", "/v1/clustertemplates/{second}", [
    { op: "add", path: "/coe", value: "swarm" },
  ]),
  patch("template patch: an object", "/v1/clustertemplates/nothing", { name: "x" }),
  patch("template patch: unknown flavor", "/v1/clustertemplates/{second}", replace("/flavor_id", "nothing")),
  patch("template patch: publish as member", "/v1/clustertemplates/{second}", replace("/public", true)),
  patch("template patch: of nothing", "/v1/clustertemplates/nothing", replace("/name", "x")),
  // What only one of the two accepts, after the lists.
  bad("server type is null", { name: "typeless", server_type: null }),
  bad("empty name", { name: "" }),
  bad("name is null", { name: null }),
  remove("template: delete of nothing", "/v1/clustertemplates/nothing"),
  remove("template: delete ambiguous", "/v1/clustertemplates/first"),
  remove("template: delete a stranger's", "/v1/clustertemplates/{twin}", { as: "stranger" }),
  remove("template: delete", "/v1/clustertemplates/{twin}"),
];

const cluster = { name: "one", cluster_template_id: "{template}", node_count: 1, master_count: 1, labels: { a: "1" } };
const wrong = (name: string, more: Record<string, unknown>, other: Partial<Asked> = {}) =>
  post(`cluster: ${name}`, "/v1/clusters", { ...cluster, name: "never", ...more }, other);

/** Before there is a cluster: none of these makes one. */
export const refusedClusters: Asked[] = [
  wrong("no template", { cluster_template_id: undefined }),
  wrong("unknown template", { cluster_template_id: "5d12f6fd-a196-4bf0-ae4c-1f639a523a52" }),
  wrong("unknown template at 1.9", { cluster_template_id: "nothing" }, { version: "container-infra 1.9" }),
  wrong("name with a blank", { name: "a b" }),
  wrong("name that begins with a digit", { name: "1a" }),
  wrong("empty name", { name: "" }),
  wrong("name of 243", { name: "x".repeat(243) }),
  wrong("unknown keypair", { keypair: "nothing" }),
  wrong("no master", { master_count: 0 }),
  wrong("three masters without a balancer", { master_count: 3 }),
  wrong("nodes below 0", { node_count: -1 }),
  wrong("nodes are a word", { node_count: "two" }),
  wrong("no node at 1.9", { node_count: 0 }, { version: "container-infra 1.9" }),
  wrong("timeout below 0", { create_timeout: -1 }),
  wrong("unknown attribute", { colour: "red" }),
  wrong("read-only attribute", { stack_id: "x" }),
  wrong("labels are a list", { labels: ["a"] }),
  wrong("unknown flavor", { flavor_id: "nothing" }),
  get("cluster: none of that name", "/v1/clusters/nothing"),
  patch("cluster patch: of nothing", "/v1/clusters/nothing", replace("/node_count", 2)),
  remove("cluster: delete of nothing", "/v1/clusters/nothing"),
  get("clusters: none", "/v1/clusters"),
  get("clusters: none in detail", "/v1/clusters/detail"),
  get("clusters: unknown sort key", "/v1/clusters?sort_key=node_addresses"),
  get("clusters: limit 0", "/v1/clusters?limit=0"),
];

/** Each makes a cluster that the test puts into CREATE_COMPLETE afterwards. */
export const acceptedClusters: Asked[] = [
  post("cluster", "/v1/clusters", cluster, { keep: "cluster" }),
  post("cluster: merged labels", "/v1/clusters", { ...cluster, name: "two", merge_labels: true }, { keep: "merged" }),
];

export const clusters: Asked[] = [
  get("cluster: by uuid", "/v1/clusters/{cluster}"),
  get("cluster: by name", "/v1/clusters/two"),
  get("cluster: at 1.1", "/v1/clusters/{cluster}", { version: "container-infra 1.1" }),
  get("cluster: a stranger's", "/v1/clusters/{cluster}", { as: "stranger" }),
  get("cluster: to an admin", "/v1/clusters/{cluster}", { as: "admin" }),
  get("clusters: by name", "/v1/clusters?sort_key=name"),
  get("clusters: in detail", "/v1/clusters/detail?sort_key=name"),
  get("clusters: a page", "/v1/clusters?limit=1&sort_key=name"),
  get("clusters: the next page", "/v1/clusters?limit=1&sort_key=name&marker={cluster}"),
  patch("template in use: name", "/v1/clustertemplates/{template}", replace("/name", "in-use")),
  patch("template in use: flavor", "/v1/clustertemplates/{template}", replace("/flavor_id", "m1.medium")),
  remove("template in use: delete", "/v1/clustertemplates/{template}"),
  patch("cluster patch: nothing", "/v1/clusters/{cluster}", []),
  patch("cluster patch: name", "/v1/clusters/{cluster}", replace("/name", "x")),
  patch("cluster patch: what it is already", "/v1/clusters/{cluster}", replace("/name", "one")),
  patch("cluster patch: internal", "/v1/clusters/{cluster}", replace("/stack_id", "x")),
  patch("cluster patch: mandatory", "/v1/clusters/{cluster}", [{ op: "remove", path: "/cluster_template_id" }]),
  patch("cluster patch: health", "/v1/clusters/{cluster}", replace("/health_status", "HEALTHY")),
  patch("cluster patch: health of no kind", "/v1/clusters/{cluster}", replace("/health_status", "FINE")),
  patch("cluster patch: reason as Python", "/v1/clusters/{cluster}", replace("/health_status_reason", "{'api': 'ok'}")),
  patch("cluster patch: rollback at 1.2", "/v1/clusters/{cluster}?rollback=true", [], {
    version: "container-infra 1.2",
  }),
  patch("cluster patch: no node at 1.9", "/v1/clusters/{cluster}", replace("/node_count", 0), {
    version: "container-infra 1.9",
  }),
  post("resize at 1.6", "/v1/clusters/{cluster}/actions/resize", { node_count: 2 }, { version: "container-infra 1.6" }),
  post("resize without a count", "/v1/clusters/{cluster}/actions/resize", {}),
  post("resize to -1", "/v1/clusters/{cluster}/actions/resize", { node_count: -1 }),
  post("resize of masters", "/v1/clusters/{cluster}/actions/resize", { node_count: 3, nodegroup: "default-master" }),
  post("resize of no group", "/v1/clusters/{cluster}/actions/resize", { node_count: 3, nodegroup: "nothing" }),
  post(
    "upgrade at 1.6",
    "/v1/clusters/{cluster}/actions/upgrade",
    { cluster_template: "x" },
    { version: "container-infra 1.6" },
  ),
  post(
    "upgrade at 1.7",
    "/v1/clusters/{cluster}/actions/upgrade",
    { cluster_template: "x" },
    { version: "container-infra 1.7" },
  ),
  post("upgrade to nothing", "/v1/clusters/{cluster}/actions/upgrade", { cluster_template: "nothing" }),
  post("unknown action", "/v1/clusters/{cluster}/actions/dance", {}),
  get("nodegroups at 1.8", "/v1/clusters/{cluster}/nodegroups", { version: "container-infra 1.8" }),
  get("nodegroups", "/v1/clusters/{cluster}/nodegroups/?sort_key=name"),
  get("nodegroups: of a role", "/v1/clusters/{cluster}/nodegroups?role=master"),
  get("nodegroup", "/v1/clusters/{cluster}/nodegroups/default-worker"),
  get("nodegroup: none of that name", "/v1/clusters/{cluster}/nodegroups/nothing"),
  post("nodegroup: of masters", "/v1/clusters/{cluster}/nodegroups", { name: "m", role: "master" }),
  post("nodegroup: bounds the wrong way", "/v1/clusters/{cluster}/nodegroups", {
    name: "b",
    min_node_count: 3,
    max_node_count: 2,
  }),
  post("nodegroup: before the address is known", "/v1/clusters/{cluster}/nodegroups", { name: "pool" }),
  patch("nodegroup patch: internal", "/v1/clusters/{cluster}/nodegroups/default-worker", replace("/node_count", 3)),
  remove("nodegroup: delete a default one", "/v1/clusters/{cluster}/nodegroups/default-worker"),
  get("certificate", "/v1/certificates/{cluster}"),
  get("certificate: of nothing", "/v1/certificates/nothing"),
  post("certificate: of nothing", "/v1/certificates", { cluster_uuid: "nothing", csr: "x" }),
  post("certificate: bad request", "/v1/certificates", { cluster_uuid: "{cluster}", csr: "x" }),
  post("certificate: no request", "/v1/certificates", { cluster_uuid: "{cluster}" }),
  get("stats", "/v1/stats?project_id={project}"),
  get("stats: of another kind", "/v1/stats?type=node"),
  get("stats: of another project", "/v1/stats?project_id=other"),
];

/** The clusters have an address from here on. */
export const changes: Asked[] = [
  post("certificate: signed", "/v1/certificates", { cluster_uuid: "{cluster}", csr: "{csr}" }),
  post(
    "certificate: signed for a stranger",
    "/v1/certificates",
    { cluster_uuid: "{cluster}", csr: "{csr}" },
    { as: "stranger" },
  ),
  get("certificate: to a stranger", "/v1/certificates/{cluster}", { as: "stranger" }),
  post("pool", "/v1/clusters/{cluster}/nodegroups", {
    name: "pool",
    node_count: 2,
    min_node_count: 1,
    max_node_count: 3,
    labels: { b: "2" },
    merge_labels: true,
  }),
  get("pool: shown", "/v1/clusters/{cluster}/nodegroups/pool", { patient: true }),
  post("pool: again", "/v1/clusters/{cluster}/nodegroups", { name: "pool" }),
  post("pool: beyond its bounds", "/v1/clusters/{cluster}/actions/resize", { node_count: 9, nodegroup: "pool" }),
  patch("pool: minimum above the count", "/v1/clusters/{cluster}/nodegroups/pool", replace("/min_node_count", 3)),
  patch("pool: new maximum", "/v1/clusters/{cluster}/nodegroups/pool", replace("/max_node_count", 4)),
  patch("pool: no maximum", "/v1/clusters/{cluster}/nodegroups/pool", [{ op: "remove", path: "/max_node_count" }]),
  get("stats: with a pool", "/v1/stats?project_id={project}"),
  patch("while it changes: nodes", "/v1/clusters/{cluster}", replace("/node_count", 2)),
  post("while it changes: upgrade", "/v1/clusters/{cluster}/actions/upgrade", { cluster_template: "{template}" }),
  patch("while it changes: authority", "/v1/certificates/{cluster}", {}),
  remove("pool: deleted", "/v1/clusters/{cluster}/nodegroups/pool"),
];

export const operators: Asked[] = [
  get("quota: default", "/v1/quotas/{project}/Cluster"),
  get("quota: of another project", "/v1/quotas/other/Cluster"),
  get("quotas: to a member", "/v1/quotas"),
  get("quotas: to an admin", "/v1/quotas", { as: "admin" }),
  post("quota: by a member", "/v1/quotas", { project_id: "{project}", resource: "Cluster", hard_limit: 3 }),
  post("quota", "/v1/quotas", { project_id: "{project}", resource: "Cluster", hard_limit: 3 }, { as: "admin" }),
  post("quota: again", "/v1/quotas", { project_id: "{project}", resource: "Cluster", hard_limit: 3 }, { as: "admin" }),
  post("quota: of no project", "/v1/quotas", { resource: "Cluster", hard_limit: 3 }, { as: "admin" }),
  post("quota: unknown project", "/v1/quotas", { project_id: "nothing", resource: "Cluster" }, { as: "admin" }),
  post("quota: unknown resource", "/v1/quotas", { project_id: "{project}", resource: "Nothing" }, { as: "admin" }),
  get("quota: set", "/v1/quotas/{project}/Cluster"),
  patch(
    "quota patch",
    "/v1/quotas/{project}/Cluster",
    { project_id: "{project}", resource: "Cluster", hard_limit: 4 },
    { as: "admin" },
  ),
  patch(
    "quota patch: of nothing",
    "/v1/quotas/nothing/Cluster",
    { project_id: "nothing", resource: "Cluster", hard_limit: 4 },
    { as: "admin" },
  ),
  remove("quota: delete", "/v1/quotas/{project}/Cluster", { as: "admin" }),
  remove("quota: delete again", "/v1/quotas/{project}/Cluster", { as: "admin" }),
  get("services: to a member", "/v1/mservices"),
  get("services", "/v1/mservices", { as: "admin" }),
  get("federations", "/v1/federations"),
  get("federation: of nothing", "/v1/federations/nothing"),
  remove("cluster: delete a stranger's", "/v1/clusters/{cluster}", { as: "stranger" }),
  remove("cluster: delete", "/v1/clusters/{cluster}"),
  get("cluster: while it goes", "/v1/clusters/{cluster}"),
];
