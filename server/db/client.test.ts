import { expect, it } from "vitest";
import { onEveryDatabase } from "../testing/test-db.ts";
import { connect, hasCode } from "./client.ts";

const now = new Date("2026-03-04T05:06:07.089Z");
const quota = (projectId: string, hardLimit = 1) => ({ projectId, resource: "Cluster", hardLimit, createdAt: now });

onEveryDatabase((database) => {
  it("gives back what was written, to the millisecond", async () => {
    const { prisma } = database.db;
    await prisma.quota.create({ data: quota("exact") });
    expect(await prisma.quota.findFirst({ where: { projectId: "exact" } })).toMatchObject({
      createdAt: now,
      updatedAt: null,
      hardLimit: 1,
    });
    expect(await prisma.quota.count({ where: { projectId: "exact", createdAt: { lte: now } } })).toBe(1);
    expect(await prisma.quota.count({ where: { projectId: "exact", createdAt: { lt: now } } })).toBe(0);
  });

  it("undoes all of a transaction that fails, and only that", async () => {
    const { db } = database;
    const failing = db.transaction(async (tx) => {
      await tx.quota.create({ data: quota("inside") });
      await tx.quota.create({ data: quota("inside") });
    });
    const outside = db.prisma.quota.create({ data: quota("outside") });
    await expect(failing).rejects.toSatisfy((error) => hasCode(error, "P2002"));
    await outside;
    expect(await db.prisma.quota.count({ where: { projectId: "inside" } })).toBe(0);
    expect(await db.prisma.quota.count({ where: { projectId: "outside" } })).toBe(1);
  });

  it("hides what a transaction wrote until it is over", async () => {
    const { db } = database;
    let seenDuring: Promise<number> | undefined;
    await expect(
      db.transaction(async (tx) => {
        await tx.quota.create({ data: quota("hidden") });
        seenDuring = db.prisma.quota.count({ where: { projectId: "hidden" } });
        throw new Error("changed my mind");
      }),
    ).rejects.toThrow("changed my mind");
    expect(await seenDuring).toBe(0);
  });

  it("loses no update of many that count up at once through two connections", async () => {
    const other = connect(database.url);
    await database.db.prisma.quota.create({ data: quota("counter", 0) });
    const where = { projectId_resource: { projectId: "counter", resource: "Cluster" } };
    await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 ? database.db : other).transaction(async (tx) => {
          await tx.quota.update({ where, data: { hardLimit: { increment: 1 } } });
        }),
      ),
    );
    expect((await other.prisma.quota.findUniqueOrThrow({ where })).hardLimit).toBe(40);
    await other.close();
  });

  it("answers a ping, and says so when the database is not there", async () => {
    await database.db.ping();
    const nowhere = connect(
      database.db.dialect === "sqlite" ? "file:/nonexistent/x.db" : "postgresql://nobody@127.0.0.1:1/none",
    );
    await expect(nowhere.ping()).rejects.toThrow();
    await nowhere.close();
  });
});
