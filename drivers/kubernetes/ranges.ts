// The three ranges of a cluster: of its nodes, its pods and its services. They share one routing table on every node.
import { overlap, parseRange, sizeOf, type IpRange } from "../../server/domain/ip-range.ts";
import { problem } from "../../server/domain/problem.ts";
import type { Problem, Wish } from "../driver.ts";
import { networkPlan } from "../heat/network.ts";
import { settings } from "./settings.ts";

interface Named {
  /** Who names it: the label, or the subnet that was given. */
  field: string;
  of: string;
  text: string;
  range: IpRange;
}

/** Not IPv4, too small or too large, in each other's way. */
export function rangeProblems(want: Wish): Problem[] {
  const set = settings(want);
  const nodes = networkPlan(want).subnetCidr;
  const given = want.network.fixedSubnetCidr !== null;
  const problems: Problem[] = [];
  const named = (field: string, of: string, text: string | null): Named[] => {
    const range = text === null ? null : parseRange(text);
    if (text === null || !range) return [];
    if (range.version === 4) return [{ field, of, text, range }];
    problems.push(problem(field, `must be an IPv4 range such as 10.100.0.0/16: it is ${text}`));
    return [];
  };
  const nodeRange = named(given ? "fixed_subnet" : "labels.fixed_subnet_cidr", "nodes", nodes);
  const podRange = named("labels.flannel_network_cidr", "pods", set.podCidr);
  const serviceRange = named("labels.service_cluster_ip_range", "services", set.serviceCidr);
  problems.push(
    ...nodeRange.flatMap((range) => nodesFit(want, range)),
    ...podRange.flatMap((range) => podsFit(want, range, set.podSubnetLength)),
    ...serviceRange.flatMap(servicesFit),
    ...clashes([...nodeRange, ...podRange, ...serviceRange], (field) => isChosen(want, field)),
  );
  return problems;
}

const isChosen = ({ labels }: Wish, field: string): boolean =>
  field === "fixed_subnet" || labels.keys().some((key) => field === `labels.${key}`);

/** The later of two that somebody chose is named: a default is moved by its label, a subnet is not. */
function clashes(ranges: readonly Named[], chosen: (field: string) => boolean): Problem[] {
  return ranges.flatMap((one, at) =>
    ranges.slice(at + 1).flatMap((other) => {
      if (!overlap(one.range, other.range)) return [];
      const [wrong, right] =
        !chosen(other.field) && chosen(one.field) && one.field !== "fixed_subnet" ? [one, other] : [other, one];
      return [
        problem(
          wrong.field,
          `must not overlap the range of the ${right.of}: ${wrong.text} of the ${wrong.of} and ${right.text} have addresses in common`,
        ),
      ];
    }),
  );
}

/** Its router, its DHCP ports, the balancer, and one node more while others are replaced. */
const besides = 6n;

function nodesFit({ nodegroups }: Wish, { field, text, range }: Named): Problem[] {
  const count = nodegroups.reduce((sum, group) => sum + group.count, 0);
  return sizeOf(range) - 2n >= BigInt(count) + besides
    ? []
    : [
        problem(
          field,
          `must have room for ${count} nodes: ${text} is too small for them, their router and their balancer`,
        ),
      ];
}

function podsFit({ nodegroups }: Wish, { field, text, range }: Named, each: number): Problem[] {
  const label = "labels.flannel_network_subnetlen";
  const [least, most] = [range.length + 1, Math.min(28, range.length + 16)];
  if (each < least || each > most)
    return least > most
      ? [problem(field, `must have room for the pods of several nodes: ${text} is too small`)]
      : [problem(label, `must lie between ${least} and ${most}: each node gets a range of this size out of ${text}`)];
  const count = nodegroups.reduce((sum, group) => sum + group.count, 0);
  const room = 2 ** (each - range.length);
  return room > count
    ? []
    : [
        problem(
          field,
          `must have room for the pods of ${count} nodes: ${text} has ranges of /${each} for ${room}, and one is needed more while nodes are replaced`,
        ),
      ];
}

/** The tenth address is the DNS service's; Kubernetes takes no more than 20 bits. */
const servicesFit = ({ field, text, range }: Named): Problem[] =>
  range.length >= 12 && range.length <= 27 ? [] : [problem(field, `must be as large as /12 to /27: it is ${text}`)];
