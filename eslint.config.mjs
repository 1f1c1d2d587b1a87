// Types are checked by tsc; this file holds what types cannot say: who may import whom, and the habits of the house.
import importX from "eslint-plugin-import-x";
import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

/** A zone: files under `target` may not import `from`, but for `except` (relative to `from`). */
const zone = (target, from, message, except) => ({ target, from, message, ...(except ? { except } : {}) });

export const zones = [
  zone(
    "./server/domain",
    "./server",
    "The domain imports only zod, yaml and itself: pass what it needs as a parameter.",
    ["./domain"],
  ),
  zone(
    "./server/domain",
    "./drivers",
    "The domain knows no drivers: put the shape into server/domain and let drivers import it.",
  ),
  zone("./server/domain", "./app", "The domain knows no screens."),
  zone("./drivers", "./server", "Drivers know the domain only: return facts and let the loop record them.", [
    "./domain",
    "./testing",
  ]),
  zone("./drivers", "./app", "Drivers know no screens."),
  zone("./server", "./app", "The server knows no screens: put what both need into server/domain."),
  zone("./server/db", "./server/services", "The database layer serves the services, not the other way round."),
  zone("./server/db", "./drivers", "Rows know no drivers: turn what is observed into domain objects first."),
  ...["services", "auth", "notifications"].flatMap((folder) =>
    ["reconcile", "lease", "in-line"].map((file) =>
      zone(
        `./server/${folder}`,
        `./server/db/${file}.ts`,
        "Rows of all projects are the conductor's: only server/reconcile holds them by a lease.",
      ),
    ),
  ),
  zone(
    "./server/services",
    "./server/trpc",
    "Services know no doors: throw a DomainError and let the door translate it.",
  ),
  zone(
    "./server/services",
    "./server/rest",
    "Services know no doors: throw a DomainError and let the door translate it.",
  ),
  zone(
    "./server/services",
    "./server/reconcile",
    "Services write what is wanted; the conductor finds it in the database.",
  ),
  zone("./server/services", "./drivers/heat", "Only server/runtime.ts builds drivers: take a ClusterDriver."),
  zone("./server/trpc", "./server/db", "Procedures translate: call a service."),
  zone("./server/trpc", "./drivers", "Procedures translate: call a service."),
  zone("./server/rest", "./server/db", "Handlers translate: call a service."),
  zone("./server/rest", "./drivers", "Handlers translate: call a service."),
  zone(
    "./server/reconcile",
    "./server/services",
    "The loop reads rows and drives the back end; it serves nobody's request.",
  ),
  zone(
    "./app",
    "./server",
    "Screens know server/domain and the type of the router: everything else comes through tRPC.",
    ["./domain", "./trpc/root.ts"],
  ),
  zone("./app", "./drivers", "Screens know no drivers: ask a procedure."),
];

export default tseslint.config(
  {
    ignores: [
      "node_modules/**",
      ".next/**",
      "server/db/generated/**",
      "prisma/.gen/**",
      "next-env.d.ts",
      "test-results/**",
      "**/*.mjs",
    ],
  },
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [tseslint.configs.base],
    plugins: { "import-x": importX, "react-hooks": reactHooks },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    settings: {
      "import-x/extensions": [".ts", ".tsx"],
      "import-x/parsers": { "@typescript-eslint/parser": [".ts", ".tsx"] },
      "import-x/resolver-next": [createTypeScriptImportResolver({ project: `${import.meta.dirname}/tsconfig.json` })],
    },
    rules: {
      "import-x/no-restricted-paths": ["error", { basePath: import.meta.dirname, zones }],
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["**/db/generated/**"], message: "Only server/db talks to Prisma: add a function there." },
          ],
        },
      ],
      "no-restricted-syntax": [
        "error",
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: "server/env.ts is the one reader of the environment: take the setting from Env.",
        },
      ],
      "no-console": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "separate-type-imports" }],
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
    },
  },
  { files: ["server/db/**"], rules: { "no-restricted-imports": "off" } },
  {
    // Entry points and what runs beside the product read the environment and write to the terminal.
    files: [
      "server/main.ts",
      "server/policy.ts",
      "server/check.ts",
      "e2e/**",
      "prisma/**",
      "*.config.ts",
      "**/*.test.ts",
      "server/testing/**",
    ],
    rules: { "no-restricted-syntax": "off", "no-console": "off" },
  },
  {
    // The one place that builds concrete drivers, and the roles that it starts.
    files: ["app/**"],
    ignores: ["**/*.test.ts", "**/*.test.tsx"],
    rules: {
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["node:*"], message: "Screens run in browsers: ask a procedure." },
            { group: ["**/db/generated/**"], message: "Only server/db talks to Prisma." },
          ],
        },
      ],
    },
  },
);
