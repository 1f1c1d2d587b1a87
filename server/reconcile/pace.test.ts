import { describe, expect, it } from "vitest";
import { nextTime, paceOf } from "./pace.ts";
import type { Next } from "./verdict.ts";

const now = new Date("2026-01-02T03:04:05.678Z");
const real = paceOf(1);
const wait = (
  next: Next,
  given: {
    pace?: typeof real;
    at?: Date;
    projectId?: string;
    failures?: number;
    random?: number;
    lookMs?: number;
  } = {},
) => {
  const { pace = real, at = now, projectId = "p-1", failures = 0, random = 0.5, lookMs = 0 } = given;
  return nextTime(next, { projectId, failures, lookMs }, pace, at, () => random).getTime() - at.getTime();
};

describe("the next look", () => {
  it("at a cluster that works is in 2 to 5 seconds on a real cloud, and sooner on a fast one", () => {
    for (let ms = 0; ms < 5000; ms += 313) {
      const busy = wait({ kind: "busy" }, { at: new Date(now.getTime() + ms) });
      expect(busy).toBeGreaterThanOrEqual(2000);
      expect(busy).toBeLessThanOrEqual(5000);
    }
    expect(wait({ kind: "busy" }, { pace: paceOf(10) })).toBeLessThanOrEqual(400);
  });

  it("at clusters of one project that work is the same moment, so that one list of stacks serves them", () => {
    const moments = [0, 300, 900, 1400].map((ms) => {
      const at = new Date(now.getTime() + ms);
      return (at.getTime() + wait({ kind: "busy" }, { at })) % 3000;
    });
    expect(new Set(moments).size).toBe(1);
  });

  it("at a busy cloud comes when three times as long has passed as the last one took, but within half a minute", () => {
    expect(wait({ kind: "busy" }, { lookMs: 4000 })).toBeGreaterThanOrEqual(12_000);
    expect(wait({ kind: "busy" }, { lookMs: 4000 })).toBeLessThanOrEqual(15_000);
    expect(wait({ kind: "after", ms: 3000 }, { lookMs: 4000 })).toBeGreaterThanOrEqual(12_000);
    expect(wait({ kind: "busy" }, { lookMs: 300_000 })).toBeLessThanOrEqual(33_000);
  });

  it("after what a driver asks for is no sooner than that, scaled, and no later than a minute", () => {
    expect(wait({ kind: "after", ms: 5000 })).toBeGreaterThanOrEqual(5000);
    expect(wait({ kind: "after", ms: 5000 }, { pace: paceOf(10) })).toBeLessThanOrEqual(800);
    expect(wait({ kind: "after", ms: 3_600_000 })).toBeLessThanOrEqual(63_000);
  });

  it("at what rests is within 30 to 90 seconds, the same moment for all of a project, another for other projects", () => {
    const moments = [0, 1000, 7000, 12_345].map((ms) => {
      const at = new Date(now.getTime() + ms);
      const pause = wait({ kind: "settled" }, { at });
      expect(pause).toBeGreaterThanOrEqual(30_000);
      expect(pause).toBeLessThanOrEqual(90_001);
      return (at.getTime() + pause) % 60_000;
    });
    expect(new Set(moments).size).toBe(1);
    const phases = Array.from(
      { length: 20 },
      (_, index) => (now.getTime() + wait({ kind: "settled" }, { projectId: `p-${index}` })) % 60_000,
    );
    expect(new Set(phases).size).toBeGreaterThan(15);
  });

  it("after an error comes later and later, with jitter, up to a limit", () => {
    const waits = [1, 2, 3, 4, 30].map((failures) => wait({ kind: "error" }, { failures }));
    expect(waits).toEqual([2000, 4000, 8000, 16_000, 60_000]);
    expect(wait({ kind: "error" }, { failures: 1, random: 0 })).toBe(1500);
    expect(wait({ kind: "error" }, { failures: 1, random: 0.999 })).toBeGreaterThan(2400);
  });
});
