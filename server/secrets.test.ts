import { randomBytes } from "node:crypto";
import { mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { Secret } from "./domain/secret.ts";
import { openSecrets, secretsKey } from "./secrets.ts";

describe("sealed values", () => {
  const secrets = openSecrets(randomBytes(32));

  it("open only for what they were sealed for", () => {
    const sealed = secrets.seal("trustee password ü", "credential:1");
    expect(secrets.open(sealed, "credential:1")).toBe("trustee password ü");
    expect(() => secrets.open(sealed, "credential:2")).toThrow("cannot be opened");
  });

  it("do not show what they hold, and two seals of one value differ", () => {
    const sealed = secrets.seal("plain", "a");
    expect(sealed).not.toContain("plain");
    expect(secrets.seal("plain", "a")).not.toBe(sealed);
  });

  it("refuse another key and a changed byte", () => {
    const sealed = secrets.seal("plain", "a");
    expect(() => openSecrets(randomBytes(32)).open(sealed, "a")).toThrow("SECRETS_KEY");
    const changed = sealed.slice(0, -2) + (sealed.endsWith("AA") ? "BB" : "AA");
    expect(() => secrets.open(changed, "a")).toThrow("cannot be opened");
  });

  it("the key file is made once, for its owner only", () => {
    const folder = mkdtempSync(join(tmpdir(), "secrets-"));
    const { key, source } = secretsKey(null, folder);
    expect(key).toHaveLength(32);
    expect(source).toBe(join(folder, "secrets.key"));
    expect(secretsKey(null, folder).key.equals(key)).toBe(true);
    expect(statSync(join(folder, "secrets.key")).mode & 0o777).toBe(0o600);
  });
});

describe("a Secret", () => {
  it("does not print itself", () => {
    const secret = new Secret("hush");
    expect(`${secret} ${JSON.stringify({ secret })} ${inspect({ secret })}`).not.toContain("hush");
    expect(secret.reveal()).toBe("hush");
  });
});
