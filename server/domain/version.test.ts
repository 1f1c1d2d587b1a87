import { expect, test } from "vitest";
import { compareVersions, minorsAhead, parseVersion, skewAllowed } from "./version.ts";

const read = (text: string) => {
  const version = parseVersion(text);
  if (!version) throw new Error(`${text} is no version`);
  return version;
};

test("versions are read as labels and images name them", () => {
  expect(parseVersion("v1.31.4")).toEqual({ major: 1, minor: 31, patch: 4 });
  expect(parseVersion("1.31")).toEqual({ major: 1, minor: 31, patch: 0 });
  expect(parseVersion("v1.31.4-rancher1")).toEqual({ major: 1, minor: 31, patch: 4 });
  for (const text of ["", "latest", "v1", "one.two", "1.2.3.4", "v1.31.x"]) expect(parseVersion(text), text).toBeNull();
});

test("versions are compared as numbers", () => {
  expect(compareVersions(read("v1.9.9"), read("v1.10.0"))).toBeLessThan(0);
  expect(compareVersions(read("v1.31.4"), read("1.31.4"))).toBe(0);
  expect(minorsAhead(read("v1.30.9"), read("v1.31.0"))).toBe(1);
  expect(minorsAhead(read("v1.30.9"), read("v2.0.0"))).toBe(Infinity);
});

test("nodes may be three minor releases behind since 1.28, two before", () => {
  expect([read("v1.27.9"), read("v1.28.0")].map(skewAllowed)).toEqual([2, 3]);
});
