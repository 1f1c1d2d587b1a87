// Which members go first when a group loses some (drivers.md 8.4): those that are named, those that do no work, and of the
// others those with the least work, as Magnum's manual promises.
import type { HeatObserved, HeatStack, Member } from "./observed.ts";
import { nodeName } from "./generations.ts";
import type { CoeNode } from "./pair.ts";

/** A member of one of the group's stacks with all that is known of it. */
export interface Candidate {
  stack: HeatStack;
  index: string;
  /** Server name and node name. */
  name: string;
  /** Chosen by the user. */
  named: boolean;
  /** No server, or one that is gone or broken, or one that never came up: it does no work. */
  dead: boolean;
  /** Null = the cluster's API does not know it, or was not asked. */
  node: CoeNode | null;
}

/** All members of the given stacks, those that should go first at the front. `named`: server ids or indexes. */
export function candidates(
  seen: Pick<HeatObserved, "nodes" | "nodegroups">,
  stacks: readonly HeatStack[],
  named: readonly string[],
): Candidate[] {
  const facts = new Map(seen.nodegroups.flatMap((group) => group.nodes.map((node) => [node.serverId, node])));
  return stacks
    .flatMap((stack, age) =>
      stack.members.map((member) => {
        const name = nodeName(stack, member.index);
        const candidate: Candidate = {
          stack,
          index: member.index,
          name,
          named: named.includes(member.index) || (member.serverId !== null && named.includes(member.serverId)),
          dead: isDead(member, facts.get(member.serverId ?? "")?.status),
          node: seen.nodes?.get(name) ?? null,
        };
        return { candidate, age };
      }),
    )
    .toSorted(
      (a, b) =>
        rank(a.candidate) - rank(b.candidate) ||
        a.age - b.age ||
        less(a.candidate, b.candidate) ||
        later(a.candidate, b.candidate),
    )
    .map(({ candidate }) => candidate);
}

function rank({ named, dead, node }: Candidate): number {
  if (named) return 0;
  if (dead) return 1;
  if (node && !node.ready) return 2;
  if (node?.drained) return 3;
  return node?.cordoned ? 4 : 5;
}

/** What was not counted is taken for more than any that was. */
const less = (a: Candidate, b: Candidate) => workOf(a) - workOf(b);
const workOf = ({ node }: Candidate) => node?.work ?? Number.MAX_SAFE_INTEGER;

/** The highest index first, as Heat would choose: so names stay dense. */
const later = (a: Candidate, b: Candidate) => Number(b.index) - Number(a.index);

const isDead = (member: Member, server: string | undefined): boolean =>
  member.failed || member.serverId === null || server === "MISSING" || server === "ERROR" || server === "DELETED";
