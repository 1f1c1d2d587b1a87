import { describe, expect, it } from "vitest";
import { datamodelFor, migrationsOf, providers, snapshotOf } from "./datamodel.ts";
import { schemaDiff } from "./schema-diff.ts";

describe.each(providers)("the migrations for %s", (provider) => {
  it("lead to the schema as it is: after a change run `node prisma/diff.ts <name>`", async () => {
    expect(await schemaDiff(provider, snapshotOf(provider), datamodelFor(provider))).toBeNull();
  });

  it("would be missing something after a change of the schema", async () => {
    const changed = datamodelFor(provider).replace("model Quota {", "model Quota {\n  note String?");
    expect(await schemaDiff(provider, snapshotOf(provider), changed)).toContain('"note" TEXT');
  });

  it("are numbered without gaps and are the same changes as for the other database", () => {
    const names = migrationsOf(provider).map(([name]) => name);
    expect(names.map((name) => name.slice(0, 4))).toEqual(names.map((_, index) => String(index + 1).padStart(4, "0")));
    expect(names).toEqual(migrationsOf("sqlite").map(([name]) => name));
  });
});
