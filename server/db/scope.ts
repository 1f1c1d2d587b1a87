// Whose rows a query may see. Only server/auth makes scopes; every query of project-owned rows takes one.

declare const brand: unique symbol;

/** One project's rows; in one region when `region` is set; of one cluster when its trustee, or one of its nodes, asks. */
export interface ProjectScope {
  readonly [brand]: "project";
  readonly kind: "project";
  readonly projectId: string;
  readonly region: string | null;
  readonly clusterId: string | null;
}

/** Every project's rows: for administrators, after the policy said yes. */
export interface CloudScope {
  readonly [brand]: "cloud";
  readonly kind: "cloud";
  readonly region: string | null;
}

export type Scope = ProjectScope | CloudScope;

export const projectScope = (
  projectId: string,
  region: string | null = null,
  clusterId: string | null = null,
): ProjectScope => ({ kind: "project", projectId, region, clusterId }) as ProjectScope;

export const cloudScope = (region: string | null = null): CloudScope => ({ kind: "cloud", region }) as CloudScope;

/** Condition on clusters. */
export const clustersIn = (scope: Scope) => ({
  ...(scope.region === null ? {} : { region: scope.region }),
  ...(scope.kind === "project" ? { projectId: scope.projectId } : {}),
  ...(scope.kind === "project" && scope.clusterId !== null ? { id: scope.clusterId } : {}),
});

/** Condition on rows that belong to a cluster. The cluster's own scope is `clusterId`: never another's rows. */
export const partsIn = (scope: Scope, clusterId: string) => ({
  clusterId: scope.kind === "project" && scope.clusterId !== null && scope.clusterId !== clusterId ? "none" : clusterId,
  ...(scope.kind === "project" ? { projectId: scope.projectId } : {}),
});

/** Condition on rows of a project that outlive their cluster. */
export const recordsIn = (scope: Scope) => ({
  ...(scope.kind === "project" ? { projectId: scope.projectId } : {}),
  ...(scope.kind === "project" && scope.clusterId !== null ? { clusterId: scope.clusterId } : {}),
});
