import { describe, expect, it, vi } from "vitest";
import { openChanges, type ChangeRow } from "./changes.ts";

function aSource() {
  const rows: ChangeRow[] = [];
  let reads = 0;
  return {
    rows,
    reads: () => reads,
    add: (projectId: string, clusterId: string) => rows.push({ seq: rows.length + 1, projectId, clusterId }),
    latest: async () => (reads++, rows.length),
    since: async (seq: number) => (reads++, rows.filter((row) => row.seq > seq)),
  };
}

describe("the change feed", () => {
  it("tells a project its own changes only", async () => {
    const source = aSource();
    const feed = openChanges(source, (error) => expect.fail(String(error)), 5);
    const stop = new AbortController();
    const mine = feed.subscribe("p1", stop.signal);
    const first = mine.next();
    await vi.waitFor(() => expect(source.reads()).toBe(1));
    source.add("p2", "theirs");
    source.add("p1", "mine");
    expect((await first).value).toEqual({ seq: 2, clusterIds: ["mine"] });
    stop.abort();
    expect((await mine.next()).done).toBe(true);
    await feed.stop();
  });

  it("gives a returning listener what it missed", async () => {
    const source = aSource();
    source.add("p1", "a");
    source.add("p1", "b");
    source.add("p1", "a");
    const feed = openChanges(source, (error) => expect.fail(String(error)), 5);
    const stop = new AbortController();
    const { value } = await feed.subscribe("p1", stop.signal, 1).next();
    expect(value).toEqual({ seq: 3, clusterIds: ["b", "a"] });
    stop.abort();
    await feed.stop();
  });

  it("reads nothing while nobody listens", async () => {
    const source = aSource();
    const feed = openChanges(source, (error) => expect.fail(String(error)), 1);
    feed.nudge();
    expect(source.reads()).toBe(0);
    await feed.stop();
  });
});
