import { expect, test } from "vitest";
import { baseName, nodesStackName, shapeHash } from "./names.ts";
import { aGroup } from "./testing/desired.ts";

const id = "4f2a1b00-0000-4000-8000-000000000000";

test.each([
  ["prod", "prod-4f2a1b"],
  ["Prod_Cluster.One", "prod-cluster-one-4f2a1b"],
  ["9lives", "x9lives-4f2a1b"],
  ["größe", "gro-e-4f2a1b"],
  ["", "x-4f2a1b"],
  ["集群", "x-4f2a1b"],
  ["a".repeat(63), `${"a".repeat(18)}-4f2a1b`],
])("cluster name %j gives a host name", (name, base) => {
  expect(baseName({ id, name })).toBe(base);
});

const groups = [
  aGroup({ role: "master" }),
  aGroup(),
  ...["very-long-node-group-name", "gpu", "nodes", "minion-1", "Node_pool"].map((name) =>
    aGroup({ key: { id, name }, isDefault: false }),
  ),
];

test("server names fit Heat's 53 characters with an index of four digits", () => {
  for (const name of ["a".repeat(242), "_".repeat(63), "1-2-3"])
    for (const stack of ["2", "3"].flatMap((nodeRevision) =>
      groups.map((group) => nodesStackName({ id, name }, { ...group, nodeRevision }, "12345678")),
    )) {
      expect(`${stack}-9999`.length).toBeLessThanOrEqual(53);
      expect(stack).toMatch(/^[a-z][a-z0-9-]*[a-z0-9]$/);
      expect(stack).not.toContain("--");
    }
});

test("servers of the default workers alone are called as Horizon counts them, all others readable too", () => {
  const names = (nodeRevision: string) =>
    groups.map((group) => nodesStackName({ id, name: "prod" }, { ...group, nodeRevision }, "12345678"));
  expect(names("3")).toEqual([
    "prod-4f2a1b-master-12345678",
    "prod-4f2a1b-node-12345678",
    "prod-4f2a1b-very-long-no-12345678",
    "prod-4f2a1b-gpu-12345678",
    "prod-4f2a1b-group-nodes-12345678",
    "prod-4f2a1b-group-minion-12345678",
    "prod-4f2a1b-group-node-p-12345678",
  ]);
  // A name that changed would be another generation: what was made before stays as it is.
  expect(names("2").slice(0, 3)).toEqual([
    "prod-4f2a1b-m-12345678",
    "prod-4f2a1b-default-work-12345678",
    "prod-4f2a1b-very-long-no-12345678",
  ]);
});

test("the shape of a node decides the generation, the order of its facts does not", () => {
  expect(shapeHash({ a: 1, b: "x" })).toBe(shapeHash({ b: "x", a: 1 }));
  expect(shapeHash({ a: 1, b: "x" })).not.toBe(shapeHash({ a: 1, b: "y" }));
});
