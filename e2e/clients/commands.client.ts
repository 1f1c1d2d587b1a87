import { expect, it } from "vitest";
import { catalogue } from "./catalogue.ts";
import { nounOf, nouns, openShell } from "./openstack.ts";

it("each command that `openstack coe --help` lists belongs to a noun whose tests run all of it", async () => {
  const shell = openShell("demo");
  const help = await shell.print("coe", "--help");
  shell.remove();
  const listed = help.split("\n").flatMap((line) => (line.startsWith("  coe ") ? [line.trim()] : []));
  expect(listed.toSorted()).toEqual(Object.keys(catalogue()).toSorted());
  expect(new Set(listed.map(nounOf))).toEqual(new Set(nouns));
});
