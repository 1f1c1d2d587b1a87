import { expect, test } from "vitest";
import { fedoraCoreosPair } from "../kubernetes-fedora-coreos/driver.ts";
import type { HeatObserved } from "./observed.ts";
import { stackState } from "./observed.ts";
import { nodeStackName } from "./generations.ts";
import { planHeat } from "./plan.ts";
import {
  aDesired,
  aGroup,
  aMember,
  aNode,
  anObservedGroup,
  anObserved,
  aStack,
  masterGroupId,
  someFacts,
  workerGroupId,
} from "./testing/desired.ts";
import type { DesiredPart } from "./testing/desired.ts";

const revision = fedoraCoreosPair.coe.addons.revision(aDesired());
const cluster = aStack({ part: "cluster" });
const masters = aStack({ part: "masters" });
const workers = aStack({ part: "workers", count: 2, members: [aMember(), aMember({ index: "1" })] });
const whole = { facts: someFacts, addons: revision };

/** Each step as one short line: kind and what it is about. Stacks of nodes are those of the current generation. */
function planned(part: DesiredPart, seen: Partial<HeatObserved>): string[] {
  const want = aDesired(part);
  const stacks = (seen.stacks ?? []).map((stack) => {
    const group = want.nodegroups.find((each) => each.key.id === stack.nodegroup?.id);
    return group
      ? {
          ...stack,
          name: nodeStackName(fedoraCoreosPair, want, group),
          generation: nodeStackName(fedoraCoreosPair, want, group),
        }
      : stack;
  });
  return planHeat(fedoraCoreosPair, want, anObserved({ ...seen, stacks }), new Date()).map((step) => {
    switch (step.kind) {
      case "createNodes":
        return `create ${step.part} ${step.count}${step.joins ? " joining" : ""}`;
      case "resize":
        return `resize ${word(step.stack)} ${step.count} -[${step.remove.join()}]`;
      case "deleteStack":
      case "retryStack":
        return `${step.kind} ${word(step.stack)}`;
      case "releaseBalancer":
      case "releaseFloatingIp":
        return `${step.kind} ${step.id}`;
      default:
        return step.kind;
    }
  });
}
const word = ({ id }: { id: string }) => id.replace("stack-", "prod-");
const failed = (status: string) => ({ status, state: "failed" as const });
const one = (count: number, remove: string[] = []) => ({
  nodegroups: [aGroup({ role: "master" }), aGroup({ count, remove })],
});
const three = { nodegroups: [aGroup({ role: "master", count: 3 }), aGroup({ count: 2 })] };
const broken = aMember({ index: "1", failed: true, signalled: false });

