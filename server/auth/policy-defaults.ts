// Magnum's policy names and their defaults (magnum-api 18): today's, with roles and scopes, and those of releases before
// 2023, which let everybody of a project do everything.

/** `secure-or-legacy` allows what either set allows, for clouds whose users have no reader and member roles yet. */
export const policyDefaults = ["secure", "legacy", "secure-or-legacy"] as const;
export type PolicyDefaults = (typeof policyDefaults)[number];

export const baseRules = {
  context_is_admin: "role:admin",
  admin_or_owner: "is_admin:True or project_id:%(project_id)s",
  admin_or_user: "is_admin:True or user_id:%(user_id)s",
  is_user: "user_id:%(user_id)s",
  project_member: "role:member and project_id:%(project_id)s",
  project_reader: "role:reader and project_id:%(project_id)s",
  cluster_user: "user_id:%(trustee_user_id)s",
  deny_cluster_user: "not is_cluster_node:True",
} as const;
export type BaseName = keyof typeof baseRules;

const admin = "rule:context_is_admin";
const member = `${admin} or rule:project_member`;
const reader = `${admin} or rule:project_reader`;
const memberAndUser = `${admin} or (rule:project_member and rule:is_user)`;
const readerAndUser = `${admin} or (rule:project_reader and rule:is_user)`;
const deny = "rule:deny_cluster_user";
const owner = "rule:admin_or_owner";
const user = "rule:admin_or_user or rule:cluster_user";

/** Today's default, then the legacy one. */
const defaults = {
  "cluster:create": [member, deny],
  "cluster:delete": [member, deny],
  "cluster:delete_all_projects": [admin, admin],
  "cluster:detail": [reader, deny],
  "cluster:detail_all_projects": [admin, admin],
  "cluster:get": [reader, deny],
  "cluster:get_one_all_projects": [admin, admin],
  "cluster:get_all": [reader, deny],
  "cluster:get_all_all_projects": [admin, admin],
  "cluster:update": [member, deny],
  "cluster:update_health_status": [memberAndUser, user],
  "cluster:update_all_projects": [admin, admin],
  "cluster:resize": [member, deny],
  "cluster:upgrade": [member, deny],
  "cluster:upgrade_all_projects": [admin, admin],
  "clustertemplate:create": [member, deny],
  "clustertemplate:delete": [member, deny],
  "clustertemplate:delete_all_projects": [admin, admin],
  "clustertemplate:detail": [reader, deny],
  "clustertemplate:detail_all_projects": [admin, admin],
  "clustertemplate:get": [reader, deny],
  "clustertemplate:get_one_all_projects": [admin, admin],
  "clustertemplate:get_all": [reader, deny],
  "clustertemplate:get_all_all_projects": [admin, admin],
  "clustertemplate:update": [member, deny],
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
  "credential:rotate": ["rule:project_member", "rule:project_member"],
  "quota:create": [admin, admin],
  "quota:delete": [admin, admin],
  "quota:get": [reader, owner],
  "quota:get_all": [admin, admin],
  "quota:update": [admin, admin],
  "stats:get_all": [reader, owner],
  "magnum-service:get_all": [admin, admin],
  "federation:create": [member, deny],
  "federation:delete": [member, deny],
  "federation:update": [member, deny],
  "federation:detail": [reader, deny],
  "federation:get": [reader, deny],
  "federation:get_all": [reader, deny],
} as const;

export type PolicyName = keyof typeof defaults;
export const policyNames: readonly PolicyName[] = Object.keys(defaults).filter(isPolicyName);

export function isPolicyName(name: string): name is PolicyName {
  return Object.hasOwn(defaults, name);
}

/** Names of old files that nothing asks any more. */
export const retiredNames = /^(bay|baymodel):\w+$/;

export const defaultRules = (choice: PolicyDefaults): Record<string, string> =>
  Object.fromEntries(
    Object.entries(defaults).map(([name, [secure, legacy]]) => {
      if (choice === "secure" || secure === legacy) return [name, secure];
      return [name, choice === "legacy" ? legacy : `${secure} or ${legacy}`];
    }),
  );
