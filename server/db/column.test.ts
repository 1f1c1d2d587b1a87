import { expect, it } from "vitest";
import { naturalKey, searchable } from "./column.ts";

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