test.each<[string, DesiredPart, Partial<HeatObserved>, string[]]>([
  ["nothing there: what the cluster shares comes first", {}, {}, ["createCluster"]],
  [
    "the shared part is being made: wait",
    {},
    { stacks: [aStack({ part: "cluster", status: "CREATE_IN_PROGRESS", state: "creating" })] },
    [],
  ],
  [
    "the API address is known: masters, and workers beside them",
    {},
    { ...whole, stacks: [cluster] },
    ["create masters 1", "create workers 2"],
  ],
  [
    "only masters exist after a crash: go on with workers",
    {},
    { ...whole, stacks: [cluster, aStack({ part: "masters", status: "CREATE_IN_PROGRESS", state: "creating" })] },
    ["create workers 2"],
  ],
  ["everything there: settled", {}, { ...whole, stacks: [cluster, masters, workers] }, []],
  [
    "the API answers and has no add-ons: apply, even while nodes come up",
    {},
    {
      ...whole,
      addons: null,
      stacks: [cluster, masters, aStack({ ...workers, status: "CREATE_IN_PROGRESS", state: "creating" })],
    },
    ["applyAddons"],
  ],
  [
    "the API has add-ons of another revision: apply",
    {},
    { ...whole, addons: "old", stacks: [cluster, masters, workers] },
    ["applyAddons"],
  ],
  [
    "the API does not answer: nothing is known about add-ons, so nothing is done",
    {},
    { ...whole, addons: undefined, stacks: [cluster, masters, workers] },
    [],
  ],
  ["more workers wanted", one(4), { ...whole, stacks: [cluster, masters, workers] }, ["resize prod-workers 4 -[]"]],
  [
    "fewer wanted, one named by server id",
    one(1, ["server-0"]),
    { ...whole, stacks: [cluster, masters, workers] },
    ["resize prod-workers 1 -[0]"],
  ],
  [
    "same count and a name: replace that node",
    one(2, ["1"]),
    { ...whole, stacks: [cluster, masters, workers] },
    ["resize prod-workers 2 -[1]"],
  ],
  [
    "the named node is gone: nothing left to do",
    one(2, ["server-7"]),
    { ...whole, stacks: [cluster, masters, workers] },
    [],
  ],
  [
    "Heat is removing the named node already",
    one(2, ["server-1"]),
    {
      ...whole,
      stacks: [cluster, masters, aStack({ ...workers, status: "UPDATE_IN_PROGRESS", state: "updating" })],
    },
    [],
  ],
  [
    "a new count while Heat still works on the old one: after that, since two changes at once fail both",
    one(5),
    { ...whole, stacks: [cluster, masters, aStack({ ...workers, status: "UPDATE_IN_PROGRESS", state: "updating" })] },
    [],
  ],
  [
    "a new count while the group is still being made: after that",
    one(5),
    { ...whole, stacks: [cluster, masters, aStack({ ...workers, status: "CREATE_IN_PROGRESS", state: "creating" })] },
    [],
  ],
  ["scale to zero", one(0), { ...whole, stacks: [cluster, masters, workers] }, ["resize prod-workers 0 -[1,0]"]],
  [
    "a worker failed and nobody asked for a repair",
    {},
    {
      ...whole,
      stacks: [cluster, masters, aStack({ ...workers, ...failed("CREATE_FAILED"), members: [aMember(), broken] })],
    },
    [],
  ],
  [
    "repair: the failed index gets a successor",
    { repair: true },
    {
      ...whole,
      stacks: [cluster, masters, aStack({ ...workers, ...failed("CREATE_FAILED"), members: [aMember(), broken] })],
    },
    ["resize prod-workers 2 -[1]"],
  ],
  [
    "resize of a failed group repairs it on the way",
    one(3),
    {
      ...whole,
      stacks: [cluster, masters, aStack({ ...workers, ...failed("UPDATE_FAILED"), members: [aMember(), broken] })],
    },
    ["resize prod-workers 3 -[1]"],
  ],
  [
    "the only master failed at its first start: begin again",
    { repair: true },
    {
      ...whole,
      stacks: [
        cluster,
        aStack({ ...masters, ...failed("CREATE_FAILED"), members: [aMember({ failed: true, signalled: false })] }),
        workers,
      ],
    },
    ["deleteStack prod-masters"],
  ],
  [
    "the removal of the only master, which never came up, failed: it is asked for again, as Heat changes no such stack",
    { repair: true },
    {
      ...whole,
      stacks: [
        cluster,
        aStack({ ...masters, ...failed("DELETE_FAILED"), members: [aMember({ failed: true, signalled: false })] }),
        workers,
      ],
    },
    ["deleteStack prod-masters"],
  ],
  [
    "one of three masters failed: only that one is made again",
    { ...three, repair: true },
    {
      ...whole,
      stacks: [
        cluster,
        aStack({
          ...masters,
          count: 3,
          ...failed("CREATE_FAILED"),
          members: [aMember(), broken, aMember({ index: "2" })],
        }),
        workers,
      ],
    },
    ["resize prod-masters 3 -[1]"],
  ],
  [
    "one of three masters failed at the first start, while others still come up: these are waited for",
    { ...three, repair: true },
    {
      ...whole,
      stacks: [
        cluster,
        aStack({
          ...masters,
          count: 3,
          ...failed("CREATE_FAILED"),
          members: [aMember({ status: "CREATE_IN_PROGRESS", signalled: false }), broken],
        }),
        workers,
      ],
    },
    [],
  ],
  [
    "failed masters are going: wait until their name is free",
    { repair: true },
    { ...whole, stacks: [cluster, aStack({ ...masters, status: "DELETE_IN_PROGRESS", state: "deleting" }), workers] },
    [],
  ],
  [
    "repair: a worker whose server was removed behind our back gets a successor",
    { repair: true },
    {
      ...whole,
      stacks: [cluster, masters, workers],
      nodegroups: [anObservedGroup({ nodes: [aNode(), aNode({ index: "1", status: "MISSING" })] })],
    },
    ["resize prod-workers 2 -[1]"],
  ],
  [
    "a server is missing and nobody asked for a repair",
    {},
    {
      ...whole,
      stacks: [cluster, masters, workers],
      nodegroups: [anObservedGroup({ nodes: [aNode({ status: "MISSING" })] })],
    },
    [],
  ],
  [
    "a master is lost: nothing joins by itself",
    { repair: true },
    {
      ...whole,
      stacks: [cluster, masters, workers],
      nodegroups: [
        anObservedGroup({ key: { id: masterGroupId, name: "default-master" }, nodes: [aNode({ status: "ERROR" })] }),
      ],
    },
    [],
  ],
  [
    "the shared part failed, repair asked",
    { repair: true },
    { stacks: [aStack({ part: "cluster", ...failed("CREATE_FAILED") })] },
    ["retryStack prod-cluster"],
  ],
  [
    "a node group that nobody wishes for goes",
    { nodegroups: [aGroup({ role: "master" })] },
    { ...whole, stacks: [cluster, masters, workers] },
    ["deleteStack prod-workers"],
  ],
  [
    "deletion: balancers of Services first, then workers, masters; the network waits",
    { deleting: true },
    {
      ...whole,
      stacks: [cluster, masters, workers],
      leftovers: [
        { type: "floating IP", id: "fip", name: null, why: "" },
        { type: "load balancer", id: "lb", name: null, why: "" },
      ],
    },
    ["releaseFloatingIp fip", "releaseBalancer lb", "deleteStack prod-workers", "deleteStack prod-masters"],
  ],
  ["deletion: the network last", { deleting: true }, { stacks: [cluster] }, ["deleteStack prod-cluster"]],
  [
    "deletion: nodes are still going",
    { deleting: true },
    { stacks: [cluster, aStack({ part: "masters", status: "DELETE_IN_PROGRESS", state: "deleting" })] },
    [],
  ],
  [
    "deletion that failed is tried again",
    { deleting: true },
    { stacks: [aStack({ part: "cluster", ...failed("DELETE_FAILED") })] },
    ["deleteStack prod-cluster"],
  ],
  [
    "deletion in the middle of creation",
    { deleting: true },
    { stacks: [aStack({ part: "cluster", status: "CREATE_IN_PROGRESS", state: "creating" })] },
    ["deleteStack prod-cluster"],
  ],
  ["deletion of what is gone", { deleting: true }, {}, []],
])("%s", (_, want, seen, steps) => {
  expect(planned(want, seen)).toEqual(steps);
});

