import { describe, expect, it } from "vitest";
import { compileRule, type Credentials, type Target } from "./rule.ts";

const credentials: Credentials = {
  user_id: "u1",
  project_id: "p1",
  roles: ["Member", "reader"],
  is_admin: false,
  groups: ["g1", "g2"],
  system_scope: null,
  token: { project: { id: "p1", tags: ["blue", "green"] }, roles: [{ name: "member" }, { name: "ops" }] },
};
const target: Target = { project_id: "p1", user_id: "u2", role: "reader", empty: null };
const rules = new Set(["yes"]);
const allows = (rule: unknown) => compileRule(rule)(credentials, target, (name) => rules.has(name));

describe("oslo.policy's rule language", () => {
  it.each<[unknown, boolean]>([
    ["", true],
    ["  ", true],
    ["@", true],
    ["!", false],
    [true, true],
    [[], true],
    ["role:member", true],
    ["role:MEMBER", true],
    ["role:admin", false],
    ["role:%(role)s", true],
    ["rule:yes", true],
    ["rule:no", false],
    ["project_id:%(project_id)s", true],
    ["user_id:%(user_id)s", false],
    ["user_id:u1", true],
    ["user_id:%(not_there)s", false],
    ["user_id:%(empty)s", false],
    ["nothing:%(project_id)s", false],
    ["groups:g2", true],
    ["groups:g3", false],
    ["is_admin:False", true],
    ["is_admin:True", false],
    ["system_scope:None", true],
    ["'p1':%(project_id)s", true],
    ['"p2":%(project_id)s', false],
    ["True:True", true],
    ["not role:admin", true],
    ["not not role:member", true],
    ["role:member and role:admin", false],
    ["role:member or role:admin", true],
    ["role:admin or role:member and role:reader", true],
    ["role:member or role:admin and role:nobody", true],
    ["(role:member or role:admin) and role:nobody", false],
    ["not (role:admin or role:nobody)", true],
    ["not role:admin and role:member", true],
    ["not role:member or role:member", true],
    ["ROLE:member", false],
    ["role:member AND NOT role:admin", true],
    ["((role:member))", true],
    ["(role:admin)or(role:member)", true],
    ["role:member and (user_id:%(user_id)s or project_id:%(project_id)s)", true],
    [["role:admin", "role:member"], true],
    [[["role:admin", "role:member"]], false],
    [[["role:reader", "role:member"], "role:admin"], true],
    [[[], ["role:admin"]], false],
    [[[]], false],
    ["token.project.id:%(project_id)s", true],
    ["token.project.id:p2", false],
    ["token.project.tags:green", true],
    ["token.project.tags:red", false],
    ["token.roles.name:ops", true],
    ["token.roles.name:admin", false],
    ["token.nothing.id:p1", false],
    ["token:p1", false],
    ["'member':%(role)s", false],
    ["'reader':%(role)s", true],
    ["None:None", true],
    ["7:7", true],
  ])("%j is %s", (rule, answer) => {
    expect(allows(rule)).toBe(answer);
  });

  it.each([
    "role:a and",
    "and role:a",
    "role:a role:b",
    "(role:a",
    "role:a)",
    "role",
    "not",
    "()",
    "http://x",
    "https://policy.example/check and role:a",
    "not http:x",
    5,
    { a: 1 },
  ])("refuses %j", (rule) => {
    expect(() => compileRule(rule)).toThrow();
  });
});
