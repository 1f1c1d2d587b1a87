// Every image that a cluster pulls, so that an operator can mirror them and `container_infra_prefix` reaches all.
import type { Wish } from "../driver.ts";
import { kubeTag, settings } from "./settings.ts";
import { companions } from "./versions.ts";

export interface Image {
  addon: string;
  /** Registry and path upstream. */
  upstream: string;
  name: string;
  tag: string;
}

/** Registry, path and tag to pull: the prefix takes the place of registry and path. */
export const imageReference = (image: Image, prefix: string): string =>
  `${prefix === "" ? image.upstream : prefix}${image.name}:${image.tag}`;

const kubernetes = "registry.k8s.io/";

/** All but etcd's, whose tag kubeadm chooses unless label etcd_tag is set. */
export function images(
  want: Wish,
): Record<
  "apiserver" | "controllerManager" | "scheduler" | "proxy" | "pause" | "coredns" | "flannel" | "flannelCni",
  Image
> {
  const { corednsTag, flannelTag, flannelCniTag } = settings(want);
  const tag = kubeTag(want);
  const control = (name: string): Image => ({ addon: "control plane", upstream: kubernetes, name, tag });
  return {
    apiserver: control("kube-apiserver"),
    controllerManager: control("kube-controller-manager"),
    scheduler: control("kube-scheduler"),
    proxy: control("kube-proxy"),
    pause: { addon: "control plane", upstream: kubernetes, name: "pause", tag: companions.pause },
    coredns: { addon: "coredns", upstream: `${kubernetes}coredns/`, name: "coredns", tag: corednsTag },
    flannel: { addon: "flannel", upstream: "ghcr.io/flannel-io/", name: "flannel", tag: flannelTag },
    flannelCni: { addon: "flannel", upstream: "ghcr.io/flannel-io/", name: "flannel-cni-plugin", tag: flannelCniTag },
  };
}
