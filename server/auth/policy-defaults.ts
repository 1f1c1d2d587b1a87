// Magnum's policy names and their defaults (magnum-api 18): today's, with roles and scopes, and those of releases before
// 2023, which let everybody of a project do everything.

/** `secure-or-legacy` allows what either set allows, for clouds whose users have no reader and member roles yet. */
export const policyDefaults = ["secure", "legacy", "secure-or-legacy"] as const;
export type PolicyDefaults = (typeof policyDefaults)[number];

/**
 * Rules that policies refer to, under the names of every release of Magnum's that had a policy.yaml: today's 15, those of
 * 2023, and those of before. An operator's file may override any of them, so each stands on the older ones that it means.
 */
export const baseRules = {
  context_is_admin: "role:admin",
  admin_or_owner: "is_admin:True or project_id:%(project_id)s",
  admin_or_user: "is_admin:True or user_id:%(user_id)s",
  is_user: "user_id:%(user_id)s",
  project_member: "role:member and project_id:%(project_id)s",
  project_reader: "role:reader and project_id:%(project_id)s",
  admin_or_project_reader: "rule:admin_api or rule:project_reader",
  admin_or_project_member: "rule:admin_api or rule:project_member",
  admin_or_project_member_user: "rule:admin_api or (rule:project_member and rule:is_user)",
  admin_or_project_member_user_or_cluster_user: "rule:admin_api or (rule:project_member and rule:user_or_cluster_user)",
  project_member_deny_cluster_user: "rule:project_member and rule:deny_cluster_user",
  admin_or_project_member_deny_cluster_user: "rule:admin_api or rule:project_member_deny_cluster_user",
  project_reader_deny_cluster_user: "rule:project_reader and rule:deny_cluster_user",
  admin_or_project_reader_deny_cluster_user: "rule:admin_api or rule:project_reader_deny_cluster_user",
  admin_or_project_reader_user: "rule:admin_api or (rule:project_reader and rule:is_user)",
  // Of 2023.
  user_or_cluster_user: "rule:is_user or rule:cluster_user",
  admin_or_user_or_cluster_user: "rule:admin_api or rule:user_or_cluster_user",
  admin_or_project_member_cluster_user: "rule:admin_api or (rule:project_member and rule:cluster_user)",
  // Of before.
  admin_api: "rule:context_is_admin",
  cluster_user: "user_id:%(trustee_user_id)s",
  deny_cluster_user: "not is_cluster_node:True",
} as const;
export type BaseName = keyof typeof baseRules;

const admin = "rule:admin_api";
const member = "rule:admin_or_project_member";
const reader = "rule:admin_or_project_reader";
const memberNoNode = "rule:admin_or_project_member_deny_cluster_user";
const readerNoNode = "rule:admin_or_project_reader_deny_cluster_user";
const memberAndUser = "rule:admin_or_project_member_user";
const readerAndUser = "rule:admin_or_project_reader_user";
const deny = "rule:deny_cluster_user";
const owner = "rule:admin_or_owner";
const user = "rule:admin_or_user or rule:cluster_user";

/** Today's default, then the legacy one. */
const defaults = {
  "cluster:create": [memberNoNode, deny],
  "cluster:delete": [memberNoNode, deny],
  "cluster:delete_all_projects": [admin, admin],
  "cluster:detail": [readerNoNode, deny],
  "cluster:detail_all_projects": [admin, admin],
  "cluster:get": [readerNoNode, deny],
  "cluster:get_one_all_projects": [admin, admin],
  "cluster:get_all": [readerNoNode, deny],
  "cluster:get_all_all_projects": [admin, admin],
  "cluster:update": [memberNoNode, deny],
  "cluster:update_health_status": ["rule:admin_or_project_member_user_or_cluster_user", user],
  "cluster:update_all_projects": [admin, admin],
  "cluster:resize": [memberNoNode, deny],
  "cluster:upgrade": [memberNoNode, deny],
  "cluster:upgrade_all_projects": [admin, admin],
  "clustertemplate:create": [memberNoNode, deny],
  "clustertemplate:delete": [member, owner],
  "clustertemplate:delete_all_projects": [admin, admin],
  "clustertemplate:detail": [readerNoNode, deny],
  "clustertemplate:detail_all_projects": [admin, admin],
  "clustertemplate:get": [readerNoNode, deny],
  "clustertemplate:get_one_all_projects": [admin, admin],
  "clustertemplate:get_all": [readerNoNode, deny],
  "clustertemplate:get_all_all_projects": [admin, admin],
  "clustertemplate:update": [member, owner],
  "clustertemplate:update_all_projects": [admin, admin],
  "clustertemplate:publish": [admin, admin],
  "nodegroup:get": [reader, owner],
  "nodegroup:get_one_all_projects": [admin, admin],
  "nodegroup:get_all": [reader, owner],
  "nodegroup:get_all_all_projects": [admin, admin],
  "nodegroup:create": [member, owner],
  "nodegroup:update": [member, owner],
  "nodegroup:delete": [member, owner],
  "certificate:create": [memberAndUser, user],
  "certificate:get": [readerAndUser, user],
  "certificate:rotate_ca": [member, owner],
  // Younger than the legacy defaults: the same in both.
  "credential:rotate": ["rule:project_member_deny_cluster_user", "rule:project_member_deny_cluster_user"],
  "quota:create": [admin, admin],
  "quota:delete": [admin, admin],
  "quota:get": [reader, owner],
  "quota:get_all": [admin, admin],
  "quota:update": [admin, admin],
  "stats:get_all": [reader, owner],
  "magnum-service:get_all": [admin, admin],
  "federation:create": [memberNoNode, deny],
  "federation:delete": [memberNoNode, deny],
  "federation:update": [memberNoNode, deny],
  "federation:detail": [readerNoNode, deny],
  "federation:get": [readerNoNode, deny],
  "federation:get_all": [readerNoNode, deny],
} as const;

export type PolicyName = keyof typeof defaults;
export const policyNames: readonly PolicyName[] = Object.keys(defaults).filter(isPolicyName);

export function isPolicyName(name: string): name is PolicyName {
  return Object.hasOwn(defaults, name);
}

/** What the policy of an old file's `bay:create` or `baymodel:create` is called now; null = no such name. */
export function nowCalled(name: string): PolicyName | null {
  const now = name.replace(/^bay:/, "cluster:").replace(/^baymodel:/, "clustertemplate:");
  return now !== name && isPolicyName(now) ? now : null;
}

export const defaultRules = (choice: PolicyDefaults): Record<string, string> =>
  Object.fromEntries(
    Object.entries(defaults).map(([name, [secure, legacy]]) => {
      if (choice === "secure" || secure === legacy) return [name, secure];
      return [name, choice === "legacy" ? legacy : `${secure} or ${legacy}`];
    }),
  );
