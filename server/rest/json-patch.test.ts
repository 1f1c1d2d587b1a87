import { describe, expect, test } from "vitest";
import { applyPatch, checkPaths, PatchBody, type PatchRules } from "./json-patch.ts";
import { parseLiteral } from "./python-literal.ts";
import { readBody } from "./read.ts";

describe("Python's literals", () => {
  test.each([
    ["{'a': 'b'}", { a: "b" }],
    [`{"a": "b"}`, { a: "b" }],
    [
      "{'a': True, 'b': None, 'n': 1, 'f': -1.5, 'l': ['x', 2,], 't': (1,)}",
      { a: true, b: null, n: 1, f: -1.5, l: ["x", 2], t: [1] },
    ],
    [`{u'k': "it's", 'q': 'say \\'hi\\'\\n', 'x': '\\x41\\u00e4'}`, { k: "it's", q: "say 'hi'\n", x: "Aä" }],
    ["{}", {}],
    ["[]", []],
    ["{'api': 'ok', 'web-1.Ready': 'True'}", { api: "ok", "web-1.Ready": "True" }],
  ])("%s is read", (text, value) => {
    expect(parseLiteral(text)).toEqual(value);
  });

  test.each([
    "{'a': b}",
    "{'a'}",
    "{'a': 1",
    "__import__('os')",
    "{'a': 1} x",
    "'open",
    "",
    `${"[".repeat(100)}u'x'${"]".repeat(100)}`,
  ])("%s is not", (text) => {
    expect(parseLiteral(text)).toBeUndefined();
  });
});

const current = { node_count: 3, name: "web-1", labels: { a: "1" }, health_status: null, keypair: null };
const rules: PatchRules = {
  internal: ["/uuid", "/stack_id"],
  mandatory: ["/name"],
  structured: ["labels"],
};
function read(body: unknown) {
  const steps = readBody(PatchBody, body, "patch");
  checkPaths(steps, rules);
  return applyPatch(steps, current, rules);
}
const patch = (...steps: unknown[]) => Object.fromEntries(read(steps));

describe("a patch", () => {
  test("says what changes and leaves the rest out", () => {
    expect(patch()).toEqual({});
    expect(patch({ op: "replace", path: "/node_count", value: 5 })).toEqual({ node_count: 5 });
    expect(patch({ op: "remove", path: "/node_count" })).toEqual({ node_count: null });
    expect(patch({ op: "add", path: "/keypair", value: "k" })).toEqual({ keypair: "k" });
  });

  test("takes labels as an object, as Python's text, and one by one", () => {
    expect(patch({ op: "replace", path: "/labels", value: "{'b': '2'}" })).toEqual({ labels: { b: "2" } });
    expect(patch({ op: "replace", path: "/labels", value: { b: "2" } })).toEqual({ labels: { b: "2" } });
    expect(
      patch(
        { op: "add", path: "/labels/c", value: "3" },
        { op: "replace", path: "/labels/a", value: "9" },
        { op: "remove", path: "/labels/c" },
      ),
    ).toEqual({ labels: { a: "9" } });
  });

  test.each([
    [{}, "Value not a valid list"],
    [[{ op: "move", path: "/name", value: 1 }], "Value should be one of: add, replace, remove"],
    [[{ op: "add", path: "/labels/a.b/c", value: 1 }], "Value should match the pattern"],
    [[{ op: "replace", path: "/uuid", value: "x" }], "'/uuid' is an internal attribute and can not be updated"],
    [[{ op: "remove", path: "/name" }], "'/name' is a mandatory attribute and can not be removed"],
    [[{ op: "replace", path: "/name" }], "'add' and 'replace' operations needs value"],
    [
      [{ op: "add", path: "/foo", value: 1 }],
      "Adding a new attribute /foo to the root of the resource is not allowed.",
    ],
    [
      [{ op: "add", path: "/name", value: "x" }],
      "The attribute /name has existed, please use 'replace' operation instead.",
    ],
    [[{ op: "replace", path: "/nope", value: 1 }], "can't replace a non-existent object 'nope'"],
    [[{ op: "remove", path: "/labels/z" }], "can't remove a non-existent object 'z'"],
    [[{ op: "replace", path: "/labels", value: "{'a'" }], "Couldn't apply patch"],
  ])("%j is refused", (body, message) => {
    expect(() => read(body)).toThrow(message);
  });
});

test("a patch of many steps costs as much as they are, not their square", () => {
  let copies = 0;
  const labels = new Proxy<Record<string, string>>(
    { a: "1" },
    { ownKeys: (target) => (copies++, Reflect.ownKeys(target)) },
  );
  const steps = Array.from({ length: 100 }, (_, at) => ({ op: "add" as const, path: `/labels/k${at}`, value: "1" }));
  const changed = applyPatch(steps, { labels }, { structured: ["labels"] }).get("labels");
  expect(Object.keys(Object(changed)).length).toBe(101);
  expect(
    Object.keys(
      Object(
        applyPatch(
          [
            ...steps,
            { op: "replace", path: "/labels", value: { b: "2" } },
            { op: "add", path: "/labels/c", value: "3" },
          ],
          { labels },
          { structured: ["labels"] },
        ).get("labels"),
      ),
    ),
  ).toEqual(["b", "c"]);
  expect(copies).toBe(2);
});
