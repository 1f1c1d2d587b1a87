// Clusters as pages and lists show them.
import type { ClusterDriver } from "../../../drivers/driver.ts";
import { wishOf, type WishedCluster, type WishedNodegroup } from "../../../drivers/wish.ts";
import type { RequestContext } from "../../auth/context.ts";
import { authorize } from "../../auth/policy.ts";
import { getTemplate, listTemplateLabels } from "../../db/cluster-template.ts";
import {
  clusterNameTaken,
  countByStatus,
  findClusterAndLabels,
  findClusterByName,
  getCluster as getClusterRecord,
  listClusterDetails,
  listClusterSummaries,
  listClusters as listClusterRows,
} from "../../db/cluster.ts";
import { listNodegroups, listNodes } from "../../db/nodegroup.ts";
import { lastOperation, listEvents, listOperations } from "../../db/operation.ts";
import { getQuotaUse } from "../../db/quota.ts";
import type { Scope } from "../../db/scope.ts";
import { isFailed, statusesOf, type ClusterStatus, type StatusGroup } from "../../domain/cluster-status.ts";
import type { ClusterTemplate } from "../../domain/cluster-template.ts";
import type { Cluster, ClusterSummary } from "../../domain/cluster.ts";
import { DomainError } from "../../domain/error.ts";
import { generatedName, uuidLike } from "../../domain/identifier.ts";
import { diffLabels, type LabelDifference } from "../../domain/labels.ts";
import type { NodeGroup } from "../../domain/nodegroup.ts";
import type { Deps } from "../deps.ts";
import { reach } from "../reach.ts";
import type {
  ClusterEvent,
  ClusterList,
  ClusterNode,
  ClusterView,
  OperationRecord,
  Page,
  ResourceName,
  ResourceNode,
} from "../views.ts";
import { clusterCan, targetOf, withoutLoss } from "./can.ts";
import { inPlaceProblems } from "./in-place.ts";
import { loadParts } from "./parts.ts";

export interface ListWish {
  q?: string | undefined;
  groups?: readonly StatusGroup[] | undefined;
  statuses?: readonly ClusterStatus[] | undefined;
  template?: string | undefined;
  /** Column, `-` in front for descending. */
  sort?: string | undefined;
  after?: string | undefined;
  size?: number | undefined;
}

/** One page with counts of all groups under the same search, and the project's quota. */
export async function listClusters(deps: Deps, ctx: RequestContext, wish: ListWish): Promise<ClusterList> {
  authorize(ctx, "cluster:get_all");
  const filter = { q: wish.q, statuses: statuses(wish), templateId: wish.template };
  const [page, counts, quota] = await Promise.all([
    listClusterRows(deps.db, ctx.scope, { ...filter, sort: wish.sort, after: wish.after, size: wish.size ?? 25 }),
    countByStatus(deps.db, ctx.scope, { q: wish.q, templateId: wish.template }),
    getQuotaUse(deps.db, ctx.scope),
  ]);
  return { ...page, counts, quota };
}

function statuses({ groups, statuses: words }: ListWish): ClusterStatus[] | undefined {
  if (!groups?.length && !words?.length) return undefined;
  return [...(groups ?? []).flatMap(statusesOf), ...(words ?? [])];
}

export interface ClusterWithLabels {
  cluster: Cluster;
  labelDifference: LabelDifference;
}

/** A page of the REST API: `marker` is the id of the last row of the page before. */
type PageWish = Pick<ListWish, "sort"> & { size: number; marker: string | undefined };

/** For the REST API's lists: administrators see every project's. */
export async function listShortClusters(deps: Deps, ctx: RequestContext, wish: PageWish): Promise<ClusterSummary[]> {
  authorize(ctx, "cluster:get_all");
  return listClusterSummaries(deps.db, reach(ctx, "cluster:get_all_all_projects"), wish);
}

