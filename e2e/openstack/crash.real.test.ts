import { expect, it } from "vitest";
import { crash } from "../crash/crash.ts";
import { openstackTarget } from "../lifecycle/target.ts";

const minute = 60_000;

it(
  "loses and doubles nothing at a real OpenStack when the conductor is killed at random moments",
  { timeout: 30 * minute },
  async () => {
    const seed = Date.now() % 1_000_000;
    const plan = { clusters: 3, kills: 10, lifeMs: { least: 500, most: 8000 }, seed, limitMs: 10 * minute };
    const report = await crash(openstackTarget(), plan);
    expect(report.problems, `seed ${seed}`).toEqual([]);
    expect(report.kills).toBeGreaterThanOrEqual(20);
  },
);
