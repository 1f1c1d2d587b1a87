// What a node is told: the variables of /etc/coe/node.env (known when the template is rendered) and of
// /etc/coe/heat.env (known to Heat only when it makes the node). Both are read by the shell of node/coe-node.
import { z } from "zod";

/** Known when the template is rendered. Absent = empty. Booleans are `true` or `false`, lists are comma separated. */
export const nodeVariables = {
  CLUSTER_UUID: "cluster id, lower case",
  CLUSTER_NAME: "cluster name, for people only",
  ROLE: "master or worker",
  NODEGROUP: "name of the node group",
  NODEGROUP_ROLE: "role word of the node group, for the node label",
  FIRST_INDEX: "index of the member that begins the cluster; empty = all join",
  API_URL: "our REST API with /v1",
  REGION: "region of the cloud",
  VERIFY_CA: "false = do not check the cloud's certificates",
  OPENSTACK_CA: "PEM of the cloud's CA, empty when it is a public one",
  CLUSTER_CA: "PEM of the cluster's CA, what every certificate of the cluster is checked against",
  API_PORT: "port of the Kubernetes API",
  KUBE_TAG: "Kubernetes version with v",
  POD_CIDR: "pod range",
  SERVICE_CIDR: "service range",
  DNS_SERVICE_IP: "address of the cluster's DNS service",
  CLUSTER_DOMAIN: "DNS domain of the cluster",
  NETWORK_DRIVER: "flannel or calico",
  HTTP_PROXY: "proxy",
  HTTPS_PROXY: "proxy",
  NO_PROXY: "hosts and ranges without proxy",
  CONTAINER_INFRA_PREFIX: "registry and path in front of every image; empty = the upstream registries",
  IMAGE_REPOSITORY: "registry and path of the control plane images",
  PAUSE_IMAGE: "sandbox image of containerd",
  INSECURE_REGISTRY: "host:port of a registry without TLS",
  BINARY_URL: "where kubeadm, kubelet and kubectl are fetched from when the image has none",
  CNI_PLUGINS_URL: "archive of the CNI plugins, when the image has none",
  CNI_PLUGINS_SHA256: "its digest",
  CRICTL_URL: "archive of crictl, when the image has none",
  CRICTL_SHA256: "its digest",
  CONTAINERD_URL: "archive of containerd to use instead of the image's; empty = the image's",
  CONTAINERD_SHA256: "its digest",
  CGROUP_DRIVER: "systemd or cgroupfs",
  SELINUX_MODE: "enforcing, permissive or disabled",
  NODE_LABELS: "labels for the Node object, key=value",
  NODE_TAINTS: "taints, key=value:effect; on control plane nodes besides kubeadm's own",
  NODE_MARKS: "which of them are the node group's, as annotation marks of the Node says it",
  KUBELET_OPTIONS: "further kubelet flags, as given by label kubelet_options",
  BINARY_DIR: "where programs may be written on this distro",
  TIME_SECONDS: "how long after its start the node may go on trying before it reports a failure",
} as const;
export type NodeVariable = keyof typeof nodeVariables;

/** Known to Heat only when it makes the node (heat/user-data.ts). */
export const heatVariables = {
  INDEX: "member index in the group",
  NODE_NAME: "server name, which is host name and node name",
  NODE_PROOF: "the node's own secret, spent when it comes up (drivers/node-proof.ts)",
  SIGNAL_URL: "wait handle endpoint",
  SIGNAL_TOKEN: "wait handle token",
  NODE_ADDRESS: "fixed address of the node",
  FLOATING_ADDRESS: "floating address of the node, empty when it has none",
  API_ADDRESS: "address of the Kubernetes API inside the cluster's network",
  API_PUBLIC_ADDRESS: "floating address of the API, empty when it has none",
  ETCD_VOLUME: "volume id, empty = on the root disk",
  DOCKER_VOLUME: "volume id for containers, empty = on the root disk",
} as const;
export type HeatVariable = keyof typeof heatVariables;

export type NodeValues = Partial<Record<NodeVariable, string>>;
export type HeatValues = Partial<Record<HeatVariable, string>>;

/** Everything that a node knows about itself, with empty strings for what it was not told. */
export type NodeEnv = Record<NodeVariable | HeatVariable, string>;

export const nodeEnvPath = "/etc/coe/node.env";
export const heatEnvPath = "/etc/coe/heat.env";

/** One word of POSIX shell that means exactly `value`, whatever is in it (but a NUL). */
export const shellQuote = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;

/** The text of node.env or heat.env: `COE_NAME='value'` a line, in the order of the tables above. */
export function renderNodeEnv(values: NodeValues | HeatValues): string {
  const given = new Map(Object.entries(values));
  return [...Object.keys(nodeVariables), ...Object.keys(heatVariables)]
    .filter((name) => given.has(name))
    .map((name) => `COE_${name}=${shellQuote(given.get(name) ?? "")}\n`)
    .join("");
}

const empty: NodeEnv = (() => {
  const names = [...Object.keys(nodeVariables), ...Object.keys(heatVariables)];
  return z.custom<NodeEnv>().parse(Object.fromEntries(names.map((name) => [name, ""])));
})();

/** Reads what renderNodeEnv wrote, as a shell would; several files may be joined. Unknown names are left out. */
export function parseNodeEnv(text: string): NodeEnv {
  const found: Record<string, string> = { ...empty };
  for (const [, name, quoted] of text.matchAll(/^COE_([A-Z0-9_]+)=((?:'[^']*'|\\')*)$/gm))
    if (name !== undefined && quoted !== undefined && name in empty)
      found[name] = quoted.replace(/'([^']*)'|\\'/g, (word, inside: string | undefined) =>
        word === "\\'" ? "'" : (inside ?? ""),
      );
  return z.custom<NodeEnv>().parse(found);
}

/** Does this node begin the cluster (kubeadm init), or does it join one? */
export const beginsCluster = (env: NodeEnv): boolean =>
  env.ROLE === "master" && env.INDEX !== "" && env.INDEX === env.FIRST_INDEX;
