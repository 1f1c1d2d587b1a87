// What Magnum and Kubernetes allow as sizes of a node group and as labels and taints of its nodes (magnum-api 8.2).
// Everything here is refused with 409, as Magnum does, in its form: `ATTRIBUTE for GROUP is invalid (WHY).`
import { DomainError } from "./error.ts";
import type { LabelReader } from "./label-reader.ts";
import { taintEffects, type NodeTaint } from "./nodegroup.ts";
import { problem, type Problem } from "./problem.ts";

const invalid = (field: string, group: string, why: string): DomainError =>
  new DomainError("conflict", `${field} for ${group} is invalid (${why}).`, { field });

/** The upper bound, or null: a maximum of 0 means none, as in Magnum. */
export const upperBound = (max: number | null): number | null => (max === null || max === 0 ? null : max);

/** Throws conflict when the three numbers do not fit together. */
export function checkCounts(
  group: string,
  { nodeCount, minNodeCount, maxNodeCount }: { nodeCount: number; minNodeCount: number; maxNodeCount: number | null },
): void {
  const most = upperBound(maxNodeCount);
  if (most !== null && minNodeCount > most)
    throw invalid("min_node_count", group, `it must not be greater than max_node_count, ${most}`);
  if (minNodeCount > nodeCount)
    throw invalid("min_node_count", group, `it must not be greater than node_count, ${nodeCount}`);
  if (most !== null && nodeCount > most)
    throw invalid("max_node_count", group, `it must not be less than node_count, ${nodeCount}`);
}

/** Of the default workers, as labels give them: no minimum and no maximum where they do not. */
export const labelledBounds = (labels: LabelReader): { minNodeCount: number; maxNodeCount: number | null } => ({
  minNodeCount: labels.get("min_node_count") ?? 0,
  maxNodeCount: upperBound(labels.get("max_node_count") ?? null),
});

/** min <= count <= max, for bounds that come from labels. */
export function labelledBoundsProblems(labels: LabelReader, nodeCount: number): Problem[] {
  const { minNodeCount: min, maxNodeCount: max } = labelledBounds(labels);
  const [least, most] = ["labels.min_node_count", "labels.max_node_count"];
  if (max !== null && min > max)
    return [problem(least, `must not be greater than max_node_count, ${max}: it is ${min}`)];
  if (min > nodeCount) return [problem(least, `must not be greater than node_count, ${nodeCount}: it is ${min}`)];
  if (max !== null && nodeCount > max)
    return [problem(most, `must not be less than node_count, ${nodeCount}: it is ${max}`)];
  return [];
}

const ownPrefixes = ["kubelet.kubernetes.io", "node.kubernetes.io"];
const ownKeys = new Set([
  "beta.kubernetes.io/arch",
  "beta.kubernetes.io/instance-type",
  "beta.kubernetes.io/os",
  "failure-domain.beta.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "kubernetes.io/arch",
  "kubernetes.io/hostname",
  "kubernetes.io/os",
  "node.kubernetes.io/instance-type",
  "node.kubernetes.io/windows-build",
  "topology.kubernetes.io/region",
  "topology.kubernetes.io/zone",
]);

const under = (prefix: string, domain: string) => prefix === domain || prefix.endsWith(`.${domain}`);

/** Kubernetes' form of names: `prefix/name`; null = fine. */
function keyProblem(key: string): string | null {
  const slash = key.indexOf("/");
  const prefix = slash === -1 ? null : key.slice(0, slash);
  const name = key.slice(slash + 1);
  if (!/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(name))
    return `the name in key "${key}" must have 1 to 63 letters, digits, hyphens, underscores and dots, and begin and end with a letter or digit`;
  if (prefix !== null && (prefix.length > 253 || !/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(prefix)))
    return `the prefix of key "${key}" must be a DNS name in lower case`;
  return null;
}

const valueProblem = (key: string, value: string): string | null =>
  value === "" || /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(value)
    ? null
    : `the value of "${key}" must have up to 63 letters, digits, hyphens, underscores and dots, and begin and end with a letter or digit`;

/** Kubelets may not set these on themselves, so that a node cannot draw pods to it by a forged label. */
function reservedProblem(key: string): string | null {
  const prefix = key.includes("/") ? key.slice(0, key.indexOf("/")) : "";
  if (!under(prefix, "kubernetes.io") && !under(prefix, "k8s.io")) return null;
  if (ownKeys.has(key) || ownPrefixes.some((own) => under(prefix, own))) return null;
  return (
    `key "${key}" is reserved: under kubernetes.io and k8s.io only the prefixes ${ownPrefixes.join(", ")} and the ` +
    `keys ${[...ownKeys].join(", ")} are allowed`
  );
}

/** The labels as they are kept. Throws conflict for a key or value that a node could not have. */
export function checkNodeLabels(
  group: string,
  labels: Readonly<Record<string, string>> | null,
): Record<string, string> | null {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const problem = keyProblem(key) ?? reservedProblem(key) ?? valueProblem(key, value);
    if (problem !== null) throw invalid("node_labels", group, problem);
  }
  return labels && { ...labels };
}

/** The taints as they are kept, read from what was given. Throws conflict naming the first wrong one. */
export function checkNodeTaints(
  group: string,
  given: readonly Readonly<Record<string, unknown>>[] | null,
): NodeTaint[] | null {
  if (given === null) return null;
  const seen = new Set<string>();
  return given.map((taint, index) => {
    const at = `node_taints[${index}]`;
    const refuse = (why: string): never => {
      throw new DomainError("conflict", `node_taints for ${group} is invalid (${why}).`, { field: "node_taints" });
    };
    for (const key of Object.keys(taint))
      if (!["key", "value", "effect"].includes(key))
        refuse(`${at} has the unknown key ${key}, allowed are key, value, effect`);
    const { key, value, effect } = taint;
    if (typeof key !== "string" || key === "") return refuse(`${at}.key is required`);
    if (value !== undefined && value !== null && typeof value !== "string")
      return refuse(`${at}.value must be a string`);
    const known = taintEffects.find((each) => each === effect);
    if (known === undefined) return refuse(`${at}.effect must be one of ${taintEffects.join(", ")}`);
    const problem = keyProblem(key) ?? valueProblem(key, value ?? "");
    if (problem !== null) return refuse(problem);
    if (seen.has(`${key}:${known}`)) return refuse(`${at} repeats the key ${key} with the effect ${known}`);
    seen.add(`${key}:${known}`);
    return { key, value: value ?? null, effect: known };
  });
}
