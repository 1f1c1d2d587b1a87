// The one schema as each database sees it, and the migrations that are kept for each.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const providers = ["sqlite", "postgresql"] as const;
export type Provider = (typeof providers)[number];

const here = import.meta.dirname;
export const root = join(here, "..");
export const generatedFolder = join(root, "server/db/generated");

export const datamodelFor = (provider: Provider): string =>
  readFileSync(join(here, "schema.prisma"), "utf8").replaceAll("__PROVIDER__", provider);

export const migrationsFolder = (provider: Provider): string => join(here, "migrations", provider);

/** The schema as it was when the newest migration was made; null before the first. */
export function snapshotOf(provider: Provider): string | null {
  const file = join(migrationsFolder(provider), "snapshot.prisma");
  return existsSync(file) ? readFileSync(file, "utf8") : null;
}

/** Name and text of each migration, oldest first. */
export function migrationsOf(provider: Provider): [name: string, sql: string][] {
  const folder = migrationsFolder(provider);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".sql"))
    .toSorted()
    .map((file) => [file.slice(0, -".sql".length), readFileSync(join(folder, file), "utf8")]);
}
