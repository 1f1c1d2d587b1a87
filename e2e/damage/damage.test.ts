// Rows outlive versions, and people edit databases: whatever stands in a column, its row is listed, shown, repaired and
// deleted, and its neighbours are as they were.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Db } from "../../server/db/client.ts";
import { claimDue } from "../../server/db/lease.ts";
import { loadClaimed } from "../../server/db/reconcile.ts";
import { tables } from "../../server/db/tables.ts";
import { clusterRemedy } from "../../server/domain/damage.ts";
import { appRouter } from "../../server/trpc/root.ts";
import { createCallerFactory } from "../../server/trpc/init.ts";
import { testContext } from "../../server/testing/test-context.ts";
import { dialects } from "../../server/testing/test-db.ts";
import { latest, openDoor } from "../../server/rest/testing/door.ts";

/** As SQL; what a column's type refuses is left out. */
const nasties = [
  "NULL",
  "''",
  "' '",
  "'garbage'",
  "'{'",
  "'[1, null]'",
  '\'{"a": {"b": 1}}\'',
  "-5",
  "1.5",
  "2147483647",
  "99999999999",
  "7",
  "'2026-99-99'",
  "x'ff00fe'",
];

/** Other rows and the way to a row hang on these. */
const anchors = new Set(["seq", "id", "projectId", "templateId", "clusterId", "region", "nodegroupId", "serverId"]);

const columnsOf = (table: keyof typeof tables) => Object.keys(tables[table]).filter((name) => !anchors.has(name));

/** A third of them, another one for each column. */
const nastiesFor = (table: keyof typeof tables, column: string) =>
  nasties.filter((_, index) => (index + columnsOf(table).indexOf(column)) % 3 === 0);

const found = (json: Record<string, unknown>, list: string): Record<string, unknown>[] => {
  const rows: unknown = json[list];
  if (!Array.isArray(rows)) throw new Error(`no ${list} in the answer`);
  return rows as Record<string, unknown>[];
};

/** Column to wire name and a value that fits. */
const good: Readonly<Record<string, [field: string, value: unknown]>> = {
  name: ["name", "again"],
  coe: ["coe", "kubernetes"],
  imageId: ["image_id", "fedora-coreos-38"],
  networkDriver: ["network_driver", "flannel"],
  apiserverPort: ["apiserver_port", 6443],
  labels: ["labels", { a: "1" }],
  dockerVolumeSizeGib: ["docker_volume_size", 5],
  noProxy: ["no_proxy", "localhost"],
  dnsNameserver: ["dns_nameserver", "8.8.8.8"],
  tlsDisabled: ["tls_disabled", false],
  serverType: ["server_type", "vm"],
  masterLbEnabled: ["master_lb_enabled", true],
  tags: ["tags", "a,b"],
};

