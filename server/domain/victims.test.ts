import { expect, test } from "vitest";
import { findVictims } from "./victims.ts";

const a = "0a0b0c0d-0000-4000-8000-000000000001";
const b = "0a0b0c0d-0000-4000-8000-000000000002";
const gone = "0a0b0c0d-0000-4000-8000-000000000003";
const node = (serverId: string, index: string, address: string) => ({
  serverId,
  name: `web-worker-${index}`,
  index,
  privateAddress: address,
  publicAddress: null,
});
const nodes = [node(a, "0", "10.0.0.1"), node(b, "1", "10.0.0.2")];

test.each([
  ["server id", a, a],
  ["server id without hyphens, in capitals", a.replaceAll("-", "").toUpperCase(), a],
  ["name", "web-worker-1", b],
  ["private address", "10.0.0.2", b],
  ["member index", "1", b],
  ["index of a member that has no server", "7", "7"],
])("a node is found by its %s", (_, name, found) => {
  expect(findVictims(nodes, [], [name])).toEqual({ remove: [found], unknown: [], ambiguous: [] });
});

test("one that is going already is no mistake, and nobody is counted twice", () => {
  expect(findVictims(nodes, [gone], [gone, a, "0", "web-worker-0"])).toEqual({
    remove: [gone, a],
    unknown: [],
    ambiguous: [],
  });
});

test("what the group does not have is told, and so is an index that two generations share", () => {
  const two = [...nodes, node(gone, "1", "10.0.0.3")];
  expect(findVictims(two, [], ["elsewhere", "10.9.9.9", "1"])).toEqual({
    remove: [],
    unknown: ["elsewhere", "10.9.9.9"],
    ambiguous: ["1"],
  });
});
