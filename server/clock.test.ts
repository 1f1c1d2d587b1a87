// A host whose clock is wrong does no harm, and says so.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { freePort } from "../e2e/lifecycle/product.ts";
import { openSharedClock } from "./clock.ts";
import { connect } from "./db/client.ts";
import { databaseTime } from "./db/installation.ts";
import { projectScope } from "./db/scope.ts";
import { aProject, writeCluster } from "./testing/builders.ts";
import { onEveryDatabase } from "./testing/test-db.ts";

const day = 86_400_000;

it("tells the database's time whatever the host's clock says, and how far that is off", async () => {
  const truth = new Date("2026-01-02T03:04:05.000Z");
  let hostMs = truth.getTime() + day * 3;
  const clock = await openSharedClock(
    async () => truth,
    () => hostMs,
  );
  expect(Math.abs(clock.now().getTime() - truth.getTime())).toBeLessThan(60_000);
  expect(clock.problem()).toBe("This host's clock is 3 days ahead of the database's.");
  hostMs = truth.getTime() - 90_000;
  await clock.sync();
  expect(clock.problem()).toBe("This host's clock is 90 seconds behind the database's.");
  hostMs = truth.getTime();
  await clock.sync();
  expect(clock.problem()).toBeNull();
});

onEveryDatabase((database) => {
  it(
    "a conductor on a host whose clock is a day ahead takes no cluster, and says why",
    { timeout: 120_000 },
    async () => {
      const { db } = database;
      const folder = mkdtempSync(join(tmpdir(), "jeroboam-clock-"));
      const ahead = join(folder, "ahead.mjs");
      writeFileSync(
        ahead,
        `const { now } = Date;
       Date.now = () => now() + ${day};
       globalThis.Date = new Proxy(Date, {
         construct: (of, given, as) => Reflect.construct(of, given.length > 0 ? given : [now() + ${day}], as),
       });`,
      );
      const truth = await databaseTime(db);
      const deadlineAt = new Date(truth.getTime() + 3_600_000);
      const id = await writeCluster(db, projectScope(aProject(), "RegionOne"), { now: truth, deadlineAt });
      const port = await freePort();
      const child = spawn(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", "--import", ahead, "server/main.ts", "conductor"],
        {
          env: {
            NODE_ENV: "test",
            PATH: process.env["PATH"],
            DATABASE_URL: database.url,
            SECRETS_KEY: Buffer.alloc(32).toString("base64"),
            METRICS_PORT: String(port),
            SANDBOX_PORT: "1",
          },
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      let log = "";
      child.stdout.on("data", (part: Buffer) => (log += part.toString()));
      const problem = "This host's clock is 24 hours ahead of the database's.";
      try {
        const other = connect(database.url);
        await vi.waitFor(
          async () => expect(await other.prisma.conductor.findFirst()).toMatchObject({ disabledReason: problem }),
          { timeout: 60_000, interval: 100 },
        );
        const readiness = await vi.waitFor(async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).json(), {
          timeout: 20_000,
          interval: 100,
        });
        expect(readiness).toMatchObject({ status: "not ready", checks: { clock: problem, database: "ok" } });
        expect(log).toContain(problem);
        // Its own times are the database's all the same.
        const row = await other.prisma.conductor.findFirstOrThrow();
        expect(Math.abs(row.updatedAt.getTime() - truth.getTime())).toBeLessThan(day / 2);
        expect(await other.prisma.cluster.findUniqueOrThrow({ where: { id } })).toMatchObject({
          status: "CREATE_IN_PROGRESS",
          leaseUntil: null,
          failures: 0,
        });
        await other.close();
      } finally {
        child.kill("SIGKILL");
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
