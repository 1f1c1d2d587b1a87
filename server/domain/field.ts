// Inputs have two spellings: ours (`dockerVolumeSizeGib`) and the wire's (`docker_volume_size`). Problems name the
// wire's, so that one message serves both doors; forms turn it back.
const irregular = new Map([
  ["dockerVolumeSizeGib", "docker_volume_size"],
  ["createTimeoutMinutes", "create_timeout"],
  ["clusterTemplateId", "cluster_template_id"],
]);

/** `nodeCount` -> `node_count`; a path's first part is translated, keys of labels stay as they are. */
export function wireField(path: string): string {
  const [first, rest] = split(path);
  return (irregular.get(first) ?? first.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)) + rest;
}

function split(path: string): [first: string, rest: string] {
  const dot = path.indexOf(".");
  return dot === -1 ? [path, ""] : [path.slice(0, dot), path.slice(dot)];
}
