// Who may do what: Magnum's policy names with its secure-RBAC defaults (magnum-api 18), which an operator's policy.yaml
// overrides name by name.
import { readFileSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { EnvError } from "../env.ts";
import { DomainError } from "../domain/error.ts";
import { compileRule, references, RuleError, type Check, type Credentials, type Target } from "./rule.ts";

const admin = "rule:context_is_admin";
const member = `${admin} or rule:project_member`;
const reader = `${admin} or rule:project_reader`;
const memberAndUser = `${admin} or (rule:project_member and rule:is_user)`;
const readerAndUser = `${admin} or (rule:project_reader and rule:is_user)`;

const baseRules = {
  context_is_admin: "role:admin",
  admin_or_owner: "is_admin:True or project_id:%(project_id)s",
  admin_or_user: "is_admin:True or user_id:%(user_id)s",
  is_user: "user_id:%(user_id)s",
  project_member: "role:member and project_id:%(project_id)s",
  project_reader: "role:reader and project_id:%(project_id)s",
  cluster_user: "user_id:%(trustee_user_id)s",
  deny_cluster_user: "not is_cluster_node:True",
} as const;

const defaults = {
  "cluster:create": member,
  "cluster:delete": member,
  "cluster:delete_all_projects": admin,
  "cluster:detail": reader,
  "cluster:detail_all_projects": admin,
  "cluster:get": reader,
  "cluster:get_one_all_projects": admin,
  "cluster:get_all": reader,
  "cluster:get_all_all_projects": admin,
  "cluster:update": member,
  "cluster:update_health_status": memberAndUser,
  "cluster:update_all_projects": admin,
  "cluster:resize": member,
  "cluster:upgrade": member,
  "cluster:upgrade_all_projects": admin,
  "clustertemplate:create": member,
  "clustertemplate:delete": member,
  "clustertemplate:delete_all_projects": admin,
  "clustertemplate:detail": reader,
  "clustertemplate:detail_all_projects": admin,
  "clustertemplate:get": reader,
  "clustertemplate:get_one_all_projects": admin,
  "clustertemplate:get_all": reader,
  "clustertemplate:get_all_all_projects": admin,
  "clustertemplate:update": member,
  "clustertemplate:update_all_projects": admin,
  "clustertemplate:publish": admin,
  "nodegroup:get": reader,
  "nodegroup:get_one_all_projects": admin,
  "nodegroup:get_all": reader,
  "nodegroup:get_all_all_projects": admin,
  "nodegroup:create": member,
  "nodegroup:update": member,
  "nodegroup:delete": member,
  "certificate:create": memberAndUser,
  "certificate:get": readerAndUser,
  "certificate:rotate_ca": member,
  "credential:rotate": "rule:project_member",
  "quota:create": admin,
  "quota:delete": admin,
  "quota:get": reader,
  "quota:get_all": admin,
  "quota:update": admin,
  "stats:get_all": reader,
  "magnum-service:get_all": admin,
  "federation:create": member,
  "federation:delete": member,
  "federation:update": member,
  "federation:detail": reader,
  "federation:get": reader,
  "federation:get_all": reader,
  // Ours: what a control plane node fetches once when it starts. Nodes only; see nodeMay.
  "cluster:bootstrap": "!",
} as const;

export type PolicyName = keyof typeof defaults;
export const policyNames: readonly PolicyName[] = Object.keys(defaults).filter(isPolicyName);

function isPolicyName(name: string): name is PolicyName {
  return Object.hasOwn(defaults, name);
}

/** What a decision is about. Absent = the caller's own project and user, so that only the role decides. */
export interface PolicyTarget {
  projectId?: string;
  userId?: string;
  /** The cluster that it is or belongs to: a node may only reach its own. */
  clusterId?: string;
}

/** The part of a RequestContext that decisions look at. */
export interface PolicySubject {
  user: { id: string; domainId: string };
  project: { id: string; domainId: string | null };
  roles: readonly string[];
  isAdmin: boolean;
  /** The cluster whose node is asking; null for people and services. */
  clusterIdOfTrustee: string | null;
  policies: Policies;
}

export interface Policies {
  /** A policy or a base rule such as context_is_admin. */
  allows(credentials: Credentials, name: PolicyName | keyof typeof baseRules, target: Target): boolean;
}

/** What a cluster's node may do, of its own cluster only: whatever its roles and the policy file say. */
const nodeMay: ReadonlySet<PolicyName> = new Set([
  "certificate:get",
  "certificate:create",
  "cluster:get",
  "cluster:bootstrap",
  "cluster:update_health_status",
]);

/** May the caller do this? For buttons; `authorize` for deeds. */
export function may(subject: PolicySubject, name: PolicyName, target: PolicyTarget = {}): boolean {
  if (subject.clusterIdOfTrustee !== null) return nodeMay.has(name) && target.clusterId === subject.clusterIdOfTrustee;
  return subject.policies.allows(credentialsOf(subject), name, {
    project_id: target.projectId ?? subject.project.id,
    user_id: target.userId ?? subject.user.id,
  });
}

/** Throws forbidden with Magnum's sentence. */
export function authorize(subject: PolicySubject, name: PolicyName, target: PolicyTarget = {}): void {
  if (!may(subject, name, target)) throw new DomainError("forbidden", `Policy doesn't allow ${name} to be performed.`);
}

/** Every policy name with its answer for the caller's own project, for the screens. */
export const permissions = (subject: PolicySubject): Record<string, boolean> =>
  Object.fromEntries(policyNames.map((name) => [name, may(subject, name)]));

const credentialsOf = (subject: PolicySubject): Credentials => ({
  user_id: subject.user.id,
  user_domain_id: subject.user.domainId,
  domain_id: subject.user.domainId,
  project_id: subject.project.id,
  tenant_id: subject.project.id,
  project_domain_id: subject.project.domainId,
  roles: subject.roles,
  is_admin: subject.isAdmin,
  is_cluster_node: subject.clusterIdOfTrustee !== null,
  system_scope: null,
});

/** The rule that makes an administrator; by default the role admin in any project. */
export const isAdministrator = (policies: Policies, roles: readonly string[]): boolean =>
  policies.allows({ roles }, "context_is_admin", {});

/** Reads the operator's file; null = defaults only. Throws EnvError with one line that names what is wrong. */
export function loadPolicies(path: string | null): Policies {
  if (path === null) return readPolicies(null);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new EnvError(`POLICY_FILE: ${path} cannot be read`);
  }
  try {
    return readPolicies(text);
  } catch (error) {
    throw error instanceof RuleError ? new EnvError(`POLICY_FILE: ${path}: ${error.message}`) : error;
  }
}

