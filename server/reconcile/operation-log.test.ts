import { pino } from "pino";
import { expect, it } from "vitest";
import { requestDeletion } from "../db/cluster-change.ts";
import { anOperation } from "../testing/builders.ts";
import { testDatabase } from "../testing/test-db.ts";
import { openStage, rounds } from "./testing/stage.ts";

const database = testDatabase();

it("the log tells at info that an operation begins and ends, and as a warning that it failed, with cluster and cause", async () => {
  const stage = openStage(database.db);
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const conductor = stage.conductor(undefined, log);
  const id = await stage.cluster({ cluster: { name: "web" } });
  const [, worker] = await stage.groups(id);
  stage.world.failures.set(worker?.id ?? "", "No valid host was found.");
  await rounds(stage, conductor, async () => (await stage.see(id))?.status === "CREATE_FAILED");
  await requestDeletion(database.db, stage.scope, id, stage.clock.now(), () => ({
    operation: anOperation({ kind: "delete" }),
    event: { level: "info", message: "Ada asked to delete the cluster." },
  }));
  await rounds(stage, conductor, async () => (await stage.see(id)) === null);
  const about = { clusterId: id, cluster: "web", projectId: stage.projectId };
  const info = 30;
  const warning = 40;
  expect(lines.filter(({ msg }) => String(msg).startsWith("operation"))).toEqual([
    expect.objectContaining({ ...about, level: info, operation: "create", by: "Ada", msg: "operation begins" }),
    expect.objectContaining({
      ...about,
      level: warning,
      operation: "create",
      cause: "capacity",
      reason: expect.stringContaining("No valid host was found"),
      msg: "operation failed",
    }),
    expect.objectContaining({ ...about, level: info, operation: "delete", by: "Ada", msg: "operation begins" }),
    expect.objectContaining({ ...about, level: info, operation: "delete", msg: "operation is done" }),
  ]);
});
