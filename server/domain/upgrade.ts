// Which labels an upgrade to another template brings, and which stay as people set them.
import { labelType } from "./label-catalog.ts";
import type { Labels } from "./labels.ts";

const alsoVersions = new Set(["containerd_tarball_url", "kube_version", "ostree_commit", "ostree_remote"]);

/** Labels that say which release of something the nodes get. */
export const isVersionLabel = (key: string): boolean =>
  alsoVersions.has(key) ||
  ["tag", "version"].includes(labelType(key)?.kind ?? "") ||
  /_(tag|version|sha256)$/.test(key);

/**
 * Labels after an upgrade. `from`: the template's that they came from, `to`: the new one's. A version label is taken
 * where the template changes it; one that people had set to something else than the old template stays, but for
 * `always`, which is what the upgrade is about.
 */
export function asUpgraded(own: Labels, from: Labels, to: Labels, always: readonly string[] = ["kube_tag"]): Labels {
  const labels = { ...own };
  for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
    if (!isVersionLabel(key)) continue;
    const [mine, old, next] = [own, from, to].map((map) => (Object.hasOwn(map, key) ? map[key] : undefined));
    if (old === next && !always.includes(key)) continue;
    if (mine !== old && !always.includes(key)) continue;
    if (next === undefined) {
      if (mine === old) delete labels[key];
    } else labels[key] = next;
  }
  return labels;
}