const PolicyFile = z.record(z.string(), z.unknown()).nullable();

/**
 * The defaults, overridden by the text of a policy.yaml (YAML or JSON; null = none). Throws RuleError with one line
 * that names the rule: unknown references, circles and what cannot be read.
 */
export function readPolicies(text: string | null): Policies {
  const rules: Record<string, unknown> = { ...baseRules, ...defaults, ...(text === null ? {} : overrides(text)) };
  const compiled = new Map<string, Check>();
  for (const [name, rule] of Object.entries(rules)) {
    for (const reference of references(rule))
      if (!Object.hasOwn(rules, reference))
        throw new RuleError(`${name} refers to rule:${reference}, which is not there`);
    refuseCircle(rules, name, [name]);
    try {
      compiled.set(name, compileRule(rule));
    } catch (error) {
      throw error instanceof RuleError ? new RuleError(`${name}: ${error.message}`) : error;
    }
  }
  return {
    allows(credentials, name, target) {
      const rule = (reference: string): boolean => compiled.get(reference)?.(credentials, target, rule) ?? false;
      return rule(name);
    },
  };
}

function overrides(text: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = parseYaml(text);
  } catch (error) {
    throw new RuleError(`not YAML: ${error instanceof Error ? error.message.split("\n")[0] : "cannot be read"}`);
  }
  const parsed = PolicyFile.safeParse(content);
  if (!parsed.success) throw new RuleError("must hold one rule for each name");
  return parsed.data ?? {};
}

function refuseCircle(rules: Readonly<Record<string, unknown>>, name: string, path: readonly string[]): void {
  for (const reference of references(rules[name])) {
    if (path.includes(reference)) throw new RuleError(`${[...path, reference].join(" -> ")} goes in a circle`);
    refuseCircle(rules, reference, [...path, reference]);
  }
}
