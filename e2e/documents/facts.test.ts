// Numbers and lists in documents that the code has too.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { defaultHardLimit } from "../../server/domain/quota.ts";
import { root, text } from "./read.ts";

test("docs/security.md has every sealed column of the database, and no other", () => {
  const schema = readFileSync(join(root, "prisma/schema.prisma"), "utf8");
  const sealed = [...schema.matchAll(/^model (\w+) \{([^}]*)\}/gm)].flatMap(([, model = "", body = ""]) =>
    [...body.matchAll(/^ +\/\/\/.*\bsealed\b.*\n +(\w+)/gim)].map(([, column = ""]) => `${model}.${column}`),
  );
  const told = [...text("docs/security.md").matchAll(/^\| `([A-Z]\w+\.\w+)` \|/gm)].map(([, column]) => column);
  expect(told.toSorted()).toEqual(sealed.toSorted());
});

test("docs/cloud-setup.md has the quota of a project for which nobody has set one", () => {
  expect(text("docs/cloud-setup.md")).toContain(`A project may have ${defaultHardLimit} clusters until`);
});
