// The rule language held against oslo.policy itself, on generated rules, and the policies against those of a real Magnum.
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { policyNames, readPolicies, type Policies } from "../../server/auth/policy.ts";
import { compileRule, type Attribute, type Credentials, type Target } from "../../server/auth/rule.ts";

const creds: Credentials = {
  user_id: "u1",
  project_id: "p1",
  domain_id: "default",
  roles: ["member", "Reader"],
  is_admin: false,
  groups: ["g1", "g2"],
  number: 7,
  token: { project: { id: "p1", tags: ["blue"] }, roles: [{ name: "ops" }, { name: "member" }] },
};
const target: Target = { project_id: "p1", user_id: "u2", role: "reader", enabled: true, "target.project.id": "p1" };

const leaves = [
  "@",
  "!",
  "rule:yes",
  "rule:no",
  "role:member",
  "role:READER",
  "role:admin",
  "role:%(role)s",
  "role:%(gone)s",
  "user_id:u1",
  "user_id:%(user_id)s",
  "project_id:%(project_id)s",
  "project_id:%(target.project.id)s",
  "domain_id:%(gone)s",
  "domain_id:default",
  "is_admin:True",
  "is_admin:False",
  "groups:g1",
  "groups:g9",
  "number:7",
  "number:8",
  "gone:p1",
  "token.project.id:p1",
  "token.project.id:%(user_id)s",
  "token.project.tags:blue",
  "token.project.gone:p1",
  "token.roles.name:ops",
  "token.roles.name:admin",
  "'p1':%(project_id)s",
  "'p2':%(project_id)s",
  '"reader":%(role)s',
  "True:%(enabled)s",
  "False:%(enabled)s",
  "None:None",
  "7:7",
  "7:8",
  // What nobody should write, and both must deny.
  "and",
  "(",
  ")",
];

/** A generator with a seed, so that a failure can be had again. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function aRule(pick: (below: number) => number, depth = 0): string {
  const leaf = () => leaves[pick(depth === 0 || pick(12) === 0 ? leaves.length : leaves.length - 3)] ?? "@";
  const inner = () => aRule(pick, depth + 1);
  switch (depth > 3 ? 0 : pick(6)) {
    case 1:
      return `${inner()} and ${inner()}`;
    case 2:
      return `${inner()} or ${inner()}`;
    case 3:
      return `not ${leaf()}`;
    case 4:
      return `(${inner()})`;
    case 5:
      return `${inner()} ${pick(2) ? "AND" : "Or"} not (${inner()})`;
    default:
      return leaf();
  }
}

const lists: unknown[] = [[], [[]], [[], ["role:member"]], [["role:member", "role:admin"], "role:reader"], "", ["!"]];

describe("the rule language", () => {
  it("answers as oslo.policy does, and what it does not read oslo.policy denies", () => {
    const pick = numbers(2026);
    const rules = [...leaves, ...lists, ...Array.from({ length: 5000 }, () => aRule(pick))];
    const said = spawnSync("/usr/bin/python3", [`${import.meta.dirname}/rules.py`], {
      input: JSON.stringify(rules.map((rule) => ({ rule, creds, target }))),
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    expect(said.status, said.stderr).toBe(0);
    const theirs = z.array(z.boolean()).parse(JSON.parse(said.stdout));
    const different = rules.flatMap((rule, index) => {
      const ours = judge(rule);
      return ours === theirs[index] || (ours === "unreadable" && theirs[index] === false)
        ? []
        : [{ rule, ours, theirs: theirs[index] }];
    });
    expect(different).toEqual([]);
    const readable = rules.filter((rule) => judge(rule) !== "unreadable").length;
    expect(readable).toBeGreaterThan(2500);
    expect(rules.filter((rule) => judge(rule) === true).length).toBeGreaterThan(500);
  });
});

describe("the policies", () => {
  const projectId = "p1";
  const person = (roles: string[], given: Record<string, Attribute> = {}): Credentials => ({
    user_id: "u1",
    user_domain_id: "default",
    domain_id: "default",
    project_id: projectId,
    roles,
    is_admin: roles.includes("admin"),
    is_cluster_node: false,
    ...given,
  });
  const people = [
    person([]),
    person(["reader"]),
    person(["member", "reader"]),
    person(["member", "reader"], { user_id: "u2" }),
    person(["member", "reader"], { project_id: "p2" }),
    person(["admin"], { project_id: "p9", user_id: "u9" }),
    person(["ops"]),
  ];
  const target: Target = { project_id: projectId, user_id: "u1" };
  const cases = policyNames.flatMap((name) => people.map((creds) => ({ name, creds, target })));

  const Answer = z.object({ rules: z.record(z.string(), z.string()), answers: z.array(z.boolean().nullable()) });
  function osloSays(rules: Record<string, unknown> | null): z.infer<typeof Answer> {
    const said = spawnSync("/usr/bin/python3", [`${import.meta.dirname}/policies.py`], {
      input: JSON.stringify({ rules, cases }),
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    expect(said.status, said.stderr).toBe(0);
    return Answer.parse(JSON.parse(said.stdout));
  }
  const differences = (policies: Policies, answers: readonly (boolean | null)[]) =>
    cases.flatMap(({ name, creds }, index) => {
      const theirs = answers[index] ?? null;
      const ours = policies.allows(creds, name, target);
      return theirs === null || ours === theirs ? [] : [{ name, creds, ours, theirs }];
    });

  it.each([
    ["secure", null],
    ["legacy", null],
    ["secure-or-legacy", null],
    ["secure", 'admin_or_project_member_deny_cluster_user: "role:ops"'],
    ["secure", 'admin_api: "role:ops"\nproject_reader: "@"'],
    ["legacy", 'deny_cluster_user: "role:member"\nadmin_or_owner: "!"'],
  ] as const)("by the %s defaults with %s come to what oslo.policy comes to", (defaults, file) => {
    const policies = readPolicies(file, defaults);
    const rules = Object.fromEntries(policies.rules.map(({ name, text }) => [name, JSON.parse(text) as unknown]));
    const { answers } = osloSays(rules);
    expect(answers).not.toContain(null);
    expect(differences(policies, answers)).toEqual([]);
    expect(answers.filter((answer) => answer === true).length).toBeGreaterThan(20);
  });

  it("of the Magnum that is installed are taken as they stand, and answer as there", () => {
    const { rules, answers } = osloSays(null);
    const policies = readPolicies(JSON.stringify(rules), "secure");
    expect(differences(policies, answers)).toEqual([]);
    expect(answers.filter((answer) => answer !== null).length).toBeGreaterThan(300);
    const old = "cluster_user" in rules;
    expect(differences(readPolicies(null, old ? "legacy" : "secure"), answers)).toEqual([]);
  });
});

function judge(rule: unknown): boolean | "unreadable" {
  let check;
  try {
    check = compileRule(rule);
  } catch {
    return "unreadable";
  }
  return check(creds, target, (name) => name === "yes");
}
