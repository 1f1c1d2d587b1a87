// Numbers and lists in documents that the code has too.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defaultHardLimit } from "../../server/domain/quota.ts";
import { maximum, minimum } from "../../server/rest/microversion.ts";
import { documents, root, text } from "./read.ts";

test("docs/security.md has every sealed column of the database, and no other", () => {
  const schema = readFileSync(join(root, "prisma/schema.prisma"), "utf8");
  const sealed = [...schema.matchAll(/^model (\w+) \{([^}]*)\}/gm)].flatMap(([, model = "", body = ""]) =>
    [...body.matchAll(/^ +\/\/\/.*\bsealed\b.*\n +(\w+)/gim)].map(([, column = ""]) => `${model}.${column}`),
  );
  const told = [...text("docs/security.md").matchAll(/^\| `([A-Z]\w+\.\w+)` \|/gm)].map(([, column]) => column);
  expect(told.toSorted()).toEqual(sealed.toSorted());
});

test("README.md has the oldest Node that will do, and the API's versions", () => {
  const { engines } = z
    .object({ engines: z.object({ node: z.string() }) })
    .parse(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
  expect(text("README.md")).toContain(`You need Node ${engines.node.replace(">=", "")} or newer`);
  expect(text("README.md")).toContain(`API version from 1.${minimum} to 1.${maximum}.`);
  expect(text("docs/magnum-compatibility.md")).toContain(`at versions 1.${minimum} to 1.${maximum}`);
});

test("docs/cloud-setup.md has all that the service user is there for", () => {
  // Whoever adds a use tells there which role it needs, and has the check try it.
  const users = globSync("server/**/*.ts", { cwd: root })
    .filter((file) => !/\.test\.|\/testing\/|^server\/check\//.test(file))
    .filter((file) => /\.service\((region)?\)/.test(readFileSync(join(root, file), "utf8").replaceAll(/\s+/g, "")));
  expect(users.toSorted()).toEqual([
    "server/auth/region.ts", // its own catalogue
    "server/auth/sign-ins.ts", // its own token
    "server/pki/vault.ts", // creator
    "server/runtime.ts", // what sign-ins.ts found
    "server/services/quota.ts", // admin
  ]);
});

test("docs/cloud-setup.md has the quota of a project for which nobody has set one", () => {
  expect(text("docs/cloud-setup.md")).toContain(`A project may have ${defaultHardLimit} clusters until`);
});

test("decisions are numbered one after the other, each once, and name each other by numbers that exist", () => {
  const pages = documents.filter((document) => document.startsWith("docs/adr/"));
  const numbers = pages.map((page) => Number(/(\d{4})-[a-z-]+\.md$/.exec(page)?.[1]));
  expect(numbers).toEqual(pages.map((_, index) => index + 1));
  expect(pages.map((page) => Number(/^# (\d+)\. /.exec(text(page))?.[1]))).toEqual(numbers);
  const named = documents.flatMap((document) =>
    [...text(document).matchAll(/\bADR (\d+)\b|\b(00\d{2})\b(?!-)/g)].map(([, number, digits]) =>
      Number(number ?? digits),
    ),
  );
  expect(named.filter((number) => !numbers.includes(number))).toEqual([]);
});

describe("docs/architecture.md on who imports whom", () => {
  const imports = (pattern: string) =>
    globSync(pattern, { cwd: root })
      .filter((file) => !/\.test\.|\/testing\//.test(file))
      .flatMap((file) =>
        [...readFileSync(join(root, file), "utf8").matchAll(/from "([^"]+)"/g)].map(([, target = ""]) => ({
          file,
          target,
        })),
      );

  test("the domain imports only zod and yaml", () => {
    const others = imports("server/domain/**/*.ts").filter(
      ({ target }) => !["zod", "yaml"].includes(target) && !target.startsWith("./"),
    );
    expect(others).toEqual([]);
  });

  test("server/runtime.ts is the only importer of concrete drivers", () => {
    const concrete = imports("{server,app}/**/*.{ts,tsx}").filter(({ target }) =>
      /drivers\/[\w-]+\/driver\.ts$/.test(target),
    );
    expect([...new Set(concrete.map(({ file }) => file))]).toEqual(["server/runtime.ts"]);
  });
});
