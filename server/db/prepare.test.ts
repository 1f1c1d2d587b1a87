// Each test is a start as an operator sees it: a process of its own, its exit code and its one line.
import { execFile } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sqlitePath, connect } from "./client.ts";
import { migrate } from "./migrate.ts";
import { prepareDatabase } from "./prepare.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "jeroboam-prepare-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `npm start conductor` on that database; resolves when the process ends by itself. */
const start = (databaseUrl: string) =>
  new Promise<{ code: unknown; said: string }>((resolve) => {
    execFile(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", "server/main.ts", "conductor"],
      {
        env: {
          NODE_ENV: "test",
          PATH: process.env["PATH"],
          DATABASE_URL: databaseUrl,
          LOG_LEVEL: "silent",
          SANDBOX_PORT: "1",
        },
      },
      (error, stdout, stderr) => resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    );
  });

const oneLine = (pattern: RegExp) => expect.stringMatching(new RegExp(`^jeroboam: ${pattern.source}\\n$`));

async function aFull(name: string): Promise<string> {
  const url = `file:${join(folder, name)}`;
  await migrate(url);
  const db = connect(url);
  await db.prisma.quota.createMany({
    data: Array.from({ length: 3000 }, (_, n) => ({
      projectId: `project ${n} ${"x".repeat(200)}`,
      resource: "Cluster",
      hardLimit: 1,
      createdAt: new Date(0),
    })),
  });
  await db.close();
  return url;
}

it("a file that is no database stops the start with one line", async () => {
  const file = join(folder, "letter.db");
  writeFileSync(file, "Dear operator, this is not a database.\n".repeat(200));
  expect(await start(`file:${file}`)).toEqual({
    code: 1,
    said: oneLine(/the database \S+letter\.db is damaged, or is no database: .*/),
  });
});

it("damaged pages stop the start with one line", async () => {
  const url = await aFull("damaged.db");
  const path = sqlitePath(url);
  const file = openSync(path, "r+");
  for (let at = 120 * 4096; at < statSync(path).size; at += 3 * 4096)
    writeSync(file, Buffer.alloc(2048, 0xaa), 0, 2048, at);
  closeSync(file);
  expect(await start(url)).toEqual({ code: 1, said: oneLine(/the database \S+damaged\.db is damaged, .*/) });
});

it("PostgreSQL that is away stops the start with one line that holds no password", async () => {
  const { code, said } = await start("postgresql://keeper:hush@127.0.0.1:1/jeroboam");
  expect({ code, said }).toEqual({
    code: 1,
    said: oneLine(/the database 127\.0\.0\.1:1\/jeroboam cannot be opened: .*/),
  });
  expect(said).not.toContain("hush");
});

it("a folder that cannot be made stops the start with one line", async () => {
  writeFileSync(join(folder, "file"), "");
  expect(await start(`file:${join(folder, "file", "x.db")}`)).toMatchObject({ code: 1, said: oneLine(/.+/) });
});

it("a whole database is looked at in bounded time: when that is over, the start goes on", async () => {
  const url = await aFull("whole.db");
  expect(await prepareDatabase(url)).toEqual({ migrations: [], checkedMs: expect.any(Number) });
  expect(await prepareDatabase(url, 1)).toEqual({ migrations: [], checkedMs: null });
});
