// To the values of another template: Kubernetes' version and what belongs to it, the image, and the way nodes are made
// (magnum-api 14.3, drivers.md 2.6). What people set themselves stays. Control plane and default workers go together, to
// the new template; other groups follow one by one, to the template that the cluster has then.
import type { ClusterDriver } from "../../../drivers/driver.ts";
import { wishOf } from "../../../drivers/wish.ts";
import type { RequestContext } from "../../auth/context.ts";
import { acceptChange, type AcceptedChange, type NodegroupChange } from "../../db/cluster-change.ts";
import { getCluster } from "../../db/cluster.ts";
import { getNodegroup } from "../../db/nodegroup.ts";
import type { NewOperation } from "../../db/operation.ts";
import { whyNot } from "../../domain/cluster-status.ts";
import { rolloutDeadline } from "../../domain/deadline.ts";
import { DomainError } from "../../domain/error.ts";
import { problemOf, type Problem } from "../../domain/problem.ts";
import { audited } from "../audit.ts";
import { findTemplate, refuseLoss } from "../cluster-template/read.ts";
import type { Deps } from "../deps.ts";
import { findNodeImage } from "../look-ups.ts";
import { reach } from "../reach.ts";
import type { UpgradePreview } from "../views.ts";
import { check, event, operation, refuse, workingStatus } from "./change.ts";
import { openLimits, quotaProblem } from "./cloud-effects.ts";
import { awayWords } from "./in-place.ts";
import { loadParts } from "./parts.ts";
import { driverOf } from "./read.ts";
import { changedLabels, planUpgrade, versionIn, type Group, type Plan, type Target } from "./upgrade-plan.ts";

export interface UpgradeWish {
  /** Name or id. */
  clusterTemplate: string;
  /** Nodes that are replaced at a time; null or absent = 1. */
  maxBatchSize?: number | null | undefined;
  /** Name, id or integer id: that group alone, to the cluster's template. Absent = control plane and default workers. */
  nodegroup?: string | undefined;
  /** Absent = as the cluster is set. */
  rollback?: boolean | undefined;
}

/**
 * Accepts the upgrade; the conductor replaces the nodes, masters first. Throws template_not_found, nodegroup_not_found,
 * invalid_input (older version, nodes that cannot be replaced), conflict (the template is not valid for it),
 * operation_not_allowed_now, not_supported_by_driver, cloud_quota_exceeded.
 */
export async function upgradeCluster(deps: Deps, ctx: RequestContext, id: string, wish: UpgradeWish): Promise<void> {
  const { scope, parts, target } = await prepare(deps, ctx, id, wish);
  await audited(deps, ctx, { scope, id, kind: "upgrade" }, () => refuse("upgrade", "Upgrading", parts.cluster));
  const driver = driverOf(deps, parts.cluster);
  const first = planUpgrade(driver, parts, target);
  refuseFirst(first.problems);
  const short = await spareProblem(ctx, driver, first, target.maxBatch);
  if (short) throw short;
  const now = deps.clock.now();
  await audited(deps, ctx, { scope, id, kind: "upgrade" }, () =>
    acceptChange(deps.db, scope, id, now, (current): AcceptedChange => {
      const { cluster } = current;
      check(ctx, "cluster:upgrade", cluster);
      refuse("upgrade", "Upgrading", cluster);
      const plan = planUpgrade(driver, current, target);
      refuseFirst(plan.problems);
      return {
        status: "UPDATE_IN_PROGRESS",
        clusterTemplateId: plan.after.cluster.clusterTemplateId,
        labels: plan.after.cluster.labels,
        facts: plan.after.cluster.facts,
        nodegroups: plan.after.nodegroups.map((after): NodegroupChange => {
          const { id, imageId, labels, facts } = after;
          const meant = plan.groups.find(({ before }) => before.id === id);
          // What the others run is written down, so that the cluster's new labels do not move them.
          return meant ? { id, imageId, labels, facts, status: workingStatus(meant.before.status) } : { id, facts };
        }),
        maxBatch: target.maxBatch,
        rollback: wish.rollback ?? cluster.rollbackOnFailure,
        deadlineAt: rolloutDeadline(cluster, turns(plan, target.maxBatch), now),
        operation: operation(ctx, "upgrade", differences(plan, target)),
        event: event(
          ctx,
          `asked to upgrade ${target.pool?.name ?? "the cluster"} to template ${target.template.name}`,
          plan.groups.some((group) => group.inPlace) ? awayWords : null,
        ),
      };
    }),
  );
  deps.changes.nudge();
}

/** The same checks without doing it. Throws only what a page cannot show: no such cluster, template or group. */
export async function previewUpgrade(
  deps: Deps,
  ctx: RequestContext,
  id: string,
  wish: UpgradeWish,
): Promise<UpgradePreview> {
  const { parts, target } = await prepare(deps, ctx, id, wish);
  const { cluster } = parts;
  const driver = driverOf(deps, cluster);
  const plan = planUpgrade(driver, parts, target);
  const why = whyNot("upgrade", cluster.status);
  const state = why === null ? [] : [new DomainError("operation_not_allowed_now", why)];
  const short = plan.problems.length > 0 ? null : await spareProblem(ctx, driver, plan, target.maxBatch);
  const { before, after } =
    plan.groups.length === 1 && target.pool ? owned(plan) : { before: cluster, after: plan.after.cluster };
  return {
    problems: [...state, ...plan.problems, ...(short ? [short] : [])].map(problemOf),
    warnings: warnings(driver, plan, target),
    version: versionOf(plan),
    groups: plan.groups.map((group) => ({
      name: group.before.name,
      role: group.before.role,
      nodes: group.before.nodeCount,
      replaced: group.replaced,
      inPlace: group.inPlace,
      version: { from: group.from, to: group.to },
      image: { from: group.before.facts.image.name, to: group.after.facts.image.name },
    })),
    labels: changedLabels(before.labels, after.labels),
    maxBatchSize: target.maxBatch,
  };
}

