// Conductors and the REST API are killed without warning while people make, resize, upgrade, rotate and delete clusters,
// several at a time. When it is over, each cluster is what was asked for last, with one stack for each part of it, one trust,
// one user and one set of authorities; and when all are deleted, nothing is left.
import { connect } from "../../server/db/client.ts";
import { HttpError } from "../openstack/session.ts";
import { inventory, trustees } from "../lifecycle/inventory.ts";
import { growth } from "../lifecycle/lifecycle.ts";
import { kubernetesTemplate, magnum } from "../lifecycle/magnum.ts";
import type { Cluster, Magnum } from "../lifecycle/magnum.ts";
import { openProduct } from "../lifecycle/product.ts";
import type { Product, Role } from "../lifecycle/product.ts";
import type { CloudTarget, Prepared } from "../lifecycle/target.ts";
import { doubled, generator, sleep } from "./crash.ts";

export interface StormPlan {
  /** At a time. */
  clusters: number;
  kills: number;
  /** A process lives between these before it, or another one, is killed. */
  lifeMs: { least: number; most: number };
  /** The same seed asks for the same, as far as the machine lets it. */
  seed: number;
  /** For all clusters to come to rest, and again for all to go. */
  limitMs: number;
  databaseUrl: string;
  /** Told of what goes on; absent = nobody. */
  tell?: (line: string) => void;
}

export interface StormReport {
  kills: Record<string, number>;
  /** What people asked for and got. */
  accepted: Record<string, number>;
  /** Clusters that there were when it was over. */
  clusters: number;
  seconds: number;
  /** What should not be, in words; empty = nothing was lost and nothing doubled. */
  problems: string[];
}

const victims: readonly Role[] = ["conductor", "conductor-2", "conductor", "conductor-2", "api"];

/** Runs the plan and reports. Throws only when it could not be run at all. */
export async function storm(target: CloudTarget, plan: StormPlan): Promise<StormReport> {
  const began = Date.now();
  const random = generator(plan.seed);
  const pick = <T>(from: readonly T[]): T | undefined => from[Math.floor(random() * from.length)];
  const secrets = { SECRETS_KEY: Buffer.alloc(32, 7).toString("base64") };
  const product = await openProduct({ ...target.env, ...secrets, DATABASE_URL: plan.databaseUrl });
  const report: StormReport = { kills: {}, accepted: {}, clusters: 0, seconds: 0, problems: [] };
  const count = (into: Record<string, number>, what: string) => (into[what] = (into[what] ?? 0) + 1);
  let remove = async () => {};
  try {
    for (const role of [...target.roles, "api", "conductor", "conductor-2"] as const) await product.start(role);
    const cloud = await target.prepare();
    remove = cloud.remove;
    const api = magnum(product.apiUrl, cloud.person);
    const before = await inventory(cloud.person, cloud.trusteeAdmin);
    const templates: string[] = [];
    // The conductor reaches the API from outside.
    const labels = { master_lb_floating_ip_enabled: "true" };
    for (const tag of ["v1.33.1", "v1.34.1"]) {
      const template = await kubernetesTemplate(cloud.person, tag);
      templates.push(await api.createTemplate({ ...template, labels: { ...labels, kube_tag: tag } }));
    }
    const ids = new Set<string>();
    /** Asked to go, and perhaps not gone yet: they still count for the cloud's quota. */
    const going = new Set<string>();
    let named = 0;
    const create = async () => {
      const size = { master_count: 1, node_count: 1 + Math.floor(random() * 2) };
      ids.add(await api.createCluster({ name: `storm-${named++}`, cluster_template_id: templates[0], ...size }));
    };
    const change = async () => {
      const id = pick([...ids]);
      const what = pick(["resize", "resize", "upgrade", "rotateCa", "rotateCredential", "delete"] as const);
      if (id === undefined || what === undefined) return;
      try {
        if (what === "resize") await api.resize(id, Math.floor(random() * 4));
        else if (what === "upgrade") await api.upgrade(id, templates[1] ?? "");
        else if (what === "delete") await api.deleteCluster(id);
        else await api[what](id);
        if (what === "delete" && ids.delete(id)) going.add(id);
        count(report.accepted, what);
      } catch (error) {
        // What its state does not allow now is refused, as it should be.
        if (!(error instanceof HttpError)) throw error;
      }
    };
    for (let kills = 0; kills < plan.kills; kills++) {
      for (const id of going) if ((await api.findCluster(id)) === null) going.delete(id);
      if (ids.size < plan.clusters && ids.size + going.size < plan.clusters * 2) {
        await create();
        count(report.accepted, "create");
      }
      await change();
      const { least, most } = plan.lifeMs;
      await sleep(least + random() * (most - least));
      const role = pick(victims) ?? "conductor";
      await product.kill(role);
      count(report.kills, role);
      await product.start(role);
      if (kills % 10 === 9) plan.tell?.(`${kills + 1} kills; ${await words(api, ids)}`);
    }
    await settle(api, going, plan, report);
    await settle(api, ids, plan, report);
    report.clusters = ids.size;
    await inspect(api, cloud, before, ids, plan.databaseUrl, report);

    for (const id of ids) await api.deleteCluster(id);
    await settle(api, ids, plan, report);
    for (const template of templates) await api.deleteTemplate(template);
    const left = growth(before, await inventory(cloud.person, cloud.trusteeAdmin));
    for (const [kind, many] of Object.entries(left)) report.problems.push(`${many} ${kind} left behind`);
    for (const user of await trustees(cloud.trusteeAdmin))
      report.problems.push(`trustee ${user.name ?? user.id} left behind`);
    if (report.problems.length > 0) plan.tell?.(tails(product));
    return { ...report, seconds: Math.round((Date.now() - began) / 1000) };
  } finally {
    await product.stop();
    await remove();
  }
}

