// Labels of the catalogue that a pair does not honour: what asks for something that would not be there is refused, what
// only details something that is not there has no effect, and a switch in its off position is what it says.
import { isLabelKey, labelFact, labelType, type LabelFact, type LabelKey } from "../../server/domain/label-catalog.ts";
import { labelBoolean } from "../../server/domain/label-type.ts";
import type { LabelReader } from "../../server/domain/label-reader.ts";
import { problem } from "../../server/domain/problem.ts";
import type { Problem, Wish } from "../driver.ts";
import type { Pair } from "./pair.ts";

/** Labels that the base itself honours. */
export const heatLabels: readonly LabelKey[] = [
  "fixed_subnet_cidr",
  "availability_zone",
  "boot_volume_size",
  "boot_volume_type",
  "etcd_volume_size",
  "etcd_volume_type",
  "docker_volume_type",
  "master_lb_allowed_cidrs",
  "master_lb_floating_ip_enabled",
  "octavia_provider",
  "octavia_lb_algorithm",
  "octavia_lb_healthcheck",
];

interface Judged {
  refused: Problem[];
  idle: Problem[];
}

/** Every label of the cluster and of its groups that this pair does not honour. */
export function judgeLabels(pair: Pair, want: Wish): Judged {
  const honoured = new Set<string>([...heatLabels, ...pair.coe.labels]);
  const judged: Judged = { refused: [], idle: [] };
  const seen = new Set<string>();
  for (const labels of [want.labels, ...want.nodegroups.map((group) => group.labels)])
    for (const key of labels.keys()) {
      const fact = labelFact(key);
      if (!fact || honoured.has(key) || seen.has(key) || isOff(fact.key, labels.text(fact.key) ?? "")) continue;
      seen.add(key);
      const why = pair.coe.why[fact.key];
      const needs = unmet(fact, want, labels);
      const field = `labels.${key}`;
      if (isMoot(pair, fact, want.template.coe) || needs !== null)
        judged.idle.push(problem(field, `has no effect here${needs === null ? "" : `: it needs ${needs}`}`));
      else
        judged.refused.push(problem(field, `cannot be honoured by ${pair.name}${why === undefined ? "" : `: ${why}`}`));
    }
  return judged;
}

const isOff = (key: LabelKey, text: string): boolean => {
  const kind = labelType(key)?.kind;
  return (kind === "boolean" && labelBoolean(text) === false) || (kind === "integer" && Number(text) === 0);
};

const versions = new Set(["tag", "version", "digest", "sha256"]);

/** It says which release of something there would be, belongs to something else, or says how another driver does the same. */
const isMoot = ({ coe }: Pair, { key, ...fact }: LabelFact, ofCoe: string): boolean =>
  versions.has(labelType(key)?.kind ?? "") ||
  !fact.coe.includes(ofCoe) ||
  (fact.deprecated !== undefined && fact.drivers.length === 0) ||
  coe.moot.includes(key);

/** What a label details that is not there, as the catalogue says it; null = nothing. A switch stands for itself. */
function unmet({ key, requires = [] }: LabelFact, want: Wish, labels: LabelReader): string | null {
  if (labelType(key)?.kind === "boolean") return null;
  return requires.find((condition) => condition.split(" or ").every((part) => isUnmet(part, want, labels))) ?? null;
}

/** Conditions in words are nobody's but the reader's. A switch that is not set is off here, whatever Magnum's default. */
function isUnmet(condition: string, { labels: cluster }: Wish, own: LabelReader): boolean {
  const [, key = "", sign, word = ""] = /^([a-z_]+)(?:(=|>)([\w-]+))?$/.exec(condition) ?? [];
  // What belongs to a driver that clusters have here is honoured, and not asked about.
  if (key === "network_driver" || key === "volume_driver") return true;
  if (!isLabelKey(key)) return false;
  const text = own.text(key) ?? cluster.text(key) ?? "";
  if (sign === undefined) return text === "";
  if (sign === ">") return !(Number(text) > Number(word));
  return labelType(key)?.kind === "boolean" ? labelBoolean(text) !== (word === "true") : text.toLowerCase() !== word;
}
