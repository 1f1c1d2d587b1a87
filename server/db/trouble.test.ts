// What those who ask are told when the database cannot do its work, and that it goes on by itself afterwards.
import { closeSync, openSync, statSync, writeSync } from "node:fs";
import { connect as dial, createServer, type AddressInfo, type Socket } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { once } from "node:events";
import { DriverAdapterError } from "@prisma/driver-adapter-utils";
import { describe, expect, it, vi } from "vitest";
import { errorAnswer } from "../rest/errors.ts";
import { dialects, emptyDatabase } from "../testing/test-db.ts";
import { connect, sqlitePath, type Db } from "./client.ts";
import { insertKeyProof } from "./installation.ts";
import { migrate } from "./migrate.ts";
import { troubleOf } from "./trouble.ts";

const quota = (projectId: string) => ({ projectId, resource: "Cluster", hardLimit: 1, createdAt: new Date(0) });
const write = (db: Db, projectId: string) => db.prisma.quota.create({ data: quota(projectId) });
const says = (message: string) => expect.objectContaining({ reason: "database_unavailable", message });

async function aDatabase(dialect: Db["dialect"], work: (url: string) => Promise<void>): Promise<void> {
  const { url, remove } = await emptyDatabase(dialect);
  try {
    await migrate(url);
    await work(url);
  } finally {
    await remove();
  }
}

describe("SQLite", () => {
  it("without space refuses changes, alone and in transactions, and is not ready; what is there can be read", () =>
    aDatabase("sqlite", async (url) => {
      const db = connect(url);
      await insertKeyProof(db, "proof");
      await db.probe();
      await db.prisma.$queryRawUnsafe("PRAGMA max_page_count = 1");
      const fill = async (work: (n: number) => Promise<unknown>) => {
        for (let n = 0; n < 1500; n++) await work(n);
      };
      const full = says("The service's database has no space left.");
      await expect(fill((n) => write(db, `${"alone ".repeat(40)}${n}`))).rejects.toEqual(full);
      await expect(
        db.transaction((tx) => fill((n) => tx.quota.create({ data: quota(`${"inside ".repeat(35)}${n}`) }))),
      ).rejects.toEqual(full);
      const later = connect(url);
      await later.probe();
      await later.close();
      await vi.waitFor(() => expect(db.probe()).rejects.toEqual(full), { timeout: 5000, interval: 200 });
      await db.ping();
      expect(await db.prisma.quota.count({ where: { projectId: { startsWith: "inside" } } })).toBe(0);
      await db.close();
    }));

  it("that another process holds locked is busy, not broken, and goes on when that one is done", () =>
    aDatabase("sqlite", async (url) => {
      const db = connect(url, { waitMs: 50 });
      const other = new DatabaseSync(sqlitePath(url));
      other.exec("BEGIN IMMEDIATE");
      const busy = says("The service's database is busy.");
      await expect(write(db, "alone")).rejects.toEqual(busy);
      await expect(db.transaction((tx) => tx.quota.create({ data: quota("inside") }))).rejects.toEqual(busy);
      await expect(db.probe()).rejects.toEqual(busy);
      other.exec("COMMIT");
      other.close();
      await write(db, "alone");
      await vi.waitFor(() => db.probe(), { timeout: 5000, interval: 200 });
      await db.close();
    }));

  it("with damaged pages says so, and is not ready any more", () =>
    aDatabase("sqlite", async (url) => {
      const first = connect(url);
      for (let n = 0; n < 200; n++) await write(first, `project ${n} ${"x".repeat(200)}`);
      await first.close();
      overwrite(sqlitePath(url));
      const db = connect(url);
      const damaged = says("The service's database is damaged.");
      await expect(db.prisma.quota.findMany({ orderBy: { projectId: "asc" } })).rejects.toEqual(damaged);
      await expect(db.probe()).rejects.toEqual(damaged);
      await db.close();
    }));
});

/** Everything behind the first pages, as a broken disk would. */
function overwrite(path: string): void {
  const file = openSync(path, "r+");
  for (let at = 100 * 4096; at < statSync(path).size; at += 4096)
    writeSync(file, Buffer.alloc(4096, 0xaa), 0, 4096, at);
  closeSync(file);
}

describe.runIf(dialects.includes("postgresql"))("PostgreSQL", () => {
  it("that goes away makes requests fail as unavailable, and serves again by itself when it is back", () =>
    aDatabase("postgresql", async (url) => {
      const target = new URL(url);
      const open = new Set<Socket>();
      let isAway = false;
      const proxy = createServer((socket) => {
        if (isAway) return void socket.destroy();
        const behind = dial(Number(target.port), target.hostname);
        for (const end of [socket, behind]) open.add(end.on("error", () => {}));
        socket.pipe(behind).pipe(socket);
      }).listen(0, "127.0.0.1");
      await once(proxy, "listening");
      const through = new URL(url);
      through.port = String((proxy.address() as AddressInfo).port);
      const db = connect(through.href);
      await write(db, "before");
      isAway = true;
      for (const socket of open) socket.destroy();
      const away = says("The service's database does not answer.");
      await expect(write(db, "meanwhile")).rejects.toEqual(away);
      await expect(db.transaction((tx) => tx.quota.create({ data: quota("meanwhile") }))).rejects.toEqual(away);
      await expect(db.probe()).rejects.toEqual(away);
      isAway = false;
      await write(db, "after");
      await vi.waitFor(() => db.probe(), { timeout: 5000, interval: 200 });
      await db.close();
      proxy.close();
      for (const socket of open) socket.destroy();
    }));

  it.each([
    ["53100", "full"],
    ["57P01", "away"],
    ["55P03", "busy"],
    ["25006", "read-only"],
    ["XX001", "damaged"],
    ["23505", null],
  ])("its state %s is read as %s", (code, trouble) => {
    const cause = { kind: "postgres", code, severity: "ERROR", message: "", detail: undefined } as const;
    expect(troubleOf(new DriverAdapterError({ ...cause, column: undefined, hint: undefined }))).toBe(trouble);
  });
});

it("clients of the REST API get 503 in Magnum's shape, with the time to wait, and nothing of where the database is", async () => {
  const db = connect("postgresql://keeper:hush@127.0.0.1:1/none");
  const error: unknown = await db.prisma.quota.count().catch((thrown: unknown) => thrown);
  await db.close();
  const answer = errorAnswer(error, "req-1", "https://keystone.example.org");
  expect(answer).toMatchObject({
    status: 503,
    headers: { "Retry-After": "10" },
    body: { errors: [{ status: 503, code: "server", title: "The service's database does not answer" }] },
  });
  expect(JSON.stringify(answer.body)).not.toMatch(/keeper|hush|127\.0\.0\.1/);
});
