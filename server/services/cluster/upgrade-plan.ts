// What an upgrade to another template would make of a cluster, and everything that speaks against it. Pure.
import type { ClusterDriver, NodegroupWish, Wish } from "../../../drivers/driver.ts";
import { wishOf } from "../../../drivers/wish.ts";
import type { CurrentCluster } from "../../db/cluster-change.ts";
import type { TemplateRow } from "../../db/cluster-template.ts";
import { DomainError } from "../../domain/error.ts";
import type { NodeGroupFacts } from "../../domain/facts.ts";
import type { Labels } from "../../domain/labels.ts";
import { asUpgraded, isVersionLabel } from "../../domain/upgrade.ts";
import { compareVersions, minorsAhead, parseVersion, skewAllowed } from "../../domain/version.ts";
import type { UpgradePreview } from "../views.ts";
import { refuseNewProblems } from "./change.ts";
import { inPlaceProblems } from "./in-place.ts";

type Whole = Pick<CurrentCluster, "cluster" | "nodegroups">;
export type Group = Whole["nodegroups"][number];

/** What the templates and the cloud say, read before anything is decided. */
export interface Target {
  template: TemplateRow;
  /** Labels of the template that the cluster has now; {} when it cannot be seen any more. */
  from: Labels;
  image: NodeGroupFacts["image"] & { distro: string };
  /** Null = control plane and default workers. */
  pool: { id: string; name: string } | null;
  maxBatch: number;
}

export interface Plan {
  problems: DomainError[];
  after: Whole;
  /** `inPlace`: what changes is changed on the nodes themselves, since they cannot be replaced. */
  groups: { before: Group; after: Group; from: string; to: string; replaced: boolean; inPlace: boolean }[];
}

const invalid = (why: string) =>
  new DomainError("conflict", `Cluster Template is not valid for upgrade: ${why}`, { field: "cluster_template" });

/** What would be wanted afterwards, and everything that speaks against it in the order in which it is told. Pure. */
export function planUpgrade(driver: ClusterDriver, { cluster, nodegroups }: Whole, target: Target): Plan {
  const { template, image, pool } = target;
  const problems: DomainError[] = [];
  if (pool && template.id !== cluster.clusterTemplateId)
    problems.push(
      invalid(
        `Nodegroup ${pool.name} can be upgraded only to match cluster's template (${cluster.facts.template.name}).`,
      ),
    );
  const network = cluster.facts.template.networkDriver;
  if (template.coe !== cluster.coe)
    problems.push(invalid(`it is for ${template.coe}, the cluster runs ${cluster.coe}.`));
  else if (template.driver !== cluster.driver)
    problems.push(invalid(`its clusters are made by driver ${template.driver}, this one by ${cluster.driver}.`));
  else if (template.networkDriver !== network)
    problems.push(invalid(`its network driver is ${template.networkDriver}, the cluster has ${network}.`));
  else if (image.distro !== cluster.facts.template.distro)
    problems.push(
      invalid(`its image holds ${image.distro}, the cluster's nodes have ${cluster.facts.template.distro}.`),
    );

  const upgraded = (group: Group): Group => ({
    ...group,
    labels: pool ? matching(group.labels, cluster.labels) : asUpgraded(group.labels, target.from, template.labels),
    imageId: group.facts.ownImage ? group.imageId : template.imageId,
    facts: {
      ...group.facts,
      ...(group.facts.ownImage ? {} : { image: { id: image.id, name: image.name, minDiskGib: image.minDiskGib } }),
      nodeRevision: driver.nodeRevision,
      version: null,
    },
  });
  const was = wishOf(cluster, nodegroups);
  const isMeant = (group: Group) => (pool ? group.id === pool.id : group.isDefault);
  const unsettled: Whole = {
    cluster: pool
      ? cluster
      : {
          ...cluster,
          clusterTemplateId: template.id,
          labels: asUpgraded(cluster.labels, target.from, template.labels),
          facts: { ...cluster.facts, template: { ...cluster.facts.template, name: template.name } },
        },
    nodegroups: nodegroups.map((group) => (isMeant(group) ? upgraded(group) : group)),
  };
  const read = wishOf(unsettled.cluster, unsettled.nodegroups);
  const after: Whole = {
    ...unsettled,
    nodegroups: unsettled.nodegroups.map((group) => ({
      ...group,
      facts: { ...group.facts, version: versionIn(driver, isMeant(group) ? read : was, group.id) },
    })),
  };
  const will = wishOf(after.cluster, after.nodegroups);
  const groups = nodegroups.filter(isMeant).map((before) => {
    const found = after.nodegroups.find((group) => group.id === before.id) ?? before;
    const [from, to] = [versionIn(driver, was, before.id), versionIn(driver, will, before.id)];
    const changes =
      from !== to ||
      before.facts.image.id !== found.facts.image.id ||
      before.facts.nodeRevision !== found.facts.nodeRevision ||
      changedLabels(before.labels, found.labels).length > 0 ||
      changedLabels(cluster.labels, after.cluster.labels).length > 0;
    const wished = will.nodegroups.find((group) => group.key.id === before.id);
    const inPlace = changes && wished !== undefined && driver.replaceable(will, wished).length > 0;
    return { before, after: found, from, to, replaced: changes && !inPlace, inPlace };
  });
  const plan = { problems, after, groups };
  if (problems.length === 0) problems.push(...versionProblems(driver, will, plan, pool !== null));
  if (problems.length === 0 && groups.every((group) => !group.replaced && !group.inPlace))
    problems.push(
      invalid(
        `${pool?.name ?? "the cluster"} already has everything that ${template.name} would bring; nothing changes.`,
      ),
    );
  if (problems.length === 0) problems.push(...driverProblems(driver, { cluster, nodegroups }, plan, will));
  return plan;
}

