// `node prisma/diff.ts <name>` writes the next migration for both databases from what changed in schema.prisma.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { datamodelFor, migrationsFolder, migrationsOf, providers, snapshotOf } from "./datamodel.ts";
import { schemaDiff } from "./schema-diff.ts";

const name = process.argv[2];
if (!name || name === "--help" || !/^[a-z0-9-]+$/.test(name)) {
  console.error("Usage: node prisma/diff.ts <name>, the name in lower-case words joined by hyphens");
  process.exit(name === "--help" ? 0 : 2);
}
for (const provider of providers) {
  const after = datamodelFor(provider);
  const sql = await schemaDiff(provider, snapshotOf(provider), after);
  if (sql === null) {
    console.log(`${provider}: no change`);
    continue;
  }
  const folder = migrationsFolder(provider);
  mkdirSync(folder, { recursive: true });
  const file = `${String(migrationsOf(provider).length + 1).padStart(4, "0")}-${name}.sql`;
  writeFileSync(join(folder, file), sql);
  writeFileSync(join(folder, "snapshot.prisma"), after);
  console.log(`${provider}: ${file}`);
}
process.exit(0);