/** As listShortClusters, with every field and with what their labels change. */
export async function listFullClusters(deps: Deps, ctx: RequestContext, wish: PageWish): Promise<ClusterWithLabels[]> {
  authorize(ctx, "cluster:detail");
  const scope = reach(ctx, "cluster:detail_all_projects");
  const clusters = await listClusterDetails(deps.db, scope, wish);
  const ids = new Set(clusters.map((cluster) => cluster.clusterTemplateId));
  const templates = await listTemplateLabels(deps.db, scope, [...ids]);
  return clusters.map((cluster) => ({
    cluster,
    labelDifference: diffLabels(cluster.labels, templates.get(cluster.clusterTemplateId) ?? {}),
  }));
}

/** By id or name, as the REST API names clusters. Throws cluster_not_found, cluster_ambiguous. */
export async function findCluster(
  deps: Deps,
  ctx: RequestContext,
  what: string,
  scope: Scope = ctx.scope,
): Promise<Cluster> {
  const id = uuidLike(what);
  if (id !== null) {
    const byId = await orMissing(getClusterRecord(deps.db, scope, id));
    if (byId) return byId;
  }
  return findClusterByName(deps.db, scope, what);
}

/** For the REST API's show: the cluster, what its labels change, and the groups of a failed one for `faults`. */
export async function showCluster(
  deps: Deps,
  ctx: RequestContext,
  what: string,
): Promise<ClusterWithLabels & { nodegroups: NodeGroup[] }> {
  const { db } = deps;
  const scope = reach(ctx, "cluster:get_one_all_projects");
  const id = uuidLike(what);
  const byId = id === null ? null : await findClusterAndLabels(db, scope, id);
  const cluster = byId?.cluster ?? (await findClusterByName(db, scope, what));
  authorize(ctx, "cluster:get", targetOf(cluster));
  const templateLabels = byId
    ? byId.templateLabels
    : (await listTemplateLabels(db, scope, [cluster.clusterTemplateId])).get(cluster.clusterTemplateId);
  return {
    cluster,
    labelDifference: diffLabels(cluster.labels, templateLabels ?? {}),
    nodegroups: isFailed(cluster.status) ? await listNodegroups(db, scope, cluster.id) : [],
  };
}

/** Everything that a cluster's page needs but what only OpenStack could tell slowly. */
export async function getCluster(deps: Deps, ctx: RequestContext, id: string): Promise<ClusterView> {
  const { db } = deps;
  const parts = await loadParts(deps, ctx.scope, { id });
  const { facts, ...cluster } = parts.cluster;
  authorize(ctx, "cluster:get", targetOf(cluster));
  const [template, operation] = await Promise.all([
    templateOf(deps, ctx.scope, cluster.clusterTemplateId),
    lastOperation(db, ctx.scope, id),
  ]);
  const of = (role: string) =>
    parts.nodegroups.find((each) => each.isDefault && (each.role === "master") === (role === "master"))?.facts;
  const [masters, workers] = [of("master"), of("worker")];
  const driver = deps.drivers.find((each) => each.name === cluster.driver) ?? null;
  return {
    ...cluster,
    template,
    nodegroups: parts.nodegroups.map(({ facts: _, ...group }) => group),
    labelDifference: difference(cluster, template),
    names: {
      ...(await currentNames(ctx, cluster, facts.network)),
      flavor: workers?.flavor.name,
      masterFlavor: masters?.flavor.name,
      image: masters?.image.name,
    },
    operation,
    can: withoutLoss(clusterCan(ctx, cluster, driver, driver && whyStuck(driver, parts)), cluster, parts.nodegroups),
  };
}

/** Why the groups that every upgrade and rotation changes can be neither replaced nor changed in place; null = they can. */
function whyStuck(
  driver: ClusterDriver,
  { cluster, nodegroups }: { cluster: Cluster & WishedCluster; nodegroups: readonly WishedNodegroup[] },
): string | null {
  const wish = wishOf(cluster, nodegroups);
  const groups = wish.nodegroups.filter((group) => group.isDefault);
  return groups.flatMap((group) => inPlaceProblems(driver, cluster, group, wish, group))[0]?.message ?? null;
}