async function prepare(deps: Deps, ctx: RequestContext, id: string, wish: UpgradeWish) {
  const scope = reach(ctx, "cluster:upgrade_all_projects");
  const cluster = await getCluster(deps.db, scope, id);
  check(ctx, "cluster:upgrade", cluster);
  if (!driverOf(deps, cluster).can.upgrade)
    throw new DomainError("not_supported_by_driver", "Upgrading a cluster is not supported by this driver.");
  const [template, before, group, parts] = await Promise.all([
    findTemplate(deps, ctx, wish.clusterTemplate, scope),
    findTemplate(deps, ctx, cluster.clusterTemplateId, scope).catch(() => null),
    wish.nodegroup === undefined ? null : getNodegroup(deps.db, scope, id, wish.nodegroup),
    loadParts(deps, scope, cluster),
  ]);
  refuseLoss(template);
  const image = await findNodeImage(ctx.cloud(), template.imageId, "cluster_template");
  const target: Target = {
    template,
    from: before?.labels ?? {},
    image: { id: image.id, name: image.name, minDiskGib: image.minDiskGib, distro: image.distro },
    pool: group === null || group.isDefault ? null : group,
    maxBatch: wish.maxBatchSize ?? 1,
  };
  return { scope, parts, target };
}

function refuseFirst(problems: readonly DomainError[]): void {
  const [first] = problems;
  if (first) throw first;
}

/** New nodes come up before old ones go: the project needs room for them. */
async function spareProblem(
  ctx: RequestContext,
  driver: ClusterDriver,
  { after, groups }: Plan,
  maxBatch: number,
): Promise<DomainError | null> {
  const wish = (more: readonly Group[]) => driver.footprint(wishOf(after.cluster, more));
  const limits = openLimits(ctx.cloud());
  for (const { before, replaced } of groups) {
    if (!replaced || before.nodeCount === 0) continue;
    const spare = before.role === "master" ? 1 : Math.min(maxBatch, before.nodeCount);
    const grown = after.nodegroups.map((group) =>
      group.id === before.id ? { ...group, nodeCount: group.nodeCount + spare } : group,
    );
    const problem = await quotaProblem(limits, wish(after.nodegroups), wish(grown));
    if (problem) return problem;
  }
  return null;
}

/** How many times nodes are replaced one after the other, or changed in place. */
const turns = ({ groups }: Plan, maxBatch: number): number =>
  groups.reduce(
    (sum, { before, replaced, inPlace }) =>
      sum + (replaced || inPlace ? Math.ceil(before.nodeCount / (before.role === "master" ? 1 : maxBatch)) : 0),
    0,
  );

function differences({ after, groups }: Plan, { template, pool }: Target): NewOperation["changes"] {
  const rows: [string, [string, string]][] = groups.flatMap(({ before, after: then, from, to }) => [
    ...(from === to ? [] : [[`${before.name} version`, [from, to]] satisfies [string, [string, string]]]),
    ...(before.facts.image.id === then.facts.image.id
      ? []
      : [
          [`${before.name} image`, [before.facts.image.name, then.facts.image.name]] satisfies [
            string,
            [string, string],
          ],
        ]),
  ]);
  return Object.fromEntries(pool ? rows : [["template", [after.cluster.facts.template.name, template.name]], ...rows]);
}

function warnings(driver: ClusterDriver, plan: Plan, { pool }: Target): Problem[] {
  const messages: Problem[] = [];
  const replaced = plan.groups.filter((group) => group.replaced && group.before.nodeCount > 0);
  if (replaced.length > 0)
    messages.push({
      field: "",
      message: `Every ${plan.groups.some((group) => group.inPlace) ? "worker " : ""}node is replaced by a new one: what pods keep on the disks of the nodes is lost.`,
    });
  if (plan.groups.some((group) => group.inPlace)) messages.push({ field: "master_lb_enabled", message: awayWords });
  const rest = plan.after.nodegroups.filter((group) => !group.isDefault);
  if (!pool && rest.length > 0) {
    const will = wishOf(plan.after.cluster, plan.after.nodegroups);
    const words = rest.map((group) => `${group.name} (${versionIn(driver, will, group.id)})`).join(", ");
    messages.push({ field: "nodegroup", message: `Not upgraded with it, each goes by itself afterwards: ${words}.` });
  }
  return messages;
}

function versionOf({ groups }: Plan): { from: string; to: string } {
  const lead = groups.find(({ before }) => before.role === "master") ?? groups[0];
  return { from: lead?.from ?? "", to: lead?.to ?? "" };
}

const owned = ({ groups }: Plan) => ({
  before: { labels: groups[0]?.before.labels ?? {} },
  after: { labels: groups[0]?.after.labels ?? {} },
});
