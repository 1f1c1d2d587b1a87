// Inputs have two spellings: ours (`dockerVolumeSizeGib`) and the wire's (`docker_volume_size`). Problems name the
// wire's, so that one message serves both doors; forms turn it back.
const irregular: readonly (readonly [ours: string, wire: string])[] = [
  ["dockerVolumeSizeGib", "docker_volume_size"],
  ["createTimeoutMinutes", "create_timeout"],
  ["clusterTemplateId", "cluster_template_id"],
];
const toWire = new Map(irregular);
const toOurs = new Map(irregular.map(([ours, wire]) => [wire, ours]));

/** `nodeCount` -> `node_count`; a path's first part is translated, keys of labels stay as they are. */
export function wireField(path: string): string {
  const [first, rest] = split(path);
  return (toWire.get(first) ?? first.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)) + rest;
}

/** The other way: `labels.kube_tag` stays `labels.kube_tag`. */
export function formField(wire: string): string {
  const [first, rest] = split(wire);
  return (toOurs.get(first) ?? first.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())) + rest;
}

function split(path: string): [first: string, rest: string] {
  const dot = path.indexOf(".");
  return dot === -1 ? [path, ""] : [path.slice(0, dot), path.slice(dot)];
}
