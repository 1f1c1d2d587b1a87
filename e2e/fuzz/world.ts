// What the requests meet: the api role over a real database, with a sandbox that knows the callers, and some clusters,
// groups, templates and quotas whose ids and names stay the same each time the world is made anew.
import { createHash } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { z } from "zod";
import { kubernetesFedoraCoreos } from "../../drivers/kubernetes-fedora-coreos/driver.ts";
import { driverRegistry } from "../../drivers/registry.ts";
import { connect, type Db } from "../../server/db/client.ts";
import type { NewAuthority } from "../../server/db/cluster-change.ts";
import { migrate } from "../../server/db/migrate.ts";
import { projectScope } from "../../server/db/scope.ts";
import { clusterStatuses } from "../../server/domain/cluster-status.ts";
import { buildApi } from "../../server/rest/app.ts";
import { newAuthorities } from "../../server/services/authorities.ts";
import { aNodegroup, writeCluster, writeTemplate } from "../../server/testing/builders.ts";
import { emptyDatabase } from "../../server/testing/databases.ts";
import { openTestCloud } from "../../server/testing/test-cloud.ts";
import { testDeps } from "../../server/testing/test-deps.ts";
import { aTrpcContext } from "../../server/testing/test-trpc.ts";
import { createCaller } from "../../server/trpc/root.ts";

const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

export const known = {
  clusters: [id(1), id(2), id(3), "settled", "failed", "twin", "theirs", id(9), "busy"],
  templates: [id(21), id(22), id(23), "small", "public", "hidden"],
  nodegroups: ["default-master", "default-worker", "extra", id(31), "1", "2"],
  people: ["member", "reader", "other", "admin"],
} as const;
export type Person = (typeof known.people)[number];

export interface World {
  app: FastifyInstance;
  db: Db;
  /** The console's procedures, as the member calls them. */
  console: ReturnType<typeof createCaller>;
  tokens: Record<Person, string>;
  projects: { own: string; other: string };
  /** What was logged last as an error of our own. */
  trouble(): string;
  /** As at the beginning, whatever happened since. */
  renew(): Promise<void>;
  /** Grows with whatever is written; cheap. */
  writes(): Promise<number>;
  /** Of everything that is stored but the audit trail, a word for each table. */
  digest(): Promise<Map<string, string>>;
  /** What must hold whatever was accepted; null = it does. */
  broken(): Promise<string | null>;
  close(): Promise<void>;
}

/** The audit trail tells of refusals too: it is meant to change. */
const trail = new Set(["AuditEvent", "Outbox"]);

const Count = z.array(z.object({ n: z.coerce.number() }));

