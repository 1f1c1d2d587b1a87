// Where our answers part from those of the real Magnum 15 (Zed), and why. "E" and a number are the edges of Magnum's API that
// we mean to better; what later releases of Magnum answer is named as such.

export interface Known {
  /** Names of requests. */
  requests: RegExp;
  /** Where in the answer. */
  at: RegExp;
  why: string;
  /** How far Magnum's conductor is by then decides whether they differ. */
  atTimes?: true;
}

const error = /^body\.errors\.0\.(title|detail)$/;

export const known: Known[] = [
  { requests: /./, at: /^body\.errors\.0\.request_id$/, why: "Magnum leaves it empty: ours can be found in the log" },
  {
    requests: /^(no token|unknown (collection|action)|method not allowed|certificates of nothing|\w+ at 1\.[68])$/,
    at: /^header (openstack-api-|vary)/,
    why: "Magnum leaves the versions out where it refuses early: a client that negotiates needs them most there",
  },

  { requests: /./, at: /^body\.errors\.[1-9]/, why: "all that is wrong is told; clients read the first entry" },

  // What there is.
  { requests: /^v1/, at: /^body\.credentials\./, why: "credentials can be rotated from 1.12" },
  { requests: /^v1/, at: /^body\.versions\./, why: "E31: gophercloud looks for versions here" },
  {
    requests: /^healthcheck$/,
    at: /^(body|header (content-type|x-openstack-request-id))/,
    why: "always the plain text that Magnum answers to who does not ask for JSON, with an id as everywhere",
  },
  { requests: /^unknown query$/, at: /^status$/, why: "E20: what is unknown and harmless is let be" },
  { requests: /^name with a dot$/, at: error, why: "E30: the title does not break at a dot in a name" },

  // Versions.
  {
    requests: /^version: latest/i,
    at: /^header openstack-api-version$/,
    why: "the newest of each: 1.10 there, 1.14 here",
  },
  { requests: /^version: 2\.0$/, at: /^body\.errors\.0\.description$/, why: "a blank after the full stop" },
  { requests: /^version: new alias$/, at: /^status$/, why: "the three names of the service are known since 2026.1" },

  // Templates.
  {
    requests: /template/,
    at: /^body\.(clustertemplates\.\d+\.)?driver$/,
    why: "a template names its driver after 2026.1",
  },
  { requests: /^template: /, at: /^body\.status$/, why: "E9: Heat waits for the status of a template" },
  {
    requests:
      /^template(: (same name again|no keypair|unknown keypair|volume is a fraction|devicemapper with 3 GB|labels are null|published|hidden|name is null))?$/,
    at: /^body\.labels$/,
    why: "E8: never null; Magnum itself answers {} when it is asked again",
  },
  {
    requests: /^template: (unknown image|image without distro)$/,
    at: error,
    why: "what is wrong with the image, as newer releases say it",
  },
  { requests: /^template: no coe$/, at: error, why: "named as every field that is missing" },
  { requests: /^template: unknown (coe|server type)$/, at: error, why: "the order of a set; dcos was never offered" },
  { requests: /^template: network driver/, at: error, why: "cilium is known since 2025.1" },
  { requests: /^template: nameserver/, at: error, why: "names the field besides" },
  { requests: /^template: devicemapper with none$/, at: error, why: "a number in place of None" },
  {
    requests:
      /^(template: (volume is a word|labels (are a list|hold an object))|cluster: (nodes are a word|labels are a list))$/,
    at: error,
    why: "names the field, not the whole body, and no Python type",
  },
  { requests: /^template: truth is a word$/, at: /^(status|body|header)/, why: "E17: Magnum breaks" },
  { requests: /^template: server type is null$/, at: /^status$/, why: "E18: vm" },
  { requests: /^template: empty name$/, at: /^status$/, why: "Horizon sends the empty text for what was left empty" },
  { requests: /^template: hidden, to a stranger$/, at: /^status$/, why: "hidden ones are hidden, since 2023.1" },
  { requests: /^templates: (limit|marker) is a word$/, at: error, why: "no Python exception in the text" },
  {
    requests: /^template (patch: name|in use: name)$/,
    at: /^body\.updated_at$/,
    why: "the answer holds the time of this change, not of the one before",
  },
  { requests: /^template patch: number as text$/, at: /^status$/, why: "E12: Horizon sends every value as text" },
  {
    requests: /^template patch: boolean as text$/,
    at: /^body\.docker_volume_size$/,
    why: "E12: what the request before this one changed",
  },
  {
    requests: /^template patch: (labels not Python|remove no label)$/,
    at: error,
    why: "tells the path of the step, not all of the patch, and no address in memory",
  },
  {
    requests: /^template patch: (unknown op|bad path|an object)$/,
    at: error,
    why: "names the step, and no Python in the text",
  },

  // Clusters.
  {
    requests: /^clusters?:/,
    at: /^body\.(clusters\.\d+\.)?stack_id$/,
    why: "no conductor of ours runs here: nothing was made at Heat",
  },
  {
    requests: /^clusters?:/,
    at: /^body\.(clusters\.\d+\.)?(discovery_url|updated_at)$/,
    why: "ours needs no discovery service, so none is asked and nothing is written after the creation",
  },
  { requests: /^cluster patch: health of no kind$/, at: error, why: "the order of a set" },
  { requests: /^resize of masters$/, at: error, why: "as newer releases say it" },
  { requests: /^nodegroups at 1\.8$/, at: error, why: "names the operation that was asked for" },
  { requests: /^nodegroups?(:|$)/, at: /stack_id$/, why: "no conductor of ours runs here: nothing was made at Heat" },
  { requests: /^nodegroups/, at: /min_node_count$/, why: "E6: the real bounds" },
  { requests: /^nodegroup$/, at: /^body\.(id|updated_at)$/, why: "rows of two databases", atTimes: true },
  { requests: /^nodegroup$/, at: /^body\.node_(labels|taints)$/, why: "E32: shown below 1.14 too" },
  { requests: /^certificate: bad request$/, at: error, why: "says what a request must be" },
  { requests: /^certificate: no request$/, at: /^(status|body)/, why: "E8: Magnum breaks" },
  { requests: /^stats: of another kind$/, at: error, why: "names the kind that was asked for" },
  {
    requests: /^pool$/,
    at: /^body\./,
    why: "Magnum answers before it has stored the group: ours has what the database adds, which is safe to have more of",
  },
  { requests: /^pool: shown$/, at: /^body\.(id|node_labels|node_taints)$/, why: "E32; rows of two databases" },
  {
    requests: /^pool: shown$/,
    at: /^body\.(status|status_reason|updated_at)$/,
    why: "no conductor of ours runs here: the group is still to be made, where Magnum's has failed",
    atTimes: true,
  },
  { requests: /^pool: minimum above the count$/, at: error, why: "other words in the parentheses" },
  {
    requests: /^(pool: (new|no) maximum|while it changes: nodes)$/,
    at: /^status$/,
    why: "E4: what the state does not allow is refused before the answer, with Magnum's own text",
    atTimes: true,
  },
  {
    requests: /^while it changes: upgrade$/,
    at: /^(status|body)/,
    why: "Magnum breaks while it refuses",
    atTimes: true,
  },
  {
    requests: /^while it changes: authority$/,
    at: error,
    why: "tells what to do; at Magnum the change has failed by then, since its cluster never came up",
    atTimes: true,
  },
  {
    requests: /^cluster: while it goes$/,
    at: /^body\.node_count$/,
    why: "no conductor of ours runs here: the deleted group is still to be removed",
    atTimes: true,
  },
  { requests: /^cluster: while it goes$/, at: /^body\.status$/, why: "E3: the deletion shows at once", atTimes: true },

  // What operators ask.
  { requests: /^quota/, at: /^body\.id$/, why: "rows of two databases" },
  { requests: /^quota: of no project$/, at: /^(status|body)/, why: "E8: Magnum breaks" },
  { requests: /^services$/, at: /^body\.mservices/, why: "no conductor of ours runs here" },
];
