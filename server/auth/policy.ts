// Who may do what: Magnum's policies, by one of its sets of defaults, which an operator's policy.yaml overrides name by
// name.
import { readFileSync } from "node:fs";
import { parse as parseYaml } from "yaml";
import { z } from "zod";
import { EnvError } from "../env.ts";
import { DomainError } from "../domain/error.ts";
import {
  baseRules,
  defaultRules,
  nowCalled,
  policyNames,
  type BaseName,
  type PolicyDefaults,
  type PolicyName,
} from "./policy-defaults.ts";
import { compileRule, references, RuleError, type Check, type Credentials, type Target } from "./rule.ts";

export { policyNames, type PolicyName } from "./policy-defaults.ts";

/** What a decision is about. Absent = the caller's own project and user, so that only the role decides. */
export interface PolicyTarget {
  projectId?: string;
  userId?: string;
  /** The cluster that it is or belongs to: a trustee may only reach its own. */
  clusterId?: string;
}

/** The part of a RequestContext that decisions look at. */
export interface PolicySubject {
  user: { id: string; domainId: string };
  project: { id: string; domainId: string | null };
  roles: readonly string[];
  isAdmin: boolean;
  /** The cluster whose trustee is asking; null for people and services. */
  clusterIdOfTrustee: string | null;
  policies: Policies;
}

export interface Policies {
  /** A policy or a base rule such as context_is_admin. */
  allows(credentials: Credentials, name: PolicyName | BaseName, target: Target): boolean;
  /** Every rule that counts: base rules first, then policies in Magnum's order, then the file's own. */
  readonly rules: readonly EffectiveRule[];
}

export interface EffectiveRule {
  name: string;
  /** As a policy file would have it: a quoted text, or a list. */
  text: string;
  from: "default" | "file";
}

/** What a cluster's trustee may do, of its own cluster only: whatever its roles and the policy file say. */
const trusteeMay: ReadonlySet<PolicyName> = new Set([
  "certificate:get",
  "certificate:create",
  "cluster:get",
  "cluster:update_health_status",
]);

/** May the caller do this? For buttons; `authorize` for deeds. */
export function may(subject: PolicySubject, name: PolicyName, target: PolicyTarget = {}): boolean {
  if (subject.clusterIdOfTrustee !== null)
    return trusteeMay.has(name) && target.clusterId === subject.clusterIdOfTrustee;
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
export function loadPolicies(path: string | null, defaults: PolicyDefaults = "secure"): Policies {
  if (path === null) return readPolicies(null, defaults);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    throw new EnvError(`POLICY_FILE: ${path} cannot be read`);
  }
  try {
    return readPolicies(text, defaults);
  } catch (error) {
    throw error instanceof RuleError ? new EnvError(`POLICY_FILE: ${path}: ${error.message}`) : error;
  }
}

const PolicyFile = z.record(z.string(), z.unknown()).nullable();

/**
 * The defaults, overridden by the text of a policy.yaml (YAML or JSON; null = none). Throws RuleError with one line
 * that names the rule: unknown references, circles, what cannot be read, and what would change nothing though it says
 * something else than the defaults.
 */
export function readPolicies(text: string | null, defaults: PolicyDefaults = "secure"): Policies {
  const own = text === null ? {} : overrides(text);
  const rules: Record<string, unknown> = { ...baseRules, ...defaultRules(defaults), ...own };
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
  const asked = askedOf(rules);
  for (const name of Object.keys(own)) {
    const problem = asked.has(name) ? null : whyVoid(name, rules, defaults);
    if (problem !== null) throw new RuleError(`${name}: ${problem}`);
  }
  return {
    allows(credentials, name, target) {
      const rule = (reference: string): boolean => compiled.get(reference)?.(credentials, target, rule) ?? false;
      return rule(name);
    },
    rules: Object.entries(rules).map(([name, rule]) => ({
      name,
      text: JSON.stringify(rule),
      from: Object.hasOwn(own, name) ? "file" : "default",
    })),
  };
}

/** The rules that a decision comes to, through whichever others. */
function askedOf(rules: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const asked = new Set<string>(["context_is_admin", ...policyNames]);
  // A set that grows while it is walked through is walked through to its end.
  for (const name of asked) for (const reference of references(rules[name])) asked.add(reference);
  return asked;
}

/** Of a rule of the file that no decision comes to: why it must not be taken in silence. Null = it means no change. */
function whyVoid(name: string, rules: Readonly<Record<string, unknown>>, defaults: PolicyDefaults): string | null {
  // What oslo.policy asks where a policy has no rule: here each has one.
  if (name === "default") return null;
  const now = nowCalled(name);
  if (now !== null) {
    const inOldFiles = now === "clustertemplate:publish" ? "rule:admin_api" : "rule:deny_cluster_user";
    const same = [rules[now], inOldFiles].some((rule) => saysTheSame(rule, rules[name]));
    return same ? null : `bays are clusters here and ask ${now}: write it there`;
  }
  if (isBaseName(name)) {
    if (saysTheSame(baseRules[name], rules[name])) return null;
    return `with POLICY_DEFAULTS=${defaults} no policy refers to it, so it would change nothing`;
  }
  const known = [...policyNames, ...Object.keys(baseRules)];
  const near = known.find((each) => each.toLowerCase() === name.trim().toLowerCase());
  return `no policy has this name, and none refers to it${near ? `; is ${near} meant?` : ""}`;
}

const isBaseName = (name: string): name is BaseName => Object.hasOwn(baseRules, name);

/** But for blanks and brackets, which each release sets in its own way. */
const saysTheSame = (one: unknown, other: unknown): boolean => bare(one) === bare(other);
const bare = (rule: unknown): string => JSON.stringify(rule).replaceAll(/[\s()]/g, "");

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
