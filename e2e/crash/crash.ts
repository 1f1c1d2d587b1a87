// The conductor is killed without warning at random moments while clusters are made and deleted. Whatever the moment, each
// cluster ends where it should, with one stack for each part of it and one trust, and in the end with nothing.
import { z } from "zod";
import { list } from "../openstack/session.ts";
import type { Session } from "../openstack/session.ts";
import { inventory, trustees } from "../lifecycle/inventory.ts";
import { growth } from "../lifecycle/lifecycle.ts";
import { kubernetesTemplate, magnum } from "../lifecycle/magnum.ts";
import type { Magnum } from "../lifecycle/magnum.ts";
import { openProduct } from "../lifecycle/product.ts";
import type { Product } from "../lifecycle/product.ts";
import type { CloudTarget } from "../lifecycle/target.ts";

export interface CrashPlan {
  clusters: number;
  /** At least so many kills while clusters are made, and again while they are deleted. */
  kills: number;
  /** A conductor lives between these before it is killed. */
  lifeMs: { least: number; most: number };
  /** The same seed kills at the same moments, as far as the machine lets it. */
  seed: number;
  limitMs: number;
}

export interface CrashReport {
  kills: number;
  /** What should not be, in words; empty = nothing was lost and nothing doubled. */
  problems: string[];
}

/** Runs the plan on a cloud and reports. Throws only when it could not be run at all. */
export async function crash(target: CloudTarget, plan: CrashPlan): Promise<CrashReport> {
  const random = generator(plan.seed);
  const product = await openProduct(target.env);
  const report: CrashReport = { kills: 0, problems: [] };
  let remove = async () => {};
  try {
    for (const role of [...target.roles, "api"] as const) await product.start(role);
    const cloud = await target.prepare();
    remove = cloud.remove;
    const api = magnum(product.apiUrl, cloud.person);
    const before = await inventory(cloud.person, cloud.trusteeAdmin);
    // Their API stays inside their network: what is tried here is making and deleting, not add-ons.
    const template = await api.createTemplate({ ...(await kubernetesTemplate(cloud.person, "crash")), labels: {} });

    const ids: string[] = [];
    await killing(product, plan, random, report, {
      // Clusters come one by one between kills, so that each moment of making one is hit.
      betweenKills: async () => {
        if (ids.length < plan.clusters)
          ids.push(
            await api.createCluster({
              name: `crash-${ids.length}`,
              cluster_template_id: template,
              master_count: 1,
              node_count: 1,
            }),
          );
      },
      finished: async () =>
        ids.length === plan.clusters && (await every(ids, api, (status) => status === "CREATE_COMPLETE")),
      explain: () => statuses(ids, api),
    });
    for (const id of ids) report.problems.push(...(await doubled(cloud.person, id)));
    const found = growth(before, await inventory(cloud.person, cloud.trusteeAdmin));
    const wanted = { servers: 2, "load balancers": 1, networks: 1, trusts: 1 };
    for (const [kind, each] of Object.entries(wanted))
      if (found[kind] !== each * ids.length)
        report.problems.push(`${ids.length} clusters hold ${found[kind] ?? 0} ${kind}, not ${each * ids.length}`);

    const doomed = [...ids];
    await killing(product, plan, random, report, {
      betweenKills: async () => {
        const id = doomed.pop();
        if (id !== undefined) await api.deleteCluster(id);
      },
      finished: async () => doomed.length === 0 && (await every(ids, api, (status) => status === null)),
      explain: () => statuses(ids, api),
    });
    await api.deleteTemplate(template);
    const left = growth(before, await inventory(cloud.person, cloud.trusteeAdmin));
    for (const [kind, count] of Object.entries(left)) report.problems.push(`${count} ${kind} left behind`);
    const users = await trustees(cloud.trusteeAdmin);
    for (const user of users.filter(({ name }) => ids.some((id) => name?.startsWith(id))))
      report.problems.push(`trustee ${user.name ?? user.id} left behind`);
    report.problems.push(...(cloud.nodes?.problems ?? []));
    return report;
  } finally {
    await product.stop();
    await remove();
  }
}

interface Work {
  betweenKills(): Promise<void>;
  finished(): Promise<boolean>;
  explain(): Promise<string>;
}

/** Kills and starts the conductor until it has been killed often enough, then lets one live until the work is finished. */
async function killing(
  product: Product,
  plan: CrashPlan,
  random: () => number,
  report: CrashReport,
  work: Work,
): Promise<void> {
  const deadline = Date.now() + plan.limitMs;
  await product.start("conductor");
  for (let kills = 0; kills < plan.kills; kills++) {
    await work.betweenKills();
    const { least, most } = plan.lifeMs;
    await sleep(least + random() * (most - least));
    await product.kill("conductor");
    report.kills++;
    await product.start("conductor");
  }
  while (!(await work.finished())) {
    if (Date.now() > deadline) {
      report.problems.push(`not finished in time: ${await work.explain()}`);
      break;
    }
    await work.betweenKills();
    await sleep(500);
  }
  await product.kill("conductor");
}

export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Reproducible numbers in [0, 1) (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const status = async (api: Magnum, id: string) => (await api.findCluster(id))?.status ?? null;

async function every(ids: readonly string[], api: Magnum, good: (status: string | null) => boolean): Promise<boolean> {
  for (const id of ids) if (!good(await status(api, id))) return false;
  return true;
}

async function statuses(ids: readonly string[], api: Magnum): Promise<string> {
  const clusters = await Promise.all(ids.map((id) => api.findCluster(id)));
  return clusters.map((cluster) => (cluster ? `${cluster.status} ${cluster.status_reason ?? ""}` : "gone")).join("; ");
}

/** Stacks of one cluster carry its tag; each part of the cluster has one. */
export async function doubled(person: Session, clusterId: string): Promise<string[]> {
  const stack = z.object({ stack_name: z.string(), tags: z.array(z.string()).nullish() });
  const all = await list(person, `${person.at("orchestration")}/stacks`, "stacks", stack);
  const own = all.filter(({ tags }) => tags?.includes(`coe-cluster-${clusterId}`));
  // The tags of two stacks are the same only if they are for the same thing.
  const seen = new Map<string, string>();
  return own.flatMap(({ stack_name: name, tags }) => {
    const purpose = [...(tags ?? [])].sort().join(" ");
    const other = seen.get(purpose);
    seen.set(purpose, name);
    return other === undefined ? [] : [`${other} and ${name} are stacks for the same part of ${clusterId}`];
  });
}