describe.each(dialects)("on %s", (dialect) => {
  const door = openDoor({ cloud: true, dialect });

  /** False = the database itself refuses that. */
  async function damage(db: Db, table: string, id: string, column: string, sql: string): Promise<boolean> {
    try {
      await db.prisma.$executeRawUnsafe(`UPDATE "${table}" SET "${column}" = ${sql} WHERE "id" = '${id}'`);
      return true;
    } catch {
      return false;
    }
  }

  /** The console's procedures, as the member of the project calls them. */
  const console = () => {
    const { deps, projectId } = door;
    const request = testContext({ projectId, userId: "someone", clouds: deps.clouds });
    return createCallerFactory(appRouter)({
      deps,
      requestId: "req-1",
      session: null,
      sameOrigin: true,
      from: "127.0.0.1",
      calls: 1,
      opensPage: false,
      keepSession: () => {},
      enter: async () => request,
      inProject: async () => request,
    });
  };

  describe("a damaged template", () => {
    let neighbour = "";
    let before: Record<string, unknown> | undefined;
    beforeAll(async () => {
      neighbour = await door.template({ name: "b-neighbour" });
      before = found((await door.call("/v1/clustertemplates")).json, "clustertemplates")[0];
    });

    beforeEach(() => door.database.db.prisma.clusterTemplate.deleteMany({ where: { id: { not: neighbour } } }));

    test.each(columnsOf("ClusterTemplate"))("in %s is listed, shown, repaired and deleted", async (column) => {
      const { db } = door.database;
      const project = door.projectId;
      for (const sql of nastiesFor("ClusterTemplate", column)) {
        const id = await door.template({ name: "a-victim", imageId: "fedora-coreos-38" });
        if (await damage(db, "ClusterTemplate", id, column, sql)) {
          const what = `${column} = ${sql}`;
          for (const url of ["clustertemplates", "clustertemplates/detail", "baymodels"]) {
            const { status, json, text } = await door.call(`/v1/${url}`);
            expect(status, `${what}: ${text}`).toBe(200);
            const rows = found(json, url.split("/")[0] ?? url);
            expect(rows.map((row) => row["uuid"]).toSorted(), what).toEqual([neighbour, id].toSorted());
            if (url !== "baymodels") expect(rows.find((row) => row["uuid"] === neighbour)).toEqual(before);
          }
          expect((await door.call(`/v1/clustertemplates/${id}`)).status, what).toBe(200);
          for (const sort of ["name", "-created", "-updated", "apiserverPort", "public"])
            expect((await console().template.list({ project, sort, size: 1 })).total, what).toBe(2);
          await console().template.get({ project, id });
          // Each is repaired by the patch that sets it anew.
          const [field, value] = good[column] ?? [];
          if (field !== undefined) {
            const patched = await door.patch(`/v1/clustertemplates/${id}`, [
              { op: "replace", path: `/${field}`, value },
            ]);
            expect([patched.status, patched.json[field]], `${what}: ${patched.text}`).toEqual([200, value]);
            const after = await console().template.get({ project, id });
            expect(after.damage?.map((each) => each.field) ?? [], what).not.toContain(column);
          }
        }
        expect((await door.call(`/v1/clustertemplates/${id}`, { method: "DELETE" })).status, `${column} = ${sql}`).toBe(
          204,
        );
      }
    });

    test("says what is wrong, and nothing is made from it", async () => {
      const id = await door.template({ name: "lost", imageId: "fedora-coreos-38" });
      await damage(door.database.db, "ClusterTemplate", id, "labels", "'{'");
      const listed = await console().template.list({ project: door.projectId, q: "lost" });
      expect(listed.rows[0]?.damage).toEqual([{ field: "labels", why: "is not JSON", lost: true }]);
      const refused = await door.post(
        "/v1/clusters",
        { cluster_template_id: id, keypair: "mykey" },
        { version: latest },
      );
      expect([refused.status, refused.detail]).toEqual([
        409,
        "ClusterTemplate lost cannot be used. What is stored of it does not fit: labels (is not JSON).",
      ]);
      const warning = [
        '299 - "ClusterTemplate lost: What is stored of it does not fit: labels (is not JSON). No cluster is made from it ' +
          'until these values are set anew. It can be changed and deleted."',
      ];
      for (const url of ["clustertemplates", "clustertemplates/detail", `clustertemplates/${id}`, `baymodels/${id}`])
        expect([(await door.call(`/v1/${url}`)).headers["warning"]].flat(), url).toEqual(warning);
      const steps = [{ op: "replace", path: "/labels", value: {} }];
      expect((await door.patch(`/v1/clustertemplates/${id}`, steps)).status).toBe(200);
      expect((await console().template.get({ project: door.projectId, id })).damage).toBeUndefined();
    });

    test("keeps what can be kept: blanks, and labels beyond their bounds", async () => {
      const id = await door.template({ name: "kept", imageId: "fedora-coreos-38" });
      await damage(door.database.db, "ClusterTemplate", id, "noProxy", "' '");
      const long = "x".repeat(70_000);
      await damage(door.database.db, "ClusterTemplate", id, "labels", `'{"a": "${long}"}'`);
      const { json } = await door.call(`/v1/clustertemplates/${id}`);
      expect(json).toMatchObject({ no_proxy: null, labels: { a: long } });
      const { damage: told } = await console().template.get({ project: door.projectId, id });
      expect(told).toMatchObject([
        { field: "noProxy", lost: false },
        { field: "labels", lost: false },
      ]);
    });
  });

  describe.each(["Cluster", "NodeGroup"] as const)("a damaged row of %s", (table) => {
    let neighbour = "";
    let before: Record<string, unknown> | undefined;
    beforeAll(async () => {
      neighbour = await door.cluster("CREATE_COMPLETE", { cluster: { name: "b-neighbour" } });
      before = found((await door.call("/v1/clusters/detail")).json, "clusters")[0];
    });
    beforeEach(() => door.database.db.prisma.cluster.deleteMany({ where: { id: { not: neighbour } } }));
    afterAll(() => door.database.db.prisma.cluster.deleteMany());

    test.each(columnsOf(table))("in %s is listed, shown and deleted", async (column) => {
      const { db } = door.database;
      const project = door.projectId;
      for (const sql of nastiesFor(table, column)) {
        const id = await door.cluster("CREATE_COMPLETE", { cluster: { name: "a-victim" } });
        const group = await db.prisma.nodeGroup.findFirstOrThrow({ where: { clusterId: id, role: "worker" } });
        const row = table === "Cluster" ? id : group.id;
        if (await damage(db, table, row, column, sql)) {
          const what = `${table}.${column} = ${sql}`;
          for (const url of ["clusters", "clusters/detail", "bays", "bays/detail"]) {
            const { status, json, text } = await door.call(`/v1/${url}`);
            expect(status, `${what}: ${text}`).toBe(200);
            const rows = found(json, url.split("/")[0] ?? url);
            expect(rows.map((each) => each["uuid"]).toSorted(), what).toEqual([neighbour, id].toSorted());
            if (url === "clusters/detail") expect(rows.find((each) => each["uuid"] === neighbour)).toEqual(before);
          }
          expect((await door.call(`/v1/clusters/${id}`)).status, what).toBe(200);
          const groups = await door.call(`/v1/clusters/${id}/nodegroups`, { version: latest });
          expect([groups.status, found(groups.json, "nodegroups").length], what).toEqual([200, 2]);
          const one = await door.call(`/v1/clusters/${id}/nodegroups/${group.id}`, { version: latest });
          expect(one.status, what).toBe(200);
          for (const sort of ["name", "-created", "status", "masters"])
            expect((await console().cluster.list({ project, sort, size: 1 })).total, what).toBe(2);
          await console().cluster.get({ project, id });
          await console().project.overview({ project });
          // Whatever it is, it is an answer: a resize is done or refused with a reason.
          const size = { node_count: 2, nodegroup: group.id };
          const resized = await door.post(`/v1/clusters/${id}/actions/resize`, size, { version: latest });
          expect([202, 400, 403, 409], `${what}: ${resized.text}`).toContain(resized.status);
          if (table === "NodeGroup" && column === "nodeCount")
            expect(resized.status, `${what}: ${resized.text}`).toBe(202);
        }
        const deleted = await door.call(`/v1/clusters/${id}`, { method: "DELETE" });
        // A lock that cannot be read is none.
        expect(deleted.status, `${table}.${column} = ${sql}: ${deleted.text}`).toBe(204);
        await db.prisma.cluster.update({ where: { id }, data: { leaseUntil: null } });
        expect(await claimDue(db, "conductor", 10, 60_000, new Date(Date.now() + 60_000))).toContain(id);
        const claimed = await loadClaimed(db, "conductor", [id], (_, error) => {
          throw error;
        });
        expect(claimed[0]?.deletionRequestedAt, `${table}.${column} = ${sql}`).toBeInstanceOf(Date);
        await db.prisma.cluster.delete({ where: { id } });
        await db.prisma.cluster.updateMany({ data: { leaseOwner: null, leaseUntil: null } });
      }
    });
  });

  test.each(["labels", "facts", "pkiPhase"])(
    "a cluster whose %s is lost says that only deletion is left",
    async (column) => {
      const id = await door.cluster("CREATE_COMPLETE", { cluster: { name: "torn" } });
      await damage(door.database.db, "Cluster", id, column, "'{'");
      const resized = await door.post(`/v1/clusters/${id}/actions/resize`, { node_count: 2 }, { version: latest });
      expect(resized).toMatchObject({ status: 400, detail: expect.stringContaining("Only deletion is left") });
      const { damage: told, nodegroups } = await console().cluster.get({ project: door.projectId, id });
      expect(told).toMatchObject([{ field: column, lost: true }]);
      expect(clusterRemedy({ damage: told ?? [] }, nodegroups)).toContain("Only deletion is left");
      if (column === "labels") {
        const { json, headers } = await door.call(`/v1/clusters/${id}`);
        expect(json["status_reason"]).toContain("Only deletion is left");
        expect(headers["warning"]).toBeUndefined();
        const short = await door.call("/v1/clusters");
        expect(short.headers["warning"]).toEqual([expect.stringContaining("Only deletion is left")]);
      }
      expect((await door.call(`/v1/clusters/${id}`, { method: "DELETE" })).status).toBe(204);
      await door.database.db.prisma.cluster.delete({ where: { id } });
    },
  );

  test("a lost lock is none, and is set anew by locking or unlocking", async () => {
    const { db } = door.database;
    const project = door.projectId;
    for (const locked of [true, false]) {
      const id = await door.cluster("CREATE_COMPLETE", { cluster: { name: "torn" } });
      // PostgreSQL keeps booleans only.
      if (!(await damage(db, "Cluster", id, "locked", "'maybe'"))) return;
      expect((await console().cluster.get({ project, id })).damage).toMatchObject([{ field: "locked" }]);
      await console().cluster.setLocked({ project, id, locked });
      expect(await console().cluster.get({ project, id })).toMatchObject({ locked });
      expect((await console().cluster.get({ project, id })).damage).toBeUndefined();
      await db.prisma.cluster.delete({ where: { id } });
    }
  });

  test.each(["Operation", "ClusterEvent", "AuditEvent", "Quota", "IssuedCertificate", "Node"] as const)(
    "history and lists go on around a damaged row of %s",
    async (table) => {
      const { db } = door.database;
      const project = door.projectId;
      const id = await door.cluster("CREATE_COMPLETE", { cluster: { name: `of-${table}` } });
      const group = await db.prisma.nodeGroup.findFirstOrThrow({ where: { clusterId: id, role: "worker" } });
      const at = new Date();
      await db.prisma.quota.deleteMany();
      await db.prisma.quota.create({ data: { projectId: project, resource: "Cluster", hardLimit: 7, createdAt: at } });
      await db.prisma.node.create({
        data: {
          ...{ serverId: `s-${id}`, clusterId: id, nodegroupId: group.id, projectId: project },
          ...{ name: "n", memberIndex: "0", status: "ACTIVE", seenAt: at },
        },
      });
      await db.prisma.issuedCertificate.create({
        data: {
          ...{ id, clusterId: id, projectId: project, serial: "1", subject: "CN=x", caType: "kubernetes" },
          ...{ fingerprint: "f", notBefore: at, notAfter: at, userId: "u", purpose: "config", createdAt: at },
        },
      });
      for (const column of columnsOf(table))
        for (const sql of nastiesFor(table, column)) {
          await db.prisma
            .$transaction(async (tx) => {
              await tx.$executeRawUnsafe(`UPDATE "${table}" SET "${column}" = ${sql}`);
            })
            .catch(() => {});
          const what = `${table}.${column} = ${sql}`;
          for (const url of ["/v1/quotas", `/v1/quotas/${project}/Cluster`, "/v1/clusters/detail", "/v1/stats"])
            expect((await door.call(url, { as: "admin" })).status, `${what}: ${url}`).toBe(200);
          await console().cluster.operations({ project, id });
          await console().cluster.events({ project, id });
          await console().cluster.nodes({ project, id });
          await console().certificate.issued({ project, id });
          await console().audit.list({ project });
          await console().cluster.get({ project, id });
          await console().cluster.list({ project });
        }
    },
  );
});
