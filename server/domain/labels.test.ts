import { describe, expect, it } from "vitest";
import { readLabels } from "./label-reader.ts";
import { labelCatalog } from "./label-catalog.ts";
import { diffLabels, inheritLabels, Labels, tidyLabels } from "./labels.ts";

const numbered = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, "1"]));

describe("labels as people give them", () => {
  it("have no blanks at the edges of their keys, and keep their values as they are", () => {
    expect(tidyLabels({ a: " 1 ", " b": "2", "c\t": "" })).toEqual({ a: " 1 ", b: "2", c: "" });
  });

  it("may be as many as are known and some more, and not so many that looking at them holds others up", () => {
    expect(labelCatalog.length).toBeLessThan(256);
    expect(Labels.safeParse(numbered(256)).success).toBe(true);
    expect(Labels.safeParse(numbered(257)).error?.issues[0]?.message).toBe("must be up to 256");
  });

  it.each([
    [{ " ": "1" }, "The labels must have keys."],
    [{ b: "1", " b": "2" }, "The label b is given twice."],
  ])("%j is refused", (given, words) => {
    expect(() => tidyLabels(given)).toThrow(words);
  });
});

describe("labels of a cluster", () => {
  const template = { kube_tag: "v1.31.1", a: "1", "dotted.key/with=all": "x,y=z Ü" };

  it.each([
    ["none given: a copy of the template's", null, false, template],
    ["an empty object counts as none", {}, false, template],
    ["given without merge: exactly those", { b: "2" }, false, { b: "2" }],
    ["given with merge: over the template's", { a: "9", b: "2" }, true, { ...template, a: "9", b: "2" }],
  ])("%s", (_rule, given, merge, expected) => {
    expect(inheritLabels(template, given, merge)).toEqual(expected);
  });

  it("differences show the parent's value for what is overridden or skipped", () => {
    expect(diffLabels({ a: "9", kube_tag: "v1.31.1", b: "2" }, template)).toEqual({
      added: { b: "2" },
      overridden: { a: "1" },
      skipped: { "dotted.key/with=all": "x,y=z Ü" },
    });
  });

  it("keys that JavaScript objects have by nature are ordinary labels", () => {
    expect(diffLabels({ constructor: "1" }, {}).added).toEqual({ constructor: "1" });
    expect(readLabels({}).keys().includes("toString")).toBe(false);
  });
});
