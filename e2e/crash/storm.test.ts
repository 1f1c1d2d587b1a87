import { expect, it } from "vitest";
import { sandboxTarget } from "../lifecycle/target.ts";
import { dialects, emptyDatabase } from "../../server/testing/test-db.ts";
import { storm } from "./storm.ts";

it.each(dialects)(
  "a storm of kills over every operation loses and doubles nothing on %s",
  { timeout: 600_000 },
  async (dialect) => {
    const seed = Date.now() % 1_000_000;
    const { url: databaseUrl, remove } = await emptyDatabase(dialect);
    try {
      const lifeMs = { least: 300, most: 2000 };
      const plan = { clusters: 3, kills: 12, lifeMs, seed, limitMs: 240_000, databaseUrl };
      expect((await storm(await sandboxTarget(100), plan)).problems, `seed ${seed}`).toEqual([]);
    } finally {
      await remove();
    }
  },
);
