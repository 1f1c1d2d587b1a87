// Makes server/db/generated: a client for each database and one module that holds all migrations. Needs no network.
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { datamodelFor, generatedFolder, migrationsOf, providers, root } from "./datamodel.ts";

const scratch = join(root, "prisma/.gen");
mkdirSync(scratch, { recursive: true });
mkdirSync(generatedFolder, { recursive: true });
for (const provider of providers) {
  const schema = join(scratch, `${provider}.prisma`);
  writeFileSync(schema, datamodelFor(provider));
  const command = [join(root, "node_modules/prisma/build/index.js"), "generate", "--schema", schema];
  const result = spawnSync(process.execPath, command, {
    cwd: root,
    encoding: "utf8",
    env: {
      ...process.env,
      // Generating runs no schema engine, but the command wants to download one unless an executable is named.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
      CHECKPOINT_DISABLE: "1",
    },
  });
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout}${result.stderr}`);
    process.exit(1);
  }
}
const migrations = Object.fromEntries(providers.map((provider) => [provider, migrationsOf(provider)]));
const type = 'Record<"sqlite" | "postgresql", [name: string, sql: string][]>';
writeFileSync(
  join(generatedFolder, "migrations.ts"),
  `export const migrations: ${type} = ${JSON.stringify(migrations, null, 1)};\n`,
);
