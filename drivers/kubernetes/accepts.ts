// What this module refuses before anything is made, each with the field and what is allowed.
import { isIPv4 } from "node:net";
import type { Problem, Wish } from "../driver.ts";
import { kubeTag, readOptions, settings } from "./settings.ts";
import { oldestMinor, parseKubeTag } from "./versions.ts";

/** Labels that change what is made. */
export const kubernetesLabels: readonly string[] = [
  "kube_tag",
  "container_infra_prefix",
  "coredns_tag",
  "etcd_tag",
  "flannel_tag",
  "flannel_cni_tag",
  "flannel_network_cidr",
  "flannel_network_subnetlen",
  "flannel_backend",
  "service_cluster_ip_range",
  "dns_cluster_domain",
  "cgroup_driver",
  "selinux_mode",
  "containerd_tarball_url",
  "containerd_tarball_sha256",
  "kubelet_options",
  "kubeapi_options",
  "kubecontroller_options",
  "kubescheduler_options",
  "admission_control_list",
  "cert_manager_api",
  "min_node_count",
  "max_node_count",
];

/**
 * Labels whose switch stands in one position here: that position may be named, the other is refused. A label that
 * only details a switch that is off has no effect and is refused with the switch's name.
 */
export const fixedSwitches: Readonly<Record<string, { is: string; why: string; details?: readonly string[] }>> = {
  auto_scaling_enabled: {
    is: "false",
    why: "the autoscaler is not installed by this driver yet",
    details: ["autoscaler_tag"],
  },
  npd_enabled: {
    is: "false",
    why: "the node problem detector is not installed by this driver",
    details: ["node_problem_detector_tag"],
  },
  kube_dashboard_enabled: {
    is: "false",
    why: "the dashboard is not installed by this driver",
    details: ["kube_dashboard_version", "metrics_scraper_tag"],
  },
  metrics_server_enabled: {
    is: "false",
    why: "metrics-server is not installed by this driver yet",
    details: ["metrics_server_chart_tag"],
  },
  monitoring_enabled: {
    is: "false",
    why: "monitoring is not installed by this driver",
    details: [
      "cluster_basic_auth_secret",
      "cluster_root_domain_name",
      "grafana_admin_passwd",
      "monitoring_ingress_enabled",
      "monitoring_interval_seconds",
      "monitoring_retention_days",
      "monitoring_retention_size",
      "monitoring_storage_class_name",
      "prometheus_adapter_chart_tag",
      "prometheus_adapter_configmap",
      "prometheus_adapter_enabled",
      "prometheus_operator_chart_tag",
    ],
  },
  prometheus_monitoring: {
    is: "false",
    why: "monitoring is not installed by this driver",
    details: ["prometheus_tag", "grafana_tag"],
  },
  heapster_enabled: { is: "false", why: "heapster is long dead", details: ["influx_grafana_dashboard_enabled"] },
  keystone_auth_enabled: {
    is: "false",
    why: "the Keystone webhook is not installed by this driver yet",
    details: ["k8s_keystone_auth_tag"],
  },
  cloud_provider_enabled: {
    is: "false",
    why: "the cloud controller is not installed by this driver yet",
    details: ["cloud_provider_tag"],
  },
  cinder_csi_enabled: {
    is: "false",
    why: "the Cinder CSI driver is not installed by this driver yet",
    details: [
      "cinder_csi_plugin_tag",
      "csi_attacher_tag",
      "csi_liveness_probe_tag",
      "csi_node_driver_registrar_tag",
      "csi_provisioner_tag",
      "csi_resizer_tag",
      "csi_snapshotter_tag",
    ],
  },
  tiller_enabled: {
    is: "false",
    why: "add-ons are applied without Helm",
    details: ["tiller_tag", "tiller_namespace", "helm_client_tag", "helm_client_url", "helm_client_sha256"],
  },
  use_podman: {
    is: "false",
    why: "everything runs in containerd",
    details: ["heat_container_agent_tag", "hyperkube_prefix", "kube_image_digest"],
  },
};

/** Names with one possible value. */
const fixedWords: Readonly<Record<string, { is: readonly string[]; why: string }>> = {
  container_runtime: { is: ["containerd"], why: "containerd is the only container runtime here" },
  ingress_controller: { is: [], why: "no ingress controller is installed by this driver yet" },
};

const healing = ["auto_healing_enabled", "auto_healing_controller", "draino_tag", "magnum_auto_healer_tag"];

