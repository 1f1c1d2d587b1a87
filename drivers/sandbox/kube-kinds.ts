// Kinds of a cluster's API, and what discovery says of them.

export interface Kind {
  group: string;
  version: string;
  kind: string;
  plural: string;
  short: readonly string[];
  namespaced: boolean;
}

const kind = (
  group: string,
  version: string,
  name: string,
  plural: string,
  namespaced: boolean,
  ...short: string[]
): Kind => ({
  group,
  version,
  kind: name,
  plural,
  short,
  namespaced,
});
const rbac = "rbac.authorization.k8s.io";

export const kinds: readonly Kind[] = [
  kind("", "v1", "ConfigMap", "configmaps", true, "cm"),
  kind("", "v1", "Endpoints", "endpoints", true, "ep"),
  kind("", "v1", "Event", "events", true, "ev"),
  kind("", "v1", "Namespace", "namespaces", false, "ns"),
  kind("", "v1", "Node", "nodes", false, "no"),
  kind("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims", true, "pvc"),
  kind("", "v1", "PersistentVolume", "persistentvolumes", false, "pv"),
  kind("", "v1", "Pod", "pods", true, "po"),
  kind("", "v1", "Secret", "secrets", true),
  kind("", "v1", "ServiceAccount", "serviceaccounts", true, "sa"),
  kind("", "v1", "Service", "services", true, "svc"),
  kind("apps", "v1", "DaemonSet", "daemonsets", true, "ds"),
  kind("apps", "v1", "Deployment", "deployments", true, "deploy"),
  kind("apps", "v1", "ReplicaSet", "replicasets", true, "rs"),
  kind("apps", "v1", "StatefulSet", "statefulsets", true, "sts"),
  kind("batch", "v1", "CronJob", "cronjobs", true, "cj"),
  kind("batch", "v1", "Job", "jobs", true),
  kind("networking.k8s.io", "v1", "Ingress", "ingresses", true, "ing"),
  kind("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", true, "netpol"),
  kind("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true, "pdb"),
  kind(rbac, "v1", "ClusterRoleBinding", "clusterrolebindings", false),
  kind(rbac, "v1", "ClusterRole", "clusterroles", false),
  kind(rbac, "v1", "RoleBinding", "rolebindings", true),
  kind(rbac, "v1", "Role", "roles", true),
  kind("storage.k8s.io", "v1", "StorageClass", "storageclasses", false, "sc"),
  kind("storage.k8s.io", "v1", "CSIDriver", "csidrivers", false),
  kind("coordination.k8s.io", "v1", "Lease", "leases", true),
  kind("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false, "crd", "crds"),
];

/** Throws for one that is not in the table. */
export function kindOf(plural: string): Kind {
  const found = kinds.find((one) => one.plural === plural);
  if (!found) throw new Error(`no kind ${plural}`);
  return found;
}

const groupNames = [...new Set(kinds.map((one) => one.group))]
  .filter((name) => name !== "")
  .concat("authorization.k8s.io");
const versionOf = (group: string) => kinds.find((one) => one.group === group)?.version ?? "v1";
export const apiVersionOf = (one: Kind): string => (one.group === "" ? one.version : `${one.group}/${one.version}`);

export const apiVersions = (address: string) => ({
  kind: "APIVersions",
  versions: ["v1"],
  serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: address }],
});

const groupOf = (name: string) => {
  const version = { groupVersion: `${name}/${versionOf(name)}`, version: versionOf(name) };
  return { name, versions: [version], preferredVersion: version };
};
export const apiGroups = () => ({ kind: "APIGroupList", apiVersion: "v1", groups: groupNames.map(groupOf) });
export const apiGroup = (name: string) =>
  groupNames.includes(name) ? { kind: "APIGroup", apiVersion: "v1", ...groupOf(name) } : null;

const eviction = {
  name: "pods/eviction",
  singularName: "",
  namespaced: true,
  group: "policy",
  version: "v1",
  kind: "Eviction",
  verbs: ["create"],
};

/** Null = no such group and version. */
export function resourceList(group: string, version: string): object | null {
  if (group === "authorization.k8s.io" && version === "v1")
    return {
      kind: "APIResourceList",
      apiVersion: "v1",
      groupVersion: "authorization.k8s.io/v1",
      resources: ["SelfSubjectAccessReview", "SelfSubjectRulesReview"].map((name) => ({
        name: `${name.toLowerCase()}s`,
        singularName: "",
        namespaced: false,
        kind: name,
        verbs: ["create"],
      })),
    };
  const own = kinds.filter((one) => one.group === group && one.version === version);
  if (own.length === 0) return null;
  const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
  return {
    kind: "APIResourceList",
    ...(group === "" ? {} : { apiVersion: "v1" }),
    groupVersion: group === "" ? version : `${group}/${version}`,
    resources: own.flatMap((one) => [
      {
        name: one.plural,
        singularName: "",
        namespaced: one.namespaced,
        kind: one.kind,
        verbs,
        ...(one.short.length > 0 ? { shortNames: one.short } : {}),
      },
      {
        name: `${one.plural}/status`,
        singularName: "",
        namespaced: one.namespaced,
        kind: one.kind,
        verbs: ["get", "patch", "update"],
      },
      ...(one.plural === "pods" ? [eviction] : []),
    ]),
  };
}

/** The smallest OpenAPI document in protobuf: kubectl asks for nothing else, and checks nothing against it. */
export function openApiProtobuf(version: string): Buffer {
  const field = (number: number, value: Buffer | string) => {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes]);
  };
  const info = Buffer.concat([field(1, "Kubernetes"), field(2, version)]);
  return Buffer.concat([field(1, "2.0"), field(2, info), field(8, Buffer.alloc(0))]);
}
