// What is put on a node's disk: the programs, their variables, configuration for kubeadm, kubelet and containerd, units.
// The files themselves lie in node/; here only their blanks are filled in.
import { readFileSync } from "node:fs";
import type { LabelKey } from "../../server/domain/label-catalog.ts";
import type { Desired, NodegroupWish } from "../driver.ts";
import { flow } from "../flow.ts";
import type { NodeFile, NodeUnit } from "../heat/ignition.ts";
import { networkPlan } from "../heat/network.ts";
import type { NodeSite } from "../heat/pair.ts";
import { imageReference, images } from "./images.ts";
import { nodeEnvPath, renderNodeEnv } from "./node-env.ts";
import type { NodeValues } from "./node-env.ts";
import { marksWord } from "./nodes.ts";
import { kubeTag, settings } from "./settings.ts";
import { companions, kubeadmApi, parseKubeTag } from "./versions.ts";

type OptionsLabel = "kubeapi_options" | "kubecontroller_options" | "kubescheduler_options";

const read = (name: string) => readFileSync(new URL(`node/${name}`, import.meta.url), "utf8");

/** Fills `{{name}}`: what is given must be there, and what is there must be given. */
export function fillTemplate(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for {{${name}}}`);
    return value;
  });
}

/** Read by the autoscaler and the healer. Kubernetes allows fewer characters in a value than a node group's name has. */
export function nodeLabels(group: NodegroupWish): string {
  const value = (text: string) =>
    text
      .replace(/[^A-Za-z0-9._-]/g, "-")
      .slice(0, 63)
      .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
  return [
    `magnum.openstack.org/role=${value(group.role)}`,
    `magnum.openstack.org/nodegroup=${value(group.key.name)}`,
    ...Object.entries(ownLabels(group)).map(([key, text]) => `${key}=${text}`),
  ].join(",");
}

/**
 * Those of the group's labels that a kubelet may give itself: it does not start with others of Kubernetes' own domains,
 * and those with node-restriction are refused. The conductor brings the rest when the node is there.
 */
function ownLabels(group: NodegroupWish): Record<string, string> {
  const mayNot = (key: string) => {
    const domain = key.includes("/") ? (key.split("/")[0] ?? "") : "";
    const reserved = /(^|\.)(kubernetes|k8s)\.io$/.test(domain);
    return reserved && !/(^|\.)(kubelet|node)\.kubernetes\.io$/.test(domain);
  };
  return Object.fromEntries(Object.entries(group.nodeLabels).filter(([key]) => !mayNot(key)));
}

/** As kubelet reads them. */
const nodeTaints = (group: NodegroupWish): string =>
  group.nodeTaints.map(({ key, value, effect }) => `${key}=${value ?? ""}:${effect}`).join(",");

/** The same for every member of a node group: nothing of a single node is in it. */
export function nodeFiles(
  want: Desired,
  group: NodegroupWish,
  site: NodeSite,
): { files: NodeFile[]; units: NodeUnit[] } {
  const master = group.role === "master";
  const set = settings(want);
  const all = images(want);
  const tag = kubeTag(want, group);
  const version = parseKubeTag(tag);
  const api = version ? kubeadmApi(version) : "v1beta4";
  const args = (label: OptionsLabel, more: { name: string; value: string }[] = []) => {
    const options = [...more, ...(want.labels.get(label) ?? [])];
    return api === "v1beta4"
      ? flow(options)
      : flow(Object.fromEntries(options.map(({ name, value }) => [name, value])));
  };
  const admission = want.labels.get("admission_control_list");
  const imageRepository = set.prefix === "" ? "registry.k8s.io" : set.prefix.replace(/\/$/, "");
  const blanks = {
    binaryDir: site.binaryDir,
    pauseImage: flow(imageReference(all.pause, set.prefix)),
    systemdCgroup: String(set.cgroupDriver === "systemd"),
    cgroupDriver: flow(set.cgroupDriver),
    dnsServiceIp: flow(set.dnsServiceIp),
    clusterDomain: flow(set.clusterDomain),
    clusterName: flow(want.key.id),
    kubeTag: flow(tag),
    imageRepository: flow(imageRepository),
    apiPort: String(set.apiPort),
    apiPortText: String(set.apiPort),
    podCidr: flow(set.podCidr),
    serviceCidr: flow(set.serviceCidr),
    apiArgs: args(
      "kubeapi_options",
      admission === undefined ? [] : [{ name: "enable-admission-plugins", value: admission.join(",") }],
    ),
    controllerArgs: args("kubecontroller_options", [
      { name: "node-cidr-mask-size", value: String(set.podSubnetLength) },
    ]),
    schedulerArgs: args("kubescheduler_options"),
    masterTaints: flow([
      { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
      ...group.nodeTaints.map(({ key, value, effect }) => ({ key, ...(value ? { value } : {}), effect })),
    ]),
    // A folder below the volume's root: kubeadm wants it empty, and file systems put lost+found there.
    etcd: flow({ dataDir: "/var/lib/etcd/data", ...(set.etcdTag === null ? {} : { imageTag: set.etcdTag }) }),
  };
  const file = (path: string, mode: number, ...names: string[]): NodeFile => ({
    path,
    mode,
    content: fillTemplate(names.map(read).join(""), blanks),
  });
  const program = (name: string): NodeFile => ({
    path: `${site.binaryDir}/${name}`,
    mode: 0o700,
    content: read(name),
    compress: true,
  });
  const files: NodeFile[] = [
    { path: nodeEnvPath, mode: 0o600, content: renderNodeEnv(nodeValues(want, group, site)) },
    program("coe-node"),
    file("/etc/coe/containerd.toml", 0o644, "containerd.toml"),
    ...(master
      ? [
          program("coe-leave"),
          program("coe-renew"),
          file("/etc/coe/kubeadm-init.yaml", 0o600, `kubeadm-init-${api}.yaml`, "kubelet.yaml"),
          file("/etc/coe/kubeadm-join.yaml", 0o600, `kubeadm-join-${api}.yaml`),
          file("/etc/coe/patches/kube-controller-manager+json.json", 0o644, "kube-controller-manager+json.json"),
        ]
      : [file("/etc/coe/kubelet.yaml", 0o644, "kubelet.yaml", "kubelet-worker.yaml")]),
  ];
  const unit = (name: string, enabled: boolean): NodeUnit => ({
    name,
    enabled,
    content: fillTemplate(read(name), blanks),
  });
  return {
    files,
    units: [
      unit("coe-node.service", true),
      unit("kubelet.service", false),
      ...(master ? [unit("coe-leave.service", true), unit("coe-renew.service", true)] : []),
    ],
  };
}

/** The variables of node.env; what only Heat knows is in heat.env. */
export function nodeValues(want: Desired, group: NodegroupWish, site: NodeSite): NodeValues {
  const set = settings(want);
  const all = images(want);
  const network = networkPlan(want);
  const { template, endpoints, labels } = want;
  const own = <K extends LabelKey>(key: K) => group.labels.get(key) ?? labels.get(key);
  const noProxy = [
    ...(template.noProxy ?? "").split(",").map((each) => each.trim()),
    network.subnetCidr,
    set.podCidr,
    set.serviceCidr,
    "127.0.0.1,localhost,169.254.169.254",
    `.svc,.${set.clusterDomain}`,
  ];
  return {
    CLUSTER_UUID: want.key.id,
    CLUSTER_NAME: want.key.name,
    ROLE: group.role === "master" ? "master" : "worker",
    NODEGROUP: group.key.name,
    NODEGROUP_ROLE: group.role,
    FIRST_INDEX: site.firstIndex ?? "",
    API_URL: endpoints.apiUrl,
    REGION: endpoints.region,
    VERIFY_CA: String(endpoints.verifyCa),
    OPENSTACK_CA: endpoints.openstackCaPem ?? "",
    CLUSTER_CA: want.pki.caPem,
    API_PORT: String(set.apiPort),
    KUBE_TAG: kubeTag(want, group),
    POD_CIDR: set.podCidr,
    SERVICE_CIDR: set.serviceCidr,
    DNS_SERVICE_IP: set.dnsServiceIp,
    CLUSTER_DOMAIN: set.clusterDomain,
    NETWORK_DRIVER: set.networkDriver,
    HTTP_PROXY: template.httpProxy ?? "",
    HTTPS_PROXY: template.httpsProxy ?? "",
    NO_PROXY: noProxy.filter((part) => part !== null && part !== "").join(","),
    CONTAINER_INFRA_PREFIX: set.prefix,
    IMAGE_REPOSITORY: set.prefix === "" ? "registry.k8s.io" : set.prefix.replace(/\/$/, ""),
    PAUSE_IMAGE: imageReference(all.pause, set.prefix),
    INSECURE_REGISTRY: template.insecureRegistry ?? "",
    BINARY_URL: labels.get("kube_binary_url") ?? "https://dl.k8s.io/release",
    CNI_PLUGINS_URL:
      labels.get("cni_plugins_url") ??
      `https://github.com/containernetworking/plugins/releases/download/${companions.cniPlugins}/cni-plugins-linux-{arch}-${companions.cniPlugins}.tgz`,
    CNI_PLUGINS_SHA256: labels.get("cni_plugins_sha256") ?? "",
    CRICTL_URL:
      labels.get("crictl_url") ??
      `https://github.com/kubernetes-sigs/cri-tools/releases/download/${companions.crictl}/crictl-${companions.crictl}-linux-{arch}.tar.gz`,
    CRICTL_SHA256: labels.get("crictl_sha256") ?? "",
    CONTAINERD_URL: own("containerd_tarball_url") ?? "",
    CONTAINERD_SHA256: own("containerd_tarball_sha256") ?? "",
    CGROUP_DRIVER: set.cgroupDriver,
    SELINUX_MODE: own("selinux_mode") ?? "enforcing",
    NODE_LABELS: nodeLabels(group),
    NODE_TAINTS: nodeTaints(group),
    NODE_MARKS: marksWord({ ...group, nodeLabels: ownLabels(group) }),
    KUBELET_OPTIONS: (own("kubelet_options") ?? []).map(({ name, value }) => `--${name}=${value}`).join(" "),
    BINARY_DIR: site.binaryDir,
    // Its report has to arrive before Heat gives it up.
    TIME_SECONDS: String(site.waitSeconds - Math.min(300, Math.round(site.waitSeconds / 5))),
  };
}
