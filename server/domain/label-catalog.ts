// Every label that is known: its type, which reads its values at every door, and what else is known of it. Types stand
// here, so that a driver can read no label that has none; the rest is data (label-catalog.json, one row a label).
import { z } from "zod";
import facts from "./label-catalog.json" with { type: "json" };
import {
  address,
  boolean,
  choice,
  choices,
  digest,
  domain,
  domains,
  integer,
  json,
  name,
  names,
  options,
  prefix,
  range,
  ranges,
  sha256,
  tag,
  text,
  url,
  version,
  type LabelType,
} from "./label-type.ts";

/** Of Kubernetes' API server. One that it does not know keeps it from starting. */
const admissionPlugins = [
  "AlwaysAdmit",
  "AlwaysDeny",
  "AlwaysPullImages",
  "CertificateApproval",
  "CertificateSigning",
  "CertificateSubjectRestriction",
  "ClusterTrustBundleAttest",
  "DefaultIngressClass",
  "DefaultStorageClass",
  "DefaultTolerationSeconds",
  "DenyServiceExternalIPs",
  "EventRateLimit",
  "ExtendedResourceToleration",
  "ImagePolicyWebhook",
  "LimitPodHardAntiAffinityTopology",
  "LimitRanger",
  "MutatingAdmissionPolicy",
  "MutatingAdmissionWebhook",
  "NamespaceAutoProvision",
  "NamespaceExists",
  "NamespaceLifecycle",
  "NodeRestriction",
  "OwnerReferencesPermissionEnforcement",
  "PersistentVolumeClaimResize",
  "PersistentVolumeLabel",
  "PodNodeSelector",
  "PodSecurity",
  "PodSecurityPolicy",
  "PodTolerationRestriction",
  "PodTopologyLabels",
  "Priority",
  "ResourceQuota",
  "RuntimeClass",
  "SecurityContextDeny",
  "ServiceAccount",
  "StorageObjectInUseProtection",
  "TaintNodesByCondition",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionWebhook",
] as const;

const gigabytes = integer(0, 100_000, "GB");

