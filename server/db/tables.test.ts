import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DomainError } from "../domain/error.ts";
import { aProject, writeCluster, writeTemplate } from "../testing/builders.ts";
import { onEveryDatabase } from "../testing/test-db.ts";
import { listTemplates, toTemplate } from "./cluster-template.ts";
import { getCluster, toWholeCluster } from "./cluster.ts";
import { toWholeNodegroup } from "./nodegroup.ts";
import { projectScope } from "./scope.ts";
import { tables } from "./tables.ts";

const values: readonly unknown[] = [
  null,
  "",
  " ",
  " spaced ",
  "a\0b",
  "\ud800",
  "x".repeat(70_000),
  "{",
  '{"a": 1}',
  '{"a": "\\u0000"}',
  "[1]",
  -1,
  0,
  1.5,
  Number.NaN,
  2 ** 31,
  2 ** 53,
  true,
  new Date(Number.NaN),
  new Date(0),
];

/** Rows hang on these. */
const anchors = new Set(["seq", "id", "projectId", "clusterId", "templateId"]);
const columnsOf = (table: "ClusterTemplate" | "Cluster" | "NodeGroup") =>
  Object.keys(tables[table]).filter((name) => !anchors.has(name));

onEveryDatabase((database) => {
  describe("what is written, by whatever function, is read again without damage, or it is refused by its name", () => {
    /** Does the database, or what stands before it, take the value? A type that is wrong is Prisma's own refusal. */
    async function takes(write: () => Promise<unknown>): Promise<boolean> {
      try {
        await write();
        return true;
      } catch (error) {
        if (error instanceof DomainError)
          expect(error).toMatchObject({ reason: "invalid_input", details: { field: /./ } });
        else
          expect(String(error)).toMatch(
            /PrismaClientValidationError|Argument|Invalid value|Null constraint|Unique constraint/,
          );
        return false;
      }
    }

    it.each(columnsOf("ClusterTemplate"))("ClusterTemplate.%s", async (column) => {
      const { prisma } = database.db;
      const id = await writeTemplate(database.db, projectScope(aProject()));
      for (const value of values)
        if (await takes(() => prisma.clusterTemplate.update({ where: { id }, data: { [column]: value } })))
          expect(toTemplate(await prisma.clusterTemplate.findUniqueOrThrow({ where: { id } })).damage).toBeUndefined();
    });

    it.each(columnsOf("Cluster"))("Cluster.%s", async (column) => {
      const { prisma } = database.db;
      const id = await writeCluster(database.db, projectScope(aProject(), "RegionOne"));
      for (const value of values)
        if (await takes(() => prisma.cluster.updateMany({ where: { id }, data: { [column]: value } })))
          expect(toWholeCluster(await prisma.cluster.findUniqueOrThrow({ where: { id } })).damage).toBeUndefined();
    });

    it.each(columnsOf("NodeGroup"))("NodeGroup.%s", async (column) => {
      const { prisma } = database.db;
      const clusterId = await writeCluster(database.db, projectScope(aProject(), "RegionOne"));
      for (const value of values) {
        const write = () =>
          prisma.$transaction((tx) => tx.nodeGroup.updateMany({ where: { clusterId }, data: { [column]: value } }));
        if (await takes(write))
          for (const row of await prisma.nodeGroup.findMany({ where: { clusterId } }))
            expect(toWholeNodegroup(row).damage).toBeUndefined();
      }
    });
  });

  it("keeps of what others say what can be kept, and of ours what was meant", async () => {
    const scope = projectScope(aProject(), "RegionOne");
    const id = await writeCluster(database.db, scope);
    await database.db.transaction(async (tx) => {
      await tx.cluster.update({ where: { id }, data: { statusReason: `no\0${"x".repeat(70_000)}\ud800` } });
    });
    const { statusReason } = await getCluster(database.db, scope, id);
    expect([statusReason?.slice(0, 4), statusReason?.length]).toEqual(["no\ufffdx", 65_536]);
    await writeTemplate(database.db, scope, { name: " spaced " });
    expect((await listTemplates(database.db, scope, { q: "spaced", size: 5 })).rows[0]?.name).toBe("spaced");
  });
});

it("no SQL of our own writes anything but leases", () => {
  const written = readdirSync(import.meta.dirname)
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .flatMap((name) => {
      const source = readFileSync(`${import.meta.dirname}/${name}`, "utf8");
      return [...source.matchAll(/\b(?:INSERT INTO|UPDATE) "([A-Z]\w+)"(?: SET ([^\n]*))?/g)].map(
        ([, table, set = ""]) => `${table} ${[...set.matchAll(/"(\w+)" =/g)].map(([, column]) => column).join(" ")}`,
      );
    });
  expect(written.toSorted()).toEqual(["Cluster leaseOwner leaseUntil", "Outbox nextAttemptAt attempts"]);
});
