import { describe, expect, it } from "vitest";
import { isCidr, labelBoolean, labelCatalog, labelProblem, readLabels } from "./label-catalog.ts";
import { diffLabels, inheritLabels } from "./labels.ts";

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
    expect(readLabels({}).has("toString")).toBe(false);
  });
});

describe("the label catalogue", () => {
  it("describes 153 labels, each key once", () => {
    expect(new Set(labelCatalog.map((fact) => fact.key)).size).toBe(153);
  });

  it.each([
    ["auto_healing_enabled", "True", null],
    ["auto_healing_enabled", "perhaps", "must be true or false"],
    ["boot_volume_size", "20", null],
    ["boot_volume_size", "20GB", "must be a whole number"],
    ["max_node_count", "-1", "must be at least 0"],
    ["fixed_subnet_cidr", "10.0.0.0/24", null],
    ["fixed_subnet_cidr", "10.0.0.0", "must be a network range such as 10.0.0.0/24"],
    ["master_lb_allowed_cidrs", "192.0.2.0/24, 2001:db8::/32", null],
    ["master_lb_allowed_cidrs", "192.0.2.0/33", /network ranges/],
    ["auto_healing_controller", "magic", "must be one of: draino, magnum-auto-healer"],
    ["container_infra_prefix", "registry.example.org", /must match/],
    ["a_label_nobody_described", "anything", null],
  ])("%s=%s", (key, value, problem) => {
    if (problem instanceof RegExp) expect(labelProblem(key, value)).toMatch(problem);
    else expect(labelProblem(key, value)).toBe(problem);
  });

  it.each(["true", "True", "1", "yes", "ON", "t"])("%s is true in any case", (word) => {
    expect(labelBoolean(word)).toBe(true);
  });

  it.each(["10.0.0.0/8", "::/0", "2001:db8::/48"])("%s is a range", (range) => expect(isCidr(range)).toBe(true));
  it.each(["10.0.0.0/", "10.0.0/8", "10.0.0.0/8/8", "::/129", "x"])("%s is none", (range) =>
    expect(isCidr(range)).toBe(false),
  );
});
