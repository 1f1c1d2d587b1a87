// A small world without clocks and clouds, in which every step works: for tests of what plans add up to.
import { fedoraCoreosPair } from "../../kubernetes-fedora-coreos/driver.ts";
import type { Desired, NodegroupWish } from "../../driver.ts";
import { nodeName, nodeStackName } from "../generations.ts";
import { isMoving } from "../observed.ts";
import type { HeatObserved, HeatStack, Member } from "../observed.ts";
import type { CoeNode } from "../pair.ts";
import { planHeat } from "../plan.ts";
import type { HeatStep } from "../steps.ts";
import { anObserved, aStack, someFacts } from "./desired.ts";

const pair = fedoraCoreosPair;

export class World {
  stacks: HeatStack[] = [];
  /** As the cluster's API has them; it answers as soon as there is a control plane node. */
  readonly nodes = new Map<string, CoeNode>();
  addons: string | null = null;
  /** Why nodes do not become in place what they are asked to; null = they do. */
  refusal: string | null = null;
  readonly #answers: boolean;
  #births = 0;
  readonly #used = new Map<string, number>();

  /** `answers`: may the cluster's own API be asked? */
  constructor(answers = true) {
    this.#answers = answers;
  }

  observed(): HeatObserved {
    const asked = this.#answers && this.nodes.size > 0;
    return anObserved({
      stacks: this.stacks,
      facts: this.stacks.some((stack) => stack.part === "cluster" && stack.state === "ready") ? someFacts : null,
      nodes: asked ? this.nodes : undefined,
      addons: asked ? this.addons : undefined,
    });
  }

  /** Plans, and carries out the first step. Null = nothing to do. */
  pass(want: Desired): HeatStep | null {
    const [step = null] = planHeat(pair, want, this.observed(), new Date());
    if (step) this.apply(want, step);
    return step;
  }

  get isMoving(): boolean {
    return this.stacks.some((stack) => isMoving(stack.state));
  }

  membersOf(group: NodegroupWish): { stack: HeatStack; member: Member }[] {
    return this.stacks
      .filter((stack) => stack.nodegroup?.id === group.key.id)
      .flatMap((stack) => stack.members.map((member) => ({ stack, member })));
  }

