// What this module refuses before anything is made, each with the field and what is allowed.
import { problem } from "../../server/domain/problem.ts";
import type { Problem, Wish } from "../driver.ts";
import { rangeProblems } from "./ranges.ts";
import { kubeTag } from "./settings.ts";
import { oldestMinor, parseKubeTag } from "./versions.ts";

export function kubernetesAccepts(want: Wish): Problem[] {
  const problems: Problem[] = [];
  const refuse = (field: string, words: string) => problems.push(problem(field, words));
  const { template, labels } = want;

  if (template.tlsDisabled) refuse("tls_disabled", "must be false: this driver makes clusters with TLS only");
  if (template.registryEnabled) refuse("registry_enabled", "must be false: this driver installs no registry");
  if (template.networkDriver !== "flannel")
    refuse("network_driver", `must be flannel: ${template.networkDriver} is not supported by this driver`);
  if (template.volumeDriver !== null && template.volumeDriver !== "")
    refuse("volume_driver", "must be unset: the Cinder CSI driver is not installed by this driver yet");

  problems.push(...versionProblem(want), ...rangeProblems(want));
  if (labels.get("flannel_backend") === "udp")
    refuse("labels.flannel_backend", "must be vxlan or host-gw: udp is for debugging only");
  if (labels.get("container_runtime") === "host-docker")
    refuse("labels.container_runtime", "must be containerd: there is no other container runtime here");
  if (labels.get("cert_manager_api") === false)
    refuse("labels.cert_manager_api", "cannot be switched off: the control plane can sign certificates here");
  // Gone from Kubernetes 1.25 on; the API server does not start with it.
  if (labels.get("admission_control_list")?.includes("PodSecurityPolicy") && (controlPlane(want)?.minor ?? 0) >= 25)
    refuse("labels.admission_control_list", "must not hold PodSecurityPolicy: Kubernetes has none from v1.25 on");
  // magnum-auto-healer works only where its label says so (magnum-api 20.7): whoever runs it may set that.
  if (labels.get("auto_healing_enabled") && labels.get("auto_healing_controller") !== "magnum-auto-healer")
    refuse(
      "labels.auto_healing_enabled",
      "cannot be true by itself: this driver installs no healer, and one that you run in the cluster yourself needs auto_healing_controller=magnum-auto-healer besides",
    );
  return problems;
}

/** What has no effect here, or another one than it seems. */
export function kubernetesWarns(want: Wish): Problem[] {
  const { labels } = want;
  const warnings: Problem[] = [];
  const warn = (field: string, words: string) => warnings.push(problem(field, words));
  if (labels.has("containerd_tarball_sha256") && !labels.has("containerd_tarball_url"))
    warn("labels.containerd_tarball_sha256", "has no effect without the label containerd_tarball_url");
  if (labels.has("containerd_tarball_url") && !labels.has("containerd_tarball_sha256"))
    warn(
      "labels.containerd_tarball_url",
      "needs containerd_tarball_sha256, unless a checksum is published beside the file: nodes take no file without one",
    );
  return warnings;
}

const controlPlane = (want: Wish) => parseKubeTag(kubeTag(want));

/** Of the first group whose version cannot be made. */
function versionProblem(want: Wish): Problem[] {
  for (const group of [undefined, ...want.nodegroups]) {
    const tag = kubeTag(want, group);
    const version = parseKubeTag(tag);
    if (!version) return [problem("labels.kube_tag", `must be a Kubernetes version such as v1.31.1: it is ${tag}`)];
    if (version.major !== 1 || version.minor < oldestMinor)
      return [problem("labels.kube_tag", `must be v1.${oldestMinor}.0 or newer: ${tag} is too old for this driver`)];
  }
  return [];
}
