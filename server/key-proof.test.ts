import { randomBytes, randomUUID } from "node:crypto";
import { expect, it } from "vitest";
import { openRuntime } from "./runtime.ts";
import { readEnv } from "./env.ts";
import { proveKey } from "./key-proof.ts";
import { authorityContext } from "./pki/key-store.ts";
import { openSecrets } from "./secrets.ts";
import { projectScope } from "./db/scope.ts";
import { aProject, testTime, writeCluster } from "./testing/builders.ts";
import { silentLog, testSecrets } from "./testing/test-context.ts";
import { emptyDatabase, onEveryDatabase } from "./testing/test-db.ts";

const aKey = () => randomBytes(32).toString("base64");

onEveryDatabase((database) => {
  const start = async (url: string, key: string) => {
    const env = readEnv({ DATABASE_URL: url, SECRETS_KEY: key, SANDBOX_PORT: "1" });
    const runtime = await openRuntime(env, silentLog);
    await runtime.stop();
  };

  it("a start with another key than the first one's is stopped with one line that says what to set", async () => {
    const { url, remove } = await emptyDatabase(database.db.dialect);
    try {
      const [first, other] = [aKey(), aKey()];
      await start(url, first);
      await start(url, first);
      await expect(start(url, other)).rejects.toMatchObject({
        name: "EnvError",
        message: expect.stringMatching(/^the key in SECRETS_KEY is not the one .* set SECRETS_KEY to .*$/),
      });
      await start(url, first);
    } finally {
      await remove();
    }
  });

  it("of two hosts that start at once on an empty database with different keys, one is stopped", async () => {
    const keys = [testSecrets(), testSecrets()];
    await database.db.prisma.installation.deleteMany();
    const results = await Promise.allSettled(keys.map((secrets) => proveKey(database.db, secrets, "SECRETS_KEY")));
    expect(results.map((result) => result.status).toSorted()).toEqual(["fulfilled", "rejected"]);
  });

  it("a database from before there was a proof is proved by what it holds", async () => {
    const { db } = database;
    await db.prisma.installation.deleteMany();
    const right = openSecrets(randomBytes(32));
    const id = randomUUID();
    const authority = { id, kind: "kubernetes" as const, revision: 1, certPem: "", key: "" };
    const key = right.seal("key", authorityContext(id));
    await writeCluster(db, projectScope(aProject()), { authorities: [{ ...authority, key }], now: testTime });
    await expect(proveKey(db, testSecrets(), "SECRETS_KEY")).rejects.toThrow("is not the one");
    await proveKey(db, right, "SECRETS_KEY");
    await proveKey(db, right, "SECRETS_KEY");
  });
});
