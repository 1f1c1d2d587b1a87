import { describe, expect, it } from "vitest";
import { fingerprint, readMemory, surveyed } from "./memory.ts";

const stack = (given: Partial<Parameters<typeof fingerprint>[0][number]> = {}) => ({
  id: "s-1",
  name: "web-1-4f2a1b",
  status: "CREATE_COMPLETE",
  reason: null,
  updatedAt: null,
  tags: ["coe", "coe-cluster-4f2a1b00-1111-4222-8333-444455556666", "coe-part-cluster"],
  ...given,
});

describe("the conductor's note about a cluster", () => {
  const note = {
    backend: "s-1 CREATE_COMPLETE ",
    attempts: 3,
    mended: 1,
    generation: 2,
    said: "Make the network.",
    turn: false,
    gone: false,
  };

  it("is what was written, within one operation", () => {
    expect(readMemory(JSON.parse(JSON.stringify(note)), 2)).toEqual(note);
  });

  it("begins without attempts in a new operation, but remembers the back end and that it is gone", () => {
    expect(readMemory({ ...note, gone: true }, 3)).toEqual({
      ...note,
      gone: true,
      attempts: 0,
      mended: 0,
      generation: 3,
      said: null,
    });
  });

  it.each([null, undefined, "damaged", { backend: 1 }])("counts as never written when it is %j", (stored) => {
    expect(readMemory(stored, 1)).toEqual({
      backend: null,
      attempts: 0,
      mended: 0,
      generation: 1,
      said: null,
      turn: false,
      gone: false,
    });
  });
});

describe("what a survey shows of a cluster", () => {
  it("are the objects tagged with its id", () => {
    const stacks = [stack(), stack({ id: "s-2", tags: ["coe", "coe-cluster-99999999-1111-4222-8333-444455556666"] })];
    expect(surveyed({ at: new Date(), stacks }, "4f2a1b00-1111-4222-8333-444455556666").map((each) => each.id)).toEqual(
      ["s-1"],
    );
  });

  it("is the same in any order, and another when a status, a time or an object changes", () => {
    const two = [stack(), stack({ id: "s-2" })];
    expect(fingerprint(two)).toBe(fingerprint(two.toReversed()));
    expect(fingerprint([stack({ status: "UPDATE_COMPLETE" })])).not.toBe(fingerprint([stack()]));
    expect(fingerprint([stack({ updatedAt: "2026-01-02T03:04:05Z" })])).not.toBe(fingerprint([stack()]));
    expect(fingerprint([stack({ id: "s-2" })])).not.toBe(fingerprint([stack()]));
    expect(fingerprint([])).toBe("");
  });
});