  apply(want: Desired, step: HeatStep): void {
    switch (step.kind) {
      case "createCluster":
        this.stacks = [...this.stacks, this.#born({ part: "cluster", name: step.name, count: null }, null)];
        return;
      case "createNodes": {
        if (this.stacks.some((stack) => stack.name === step.name)) throw new Error(`${step.name} exists already`);
        const group = want.nodegroups.find((one) => one.key.id === step.nodegroupId);
        if (!group) throw new Error("nobody wishes for that group");
        const made = this.#born({ part: step.part, name: step.name, count: step.count }, group.key);
        const version = pair.coe.version(want, group);
        this.stacks = [...this.stacks, this.#filled({ ...made, version, members: [] })];
        return;
      }
      case "resize":
        this.#change(step.stack.id, (stack) => {
          const members = stack.members.filter((member) => !step.remove.includes(member.index));
          return this.#filled({
            ...stack,
            count: step.count,
            members,
            state: "updating",
            status: "UPDATE_IN_PROGRESS",
          });
        });
        return;
      case "deleteStack":
        this.#change(step.stack.id, (stack) => ({
          ...stack,
          members: [],
          state: "deleting",
          status: "DELETE_IN_PROGRESS",
        }));
        return;
      case "retryStack":
        this.#change(step.stack.id, (stack) => ({ ...stack, state: "updating", status: "UPDATE_IN_PROGRESS" }));
        return;
      case "applyAddons":
        this.addons = step.revision;
        return;
      case "drain":
        for (const name of step.nodes) this.#mark(name, { cordoned: true, draining: true, drained: true });
        return;
      case "restore":
        for (const name of step.nodes) this.#mark(name, { cordoned: false, draining: false, drained: false });
        return;
      case "leave":
        this.#mark(step.node, { left: true });
        return;
      case "renew": {
        // Asked at first; what comes of it is to be seen later.
        const node = this.nodes.get(step.node);
        const isAsked = node?.renewal?.to === step.to && (!step.again || node.renewal.failed === null);
        if (!isAsked) this.#mark(step.node, { renewal: { to: step.to, id: "renewal", failed: null } });
        else if (this.refusal !== null)
          this.#mark(step.node, { renewal: { to: step.to, id: "renewal", failed: this.refusal } });
        else this.#mark(step.node, { generation: step.to });
        return;
      }
      case "noteRenewal": {
        const { generation, version } = step;
        this.#change(step.stack.id, (stack) => ({
          ...stack,
          generation,
          version,
          state: "updating",
          status: "UPDATE_IN_PROGRESS",
        }));
        return;
      }
      case "forget":
        for (const name of step.nodes) this.nodes.delete(name);
        return;
      case "mark": {
        const group = want.nodegroups.find((one) => one.key.id === step.nodegroupId);
        if (group) for (const name of step.nodes) this.#mark(name, { marks: pair.coe.nodes.marks(group) });
        return;
      }
      case "releaseBalancer":
      case "releaseFloatingIp":
        return;
    }
  }

  /** Heat completes what it is at; new nodes come up and join. */
  tick(): void {
    this.stacks = this.stacks.flatMap((stack) => {
      if (stack.state === "deleting") return [];
      if (!isMoving(stack.state)) return [stack];
      const status = stack.state === "creating" ? "CREATE_COMPLETE" : "UPDATE_COMPLETE";
      return [
        { ...stack, state: "ready" as const, status, members: stack.members.map((member) => this.#up(stack, member)) },
      ];
    });
  }

  /** The members of a stack fail to come up. */
  fail(find: (stack: HeatStack) => boolean, reason = "No valid host"): void {
    this.stacks = this.stacks.map((stack) =>
      find(stack)
        ? {
            ...stack,
            state: "failed",
            status: stack.status.replace("IN_PROGRESS", "FAILED"),
            reason,
            members: stack.members.map((member) =>
              member.signalled ? member : { ...member, status: "CREATE_FAILED", failed: true },
            ),
          }
        : stack,
    );
  }

  /** The removal of stacks fails; what they had is still there. */
  failDeletion(find: (stack: HeatStack) => boolean): void {
    this.stacks = this.stacks.map((stack) =>
      find(stack) ? { ...stack, state: "failed", status: "DELETE_FAILED", reason: "a port is in use" } : stack,
    );
  }

  #born(part: Pick<HeatStack, "part" | "name" | "count">, nodegroup: HeatStack["nodegroup"]): HeatStack {
    this.#births++;
    const createdAt = new Date(this.#births * 1000).toISOString();
    const moving = { status: "CREATE_IN_PROGRESS", state: "creating" as const };
    return aStack({ ...part, nodegroup, id: `id-of-${part.name}`, members: [], createdAt, ...moving });
  }

  /** As Heat fills a group: an index is used once, and what is too much goes from the end. */
  #filled(stack: HeatStack): HeatStack {
    const count = stack.count ?? 0;
    const members = stack.members.slice(0, count);
    while (members.length < count) {
      const index = this.#used.get(stack.id) ?? 0;
      this.#used.set(stack.id, index + 1);
      members.push({
        index: `${index}`,
        status: "CREATE_IN_PROGRESS",
        stackId: `${stack.id}-${index}`,
        serverId: null,
        failed: false,
        signalled: false,
      });
    }
    return { ...stack, members };
  }

  #up(stack: HeatStack, member: Member): Member {
    const name = nodeName(stack, member.index);
    if (stack.part !== "cluster" && !this.nodes.has(name))
      this.nodes.set(name, {
        name,
        ready: true,
        cordoned: false,
        draining: false,
        drained: false,
        left: false,
        marks: null,
        work: null,
        generation: null,
        renewal: null,
      });
    return { ...member, status: "CREATE_COMPLETE", serverId: `server-of-${name}`, failed: false, signalled: true };
  }

  #mark(name: string, marks: Partial<CoeNode>): void {
    const node = this.nodes.get(name);
    if (node) this.nodes.set(name, { ...node, ...marks });
  }

  #change(id: string, change: (stack: HeatStack) => HeatStack): void {
    const stack = this.stacks.find((one) => one.id === id);
    if (!stack) throw new Error(`there is no stack ${id}`);
    const after = change(stack);
    // Heat takes a deletion at any time; two other changes at once spoil each other.
    if (isMoving(stack.state) && after.state !== "deleting") throw new Error(`${stack.name} is being changed already`);
    if (stack.status.startsWith("DELETE_") && after.state !== "deleting")
      throw new Error(`Updating stack ${stack.name} when it is deleting is not supported`);
    this.stacks = this.stacks.map((one) => (one === stack ? after : one));
  }
}

export const currentName = (want: Desired, group: NodegroupWish): string => nodeStackName(pair, want, group);

/** Passes until nothing is left to do and nothing moves: the steps in short. Throws when it does not end. */
export function settle(world: World, want: Desired, each: (step: HeatStep | null) => void = () => {}): HeatStep[] {
  const steps: HeatStep[] = [];
  for (let round = 0; round < 1000; round++) {
    const step = world.pass(want);
    each(step);
    if (step) steps.push(step);
    else if (!world.isMoving) return steps;
    else {
      world.tick();
      each(null);
    }
  }
  throw new Error(
    `does not settle: ${steps
      .slice(-12)
      .map((step) => step.summary)
      .join("; ")}`,
  );
}
