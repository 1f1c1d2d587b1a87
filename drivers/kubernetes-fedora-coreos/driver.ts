// Kubernetes on Fedora CoreOS by Heat.
import { heatDriver } from "../heat/driver.ts";
import type { Pair } from "../heat/pair.ts";
import { kubernetes } from "../kubernetes/coe.ts";

export const fedoraCoreosPair: Pair = {
  name: "k8s_fedora_coreos_v1",
  provides: [{ serverType: "vm", distro: "fedora-coreos", coe: "kubernetes" }],
  can: {
    resizeMasters: false,
    nodegroups: true,
    upgrade: true,
    rotateCa: true,
    rotateCredential: true,
    scaleToZero: true,
    removeNamed: true,
  },
  login: "core",
  userData: "ignition",
  // /usr is read-only; /usr/local is a link into /var.
  binaryDir: "/usr/local/bin",
  network: "create",
  coe: kubernetes,
};

export const kubernetesFedoraCoreos = heatDriver(fedoraCoreosPair);
