// Which Kubernetes versions this module makes, and the versions of what comes with them.

export interface KubeVersion {
  major: number;
  minor: number;
  patch: number;
}

/** The version of a cluster whose template and labels name none. */
export const defaultKubeTag = "v1.34.1";
/** The oldest one that kubeadm v1beta3 and containerd alone can make. */
export const oldestMinor = 24;

/** `v1.31.1` and nothing else: what cannot be read is refused, not let through. */
export function parseKubeTag(tag: string): KubeVersion | null {
  const parts = /^v(\d{1,2})\.(\d{1,3})\.(\d{1,4})$/.exec(tag);
  return parts ? { major: Number(parts[1]), minor: Number(parts[2]), patch: Number(parts[3]) } : null;
}

/** kubeadm's configuration format: v1beta3 up to 1.30, v1beta4 from 1.31 on. */
export const kubeadmApi = (version: KubeVersion): "v1beta3" | "v1beta4" =>
  version.minor >= 31 ? "v1beta4" : "v1beta3";

/** Versions beside Kubernetes; each has a label or is fixed here. */
export const companions = {
  coredns: "v1.12.1",
  flannel: "v0.27.4",
  flannelCni: "v1.8.0-flannel1",
  pause: "3.10",
  cniPlugins: "v1.8.0",
  crictl: "v1.34.0",
} as const;
