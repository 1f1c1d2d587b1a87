import { beforeEach, describe, expect, it } from "vitest";
import { requestDeletion } from "../db/cluster-change.ts";
import { deletionDeadline } from "../domain/deadline.ts";
import { anOperation } from "../testing/builders.ts";
import { projectScope } from "../db/scope.ts";
import { dialects, testDatabase } from "../testing/test-db.ts";
import { openStage, round, rounds, type Stage } from "./testing/stage.ts";

describe.each(dialects)("on %s", (dialect) => {
  const database = testDatabase(dialect);
  let stage: Stage;
  beforeEach(() => {
    stage = openStage(database.db);
  });

  const balanced = (given: Parameters<Stage["cluster"]>[0] = {}) =>
    stage.cluster({ ...given, cluster: { masterLbEnabled: true, ...given.cluster } });
  const begun = (...ids: string[]) => ids.filter((id) => stage.world.of(id).length > 0);
  const making = (...ids: string[]) =>
    ids.filter((id) =>
      stage.world.of(id).some(({ groupId, status }) => groupId === null && status === "CREATE_IN_PROGRESS"),
    );

  describe("clusters of one project with load balancers that are made at once", () => {
    it("ask for them one after the other, in the order in which they were asked for", async () => {
      const ids = [await balanced(), await balanced(), await balanced()];
      const conductor = stage.conductor();
      const order: string[] = [];
      await rounds(stage, conductor, async () => {
        expect(making(...ids).length).toBeLessThanOrEqual(1);
        for (const id of begun(...ids)) if (!order.includes(id)) order.push(id);
        return (await Promise.all(ids.map((id) => stage.see(id)))).every((one) => one?.status === "CREATE_COMPLETE");
      });
      expect(order).toEqual(ids);
    });

    it("go on from where they were when the conductor is another one", async () => {
      const ids = [await balanced(), await balanced()];
      await round(stage, stage.conductor());
      expect(begun(...ids)).toEqual(ids.slice(0, 1));
      await rounds(stage, stage.conductor(), async () => {
        expect(making(...ids).length).toBeLessThanOrEqual(1);
        return (await Promise.all(ids.map((id) => stage.see(id)))).every((one) => one?.status === "CREATE_COMPLETE");
      });
    });

    it("do not wait for one that is deleted, nor for ever", async () => {
      const [first, second] = [await balanced(), await balanced()];
      const cluster = await stage.see(first);
      if (!cluster) throw new Error("no cluster");
      await requestDeletion(database.db, stage.scope, first, stage.clock.now(), () => ({
        deadlineAt: deletionDeadline(cluster, stage.clock.now()),
        operation: anOperation({ kind: "delete" }),
        event: { level: "info", message: "Ada asked for it." },
      }));
      await round(stage, stage.conductor());
      expect(begun(second)).toEqual([second]);

      const [stuck, late] = [await balanced(), await balanced()];
      await database.db.prisma.cluster.update({
        where: { id: stuck },
        data: { nextReconcileAt: new Date("2099-01-01") },
      });
      await round(stage, stage.conductor());
      expect(begun(late)).toEqual([]);
      stage.clock.advance(600_000);
      await round(stage, stage.conductor());
      expect(begun(late)).toEqual([late]);
    });
  });

  it("clusters of other projects, and those without a balancer, wait for nobody", async () => {
    const first = await balanced();
    const others = [
      await stage.cluster(),
      await balanced({ scope: projectScope("11112222333344445555666677778888") }),
      await balanced({ region: "elsewhere" }),
    ];
    await round(stage, stage.conductor());
    expect(begun(first, ...others)).toEqual([first, ...others]);
  });
});
