// A back end in memory and a driver for it, for tests of the loop: stacks take time by the test's clock, fail when told
// to, and every call is a point at which the process that makes it can be made to die.
import { randomUUID } from "node:crypto";
import type {
  BackendState,
  ClusterDriver,
  Desired,
  Health,
  Observed,
  ObservedNodegroup,
  Outcome,
  Step,
  Survey,
} from "../../../drivers/driver.ts";
import type { Cloud, Clouds, TrustAccess, User } from "../../../drivers/openstack/cloud.ts";
import { OpenStackError } from "../../../drivers/openstack/error.ts";
import type { Clock } from "../../clock.ts";

interface Stack {
  id: string;
  name: string;
  clusterId: string;
  /** Null for what the cluster shares. */
  groupId: string | null;
  status: string;
  reason: string | null;
  readyAt: number;
  updatedAt: number;
  count: number;
  /** Servers by member index; an index is never used again. */
  servers: { index: string; id: string }[];
  nextIndex: number;
  /** What its nodes were made for: authorities and credential. */
  shape: string;
}

type ScriptStep = Step &
  (
    | { kind: "make"; group: string | null; count: number }
    | { kind: "resize"; group: string; count: number; remove: readonly string[] }
    | { kind: "renew"; group: string }
    | { kind: "repair"; group: string | null }
    | { kind: "remove"; stackId: string }
  );

interface ScriptObserved extends Observed {
  /** Groups by id whose nodes were made for something else. */
  stale: ReadonlySet<string>;
  /** Stacks of groups that nobody wishes for. */
  strays: readonly Stack[];
}

/** Nodes are made for authorities, credential, image and release, and made anew when one of these changes. */
function shapeOf(want: Desired, groupId: string | null): string {
  const group = want.nodegroups.find((each) => each.key.id === groupId);
  const own = group ? [group.image.id, group.labels.get("kube_tag") ?? ""].filter((word) => word !== "") : [];
  return [want.pki.revision, want.credential.revision, ...own.filter((word) => word !== firstImage)].join("/");
}
const firstImage = "image-1";

/** A process: everything that it does goes through `point`, and after its death nothing returns any more. */
export class Life {
  readonly died: Promise<void>;
  /** What it did, in order; the last one is where it died. */
  readonly points: string[] = [];
  readonly #dieAt: number | null;
  readonly #end: () => void;
  dead = false;

  constructor(dieAt: number | null) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.died = promise;
    this.#end = resolve;
    this.#dieAt = dieAt;
  }

  async point(name: string): Promise<void> {
    if (!this.dead) {
      this.points.push(name);
      if (this.points.length !== this.#dieAt) return;
      this.dead = true;
      this.#end();
    }
    await new Promise<never>(() => {});
  }

  /** Before and after are points of their own: the call was made or was not. */
  async around<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    await this.point(`before ${name}`);
    const answer = await work();
    await this.point(`after ${name}`);
    return answer;
  }
}

export const scriptedName = "scripted_v1";

export class World {
  readonly clock: Clock;
  readonly stacks = new Map<string, Stack>();
  readonly trustees = new Map<string, User>();
  readonly trusts = new Set<string>();
  readonly #trustOf = new Map<string, string>();
  /** How often a stack of that name was made. */
  readonly made = new Map<string, number>();
  readonly calls: string[] = [];
  /** Shapes that a group's nodes have had, in order, by the group's id. */
  readonly shapes = new Map<string, string[]>();
  /** What the driver was last shown, by the cluster's id. */
  readonly wants = new Map<string, Desired>();
  buildMs = 1000;
  /** Groups by id, or clusters by id, whose next build fails with this reason. */
  readonly failures = new Map<string, string>();
  /** Trustees whose password nobody knows. */
  readonly closed = new Set<string>();
  /** Trustees whose sign-in is refused. */
  readonly refused = new Set<string>();
  /** Every call to the back end fails like this. */
  outage: OpenStackError | null = null;
  identityOutage: OpenStackError | null = null;
  health: (want: Desired, seen: Observed) => Health | Promise<Health> = healthy;
  /** Called in the middle of each observation. */
  onObserve: (clusterId: string) => Promise<void> = () => Promise.resolve();
  busy = new Set<string>();
  collisions = 0;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  addTrustee(name: string): { trusteeUserId: string; trustId: string } {
    const user: User = { id: randomUUID(), name, domainId: "trustees", enabled: true };
    this.trustees.set(user.id, user);
    const trustId = randomUUID();
    this.trusts.add(trustId);
    this.#trustOf.set(user.id, trustId);
    return { trusteeUserId: user.id, trustId };
  }