/** Names as they are now; a service that does not answer leaves them undefined rather than failing the page. */
async function currentNames(
  ctx: RequestContext,
  cluster: Cluster,
  network: { fixedNetwork: string | null; fixedSubnet: string | null },
): Promise<{ network: ResourceName; subnet: ResourceName; keypair: ResourceName }> {
  const cloud = ctx.cloud();
  const ask = async (id: string | null, find: (id: string) => Promise<{ name: string } | null | undefined>) => {
    if (id === null) return undefined;
    try {
      return (await find(id))?.name ?? null;
    } catch (error) {
      ctx.log.info({ err: error }, "a name could not be asked for");
      return undefined;
    }
  };
  const [networkName, subnet, keypair] = await Promise.all([
    ask(network.fixedNetwork, async (id) => (await cloud.neutron.findNetworks(id))[0]),
    ask(network.fixedSubnet, async (id) => (await cloud.neutron.findSubnets(id))[0]),
    // Other people's keypairs are invisible, which does not mean that they are gone.
    cluster.userId === ctx.user.id ? ask(cluster.keypair, (name) => cloud.nova.findKeypair(name)) : undefined,
  ]);
  return { network: networkName, subnet, keypair };
}

export async function listClusterNodes(deps: Deps, ctx: RequestContext, id: string): Promise<ClusterNode[]> {
  await readable(deps, ctx, id);
  return listNodes(deps.db, ctx.scope, id);
}

/** What the back end made, asked with the caller's own rights. */
export async function clusterResources(deps: Deps, ctx: RequestContext, id: string): Promise<ResourceNode[]> {
  const cluster = await readable(deps, ctx, id);
  return driverOf(deps, cluster).resources(ctx.cloud(), { id: cluster.id, name: cluster.name });
}

/** Newest first. History outlives its cluster. */
export async function clusterOperations(
  deps: Deps,
  ctx: RequestContext,
  id: string,
  after: string | undefined,
): Promise<Page<OperationRecord>> {
  authorize(ctx, "cluster:get_all");
  return listOperations(deps.db, ctx.scope, { clusterId: id, after, size: 50 });
}

/** Newest first. */
export async function clusterEvents(
  deps: Deps,
  ctx: RequestContext,
  id: string,
  { after, operation }: { after?: string | undefined; operation?: string | undefined },
): Promise<Page<ClusterEvent>> {
  authorize(ctx, "cluster:get_all");
  return listEvents(deps.db, ctx.scope, { clusterId: id, operationId: operation, after, size: 100 });
}

/** A name that no cluster of the project has. */
export async function suggestName(deps: Deps, ctx: RequestContext): Promise<string> {
  authorize(ctx, "cluster:get_all");
  for (let attempt = 1; ; attempt++) {
    const name = generatedName("cluster");
    if (attempt >= 20 || !(await clusterNameTaken(deps.db, ctx.scope, name))) return name;
  }
}

/** The cluster, if the caller may see it. */
export async function readable(deps: Deps, ctx: RequestContext, id: string): Promise<Cluster> {
  const cluster = await getClusterRecord(deps.db, ctx.scope, id);
  authorize(ctx, "cluster:get", targetOf(cluster));
  return cluster;
}

/** Throws driver_not_found. */
export function driverOf(deps: Deps, cluster: { driver: string }) {
  const driver = deps.drivers.find((each) => each.name === cluster.driver);
  if (!driver) throw new DomainError("driver_not_found", `Cluster driver (${cluster.driver}) not supported.`);
  return driver;
}

const templateOf = (deps: Deps, scope: Scope, id: string): Promise<ClusterTemplate | null> =>
  orMissing(getTemplate(deps.db, scope, id));

const difference = (cluster: Cluster, template: ClusterTemplate | null): LabelDifference =>
  diffLabels(cluster.labels, template?.labels ?? {});

async function orMissing<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof DomainError && (error.reason === "cluster_not_found" || error.reason === "template_not_found"))
      return null;
    throw error;
  }
}
