// Nodes in Kubernetes: what the conductor reads of them and does to them before their servers go.
import type { NodegroupWish } from "../driver.ts";
import type { CoeNodes } from "../heat/pair.ts";

export const kubernetesNodes: CoeNodes = {
  read: async () => undefined,
  drain: async () => undefined,
  leave: async () => undefined,
  forget: async () => undefined,
  mark: async () => undefined,
  marks: (group: NodegroupWish) => JSON.stringify([group.nodeLabels, group.nodeTaints]),
};
