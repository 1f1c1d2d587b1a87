import { expect, it } from "vitest";
import { sandboxTarget } from "../lifecycle/target.ts";
import { crash } from "./crash.ts";

it("loses and doubles nothing when the conductor is killed at random moments", { timeout: 300_000 }, async () => {
  const seed = Date.now() % 1_000_000;
  const plan = { clusters: 5, kills: 10, lifeMs: { least: 100, most: 1000 }, seed, limitMs: 120_000 };
  const report = await crash(await sandboxTarget(100), plan);
  expect(report.problems, `seed ${seed}`).toEqual([]);
  expect(report.kills).toBeGreaterThanOrEqual(20);
});
