// Kubernetes as a module of the Heat base: one for every distro.
import type { HeatCoe } from "../heat/pair.ts";
import { kubernetesAccepts, kubernetesWarns } from "./accepts.ts";
import { addonManifests, addonRevision, appliedRevision, applyAddons } from "./addons.ts";
import { kubernetesHealth } from "./health.ts";
import { kubernetesLabels, mootLabels, whyNot } from "./labels.ts";
import { nodeFiles } from "./node.ts";
import { kubernetesNodes } from "./nodes.ts";
import { kubeTag, settings } from "./settings.ts";
import { nodeShape } from "./shape.ts";

export const kubernetes: HeatCoe = {
  labels: kubernetesLabels,
  why: whyNot,
  moot: mootLabels,
  accepts: kubernetesAccepts,
  warns: kubernetesWarns,
  node: nodeFiles,
  version: kubeTag,
  // 2: control plane nodes leave the store when asked, and bear several authorities. 3: names that tell what a node is; it
  // waits as long as the cluster's time allows, and its kubelet can renew its certificate.
  // 4: the only control plane node can be changed in place.
  nodeRevision: "4",
  renewableSince: "4",
  shape: nodeShape,
  apiPort: (want) => settings(want).apiPort,
  podCidr: (want) => settings(want).podCidr,
  addons: {
    revision: addonRevision,
    applied: appliedRevision,
    apply: applyAddons,
    manifests: addonManifests,
  },
  nodes: kubernetesNodes,
  health: (want, seen) => kubernetesHealth(want, seen),
};
