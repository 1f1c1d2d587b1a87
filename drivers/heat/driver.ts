// The Heat base as a driver: everything that pairs share. A pair is a record; see kubernetes-fedora-coreos.
import type { ClusterDriver } from "../driver.ts";
import { acceptsHeat, footprintHeat, warnsHeat } from "./accepts.ts";
import { applyHeat } from "./apply.ts";
import { heatLabels } from "./labels.ts";
import { renewableNodes, replaceableNodes } from "./generations.ts";
import { observeHeat, surveyStacks } from "./observe.ts";
import { DetailCache } from "./read-stack.ts";
import { Silences } from "./silence.ts";
import type { HeatObserved } from "./observed.ts";
import type { Pair } from "./pair.ts";
import { planHeat } from "./plan.ts";
import { previewShrinking } from "./preview-shrink.ts";
import { previewDeletion, resourceTree } from "./resources.ts";
import type { HeatStep } from "./steps.ts";

/** One driver object serves all clusters of the pair; what it remembers saves calls or gives patience, and may be lost. */
export function heatDriver(pair: Pair, clock: () => Date = () => new Date()): ClusterDriver<HeatStep, HeatObserved> {
  const memory = { cache: new DetailCache(), silences: new Silences() };
  return {
    name: pair.name,
    provides: pair.provides,
    can: pair.can,
    labels: [...heatLabels, ...pair.coe.labels],
    version: (want, group) => pair.coe.version(want, group),
    nodeRevision: pair.coe.nodeRevision,
    replaceable: replaceableNodes,
    renewable: (before, want, after) => renewableNodes(pair, before, want, after),
    accepts: (want) => [...acceptsHeat(pair, want), ...pair.coe.accepts(want)],
    warns: (want) => [...warnsHeat(pair, want), ...pair.coe.warns(want)],
    footprint: footprintHeat,
    survey: (cloud) => surveyStacks(cloud, clock()),
    observe: (cloud, want, survey) => observeHeat(pair, memory, cloud, want, survey, clock()),
    plan: (want, seen, now) => planHeat(pair, want, seen, now),
    apply: (cloud, want, step) => applyHeat(pair, cloud, want, step, clock()),
    health: (want, seen) => pair.coe.health(want, seen),
    manifests: (want) => pair.coe.addons.manifests(want),
    resources: resourceTree,
    previewDelete: previewDeletion,
    previewShrink: async (cloud, want) =>
      previewShrinking(pair, memory.cache, cloud, want, await surveyStacks(cloud, clock()), clock()),
  };
}
