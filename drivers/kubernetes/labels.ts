// Labels of Kubernetes clusters: which have an effect here, and why others have none.
import type { LabelKey } from "../../server/domain/label-catalog.ts";

/** Labels that change what is made. */
export const kubernetesLabels: readonly LabelKey[] = [
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
  "container_runtime",
  "containerd_tarball_url",
  "containerd_tarball_sha256",
  "kube_binary_url",
  "cni_plugins_url",
  "cni_plugins_sha256",
  "crictl_url",
  "crictl_sha256",
  "kubelet_options",
  "kubeapi_options",
  "kubecontroller_options",
  "kubescheduler_options",
  "admission_control_list",
  "cert_manager_api",
  "min_node_count",
  "max_node_count",
  // Whoever runs a healer in the cluster says so by these.
  "auto_healing_enabled",
  "auto_healing_controller",
];

const monitoring = "monitoring is not installed by this driver";

/** Why a switch cannot be on, or a wish not be met. */
export const whyNot: Readonly<Partial<Record<LabelKey, string>>> = {
  auto_scaling_enabled: "the autoscaler is not installed by this driver yet",
  npd_enabled: "the node problem detector is not installed by this driver",
  kube_dashboard_enabled: "the dashboard is not installed by this driver",
  metrics_server_enabled: "metrics-server is not installed by this driver yet",
  monitoring_enabled: monitoring,
  prometheus_monitoring: monitoring,
  heapster_enabled: "heapster is long dead",
  keystone_auth_enabled: "the Keystone webhook is not installed by this driver yet",
  cloud_provider_enabled: "the cloud controller is not installed by this driver yet",
  cinder_csi_enabled: "the Cinder CSI driver is not installed by this driver yet",
  manila_csi_enabled: "the Manila CSI driver is not installed by this driver",
  tiller_enabled: "add-ons are applied without Helm",
  ingress_controller: "no ingress controller is installed by this driver yet",
  audit_log_enabled: "the API server keeps no audit log here",
  api_master_lb_allowed_cidrs: "this driver reads master_lb_allowed_cidrs",
};

/** How other drivers run the same programs. */
export const mootLabels: readonly LabelKey[] = [
  "use_podman",
  "hyperkube_prefix",
  "heat_container_agent_tag",
  "kube_image_digest",
  "helm_client_url",
  "helm_client_sha256",
  "system_pods_initial_delay",
  "system_pods_timeout",
  // They detail what a switch of their own decides about.
  "influx_grafana_dashboard_enabled",
  "monitoring_ingress_enabled",
  "prometheus_adapter_enabled",
];
