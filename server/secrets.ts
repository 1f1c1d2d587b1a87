// Seals what the database keeps of passwords, tokens and private keys: AES-256-GCM with the purpose as additional
// authenticated data, so that a sealed value moved to another row does not open.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { chmodSync, linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { EnvError } from "./env.ts";

export interface Secrets {
  /** `context` says what this is, such as `credential:<id>`: the same is needed to open it. */
  seal(plain: string, context: string): string;
  /** Throws when the value was changed, moved or sealed under another key. */
  open(sealed: string, context: string): string;
}

const version = "s1";

/** How every sealed value begins. */
export const sealedPrefix = `${version}.`;

/** `key`: 32 bytes. */
export function openSecrets(key: Buffer): Secrets {
  return {
    seal(plain, context) {
      const iv = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", key, iv);
      cipher.setAAD(Buffer.from(context));
      const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
      return [version, ...[iv, cipher.getAuthTag(), sealed].map((part) => part.toString("base64url"))].join(".");
    },
    open(sealed, context) {
      const [mark, iv, tag, body] = sealed.split(".");
      if (mark !== version || iv === undefined || tag === undefined || body === undefined)
        throw new Error(`sealed value for ${context} is malformed`);
      try {
        const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(iv, "base64url"));
        decipher.setAAD(Buffer.from(context));
        decipher.setAuthTag(Buffer.from(tag, "base64url"));
        return Buffer.concat([decipher.update(Buffer.from(body, "base64url")), decipher.final()]).toString("utf8");
      } catch {
        throw new Error(`sealed value for ${context} cannot be opened: SECRETS_KEY is another one, or it was changed`);
      }
    },
  };
}

/**
 * The key of SECRETS_KEY, or of a 0600 file that the first start makes, and where it is from in the operator's words.
 * Safe when two processes start at once.
 */
export function secretsKey(given: string | null, dataDirectory: string): { key: Buffer; source: string } {
  if (given !== null) return { key: Buffer.from(given, "base64"), source: "SECRETS_KEY" };
  const file = join(dataDirectory, "secrets.key");
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString("hex")}`;
  writeFileSync(draft, `${randomBytes(32).toString("base64")}\n`, { mode: 0o600, flush: true });
  try {
    linkSync(draft, file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    rmSync(draft);
  }
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  const key = Buffer.from(readFileSync(file, "utf8").trim(), "base64");
  if (key.length !== 32) throw new EnvError(`${file} must hold 32 bytes in base64`);
  return { key, source: file };
}