/** In the catalogue's order. */
export const labelTypes = {
  auto_scaling_enabled: boolean,
  autoscaler_tag: tag,
  max_node_count: integer(0, 10_000),
  min_node_count: integer(0, 10_000),
  kube_dashboard_enabled: boolean,
  kube_dashboard_version: tag,
  metrics_scraper_tag: tag,
  auto_healing: boolean,
  auto_healing_controller: choice("draino", "magnum-auto-healer"),
  auto_healing_enabled: boolean,
  draino_tag: tag,
  magnum_auto_healer_tag: tag,
  node_problem_detector_tag: tag,
  npd_enabled: boolean,
  ingress_controller: choice("traefik", "nginx", "octavia"),
  ingress_controller_role: name,
  nginx_ingress_controller_chart_tag: version,
  nginx_ingress_controller_tag: tag,
  octavia_ingress_controller_tag: tag,
  traefik_ingress_controller_tag: tag,
  cluster_basic_auth_secret: text,
  cluster_root_domain_name: domain,
  grafana_admin_passwd: text,
  grafana_tag: tag,
  heapster_enabled: boolean,
  influx_grafana_dashboard_enabled: boolean,
  metrics_server_chart_tag: version,
  metrics_server_enabled: boolean,
  monitoring_enabled: boolean,
  monitoring_ingress_enabled: boolean,
  monitoring_interval_seconds: integer(1, 86_400, "seconds"),
  monitoring_retention_days: integer(1, 36_500, "days"),
  monitoring_retention_size: integer(1, 1_000_000, "GiB"),
  monitoring_storage_class_name: domain,
  prometheus_adapter_chart_tag: version,
  prometheus_adapter_configmap: domain,
  prometheus_adapter_enabled: boolean,
  prometheus_monitoring: boolean,
  prometheus_operator_chart_tag: version,
  prometheus_tag: tag,
  api_master_lb_allowed_cidrs: ranges,
  api_server_floating_ip: address,
  calico_ipv4pool: range,
  calico_ipv4pool_ipip: choice("Always", "CrossSubnet", "Never", "Off"),
  cilium_hubble_ui_enabled: boolean,
  cilium_ipv4pool: range,
  dns_cluster_domain: domain,
  extra_network_name: name,
  extra_network_names: names,
  fixed_subnet_cidr: range,
  flannel_backend: choice("udp", "vxlan", "host-gw"),
  flannel_network_cidr: range,
  flannel_network_subnetlen: integer(1, 30),
  master_lb_allowed_cidrs: ranges,
  master_lb_floating_ip_enabled: boolean,
  octavia_lb_algorithm: choice("ROUND_ROBIN", "LEAST_CONNECTIONS", "SOURCE_IP", "SOURCE_IP_PORT"),
  octavia_lb_healthcheck: boolean,
  octavia_provider: name,
  service_cluster_ip_range: range,
  availability_zone: name,
  control_plane_availability_zones: names,
  different_failure_domain: boolean,
  ostree_commit: sha256,
  ostree_remote: name,
  selinux_mode: choice("enforcing", "permissive", "disabled"),
  server_group_policies: choices("affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"),
  cgroup_driver: choice("systemd", "cgroupfs"),
  container_runtime: choice("host-docker", "containerd"),
  containerd_tarball_sha256: sha256,
  containerd_tarball_url: url,
  containerd_version: version,
  kubeapi_options: options,
  kubecontroller_options: options,
  kubelet_options: options,
  kubeproxy_options: options,
  kubescheduler_options: options,
  mesos_slave_executor_env_file: name,
  mesos_slave_executor_env_variables: json,
  mesos_slave_image_providers: choices("docker", "appc"),
  mesos_slave_isolation: choices(
    "filesystem/posix",
    "filesystem/linux",
    "filesystem/shared",
    "posix/cpu",
    "posix/mem",
    "posix/disk",
    "cgroups/cpu",
    "cgroups/mem",
    "docker/runtime",
    "namespaces/pid",
  ),
  mesos_slave_work_dir: name,
  swarm_strategy: choices("spread", "binpack", "random"),
  system_pods_initial_delay: integer(0, 86_400, "seconds"),
  system_pods_timeout: integer(0, 86_400, "seconds"),
  use_podman: boolean,
  admission_control_list: choices(...admissionPlugins),
  api_server_cert_sans: domains,
  api_server_tls_cipher_suites: names,
  audit_log_enabled: boolean,
  audit_log_max_age: integer(0, 36_500, "days"),
  audit_log_max_backup: integer(0, 1_000_000),
  audit_log_max_size: integer(0, 1_000_000, "MB"),
  audit_log_maxage: integer(0, 36_500, "days"),
  audit_log_maxbackup: integer(0, 1_000_000),
  audit_log_maxsize: integer(0, 1_000_000, "MB"),
  cert_manager_api: boolean,
  k8s_keystone_auth_tag: tag,
  keystone_auth_enabled: boolean,
  kubelet_tls_cipher_suites: names,
  oidc_client_id: text,
  oidc_groups_claim: text,
  oidc_groups_prefix: text,
  oidc_issuer_url: url,
  oidc_username_claim: text,
  oidc_username_prefix: text,
  boot_volume_availability_zone: name,
  boot_volume_size: gigabytes,
  boot_volume_type: name,
  cinder_csi_enabled: boolean,
  cinder_csi_plugin_tag: tag,
  cloud_provider_enabled: boolean,
  csi_attacher_tag: tag,
  csi_cinder_allow_volume_expansion: boolean,
  csi_cinder_availability_zone: name,
  csi_cinder_fstype: choice("ext3", "ext4", "xfs"),
  csi_cinder_reclaim_policy: choice("Retain", "Delete"),
  csi_cinder_volume_binding_mode: choice("WaitForFirstConsumer", "Immediate"),
  csi_liveness_probe_tag: tag,
  csi_node_driver_registrar_tag: tag,
  csi_provisioner_tag: tag,
  csi_resizer_tag: tag,
  csi_snapshotter_tag: tag,
  docker_volume_type: name,
  etcd_blockdevice_size: gigabytes,
  etcd_blockdevice_type: choice("volume", "local"),
  etcd_blockdevice_volume_az: name,
  etcd_blockdevice_volume_type: name,
  etcd_volume_size: gigabytes,
  etcd_volume_type: name,
  manila_csi_enabled: boolean,
  manila_csi_plugin_tag: tag,
  manila_csi_share_network_id: name,
  rexray_preempt: boolean,
  calico_kube_controllers_tag: tag,
  calico_tag: tag,
  capi_helm_chart_version: version,
  cilium_tag: tag,
  cloud_provider_tag: tag,
  container_infra_prefix: prefix,
  coredns_tag: tag,
  etcd_tag: tag,
  flannel_cni_tag: tag,
  flannel_tag: tag,
  heat_container_agent_tag: tag,
  helm_client_sha256: sha256,
  helm_client_tag: version,
  helm_client_url: url,
  hyperkube_prefix: prefix,
  kube_image_digest: digest,
  kube_tag: tag,
  tiller_enabled: boolean,
  tiller_namespace: domain,
  tiller_tag: tag,
  kube_binary_url: url,
  cni_plugins_url: url,
  cni_plugins_sha256: sha256,
  crictl_url: url,
  crictl_sha256: sha256,
} as const satisfies Record<string, LabelType>;

