import { ESLint } from "eslint";
import { describe, expect, it } from "vitest";

// A lint rule can go silent when a resolver or parser setting is lost. These sources break one rule each.
const bad: [rule: string, file: string, source: string][] = [
  ["import-x/no-restricted-paths", "server/domain/bad.ts", 'import { readEnv } from "../env.ts";\nreadEnv({});\n'],
  [
    "import-x/no-restricted-paths",
    "drivers/bad.ts",
    'import { openSecrets } from "../server/secrets.ts";\nopenSecrets(Buffer.alloc(32));\n',
  ],
  [
    "import-x/no-restricted-paths",
    "server/services/bad.ts",
    'import { claimDue } from "../db/lease.ts";\nvoid claimDue;\n',
  ],
  ["import-x/no-restricted-paths", "app/bad.ts", 'import type { Env } from "@/server/env";\nexport type E = Env;\n'],
  [
    "import-x/no-cycle",
    "server/lint/fixtures/left.ts",
    'import { right } from "./right.ts";\nexport const left = () => right;\n',
  ],
  [
    "no-restricted-imports",
    "server/services/bad.ts",
    'import { PrismaClient } from "../db/generated/sqlite/client.ts";\nvoid PrismaClient;\n',
  ],
  ["no-restricted-syntax", "server/bad.ts", "export const key = process.env.SECRETS_KEY;\n"],
];

describe("the lint bites", () => {
  const eslint = new ESLint({
    overrideConfig: [{ languageOptions: { parserOptions: { projectService: false, project: false } } }],
    ruleFilter: ({ ruleId }) => bad.some(([rule]) => rule === ruleId),
  });
  it.each(bad)(
    "%s refuses %s",
    async (rule, file, source) => {
      const [result] = await eslint.lintText(source, { filePath: file });
      expect(result?.messages.map((message) => message.ruleId)).toContain(rule);
    },
    30_000,
  );
});
