import { describe, expect, test } from "vitest";
import { checkCounts, checkNodeLabels, checkNodeTaints, upperBound } from "./node-rules.ts";

describe("node labels", () => {
  test.each([
    "tier",
    "example.com/tier",
    "kubelet.kubernetes.io/a",
    "b.node.kubernetes.io/a",
    "node.kubernetes.io/instance-type",
    "topology.kubernetes.io/zone",
    "kubernetes.io/hostname",
  ])("%s is allowed", (key) => {
    expect(checkNodeLabels("pool", { [key]: "x" })).toEqual({ [key]: "x" });
  });

  test.each([
    "kubernetes.io/role",
    "node-role.kubernetes.io/control-plane",
    "a.k8s.io/b",
    "k8s.io/b",
    "beta.kubernetes.io/fluentd",
  ])("%s is reserved", (key) => {
    expect(() => checkNodeLabels("pool", { [key]: "x" })).toThrow(/^node_labels for pool is invalid \(.*reserved/);
  });

  test.each(["", "/a", "a/", "-a", "A.com/b", "a b", `${"a".repeat(64)}`, "a/b/c"])('the key "%s" is no key', (key) => {
    expect(() => checkNodeLabels("pool", { [key]: "x" })).toThrow(/^node_labels for pool is invalid/);
  });

  test("values have their own form, and none at all is fine", () => {
    expect(checkNodeLabels("pool", { a: "" })).toEqual({ a: "" });
    expect(checkNodeLabels("pool", null)).toBeNull();
    expect(() => checkNodeLabels("pool", { a: "two words" })).toThrow(/value of "a"/);
  });
});

describe("node taints", () => {
  test("are read with a value or without", () => {
    expect(
      checkNodeTaints("pool", [
        { key: "a", effect: "NoSchedule" },
        { key: "a", value: "b", effect: "NoExecute" },
      ]),
    ).toEqual([
      { key: "a", value: null, effect: "NoSchedule" },
      { key: "a", value: "b", effect: "NoExecute" },
    ]);
    expect(checkNodeTaints("pool", null)).toBeNull();
  });

  test.each([
    [{ effect: "NoSchedule" }, /node_taints\[0\]\.key is required/],
    [{ key: "a", effect: "Never" }, /node_taints\[0\]\.effect must be one of NoSchedule, PreferNoSchedule, NoExecute/],
    [{ key: "a" }, /node_taints\[0\]\.effect must be one of/],
    [{ key: "a", effect: "NoSchedule", more: 1 }, /unknown key more/],
    [{ key: "a", value: 1, effect: "NoSchedule" }, /value must be a string/],
    [{ key: "a b", effect: "NoSchedule" }, /node_taints for pool is invalid/],
  ])("%j is refused", (taint, message) => {
    expect(() => checkNodeTaints("pool", [taint])).toThrow(message);
  });

  test("one key with one effect may stand once", () => {
    const taint = { key: "a", effect: "NoSchedule" };
    expect(() => checkNodeTaints("pool", [taint, taint])).toThrow(/repeats/);
  });
});

test("a maximum of 0 is none", () => {
  expect([upperBound(0), upperBound(null), upperBound(3)]).toEqual([null, null, 3]);
  expect(() => checkCounts("pool", { nodeCount: 9, minNodeCount: 0, maxNodeCount: 0 })).not.toThrow();
  expect(() => checkCounts("pool", { nodeCount: 2, minNodeCount: 3, maxNodeCount: null })).toThrow(
    "min_node_count for pool is invalid (it must not be greater than node_count, 2).",
  );
});
