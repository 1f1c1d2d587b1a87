import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { testContext } from "../testing/test-context.ts";
import { everyProject } from "./context.ts";
import { baseRules } from "./policy-defaults.ts";
import { describePolicies } from "../policy.ts";
import {
  authorize,
  loadPolicies,
  may,
  permissions,
  policyNames,
  readPolicies,
  type Policies,
  type PolicyName,
} from "./policy.ts";

const projectId = "project-1";
const userId = "owner";

// Who may do what by default (magnum-api 18, column H). reader and member have their role in the project of the object;
// owner is a member who made it; stranger is a member of another project; admin has the role admin elsewhere.
const people = {
  norole: testContext({ projectId, userId: "u1", roles: [] }),
  reader: testContext({ projectId, userId: "u2", roles: ["reader"] }),
  member: testContext({ projectId, userId: "u3", roles: ["member", "reader"] }),
  owner: testContext({ projectId, userId, roles: ["member", "reader"] }),
  ownerReader: testContext({ projectId, userId, roles: ["reader"] }),
  stranger: testContext({ projectId: "project-2", userId: "u4", roles: ["member", "reader"] }),
  admin: testContext({ projectId: "project-9", userId: "u5", roles: ["admin", "member", "reader"] }),
};
type Person = keyof typeof people;

const admins: Person[] = ["admin"];
const members: Person[] = ["member", "owner", "admin"];
const readers: Person[] = ["reader", "member", "owner", "ownerReader", "admin"];

const table: Record<PolicyName, Person[]> = {
  "cluster:create": members,
  "cluster:delete": members,
  "cluster:delete_all_projects": admins,
  "cluster:detail": readers,
  "cluster:detail_all_projects": admins,
  "cluster:get": readers,
  "cluster:get_one_all_projects": admins,
  "cluster:get_all": readers,
  "cluster:get_all_all_projects": admins,
  "cluster:update": members,
  "cluster:update_health_status": ["owner", "admin"],
  "cluster:update_all_projects": admins,
  "cluster:resize": members,
  "cluster:upgrade": members,
  "cluster:upgrade_all_projects": admins,
  "clustertemplate:create": members,
  "clustertemplate:delete": members,
  "clustertemplate:delete_all_projects": admins,
  "clustertemplate:detail": readers,
  "clustertemplate:detail_all_projects": admins,
  "clustertemplate:get": readers,
  "clustertemplate:get_one_all_projects": admins,
  "clustertemplate:get_all": readers,
  "clustertemplate:get_all_all_projects": admins,
  "clustertemplate:update": members,
  "clustertemplate:update_all_projects": admins,
  "clustertemplate:publish": admins,
  "nodegroup:get": readers,
  "nodegroup:get_one_all_projects": admins,
  "nodegroup:get_all": readers,
  "nodegroup:get_all_all_projects": admins,
  "nodegroup:create": members,
  "nodegroup:update": members,
  "nodegroup:delete": members,
  "certificate:create": ["owner", "admin"],
  "certificate:get": ["owner", "ownerReader", "admin"],
  "certificate:rotate_ca": members,
  "credential:rotate": ["member", "owner"],
  "quota:create": admins,
  "quota:delete": admins,
  "quota:get": readers,
  "quota:get_all": admins,
  "quota:update": admins,
  "stats:get_all": readers,
  "magnum-service:get_all": admins,
  "federation:create": members,
  "federation:delete": members,
  "federation:update": members,
  "federation:detail": readers,
  "federation:get": readers,
  "federation:get_all": readers,
};

