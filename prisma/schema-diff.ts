// SQL that leads from one schema to the next, made without any database.
import { SchemaEngine, type DiffTarget } from "@prisma/schema-engine-wasm";
import {
  bindMigrationAwareSqlAdapterFactory,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlResultSet,
} from "@prisma/driver-adapter-utils";
import type { Provider } from "./datamodel.ts";

/**
 * The engine insists on a connection although it compares two texts. This one is never connected: its only answer is
 * to PostgreSQL's "does the schema exist, and which version are you".
 */
function unconnected(provider: Provider): SqlMigrationAwareDriverAdapterFactory {
  const names = { provider: provider === "sqlite" ? "sqlite" : "postgres", adapterName: "unconnected" } as const;
  const answer: SqlResultSet = {
    columnNames: ["schema_exists", "version", "numeric_version"],
    columnTypes: [5, 7, 0],
    rows: [[true, "PostgreSQL 15.0", 150000]],
  };
  const nothing: SqlResultSet = { columnNames: [], columnTypes: [], rows: [] };
  const connection: SqlDriverAdapter = {
    ...names,
    getConnectionInfo: () => ({ schemaName: "public", supportsRelationJoins: provider === "postgresql" }),
    queryRaw: async (query) => (provider === "postgresql" && /version/i.test(query.sql) ? answer : nothing),
    executeRaw: async () => 0,
    executeScript: async () => {},
    startTransaction: async () => {
      throw new Error("nothing is connected");
    },
    dispose: async () => {},
  };
  return { ...names, connect: async () => connection, connectToShadowDb: async () => connection };
}

/** The SQL from `before` (null = an empty database) to `after`; null when they are the same. */
export async function schemaDiff(provider: Provider, before: string | null, after: string): Promise<string | null> {
  const engine = await SchemaEngine.new(
    { datamodels: [["schema.prisma", after]] },
    () => {},
    bindMigrationAwareSqlAdapterFactory(unconnected(provider)),
  );
  const datamodel = (content: string): DiffTarget => ({
    tag: "schemaDatamodel",
    files: [{ path: "schema.prisma", content }],
  });
  const result = await engine.diff({
    from: before === null ? { tag: "empty" } : datamodel(before),
    to: datamodel(after),
    script: true,
    exitCode: null,
    filters: { externalTables: [], externalEnums: [] },
  });
  const sql = result.stdout ?? "";
  return sql.trim() === "" || sql.includes("This is an empty migration") ? null : sql;
}
