import { expect, it } from "vitest";
import { z } from "zod";
import { naturalKey, readJson, readOptionalJson, searchable } from "./column.ts";

it("sorts numbers in names and versions as numbers, and letters without case", () => {
  const sorted = (texts: string[]) => texts.toSorted((a, b) => (naturalKey(a) < naturalKey(b) ? -1 : 1));
  expect(sorted(["node-10", "Node-9", "node-2", "node"])).toEqual(["node", "node-2", "Node-9", "node-10"]);
  expect(sorted(["v1.31.4", "v1.9.12", "v1.31.10"])).toEqual(["v1.9.12", "v1.31.4", "v1.31.10"]);
});

it("finds text in any case and spelling of accents, and takes wildcards for themselves", () => {
  expect(searchable("ÄPFEL")).toBe(searchable("a\u0308pfel"));
  expect(searchable("a_b")).not.toContain("_");
  expect(searchable("a_b")).not.toBe(searchable("a%b"));
});

it("says which column holds something else than it should", () => {
  expect(readJson(z.array(z.string()), '["a"]', "Cluster.nodeAddresses")).toEqual(["a"]);
  for (const text of ["{", "5"])
    expect(() => readJson(z.array(z.string()), text, "Cluster.nodeAddresses")).toThrow(/Cluster\.nodeAddresses/);
  expect(readOptionalJson(z.string(), null, "Cluster.failure")).toBeNull();
});
