// What shapes a node besides image, flavor, volumes, version and identity: labels whose values end up on its disk.
import type { NodegroupWish, Wish } from "../driver.ts";

const everyNode = [
  "container_infra_prefix",
  "containerd_tarball_url",
  "containerd_tarball_sha256",
  "cgroup_driver",
  "selinux_mode",
  "kubelet_options",
] as const;
const controlPlane = [
  "etcd_tag",
  "kubeapi_options",
  "kubecontroller_options",
  "kubescheduler_options",
  "admission_control_list",
] as const;

/**
 * Only the group's own labels: what changes for the cluster must not replace nodes of a group that is not meant. Groups of
 * revision 1 were named without these, and keep their names until they are upgraded.
 */
export function nodeShape(_: Wish, group: NodegroupWish): Record<string, string> {
  if (group.nodeRevision === "1") return {};
  const keys = group.role === "master" ? [...everyNode, ...controlPlane] : everyNode;
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = group.labels.text(key);
      return value === undefined ? [] : [[`label ${key}`, value]];
    }),
  );
}
