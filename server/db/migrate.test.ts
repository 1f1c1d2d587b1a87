import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dialects, emptyDatabase } from "../testing/test-db.ts";
import { connect, sqlitePath } from "./client.ts";
import { migrations } from "./generated/migrations.ts";
import { migrate } from "./migrate.ts";

const all = migrations.sqlite.map(([name]) => name);

describe.each(dialects)("migrating %s", (dialect) => {
  let database: Awaited<ReturnType<typeof emptyDatabase>>;
  beforeAll(async () => {
    database = await emptyDatabase(dialect);
  });
  afterAll(() => database.remove());

  it("applies everything to an empty database and nothing the second time", async () => {
    expect(await migrate(database.url)).toEqual(all);
    expect(await migrate(database.url)).toEqual([]);
  });

  it("keeps rows when a later migration changes their table", async () => {
    const db = connect(database.url);
    await db.prisma.quota.create({
      data: { projectId: "kept", resource: "Cluster", hardLimit: 3, createdAt: new Date() },
    });
    const later: [string, string] = ["9000-later", 'ALTER TABLE "Quota" ADD COLUMN "note" TEXT;'];
    const known = { ...migrations, [dialect]: [...migrations[dialect], later] };
    expect(await migrate(database.url, known)).toEqual(["9000-later"]);
    expect(await db.prisma.quota.count({ where: { projectId: "kept" } })).toBe(1);
    await db.close();
    await expect(migrate(database.url)).rejects.toThrow(/9000-later, which this version does not know/);
  });

  it("refuses a migration that was edited after it had been applied", async () => {
    const edited = migrations[dialect].map(([name, sql]): [string, string] => [name, `${sql}\n-- edited`]);
    edited.push(["9000-later", 'ALTER TABLE "Quota" ADD COLUMN "note" TEXT;']);
    await expect(migrate(database.url, { ...migrations, [dialect]: edited })).rejects.toThrow(/was edited/);
  });

  it("leaves nothing behind of a migration that fails half way", async () => {
    const fresh = await emptyDatabase(dialect);
    const broken: [string, string] = ["0002-broken", 'CREATE TABLE "Half" ("id" TEXT); SELECT * FROM "nowhere";'];
    await expect(
      migrate(fresh.url, { ...migrations, [dialect]: [...migrations[dialect].slice(0, 1), broken] }),
    ).rejects.toThrow();
    await migrate(fresh.url);
    const db = connect(fresh.url);
    await expect(db.prisma.$queryRaw`SELECT * FROM "Half"`).rejects.toThrow();
    await db.close();
    await fresh.remove();
  });

  it("is done once when several processes start at the same time", async () => {
    const fresh = await emptyDatabase(dialect);
    const script = `
      import { migrate } from ${JSON.stringify(new URL("./migrate.ts", import.meta.url).href)};
      console.log(JSON.stringify(await migrate(${JSON.stringify(fresh.url)})));`;
    const outputs = await Promise.all(
      [1, 2, 3].map(async () => {
        const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
        let output = "";
        child.stdout.on("data", (data) => (output += data));
        child.stderr.on("data", (data) => (output += data));
        await once(child, "close");
        return output.trim();
      }),
    );
    expect(outputs.toSorted()).toEqual(["[]", "[]", JSON.stringify(all)].toSorted());
    await fresh.remove();
  });

  it("is done once when one process starts it several times", async () => {
    const fresh = await emptyDatabase(dialect);
    const applied = await Promise.all([1, 2, 3, 4, 5].map(() => migrate(fresh.url)));
    expect(applied.flat()).toEqual(all);
    await fresh.remove();
  });

  it.runIf(dialect === "sqlite")("makes a file that only its owner can read", () => {
    expect(statSync(sqlitePath(database.url)).mode & 0o777).toBe(0o600);
  });
});
