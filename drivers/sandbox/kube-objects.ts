// The kinds of the simulated Kubernetes API: enough for kubectl to look around, and for add-ons to be applied.

export interface Kind {
  group: string;
  version: string;
  kind: string;
  plural: string;
  singular: string;
  short: string[];
  namespaced: boolean;
}

const kind = (
  group: string,
  version: string,
  name: string,
  plural: string,
  namespaced: boolean,
  short: string[] = [],
): Kind => ({ group, version, kind: name, plural, singular: name.toLowerCase(), short, namespaced });

export const kinds: readonly Kind[] = [
  kind("", "v1", "Node", "nodes", false, ["no"]),
  kind("", "v1", "Namespace", "namespaces", false, ["ns"]),
  kind("", "v1", "Pod", "pods", true, ["po"]),
  kind("", "v1", "Service", "services", true, ["svc"]),
  kind("", "v1", "Endpoints", "endpoints", true, ["ep"]),
  kind("", "v1", "ConfigMap", "configmaps", true, ["cm"]),
  kind("", "v1", "Secret", "secrets", true),
  kind("", "v1", "ServiceAccount", "serviceaccounts", true, ["sa"]),
  kind("", "v1", "Event", "events", true, ["ev"]),
  kind("", "v1", "PersistentVolume", "persistentvolumes", false, ["pv"]),
  kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true, ["pvc"]),
  kind("apps", "v1", "Deployment", "deployments", true, ["deploy"]),
  kind("apps", "v1", "DaemonSet", "daemonsets", true, ["ds"]),
  kind("apps", "v1", "StatefulSet", "statefulsets", true, ["sts"]),
  kind("apps", "v1", "ReplicaSet", "replicasets", true, ["rs"]),
  kind("batch", "v1", "Job", "jobs", true),
  kind("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false),
  kind("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false),
  kind("rbac.authorization.k8s.io", "v1", "Role", "roles", true),
  kind("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", true),
  kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true, ["pdb"]),
  kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", false, ["sc"]),
  kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false, ["crd"]),
];

const groups = [...new Set(kinds.filter((each) => each.group !== "").map((each) => each.group))];

export const apiGroups = () => ({
  kind: "APIGroupList",
  apiVersion: "v1",
  groups: groups.map((name) => ({
    name,
    versions: [{ groupVersion: `${name}/v1`, version: "v1" }],
    preferredVersion: { groupVersion: `${name}/v1`, version: "v1" },
  })),
});

export const resourceList = (group: string) => ({
  kind: "APIResourceList",
  apiVersion: "v1",
  groupVersion: group === "" ? "v1" : `${group}/v1`,
  resources: kinds
    .filter((each) => each.group === group)
    .map((each) => ({
      name: each.plural,
      singularName: each.singular,
      namespaced: each.namespaced,
      kind: each.kind,
      verbs: ["create", "delete", "get", "list", "patch", "update"],
      ...(each.short.length > 0 ? { shortNames: each.short } : {}),
    })),
});