async function words(api: Magnum, ids: ReadonlySet<string>): Promise<string> {
  const found = await Promise.all([...ids].map((id) => api.findCluster(id)));
  const counts = Map.groupBy(found, (cluster) => cluster?.status ?? "gone");
  return [...counts].map(([status, of]) => `${of.length} ${status}`).join(", ");
}

/** Waits until nothing is in progress any more. Who is gone is taken off the list. */
async function settle(api: Magnum, ids: Set<string>, plan: StormPlan, report: StormReport): Promise<void> {
  const deadline = Date.now() + plan.limitMs;
  for (;;) {
    const found = new Map<string, Cluster | null>();
    for (const id of ids) found.set(id, await api.findCluster(id));
    for (const [id, cluster] of found) if (cluster === null) ids.delete(id);
    const moving = [...found.values()].filter((cluster) => cluster?.status.endsWith("IN_PROGRESS"));
    if (moving.length === 0) {
      const failed = [...found.values()].filter((cluster) => cluster?.status.endsWith("FAILED"));
      for (const one of failed) report.problems.push(`${one?.name} is ${one?.status}: ${one?.status_reason ?? ""}`);
      return;
    }
    if (Date.now() > deadline) {
      for (const one of moving)
        report.problems.push(`${one?.name} is still ${one?.status}: ${one?.status_reason ?? ""}`);
      return;
    }
    await sleep(500);
  }
}

/** Counts what the clusters hold at the cloud and in the database. */
async function inspect(
  api: Magnum,
  cloud: Prepared,
  before: Awaited<ReturnType<typeof inventory>>,
  ids: ReadonlySet<string>,
  databaseUrl: string,
  report: StormReport,
): Promise<void> {
  const expect = (what: string, found: number, wanted: number) => {
    if (found !== wanted) report.problems.push(`${ids.size} clusters hold ${found} ${what}, not ${wanted}`);
  };
  let nodes = 0;
  for (const id of ids) {
    const cluster = await api.findCluster(id);
    nodes += (cluster?.master_count ?? 0) + (cluster?.node_count ?? 0);
    report.problems.push(...(await doubled(cloud.person, id)));
  }
  // Of deletions that came last the identity goes a moment after the cluster.
  await sleep(2000);
  const found = growth(before, await inventory(cloud.person, cloud.trusteeAdmin));
  expect("servers", found["servers"] ?? 0, nodes);
  for (const kind of ["load balancers", "networks"]) expect(kind, found[kind] ?? 0, ids.size);
  const db = connect(databaseUrl);
  try {
    const retired = await db.prisma.credential.count({ where: { retiredFor: { in: [...ids] } } });
    expect("credentials in use", await db.prisma.credential.count({ where: { clusterId: { not: null } } }), ids.size);
    // What a rotation retired stays until its cluster goes.
    expect("credentials", await db.prisma.credential.count(), ids.size + retired);
    expect("trusts", found["trusts"] ?? 0, ids.size + retired);
    expect("trustees", (await trustees(cloud.trusteeAdmin)).length, ids.size + retired);
    expect("authorities", await db.prisma.certificateAuthority.count(), ids.size * 4);
    expect("running operations", await db.prisma.operation.count({ where: { outcome: "running" } }), 0);
    expect(
      "leases",
      await db.prisma.cluster.count({ where: { leaseUntil: { lt: new Date(Date.now() - 60_000) } } }),
      0,
    );
  } finally {
    await db.close();
  }
}

const tails = (product: Product): string =>
  (["conductor", "conductor-2", "api"] as const)
    .map((role) => `--- ${role}\n${product.log(role).split("\n").slice(-60).join("\n")}`)
    .join("\n");