/** A group's own version labels brought to what the cluster has; what only it has set stays. */
const matching = (own: Labels, cluster: Labels): Labels =>
  Object.fromEntries(
    Object.entries(own).map(([key, value]) => [
      key,
      isVersionLabel(key) && Object.hasOwn(cluster, key) ? (cluster[key] ?? value) : value,
    ]),
  );

export function versionIn(driver: ClusterDriver, wish: Wish, id: string): string {
  const group = wish.nodegroups.find((each) => each.key.id === id);
  return driver.version(wish, group);
}

/** No way back, one minor release at a time for the control plane, and nodes never too far from it. */
function versionProblems(driver: ClusterDriver, will: Wish, { groups, after }: Plan, onePool: boolean): DomainError[] {
  const tag = (why: string) =>
    new DomainError("invalid_input", `Received invalid tag for kube_tag: ${why}.`, { field: "cluster_template" });
  for (const { from, to } of groups) {
    const [old, next] = [parseVersion(from), parseVersion(to)];
    if (!next) return [tag(`${to} is no version`)];
    if (old && compareVersions(next, old) < 0)
      return [tag(`going from ${from} to ${to} is a downgrade, and Kubernetes knows no way back`)];
    if (old && !onePool && minorsAhead(old, next) > 1)
      return [invalid(`it goes from ${from} to ${to}: upgrade one minor release at a time.`)];
  }
  const master = after.nodegroups.find((group) => group.role === "master");
  const control = master ? parseVersion(versionIn(driver, will, master.id)) : null;
  if (!control) return [];
  return after.nodegroups.flatMap((group): DomainError[] => {
    const text = versionIn(driver, will, group.id);
    const own = parseVersion(text);
    if (!own || group.role === "master") return [];
    if (compareVersions(own, control) > 0)
      return [
        invalid(`${group.name} would run ${text}, which is newer than the control plane: upgrade the cluster first.`),
      ];
    return minorsAhead(own, control) > skewAllowed(control)
      ? [invalid(`${group.name} would stay at ${text}, too old for the new control plane: upgrade it first.`)]
      : [];
  });
}

function driverProblems(driver: ClusterDriver, before: Whole, { after, groups }: Plan, will: Wish): DomainError[] {
  try {
    refuseNewProblems(driver, before, after);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return [invalid(error.message)];
  }
  const was = wishOf(before.cluster, before.nodegroups);
  return groups.flatMap(({ before: { id }, inPlace }) => {
    const group: NodegroupWish | undefined = will.nodegroups.find((each) => each.key.id === id);
    const former = was.nodegroups.find((each) => each.key.id === id);
    return !inPlace || !group || !former
      ? []
      : inPlaceProblems(driver, before.cluster, former, will, group).map(
          ({ field, message }) =>
            new DomainError("invalid_input", message, {
              field,
              ...(field === "master_lb_enabled"
                ? { remedy: "Make a new cluster from a template with master_lb_enabled and move there." }
                : {}),
            }),
        );
  });
}

/** What differs, key by key. */
export function changedLabels(before: Labels, after: Labels): UpgradePreview["labels"] {
  const value = (labels: Labels, key: string) => (Object.hasOwn(labels, key) ? (labels[key] ?? null) : null);
  return [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((key) => ({ key, from: value(before, key), to: value(after, key) }))
    .filter(({ from, to }) => from !== to);
}