/** magnum-auto-healer works only where its label says so (magnum-api 20.7): whoever runs it may set that. */
function healingProblems({ labels }: Wish): Problem[] {
  const own = labels.get("auto_healing_controller") === "magnum-auto-healer";
  const why =
    "this driver installs no healer; one that you run in the cluster yourself needs auto_healing_enabled=true with " +
    "auto_healing_controller=magnum-auto-healer";
  return healing.flatMap((key) => {
    if (!labels.has(key) || (key === "auto_healing_enabled" && labels.boolean(key) !== true)) return [];
    return own && key.startsWith("auto_") ? [] : [{ field: `labels.${key}`, message: `cannot be used so: ${why}` }];
  });
}

export function kubernetesAccepts(want: Wish): Problem[] {
  const problems: Problem[] = [];
  const refuse = (field: string, message: string) => problems.push({ field, message });
  const { template, labels } = want;
  const set = settings(want);

  if (template.tlsDisabled) refuse("tls_disabled", "must be false: this driver makes clusters with TLS only");
  if (template.registryEnabled) refuse("registry_enabled", "must be false: this driver installs no registry");
  if (template.networkDriver !== "flannel")
    refuse("network_driver", `${template.networkDriver} is not supported by this driver, use flannel`);
  if (template.volumeDriver !== null && template.volumeDriver !== "")
    refuse("volume_driver", "must be unset: the Cinder CSI driver is not installed by this driver yet");

  for (const group of [undefined, ...want.nodegroups]) {
    const tag = kubeTag(want, group);
    const version = parseKubeTag(tag);
    if (!version) refuse("labels.kube_tag", `${tag} is not a Kubernetes version such as v1.31.1`);
    else if (version.major !== 1 || version.minor < oldestMinor)
      refuse("labels.kube_tag", `${tag} is too old, use v1.${oldestMinor}.0 or newer`);
    if (problems.at(-1)?.field === "labels.kube_tag") break;
  }
  if (!isIPv4(set.podCidr.split("/")[0] ?? ""))
    refuse("labels.flannel_network_cidr", "must be an IPv4 range such as 10.100.0.0/16");
  if (!isIPv4(set.serviceCidr.split("/")[0] ?? ""))
    refuse("labels.service_cluster_ip_range", "must be an IPv4 range such as 10.254.0.0/16");
  const podLength = Number(set.podCidr.split("/")[1]);
  if (set.podSubnetLength <= podLength || set.podSubnetLength > 28)
    refuse(
      "labels.flannel_network_subnetlen",
      `must lie between ${podLength + 1} and 28: each node gets a range of this size`,
    );
  if (labels.get("flannel_backend") === "udp")
    refuse("labels.flannel_backend", "udp is for debugging only, use vxlan or host-gw");
  if (labels.has("containerd_tarball_sha256") && !labels.has("containerd_tarball_url"))
    refuse("labels.containerd_tarball_sha256", "has no effect without label containerd_tarball_url");
  for (const key of ["kubeapi_options", "kubecontroller_options", "kubescheduler_options", "kubelet_options"])
    if (readOptions(labels.get(key) ?? "") === null)
      refuse(`labels.${key}`, "must be flags such as --v=2 --profiling=false");
  if (labels.boolean("cert_manager_api") === false)
    refuse("labels.cert_manager_api", "cannot be switched off: the control plane can sign certificates here");

  problems.push(...healingProblems(want));
  for (const [key, fixed] of Object.entries(fixedSwitches)) {
    if (labels.boolean(key) === (fixed.is === "false")) refuse(`labels.${key}`, `must be ${fixed.is}: ${fixed.why}`);
    for (const detail of fixed.details ?? [])
      if (labels.has(detail)) refuse(`labels.${detail}`, `has no effect with this driver: ${fixed.why}`);
  }
  for (const [key, fixed] of Object.entries(fixedWords)) {
    const value = labels.get(key);
    if (value !== undefined && !fixed.is.includes(value)) refuse(`labels.${key}`, fixed.why);
  }
  return problems;
}

/** Every label that this module answers for: honoured, or in a known position. */
export const knownLabels: readonly string[] = [
  ...kubernetesLabels,
  ...Object.entries(fixedSwitches).flatMap(([key, { details }]) => [key, ...(details ?? [])]),
  ...Object.keys(fixedWords),
  ...healing,
];
