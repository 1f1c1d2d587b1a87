import { expect, test } from "vitest";
import { baseName, mastersStackName, shapeHash, workersStackName } from "./names.ts";

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

test("server names fit Heat's 53 characters with an index of four digits", () => {
  for (const name of ["a".repeat(242), "_".repeat(63), "1-2-3"])
    for (const stack of [
      mastersStackName({ id, name }, "12345678"),
      workersStackName({ id, name }, "very-long-node-group-name", "12345678"),
    ]) {
      expect(`${stack}-9999`.length).toBeLessThanOrEqual(53);
      expect(stack).toMatch(/^[a-z][a-z0-9-]*[a-z0-9]$/);
      expect(stack).not.toContain("--");
    }
});

test("the shape of a node decides the generation, the order of its facts does not", () => {
  expect(shapeHash({ a: 1, b: "x" })).toBe(shapeHash({ b: "x", a: 1 }));
  expect(shapeHash({ a: 1, b: "x" })).not.toBe(shapeHash({ a: 1, b: "y" }));
});