/** `quota`: clusters that the member's project may have. */
export async function openWorld(dialect: Db["dialect"] = "sqlite", quota = 8): Promise<World> {
  const { url, remove } = await emptyDatabase(dialect);
  await migrate(url);
  const db = connect(url);
  const cloud = await openTestCloud();
  const deps = testDeps(db, {
    clouds: cloud.clouds,
    clock: { now: () => new Date() },
    drivers: driverRegistry([kubernetesFedoraCoreos]).all,
  });
  let trouble = "";
  const log = pino({ level: "error" }, { write: (line) => void (trouble = line) });
  const app = buildApi({ ...deps, log });
  const authorities = new Map<number, NewAuthority[]>();
  for (const number of [1, 2, 3, 4, 5, 9])
    authorities.set(number, await newAuthorities(deps, { id: id(number), name: "fuzzed" }, 1, new Date()));
  const [member, reader, other, admin] = [
    await cloud.token("demo", "demo"),
    await cloud.token("reader", "demo"),
    await cloud.token("other", "other"),
    await cloud.token("admin", "admin"),
  ];
  const own = projectScope(member.projectId, "RegionOne", null);
  const theirs = projectScope(other.projectId, "RegionOne", null);
  const listed = await (dialect === "sqlite"
    ? db.prisma.$queryRaw<unknown[]>`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name`
    : db.prisma.$queryRaw<unknown[]>`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`);
  const tables = z
    .array(z.object({ name: z.string() }))
    .parse(listed)
    .flatMap(({ name }) => (/^(_|sqlite_)/.test(name) || trail.has(name) ? [] : name));

  async function renew(): Promise<void> {
    const { prisma } = db;
    await prisma.cluster.deleteMany();
    await prisma.clusterTemplate.deleteMany();
    await prisma.credential.deleteMany();
    await prisma.quota.deleteMany();
    const real = { imageId: "fedora-coreos-38", masterFlavorId: "m1.medium", userId: member.userId };
    await writeTemplate(db, own, { ...real, id: id(21), name: "small", labels: { a: "1", b: "2" } });
    await writeTemplate(db, theirs, { ...real, id: id(22), name: "public", public: true });
    await writeTemplate(db, theirs, { ...real, id: id(23), name: "hidden", public: true, hidden: true });
    const clusters = [
      [1, "settled", own, "CREATE_COMPLETE"],
      [2, "failed", own, "UPDATE_FAILED"],
      [3, "busy", own, "UPDATE_IN_PROGRESS"],
      [4, "twin", own, "CREATE_COMPLETE"],
      [5, "twin", own, "ROLLBACK_FAILED"],
      [9, "theirs", theirs, "CREATE_COMPLETE"],
    ] as const;
    for (const [number, name, scope, status] of clusters) {
      const mine = scope === own;
      const cluster = {
        id: id(number),
        name,
        userId: mine ? member.userId : other.userId,
        clusterTemplateId: id(mine ? 21 : 22),
        labels: { a: "1", c: "3" },
      };
      await writeCluster(db, scope, { cluster, masters: 1, workers: 2, authorities: authorities.get(number) ?? [] });
      await prisma.cluster.update({
        where: { id: id(number) },
        data: { status, apiAddress: "https://192.0.2.1:6443" },
      });
      await prisma.nodeGroup.updateMany({ where: { clusterId: id(number) }, data: { status } });
    }
    const model = await prisma.nodeGroup.findFirstOrThrow({ where: { clusterId: id(1), role: "worker" } });
    const { seq: _, ...extra } = model;
    await prisma.nodeGroup.create({
      data: { ...extra, id: id(31), name: aNodegroup({ name: "extra" }).name, isDefault: false, nodeCount: 1 },
    });
    await prisma.cluster.update({ where: { id: id(1) }, data: { nodeCount: 3 } });
    await prisma.quota.create({
      data: { projectId: member.projectId, resource: "Cluster", hardLimit: quota, createdAt: new Date() },
    });
  }

  const console = createCaller(
    aTrpcContext(deps, (_project, aim) => deps.auth.apiContext(member.token, "req-fuzz", aim)),
  );

  return {
    app,
    db,
    console,
    tokens: { member: member.token, reader: reader.token, other: other.token, admin: admin.token },
    projects: { own: member.projectId, other: other.projectId },
    renew,
    trouble: () => trouble,
    async writes() {
      const rows = await (dialect === "sqlite"
        ? db.prisma.$queryRaw`SELECT total_changes() AS n`
        : db.prisma.$queryRaw`SELECT (pg_current_wal_insert_lsn() - '0/0')::float8 AS n`);
      return Count.parse(rows)[0]?.n ?? 0;
    },
    async digest() {
      const digests = new Map<string, string>();
      for (const table of tables) {
        const rows = await db.prisma.$queryRawUnsafe<unknown[]>(`SELECT * FROM "${table}" ORDER BY 1, 2`);
        const text = JSON.stringify(rows, (_key, value: unknown) =>
          typeof value === "bigint" ? String(value) : value,
        );
        digests.set(table, createHash("sha256").update(text).digest("hex"));
      }
      return digests;
    },
    async broken() {
      const clusters = await db.prisma.cluster.findMany({
        select: { id: true, status: true, masterCount: true, nodeCount: true, nodegroups: true },
      });
      for (const { id: cluster, status, masterCount, nodeCount, nodegroups } of clusters) {
        const sum = (master: boolean) =>
          nodegroups.filter(({ role }) => (role === "master") === master).reduce((n, group) => n + group.nodeCount, 0);
        if (sum(true) !== masterCount) return `${cluster} says ${masterCount} masters, its groups have ${sum(true)}`;
        if (sum(false) !== nodeCount) return `${cluster} says ${nodeCount} nodes, its groups have ${sum(false)}`;
        if (!clusterStatuses.some((word) => word === status)) return `${cluster} is ${status}`;
        for (const { name, nodeCount: n, minNodeCount, maxNodeCount } of nodegroups)
          if (n < minNodeCount || (maxNodeCount !== null && n > maxNodeCount))
            return `group ${name} of ${cluster} has ${n} of ${minNodeCount} to ${maxNodeCount}`;
      }
      return null;
    },
    async close() {
      await app.close();
      await cloud.close();
      await db.close();
      await remove();
    },
  };
}