  /** Its trust goes with it. */
  removeTrustee(id: string): void {
    this.trustees.delete(id);
    this.trusts.delete(this.#trustOf.get(id) ?? "");
  }

  /** The stacks of a cluster after time has passed. */
  of(clusterId: string): Stack[] {
    const now = this.clock.now().getTime();
    for (const [name, stack] of this.stacks) {
      if (!stack.status.endsWith("_IN_PROGRESS") || stack.readyAt > now) continue;
      const action = stack.status.slice(0, stack.status.indexOf("_"));
      const reason = this.failures.get(stack.groupId ?? stack.clusterId) ?? null;
      stack.updatedAt = stack.readyAt;
      if (reason !== null) {
        this.failures.delete(stack.groupId ?? stack.clusterId);
        stack.status = `${action}_FAILED`;
        stack.reason = reason;
      } else if (action === "DELETE") this.stacks.delete(name);
      else {
        stack.status = `${action}_COMPLETE`;
        stack.reason = null;
        while (stack.servers.length > stack.count) stack.servers.pop();
        while (stack.groupId !== null && stack.servers.length < stack.count)
          stack.servers.push({ index: String(stack.nextIndex++), id: randomUUID() });
      }
    }
    return [...this.stacks.values()].filter((stack) => stack.clusterId === clusterId);
  }

  begin(stack: Stack, action: string): void {
    stack.status = `${action}_IN_PROGRESS`;
    stack.updatedAt = this.clock.now().getTime();
    stack.readyAt = stack.updatedAt + this.buildMs;
  }
}

const healthy = (want: Desired, seen: Observed): Health => ({
  status: "HEALTHY",
  answered: true,
  reason: { api: "ok" },
  nodes: Object.fromEntries(
    seen.nodegroups.flatMap((group) => group.nodes.map((node) => [node.name, { ready: true, version: "v1.31.1" }])),
  ),
});

const refusal = (service: string): OpenStackError =>
  new OpenStackError("The request you have made requires authentication.", {
    service,
    operation: "sign in",
    kind: "unauthorized",
    status: 401,
    requestId: null,
    retryable: false,
  });

export const away = (service: string): OpenStackError =>
  new OpenStackError("connect ECONNREFUSED", {
    service,
    operation: "list stacks",
    kind: "unavailable",
    status: null,
    requestId: null,
    retryable: true,
  });

/** The identity service of the world, as one process sees it. Only what the conductor asks is there. */
export function scriptedClouds(world: World, life: Life): Clouds {
  const trustees = {
    domainId: () => Promise.resolve("trustees"),
    find: (name: string) => Promise.resolve([...world.trustees.values()].find((user) => user.name === name) ?? null),
    setPassword: (id: string) =>
      life.around("change password", () => {
        if (world.identityOutage) throw world.identityOutage;
        world.closed.add(id);
      }),
    delete: (id: string) =>
      life.around("delete trustee", () => {
        if (world.identityOutage) throw world.identityOutage;
        world.removeTrustee(id);
      }),
  };
  const fromTrust = (access: TrustAccess) => ({
    trustee: access.trusteeUserId,
    keystone: {
      deleteTrust: (id: string) =>
        life.around("delete trust", () => {
          if (world.identityOutage) throw world.identityOutage;
          if (!world.trustees.has(access.trusteeUserId)) throw refusal("identity");
          world.trusts.delete(id);
        }),
    },
  });
  const clouds: unknown = { identity: { trustees }, fromTrust, service: () => ({}), close: () => {} };
  return clouds as Clouds;
}

/** Whose cloud it is: refuses like Keystone does when trustee or trust are gone. */
function signIn(world: World, cloud: Cloud): void {
  const trustee = "trustee" in cloud && typeof cloud.trustee === "string" ? cloud.trustee : "";
  if (world.outage) throw world.outage;
  if (!world.trustees.has(trustee) || world.refused.has(trustee) || world.closed.has(trustee))
    throw refusal("identity");
}

/** A driver of the world, as one process has it. */
export function scriptedDriver(world: World, life: Life): ClusterDriver<ScriptStep, ScriptObserved> {
  const call = <T>(name: string, work: () => T | Promise<T>) => {
    world.calls.push(name);
    return life.around(name, work);
  };
  return {
    name: scriptedName,
    provides: [{ serverType: "vm", distro: "fedora-coreos", coe: "kubernetes" }],
    can: {
      resizeMasters: false,
      nodegroups: true,
      upgrade: false,
      rotateCa: false,
      rotateCredential: false,
      scaleToZero: true,
      removeNamed: true,
    },
    labels: [],
    nodeRevision: "1",
    version: () => "v1.34.1",
    replaceable: () => [],
    renewable: () => [],
    accepts: () => [],
    warns: () => [],
    footprint: () => {
      throw new Error("nobody asks the scripted driver for a footprint");
    },
    survey: (cloud) =>
      call("survey", (): Survey => {
        signIn(world, cloud);
        const ids = new Set([...world.stacks.values()].map((stack) => stack.clusterId));
        return {
          at: world.clock.now(),
          stacks: [...ids]
            .flatMap((id) => world.of(id))
            .map((stack) => ({
              id: stack.id,
              name: stack.name,
              status: stack.status,
              reason: stack.reason,
              updatedAt: new Date(stack.updatedAt).toISOString(),
              tags: [`scripted-cluster-${stack.clusterId}`],
            })),
        };
      }),
    observe: (cloud, want) =>
      call("observe", async () => {
        const { id } = want.key;
        if (world.busy.has(id)) world.collisions++;
        world.busy.add(id);
        try {
          signIn(world, cloud);
          await world.onObserve(id);
          world.wants.set(id, want);
          return observe(world, want);
        } finally {
          world.busy.delete(id);
        }
      }),
    plan,
    apply: (cloud, want, step) =>
      call(`apply ${step.kind}`, () => {
        signIn(world, cloud);
        return apply(world, want, step);
      }),
    health: (want, seen) => call("health", () => world.health(want, seen)),
    resources: () => Promise.resolve([]),
    previewDelete: () => Promise.resolve({ removes: [], stays: [], blocks: [] }),
    previewShrink: () => Promise.resolve([]),
  };
}

function stateOf(status: string): BackendState {
  if (status.endsWith("_FAILED")) return "failed";
  if (status.endsWith("_COMPLETE")) return "ready";
  return status.startsWith("CREATE") ? "creating" : status.startsWith("DELETE") ? "deleting" : "updating";
}

function observe(world: World, want: Desired): ScriptObserved {
  const stacks = world.of(want.key.id);
  const shared = stacks.find((stack) => stack.groupId === null);
  const strays = want.deleting
    ? []
    : stacks.filter((stack) => stack.groupId !== null && !want.nodegroups.some(({ key }) => key.id === stack.groupId));
  const stale = new Set<string>();
  const wished = want.nodegroups.map(({ key }): ObservedNodegroup => {
    const stack = stacks.find((other) => other.groupId === key.id);
    if (stack && stateOf(stack.status) === "ready" && stack.shape !== shapeOf(want, key.id)) stale.add(key.id);
    return {
      key,
      backendId: stack?.id ?? null,
      state: stack ? (stale.has(key.id) ? "updating" : stateOf(stack.status)) : "absent",
      reason: stack?.reason ?? null,
      count: stack?.count ?? 0,
      addresses: stack?.servers.map((server) => `10.0.0.${server.index}`) ?? [],
      version: "v1.31.1",
      nodes:
        stack?.servers.map((server) => ({
          serverId: server.id,
          memberId: server.id,
          coming: stateOf(stack.status) === "creating",
          renewalId: null,
          name: `${want.key.name}-${key.name}-${server.index}`,
          index: server.index,
          status: "ACTIVE",
          privateAddress: `10.0.0.${server.index}`,
          publicAddress: null,
          zone: null,
          flavorId: null,
          imageId: null,
          ready: null,
          version: null,
          createdAt: null,
        })) ?? [],
    };
  });
  const nodegroups = [
    ...wished,
    ...strays.map((stack) => ({
      key: { id: stack.groupId ?? "", name: stack.name },
      backendId: stack.id,
      state: stateOf(stack.status),
      reason: stack.reason,
      count: stack.count,
      addresses: [],
      version: null,
      nodes: [],
    })),
  ];
  const states = stacks.map((stack) => stateOf(stack.status));
  const moving = states.find((state) => state === "creating" || state === "updating" || state === "deleting");
  const failed = stacks.find((stack) => stack.status.endsWith("_FAILED"));
  return {
    backendId: shared?.id ?? null,
    state: stacks.length === 0 ? "absent" : (moving ?? (failed ? "failed" : "ready")),
    reason: moving ? null : (failed?.reason ?? null),
    apiAddress: shared?.status === "CREATE_COMPLETE" ? "https://192.0.2.7:6443" : null,
    apiSilent: false,
    // As long as the network is being made.
    ...(want.network.masterLbEnabled && shared?.status === "CREATE_IN_PROGRESS"
      ? { turn: "load-balancer" as const }
      : {}),
    coeVersion: "v1.31.1",
    containerVersion: null,
    masterAddresses: nodegroups[0]?.addresses ?? [],
    nodegroups,
    progress: {
      done: states.filter((state) => state === "ready").length,
      total: 1 + want.nodegroups.length,
      now: null,
    },
    failures:
      failed && !moving
        ? [
            {
              path: ["workers"],
              type: "OS::Nova::Server",
              name: "server",
              physicalId: null,
              reason: failed.reason ?? "",
              at: null,
            },
          ]
        : [],
    leftovers: [],
    strays,
    stale,
  };
}

function plan(want: Desired, seen: ScriptObserved): ScriptStep[] {
  if (want.deleting) {
    if (seen.state === "absent" || seen.state === "deleting") return [];
    if (seen.state === "failed" && !want.repair) return [];
    const groups = seen.nodegroups.flatMap((group) =>
      group.backendId !== null && group.state !== "deleting" ? [group.backendId] : [],
    );
    const next = groups.length > 0 ? groups : seen.backendId === null ? [] : [seen.backendId];
    return next.map((stackId) => ({ kind: "remove", stackId, summary: "Remove a part" }));
  }
  if (seen.backendId === null) {
    const turn = want.network.masterLbEnabled ? { turn: "load-balancer" as const } : {};
    return [{ kind: "make", group: null, count: 0, summary: "Make the network", ...turn }];
  }
  if (seen.state === "failed" && seen.nodegroups.every((group) => group.state !== "failed"))
    return want.repair ? [{ kind: "repair", group: null, summary: "Repair the network" }] : [];
  if (seen.apiAddress === null) return [];
  const removals = seen.strays
    .filter((stack) => stateOf(stack.status) !== "deleting")
    .map((stack): ScriptStep => ({ kind: "remove", stackId: stack.id, summary: "Delete a node group" }));
  const changes = want.nodegroups.flatMap((group): ScriptStep[] => {
    const found = seen.nodegroups.find((other) => other.key.id === group.key.id);
    const name = group.key.name;
    if (!found || found.state === "absent")
      return [{ kind: "make", group: group.key.id, count: group.count, summary: `Create ${name}` }];
    if (found.state === "failed")
      return want.repair ? [{ kind: "repair", group: group.key.id, summary: `Repair ${name}` }] : [];
    if (seen.stale.has(group.key.id))
      return [{ kind: "renew", group: group.key.id, summary: `Replace the nodes of ${name}` }];
    if (found.state !== "ready") return [];
    const remove = group.remove.filter((id) => found.nodes.some((node) => node.serverId === id));
    return found.count === group.count && remove.length === 0
      ? []
      : [{ kind: "resize", group: group.key.id, count: group.count, remove, summary: `Resize ${name}` }];
  });
  return [...removals, ...changes];
}

function apply(world: World, want: Desired, step: ScriptStep): Outcome {
  const stacks = world.of(want.key.id);
  switch (step.kind) {
    case "make": {
      const name = `${want.key.id}-${step.group ?? "shared"}`;
      if (world.stacks.has(name)) return { kind: "done" };
      world.made.set(name, (world.made.get(name) ?? 0) + 1);
      const stack: Stack = {
        id: randomUUID(),
        name,
        clusterId: want.key.id,
        groupId: step.group,
        status: "",
        reason: null,
        readyAt: 0,
        updatedAt: 0,
        count: step.count,
        servers: [],
        nextIndex: 0,
        shape: shapeOf(want, step.group),
      };
      noteShape(world, stack);
      world.begin(stack, "CREATE");
      world.stacks.set(name, stack);
      return { kind: "done" };
    }
    case "renew": {
      const stack = stacks.find((other) => other.groupId === step.group);
      if (!stack) return { kind: "again", afterMs: 100 };
      stack.shape = shapeOf(want, step.group);
      stack.servers = [];
      noteShape(world, stack);
      world.begin(stack, "UPDATE");
      return { kind: "done" };
    }
    case "resize":
    case "repair": {
      const stack = stacks.find((other) => other.groupId === step.group);
      if (!stack) return { kind: "again", afterMs: 100 };
      if (step.kind === "resize") {
        stack.count = step.count;
        stack.servers = stack.servers.filter((server) => !step.remove.includes(server.id));
      }
      world.begin(stack, step.group === null ? "CREATE" : "UPDATE");
      return { kind: "done" };
    }
    case "remove": {
      const stack = stacks.find((other) => other.id === step.stackId);
      if (stack && !stack.status.startsWith("DELETE_IN")) world.begin(stack, "DELETE");
      return { kind: "done" };
    }
  }
}

function noteShape(world: World, { groupId, shape }: Stack): void {
  if (groupId === null) return;
  const known = world.shapes.get(groupId) ?? [];
  if (known.at(-1) !== shape) world.shapes.set(groupId, [...known, shape]);
}