export type LabelKey = keyof typeof labelTypes;
/** What a label's value is once it is read. */
export type LabelValue<K extends LabelKey> = (typeof labelTypes)[K] extends LabelType<infer V> ? V : never;

export const isLabelKey = (key: string): key is LabelKey => Object.hasOwn(labelTypes, key);

const string = z.string();
const Fact = z.object({
  key: z.custom<LabelKey>((key) => typeof key === "string" && isLabelKey(key)),
  default: z.union([z.record(string, string.nullable()), string, z.null()]).optional(),
  defaultByDriver: z.record(string, string.nullable()).optional(),
  coe: z.array(string),
  drivers: z.array(string),
  /** `key=value` of a label, `network_driver=calico`, or words. */
  requires: z.array(string).optional(),
  category: string,
  perNodegroup: z.boolean(),
  description: string,
  note: string.optional(),
  deprecated: string.optional(),
  unit: string.optional(),
});
export type LabelFact = z.infer<typeof Fact>;

/** All labels, in the catalogue's order. */
export const labelCatalog: readonly LabelFact[] = z.array(Fact).parse(facts.labels);
const byKey = new Map<string, LabelFact>(labelCatalog.map((fact) => [fact.key, fact]));

/** The catalogue's row of a key, or undefined for a label that nobody described. */
export const labelFact = (key: string): LabelFact | undefined => byKey.get(key);

export const labelType = (key: string): LabelType | undefined => (isLabelKey(key) ? labelTypes[key] : undefined);

/** The default that Magnum's last release gives, per driver where that differs; null = none. */
export function labelDefault(key: string, driver?: string): string | null {
  const fact = byKey.get(key);
  if (!fact) return null;
  if (driver && fact.defaultByDriver && driver in fact.defaultByDriver) return fact.defaultByDriver[driver] ?? null;
  if (fact.default === null || fact.default === undefined || typeof fact.default === "string")
    return fact.default ?? null;
  return fact.default["current"] ?? null;
}

/** Labels with secret values: everybody in the project can read labels, so the editor warns. */
export const secretLabels: readonly string[] = ["grafana_admin_passwd", "cluster_basic_auth_secret"];

/** The key of the catalogue that somebody may have meant: blanks, dashes and cases apart, at most two letters away. */
export function nearestLabel(key: string): LabelKey | null {
  const plain = key.trim().toLowerCase().replaceAll("-", "_");
  if (plain.length < 3) return null;
  let best: LabelKey | null = null;
  let least = Math.min(3, Math.ceil(plain.length / 3));
  for (const fact of labelCatalog) {
    const far = distance(plain, fact.key, least);
    if (far < least) [least, best] = [far, fact.key];
  }
  return best;
}

/** Edit distance, given up at `limit`. */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    if (next.every((far) => far >= limit)) return limit;
    row = next;
  }
  return row[b.length] ?? limit;
}
