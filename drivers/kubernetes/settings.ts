// What a Kubernetes cluster is made with: fields and labels of the wish with this driver's defaults, read in one place.
import type { NodegroupWish, Wish } from "../driver.ts";
import { companions, defaultKubeTag } from "./versions.ts";

export interface KubernetesSettings {
  networkDriver: string;
  podCidr: string;
  podSubnetLength: number;
  flannelBackend: string;
  serviceCidr: string;
  dnsServiceIp: string;
  clusterDomain: string;
  apiPort: number;
  cgroupDriver: string;
  /** Registry and path in front of every image, with the slash; empty = upstream. */
  prefix: string;
  corednsTag: string;
  flannelTag: string;
  flannelCniTag: string;
  etcdTag: string | null;
}

export function settings(want: Wish): KubernetesSettings {
  const { labels } = want;
  const serviceCidr = labels.get("service_cluster_ip_range") ?? "10.254.0.0/16";
  return {
    networkDriver: want.template.networkDriver,
    podCidr: labels.get("flannel_network_cidr") ?? "10.100.0.0/16",
    podSubnetLength: labels.get("flannel_network_subnetlen") ?? 24,
    flannelBackend: labels.get("flannel_backend") ?? "vxlan",
    serviceCidr,
    dnsServiceIp: tenthAddress(serviceCidr),
    clusterDomain: labels.get("dns_cluster_domain") ?? "cluster.local",
    apiPort: want.template.apiserverPort ?? 6443,
    cgroupDriver: labels.get("cgroup_driver") ?? "systemd",
    prefix: labels.get("container_infra_prefix") ?? "",
    corednsTag: labels.get("coredns_tag") ?? companions.coredns,
    flannelTag: labels.get("flannel_tag") ?? companions.flannel,
    flannelCniTag: labels.get("flannel_cni_tag") ?? companions.flannelCni,
    etcdTag: labels.get("etcd_tag") ?? null,
  };
}

/** Version of a node group: its own label, else the cluster's, else the default. */
export function kubeTag(want: Wish, group?: NodegroupWish): string {
  const meant = group ?? want.nodegroups.find((each) => each.role === "master");
  return meant?.version ?? meant?.labels.get("kube_tag") ?? want.labels.get("kube_tag") ?? defaultKubeTag;
}

/** The address where kubeadm and everybody else expects the DNS service: the tenth of the service range (IPv4). */
export function tenthAddress(cidr: string): string {
  const [address = "", length = "32"] = cidr.split("/");
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(length));
  const tenth = Math.floor(number / size) * size + 10;
  return [24, 16, 8, 0].map((shift) => Math.floor(tenth / 2 ** shift) % 256).join(".");
}
