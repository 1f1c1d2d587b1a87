// In-cluster add-ons: manifests in addons/ with blanks filled in, applied whole by server-side apply. A ConfigMap in the
// cluster says which revision is there, so that nothing has to be remembered elsewhere.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseAllDocuments, stringify } from "yaml";
import type { Desired, Wish } from "../driver.ts";
import { flow } from "../flow.ts";
import { accessOf, kubeApi, Manifest, type KubeApi } from "./api.ts";
import { imageReference, images } from "./images.ts";
import { fillTemplate } from "./node.ts";
import { settings } from "./settings.ts";

const marker = { namespace: "kube-system", name: "coe-addons" };

/** All objects, in the order in which they are applied: what makes nodes ready comes first. */
export function addonObjects(want: Wish): Manifest[] {
  const set = settings(want);
  const all = images(want);
  const blanks = {
    podCidr: flow(set.podCidr),
    flannelBackend: flow(set.flannelBackend),
    flannelImage: flow(imageReference(all.flannel, set.prefix)),
    flannelCniImage: flow(imageReference(all.flannelCni, set.prefix)),
    corednsImage: flow(imageReference(all.coredns, set.prefix)),
    clusterDomain: set.clusterDomain,
    dnsServiceIp: flow(set.dnsServiceIp),
  };
  return [set.networkDriver, "coredns"].flatMap((addon) => {
    const text = fillTemplate(readFileSync(new URL(`addons/${addon}.yaml`, import.meta.url), "utf8"), blanks);
    return parseAllDocuments(text).map((document) => {
      if (document.errors[0]) throw document.errors[0];
      return Manifest.parse(document.toJS());
    });
  });
}

const proxyImage = (want: Wish): string => imageReference(images(want).proxy, settings(want).prefix);

/** Changes with any object, and with the release that kube-proxy is to be of. */
export function addonRevision(want: Wish): string {
  return createHash("sha256")
    .update(JSON.stringify([addonObjects(want), proxyImage(want)]))
    .digest("hex")
    .slice(0, 12);
}

const markerObject = (revision: string): Manifest => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: marker,
  data: { revision },
});

/** Files for the first master of a cluster whose API the conductor cannot reach: `10-coe.yaml` and the marker last. */
export function addonManifests(want: Wish): { name: string; content: string }[] {
  const text = [...addonObjects(want), markerObject(addonRevision(want))]
    .map((object) => stringify(object))
    .join("---\n");
  return [{ name: "10-coe.yaml", content: text }];
}

/** Null = none yet, undefined = the API did not answer, or what answered is not Kubernetes. */
export async function appliedRevision(want: Desired, address: string): Promise<string | null | undefined> {
  const access = accessOf(want, address);
  if (!access) return undefined;
  try {
    const data = await kubeApi(access, 3000).configMap(marker.namespace, marker.name);
    return data === null ? null : (data["revision"] ?? null);
  } catch {
    return undefined;
  }
}

/** Throws KubeError with what the API said. The marker is last: what was cut off half way is done again. */
export async function applyAddons(want: Desired, address: string): Promise<void> {
  const access = accessOf(want, address);
  if (!access) return;
  const api = kubeApi(access, 20_000);
  for (const object of addonObjects(want)) await api.apply(object);
  await moveKubeProxy(api, proxyImage(want));
  await api.apply(markerObject(addonRevision(want)));
}

/** kubeadm makes it with the first control plane and never again: masters that join later leave it as it was. */
async function moveKubeProxy(api: KubeApi, image: string): Promise<void> {
  const proxy = ["kube-system", "kube-proxy", "kube-proxy"] as const;
  const present = await api.daemonSetImage(...proxy);
  if (present !== null && present !== image) await api.setDaemonSetImage(...proxy, image);
}