test("every step says in words what it does, and holds no secret", () => {
  const steps = planHeat(fedoraCoreosPair, aDesired(), anObserved({ ...whole, stacks: [cluster] }), new Date());
  expect(steps.map((step) => step.summary)).toEqual(["Create 1 control plane node", "Create 2 worker nodes"]);
  expect(JSON.stringify(steps)).not.toContain("pass");
});

test("what shapes a node makes a new generation, what does not keeps it", () => {
  const name = (part: DesiredPart = {}, group: Parameters<typeof aGroup>[0] = {}) =>
    nodeStackName(fedoraCoreosPair, aDesired(part), aGroup(group));
  const base = name();
  expect(name({}, { count: 9, remove: ["x"], min: 3 })).toBe(base);
  expect(name({ labels: { coredns_tag: "v9" }, generation: 7 })).toBe(base);
  for (const other of [
    name({}, { image: { id: "image-2", minDiskGib: 0 } }),
    name({}, { labels: { kube_tag: "v1.33.1" } }),
    name({}, { labels: { availability_zone: "b" } }),
    name({ pki: { revision: "2", caPem: "" } }),
    name({ dockerVolumeSizeGib: 10 }),
    name({}, { key: { id: masterGroupId, name: "default-worker" } }),
  ])
    expect(other).not.toBe(base);
  expect(workerGroupId).not.toBe(masterGroupId);
});

test("a group's own label that ends up on its nodes replaces them; the same label of the cluster alone does not", () => {
  const name = (part: DesiredPart, group: Parameters<typeof aGroup>[0] = {}) =>
    nodeStackName(fedoraCoreosPair, aDesired(part), aGroup({ nodeRevision: "2", ...group }));
  const labels = { kubelet_options: "--v=4" };
  expect(name({}, { labels })).not.toBe(name({}));
  expect(name({ labels })).toBe(name({}));
  expect(name({}, { labels: { kubeapi_options: "--v=4" } })).toBe(name({}));
  expect(name({}, { role: "master", labels: { kubeapi_options: "--v=4" } })).not.toBe(name({}, { role: "master" }));
  // Nodes of before know nothing of this, and are not replaced by a new version of ours.
  expect(name({}, { labels, nodeRevision: "1" })).toBe(name({}, { nodeRevision: "1" }));
});

test("neither a new default of the driver nor the cluster's new version replaces nodes of a group that is settled", () => {
  const name = (part: DesiredPart, group: Parameters<typeof aGroup>[0] = {}) =>
    nodeStackName(fedoraCoreosPair, aDesired(part), aGroup(group));
  const settled = { version: "v1.33.4" };
  expect(name({}, settled)).not.toBe(name({}));
  expect(name({ labels: { kube_tag: "v1.35.0" } }, settled)).toBe(name({}, settled));
  expect(name({}, { version: "v1.33.5" })).not.toBe(name({}, settled));
});

test.each([
  ["CREATE_IN_PROGRESS", "creating"],
  ["CREATE_COMPLETE", "ready"],
  ["CREATE_FAILED", "failed"],
  ["UPDATE_IN_PROGRESS", "updating"],
  ["UPDATE_FAILED", "failed"],
  ["ROLLBACK_IN_PROGRESS", "updating"],
  ["ROLLBACK_COMPLETE", "ready"],
  ["DELETE_IN_PROGRESS", "deleting"],
  ["DELETE_FAILED", "failed"],
  ["DELETE_COMPLETE", "absent"],
  ["SUSPEND_COMPLETE", "failed"],
  ["RESUME_COMPLETE", "ready"],
  ["CHECK_FAILED", "failed"],
])("Heat's %s is %s", (status, state) => {
  expect(stackState(status)).toBe(state);
});
