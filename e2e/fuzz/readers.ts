// Reads everything by everything that reads: whatever was let in must be shown, listed, and taken back as it is.
import { routes } from "../../server/rest/routes.ts";
import { ask, procedures } from "./console.ts";
import type { World } from "./world.ts";

/** The first version, and the last one that a route has. */
const versions = (until: number | undefined) => [1, until ?? 14];

export interface Subjects {
  clusters: readonly { id: string; nodegroups: readonly { id: string }[] }[];
  templates: readonly { id: string }[];
}

/** All rows, or the one that was made last and the one that was changed last of each table. */
export async function subjectsOf({ db: { prisma } }: World, what: "all" | "latest"): Promise<Subjects> {
  const nodegroups = { select: { id: true } } as const;
  if (what === "all")
    return {
      clusters: await prisma.cluster.findMany({ select: { id: true, nodegroups } }),
      templates: await prisma.clusterTemplate.findMany({ select: { id: true } }),
    };
  const orders = [{ seq: "desc" }, { updatedAt: { sort: "desc", nulls: "last" } }] as const;
  const [clusters, templates] = await Promise.all([
    Promise.all(
      orders.map((orderBy) => prisma.cluster.findMany({ orderBy, take: 1, select: { id: true, nodegroups } })),
    ),
    Promise.all(orders.map((orderBy) => prisma.clusterTemplate.findMany({ orderBy, take: 1, select: { id: true } }))),
  ]);
  return { clusters: once(clusters.flat()), templates: once(templates.flat()) };
}

const once = <T extends { id: string }>(rows: readonly T[]): T[] => [
  ...new Map(rows.map((row) => [row.id, row])).values(),
];

/** Queries of the console that read no rows of ours, or ask for more than there is to be read. */
const others = new Set(["session.options", "session.get", "cloud.options", "template.check", "cluster.preview"]);

/** How many answers there were. Throws at the first that is an error of ours. */
export async function readAll(world: World, { clusters, templates }: Subjects): Promise<number> {
  let answers = 0;
  const told = (what: string, status: number, why: string) => {
    answers += 1;
    if (status >= 500) throw new Error(`${what} answers ${status}: ${why.slice(0, 800)}\n${world.trouble()}`);
  };

  /** Every way that a path with parameters leads. */
  const paths = (path: string): string[] =>
    !path.includes(":")
      ? [path]
      : path.includes(":template")
        ? templates.map(({ id }) => path.replace(":template", id))
        : path.includes(":cluster") || path.includes(":id")
          ? clusters.flatMap(({ id, nodegroups }) => {
              const own = path.replace(/:cluster|:id/, id);
              return own.includes(":nodegroup") ? nodegroups.map((each) => own.replace(":nodegroup", each.id)) : own;
            })
          : [path.replace(/:project\w*/, world.projects.own).replace(":resource", "Cluster")];

  for (const { method, path, until } of routes) {
    // No change is one as well: the patch is held against all that is there.
    if (method !== "GET" && method !== "PATCH") continue;
    for (const url of paths(path))
      for (const minor of versions(until)) {
        const headers = {
          "x-auth-token": world.tokens.admin,
          "openstack-api-version": `container-infra 1.${minor}`,
          ...(method === "PATCH" ? { "content-type": "application/json" } : {}),
        };
        const payload = method === "PATCH" ? { payload: "[]" } : {};
        const answer = await world.app.inject({ method, url, headers, ...payload });
        told(`${method} ${url} at 1.${minor}`, answer.statusCode, answer.body);
      }
  }

  const project = world.projects.own;
  for (const { name, type, shape } of procedures) {
    if (type !== "query" || others.has(name)) continue;
    const ids = !("id" in shape) ? [null] : (name.startsWith("template.") ? templates : clusters).map(({ id }) => id);
    for (const id of ids) {
      const more = {
        ...(name === "cluster.resizePreview" ? { nodeCount: 1 } : {}),
        ...(name === "cluster.upgradePreview" ? { clusterTemplate: templates[0]?.id ?? "small" } : {}),
      };
      const { status, error } = await ask(world.console, name, { project, ...(id === null ? {} : { id }), ...more });
      told(`${name} ${id ?? ""}`, status, error);
    }
  }
  return answers;
}
