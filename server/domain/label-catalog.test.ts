import { describe, expect, it, test } from "vitest";
import facts from "./label-catalog.json" with { type: "json" };
import { labelCatalog, labelDefault, labelTypes, nearestLabel } from "./label-catalog.ts";
import { labelProblem, readLabels } from "./label-reader.ts";
import { labelBoolean } from "./label-type.ts";
import { valuesOf } from "./testing/label-values.ts";

const keys = labelCatalog.map(({ key }) => key);

describe("the label catalogue", () => {
  it("describes every label that has a type, each once, in the same order", () => {
    expect(facts.labels.map(({ key }) => key)).toEqual(Object.keys(labelTypes));
  });

  test.each(keys)("%s: two right values are read, three wrong ones are not", (key) => {
    const { right, wrong } = valuesOf(key);
    expect([right.length >= 2, wrong.length >= 3]).toEqual([true, true]);
    for (const value of right) expect([value, labelProblem(key, value)]).toEqual([value, null]);
    for (const value of wrong)
      expect([value, labelProblem(key, value)]).toEqual([value, expect.stringMatching(/^must /)]);
  });

  test("what Magnum sets by default is right", () => {
    for (const key of keys) expect([key, labelProblem(key, labelDefault(key) ?? "")]).toEqual([key, null]);
  });

  it.each([
    ["flannel_network_cidr", "10.9.0.1/16", "must be a whole range: 10.9.0.0/16 in place of 10.9.0.1/16"],
    ["boot_volume_size", "-5", "must be a whole number from 0 to 100000 GB"],
    ["selinux_mode", "banana", "must be one of enforcing, permissive, disabled"],
    ["master_lb_allowed_cidrs", ",", /^must be network ranges separated by commas/],
    ["a_label_nobody_described", "anything", null],
  ])("%s=%s", (key, value, words) => {
    if (words instanceof RegExp) expect(labelProblem(key, value)).toMatch(words);
    else expect(labelProblem(key, value)).toBe(words);
  });

  it.each(["true", "True", "1", "yes", "ON", "t"])("%s is true in any case", (word) => {
    expect(labelBoolean(word)).toBe(true);
  });

  it.each([
    [" boot_volume_size", "boot_volume_size"],
    ["boot-volume-size", "boot_volume_size"],
    ["Kube_Tag", "kube_tag"],
    ["etcd_volume_sise", "etcd_volume_size"],
    ["team", null],
    ["my_own_label", null],
  ])("who writes %j may have meant %s", (key, meant) => expect(nearestLabel(key)).toBe(meant));
});

describe("labels as drivers read them", () => {
  it("are read by their type", () => {
    const read = readLabels({
      boot_volume_size: " 20 ",
      master_lb_allowed_cidrs: "192.0.2.0/24, 198.51.100.7/32",
      octavia_lb_healthcheck: "False",
      container_infra_prefix: "registry.example.org",
      kubelet_options: "--v=2 --profiling",
      selinux_mode: "Permissive",
    });
    expect([
      read.get("boot_volume_size"),
      read.get("master_lb_allowed_cidrs"),
      read.get("octavia_lb_healthcheck"),
      read.get("container_infra_prefix"),
      read.get("kubelet_options"),
      read.get("selinux_mode"),
    ]).toEqual([
      20,
      ["192.0.2.0/24", "198.51.100.7/32"],
      false,
      "registry.example.org/",
      [
        { name: "v", value: "2" },
        { name: "profiling", value: "true" },
      ],
      "permissive",
    ]);
  });

  it("are not set when they are empty, and have no value when they cannot be read, which is said by name", () => {
    const read = readLabels({ kube_tag: "", boot_volume_size: "abc", mine: "x y" });
    expect([read.has("kube_tag"), read.get("kube_tag"), read.has("boot_volume_size")]).toEqual([
      false,
      undefined,
      true,
    ]);
    expect(read.get("boot_volume_size")).toBeUndefined();
    expect(read.problems()).toEqual([
      {
        field: "labels.boot_volume_size",
        message: "The label boot_volume_size must be a whole number from 0 to 100000 GB.",
      },
    ]);
  });

  it("cannot be read at all unless the catalogue has given them a type", () => {
    // @ts-expect-error: the catalogue has no such row
    expect(() => readLabels({ mine: "1" }).get("mine")).toThrow(TypeError);
  });
});