describe("the default policies", () => {
  it("are Magnum's 51 names", () => {
    expect(policyNames).toHaveLength(51);
    expect(Object.keys(table).toSorted()).toEqual([...policyNames].toSorted());
  });

  it.each(policyNames)("%s", (name) => {
    const allowed = Object.entries(people).flatMap(([person, ctx]) =>
      may(ctx, name, { projectId, userId }) ? [person] : [],
    );
    expect(allowed).toEqual(Object.keys(people).filter((person) => table[name].some((each) => each === person)));
  });

  it("judge without a target by the caller's own project and user, so that only the role counts", () => {
    expect(may(people.stranger, "cluster:create")).toBe(true);
    expect(may(people.stranger, "certificate:create")).toBe(true);
    expect(may(people.reader, "cluster:create")).toBe(false);
  });

  it("refuse with Magnum's sentence", () => {
    expect(() => authorize(people.reader, "cluster:create")).toThrowError(
      expect.objectContaining({ reason: "forbidden", message: "Policy doesn't allow cluster:create to be performed." }),
    );
    expect(() => authorize(people.member, "cluster:create")).not.toThrow();
  });

  it("open every project's rows to administrators only", () => {
    expect(everyProject(people.admin, "cluster:get_all_all_projects")).toMatchObject({ kind: "cloud" });
    expect(() => everyProject(people.owner, "cluster:get_all_all_projects")).toThrowError(/Policy doesn't allow/);
  });

  it("answer every name at once for the screens", () => {
    const answers = permissions(people.reader);
    expect(Object.keys(answers)).toHaveLength(51);
    expect(answers).toMatchObject({ "cluster:get": true, "cluster:create": false });
  });
});

describe("the legacy defaults", () => {
  const everybody = Object.keys(people);
  const policies = { legacy: readPolicies(null, "legacy"), both: readPolicies(null, "secure-or-legacy") };
  const allowed = (set: Policies, name: PolicyName) =>
    Object.entries(people).flatMap(([person, ctx]) =>
      may({ ...ctx, policies: set }, name, { projectId, userId }) ? [person] : [],
    );
  // Isolation comes from the look-up where everybody is allowed, as it did in Magnum.
  const own = everybody.filter((person) => person !== "stranger");
  const legacy = (name: PolicyName): string[] => {
    if (name === "credential:rotate" || table[name] === admins) return table[name];
    if (/^(certificate:(create|get)|cluster:update_health_status)$/.test(name))
      return ["owner", "ownerReader", "admin"];
    return /^(nodegroup|certificate|stats|quota):|^clustertemplate:(delete|update)$/.test(name) ? own : everybody;
  };

  it.each(policyNames)("%s", (name) => {
    const expected = legacy(name);
    expect(allowed(policies.legacy, name)).toEqual(everybody.filter((person) => expected.includes(person)));
    const either = new Set<string>([...expected, ...table[name]]);
    expect(allowed(policies.both, name)).toEqual(everybody.filter((person) => either.has(person)));
  });

  it("give a cluster's node no more than today's", () => {
    const node = testContext({ projectId, userId, nodeOf: "cluster-1", policies: policies.legacy });
    const target = { projectId, userId, clusterId: "cluster-1" };
    expect(policyNames.filter((name) => may(node, name, target))).toHaveLength(4);
  });
});

describe("the effective policy", () => {
  it("names every rule, what it says and where it is from, in a form that is a policy file again", () => {
    const text = '"quota:get": "rule:mine"\nmine: [["role:ops"]]\n';
    const policies = readPolicies(text, "legacy");
    const lines = describePolicies(policies);
    expect(lines).toHaveLength(policies.rules.length);
    expect(lines.find((line) => line.startsWith('"quota:get"'))).toMatch(/"rule:mine" +# file$/);
    expect(lines.find((line) => line.startsWith('"cluster:get"'))).toMatch(/"rule:deny_cluster_user" +# default$/);
    const again = readPolicies(lines.join("\n"), "secure");
    expect(again.rules.map(({ name, text }) => [name, text])).toEqual(
      policies.rules.map(({ name, text }) => [name, text]),
    );
  });
});

describe("a rule of the file that would change nothing", () => {
  it.each<[string, RegExp]>([
    ['"cluster:creat": "!"', /^cluster:creat: no policy has this name, and none refers to it$/],
    ['"Cluster:Create": "!"', /is cluster:create meant\?$/],
    ['"bay:create": "!"', /^bay:create: bays are clusters here and ask cluster:create: write it there$/],
    ['"baymodel:publish": "@"', /ask clustertemplate:publish/],
    ['admin_or_owner: "!"', /^admin_or_owner: with POLICY_DEFAULTS=secure no policy refers to it/],
    ['mine: "role:a"', /^mine: no policy has this name/],
    ['mine: "rule:yours"\nyours: "role:a"', /^mine: /],
    ['"bay:delete": "rule:mine"\nmine: "role:a"', /^bay:delete: bays are clusters here/],
  ])("stops the start: %s", (text, message) => expect(() => readPolicies(text)).toThrow(message));

  it.each([
    'mine: "role:a"\n"cluster:get": "rule:mine"',
    'context_is_admin: "role:ops"',
    // What whole files of older releases hold, and what says the same as is so anyway.
    'default: "rule:admin_or_owner"',
    'admin_or_owner: "is_admin:True or project_id:%(project_id)s"',
    'user_or_cluster_user: "((rule:is_user) or (rule:cluster_user))"',
    '"bay:create": "rule:deny_cluster_user"',
    '"bay:create": "role:a"\n"cluster:create": "role:a"',
  ])("and one that does, or means no change, is taken: %s", (text) => expect(() => readPolicies(text)).not.toThrow());
});

describe("a policy.yaml of Magnum's", () => {
  // Each base rule of each release, closed: what must be closed by it, by today's defaults or by the old ones.
  const closes: Record<keyof typeof baseRules, [PolicyName[], PolicyName[]]> = {
    context_is_admin: [["cluster:delete_all_projects"], ["quota:create"]],
    admin_api: [["clustertemplate:publish"], ["quota:create"]],
    project_member: [["cluster:create", "credential:rotate"], ["credential:rotate"]],
    project_reader: [["cluster:get_all", "quota:get"], []],
    is_user: [["certificate:create", "certificate:get"], []],
    admin_or_project_member: [["nodegroup:create", "clustertemplate:update", "certificate:rotate_ca"], []],
    admin_or_project_reader: [["nodegroup:get", "stats:get_all"], []],
    admin_or_project_member_user: [["certificate:create"], []],
    admin_or_project_reader_user: [["certificate:get"], []],
    admin_or_project_member_user_or_cluster_user: [["cluster:update_health_status"], []],
    project_member_deny_cluster_user: [["cluster:create", "credential:rotate"], ["credential:rotate"]],
    admin_or_project_member_deny_cluster_user: [["cluster:create", "cluster:resize", "clustertemplate:create"], []],
    project_reader_deny_cluster_user: [["cluster:get", "clustertemplate:get_all"], []],
    admin_or_project_reader_deny_cluster_user: [["cluster:get", "clustertemplate:get_all"], []],
    user_or_cluster_user: [["cluster:update_health_status"], []],
    admin_or_user_or_cluster_user: [[], []],
    admin_or_project_member_cluster_user: [[], []],
    cluster_user: [[], []],
    deny_cluster_user: [
      ["cluster:create", "cluster:get"],
      ["cluster:create", "clustertemplate:create"],
    ],
    admin_or_owner: [[], ["nodegroup:create", "quota:get", "stats:get_all"]],
    admin_or_user: [[], ["certificate:create", "certificate:get"]],
  };
  const person = (policies: Policies, roles: string[]) =>
    testContext({ projectId, userId, roles: [...roles, "member", "reader"], policies });
  const allowed = (policies: Policies, name: PolicyName) =>
    // Administrators by their role, and everybody else by being a member who owns what it is about.
    may(person(policies, /_all_projects$|publish|^quota:c/.test(name) ? ["admin"] : []), name, { projectId, userId });

  it.each(Object.entries(closes))("may override %s: it takes effect, or stops the start", (rule, [secure, legacy]) => {
    for (const [defaults, closed] of [
      ["secure", secure],
      ["legacy", legacy],
    ] as const) {
      const text = JSON.stringify({ [rule]: "!" });
      const open = readPolicies(null, defaults);
      for (const name of closed) expect(allowed(open, name), `${name} is open at first`).toBe(true);
      if (closed.length > 0)
        for (const name of closed)
          expect(allowed(readPolicies(text, defaults), name), `${defaults} ${name}`).toBe(false);
      else if (rule !== "cluster_user") expect(() => readPolicies(text, defaults)).toThrow(/it would change nothing/);
    }
  });

  it("may refer to any rule that any release had, and to the domain of trustees, which no person is in", () => {
    const rules = Object.keys(baseRules).map((name, index) => [policyNames[index] ?? "", `rule:${name}`]);
    expect(() => readPolicies(JSON.stringify(Object.fromEntries(rules)))).not.toThrow();
    const text = 'deny_cluster_user: "not domain_id:%(trustee_domain_id)s"\n"cluster:create": "rule:deny_cluster_user"';
    expect(allowed(readPolicies(text), "cluster:create")).toBe(true);
  });
});

describe("a cluster's trustee", () => {
  const node = testContext({ projectId, userId, roles: ["admin", "member", "reader"], nodeOf: "cluster-1" });

  it("may read and sign its own certificates, see itself and report health; nothing else, whatever its roles", () => {
    const target = { projectId, userId, clusterId: "cluster-1" };
    expect(policyNames.filter((name) => may(node, name, target))).toEqual([
      "cluster:get",
      "cluster:update_health_status",
      "certificate:create",
      "certificate:get",
    ]);
    expect(policyNames.filter((name) => may(node, name, { ...target, clusterId: "cluster-2" }))).toEqual([]);
    expect(policyNames.filter((name) => may(node, name))).toEqual([]);
    expect(node.isAdmin).toBe(false);
  });

  it("gets no more from a policy file", () => {
    const policies = readPolicies('"cluster:delete": "@"\n"cluster:create": ""');
    const generous = testContext({ projectId, nodeOf: "cluster-1", policies });
    expect(may(generous, "cluster:delete", { clusterId: "cluster-1" })).toBe(false);
    expect(may(generous, "cluster:create")).toBe(false);
  });
});

describe("an operator's policy file", () => {
  const ctx = (text: string, given: Parameters<typeof testContext>[0] = {}) =>
    testContext({ projectId, userId: "u1", roles: ["member", "reader"], ...given, policies: readPolicies(text) });

  it("overrides names one by one and leaves the others", () => {
    const changed = ctx('"certificate:create": "rule:context_is_admin or rule:project_member"');
    expect(may(changed, "certificate:create", { projectId, userId })).toBe(true);
    expect(may(changed, "certificate:get", { projectId, userId })).toBe(false);
  });

  it("can accept the legacy defaults and rules of its own", () => {
    const legacy = ctx(
      [
        'deny_cluster_user: "not is_cluster_node:True"',
        '"cluster:create": "rule:deny_cluster_user"',
        '"cluster:get": "rule:admin_or_owner"',
        'ops: "role:ops"',
        '"quota:create": "rule:ops"',
      ].join("\n"),
      { roles: ["ops"] },
    );
    expect(may(legacy, "cluster:create")).toBe(true);
    expect(may(legacy, "cluster:get", { projectId })).toBe(true);
    expect(may(legacy, "cluster:get", { projectId: "project-2" })).toBe(false);
    expect(may(legacy, "quota:create")).toBe(true);
  });

  it("can say who is an administrator", () => {
    expect(ctx('context_is_admin: "role:cloud_ops"', { roles: ["cloud_ops"] }).isAdmin).toBe(true);
    expect(ctx('context_is_admin: "role:cloud_ops"', { roles: ["admin"] }).isAdmin).toBe(false);
  });

  it("may be empty, JSON, or only comments", () => {
    for (const text of ["", "# nothing\n", "{}", '{"cluster:create": "!"}'])
      expect(() => readPolicies(text)).not.toThrow();
    expect(may(ctx('{"cluster:create": "!"}'), "cluster:create")).toBe(false);
  });

  it.each([
    ['"cluster:create": "role:a or"', /cluster:create: .*missing at the end/],
    ['"cluster:create": "rule:nobody_knows"', /cluster:create refers to rule:nobody_knows/],
    ['a: "rule:b"\nb: "not rule:a"', /a -> b -> a goes in a circle/],
    ['"cluster:create": "http://policy.example/check"', /cluster:create: .*not supported/],
    ['"cluster:create": "(role:a"', /bracket is not closed/],
    ['"cluster:create": {a: 1}', /cluster:create: a rule is a text/],
    ["- a\n- b", /one rule for each name/],
    ["a: [", /not YAML/],
  ])("stops the start with one clear line: %s", (text, message) => {
    const directory = mkdtempSync(join(tmpdir(), "jeroboam-policy-"));
    const file = join(directory, "policy.yaml");
    writeFileSync(file, text);
    expect(() => loadPolicies(file)).toThrow(message);
    expect(() => loadPolicies(file)).toThrow(/^POLICY_FILE: [^\n]*$/);
    rmSync(directory, { recursive: true });
    expect(() => loadPolicies(file)).toThrow(/POLICY_FILE: .* cannot be read/);
  });
});
